-- sort_without_index: many rows are sorted for the first few.
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS perfaudit;
RESET client_min_messages;
CREATE SCHEMA sort_without_index;
SET search_path = sort_without_index;
CREATE TABLE "Log" (gone int, id int, kind int, at timestamp, "by Whom" text, note text);
INSERT INTO "Log" SELECT 0, i, i % 2, timestamp '2026-01-01' + i * interval '1 minute', 'w' || i, 'n' FROM generate_series(1, 2000) i;
ALTER TABLE "Log" DROP COLUMN gone;
ANALYZE "Log";
SET max_parallel_workers_per_gather = 0;
SET perfaudit.sample_budget = 1;
SET perfaudit.judge_time = 0;
SET perfaudit.judge_calls = 2;
SET perfaudit.sort_rows = 1000;
\set found 'SELECT relation, occurrences AS n, evidence->>''rows_read'' AS read, evidence->>''rows_kept'' AS kept, suggestion FROM perfaudit.findings WHERE kind = ''sort_without_index'' ORDER BY query COLLATE "C";'

--
-- Fires
--
\o /dev/null
SELECT perfaudit.reset();
SELECT format('SELECT * FROM "Log" ORDER BY at DESC LIMIT %s', 10) FROM generate_series(1, 2) i \gexec
SELECT format('SELECT * FROM "Log" WHERE kind = %s ORDER BY "by Whom", at DESC NULLS LAST LIMIT 10', i) FROM generate_series(0, 1) i \gexec
-- in a subquery
SELECT format('SELECT count(*) FROM (SELECT id FROM "Log" WHERE kind IN (0, 1) AND at > ''%s-01-01'' ORDER BY at LIMIT 10) x', 2024 + i) FROM generate_series(1, 2) i \gexec
\o
:found
SELECT summary, impact_ms > 0 AS cost, perfaudit.severity_rank(severity) > 0 AS ranked FROM perfaudit.findings
WHERE kind = 'sort_without_index' ORDER BY query COLLATE "C";
SELECT jsonb_object_keys(evidence) AS evidence FROM perfaudit.findings WHERE kind = 'sort_without_index' AND query ~ 'kind = ' ORDER BY 1;
-- 2,000 rows are sorted and not one more
SET perfaudit.sort_rows = 2000;
SELECT query FROM perfaudit.findings WHERE kind = 'sort_without_index' ORDER BY 1;
SET perfaudit.sort_rows = 2001;
:found
SET perfaudit.sort_rows = 1000;

-- partitions are one table, whatever the order of their columns
CREATE TABLE part (id int, at timestamp, kind int) PARTITION BY RANGE (id);
CREATE TABLE part1 (kind int, at timestamp, id int);
ALTER TABLE part ATTACH PARTITION part1 FOR VALUES FROM (1) TO (600);
CREATE TABLE part2 PARTITION OF part FOR VALUES FROM (600) TO (1201);
INSERT INTO part SELECT i, timestamp '2026-01-01' + i * interval '1 minute', i % 2 FROM generate_series(1, 1200) i;
ANALYZE part;
\o /dev/null
SELECT perfaudit.reset();
SELECT format('SELECT * FROM part WHERE kind >= %s ORDER BY at LIMIT 10', -i) FROM generate_series(1, 2) i \gexec
\o
:found

--
-- Silent
--
-- once
\o /dev/null
SELECT perfaudit.reset();
SELECT * FROM "Log" ORDER BY at DESC LIMIT 10;
\o
:found
-- more than a tenth is wanted; all of it; few rows are sorted; by what no column is
\o /dev/null
SELECT perfaudit.reset();
SELECT format('SELECT * FROM "Log" ORDER BY at DESC LIMIT %s', 201) FROM generate_series(1, 2) i \gexec
SELECT format('SELECT * FROM "Log" WHERE id > %s ORDER BY at', i) FROM generate_series(1, 2) i \gexec
SELECT format('SELECT * FROM "Log" WHERE id > %s ORDER BY at LIMIT 10', 1990 + i) FROM generate_series(1, 2) i \gexec
SELECT format('SELECT * FROM "Log" WHERE id > %s ORDER BY id %% 7, at LIMIT 10', i) FROM generate_series(1, 2) i \gexec
SELECT format('SELECT id %% 7, count(*) FROM "Log" WHERE id > %s GROUP BY 1 ORDER BY 2 LIMIT 10', i) FROM generate_series(1, 2) i \gexec
-- two tables
SET enable_nestloop = off;
SELECT format('SELECT * FROM "Log" a JOIN "Log" b USING (id) WHERE a.id > %s ORDER BY a.at, b.note LIMIT 10', i) FROM generate_series(1, 2) i \gexec
RESET enable_nestloop;
\o
:found
-- a temporary table, a catalog
CREATE TEMPORARY TABLE mine AS SELECT * FROM "Log";
\o /dev/null
SELECT format('SELECT * FROM mine ORDER BY at LIMIT %s', i) FROM generate_series(1, 2) i \gexec
SELECT format('SELECT oid FROM pg_proc WHERE oid > %s ORDER BY prosrc LIMIT 10', i) FROM generate_series(1, 2) i \gexec
\o
:found
-- the index is there; also when the planner will not have it
CREATE INDEX ON "Log" (at DESC);
CREATE INDEX ON "Log" (kind, "by Whom", at DESC NULLS LAST);
\o /dev/null
SELECT perfaudit.reset();
SELECT format('SELECT * FROM "Log" ORDER BY at DESC LIMIT %s', i) FROM generate_series(1, 2) i \gexec
SET enable_indexscan = off;
SET enable_bitmapscan = off;
SELECT format('SELECT id FROM "Log" ORDER BY at DESC LIMIT %s', i) FROM generate_series(1, 2) i \gexec
SELECT format('SELECT * FROM "Log" WHERE kind = %s ORDER BY "by Whom", at DESC NULLS LAST LIMIT 10', i) FROM generate_series(0, 1) i \gexec
\o
:found
-- another order is not that
\o /dev/null
SELECT format('SELECT * FROM "Log" ORDER BY at DESC, id LIMIT %s', i) FROM generate_series(1, 2) i \gexec
\o
:found
-- nor is one index in both directions both orders
CREATE INDEX ON "Log" (id, kind);
\o /dev/null
SELECT perfaudit.reset();
SELECT format('SELECT note FROM "Log" ORDER BY id DESC, kind DESC LIMIT %s', i) FROM generate_series(1, 2) i \gexec
SELECT format('SELECT kind FROM "Log" ORDER BY id, kind DESC LIMIT %s', i) FROM generate_series(1, 2) i \gexec
SELECT format('SELECT at FROM "Log" ORDER BY id NULLS FIRST, kind LIMIT %s', i) FROM generate_series(1, 2) i \gexec
\o
:found
-- by workers, each for itself
\o /dev/null
SELECT perfaudit.reset();
SET parallel_setup_cost = 0;
SET parallel_tuple_cost = 0;
SET min_parallel_table_scan_size = 0;
SET max_parallel_workers_per_gather = 2;
SELECT format('SELECT id FROM "Log" ORDER BY note, id LIMIT %s', i) FROM generate_series(1, 2) i \gexec
SET max_parallel_workers_per_gather = 0;
\o
SELECT relation, occurrences, suggestion FROM perfaudit.findings WHERE kind = 'sort_without_index';
-- a table that is gone
DROP TABLE "Log", part;
:found
SET client_min_messages = warning;
DROP SCHEMA sort_without_index CASCADE;
