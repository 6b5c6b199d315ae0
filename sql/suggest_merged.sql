-- suggest_indexes(): one index where several would begin alike.
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS perfaudit;
RESET client_min_messages;
CREATE SCHEMA suggest_merged;
SET search_path = suggest_merged;
SET max_parallel_workers_per_gather = 0;
CREATE TABLE sales (id int PRIMARY KEY, day date, customer int, total int, clerk int, tax int, wide text);
-- a day's sales lie all over the table
INSERT INTO sales SELECT i, date '2026-01-01' + (i * 7919) % 200, i % 3000, i % 1000, i % 77, i % 19, repeat('w', 300) FROM generate_series(1, 30000) i;
VACUUM ANALYZE sales;
\set advice 'SELECT split_part(ddl, '' USING '', 2) AS index, n_queries FROM perfaudit.suggest_indexes(max_ms => 60000) WHERE action = ''create'' ORDER BY ddl;'

-- the same keys, other columns behind them
SELECT perfaudit.reset() >= 0 AS reset;
\o /dev/null
SELECT sum(total) FROM sales WHERE day = '2026-02-01';
SELECT sum(total) FROM sales WHERE day = '2026-02-02';
SELECT count(DISTINCT clerk) FROM sales WHERE day = '2026-02-03';
SELECT count(DISTINCT clerk) FROM sales WHERE day = '2026-02-04';
\o
:advice
-- built: nothing more
SELECT replace(ddl, 'CONCURRENTLY ', '') FROM perfaudit.suggest_indexes(max_ms => 60000) WHERE action = 'create' \gexec
:advice
DROP INDEX sales_day_idx;

-- keys that begin with the other's keys; three of them
SELECT perfaudit.reset() >= 0 AS reset;
\o /dev/null
SELECT sum(total) FROM sales WHERE day = '2026-02-01';
SELECT sum(total) FROM sales WHERE day = '2026-02-02';
SELECT count(DISTINCT clerk) FROM sales WHERE day = '2026-02-03';
SELECT count(DISTINCT clerk) FROM sales WHERE day = '2026-02-04';
SELECT max(tax) FROM sales WHERE day = '2026-02-03' AND customer BETWEEN 1 AND 2000;
SELECT max(tax) FROM sales WHERE day = '2026-02-04' AND customer BETWEEN 2 AND 2000;
\o
SELECT columns[1], ddl ~ 'total' AND ddl ~ 'clerk' AND ddl ~ 'tax' AS all_of_them, n_queries FROM perfaudit.suggest_indexes(max_ms => 60000) WHERE action = 'create';

-- what is too wide to be included stays in the table
SELECT perfaudit.reset() >= 0 AS reset;
\o /dev/null
SELECT sum(total) FROM sales WHERE day = '2026-02-01';
SELECT sum(total) FROM sales WHERE day = '2026-02-02';
SELECT count(DISTINCT wide) FROM sales WHERE day = '2026-02-03';
SELECT count(DISTINCT wide) FROM sales WHERE day = '2026-02-04';
\o
:advice
-- a partial index includes columns, too, but not the one that its predicate fixes
CREATE TABLE bills (id int PRIMARY KEY, customer int, due date, paid timestamp, filler text);
INSERT INTO bills SELECT i, i % 900, date '2026-01-01' + (i * 7919) % 500, CASE WHEN i % 25 <> 0 THEN timestamp '2026-01-01' END, repeat('x', 200) FROM generate_series(1, 30000) i;
VACUUM ANALYZE bills;
SELECT perfaudit.reset() >= 0 AS reset;
\o /dev/null
SELECT customer, due FROM bills WHERE paid IS NULL AND due < '2027-01-01' ORDER BY due LIMIT 200;
SELECT customer, due FROM bills WHERE paid IS NULL AND due < '2027-01-02' ORDER BY due LIMIT 200;
\o
:advice
SELECT perfaudit.reset() >= 0 AS reset;
SET client_min_messages = warning;
DROP SCHEMA suggest_merged CASCADE;
