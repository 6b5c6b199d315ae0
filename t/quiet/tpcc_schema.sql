-- The tables of a wholesaler, after TPC-C, with the indexes that its transactions need.
CREATE SCHEMA tpcc;
SET search_path = tpcc;
CREATE TABLE warehouse (w_id int PRIMARY KEY, w_name text, w_tax numeric(4,4), w_ytd numeric(12,2));
CREATE TABLE district (d_w_id int REFERENCES warehouse, d_id int, d_name text, d_tax numeric(4,4), d_ytd numeric(12,2),
	d_next_o_id int, PRIMARY KEY (d_w_id, d_id));
CREATE TABLE customer (c_w_id int, c_d_id int, c_id int, c_first text, c_last text, c_credit char(2),
	c_discount numeric(4,4), c_balance numeric(12,2), c_ytd_payment numeric(12,2), c_payment_cnt int,
	c_delivery_cnt int, c_data text, PRIMARY KEY (c_w_id, c_d_id, c_id),
	FOREIGN KEY (c_w_id, c_d_id) REFERENCES district);
CREATE INDEX customer_name ON customer (c_w_id, c_d_id, c_last, c_first);
CREATE TABLE history (h_c_id int, h_c_d_id int, h_c_w_id int, h_d_id int, h_w_id int, h_date timestamptz,
	h_amount numeric(6,2), h_data text,
	FOREIGN KEY (h_c_w_id, h_c_d_id, h_c_id) REFERENCES customer,
	FOREIGN KEY (h_w_id, h_d_id) REFERENCES district);
CREATE TABLE orders (o_w_id int, o_d_id int, o_id int, o_c_id int, o_entry_d timestamptz, o_carrier_id int,
	o_ol_cnt int, PRIMARY KEY (o_w_id, o_d_id, o_id),
	FOREIGN KEY (o_w_id, o_d_id, o_c_id) REFERENCES customer);
CREATE INDEX orders_customer ON orders (o_w_id, o_d_id, o_c_id, o_id);
CREATE TABLE new_order (no_w_id int, no_d_id int, no_o_id int, PRIMARY KEY (no_w_id, no_d_id, no_o_id),
	FOREIGN KEY (no_w_id, no_d_id, no_o_id) REFERENCES orders);
CREATE TABLE item (i_id int PRIMARY KEY, i_name text, i_price numeric(5,2), i_data text);
CREATE TABLE stock (s_w_id int REFERENCES warehouse, s_i_id int REFERENCES item, s_quantity int, s_dist text,
	s_ytd int, s_order_cnt int, s_data text, PRIMARY KEY (s_w_id, s_i_id));
CREATE INDEX stock_item ON stock (s_i_id);
CREATE TABLE order_line (ol_w_id int, ol_d_id int, ol_o_id int, ol_number int, ol_i_id int, ol_supply_w_id int,
	ol_delivery_d timestamptz, ol_quantity int, ol_amount numeric(6,2), ol_dist_info text,
	PRIMARY KEY (ol_w_id, ol_d_id, ol_o_id, ol_number),
	FOREIGN KEY (ol_w_id, ol_d_id, ol_o_id) REFERENCES orders,
	FOREIGN KEY (ol_supply_w_id, ol_i_id) REFERENCES stock);

INSERT INTO warehouse SELECT w, 'w' || w, 0.1, 300000 FROM generate_series(1, :warehouses) w;
INSERT INTO district SELECT w, d, 'd' || d, 0.1, 30000, 301
FROM generate_series(1, :warehouses) w, generate_series(1, 10) d;
INSERT INTO customer SELECT w, d, c, 'first' || c, 'last' || c % 100, CASE WHEN c % 10 = 0 THEN 'BC' ELSE 'GC' END,
	0.1, -10, 10, 1, 0, repeat('data', 60)
FROM generate_series(1, :warehouses) w, generate_series(1, 10) d, generate_series(1, 300) c;
INSERT INTO item SELECT i, 'item' || i, 1 + i % 90, repeat('data', 8) FROM generate_series(1, 10000) i;
INSERT INTO stock SELECT w, i, 10 + i % 90, repeat('x', 240), 0, 0, repeat('data', 10)
FROM generate_series(1, :warehouses) w, generate_series(1, 10000) i;
INSERT INTO orders SELECT w, d, o, 1 + o * 7 % 300, now(), CASE WHEN o <= 210 THEN 1 END, 10
FROM generate_series(1, :warehouses) w, generate_series(1, 10) d, generate_series(1, 300) o;
INSERT INTO new_order SELECT o_w_id, o_d_id, o_id FROM orders WHERE o_id > 210;
INSERT INTO order_line SELECT o_w_id, o_d_id, o_id, n, 1 + (o_id * 31 + n * 997) % 10000, o_w_id,
	CASE WHEN o_id <= 210 THEN now() END, 5, 10, repeat('x', 24)
FROM orders, generate_series(1, 10) n;
