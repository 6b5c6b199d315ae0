-- The conditions of plan_regression, one by one: each pair of plans is one step away from another finding, or from none.  What
-- is slower sleeps.
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS perfaudit;
RESET client_min_messages;
CREATE SCHEMA regression_guards;
SET search_path = regression_guards;
SET max_parallel_workers_per_gather = 0;
SET enable_bitmapscan = off;
SET perfaudit.sample_budget = 1;
SET perfaudit.judge_time = 0;
SET perfaudit.regression_calls = 6;
CREATE TABLE t (id int PRIMARY KEY, grp int, note text);
INSERT INTO t SELECT i, i % 10, 'note ' || i FROM generate_series(1, 20000) i;
CREATE TABLE few AS SELECT * FROM t WHERE id <= 200;
CREATE TABLE growing (id int);
INSERT INTO growing SELECT i FROM generate_series(1, 1000) i;
ANALYZE t, few, growing;
CREATE FUNCTION run(statement text, times int, sleep float8, VARIADIC settings text[] DEFAULT '{}') RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    FOR i IN 1 .. cardinality(settings) LOOP
        EXECUTE 'SET LOCAL ' || settings[i];
    END LOOP;
    FOR i IN 1 .. times LOOP
        EXECUTE format(statement, sleep);
    END LOOP;
END $$;
\set found 'SELECT evidence->>''variant'' AS variant, evidence->>''calls_before'' AS before, occurrences AS n, query FROM perfaudit.findings WHERE kind = ''plan_regression'' ORDER BY query COLLATE "C";'
\set plans 'SELECT calls, is_current, query FROM perfaudit.plans WHERE query ~ ''regress|sleep'' ORDER BY query COLLATE "C", is_current;'

--
-- How often each plan was used
--
\o /dev/null
SELECT perfaudit.reset();
SELECT run('SELECT note, pg_sleep(%s) FROM t WHERE id = 1', 6, 0.002);
SELECT run('SELECT note, pg_sleep(%s) FROM t WHERE id = 1', 6, 0.06, 'enable_indexscan = off');
SELECT run('SELECT grp, pg_sleep(%s) FROM t WHERE id = 1', 5, 0.002);
SELECT run('SELECT grp, pg_sleep(%s) FROM t WHERE id = 1', 7, 0.06, 'enable_indexscan = off');
SELECT run('SELECT id, pg_sleep(%s) FROM t WHERE id = 1', 7, 0.002);
SELECT run('SELECT id, pg_sleep(%s) FROM t WHERE id = 1', 5, 0.06, 'enable_indexscan = off', 'enable_indexonlyscan = off');
\o
:found
:plans

--
-- The plan without values
--
-- once without values, else with them: no generic plan
PREPARE looks(float8) AS SELECT note, pg_sleep($1) FROM t WHERE id = 2;
PREPARE again(float8) AS SELECT grp, pg_sleep($1) FROM t WHERE id = 2;
\o /dev/null
SELECT perfaudit.reset();
SET plan_cache_mode = force_custom_plan;
SELECT 'EXECUTE looks(0.002)' FROM generate_series(1, 6) \gexec
SET enable_indexscan = off;
SELECT 'EXECUTE looks(0.06)' FROM generate_series(1, 6) \gexec
SET plan_cache_mode = force_generic_plan;
EXECUTE looks(0.06);
-- which is not used any more
SELECT 'EXECUTE again(0.06)' FROM generate_series(1, 6) \gexec
RESET enable_indexscan;
SET plan_cache_mode = force_custom_plan;
SELECT 'EXECUTE again(0.002)' FROM generate_series(1, 6) \gexec
\o
:found
:plans

--
-- How much slower
--
-- most are, but the mean is not: of the former plan one took very long
\o /dev/null
SELECT perfaudit.reset();
SELECT run('SELECT note, pg_sleep(%s) FROM t WHERE id = 3', 29, 0.002);
SELECT run('SELECT note, pg_sleep(%s) FROM t WHERE id = 3', 1, 2.5);
SELECT run('SELECT note, pg_sleep(%s) FROM t WHERE id = 3', 6, 0.06, 'enable_indexscan = off');
\o
:found
:plans

--
-- What explains it
--
-- a table that has grown, beside another way to the same row; the same where it has not
\o /dev/null
SELECT perfaudit.reset();
SELECT run('SELECT note, pg_sleep(%s) FROM t WHERE id = 4 AND (SELECT count(*) FROM growing WHERE id = -1) = 0', 6, 0.02);
SELECT run('SELECT grp, pg_sleep(%s) FROM t WHERE id = 4 AND (SELECT count(*) FROM growing WHERE id = -1) = 0', 6, 0.02);
SELECT run('SELECT grp, pg_sleep(%s) FROM t WHERE id = 4 AND (SELECT count(*) FROM growing WHERE id = -1) = 0', 6, 0.15, 'enable_indexscan = off');
INSERT INTO growing SELECT i FROM generate_series(1001, 10000) i;
SELECT run('SELECT note, pg_sleep(%s) FROM t WHERE id = 4 AND (SELECT count(*) FROM growing WHERE id = -1) = 0', 6, 0.15, 'enable_indexscan = off');
\o
:found
:plans
-- little more to do, but on disk; without workers; neither
\o /dev/null
SELECT perfaudit.reset();
SELECT run('SELECT count(*), pg_sleep(%s) FROM (SELECT note, count(*) FROM t WHERE grp < 3 AND (SELECT count(*) FROM t) > 0 GROUP BY note OFFSET 0) x', 6, 0.02, 'enable_sort = off');
SELECT run('SELECT count(*), pg_sleep(%s) FROM (SELECT note, count(*) FROM t WHERE grp < 3 AND (SELECT count(*) FROM t) > 0 GROUP BY note OFFSET 0) x', 6, 0.15, 'enable_hashagg = off', 'work_mem = ''64kB''');
SELECT run('SELECT sum(n), pg_sleep(%s) FROM (SELECT note, count(*) AS n FROM t WHERE grp = 1 GROUP BY note OFFSET 0) x', 6, 0.02, 'enable_sort = off');
SELECT run('SELECT sum(n), pg_sleep(%s) FROM (SELECT note, count(*) AS n FROM t WHERE grp = 1 GROUP BY note OFFSET 0) x', 6, 0.15, 'enable_hashagg = off');
SELECT run('SELECT max(note), pg_sleep(%s) FROM t WHERE grp = 2', 6, 0.05, 'max_parallel_workers_per_gather = 2', 'parallel_setup_cost = 0', 'parallel_tuple_cost = 0', 'min_parallel_table_scan_size = 0');
SELECT run('SELECT max(note), pg_sleep(%s) FROM t WHERE grp = 2', 6, 0.4);
-- unless it is by very much
SELECT run('SELECT min(n), pg_sleep(%s) FROM (SELECT note, count(*) AS n FROM few WHERE grp = 1 GROUP BY note OFFSET 0) x', 6, 0.003, 'enable_sort = off');
SELECT run('SELECT min(n), pg_sleep(%s) FROM (SELECT note, count(*) AS n FROM few WHERE grp = 1 GROUP BY note OFFSET 0) x', 6, 0.4, 'enable_hashagg = off');
\o
:found
:plans
SET client_min_messages = warning;
DROP SCHEMA regression_guards CASCADE;
