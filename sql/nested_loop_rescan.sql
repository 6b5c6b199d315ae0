-- nested_loop_rescan: a table is read again for each row of another.
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS perfaudit;
RESET client_min_messages;
CREATE SCHEMA nested_loop_rescan;
SET search_path = nested_loop_rescan;
CREATE TABLE "Parent" (id int, grp int);
CREATE TABLE child (gone int, "Parent Id" int, n int, note text);
INSERT INTO "Parent" SELECT i, i % 10 FROM generate_series(1, 20) i;
INSERT INTO child SELECT 0, i % 100, i % 7, 'n' || i FROM generate_series(1, 1000) i;
ALTER TABLE child DROP COLUMN gone;
ANALYZE "Parent", child;
SET max_parallel_workers_per_gather = 0;
SET enable_hashjoin = off;
SET enable_mergejoin = off;
SET perfaudit.sample_budget = 1;
SET perfaudit.judge_time = 0;
SET perfaudit.judge_calls = 2;
SET perfaudit.rescan_rows = 20000;
\set found 'SELECT relation, occurrences AS n, evidence->>''node'' AS node, evidence->>''rows_read'' AS read, evidence->>''rows_kept'' AS kept, evidence->>''loops'' AS loops, suggestion FROM perfaudit.findings WHERE kind = ''nested_loop_rescan'' ORDER BY query COLLATE "C";'
\set join 'SELECT format(''SELECT * FROM "Parent" p LEFT JOIN child c ON c."Parent Id" = p.id WHERE p.grp >= %s'', -i) FROM generate_series(1, 2) i \\gexec'
\set subquery 'SELECT format(''SELECT id, (SELECT sum(c.n) FROM child c WHERE c."Parent Id" = p.id) FROM "Parent" p WHERE p.grp >= %s'', -i) FROM generate_series(1, 2) i \\gexec'

--
-- Fires
--
\o /dev/null
SELECT perfaudit.reset();
:subquery
-- rows of the child are kept, and gone through for each parent
:join
SET enable_material = off;
SELECT format('SELECT p.id FROM "Parent" p LEFT JOIN child c ON c."Parent Id" = p.id WHERE p.grp >= %s', -i) FROM generate_series(1, 2) i \gexec
RESET enable_material;
\o
:found
SELECT summary, impact_ms > 0 AS cost, perfaudit.severity_rank(severity) > 0 AS ranked FROM perfaudit.findings
WHERE kind = 'nested_loop_rescan' ORDER BY query COLLATE "C";
SELECT jsonb_object_keys(evidence) AS evidence FROM perfaudit.findings WHERE kind = 'nested_loop_rescan' AND query ~ 'sum' ORDER BY 1;
-- and no other kind tells the same
SET perfaudit.large_table_rows = 20000;
SELECT count(*) FROM perfaudit.findings WHERE kind = 'seq_scan_large_table';
-- but below its threshold
SET perfaudit.rescan_rows = 20001;
:found
SELECT relation, kind FROM perfaudit.findings WHERE kind IN ('nested_loop_rescan', 'seq_scan_large_table');
SET perfaudit.rescan_rows = 20000;
-- beside an index that finds no equal ones
CREATE TABLE docs AS SELECT n, to_jsonb("Parent Id") AS doc FROM child;
CREATE INDEX ON docs USING gin (doc);
ANALYZE docs;
\o /dev/null
SELECT perfaudit.reset();
SELECT format('SELECT id, (SELECT sum(d.n) FROM docs d WHERE d.doc = to_jsonb(p.id)) FROM "Parent" p WHERE p.grp >= %s', -i) FROM generate_series(1, 2) i \gexec
\o
:found
DROP TABLE docs;

--
-- Silent
--
-- once; nine parents; a small table, however often
\o /dev/null
SELECT perfaudit.reset();
SELECT id, (SELECT sum(c.n) FROM child c WHERE c."Parent Id" = p.id) FROM "Parent" p WHERE p.grp >= -1;
SET perfaudit.rescan_rows = 1000;
SELECT format('SELECT id, (SELECT max(c.n) FROM child c WHERE c."Parent Id" = p.id) FROM "Parent" p WHERE p.id <= %s', i) FROM generate_series(8, 9) i \gexec
SELECT format('SELECT note, (SELECT max(p.grp) FROM "Parent" p WHERE p.id = c.n) FROM child c WHERE c.n >= %s', -i) FROM generate_series(1, 2) i \gexec
\o
:found
SET perfaudit.rescan_rows = 20000;
-- all pairs are wanted; no index serves the condition
\o /dev/null
SELECT perfaudit.reset();
SELECT format('SELECT count(*) FROM "Parent" p, child c WHERE p.grp >= %s', -i) FROM generate_series(1, 2) i \gexec
SELECT format('SELECT count(*) FROM "Parent" p, child c WHERE c.note LIKE ''%%x'' || p.id AND p.grp >= %s', -i) FROM generate_series(1, 2) i \gexec
SELECT format('SELECT count(*) FROM "Parent" p JOIN child c ON c."Parent Id" = p.id OR c.n = p.id WHERE p.grp >= %s', -i) FROM generate_series(1, 2) i \gexec
\o
:found
-- by a hash instead
SET enable_hashjoin = on;
\o /dev/null
SELECT perfaudit.reset();
SELECT format('SELECT * FROM "Parent" p JOIN child c ON c."Parent Id" = p.id WHERE p.grp >= %s', -i) FROM generate_series(1, 2) i \gexec
\o
:found
SET enable_hashjoin = off;
-- a temporary table
CREATE TEMPORARY TABLE mine AS SELECT * FROM child;
\o /dev/null
SELECT format('SELECT id, (SELECT sum(c.n) FROM mine c WHERE c."Parent Id" = p.id) FROM "Parent" p WHERE p.grp >= %s', -i) FROM generate_series(1, 2) i \gexec
\o
:found
-- repaired; also where the planner will not have the index
CREATE INDEX ON child ("Parent Id", n);
\o /dev/null
SELECT perfaudit.reset();
:subquery
:join
SET enable_indexscan = off;
SET enable_bitmapscan = off;
SET enable_indexonlyscan = off;
SELECT format('SELECT p.id FROM "Parent" p LEFT JOIN child c ON c."Parent Id" = p.id WHERE p.grp >= %s', -i) FROM generate_series(1, 2) i \gexec
\o
:found
-- a table that is gone
DROP INDEX "child_Parent Id_n_idx";
\o /dev/null
SELECT perfaudit.reset();
:join
\o
SELECT count(*) FROM perfaudit.findings WHERE kind = 'nested_loop_rescan';
DROP TABLE child;
:found
SET client_min_messages = warning;
DROP SCHEMA nested_loop_rescan CASCADE;
