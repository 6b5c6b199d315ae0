-- Findings about foreign tables call them so, and suggest no index.  For installations that have file_fdw.
SELECT count(*) < 1 AS missing FROM pg_available_extensions WHERE name = 'file_fdw' \gset
\if :missing
\quit
\endif
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS perfaudit;
CREATE EXTENSION IF NOT EXISTS file_fdw;
CREATE SCHEMA foreign_tables;
RESET client_min_messages;
SET search_path = foreign_tables, public;
CREATE SERVER regress_perfaudit_files FOREIGN DATA WRAPPER file_fdw;
CREATE FOREIGN TABLE "Far Away" (id int, kind int, note text) SERVER regress_perfaudit_files
    OPTIONS (program $$awk 'BEGIN { for (i = 1; i <= 3000; i++) printf "%d,%d,note %d\n", i, i % 100, i }'$$, format 'csv');
CREATE TABLE parted (id int, kind int, note text) PARTITION BY RANGE (id);
CREATE FOREIGN TABLE parted_far PARTITION OF parted FOR VALUES FROM (0) TO (10000) SERVER regress_perfaudit_files
    OPTIONS (program $$awk 'BEGIN { for (i = 1; i <= 3000; i++) printf "%d,%d,note %d\n", i, i % 100, i }'$$, format 'csv');
SET max_parallel_workers_per_gather = 0;
SET perfaudit.large_table_rows = 1000;
SET perfaudit.unbounded_rows = 3000;
SET perfaudit.deep_offset_rows = 2500;
SET perfaudit.count_rows = 3000;
SET perfaudit.sort_rows = 1000;
SET perfaudit.index_scan_removed = 1000;
SET perfaudit.judge_calls = 1;
SET perfaudit.judge_time = 0;
SET perfaudit.sample_budget = 1;
SET perfaudit.unit = 'foreign tables';
\o /dev/null
SELECT perfaudit.reset();
SELECT format(s, t) FROM (VALUES ('"Far Away"'), ('parted')) n (t), (VALUES
    ('SELECT id, note FROM %s'), ('SELECT kind FROM %s ORDER BY note, id LIMIT 5 OFFSET 2500'), ('SELECT count(*) FROM %s'),
    -- nothing can be done here: no index can be built
    ('SELECT id FROM %s WHERE kind = 7'), ('SELECT kind FROM %s ORDER BY note LIMIT 5'), ('SELECT kind FROM %s WHERE lower(note) = ''x'''),
    ('SELECT kind FROM %s WHERE note LIKE ''%%777''')) v (s) \gexec
\o
SELECT kind, relation, summary, suggestion FROM perfaudit.findings WHERE kind <> 'slow_statement' ORDER BY kind, relation::text COLLATE "C";
SELECT count(*) AS indexes FROM perfaudit.findings WHERE suggestion ~ 'CREATE INDEX';
-- of which the server has no number
SELECT suggestion ~ 'reltuples' AS estimated FROM perfaudit.findings WHERE kind = 'expensive_count';
-- who reads findings waits for no other server: what reads a foreign table is not planned for them
CREATE TABLE near AS SELECT i AS id, i % 500 AS k FROM generate_series(1, 5000) i;
CREATE INDEX near_k ON near (k);
ANALYZE near;
\o /dev/null
SELECT perfaudit.reset();
SELECT count(*) FROM near WHERE k = 1;
SELECT count(*) FROM near JOIN "Far Away" USING (id) WHERE k = 2;
SELECT count(*) FROM near JOIN parted USING (id) WHERE k = 3;
\o
SELECT statements_checked, statements_skipped FROM perfaudit.drop_proof('{near_k}');
SELECT regexp_replace(query, '.* FROM ', '') AS query, cost > 0 AS planned, skipped FROM perfaudit.judged_statements s, perfaudit.planned_now(userid, toplevel, shape)
WHERE query ~ 'FROM near' ORDER BY query COLLATE "C";
-- for advice it is
SELECT count(*) AS skipped FROM perfaudit.suggest_indexes(max_ms => 60000) WHERE jsonb_array_length(evidence->'skipped') > 0;
SET client_min_messages = warning;
DROP SCHEMA foreign_tables CASCADE;
DROP SERVER regress_perfaudit_files;
DROP EXTENSION file_fdw;
