-- suggest_indexes(): the same advice when the same statements are recorded again, in another order, with other values and other
-- samples of the tables; and none when it has been followed.
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS perfaudit;
RESET client_min_messages;
CREATE SCHEMA suggest_stable;
SET search_path = suggest_stable;
SET max_parallel_workers_per_gather = 0;
SET perfaudit.index_report_size = 0;
-- ANALYZE reads half of the rows, each time others
SET default_statistics_target = 50;
CREATE TABLE orders (id int PRIMARY KEY, customer int, day date, state text, total int, filler text);
CREATE TABLE lines (id int PRIMARY KEY, order_id int, part int, amount int, filler text);
INSERT INTO orders SELECT i, (i * 7919) % 3000, date '2025-01-01' + (i * 31) % 700, CASE WHEN i % 200 = 0 THEN 'open' ELSE 'done' END, i % 5000, repeat('x', 120) FROM generate_series(1, 30000) i;
INSERT INTO lines SELECT i, 1 + (i * 7) % 30000, (i * 3571) % 4000, i % 90, repeat('x', 60) FROM generate_series(1, 60000) i;
VACUUM orders, lines;
-- the last one's literals are values, of a column that has only one
CREATE TEMPORARY TABLE workload (n int, query text);
INSERT INTO workload VALUES
    (1, 'SELECT * FROM orders WHERE customer = %s ORDER BY day DESC LIMIT 10'),
    (2, 'SELECT sum(total) FROM orders WHERE day = date ''2025-02-01'' + %s'),
    (3, 'SELECT id, day FROM orders WHERE state = ''open'' AND total > %s ORDER BY day LIMIT 20'),
    (4, 'SELECT o.id, l.amount FROM orders o JOIN lines l ON l.order_id = o.id WHERE o.customer = %s'),
    (5, 'SELECT count(*), sum(amount) FROM lines WHERE part = %s'),
    (6, 'SELECT max(amount) FROM lines WHERE part = %s'),
    (7, 'SELECT * FROM orders WHERE filler = ''%s''');
CREATE TEMPORARY TABLE advised (round int, index text);
\set record 'SELECT format(query, 100 + floor(random() * 50)) FROM workload, generate_series(1, 3) ORDER BY random()'

-- round 1
\o /dev/null
ANALYZE orders, lines;
SELECT perfaudit.reset();
SELECT setseed(0.1);
\set ECHO none
:record \gexec
\set ECHO all
\o
INSERT INTO advised SELECT 1, split_part(ddl, ' ON ', 2) FROM perfaudit.suggest_indexes(max_ms => 60000) WHERE action = 'create';

-- round 2
\o /dev/null
ANALYZE orders, lines;
SELECT perfaudit.reset();
SELECT setseed(0.2);
\set ECHO none
:record \gexec
\set ECHO all
\o
INSERT INTO advised SELECT 2, split_part(ddl, ' ON ', 2) FROM perfaudit.suggest_indexes(max_ms => 60000) WHERE action = 'create';

-- round 3
\o /dev/null
ANALYZE orders, lines;
SELECT perfaudit.reset();
SELECT setseed(0.3);
\set ECHO none
:record \gexec
\set ECHO all
\o
INSERT INTO advised SELECT 3, split_part(ddl, ' ON ', 2) FROM perfaudit.suggest_indexes(max_ms => 60000) WHERE action = 'create';

-- round 4
\o /dev/null
ANALYZE orders, lines;
SELECT perfaudit.reset();
SELECT setseed(0.4);
\set ECHO none
:record \gexec
\set ECHO all
\o
INSERT INTO advised SELECT 4, split_part(ddl, ' ON ', 2) FROM perfaudit.suggest_indexes(max_ms => 60000) WHERE action = 'create';

-- the same in all rounds
-- (state, day) also finds a day from version 18 on: one less
SELECT count(DISTINCT indexes) AS different, min(n) BETWEEN 4 AND 5 AS indexes FROM (SELECT round, string_agg(index, '; ' ORDER BY index) AS indexes, count(*) AS n FROM advised GROUP BY round) x;
-- and twice of the same record
SELECT (SELECT string_agg(ddl, '; ' ORDER BY rank) FROM perfaudit.suggest_indexes(max_ms => 60000)) = (SELECT string_agg(ddl, '; ' ORDER BY rank) FROM perfaudit.suggest_indexes(max_ms => 60000)) AS same;

-- built: nothing else is better, nor is anything superfluous
\o /dev/null
\set ECHO none
SELECT replace(ddl, 'CONCURRENTLY ', '') FROM perfaudit.suggest_indexes(max_ms => 60000) WHERE action = 'create' \gexec
\set ECHO all
VACUUM ANALYZE orders, lines;
SELECT perfaudit.reset();
SELECT setseed(0.7);
\set ECHO none
:record \gexec
\set ECHO all
\o
SELECT action, ddl FROM perfaudit.suggest_indexes(max_ms => 60000, include_drops => true) WHERE action <> 'note';
SELECT perfaudit.reset() >= 0 AS reset;
SET client_min_messages = warning;
DROP SCHEMA suggest_stable CASCADE;
