-- The conditions of spill_to_disk, one by one: which node is named, how often it has to spill and how much, and the work_mem
-- that is asked for.
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS perfaudit;
RESET client_min_messages;
CREATE SCHEMA spill_guards;
SET search_path = spill_guards;
SET max_parallel_workers_per_gather = 0;
SET enable_mergejoin = off;
SET enable_nestloop = off;
SET enable_bitmapscan = off;
SET work_mem = '64kB';
SET perfaudit.sample_budget = 1;
SET perfaudit.judge_calls = 3;
SET perfaudit.judge_time = 0;
SET perfaudit.spill_size = '64kB';
CREATE TABLE t (id int PRIMARY KEY, k int, name text);
INSERT INTO t SELECT i, i / 10, 'name ' || i FROM generate_series(1, 20000) i;
CREATE INDEX t_k ON t (k);
ANALYZE t;
CREATE FUNCTION run(statement text, times int, VARIADIC settings text[] DEFAULT '{}') RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    FOR i IN 1 .. cardinality(settings) LOOP
        EXECUTE 'SET LOCAL ' || settings[i];
    END LOOP;
    FOR i IN 1 .. times LOOP
        EXECUTE statement;
    END LOOP;
END $$;
-- which the planner takes for very many rows
CREATE FUNCTION guessed() RETURNS SETOF int LANGUAGE plpgsql ROWS 100000000 AS $$ BEGIN RETURN QUERY SELECT id FROM t; END $$;
\set found 'SELECT evidence->>''node'' AS node, regexp_replace(substring(suggestion FROM ''^[^;:]*''), '' ?''''[0-9]+MB'''''', '''') AS suggestion, query FROM perfaudit.findings WHERE kind = ''spill_to_disk'' ORDER BY query COLLATE "C";'

-- two of three executions spill
\o /dev/null
SELECT perfaudit.reset();
SELECT run('SELECT count(*) FROM (SELECT name FROM t WHERE id <= 20000 ORDER BY name OFFSET 0) x', 2);
SELECT run('SELECT count(*) FROM (SELECT name FROM t WHERE id <= 10 ORDER BY name OFFSET 0) x', 1, 'enable_indexscan = off', 'enable_indexonlyscan = off');
SELECT run('SELECT max(name) FROM (SELECT name FROM t WHERE id <= 20000 ORDER BY name OFFSET 0) x', 3);
\o
:found
-- of several nodes the one that writes most
\o /dev/null
SELECT perfaudit.reset();
SELECT run('SELECT (SELECT count(*) FROM (SELECT name FROM t WHERE id <= 4000 ORDER BY name OFFSET 0) x), (SELECT count(*) FROM (SELECT name, count(*) FROM t GROUP BY name OFFSET 0) x)', 3);
SELECT run('SELECT (SELECT count(*) FROM (SELECT name, count(*) FROM t GROUP BY name OFFSET 0) x), (SELECT count(*) FROM (SELECT name FROM t WHERE id <= 4000 ORDER BY name OFFSET 0) x)', 3);
SELECT run('SELECT (SELECT count(*) FROM (SELECT id, count(*) FROM t WHERE id <= 5000 GROUP BY id OFFSET 0) x), (SELECT count(*) FROM (SELECT name FROM t ORDER BY name OFFSET 0) x)', 3, 'enable_indexscan = off', 'enable_indexonlyscan = off');
\o
:found
SELECT DISTINCT (f.evidence->>'spill_max_kb')::bigint = (SELECT max(n.spill_max_kb) FROM perfaudit.node_facts() n WHERE n.shape = s.shape) AS most
FROM perfaudit.findings f JOIN perfaudit.judged_statements s ON s.queryid = f.queryid WHERE f.kind = 'spill_to_disk';
-- what is not seen to write: as much as is asked for, and a kilobyte less
\o /dev/null
SELECT perfaudit.reset();
SELECT run('SELECT count(x.s) FROM (SELECT name, sum(id) OVER () AS s FROM t OFFSET 0) x', 3);
\o
SELECT 8 * sum(temp_blks_written) / sum(calls) AS written, 8 * sum(temp_blks_written) / sum(calls) + 1 AS more FROM perfaudit.statements WHERE query ~ 'OVER' AND query !~ 'run' \gset
SET perfaudit.spill_size = :written;
:found
SET perfaudit.spill_size = :more;
:found
SET perfaudit.spill_size = '64kB';
-- by a former plan's node it is not named
\o /dev/null
SELECT perfaudit.reset();
SELECT run('WITH c AS MATERIALIZED (SELECT name FROM t) SELECT (SELECT count(*) FROM c), (SELECT max(name) FROM c), (SELECT count(*) FROM (SELECT k, id FROM t ORDER BY k, id OFFSET 0) x) FROM t WHERE id = 1', 3, 'enable_seqscan = off', 'enable_sort = off', 'work_mem = ''256kB''');
\o
:found
CREATE INDEX t_k_id ON t (k, id);
\o /dev/null
SELECT run('WITH c AS MATERIALIZED (SELECT name FROM t) SELECT (SELECT count(*) FROM c), (SELECT max(name) FROM c), (SELECT count(*) FROM (SELECT k, id FROM t ORDER BY k, id OFFSET 0) x) FROM t WHERE id = 1', 3, 'enable_seqscan = off', 'work_mem = ''256kB''');
\o
:found
-- a hash may take several times as much as a sort
\o /dev/null
SELECT perfaudit.reset();
SELECT run('SELECT count(*) FROM t a JOIN t b ON a.name = b.name', 3);
\o
SELECT (regexp_match(evidence->>'work_mem', '[0-9]+'))[1]::int AS least FROM perfaudit.findings WHERE kind = 'spill_to_disk' \gset
SET hash_mem_multiplier = 1;
SELECT evidence->>'node' AS node, (regexp_match(evidence->>'work_mem', '[0-9]+'))[1]::int > :least AS more FROM perfaudit.findings WHERE kind = 'spill_to_disk';
RESET hash_mem_multiplier;
-- what did not fit into 3.5 MB needs twice as much, though little more was written: wide rows, of two columns, since
-- PostgreSQL 18 counts no memory for the values that it sorts by themselves
SET work_mem = '3500kB';
\o /dev/null
SELECT perfaudit.reset();
SELECT run('SELECT count(*) FROM (SELECT repeat(name, 20), id FROM t ORDER BY 1, 2 OFFSET 0) x', 3);
\o
SELECT evidence->>'node' AS node, evidence->>'work_mem' AS work_mem, (evidence->>'spill_max_kb')::int BETWEEN 3500 AND 5000 AS little FROM perfaudit.findings WHERE kind = 'spill_to_disk';
SET work_mem = '64kB';
-- no work_mem is for it
\o /dev/null
SELECT perfaudit.reset();
SELECT run('SELECT count(*) FROM (SELECT g FROM guessed() g WHERE EXISTS (SELECT FROM t) ORDER BY g OFFSET 0) x', 3);
\o
SELECT evidence->>'node' AS node, substring(suggestion FROM '^[^0-9]*') || regexp_replace(suggestion, '^.*[0-9][MG]B', '') AS suggestion, query FROM perfaudit.findings WHERE kind = 'spill_to_disk' AND query ~ 'guessed';
SET client_min_messages = warning;
DROP SCHEMA spill_guards CASCADE;
