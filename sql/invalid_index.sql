-- invalid_index: what a failed CREATE INDEX CONCURRENTLY leaves behind.
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS perfaudit;
RESET client_min_messages;
CREATE SCHEMA invalid_index;
SET search_path = invalid_index;
CREATE TABLE t (id int PRIMARY KEY, a int, "B" int);
INSERT INTO t SELECT i, i / 2, i FROM generate_series(1, 1000) i;
\set found 'SELECT relation, summary, suggestion, occurrences, evidence->>''written'' AS written FROM (SELECT *, evidence->>''index'' AS index FROM perfaudit.findings WHERE kind = ''invalid_index'') f ORDER BY index;'

--
-- Fires
--
CREATE UNIQUE INDEX CONCURRENTLY t_a ON t (a);
CREATE INDEX "t_B_ccnew" ON t ("B");
UPDATE pg_index SET indisvalid = false, indisready = false WHERE indexrelid = '"t_B_ccnew"'::regclass;
SELECT pg_stat_force_next_flush() \g /dev/null
SELECT relation, regexp_replace(regexp_replace(summary, '\(.*\)', '(size)'), 'day: .*', 'day') AS summary, suggestion, occurrences, evidence->>'written' AS written
FROM perfaudit.findings WHERE kind = 'invalid_index' ORDER BY evidence->>'index' COLLATE "C";
SELECT jsonb_object_keys(evidence) AS evidence FROM perfaudit.findings WHERE kind = 'invalid_index' AND evidence->>'index' = 'invalid_index.t_a' ORDER BY 1;
-- as when it failed after its first phase: written all the time
CREATE INDEX t_a_b ON t (a, "B");
UPDATE pg_index SET indisvalid = false WHERE indexrelid = 't_a_b'::regclass;
UPDATE t SET "B" = 5 WHERE id = 7;
SELECT pg_stat_force_next_flush() \g /dev/null
SELECT regexp_replace(regexp_replace(summary, '\(.*\)', '(size)'), 'day: .*', 'day') AS summary, occurrences > 0 AS writes, evidence->>'written' AS written
FROM perfaudit.findings WHERE kind = 'invalid_index' AND evidence->>'index' = 'invalid_index.t_a_b';
DROP INDEX t_a_b;
-- the recipe for partitioned tables, not finished
CREATE TABLE parted (id int, a int) PARTITION BY RANGE (id);
CREATE TABLE parted_1 PARTITION OF parted FOR VALUES FROM (0) TO (10);
CREATE TABLE parted_2 PARTITION OF parted FOR VALUES FROM (10) TO (20);
CREATE INDEX parted_a ON ONLY parted (a);
CREATE INDEX parted_1_a ON parted_1 (a);
ALTER INDEX parted_a ATTACH PARTITION parted_1_a;
SELECT relation, summary, suggestion FROM perfaudit.findings WHERE kind = 'invalid_index' AND relation = 'parted'::regclass;

--
-- Silent
--
CREATE INDEX parted_2_a ON parted_2 (a);
ALTER INDEX parted_a ATTACH PARTITION parted_2_a;
UPDATE t SET a = id;
REINDEX INDEX t_a;
DROP INDEX "t_B_ccnew";
:found
SET client_min_messages = warning;
DROP SCHEMA invalid_index CASCADE;
