-- Units of work: what one is, where it ends, what is summed up of it.
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS perfaudit;
RESET client_min_messages;
SET perfaudit.burst_gap = '60s';
SET perfaudit.burst_max_time = '1h';
SET perfaudit.burst_max_statements = 100000;
SET perfaudit.repeat_report_time = '1h';
CREATE SCHEMA unit;
SET search_path = unit;
CREATE TABLE buyers (id int PRIMARY KEY, name text);
INSERT INTO buyers SELECT i, 'user ' || i FROM generate_series(1, 40) i;
CREATE TABLE orders_of (id int PRIMARY KEY, buyer_id int REFERENCES buyers);
INSERT INTO orders_of SELECT i, 1 + i % 40 FROM generate_series(1, 80) i;
ANALYZE buyers, orders_of;
\set repeats 'SELECT scope, kind, units, n_min, n_max FROM perfaudit.repeats ORDER BY scope, kind;'

-- a change of perfaudit.unit ends a unit, also inside a transaction
SET perfaudit.unit = 'whole';
\o /dev/null
SELECT perfaudit.reset();
BEGIN;
SELECT format('SELECT * FROM orders_of WHERE buyer_id = %s', i) FROM generate_series(1, 16) i \gexec
COMMIT;
\o
:repeats
SET perfaudit.unit = 'first';
\o /dev/null
SELECT perfaudit.reset();
BEGIN;
SELECT format('SELECT * FROM orders_of WHERE buyer_id = %s', i) FROM generate_series(1, 8) i \gexec
SET perfaudit.unit = 'second';
SELECT format('SELECT * FROM orders_of WHERE buyer_id = %s', i) FROM generate_series(9, 16) i \gexec
COMMIT;
\o
:repeats

-- a test framework's transaction: each test is a unit
SET perfaudit.unit = '';
\o /dev/null
SELECT perfaudit.reset();
BEGIN;
SET LOCAL perfaudit.unit = 'test 1';
SELECT id FROM buyers ORDER BY id LIMIT 12;
SELECT format('SELECT * FROM orders_of WHERE buyer_id = %s', i) FROM generate_series(1, 12) i \gexec
SET LOCAL perfaudit.unit = 'test 2';
SELECT id FROM buyers ORDER BY id LIMIT 14;
SELECT format('SELECT * FROM orders_of WHERE buyer_id = %s', i) FROM generate_series(1, 14) i \gexec
ROLLBACK;
\o
:repeats

-- the same name again is no change
SET perfaudit.unit = 'same';
\o /dev/null
SELECT perfaudit.reset();
BEGIN;
SELECT id FROM buyers ORDER BY id LIMIT 12;
SELECT 'SET perfaudit.unit = ''same''', format('SELECT * FROM orders_of WHERE buyer_id = %s', i) FROM generate_series(1, 12) i \gexec
COMMIT;
\o
:repeats

-- a burst ends with its role, its application and its length
CREATE ROLE regress_perfaudit_unit;
GRANT USAGE ON SCHEMA unit TO regress_perfaudit_unit;
GRANT SELECT ON orders_of TO regress_perfaudit_unit;
SET perfaudit.unit = 'burst ends';
\set eight 'SELECT ''SELECT * FROM orders_of WHERE id = 5'' FROM generate_series(1, 8)'
\o /dev/null
SELECT perfaudit.reset();
:eight \gexec
:eight \gexec
\o
:repeats
SET perfaudit.unit = 'application';
SHOW application_name \gset
\o /dev/null
SELECT perfaudit.reset();
:eight \gexec
SET application_name = 'another';
:eight \gexec
\o
SELECT application = 'another' AS another, units, n_max FROM perfaudit.repeats ORDER BY 1;
SET application_name = :'application_name';
SET perfaudit.unit = 'role';
\o /dev/null
SELECT perfaudit.reset();
:eight \gexec
SET ROLE regress_perfaudit_unit;
:eight \gexec
RESET ROLE;
\o
SELECT username = current_user AS mine, units, n_max FROM perfaudit.repeats ORDER BY 1;
SET perfaudit.unit = 'length';
SET perfaudit.burst_max_statements = 10;
\o /dev/null
SELECT perfaudit.reset();
SELECT 'SELECT * FROM orders_of WHERE id = 5' FROM generate_series(1, 29) \gexec
\o
:repeats
SET perfaudit.burst_max_statements = 100000;

-- the sums over ended units: three transactions of four statements and one of two
SET perfaudit.unit = 'sums';
\o /dev/null
SELECT perfaudit.reset();
SELECT 'BEGIN', 'SELECT * FROM orders_of WHERE id = 1', 'SELECT * FROM orders_of WHERE id = 2',
       'UPDATE orders_of SET id = id WHERE id = 3', 'SELECT count(*) FROM buyers', 'COMMIT' FROM generate_series(1, 3) \gexec
BEGIN;
SELECT * FROM orders_of WHERE id = 1;
SELECT * FROM orders_of WHERE id = 2;
ROLLBACK;
-- ends the one before
SELECT 1;
\o
SELECT database = current_database() AS here, username = current_user AS mine, scope, units, statements,
       statements_mean, statements_max, exec_time > 0 AS exec, gap_time > 0 AS gap, first_seen <= last_seen AS seen
FROM perfaudit.units WHERE scope = 'transaction' AND database = current_database();

-- now: this very unit
SET perfaudit.unit = 'now';
BEGIN;
SELECT count(*) FROM buyers;
SELECT database = current_database() AS here, username = current_user AS mine, unit, scope, unit_statements BETWEEN 1 AND 2 AS unit_statements,
       statements > 0 AS statements, errors
FROM perfaudit.backends WHERE pid = pg_backend_pid();
COMMIT;
SELECT 1 / 0 AS error;
SELECT errors FROM perfaudit.backends WHERE pid = pg_backend_pid();
DROP OWNED BY regress_perfaudit_unit;
DROP ROLE regress_perfaudit_unit;
