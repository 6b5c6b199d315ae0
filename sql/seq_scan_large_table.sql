-- seq_scan_large_table: an execution reads many rows to keep few.
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS perfaudit;
RESET client_min_messages;
CREATE SCHEMA seq_scan_large_table;
SET search_path = seq_scan_large_table;
CREATE TABLE events (id int, kind int, name text, at timestamp);
INSERT INTO events SELECT i, i % 100, 'name ' || i, timestamp '2026-01-01' + i * interval '1 minute'
    FROM generate_series(1, 2000) i;
CREATE TABLE small (id int, kind int);
INSERT INTO small SELECT i, i % 100 FROM generate_series(1, 1999) i;
ANALYZE events, small;
SET perfaudit.large_table_rows = 2000;
SET perfaudit.judge_calls = 1;
SET perfaudit.judge_time = 0;
SET max_parallel_workers_per_gather = 0;
\set found 'SELECT relation, occurrences, evidence->>''rows_read'' AS read, evidence->>''rows_kept'' AS kept, evidence->>''columns'' AS columns, query FROM perfaudit.findings WHERE kind = ''seq_scan_large_table'' ORDER BY query;'

--
-- Fires
--
\o /dev/null
SELECT perfaudit.reset();
SELECT * FROM events WHERE kind = 7;
SELECT * FROM events WHERE kind = 8;
SELECT * FROM events WHERE kind IN (7, 8) AND at >= '2026-01-01 10:00' AND name <> 'x';
SELECT * FROM events WHERE name LIKE 'name 77%';
SELECT * FROM events ORDER BY id DESC LIMIT 3;
UPDATE events SET name = 'x' WHERE id = 12;
DELETE FROM events WHERE id = -1;
\o
:found
SELECT query, perfaudit.severity_rank(severity) > 0 AS ranked, summary, suggestion, impact_ms > 0 AS cost
FROM perfaudit.findings WHERE kind = 'seq_scan_large_table' AND query !~ 'LIKE' ORDER BY query;
-- no b-tree serves it
SELECT summary, suggestion ~ 'CREATE INDEX' AS index, suggestion ~ 'pg_trgm' AS trigram
FROM perfaudit.findings WHERE kind = 'seq_scan_large_table' AND query ~ 'LIKE';
SELECT jsonb_object_keys(evidence) AS evidence FROM perfaudit.findings
WHERE kind = 'seq_scan_large_table' AND query LIKE '%kind = %' ORDER BY 1;

-- in a function
CREATE FUNCTION look() RETURNS bigint LANGUAGE plpgsql AS
$$ BEGIN RETURN (SELECT sum(id) FROM events WHERE kind = 9); END $$;
\o /dev/null
SELECT perfaudit.reset();
SELECT look();
\o
:found

--
-- Silent
--

-- the table is smaller by one row
\o /dev/null
SELECT perfaudit.reset();
SELECT * FROM small WHERE kind = 7;
\o
:found
-- as is the large one when the threshold is one row higher
\o /dev/null
SELECT * FROM events WHERE kind = 7;
\o
:found
SET perfaudit.large_table_rows = 2001;
:found
SET perfaudit.large_table_rows = 2000;

-- most rows are needed
\o /dev/null
SELECT perfaudit.reset();
SELECT * FROM events WHERE kind >= 20;
SELECT count(*) FROM events;
SELECT kind, count(*) FROM events GROUP BY kind;
\o
:found
-- a tenth is the limit
\o /dev/null
SELECT perfaudit.reset();
SELECT * FROM events WHERE kind < 10;
SELECT * FROM events WHERE kind <= 10;
\o
:found
SET perfaudit.scan_kept_share = 0.2;
:found
RESET perfaudit.scan_kept_share;

-- LIMIT ends the scan early
\o /dev/null
SELECT perfaudit.reset();
SELECT * FROM events WHERE kind = 7 LIMIT 3;
\o
:found

-- the index is there
CREATE INDEX ON events (kind);
SET enable_seqscan = off;
\o /dev/null
SELECT perfaudit.reset();
SELECT * FROM events WHERE kind = 7;
\o
:found
RESET enable_seqscan;

-- temporary tables and catalogs
CREATE TEMPORARY TABLE mine AS SELECT * FROM events;
SET enable_indexscan = off;
SET enable_bitmapscan = off;
\o /dev/null
SELECT perfaudit.reset();
SELECT * FROM mine WHERE kind = 7;
SELECT count(*) FROM pg_proc WHERE prosrc = 'x';
\o
:found

-- a dropped table is no problem any more
DROP INDEX events_kind_idx;
\o /dev/null
SELECT perfaudit.reset();
SELECT * FROM events WHERE kind = 7;
\o
:found
DROP TABLE events;
:found

--
-- Judged, and by whom
--
RESET enable_indexscan;
RESET enable_bitmapscan;
CREATE TABLE parted (id int, kind int) PARTITION BY RANGE (id);
CREATE TABLE parted_1 PARTITION OF parted FOR VALUES FROM (0) TO (1000);
CREATE TABLE parted_2 PARTITION OF parted FOR VALUES FROM (1000) TO (3000);
INSERT INTO parted SELECT i, i % 100 FROM generate_series(1, 2000) i;
CREATE TABLE parents (id int PRIMARY KEY);
INSERT INTO parents SELECT i FROM generate_series(1, 200) i;
CREATE TABLE children (id int, parent int REFERENCES parents, note text);
INSERT INTO children SELECT i, 1 + i % 200, 'note ' || i FROM generate_series(1, 3000) i;
ANALYZE parted, parents, children;
-- partitions are one table
\o /dev/null
SELECT perfaudit.reset();
SELECT * FROM parted WHERE kind = 7;
\o
SELECT relation, evidence->>'rows_read' AS read, evidence->>'rows_kept' AS kept, suggestion FROM perfaudit.findings WHERE kind = 'seq_scan_large_table';
-- so are those that inherit
CREATE TABLE heirs (id int, kind int);
CREATE TABLE heirs_1 () INHERITS (heirs);
CREATE TABLE heirs_2 () INHERITS (heirs);
INSERT INTO heirs_1 SELECT i, i % 100 FROM generate_series(1, 1500) i;
INSERT INTO heirs_2 SELECT i, i % 100 FROM generate_series(1501, 3000) i;
ANALYZE heirs, heirs_1, heirs_2;
\o /dev/null
SELECT perfaudit.reset();
SELECT * FROM heirs WHERE kind = 7;
\o
SELECT relation, evidence->>'rows_read' AS read, evidence->>'rows_kept' AS kept, suggestion FROM perfaudit.findings WHERE kind = 'seq_scan_large_table';
-- what is run seldom, or for a short time in all
SET perfaudit.judge_calls = 2;
:found
SET perfaudit.judge_calls = 1;
SET perfaudit.judge_time = '1h';
:found
SET perfaudit.judge_time = 0;
-- one problem is one row
\o /dev/null
SELECT perfaudit.reset();
SELECT * FROM children WHERE parent = 7;
SELECT * FROM children WHERE note = 'note 7' AND parent = 7;
SELECT * FROM children WHERE id = 7;
\o
SELECT kind, occurrences FROM perfaudit.findings WHERE relation = 'children'::regclass ORDER BY 1, 2;
CREATE INDEX ON children (id);
\o /dev/null
SELECT perfaudit.reset();
SELECT * FROM children WHERE id = 7.0;
\o
SELECT kind, occurrences FROM perfaudit.findings WHERE relation = 'children'::regclass ORDER BY 1, 2;
SET client_min_messages = warning;
DROP SCHEMA seq_scan_large_table CASCADE;
