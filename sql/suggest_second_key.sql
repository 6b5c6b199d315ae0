-- suggest_indexes(): a key behind the first one serves a condition of its own, where all of the index is read sooner than the table.
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS perfaudit;
RESET client_min_messages;
CREATE SCHEMA suggest_second_key;
SET search_path = suggest_second_key;
SET max_parallel_workers_per_gather = 0;
SET random_page_cost = 1.1;
CREATE TABLE wide (id int PRIMARY KEY, owner int, place int, filler text);
CREATE TABLE narrow (id int PRIMARY KEY, owner int, place int);
INSERT INTO wide SELECT i, (i * 7919) % 1000, i % 211, repeat('w', 400) FROM generate_series(1, 20000) i;
-- packed so densely that its index is no smaller
INSERT INTO narrow SELECT i, (i * 7919) % 20000, i % 211 FROM generate_series(1, 60000) i;
VACUUM ANALYZE wide, narrow;
\set advice 'SELECT columns, n_queries FROM perfaudit.suggest_indexes(max_indexes => 1, max_ms => 60000) WHERE action = ''create'';'

-- one for both, by its first key and by its second
SELECT perfaudit.reset() >= 0 AS reset;
\o /dev/null
SELECT format('SELECT id, filler FROM wide WHERE owner = %s ORDER BY place LIMIT 5', i) FROM generate_series(1, 10) i \gexec
SELECT format('SELECT count(filler) FROM wide WHERE place = %s', i) FROM generate_series(1, 4) i \gexec
\o
:advice
-- it does so once it is built
SELECT replace(ddl, 'CONCURRENTLY ', '') FROM perfaudit.suggest_indexes(max_indexes => 1, max_ms => 60000) WHERE action = 'create' \gexec
SET enable_bitmapscan = off;
EXPLAIN (COSTS OFF) SELECT count(filler) FROM wide WHERE place = 3;

-- reading all of the index is no better than reading the table
SELECT perfaudit.reset() >= 0 AS reset;
\o /dev/null
SET random_page_cost = 4;
SELECT format('SELECT id FROM narrow WHERE owner = %s ORDER BY place LIMIT 5', i) FROM generate_series(1, 10) i \gexec
SELECT format('SELECT count(id) FROM narrow WHERE place = %s', i) FROM generate_series(1, 2) i \gexec
\o
:advice
SET client_min_messages = warning;
DROP SCHEMA suggest_second_key CASCADE;
