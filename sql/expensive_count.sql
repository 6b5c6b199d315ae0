-- expensive_count: a large part of a table is counted again and again.
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS perfaudit;
RESET client_min_messages;
CREATE SCHEMA expensive_count;
SET search_path = expensive_count;
CREATE TABLE "Item" (id int PRIMARY KEY, kind int, note text);
INSERT INTO "Item" SELECT i, i % 2, 'n' || i FROM generate_series(1, 2000) i;
CREATE TABLE part (id int, kind int) PARTITION BY RANGE (id);
CREATE TABLE part1 PARTITION OF part FOR VALUES FROM (1) TO (1001);
CREATE TABLE part2 PARTITION OF part FOR VALUES FROM (1001) TO (2001);
INSERT INTO part SELECT i, i % 2 FROM generate_series(1, 2000) i;
VACUUM ANALYZE "Item", part;
SET max_parallel_workers_per_gather = 0;
SET perfaudit.sample_budget = 1;
SET perfaudit.judge_time = 0;
SET perfaudit.judge_calls = 2;
SET perfaudit.count_rows = 2000;
\set found 'SELECT relation, occurrences AS n, evidence->>''rows_read'' AS read, evidence->>''rows_kept'' AS kept, query FROM perfaudit.findings WHERE kind = ''expensive_count'' ORDER BY query COLLATE "C";'

--
-- Fires
--
\o /dev/null
SELECT perfaudit.reset();
SELECT 'SELECT count(*) FROM "Item"' FROM generate_series(1, 2) \gexec
SELECT format('SELECT count(*) FROM "Item" WHERE kind = %s', i) FROM generate_series(0, 1) i \gexec
SELECT 'SELECT count(DISTINCT note) FROM "Item"' FROM generate_series(1, 2) \gexec
SELECT 'SELECT count(*) FROM part' FROM generate_series(1, 2) \gexec
-- a count of a list, as ORMs ask for
SELECT 'SELECT count(*) FROM (SELECT DISTINCT id, kind FROM "Item") x' FROM generate_series(1, 2) \gexec
-- by an index alone
SET enable_seqscan = off;
SET enable_bitmapscan = off;
SELECT format('SELECT count(id) FROM "Item" WHERE id > %s', -i) FROM generate_series(0, 1) i \gexec
RESET enable_seqscan;
RESET enable_bitmapscan;
\o
:found
SELECT summary, suggestion, impact_ms > 0 AS cost, perfaudit.severity_rank(severity) > 0 AS ranked FROM perfaudit.findings
WHERE kind = 'expensive_count' AND query ~ '^SELECT count\(\*\) FROM "Item"' ORDER BY query COLLATE "C";
-- the number that is suggested
SELECT substring(suggestion, 'SELECT (?:sum|rel).*?(?=\. Where)') FROM perfaudit.findings
WHERE kind = 'expensive_count' AND query ~ 'FROM (part|"Item")$' ORDER BY 1 \gexec
SELECT jsonb_object_keys(evidence) AS evidence FROM perfaudit.findings WHERE kind = 'expensive_count' AND query ~ 'part' ORDER BY 1;
-- one row more
SET perfaudit.count_rows = 2001;
:found
SET perfaudit.count_rows = 2000;
-- what sequential scans read is known without a sample
SET perfaudit.sample_budget = 0;
SET perfaudit.sample_first = 0;
\o /dev/null
SELECT perfaudit.reset();
SELECT 'SELECT count(*) FROM "Item"' FROM generate_series(1, 2) \gexec
SELECT format('SELECT count(*) FROM "Item" WHERE kind = %s', i) FROM generate_series(0, 1) i \gexec
\o
:found
SET perfaudit.sample_budget = 1;
RESET perfaudit.sample_first;

--
-- Silent
--
\o /dev/null
SELECT perfaudit.reset();
-- once; few of them (seq_scan_large_table); other aggregates; up to a limit
SELECT count(*) FROM "Item";
SELECT format('SELECT count(*) FROM "Item" WHERE id %% 20 = %s', i) FROM generate_series(0, 1) i \gexec
SELECT 'SELECT sum(kind) FROM "Item"' FROM generate_series(1, 2) \gexec
SELECT 'SELECT count(*), max(kind) FROM "Item"' FROM generate_series(1, 2) \gexec
SELECT 'SELECT kind, count(*) FROM "Item" GROUP BY 1' FROM generate_series(1, 2) \gexec
SELECT 'SELECT count(*) FROM (SELECT FROM "Item" LIMIT 1001) x' FROM generate_series(1, 2) \gexec
-- a single partition is small; catalogs, temporary tables
SELECT 'SELECT count(*) FROM part WHERE id < 1001' FROM generate_series(1, 2) \gexec
SELECT 'SELECT count(*) FROM pg_attribute' FROM generate_series(1, 2) \gexec
CREATE TEMPORARY TABLE mine AS SELECT * FROM "Item";
SELECT 'SELECT count(*) FROM mine' FROM generate_series(1, 2) \gexec
-- repaired
SELECT 'SELECT sum(reltuples) FROM pg_class WHERE oid = ''"Item"''::regclass' FROM generate_series(1, 2) \gexec
\o
:found
DROP TABLE "Item";
:found
SET client_min_messages = warning;
DROP SCHEMA expensive_count CASCADE;
