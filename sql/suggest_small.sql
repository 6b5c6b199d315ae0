-- suggest_indexes(): indexes that take little room, BRIN and hash.
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS perfaudit;
RESET client_min_messages;
CREATE SCHEMA suggest_small;
SET search_path = suggest_small;
SET max_parallel_workers_per_gather = 0;
CREATE TABLE log (id int, at timestamp, mixed timestamp, kind int, note text);
INSERT INTO log SELECT i, timestamp '2026-01-01' + i * interval '1 second', timestamp '2026-01-01' + ((i::bigint * 7919) % 60000) * interval '1 second',
    i % 500, repeat('x', 400) FROM generate_series(1, 60000) i;
VACUUM ANALYZE log;
\set advice 'SELECT ddl, method, columns, verified, est_size < 100000 AS tiny, cost_after < cost_before AS cheaper FROM perfaudit.suggest_indexes(max_ms => 600000) WHERE action = ''create'' ORDER BY ddl;'
SET perfaudit.brin_table_size = '1MB';

-- rows that lie in the order of a column
SELECT perfaudit.reset() >= 0 AS reset;
\o /dev/null
SELECT kind, count(note) FROM log WHERE at BETWEEN '2026-01-01 05:00' AND '2026-01-01 06:20' GROUP BY kind;
SELECT kind, count(note) FROM log WHERE at BETWEEN '2026-01-01 07:00' AND '2026-01-01 08:20' GROUP BY kind;
\o
:advice
-- the planner says the same when asked by hand
SELECT w.used = ARRAY[s.ddl] AS used, w.cost_after BETWEEN s.cost_after * 0.95 AND s.cost_after * 1.05 AS same
FROM perfaudit.suggest_indexes(max_ms => 600000) s,
  LATERAL perfaudit.what_if('SELECT kind, count(note) FROM log WHERE at BETWEEN ''2026-01-01 07:00'' AND ''2026-01-01 08:20'' GROUP BY kind', ARRAY[s.ddl]) w
WHERE s.action = 'create';
-- built: nothing more to advise
SELECT replace(ddl, 'CONCURRENTLY ', '') FROM perfaudit.suggest_indexes(max_ms => 600000) WHERE action = 'create' \gexec
:advice
DROP INDEX log_at_idx;
-- a b-tree where single rows are looked for as well, or the table is not large
\o /dev/null
SELECT id FROM log WHERE at = '2026-01-01 05:00:01';
SELECT id FROM log WHERE at = '2026-01-01 05:00:02';
\o
SELECT method FROM perfaudit.suggest_indexes(max_ms => 600000) WHERE action = 'create';
SELECT perfaudit.reset() >= 0 AS reset;
\o /dev/null
SELECT kind, count(note) FROM log WHERE at BETWEEN '2026-01-01 05:00' AND '2026-01-01 06:20' GROUP BY kind;
SELECT kind, count(note) FROM log WHERE at BETWEEN '2026-01-01 07:00' AND '2026-01-01 08:20' GROUP BY kind;
\o
RESET perfaudit.brin_table_size;
SELECT method FROM perfaudit.suggest_indexes(max_ms => 600000) WHERE action = 'create';
SET perfaudit.brin_table_size = '1MB';
-- where rows lie in another order, or do not stay where they are
\o /dev/null
SELECT perfaudit.reset();
SELECT kind, count(note) FROM log WHERE mixed BETWEEN '2026-01-01 05:00' AND '2026-01-01 06:20' GROUP BY kind;
SELECT kind, count(note) FROM log WHERE mixed BETWEEN '2026-01-01 07:00' AND '2026-01-01 08:20' GROUP BY kind;
\o
SELECT method FROM perfaudit.suggest_indexes(max_ms => 600000) WHERE action = 'create';
UPDATE log SET note = note WHERE id % 50 = 0;
VACUUM ANALYZE log;
SELECT pg_stat_force_next_flush() \g /dev/null
\o /dev/null
SELECT perfaudit.reset();
SELECT kind, count(note) FROM log WHERE at BETWEEN '2026-01-01 05:00' AND '2026-01-01 06:20' GROUP BY kind;
SELECT kind, count(note) FROM log WHERE at BETWEEN '2026-01-01 07:00' AND '2026-01-01 08:20' GROUP BY kind;
\o
SELECT method FROM perfaudit.suggest_indexes(max_ms => 600000) WHERE action = 'create';

-- long keys that are only compared for equality
CREATE TABLE links (id int, url text, short text, filler text);
INSERT INTO links SELECT i, 'https://www.example.org/some/path/that/is/long/' || md5(i::text) || md5((i + 1)::text) , 's' || i, 'x' FROM generate_series(1, 80000) i;
VACUUM ANALYZE links;
SELECT perfaudit.reset() >= 0 AS reset;
\o /dev/null
SELECT id FROM links WHERE url = 'a';
SELECT id FROM links WHERE url = 'b';
SELECT id FROM links WHERE short = 'a';
SELECT id FROM links WHERE short = 'b';
\o
SELECT ddl, method, columns, cost_after < cost_before / 100 AS cheaper FROM perfaudit.suggest_indexes(max_ms => 600000) WHERE action = 'create' ORDER BY ddl;
-- far smaller than a b-tree
SELECT h.est_size < b.est_size / 2 AS smaller, h.cost_after <= b.cost_after AS as_good
FROM perfaudit.what_if('SELECT id FROM links WHERE url = ''a''', ARRAY['CREATE INDEX ON links USING hash (url)']) h,
     perfaudit.what_if('SELECT id FROM links WHERE url = ''a''', ARRAY['CREATE INDEX ON links (url)']) b;
-- a b-tree where they are wanted in order, too
\o /dev/null
SELECT id FROM links ORDER BY url LIMIT 5;
SELECT id FROM links ORDER BY url LIMIT 5;
\o
SELECT method, columns FROM perfaudit.suggest_indexes(max_ms => 600000, tables => '{links}') WHERE action = 'create' ORDER BY columns;
SELECT perfaudit.reset() >= 0 AS reset;
SET client_min_messages = warning;
DROP SCHEMA suggest_small CASCADE;
