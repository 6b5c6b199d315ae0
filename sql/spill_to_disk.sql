-- spill_to_disk: work_mem does not hold what a statement sorts or collects.
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS perfaudit;
RESET client_min_messages;
CREATE SCHEMA spill_to_disk;
SET search_path = spill_to_disk;
CREATE TABLE t (id int, k int, name text);
INSERT INTO t SELECT i, i % 5000, 'name ' || i FROM generate_series(1, 20000) i;
ANALYZE t;
SET max_parallel_workers_per_gather = 0;
SET perfaudit.judge_time = 0;
SET perfaudit.spill_size = '256kB';
\set found 'SELECT occurrences AS n, evidence->>''node'' AS node, query FROM perfaudit.findings WHERE kind = ''spill_to_disk'' ORDER BY query COLLATE "C";'
\set sort 'SELECT format(''SELECT * FROM t WHERE id > %s ORDER BY name'', i) FROM generate_series(1, :n) i \\gexec'
\set join 'SELECT format(''SELECT count(*) FROM t a JOIN t b ON a.id = b.id WHERE a.k >= %s'', -i) FROM generate_series(1, :n) i \\gexec'
\set groups 'SELECT format(''SELECT name, count(*), min(id) FROM t WHERE id > %s GROUP BY 1'', -i) FROM generate_series(1, :n) i \\gexec'
SET enable_mergejoin = off;
SET enable_nestloop = off;

--
-- Fires
--
SET work_mem = '64kB';
\set n 5
\o /dev/null
SELECT perfaudit.reset();
:sort
SET enable_sort = off;
:groups
RESET enable_sort;
:join
\o
:found
-- three statements of a role: for the role
SELECT DISTINCT regexp_replace(suggestion, 'ROLE .* IN DATABASE \S+ SET work_mem = ''\d+MB''', 'ROLE') AS suggestion
FROM perfaudit.findings WHERE kind = 'spill_to_disk';
SELECT summary ~ '^(Sort|Aggregate|Hash Join) does not fit into memory and writes up to [0-9,]+ kB to disk; [0-9,]+ kB an execution in all$' AS said,
       relation IS NULL AS no_table, impact_ms > 0 AS cost, perfaudit.severity_rank(severity) > 0 AS ranked
FROM perfaudit.findings WHERE kind = 'spill_to_disk';
SELECT jsonb_object_keys(evidence) AS evidence FROM perfaudit.findings WHERE kind = 'spill_to_disk' AND query ~ 'ORDER' ORDER BY 1;
-- one: for the statement
SELECT DISTINCT queryid AS other FROM perfaudit.findings WHERE kind = 'spill_to_disk' AND query ~ 'JOIN' \gset
SELECT perfaudit.reset(queryid => :other) \g /dev/null
SELECT DISTINCT regexp_replace(suggestion, '''\d+MB''', '?') AS suggestion FROM perfaudit.findings WHERE kind = 'spill_to_disk';

-- The work_mem that it asks for holds it.
CREATE FUNCTION asked() RETURNS text LANGUAGE sql AS
$$ SELECT evidence->>'work_mem' FROM perfaudit.findings WHERE kind = 'spill_to_disk' $$;
SELECT perfaudit.reset() \g /dev/null
\o /dev/null
:sort
\o
SELECT asked() IS NOT NULL AS asked, set_config('work_mem', asked(), false) <> '64kB' AS more, perfaudit.reset() > 0 AS anew;
\o /dev/null
:sort
\o
:found
SELECT temp_blks_written, calls FROM perfaudit.statements WHERE query ~ '^SELECT . FROM t WHERE';
SET work_mem = '64kB';
\o /dev/null
:join
\o
SELECT asked() IS NOT NULL AS asked, set_config('work_mem', asked(), false) <> '64kB' AS more, perfaudit.reset() > 0 AS anew;
\o /dev/null
:join
\o
:found
SELECT temp_blks_written, calls FROM perfaudit.statements WHERE query ~ '^SELECT count.* JOIN';
SET work_mem = '64kB';
SET enable_sort = off;
\o /dev/null
:groups
\o
SELECT asked() IS NOT NULL AS asked, set_config('work_mem', asked(), false) <> '64kB' AS more, perfaudit.reset() > 0 AS anew;
\o /dev/null
:groups
\o
:found
SELECT temp_blks_written, calls FROM perfaudit.statements WHERE query ~ '^SELECT name';
RESET enable_sort;

-- inside a function: for the function
SET work_mem = '64kB';
CREATE FUNCTION sorts() RETURNS bigint LANGUAGE plpgsql AS
$$ BEGIN RETURN (SELECT count(*) FROM (SELECT id FROM t ORDER BY name OFFSET 0) x); END $$;
\o /dev/null
SELECT perfaudit.reset();
SELECT 'SELECT sorts()' FROM generate_series(1, 5) \gexec
\o
SELECT regexp_replace(suggestion, '\d+MB', '?', 'g') AS suggestion FROM perfaudit.findings WHERE kind = 'spill_to_disk';

--
-- Silent
--
-- once less
\set n 4
\o /dev/null
SELECT perfaudit.reset();
:sort
\o
:found
SET perfaudit.judge_calls = 4;
:found
RESET perfaudit.judge_calls;
-- a kilobyte less than the threshold
\set n 5
\o /dev/null
SELECT perfaudit.reset();
:sort
\o
SELECT evidence->>'spill_max_kb' AS written FROM perfaudit.findings WHERE kind = 'spill_to_disk' \gset
SET perfaudit.spill_size = :written;
:found
SELECT set_config('perfaudit.spill_size', (:written + 1)::text || 'kB', false) IS NOT NULL AS one_more;
:found
SET perfaudit.spill_size = '256kB';
-- LIMIT keeps few in memory; no time to speak of
\o /dev/null
SELECT perfaudit.reset();
SELECT format('SELECT * FROM t WHERE id > %s ORDER BY name LIMIT 10', i) FROM generate_series(1, 5) i \gexec
:sort
SET perfaudit.judge_time = '1h';
\o
:found
SET perfaudit.judge_time = 0;
-- what is built once
\o /dev/null
SELECT perfaudit.reset();
CREATE INDEX ON t (name);
CREATE TABLE sorted AS SELECT * FROM t ORDER BY name DESC;
\o
:found
SET client_min_messages = warning;
DROP SCHEMA spill_to_disk CASCADE;
