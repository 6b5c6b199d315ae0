-- plans.plan_text: the plan in words, made when somebody looks, without constants.
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS perfaudit;
RESET client_min_messages;
CREATE SCHEMA plan_text;
SET search_path = plan_text;
CREATE TABLE customers (id int PRIMARY KEY, city text, since date, active bool);
CREATE TABLE orders (id int PRIMARY KEY, customer_id int, total int, note text);
CREATE INDEX orders_customer ON orders (customer_id);
INSERT INTO customers SELECT i, 'city ' || i % 10, date '2026-01-01' + i, i % 2 = 0 FROM generate_series(1, 200) i;
INSERT INTO orders SELECT i, 1 + i % 200, i % 50, repeat('n', 100) FROM generate_series(1, 2000) i;
ANALYZE customers, orders;
SET max_parallel_workers_per_gather = 0;
SET enable_hashjoin = off;
SET enable_mergejoin = off;
SET enable_memoize = off;
SET enable_bitmapscan = off;
SET enable_material = off;
SET enable_hashagg = off;
SET enable_incremental_sort = off;
-- every execution is sampled
SET perfaudit.sample_budget = 1;
\set texts 'SELECT is_current, regexp_replace(plan_text, ''cost=[0-9.]+ rows=[0-9]+\\)'', ''estimates)'', ''g'') AS plan_text FROM perfaudit.plans WHERE query !~ ''perfaudit'' ORDER BY query COLLATE "C", is_current DESC;'

-- scans, joins, keys
\o /dev/null
SELECT perfaudit.reset();
SELECT c.id, o.total FROM customers c JOIN orders o ON o.customer_id = c.id WHERE c.id <= 5 AND o.total < 10;
SELECT * FROM orders ORDER BY total DESC, customer_id NULLS FIRST, id LIMIT 5 OFFSET 20;
SELECT city, count(*) FROM customers WHERE since > '2026-02-01' AND city <> 'secret' GROUP BY city;
SELECT a.id FROM customers a, customers b WHERE a.id + 1 < b.id AND a.id < b.id AND b.id = 3;
UPDATE orders SET note = 'secret' WHERE id = 17;
\o
:texts

-- conditions
SET enable_indexscan = off;
SET enable_indexonlyscan = off;
\o /dev/null
SELECT perfaudit.reset();
SELECT 1 FROM customers WHERE id IN (1, 2, 3);
SELECT 2 FROM customers WHERE since IS NULL;
SELECT 3 FROM customers WHERE since IS NOT NULL AND active;
SELECT 4 FROM customers WHERE id = 1 OR city = 'secret';
SELECT 5 FROM customers WHERE NOT (city ~ 'secret');
SELECT 6 FROM customers WHERE lower(city) = 'secret';
SELECT 7 FROM customers WHERE 4711 > id;
SELECT 8 FROM customers WHERE id = length(city);
PREPARE p(int) AS SELECT 9 FROM customers WHERE id = $1;
EXECUTE p(4711);
\o
:texts
SELECT count(*) AS constants FROM perfaudit.plans WHERE plan_text ~ 'secret|4711|2026' AND query !~ 'perfaudit';
RESET enable_indexscan;
RESET enable_indexonlyscan;

-- means: rows of a loop, loops of an execution; a node never executed
SET enable_seqscan = off;
\o /dev/null
SELECT perfaudit.reset();
SELECT o.id FROM customers c JOIN orders o ON o.customer_id = c.id WHERE c.id <= 5;
SELECT o.id FROM customers c JOIN orders o ON o.customer_id = c.id WHERE c.id <= 2;
SELECT c.city, o.id FROM customers c JOIN orders o ON o.customer_id = c.id WHERE c.id > 1000;
\o
:texts

RESET enable_seqscan;

-- two plans; without counts; names that are gone, or need quotes
SET perfaudit.sample_budget = 0;
SET perfaudit.sample_first = 0;
CREATE TABLE "Or ders" ("No" int, gone int);
CREATE TABLE dropped (id int);
\o /dev/null
SELECT perfaudit.reset();
SELECT note FROM orders WHERE customer_id = 5;
DROP INDEX orders_customer;
SELECT note FROM orders WHERE customer_id = 7;
SELECT * FROM "Or ders" WHERE "No" = 1 AND gone > 2;
SELECT FROM dropped WHERE id = 1;
\o
ALTER TABLE "Or ders" DROP COLUMN gone;
DROP TABLE dropped;
SELECT is_current, regexp_replace(plan_text, 'cost=[0-9.]+ rows=[0-9]+\)', 'estimates)', 'g') AS plan_text
FROM perfaudit.plans WHERE query ~ '^SELECT (note|\*|FROM dropped)' ORDER BY query COLLATE "C", is_current DESC;
RESET perfaudit.sample_first;

-- spills, and more than is kept
SET work_mem = '64kB';
\o /dev/null
SELECT perfaudit.reset();
SELECT * FROM orders ORDER BY note, total;
SELECT 'SELECT count(*) FROM customers' || string_agg(format(' UNION ALL SELECT count(*) FROM customers WHERE id > %s', i), '')
FROM generate_series(1, 12) i \gexec
\o
RESET work_mem;
SELECT regexp_count(plan_text, 'Spilled: 1 time, at most [0-9]+ kB$', 1, 'n') AS spilled FROM perfaudit.plans WHERE query ~ 'ORDER BY note';
SELECT substring(plan_text FROM '[^\n]*$') AS last_line FROM perfaudit.plans WHERE query ~ '^SELECT count.*UNION ALL';

-- only to who may see the statement
CREATE ROLE regress_perfaudit_reader;
SET ROLE regress_perfaudit_reader;
SELECT count(*) AS plans_of_others FROM perfaudit.plans WHERE plan_text IS NOT NULL AND username <> current_user;
SELECT count(*) AS texts_of_others FROM perfaudit.plan_facts() WHERE userid <> current_user::regrole;
RESET ROLE;
GRANT pg_read_all_stats TO regress_perfaudit_reader;
SET ROLE regress_perfaudit_reader;
SELECT count(*) > 0 AS plans_of_others FROM perfaudit.plans WHERE plan_text IS NOT NULL AND username <> current_user;
RESET ROLE;
DROP ROLE regress_perfaudit_reader;
