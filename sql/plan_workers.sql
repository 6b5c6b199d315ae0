-- Rows, loops and spills of nodes that parallel workers run, with and without their leader.
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS perfaudit;
RESET client_min_messages;
CREATE SCHEMA plan_workers;
SET search_path = plan_workers;
CREATE TABLE wide AS SELECT i AS id, i % 10 AS n, repeat(md5(i::text), 4) AS note FROM generate_series(1, 20000) i;
ALTER TABLE wide SET (parallel_workers = 2);
VACUUM ANALYZE wide;
SET max_parallel_workers_per_gather = 2;
SET parallel_setup_cost = 0;
SET parallel_tuple_cost = 0;
SET min_parallel_table_scan_size = 0;
SET perfaudit.sample_budget = 1;
-- how many workers there are decides nothing: sums over all of them are the same
\set nodes 'SELECT n.type, n.sampled, n.loops BETWEEN 1 AND 3 * n.sampled AS looped, n.rows, n.rows_removed AS removed FROM perfaudit.plan_nodes n JOIN perfaudit.statements s USING (queryid, toplevel) WHERE s.query ~ ''FROM wide'' AND s.query !~ ''perfaudit'' AND n.type IN (''Seq Scan'', ''Gather'') ORDER BY n.type;'
\set spills 'SELECT n.type, n.sampled, bool_and(n.spills = n.sampled) AS spilled, bool_and(n.spill_max_kb > 64) AS written FROM perfaudit.plan_nodes n JOIN perfaudit.statements s USING (queryid, toplevel) WHERE s.query ~ ''FROM wide'' AND s.query !~ ''perfaudit'' AND n.type IN (''Sort'', ''Aggregate'', ''Hash Join'', ''Gather'') AND NOT (s.query ~ ''^SELECT count'' AND n.type = ''Aggregate'') GROUP BY 1, 2 ORDER BY 1;'

-- with the leader, and without
\o /dev/null
SELECT perfaudit.reset();
SELECT id FROM wide WHERE n = 3;
SELECT id FROM wide WHERE n = 3;
\o
:nodes
SET parallel_leader_participation = off;
\o /dev/null
SELECT perfaudit.reset();
SELECT id FROM wide WHERE n = 3;
SELECT id FROM wide WHERE n = 3;
\o
:nodes

-- what only workers write to disk
SET work_mem = '64kB';
SET hash_mem_multiplier = 1;
SET enable_nestloop = off;
SET enable_mergejoin = off;
SET enable_parallel_hash = off;
\o /dev/null
SELECT perfaudit.reset();
SELECT note FROM wide ORDER BY note;
\o
:spills
\o /dev/null
SELECT perfaudit.reset();
SELECT count(*) FROM wide a JOIN wide b USING (id, note);
\o
:spills
SET enable_sort = off;
\o /dev/null
SELECT perfaudit.reset();
SELECT note, count(*) FROM wide GROUP BY note;
\o
:spills
SET client_min_messages = warning;
DROP SCHEMA plan_workers CASCADE;
