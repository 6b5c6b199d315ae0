-- inefficient_index_scan: an index gives many rows, and a filter keeps few.
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS perfaudit;
RESET client_min_messages;
CREATE SCHEMA inefficient_index_scan;
SET search_path = inefficient_index_scan;
CREATE TABLE "Order" (gone int, id int PRIMARY KEY, status int, "User Id" int, at timestamp, note text);
INSERT INTO "Order" SELECT 0, i, i % 2, i % 100, timestamp '2026-01-01' + i * interval '1 minute', 'n' || i FROM generate_series(1, 2000) i;
ALTER TABLE "Order" DROP COLUMN gone;
CREATE INDEX order_status ON "Order" (status);
ANALYZE "Order";
SET enable_seqscan = off;
SET max_parallel_workers_per_gather = 0;
SET perfaudit.sample_budget = 1;
SET perfaudit.judge_time = 0;
SET perfaudit.judge_calls = 2;
SET perfaudit.index_scan_removed = 900;
\set found 'SELECT relation, occurrences AS n, evidence->>''node'' AS node, evidence->>''rows_read'' AS read, evidence->>''rows_kept'' AS kept, evidence->>''columns'' AS columns, suggestion FROM perfaudit.findings WHERE kind = ''inefficient_index_scan'' ORDER BY query COLLATE "C";'
\set one 'SELECT format(''SELECT * FROM "Order" WHERE status = 1 AND "User Id" = %s'', i) FROM generate_series(1, 3, 2) i \\gexec'

--
-- Fires
--
\o /dev/null
SELECT perfaudit.reset();
:one
SET enable_bitmapscan = off;
SELECT format('SELECT id FROM "Order" WHERE status = 1 AND "User Id" = %s AND at >= ''2026-01-01''', i) FROM generate_series(1, 3, 2) i \gexec
-- rows that a range of the index gives, in order
SELECT format('SELECT at FROM "Order" WHERE id > %s AND "User Id" = 1 ORDER BY id', i) FROM generate_series(1, 2) i \gexec
RESET enable_bitmapscan;
\o
:found
SELECT summary, impact_ms > 0 AS cost, perfaudit.severity_rank(severity) > 0 AS ranked FROM perfaudit.findings
WHERE kind = 'inefficient_index_scan' ORDER BY query COLLATE "C";
SELECT jsonb_object_keys(evidence) AS evidence FROM perfaudit.findings WHERE kind = 'inefficient_index_scan' AND query ~ '^SELECT at' ORDER BY 1;
-- 980 rows are removed, and not one more
SET perfaudit.index_scan_removed = 980;
SELECT query FROM perfaudit.findings WHERE kind = 'inefficient_index_scan' AND query ~ '^SELECT \*';
SET perfaudit.index_scan_removed = 981;
SELECT query FROM perfaudit.findings WHERE kind = 'inefficient_index_scan' AND query ~ '^SELECT \*';
SET perfaudit.index_scan_removed = 900;

-- a function of a column is filtered by: an index holds it, or the column itself is compared
CREATE TABLE calls (id int PRIMARY KEY, status int, "Note" varchar, at timestamptz, n int, email text);
INSERT INTO calls SELECT i, i % 2, 'N' || i, timestamptz '2026-01-01' + i * interval '1 hour', i % 1000, 'E' || i % 2 FROM generate_series(1, 2000) i;
CREATE INDEX calls_status ON calls (status);
CREATE INDEX calls_email ON calls (lower(email));
ANALYZE calls;
CREATE TEMPORARY TABLE asked (n int, condition text);
INSERT INTO asked VALUES (1, 'status = 1 AND lower("Note") = $$n11$$'), (2, 'status = 1 AND at::date = $$2026-01-03$$'), (3, 'status = 1 AND n::text = $$7$$'),
    (4, 'status = 1 AND extract(hour FROM at) = 3 AND n = 7'), (5, 'lower(email) = $$e1$$ AND n = 7');
\o /dev/null
SELECT perfaudit.reset();
SELECT format('SELECT id FROM calls WHERE %s', condition) FROM asked, generate_series(1, 2) ORDER BY n \gexec
\o
SELECT summary, suggestion FROM perfaudit.findings WHERE kind = 'inefficient_index_scan' ORDER BY query COLLATE "C";
-- done
CREATE INDEX ON calls (status, lower("Note"));
CREATE INDEX ON calls (lower(email), n);
CREATE INDEX ON calls (status, at);
CREATE INDEX ON calls (status, n);
ANALYZE calls;
UPDATE asked SET condition = 'status = 1 AND at >= $$2026-01-03$$ AND at < $$2026-01-04$$' WHERE n = 2;
UPDATE asked SET condition = 'status = 1 AND n = 7' WHERE n = 3;
\o /dev/null
SELECT perfaudit.reset();
SELECT format('SELECT id FROM calls WHERE %s', condition) FROM asked, generate_series(1, 2) ORDER BY n \gexec
\o
:found
-- one arm of an OR; a part of a date, which is no range
DROP INDEX calls_status_n_idx;
\o /dev/null
SELECT perfaudit.reset();
SELECT 'SELECT id FROM calls WHERE status = 1 AND (lower(email) = $$e7$$ OR n = 3)' FROM generate_series(1, 2) \gexec
SELECT 'SELECT id FROM calls WHERE status = 1 AND extract(hour FROM at) = 3' FROM generate_series(1, 2) \gexec
\o
:found

-- partitions are one table
CREATE TABLE part (id int, kind int, grp int) PARTITION BY RANGE (id);
CREATE TABLE part1 (grp int, kind int, id int);
ALTER TABLE part ATTACH PARTITION part1 FOR VALUES FROM (1) TO (2001);
CREATE TABLE part2 PARTITION OF part FOR VALUES FROM (2001) TO (4001);
INSERT INTO part SELECT i, i % 2, i % 100 FROM generate_series(1, 4000) i;
CREATE INDEX ON part (kind);
ANALYZE part;
\o /dev/null
SELECT perfaudit.reset();
SELECT format('SELECT * FROM part WHERE kind = 1 AND grp = %s', i) FROM generate_series(1, 3, 2) i \gexec
\o
:found

--
-- Silent
--
-- once; more than a tenth is kept; nothing is removed
\o /dev/null
SELECT perfaudit.reset();
SELECT * FROM "Order" WHERE status = 1 AND "User Id" = 5;
SELECT format('SELECT * FROM "Order" WHERE status = 1 AND "User Id" < %s', 12 + i) FROM generate_series(1, 2) i \gexec
SELECT format('SELECT * FROM "Order" WHERE status = %s', i) FROM generate_series(0, 1) i \gexec
-- no b-tree serves it
SELECT format('SELECT * FROM "Order" WHERE status = 1 AND note LIKE ''%%x%s''', i) FROM generate_series(1, 2) i \gexec
SELECT format('SELECT * FROM "Order" WHERE status = 1 AND ("User Id" = 3 OR note = ''%s'')', i) FROM generate_series(1, 2) i \gexec
-- LIMIT ends it early
SET enable_bitmapscan = off;
SELECT format('SELECT note FROM "Order" WHERE status = 1 AND "User Id" > %s LIMIT 5', i) FROM generate_series(1, 2) i \gexec
RESET enable_bitmapscan;
\o
:found
-- temporary tables
CREATE TEMPORARY TABLE mine AS SELECT * FROM "Order";
CREATE INDEX ON mine (status);
\o /dev/null
SELECT format('SELECT * FROM mine WHERE status = 1 AND "User Id" = %s', i) FROM generate_series(1, 3, 2) i \gexec
\o
:found
-- repaired; and where the planner will not have the index
CREATE INDEX order_user ON "Order" (status, "User Id");
\o /dev/null
SELECT perfaudit.reset();
:one
\o
:found
BEGIN;
DROP INDEX order_user;
\o /dev/null
:one
\o
SELECT count(*) FROM perfaudit.findings WHERE kind = 'inefficient_index_scan';
ROLLBACK;
:found
-- a table that is gone
DROP TABLE "Order";
:found
SET client_min_messages = warning;
DROP SCHEMA inefficient_index_scan CASCADE;
