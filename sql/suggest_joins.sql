-- suggest_indexes(): a join below an aggregate may leave few of the rows that a scan has to read.
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS perfaudit;
RESET client_min_messages;
CREATE SCHEMA suggest_joins;
SET search_path = suggest_joins;
SET max_parallel_workers_per_gather = 0;
CREATE TABLE orders (id int PRIMARY KEY, customer int, state int, filler text);
INSERT INTO orders SELECT i, i % 3000, i % 3, repeat('x', 60) FROM generate_series(1, 30000) i;
CREATE TABLE lines (id int PRIMARY KEY, order_id int, sku text, n int, filler text);
INSERT INTO lines SELECT i, 1 + i % 30000, 's' || i % 4000, i % 9, repeat('x', 60) FROM generate_series(1, 60000) i;
VACUUM ANALYZE orders, lines;
\set for 'SELECT ddl, cost_after < cost_before / 10 AS cheaper FROM perfaudit.suggest_indexes_for'

-- both sides of the join
:for('SELECT l.sku, sum(l.n) FROM lines l JOIN orders o ON o.id = l.order_id WHERE o.customer = 7 GROUP BY l.sku') ORDER BY ddl;
:for('SELECT count(*) FROM orders o, lines l WHERE l.order_id = o.id AND o.customer = 7') ORDER BY ddl;
-- the outer side of a group
:for('SELECT o.id, count(l.id) FROM orders o LEFT JOIN lines l ON l.order_id = o.id WHERE o.id BETWEEN 5 AND 9 GROUP BY o.id') ORDER BY ddl;
-- all rows are needed
:for('SELECT o.state, sum(l.n) FROM lines l JOIN orders o ON o.id = l.order_id GROUP BY o.state') ORDER BY ddl;
:for('SELECT l.order_id, count(*) FROM lines l GROUP BY l.order_id ORDER BY count(*) DESC LIMIT 3') ORDER BY ddl;

SET client_min_messages = warning;
DROP SCHEMA suggest_joins CASCADE;
