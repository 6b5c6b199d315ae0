-- chatty_unit: many statements in one unit of work, none of them repeated.
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS perfaudit;
RESET client_min_messages;
CREATE SCHEMA chatty_unit;
SET search_path = chatty_unit;
CREATE TABLE users (id int PRIMARY KEY, name text, state text);
CREATE TABLE orders (id int PRIMARY KEY, user_id int, total int, state text);
CREATE TABLE items (id int PRIMARY KEY, order_id int, product_id int);
CREATE TABLE products (id int PRIMARY KEY, maker_id int, name text);
CREATE TABLE makers (id int PRIMARY KEY, country_id int);
CREATE TABLE countries (id int PRIMARY KEY, name text);
CREATE TABLE log (line text);
INSERT INTO users SELECT i, 'user ' || i, 'active' FROM generate_series(1, 10) i;
INSERT INTO orders SELECT i, 1 + i % 10, i, 'paid' FROM generate_series(1, 20) i;
ANALYZE users, orders;
-- one statement at a time may come late on a slow machine
SET perfaudit.burst_gap = '60s';
SET perfaudit.burst_max_time = '1h';
\set found 'SELECT evidence->>''variant'' AS variant, evidence->>''scope'' AS scope, CASE WHEN evidence->>''variant'' <> ''many_shapes'' THEN relation END AS relation, occurrences AS n, evidence->>''n_max'' AS n_max, CASE evidence->>''variant'' WHEN ''many_shapes'' THEN (evidence->>''shapes'')::int >= 25 ELSE (evidence->>''shapes'')::int >= 3 END AS shapes, CASE WHEN evidence->>''variant'' <> ''many_shapes'' THEN evidence->>''tables'' END AS tables, query FROM perfaudit.findings WHERE kind = ''chatty_unit'' ORDER BY query COLLATE "C", scope;'

-- six aggregates of four shapes; cascades of six lists; fifty statements
\set aggregates 'SELECT count(*) FROM orders; SELECT sum(total) FROM orders; SELECT count(*) FROM orders WHERE state = ''paid''; SELECT count(*) FROM orders WHERE state = ''open''; SELECT count(*) FROM orders WHERE state = ''sent''; SELECT max(total), min(total) FROM orders;'
\set cascade 'SELECT * FROM users LIMIT 10; SELECT * FROM orders WHERE user_id IN (1, 2, 3); SELECT * FROM items WHERE order_id IN (1, 2, 3); SELECT * FROM products WHERE id IN (1, 2); SELECT * FROM makers WHERE id IN (1, 2); SELECT * FROM countries WHERE id IN (1, 2); SELECT id, name FROM products WHERE maker_id IN (1, 2);'
\set many '\\set ECHO none \\\\ SELECT format(''SELECT %s FROM users WHERE id = %s'', concat_ws('', '', CASE WHEN i & 1 > 0 THEN ''id'' END, CASE WHEN i & 2 > 0 THEN ''name'' END, CASE WHEN i & 4 > 0 THEN ''state'' END, CASE WHEN i & 8 > 0 THEN ''id + 1'' END, CASE WHEN i & 16 > 0 THEN ''upper(name)'' END, CASE WHEN i & 32 > 0 THEN ''lower(state)'' END), i) FROM generate_series(1, 50) i \\gexec \\set ECHO all'

--
-- Fires
--
SELECT perfaudit.reset() > 0 AS reset;
\o /dev/null
BEGIN;
:aggregates
COMMIT;
SET perfaudit.unit = 'GET /dashboard';
SELECT name FROM users WHERE id = 1;
:aggregates
SET perfaudit.unit = '';
BEGIN;
:cascade
COMMIT;
\o
:found
SELECT summary, suggestion FROM perfaudit.findings WHERE kind = 'chatty_unit' ORDER BY query COLLATE "C", summary;
SELECT jsonb_object_keys(evidence) AS evidence FROM perfaudit.findings WHERE kind = 'chatty_unit' AND evidence ? 'unit' ORDER BY 1;
SELECT jsonb_array_elements_text(evidence->'queries') AS queries FROM perfaudit.findings WHERE kind = 'chatty_unit' AND evidence ? 'unit';
-- while it goes on; when the client has gone
\o /dev/null
BEGIN;
:aggregates
\o
:found
COMMIT;
\c -
SET perfaudit.burst_gap = '60s';
SET perfaudit.burst_max_time = '1h';
SET search_path = chatty_unit;
:found
SET perfaudit.chatty_run = 7;
:found
RESET perfaudit.chatty_run;

-- without a transaction, a name or tags: six different ones in a row
SELECT perfaudit.reset() > 0 AS reset;
\o /dev/null
:aggregates
SELECT avg(total) FROM orders;
\o
:found
\o /dev/null
SELECT name FROM users WHERE id = 1;
:aggregates
SELECT avg(total) FROM orders; SELECT count(DISTINCT user_id) FROM orders;
\o
:found
-- other clients' tools
SELECT perfaudit.reset() > 0 AS reset;
SET application_name = 'psql';
\o /dev/null
:aggregates
SELECT avg(total) FROM orders;
SELECT count(DISTINCT user_id) FROM orders;
\o
:found
RESET application_name;

-- many shapes; when it is over, since it may be undone
SELECT perfaudit.reset() > 0 AS reset;
\o /dev/null
BEGIN;
:many
\o
:found
COMMIT;
:found
SELECT regexp_replace(summary, 'of \d+', 'of many') AS summary, evidence->>'tables' ~ 'chatty_unit.users' AS tables FROM perfaudit.findings WHERE kind = 'chatty_unit';
SET perfaudit.chatty_statements = 100;
:found
RESET perfaudit.chatty_statements;

--
-- Silent
--
SELECT perfaudit.reset() > 0 AS reset;
\o /dev/null
-- one less
BEGIN;
SELECT count(*) FROM orders; SELECT sum(total) FROM orders; SELECT count(*) FROM orders WHERE state = 'paid'; SELECT max(total) FROM orders; SELECT min(total) FROM orders;
COMMIT;
-- repaired
BEGIN;
SELECT count(*), sum(total), count(*) FILTER (WHERE state = 'paid'), count(*) FILTER (WHERE state = 'open'), max(total), min(total) FROM orders;
SELECT (SELECT count(*) FROM users), (SELECT count(*) FROM orders), (SELECT count(*) FROM items);
SELECT state, count(*) FROM orders GROUP BY state;
COMMIT;
-- pages, each with its count
BEGIN;
SELECT count(*) FROM users; SELECT * FROM users LIMIT 3; SELECT count(*) FROM orders; SELECT * FROM orders LIMIT 3; SELECT count(*) FROM items; SELECT * FROM items LIMIT 3; SELECT count(*) FROM products; SELECT * FROM products LIMIT 3; SELECT count(*) FROM makers; SELECT * FROM makers LIMIT 3; SELECT count(*) FROM countries; SELECT * FROM countries LIMIT 3;
COMMIT;
-- a count for each of many values: if anything, n_plus_one
BEGIN;
SELECT count(*) FROM users; SELECT count(*) FROM items;
SELECT 'SELECT count(*) FROM orders WHERE user_id = ' || i FROM generate_series(1, 8) i \gexec
SELECT max(total) FROM orders; SELECT max(id) FROM orders;
COMMIT;
-- catalogs
BEGIN;
SELECT count(*) FROM pg_class; SELECT count(*) FROM pg_proc; SELECT max(oid) FROM pg_class; SELECT max(oid) FROM pg_proc; SELECT count(*) FROM pg_attribute; SELECT count(*) FROM pg_type; SELECT max(oid) FROM pg_type;
COMMIT;
-- lists of states, one loader of lists, a few lists
BEGIN;
SELECT id FROM users WHERE state IN ('a', 'b'); SELECT name FROM users WHERE state IN ('a', 'b'); SELECT state FROM users WHERE state IN ('a', 'b'); SELECT id FROM orders WHERE state IN ('a', 'b'); SELECT total FROM orders WHERE state IN ('a', 'b'); SELECT state FROM orders WHERE state IN ('a', 'b');
COMMIT;
BEGIN;
SELECT format('SELECT * FROM orders WHERE user_id IN (%s, %s)', i, i + 1) FROM generate_series(1, 10) i \gexec
SELECT * FROM items WHERE order_id IN (1, 2); SELECT * FROM products WHERE id IN (1, 2); SELECT * FROM makers WHERE id IN (1, 2);
COMMIT;
-- a job: one statement for each of many rows
BEGIN;
\set ECHO none
SELECT format('UPDATE users SET name = %L WHERE id = %s', i, i) FROM generate_series(1, 60) i \gexec
\set ECHO all
COMMIT;
-- of an application that is not judged; statements that say that they are meant
SET perfaudit.ignore_applications = 'ignored';
SET application_name = 'ignored';
BEGIN;
:aggregates
COMMIT;
BEGIN;
:many
COMMIT;
RESET application_name;
RESET perfaudit.ignore_applications;
BEGIN;
SELECT count(*) FROM orders; SELECT sum(total) FROM orders; SELECT min(total) FROM orders; SELECT max(total) FROM orders /* perfaudit:ignore */; SELECT min(id) FROM orders /* perfaudit:ignore */; SELECT max(id) FROM orders; SELECT max(user_id) FROM orders;
COMMIT;
-- many shapes: outside of a transaction, undone, failed, of a migration
:many
BEGIN;
INSERT INTO log VALUES ('a test');
:many
ROLLBACK;
BEGIN;
:many
\set VERBOSITY sqlstate
SELECT 1 / 0;
\set VERBOSITY default
ROLLBACK;
BEGIN;
ALTER TABLE log ADD COLUMN at timestamptz;
:many
COMMIT;
\o
:found
SET client_min_messages = warning;
DROP SCHEMA chatty_unit CASCADE;
