-- planning_overhead: planned again and again, for longer than it runs.
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS perfaudit;
RESET client_min_messages;
CREATE SCHEMA planning_overhead;
SET search_path = planning_overhead;
CREATE TABLE t (a int, b int); -- empty: nothing to run
SET perfaudit.planning_overhead_plans = 10;
SET perfaudit.planning_overhead_time = 0;
PREPARE star AS SELECT FROM t t1 JOIN t t2 USING (a) JOIN t t3 USING (a) JOIN t t4 USING (a) JOIN t t5 USING (a);
\set found 'SELECT occurrences, evidence->>''calls'' AS calls, query FROM perfaudit.findings WHERE kind = ''planning_overhead'';'

--
-- Fires
--
\o /dev/null
SELECT perfaudit.reset();
SELECT 'SELECT FROM t t1 JOIN t t2 USING (b) JOIN t t3 USING (b) JOIN t t4 USING (b)' FROM generate_series(1, 10) \gexec
\o
:found
SELECT suggestion, summary ~ '^Planned 10 times at .* ms, to run for .* ms$' AS said, impact_ms > 0 AS cost
FROM perfaudit.findings WHERE kind = 'planning_overhead';

--
-- Silent
--
-- planning is quick, be it for longer than the execution
SET perfaudit.planning_overhead_time = '1h';
:found
SET perfaudit.planning_overhead_time = 0;
\o /dev/null
SELECT perfaudit.reset();
-- once less than the threshold
SELECT 'SELECT FROM t t1 JOIN t t2 USING (b) JOIN t t3 USING (b) JOIN t t4 USING (b)' FROM generate_series(1, 9) \gexec
-- planned once, run often
SET plan_cache_mode = force_generic_plan;
SELECT 'EXECUTE star' FROM generate_series(1, 20) \gexec
-- runs for longer
SELECT 'SELECT count(*), pg_sleep(0.01) FROM t' FROM generate_series(1, 10) \gexec
-- reads catalogs alone
SELECT 'SELECT FROM pg_class a JOIN pg_class b USING (oid) JOIN pg_class c USING (oid) JOIN pg_class d USING (oid) WHERE a.oid = 0' FROM generate_series(1, 10) \gexec
\o
:found
SET client_min_messages = warning;
DROP SCHEMA planning_overhead CASCADE;
