-- plan_regression: the new plan is slower than the one before.
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS perfaudit;
RESET client_min_messages;
CREATE SCHEMA plan_regression;
SET search_path = plan_regression;
CREATE TABLE "Big One" (id int PRIMARY KEY, k int, note text);
INSERT INTO "Big One" SELECT i, CASE WHEN i <= 28000 THEN 1 ELSE i END, 'n' || i FROM generate_series(1, 30000) i;
CREATE INDEX ON "Big One" (k);
ANALYZE "Big One";
SET max_parallel_workers_per_gather = 0;
SET perfaudit.judge_time = 0;
SET perfaudit.regression_calls = 6;
\set found 'SELECT relation, occurrences AS n, evidence->>''variant'' AS variant, evidence->>''calls_before'' AS before, query FROM perfaudit.findings WHERE kind = ''plan_regression'' ORDER BY query COLLATE "C";'
-- a point look-up, which is hundreds of times as fast by an index
\set look 'SELECT format(''SELECT note FROM "Big One" WHERE id = %s'', i) FROM generate_series(1, :n) i \\gexec'

--
-- Fires
--
\set n 6
\o /dev/null
SELECT perfaudit.reset();
:look
SET enable_indexscan = off;
SET enable_bitmapscan = off;
:look
\o
:found
SELECT summary ~ '^Its new plan takes .* ms or more in every other execution, the former one .* ms: on average .* times as long; it reads 30,000 rows an execution, the other 1$' AS said, suggestion,
       impact_ms > 0 AS cost, perfaudit.severity_rank(severity) > 0 AS ranked, evidence->>'plan_before' ~ '^Index Scan' AS before,
       evidence->>'plan_after' ~ '^Seq Scan' AS after FROM perfaudit.findings WHERE kind = 'plan_regression';
SELECT jsonb_object_keys(evidence) AS evidence FROM perfaudit.findings WHERE kind = 'plan_regression' ORDER BY 1;
-- both plans beside each other
SELECT regexp_replace(regexp_replace(l, E'\\(cost.*?\\) \\(actual rows=(\\d+).*?\\)', E'\\1 rows', 'g'), ' +[|]', ' |') AS plans
FROM perfaudit.findings f, perfaudit.explain(f.finding_id) l WHERE f.kind = 'plan_regression' AND l ~ '[|]';
-- one execution less
SET perfaudit.regression_calls = 7;
:found
SET perfaudit.regression_calls = 6;
-- slower, but by no such factor
SET perfaudit.regression_factor = 1e6;
:found
RESET perfaudit.regression_factor;
RESET enable_indexscan;
RESET enable_bitmapscan;
-- the generic plan, which knows no value
PREPARE q(int) AS SELECT count(note) FROM "Big One" WHERE k = $1;
\o /dev/null
SELECT perfaudit.reset();
SET plan_cache_mode = force_custom_plan;
SELECT 'EXECUTE q(29001)' FROM generate_series(1, 6) \gexec
SET plan_cache_mode = force_generic_plan;
SET enable_indexscan = off;
SET enable_bitmapscan = off;
SELECT 'EXECUTE q(29001)' FROM generate_series(1, 6) \gexec
RESET plan_cache_mode;
\o
:found
SELECT summary ~ '^Its generic plan' AS said, suggestion ~ 'force_custom_plan' AS repair FROM perfaudit.findings WHERE kind = 'plan_regression';
SELECT is_current, calls, generic_calls, p50_exec_time BETWEEN 0 AND p95_exec_time AND p95_exec_time <= max_exec_time AS percentiles
FROM perfaudit.plans WHERE query ~ '^PREPARE q|count.note' ORDER BY 1;
-- the slow ones are slower, and are many enough
RESET enable_indexscan;
RESET enable_bitmapscan;
CREATE TABLE "Few" (id int PRIMARY KEY, note text);
INSERT INTO "Few" SELECT i, 'n' || i FROM generate_series(1, 20) i;
ANALYZE "Few";
\set sleep 'SELECT format(''SELECT note, pg_sleep(%s) FROM "Few" WHERE id = 7'', CASE WHEN i <= :slow THEN 1.2 ELSE 0.04 END) FROM generate_series(1, :n) i \\gexec'
\set n 30
\set slow 0
\o /dev/null
SELECT perfaudit.reset();
SET enable_seqscan = off;
:sleep
RESET enable_seqscan;
\set slow 3
:sleep
\o
:found
SELECT summary ~ 'in one execution of twenty' AS said FROM perfaudit.findings WHERE kind = 'plan_regression';

--
-- Silent
--
-- a new plan that is faster: repaired
\set n 6
SET enable_indexscan = off;
SET enable_bitmapscan = off;
\o /dev/null
SELECT perfaudit.reset();
:look
RESET enable_indexscan;
RESET enable_bitmapscan;
:look
\o
:found
-- few that waited, though the mean has doubled without the longest of them
\o /dev/null
SELECT perfaudit.reset();
\set n 6
\set slow 0
SET enable_seqscan = off;
:sleep
RESET enable_seqscan;
\set slow 2
:sleep
\o
:found
-- the table has grown, and it is read from end to end as before
CREATE TABLE grown AS SELECT i AS id, 'n' || i AS note FROM generate_series(1, 5000) i;
\o /dev/null
SELECT perfaudit.reset();
SET enable_sort = off;
SELECT format('SELECT note, count(*) FROM grown WHERE id = %s GROUP BY note', i) FROM generate_series(1, 6) i \gexec
RESET enable_sort;
INSERT INTO grown SELECT i, 'n' || i FROM generate_series(5001, 50000) i;
SET enable_hashagg = off;
SELECT format('SELECT note, count(*) FROM grown WHERE id = %s GROUP BY note', i) FROM generate_series(1, 6) i \gexec
RESET enable_hashagg;
\o
SELECT count(*) AS plans FROM perfaudit.plans WHERE query ~ 'FROM grown|FROM "Few';
:found
-- no more work than before: the machine is busy, or others hold locks; unless it is ten times as slow
CREATE TABLE same (id int PRIMARY KEY, note text);
INSERT INTO same SELECT i, 'n' || i FROM generate_series(1, 3) i;
ANALYZE same;
\o /dev/null
SELECT perfaudit.reset();
SET enable_seqscan = off;
SELECT format('SELECT count(note), pg_sleep(%s) FROM same WHERE id > 0', 0.02) FROM generate_series(1, 6) i \gexec
RESET enable_seqscan;
SELECT format('SELECT count(note), pg_sleep(%s) FROM same WHERE id > 0', 0.06) FROM generate_series(1, 6) i \gexec
\o
:found
\o /dev/null
SELECT format('SELECT count(note), pg_sleep(%s) FROM same WHERE id > 0', 1) FROM generate_series(1, 5) i \gexec
\o
:found
-- other values want other plans: more rows explain more time
\o /dev/null
SELECT perfaudit.reset();
SET perfaudit.sample_budget = 1;
SELECT 'SELECT note FROM "Big One" WHERE k = 29001' FROM generate_series(1, 6) \gexec
SELECT 'SELECT note FROM "Big One" WHERE k = 1' FROM generate_series(1, 6) \gexec
SELECT 'SELECT count(note) FROM "Big One" WHERE k = 29001' FROM generate_series(1, 6) \gexec
SELECT 'SELECT count(note) FROM "Big One" WHERE k = 1' FROM generate_series(1, 6) \gexec
\o
SELECT query, count(*) AS plans FROM perfaudit.plans WHERE query ~ 'k = ' GROUP BY 1 ORDER BY 1;
:found
-- the same plan, slower for once
\o /dev/null
SELECT perfaudit.reset();
:look
SELECT 'SELECT pg_sleep(0.04), note FROM "Big One" WHERE id = 1' FROM generate_series(1, 1) \gexec
:look
\o
:found
-- partitions, read by a function: told of their table, and no more when that is gone
CREATE TABLE "Parts" (id int, k int, note text) PARTITION BY HASH (id);
CREATE TABLE parts_1 PARTITION OF "Parts" FOR VALUES WITH (MODULUS 2, REMAINDER 0);
CREATE TABLE parts_2 PARTITION OF "Parts" FOR VALUES WITH (MODULUS 2, REMAINDER 1);
INSERT INTO "Parts" SELECT i, i, 'n' || i FROM generate_series(1, 60000) i;
CREATE INDEX ON "Parts" (k);
ANALYZE "Parts";
CREATE FUNCTION look(i int) RETURNS text LANGUAGE plpgsql AS
$$ DECLARE found text; BEGIN EXECUTE format('SELECT note FROM "Parts" WHERE k = %s', i) INTO found; RETURN found; END $$;
\o /dev/null
SELECT perfaudit.reset();
SELECT look(i) FROM generate_series(1, 20) i;
SET enable_indexscan = off;
SET enable_bitmapscan = off;
SELECT look(i) FROM generate_series(1, 20) i;
\o
:found
SELECT suggestion FROM perfaudit.findings WHERE kind = 'plan_regression';
DROP TABLE "Parts";
:found
SET client_min_messages = warning;
DROP SCHEMA plan_regression CASCADE;
