-- What the server counts in some nodes anyway: hits of Memoize, lossy pages of bitmaps.
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS perfaudit;
RESET client_min_messages;
CREATE SCHEMA node_counts;
SET search_path = node_counts;
CREATE TABLE kinds (id int PRIMARY KEY, name text);
CREATE TABLE things (id int, kind int, note text) WITH (autovacuum_enabled = off);
INSERT INTO kinds SELECT i, 'kind' FROM generate_series(1, 2000) i;
INSERT INTO things SELECT i, 1 + i % 20, repeat('n', 500) FROM generate_series(1, 20000) i;
CREATE INDEX things_id ON things (id);
VACUUM ANALYZE kinds;
VACUUM ANALYZE things;
SET max_parallel_workers_per_gather = 0;
SET jit = off;
SET enable_hashjoin = off;
SET enable_mergejoin = off;
SET perfaudit.sample_budget = 1;
\set nodes 'SELECT n.type, n.sampled, n.loops, n.rows, n.cache_hits, n.cache_misses, n.cache_evictions, n.exact_pages, n.lossy_pages, n.spills FROM perfaudit.plan_nodes n JOIN perfaudit.statements s USING (queryid, toplevel) WHERE s.query !~ ''perfaudit'' AND s.query ~ ''FROM things'' ORDER BY s.query COLLATE "C", n.node;'

-- Memoize: 2 executions, each of 200 rows with 20 keys
SET enable_bitmapscan = off;
\o /dev/null
SELECT perfaudit.reset();
SELECT count(k.name) FROM things t JOIN kinds k ON k.id = t.kind WHERE t.id <= 200;
SELECT count(k.name) FROM things t JOIN kinds k ON k.id = t.kind WHERE t.id <= 200;
\o
:nodes
SELECT unnest(regexp_matches(plan_text, 'Hits: .*Evictions: [0-9]+')) AS cache FROM perfaudit.plans WHERE query ~ 'FROM things' AND query !~ 'perfaudit';

-- what it keeps grew since the planner was told: entries make room for others
INSERT INTO kinds SELECT i, 'kind' FROM generate_series(2001, 4000) i;
UPDATE kinds SET name = repeat('n', 1500) WHERE id <= 200;
UPDATE things SET kind = 1 + id % 200 WHERE id <= 1000;
SET work_mem = '64kB';
SET hash_mem_multiplier = 1;
\o /dev/null
SELECT perfaudit.reset();
SELECT count(k.name) FROM things t JOIN kinds k ON k.id = t.kind WHERE t.id <= 1000;
\o
SELECT n.cache_hits + n.cache_misses AS asked, n.cache_misses > 200 AS missed_again, n.cache_evictions > 100 AS evicted
FROM perfaudit.plan_nodes n JOIN perfaudit.statements s USING (queryid, toplevel)
WHERE s.query ~ 'FROM things' AND s.query !~ 'perfaudit' AND n.type = 'Memoize';
RESET enable_bitmapscan;

-- a bitmap that fits, and one that does not: of all pages
CREATE TABLE pages AS SELECT * FROM things;
CREATE INDEX pages_id ON pages (id);
VACUUM ANALYZE pages;
CREATE TABLE used AS SELECT count(DISTINCT (ctid::text::point)[0])::int AS n FROM pages;
SET enable_seqscan = off;
SET enable_indexscan = off;
SET enable_indexonlyscan = off;
SET work_mem = '4MB';
\o /dev/null
SELECT perfaudit.reset();
SELECT count(note) FROM pages WHERE id > 0;
SELECT count(note) FROM pages WHERE id > 0;
\o
\set pages 'SELECT n.type, n.sampled, n.exact_pages = n.sampled * u.n AS all_exact, n.exact_pages + n.lossy_pages = n.sampled * u.n AS all_pages, n.lossy_pages > 500 AS lossy, n.rows, n.rows_removed, n.spills, n.cache_hits FROM perfaudit.plan_nodes n JOIN perfaudit.statements s USING (queryid, toplevel) CROSS JOIN used u WHERE s.query ~ ''FROM pages'' AND s.query !~ ''perfaudit'' AND n.type ~ ''Bitmap'' ORDER BY s.query COLLATE "C";'
:pages
SELECT plan_text ~ '\n +Heap Pages: exact=\d+ lossy=0\M' AS shown FROM perfaudit.plans WHERE query ~ 'FROM pages' AND query !~ 'perfaudit';
SET work_mem = '64kB';
\o /dev/null
SELECT perfaudit.reset();
SELECT count(note) FROM pages WHERE id > 0;
SELECT count(note) FROM pages WHERE id > 0;
SELECT count(note) FROM pages WHERE id > 0;
\o
:pages
SELECT plan_text ~ '\n +Heap Pages: exact=\d+ lossy=[1-9]\d+\M' AS shown FROM perfaudit.plans WHERE query ~ 'FROM pages' AND query !~ 'perfaudit';

-- not sampled: not known
SET perfaudit.sample_budget = 0;
SET perfaudit.sample_first = 0;
\o /dev/null
SELECT perfaudit.reset();
SELECT count(note) FROM pages WHERE id > 0;
\o
SELECT n.type, n.sampled, n.exact_pages, n.lossy_pages FROM perfaudit.plan_nodes n JOIN perfaudit.statements s USING (queryid, toplevel)
WHERE s.query ~ 'FROM pages' AND s.query !~ 'perfaudit' AND n.type ~ 'Bitmap';
SET client_min_messages = warning;
DROP SCHEMA node_counts CASCADE;

-- counting takes a place on the stack at each node: plans of very many are run as they are
RESET perfaudit.sample_budget;
RESET perfaudit.sample_first;
SELECT perfaudit.reset() \g /dev/null
DO $$ BEGIN
    EXECUTE (SELECT 'SELECT ' || string_agg('1', ' AS few UNION ALL SELECT ') FROM generate_series(1, 50));
    EXECUTE (SELECT 'SELECT ' || string_agg('1', ' AS lots UNION ALL SELECT ') FROM generate_series(1, 1100));
END $$;
SELECT (regexp_match(query, 'few|lots'))[1] AS nodes, sampled, calls FROM perfaudit.plans WHERE query ~ 'few|lots' AND query !~ 'perfaudit' ORDER BY 1;
