-- suggest_indexes(): what there is room for, and candidates that joins and lists need.
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS perfaudit;
RESET client_min_messages;
CREATE SCHEMA suggest_budget;
SET search_path = suggest_budget;
SET max_parallel_workers_per_gather = 0;
CREATE TABLE lines (id int PRIMARY KEY, part int, supplier int, day date, price int, flag boolean, filler text);
INSERT INTO lines SELECT i, (i * 7919) % 600, (i * 31) % 200, date '2026-01-01' + (i * 7919) % 1000, i % 990, i % 40 = 0, repeat('x', 120) FROM generate_series(1, 30000) i;
CREATE TABLE parts (id int PRIMARY KEY, brand int, name text);
INSERT INTO parts SELECT i, i % 120, 'part ' || i FROM generate_series(1, 600) i;
CREATE TABLE suppliers (id int PRIMARY KEY, name text);
INSERT INTO suppliers SELECT i, 'supplier ' || i FROM generate_series(1, 200) i;
VACUUM ANALYZE lines, parts, suppliers;
\set advice 'SELECT split_part(ddl, '' USING '', 2) AS index FROM perfaudit.suggest_indexes(max_ms => 600000) WHERE action = ''create'' ORDER BY ddl;'

-- a join's column and then the range: the look-up reads nothing else
SELECT perfaudit.reset() >= 0 AS reset;
\o /dev/null
SELECT l.* FROM suppliers s JOIN lines l ON l.supplier = s.id WHERE s.name = 'supplier 33' AND l.day BETWEEN '2026-02-01' AND '2026-02-20';
SELECT l.* FROM suppliers s JOIN lines l ON l.supplier = s.id WHERE s.name = 'supplier 34' AND l.day BETWEEN '2026-02-01' AND '2026-02-20';
\o
:advice

-- many rows of look-ups together: what else is read is included, also when no execution was measured
SELECT perfaudit.reset() >= 0 AS reset;
SET perfaudit.sample_first = 0;
SET perfaudit.sample_budget = 0;
\o /dev/null
SELECT sum(l.price) FROM parts p JOIN lines l ON l.part = p.id WHERE p.brand = 7 AND l.price < (SELECT 0.9 * avg(m.price) FROM lines m WHERE m.part = p.id);
SELECT sum(l.price) FROM parts p JOIN lines l ON l.part = p.id WHERE p.brand = 8 AND l.price < (SELECT 0.9 * avg(m.price) FROM lines m WHERE m.part = p.id);
\o
:advice
RESET perfaudit.sample_first;
RESET perfaudit.sample_budget;

-- rows listed by their predicate alone: its own column is no key
SELECT perfaudit.reset() >= 0 AS reset;
\o /dev/null
SELECT supplier, day FROM lines WHERE flag LIMIT 300;
SELECT supplier, day FROM lines WHERE flag LIMIT 300;
\o
:advice
-- there is room for a wider index in place of the narrow one that came first
CREATE TABLE facts (id int PRIMARY KEY, a int, b int, c int, d text, e int, f int, filler text);
INSERT INTO facts SELECT i, (i * 7919) % 3000, (i * 31) % 900, (i * 17) % 2500, 'd' || (i * 13) % 20000, (i * 101) % 50, i % 77, repeat('x', 100) FROM generate_series(1, 40000) i;
VACUUM ANALYZE facts;
\set q 'SELECT (SELECT count(id) FROM facts WHERE a = 7) + (SELECT sum(e) + sum(f) FROM facts WHERE b = 8) + (SELECT sum(f) FROM facts WHERE c BETWEEN 3 AND 60) + (SELECT count(id) FROM facts WHERE d = ''d77'') + (SELECT sum(a) FROM facts WHERE b = 8 AND c > 1000) + (SELECT count(*) FROM facts WHERE a BETWEEN 4 AND 100) + (SELECT count(DISTINCT b) FROM facts WHERE c BETWEEN 100 AND 180)'
SELECT count(*), sum(est_size) <= 4200000 AS fits, (perfaudit.what_if(:'q', array_agg(replace(ddl, 'CONCURRENTLY ', '')))).cost_after < 300 AS wider
FROM perfaudit.suggest_indexes_for(:'q', storage_budget => 4200000, max_ms => 600000, min_gain => 1) WHERE action = 'create';
SET client_min_messages = warning;
SELECT perfaudit.reset() >= 0 AS reset;
DROP SCHEMA suggest_budget CASCADE;
