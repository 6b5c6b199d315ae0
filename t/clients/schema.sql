-- What the applications of these scenarios work on.  Keys are small numbers from
-- 1 in every table, as in all test data: chance finds them everywhere.
CREATE TABLE countries (code text PRIMARY KEY, name text NOT NULL);
CREATE TABLE customers (id serial PRIMARY KEY, name text UNIQUE, email text, country_code text REFERENCES countries,
    referrer_id int REFERENCES customers, active boolean NOT NULL DEFAULT true);
CREATE TABLE products (id bigserial PRIMARY KEY, sku varchar(20) UNIQUE, name text, price numeric, stock int NOT NULL DEFAULT 100);
CREATE TABLE orders (id serial PRIMARY KEY, customer_id int NOT NULL REFERENCES customers, status text, placed_on date);
CREATE TABLE order_lines (order_id int REFERENCES orders, line_no int, product_id bigint REFERENCES products, quantity int,
    PRIMARY KEY (order_id, line_no));
CREATE TABLE shipments (id serial PRIMARY KEY, order_id int, line_no int, carrier text,
    FOREIGN KEY (order_id, line_no) REFERENCES order_lines);
CREATE TABLE payments (id serial PRIMARY KEY, order_id int REFERENCES orders, amount int);
CREATE TABLE reviews (id serial PRIMARY KEY, product_id bigint REFERENCES products, customer_id int REFERENCES customers,
    stars int, body text);
CREATE TABLE addresses (id serial PRIMARY KEY, customer_id int REFERENCES customers, city text);
CREATE TABLE devices (id uuid PRIMARY KEY, customer_id int REFERENCES customers, name text);
CREATE TABLE readings (id serial PRIMARY KEY, device_id uuid REFERENCES devices, value int);
CREATE TABLE notes (id serial PRIMARY KEY, object_type text, object_id text, body text);
CREATE TABLE settings (key text PRIMARY KEY, value text);
CREATE TABLE jobs (id serial PRIMARY KEY, state text NOT NULL DEFAULT 'new', payload text);
CREATE TABLE audit (id serial PRIMARY KEY, customer_id int REFERENCES customers ON DELETE CASCADE, message text);
CREATE TABLE counters (id int PRIMARY KEY, n int NOT NULL);
CREATE TABLE days (day date PRIMARY KEY, label text);
CREATE TABLE wide (id int PRIMARY KEY, c1 int, c2 int, c3 int, c4 int, c5 int, c6 int, c7 int, c8 int, c9 int, c10 int,
    customer_id int REFERENCES customers);

CREATE INDEX ON orders (customer_id);
CREATE INDEX ON order_lines (product_id);
CREATE INDEX ON shipments (order_id, line_no);
CREATE INDEX ON payments (order_id);
CREATE INDEX ON reviews (product_id);
CREATE INDEX ON reviews (customer_id);
CREATE INDEX ON addresses (customer_id);
CREATE INDEX ON devices (customer_id);
CREATE INDEX ON readings (device_id);
CREATE INDEX ON notes (object_type, object_id);
CREATE INDEX ON audit (customer_id);

INSERT INTO countries SELECT 'C' || i, 'Country ' || i FROM generate_series(1, 25) i;
INSERT INTO customers (name, email, country_code, referrer_id)
    SELECT 'Customer ' || i, 'c' || i || '@example.org', 'C' || 1 + i * 7 % 25, nullif(i / 3, 0)
    FROM generate_series(1, 200) i;
INSERT INTO products (sku, name, price) SELECT 'SKU-' || i, 'Product ' || i, i FROM generate_series(1, 100) i;
INSERT INTO orders (customer_id, status, placed_on)
    SELECT 1 + i * 37 % 200, CASE WHEN i % 3 = 0 THEN 'open' ELSE 'done' END, date '2024-01-01' + i % 60
    FROM generate_series(1, 600) i;
INSERT INTO order_lines SELECT o, l, 1 + (o * 3 + l * 11) % 100, l FROM generate_series(1, 600) o, generate_series(1, 3) l;
INSERT INTO shipments (order_id, line_no, carrier) SELECT order_id, line_no, 'post' FROM order_lines ORDER BY 1, 2;
INSERT INTO payments (order_id, amount) SELECT 1 + i % 600, i FROM generate_series(1, 1200) i;
INSERT INTO reviews (product_id, customer_id, stars, body)
    SELECT 1 + i % 100, 1 + i * 17 % 200, i % 6, 'body' FROM generate_series(1, 800) i;
INSERT INTO addresses (customer_id, city) SELECT 1 + i % 200, 'City ' || i % 40 FROM generate_series(1, 400) i;
INSERT INTO devices SELECT md5(i::text)::uuid, i, 'Device ' || i FROM generate_series(1, 100) i;
INSERT INTO readings (device_id, value) SELECT md5((1 + i % 100)::text)::uuid, i FROM generate_series(1, 500) i;
INSERT INTO notes (object_type, object_id, body) SELECT 'customer', 1 + i % 200, 'note' FROM generate_series(1, 600) i;
INSERT INTO settings SELECT 'customer:' || i, 'x' FROM generate_series(1, 200) i;
INSERT INTO settings VALUES ('site', 'shop'), ('currency', 'EUR');
INSERT INTO jobs (payload) SELECT 'job' FROM generate_series(1, 60);
INSERT INTO counters SELECT i, 0 FROM generate_series(1, 5) i;
INSERT INTO days SELECT date '2024-01-01' + i, 'day' FROM generate_series(0, 59) i;
INSERT INTO wide SELECT i, i % 7, i % 5, i, 0, 1, 2, 3, 4, 5, 6, 1 + i * 13 % 200 FROM generate_series(1, 100) i;
CREATE VIEW active_customers AS SELECT id, name FROM customers WHERE active;
CREATE SCHEMA tenant_a;
CREATE SCHEMA tenant_b;
ANALYZE;
