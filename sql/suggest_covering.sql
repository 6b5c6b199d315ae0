-- suggest_indexes(): columns included so that the table need not be visited.
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS perfaudit;
RESET client_min_messages;
CREATE SCHEMA suggest_covering;
SET search_path = suggest_covering;
SET max_parallel_workers_per_gather = 0;
CREATE TABLE orders (id int PRIMARY KEY, user_id int, total numeric, placed date, status text, "Note" text, filler text);
-- an order's neighbours are other users'
INSERT INTO orders SELECT i, (i * 7919) % 100, i % 1000, date '2026-01-01' + i % 1000, 's' || i % 4, repeat('n', 60), repeat('x', 200) FROM generate_series(1, 30000) i;
VACUUM ANALYZE orders;
\set advice 'SELECT split_part(ddl, '' USING '', 2) AS index, cost_after < cost_before / 5 AS cheaper, n_queries FROM perfaudit.suggest_indexes(max_ms => 60000) WHERE action = ''create'' ORDER BY ddl;'

-- a sum of one column, by another; a range behind it; a view
SELECT perfaudit.reset() >= 0 AS reset;
CREATE VIEW of_orders AS SELECT user_id AS who, placed AS at, status FROM orders;
\o /dev/null
SELECT sum(total) FROM orders WHERE user_id = 5;
SELECT sum(total) FROM orders WHERE user_id = 6;
\o
:advice
SELECT columns FROM perfaudit.suggest_indexes(max_ms => 60000) WHERE action = 'create';
-- what_if says the same
SELECT w.cost_after < w.cost_before / 5 AS what_if, w.plan_after ~ 'Index Only Scan' AS index_only
FROM perfaudit.suggest_indexes(max_ms => 60000) s,
  LATERAL perfaudit.what_if('SELECT sum(total) FROM orders WHERE user_id = 7', ARRAY[s.ddl], plan_text => true) w
WHERE s.action = 'create';
SELECT perfaudit.reset() >= 0 AS reset;
\o /dev/null
SELECT at, count(*), min(status) FROM of_orders WHERE who = 5 AND at > '2026-03-01' GROUP BY at;
SELECT at, count(*), min(status) FROM of_orders WHERE who = 6 AND at > '2026-03-01' GROUP BY at;
\o
:advice
-- built: nothing more to advise
SELECT replace(ddl, 'CONCURRENTLY ', '') FROM perfaudit.suggest_indexes(max_ms => 60000) WHERE action = 'create' \gexec
:advice
DROP INDEX orders_user_id_placed_idx;

-- the keys alone: whole rows, wide columns, many columns, rows that are locked or changed, few rows
SELECT perfaudit.reset() >= 0 AS reset;
\o /dev/null
SELECT * FROM orders WHERE user_id = 5;
SELECT * FROM orders WHERE user_id = 6;
SELECT count("Note") FROM orders WHERE user_id = 5;
SELECT count("Note") FROM orders WHERE user_id = 6;
SELECT count(o) FROM orders o WHERE user_id = 5;
SELECT count(o) FROM orders o WHERE user_id = 6;
SELECT min(total), min(placed), min(status), min(id) FROM orders WHERE user_id = 5;
SELECT min(total), min(placed), min(status), min(id) FROM orders WHERE user_id = 6;
SELECT total FROM orders WHERE user_id = 5 FOR UPDATE;
SELECT total FROM orders WHERE user_id = 6 FOR UPDATE;
SELECT sum(total) FROM orders WHERE user_id = 5 AND placed = '2026-03-01';
SELECT sum(total) FROM orders WHERE user_id = 6 AND placed = '2026-03-02';
\o
SELECT split_part(ddl, ' USING ', 2) AS index FROM perfaudit.suggest_indexes(max_ms => 60000) WHERE action = 'create' ORDER BY 1;

-- a column of an outer query beside one of the inner
SELECT perfaudit.reset() >= 0 AS reset;
\o /dev/null
SELECT count(*) FROM orders o WHERE id < 3 AND EXISTS (SELECT FROM orders i WHERE i.id + o.id = 77 AND lower(o.status) = i.status);
SELECT count(*) FROM orders o WHERE id < 3 AND EXISTS (SELECT FROM orders i WHERE i.id + o.id = 78 AND lower(o.status) = i.status);
\o
SELECT count(*) FROM perfaudit.suggest_indexes(max_ms => 60000) WHERE action = 'create';

-- nor where rows are not all visible: the table is visited all the same
SELECT perfaudit.reset() >= 0 AS reset;
UPDATE orders SET filler = 'y' WHERE id % 10 = 0;
UPDATE pg_class SET relallvisible = 0 WHERE oid = 'orders'::regclass;
\o /dev/null
SELECT sum(total) FROM orders WHERE user_id = 5;
SELECT sum(total) FROM orders WHERE user_id = 6;
\o
SELECT split_part(ddl, ' USING ', 2) AS index FROM perfaudit.suggest_indexes(max_ms => 60000) WHERE action = 'create' ORDER BY 1;
SET client_min_messages = warning;
DROP SCHEMA suggest_covering CASCADE;
