-- Logistics: a partitioned log, ranges, soft deletes, a queue with heartbeats, documents, words, and what tempts an advisor: prefixes
-- of primary keys, small tables, flags, a state that nearly all rows have. :scale 1 is 6 million rows. The answers were written
-- before the first run, but for those that say so. Not part of a run without arguments: bench/advice/run 0.1 bench/advice/parcels.sql
CREATE TABLE depots (id int PRIMARY KEY, name text NOT NULL, region int NOT NULL);
CREATE TABLE couriers (id int PRIMARY KEY, depot_id int NOT NULL REFERENCES depots, name text NOT NULL, active boolean NOT NULL);
CREATE TABLE rates (zone_from int, zone_to int, price numeric NOT NULL, PRIMARY KEY (zone_from, zone_to));
CREATE TABLE customers (id int PRIMARY KEY, email text NOT NULL, company text NOT NULL, settings jsonb NOT NULL, deleted_at timestamptz, address text NOT NULL);
CREATE TABLE parcels (id int PRIMARY KEY, customer_id int NOT NULL, depot_id int NOT NULL, status text NOT NULL, tracking text NOT NULL, weight float8 NOT NULL,
    fragile boolean NOT NULL, zip text NOT NULL, created_at timestamptz NOT NULL, delivered_at timestamptz, slot tstzrange NOT NULL, labels text[] NOT NULL,
    words tsvector NOT NULL) WITH (fillfactor = 85);
CREATE TABLE scans (parcel_id int NOT NULL, depot_id int NOT NULL, at timestamptz NOT NULL, kind text NOT NULL, device int NOT NULL) PARTITION BY RANGE (at);
SELECT format('CREATE TABLE scans_%s PARTITION OF scans FOR VALUES FROM (%L) TO (%L)', n, timestamptz '2025-01-01' + (n - 1) * interval '30 days', timestamptz '2025-01-01' + n * interval '30 days')
    FROM generate_series(1, 12) n \gexec
CREATE TABLE routes (id int PRIMARY KEY, courier_id int NOT NULL, day date NOT NULL, stops jsonb NOT NULL);
CREATE TABLE tasks (id int PRIMARY KEY, kind text NOT NULL, run_after timestamptz NOT NULL, done boolean NOT NULL, heartbeat timestamptz, payload text NOT NULL) WITH (fillfactor = 70);
CREATE TABLE invoices (id int PRIMARY KEY, customer_id int NOT NULL, number text NOT NULL, due date NOT NULL, paid_at timestamptz, amount numeric NOT NULL, remark text NOT NULL);
SELECT setseed(0.17);
\set customers '(150000 * :scale)::int'
\set parcels '(1000000 * :scale)::int'
INSERT INTO depots SELECT i, 'Depot ' || i, i % 12 FROM generate_series(1, 150) i;
INSERT INTO couriers SELECT i, 1 + i % 150, 'C' || md5(i::text), i % 7 <> 0 FROM generate_series(1, 2500) i;
INSERT INTO rates SELECT i, j, random() * 50 FROM generate_series(1, 120) i, generate_series(1, 120) j;
INSERT INTO customers SELECT i, 'User' || i || '@Example.com', 'Company ' || i / 5, jsonb_build_object('plan', 'p' || i % 40, 'ref', i * 31, 'notify', i % 2 = 0),
    CASE WHEN random() < 0.05 THEN now() END, repeat(md5(i::text), 2) FROM generate_series(1, :customers) i;
INSERT INTO parcels SELECT i, 1 + floor(random() * :customers)::int, 1 + floor(150 * random())::int,
    CASE WHEN r < 0.95 THEN 'delivered' WHEN r < 0.98 THEN 'in_transit' WHEN r < 0.995 THEN 'waiting' ELSE 'lost' END, 'T' || md5(i::text), 100 * random(), random() < 0.3,
    to_char(floor(random() * 100000), 'FM00000'), timestamptz '2025-01-01' + i * interval '25 seconds' / :scale, CASE WHEN r < 0.95 THEN timestamptz '2025-01-03' + i * interval '25 seconds' / :scale + random() * interval '3 days' END,
    tstzrange(t, t + interval '4 hours'), CASE WHEN random() < 0.1 THEN ARRAY['l' || floor(random() * 200)::int, 'l' || floor(random() * 900)::int] ELSE '{}' END,
    to_tsvector('simple', 'w' || floor(random() * 3000)::int || ' w' || floor(random() * 6000)::int)
    FROM (SELECT i, random() AS r, timestamptz '2025-01-01' + random() * interval '300 days' AS t FROM generate_series(1, :parcels) i) x;
INSERT INTO scans SELECT 1 + floor(random() * :parcels)::int, 1 + floor(150 * random())::int, timestamptz '2025-01-01' + i * interval '10 seconds' / :scale, 'k' || i % 6, i % 500
    FROM generate_series(1, (3000000 * :scale)::int) i;
INSERT INTO routes SELECT i, 1 + i % 2500, date '2025-01-01' + i / 2500, jsonb_build_array(i, i + 1, i + 2) FROM generate_series(1, :parcels / 2) i;
INSERT INTO tasks SELECT i, 'kind' || i % 5, timestamptz '2025-01-01' + i * interval '1 minute', random() < 0.99, now(), repeat(md5(i::text), 3) FROM generate_series(1, :parcels / 5) i;
INSERT INTO invoices SELECT i, 1 + floor(random() * :customers)::int, 'R2025-' || i, date '2025-01-01' + floor(random() * 400)::int, CASE WHEN random() < 0.96 THEN now() END, random() * 900, md5(i::text)
    FROM generate_series(1, :parcels / 2) i;
VACUUM ANALYZE;

CREATE SCHEMA bench;
CREATE TABLE bench.queries (id int GENERATED ALWAYS AS IDENTITY, name text, weight int, query text, params text);
CREATE TABLE bench.sizes AS SELECT :customers AS customers, :parcels AS parcels;
CREATE FUNCTION bench.n(int) RETURNS int LANGUAGE sql AS 'SELECT 1 + floor(random() * $1)::int';
CREATE FUNCTION bench.c() RETURNS int LANGUAGE sql AS 'SELECT bench.n(customers) FROM bench.sizes';
CREATE FUNCTION bench.p() RETURNS int LANGUAGE sql AS 'SELECT bench.n(parcels) FROM bench.sizes';
INSERT INTO bench.queries (name, weight, query, params) VALUES
-- served, or not worth an index
('parcel', 30, 'SELECT * FROM parcels WHERE id = $1', 'bench.p()'),
('rates_from', 15, 'SELECT zone_to, price FROM rates WHERE zone_from = $1', 'bench.n(120)'),
('rates_to', 3, 'SELECT zone_from, price FROM rates WHERE zone_to = $1 ORDER BY price LIMIT 5', 'bench.n(120)'),
('depots_of_region', 15, 'SELECT id, name FROM depots WHERE region = $1', 'bench.n(11)'),
('couriers_of_depot', 10, 'SELECT id, name FROM couriers WHERE depot_id = $1 AND active', 'bench.n(150)'),
('deliver', 30, $$UPDATE parcels SET status = 'delivered', delivered_at = now() WHERE id = $1$$, 'bench.p()'),
('beat', 60, 'UPDATE tasks SET heartbeat = now() WHERE id = $1', 'bench.p() / 5'),
('silent_tasks', 1, 'SELECT count(*) FROM tasks WHERE heartbeat < $1', $$timestamptz '2020-01-01'$$),
('fragile', 1, 'SELECT count(*) FROM parcels WHERE fragile', ''),
('delivered', 1, $$SELECT count(*) FROM parcels WHERE status = 'delivered'$$, ''),
('active_customers', 1, 'SELECT count(*) FROM customers WHERE deleted_at IS NULL', ''),
('scan', 60, $$INSERT INTO scans VALUES ($1, $2, '2025-12-01', 'k1', 7)$$, 'bench.p(); bench.n(150)'),
-- parcels
('tracking', 20, 'SELECT id, status FROM parcels WHERE tracking = $1', $$'T' || md5(bench.p()::text)$$),
('tracking_prefix', 3, 'SELECT id, tracking FROM parcels WHERE tracking LIKE $1 LIMIT 10', $$'T' || substr(md5(bench.p()::text), 1, 8) || '%'$$),
('of_customer', 12, 'SELECT id, status, created_at FROM parcels WHERE customer_id = $1 ORDER BY created_at DESC LIMIT 20', 'bench.c()'),
('waiting_at_depot', 10, $$SELECT id, zip FROM parcels WHERE depot_id = $1 AND status = 'waiting' ORDER BY created_at LIMIT 50$$, 'bench.n(150)'),
('lost', 3, $$SELECT id, customer_id FROM parcels WHERE status = 'lost' ORDER BY created_at DESC LIMIT 20$$, ''),
('delivered_on', 2, 'SELECT depot_id, count(*) FROM parcels WHERE delivered_at >= $1 AND delivered_at < $2 GROUP BY depot_id', $$timestamptz '2025-03-05'; timestamptz '2025-03-06'$$),
('near', 4, 'SELECT id, zip FROM parcels WHERE zip LIKE $1', $$to_char(bench.n(9000), 'FM0000') || '%'$$),
('heavy', 2, 'SELECT id, weight FROM parcels WHERE weight > $1', '99.9'),
('slot', 4, 'SELECT id FROM parcels WHERE slot && tstzrange($1, $2)', $$timestamptz '2025-05-05 10:00'; timestamptz '2025-05-05 10:30'$$),
('labelled', 4, 'SELECT id FROM parcels WHERE labels @> ARRAY[$1]', $$'l' || bench.n(800)$$),
('worded', 4, 'SELECT id FROM parcels WHERE words @@ to_tsquery($1, $2)', $$'simple'; 'w' || bench.n(5900)$$),
-- customers
('login', 15, 'SELECT id FROM customers WHERE lower(email) = lower($1) AND deleted_at IS NULL', $$'user' || bench.c() || '@example.com'$$),
('by_setting', 4, 'SELECT id FROM customers WHERE settings @> $1::jsonb', $$'{"ref": ' || bench.c() * 31 || '}'$$),
('of_company', 6, $$SELECT p.id, p.status FROM customers c JOIN parcels p ON p.customer_id = c.id WHERE c.company = $1 AND p.status <> 'delivered'$$, $$'Company ' || bench.c() / 5$$),
-- scans, routes
('history', 15, 'SELECT at, depot_id, kind FROM scans WHERE parcel_id = $1 ORDER BY at', 'bench.p()'),
('depot_hour', 5, 'SELECT kind, count(*) FROM scans WHERE depot_id = $1 AND at >= $2 AND at < $3 GROUP BY kind', $$bench.n(150); timestamptz '2025-04-04 10:00'; timestamptz '2025-04-04 16:00'$$),
('route', 10, 'SELECT stops FROM routes WHERE courier_id = $1 AND day = $2', $$bench.n(2499); date '2025-01-05'$$),
-- tasks, invoices
('next_task', 20, 'SELECT id, payload FROM tasks WHERE NOT done AND kind = $1 ORDER BY run_after LIMIT 5 FOR UPDATE SKIP LOCKED', $$'kind' || bench.n(4)$$),
('open_invoices', 8, 'SELECT id, amount FROM invoices WHERE customer_id = $1 AND paid_at IS NULL', 'bench.c()'),
('overdue', 3, 'SELECT id, customer_id, due FROM invoices WHERE paid_at IS NULL AND due < $1 ORDER BY due LIMIT 100', $$date '2025-06-06'$$),
('invoice', 10, 'SELECT * FROM invoices WHERE number = $1', $$'R2025-' || bench.p() / 2$$),
('pay', 5, 'UPDATE invoices SET paid_at = now() WHERE id = $1', 'bench.p() / 2');
CREATE TABLE bench.answers (verdict text, name text, "table" regclass, method text, keys text, predicate text DEFAULT '');
INSERT INTO bench.answers VALUES
('needed', 'tracking', 'parcels', 'btree', 'tracking', ''),
('needed', 'of_customer', 'parcels', 'btree', 'customer_id(, created_at.*)?', ''),
('needed', 'waiting_at_depot', 'parcels', 'btree', '(depot_id, created_at|depot_id, status, created_at|status, depot_id, created_at|depot_id, status|status, depot_id|created_at|depot_id|status, created_at)', ''),
('needed', 'lost', 'parcels', 'btree', '(created_at|status, created_at|status|customer_id|id)', ''),
('needed', 'delivered_on', 'parcels', '(btree|brin)', 'delivered_at', ''),
('needed', 'near', 'parcels', 'btree', 'zip', ''),
('needed', 'heavy', 'parcels', 'btree', 'weight', ''),
('needed', 'slot', 'parcels', 'gist', 'slot', ''),
('needed', 'labelled', 'parcels', 'gin', 'labels', ''),
('needed', 'worded', 'parcels', 'gin', 'words', ''),
('needed', 'login', 'customers', 'btree', 'lower\(email\)', ''),
('needed', 'by_setting', 'customers', 'gin', 'settings( jsonb_path_ops)?', ''),
('needed', 'of_company', 'customers', 'btree', 'company', ''),
('needed', 'history', 'scans', 'btree', 'parcel_id(, at)?', ''),
('needed', 'depot_hour', 'scans', 'btree', '(depot_id, at|at|depot_id)', ''),
('needed', 'route', 'routes', 'btree', '(courier_id, day|day, courier_id|courier_id)', ''),
('needed', 'next_task', 'tasks', 'btree', '(kind, run_after|run_after|kind, done, run_after|done, kind, run_after|done, run_after)', ''),
('needed', 'open_invoices', 'invoices', 'btree', 'customer_id', ''),
-- 14,400 rows, read by every tenth statement; taken for too small at first
('fine', 'rates_to', 'rates', 'btree', 'zone_to(, price)?', ''),
('needed', 'overdue', 'invoices', 'btree', '(due|paid_at, due)(, .*)?', ''),
('needed', 'invoice', 'invoices', 'btree', 'number', '');
