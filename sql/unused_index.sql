-- unused_index: read again and again, but never by this index.
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS perfaudit;
RESET client_min_messages;
CREATE SCHEMA unused_index;
SET search_path = unused_index;
CREATE TABLE parents (id int PRIMARY KEY);
CREATE TABLE t (id int PRIMARY KEY, parent_id int REFERENCES parents, a int, b text, c int UNIQUE, d int, e int4range, f int);
INSERT INTO parents SELECT i FROM generate_series(1, 2000) i;
INSERT INTO t SELECT i, i, i, i, i, i, int4range(i, i + 1), i FROM generate_series(1, 2000) i;
CREATE TABLE other (id int PRIMARY KEY, a int);
INSERT INTO other SELECT i, i FROM generate_series(1, 2000) i;
CREATE TABLE parted (id int, a int) PARTITION BY RANGE (id);
CREATE TABLE parted_1 PARTITION OF parted FOR VALUES FROM (0) TO (1000);
CREATE TABLE parted_2 PARTITION OF parted FOR VALUES FROM (1000) TO (3000);
INSERT INTO parted SELECT i, i FROM generate_series(1, 2999) i;
SET max_parallel_workers_per_gather = 0;
SET perfaudit.unused_index_age = 0;
SET perfaudit.unused_index_reads = 1;
SET perfaudit.index_report_size = 0;
\set found 'SELECT relation, evidence->>''index'' AS index, occurrences, suggestion ~ ''^DROP INDEX CONCURRENTLY '' AS concurrently, username, query FROM perfaudit.findings WHERE kind = ''unused_index'' AND relation::text !~ ''^perfaudit'' ORDER BY 1, 2;'
\set limit 'SELECT set_config(''perfaudit.unused_index_reads'', (table_reads + 10)::text, false) ~ ''[0-9]'' AS set FROM perfaudit.index_facts WHERE index = ''t_a''::regclass;'

-- what each is for: only the first three are there to be read by queries
CREATE INDEX t_a ON t (a);
CREATE INDEX t_upper ON t (upper(b));
CREATE INDEX t_part ON t (b) WHERE d > 5;
CREATE INDEX t_parent ON t (parent_id);
CREATE UNIQUE INDEX t_d ON t (d);
ALTER TABLE t ADD EXCLUDE USING gist (e WITH &&);
CREATE INDEX t_f ON t (f, a);
CLUSTER t USING t_f;
CREATE INDEX parted_a ON parted (a);
CREATE INDEX other_a ON other (a);
-- just built: nothing is known of it yet
SELECT pg_stat_force_next_flush() \g /dev/null
:found
ANALYZE t, parted, other;
:limit

--
-- Fires
--
SET enable_indexscan = off;
SET enable_bitmapscan = off;
\o /dev/null
-- nine times: once less than the threshold
SELECT 'SELECT count(*) FROM t WHERE a = 5' FROM generate_series(1, 9) \gexec
SELECT pg_stat_force_next_flush();
\o
:found
\o /dev/null
SELECT count(*) FROM t WHERE a = 5;
SELECT pg_stat_force_next_flush();
\o
:found
SELECT summary, suggestion FROM (SELECT regexp_replace(regexp_replace(summary, '[0-9][0-9,]* ', 'n ', 'g'), 'a day: .*', 'a day: n') AS summary, regexp_replace(suggestion, '\d{4}-\d\d-\d\d', 'day') AS suggestion
    FROM perfaudit.findings WHERE kind = 'unused_index' AND evidence->>'index' = 'unused_index.t_upper') f;
SELECT jsonb_object_keys(evidence) AS evidence FROM perfaudit.findings WHERE kind = 'unused_index' AND evidence->>'index' = 'unused_index.t_a' ORDER BY 1;
-- the index of a partitioned table is one
SET perfaudit.unused_index_reads = 1;
\o /dev/null
SELECT count(*) FROM parted WHERE a = 5;
SELECT pg_stat_force_next_flush();
\o
SELECT relation, evidence->>'index' AS index, evidence->>'partitions' AS partitions, suggestion ~ '^DROP INDEX unused_index.parted_a;' AS drop
FROM perfaudit.findings WHERE kind = 'unused_index' AND relation = 'parted'::regclass;
-- what recorded writes cost, in even shares
\o /dev/null
SELECT perfaudit.reset();
UPDATE t SET a = a + 1;
UPDATE t SET a = a + 1;
\o
SELECT ms_per_index > 0 AND ms_per_index <= (SELECT total_exec_time / 9 FROM perfaudit.statements WHERE query ~ '^UPDATE t') + 0.001 AS share
FROM perfaudit.index_write_times WHERE relation = 't'::regclass;
SELECT count(*) FILTER (WHERE impact_ms > 0) = count(*) AS cost FROM perfaudit.findings WHERE kind = 'unused_index' AND relation = 't'::regclass;

--
-- Silent
--

-- one partition used it
SET enable_indexscan = on;
SET enable_seqscan = off;
\o /dev/null
SELECT count(*) FROM parted_2 WHERE a = 1005;
SELECT count(*) FROM t WHERE a = 5;
SELECT pg_stat_force_next_flush();
\o
:found
-- too small, too young
SET perfaudit.index_report_size = '10MB';
:found
SET perfaudit.index_report_size = 0;
SET perfaudit.unused_index_age = '1d';
:found
SET perfaudit.unused_index_age = 0;
-- newer than all that is known, the table read or not
CREATE INDEX t_b ON t (b);
SELECT evidence->>'index' AS index FROM perfaudit.findings WHERE kind = 'unused_index' AND evidence->>'index' ~ 't_b$';
-- of a table that nobody reads
CREATE TABLE lonely (id int PRIMARY KEY, a int);
CREATE INDEX ON lonely (a);
INSERT INTO lonely SELECT i, i FROM generate_series(1, 2000) i;
ANALYZE lonely;
SELECT table_reads FROM perfaudit.index_facts WHERE index = 'lonely_a_idx'::regclass;
SET perfaudit.unused_index_reads = 2;
SELECT relation FROM perfaudit.findings WHERE kind = 'unused_index' AND relation = 'lonely'::regclass;
-- dropped
DROP INDEX t_upper, t_part, t_b, parted_a, other_a;
:found
SET client_min_messages = warning;
DROP SCHEMA unused_index CASCADE;
