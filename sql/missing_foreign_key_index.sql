-- missing_foreign_key_index: no index leads with a foreign key that rows are
-- looked up by.
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS perfaudit;
RESET client_min_messages;
CREATE SCHEMA missing_foreign_key_index;
SET search_path = missing_foreign_key_index;
CREATE TABLE parents (id int PRIMARY KEY, name text);
CREATE TABLE children (id int PRIMARY KEY, parent_id int REFERENCES parents, n int);
CREATE TABLE pairs (a int, b int, PRIMARY KEY (a, b));
CREATE TABLE pair_children (id int, pair_a int, "Pair b" int, FOREIGN KEY (pair_a, "Pair b") REFERENCES pairs);
INSERT INTO parents SELECT i, 'n' || i FROM generate_series(1, 1000) i;
INSERT INTO children SELECT i, i % 500 + 1, i FROM generate_series(1, 2000) i;
INSERT INTO pairs SELECT i, i % 10 FROM generate_series(1, 1000) i;
INSERT INTO pair_children SELECT i, i % 500 + 1, (i % 500 + 1) % 10 FROM generate_series(1, 2000) i;
ANALYZE parents, children, pairs, pair_children;
SET perfaudit.large_table_rows = 2000;
SET max_parallel_workers_per_gather = 0;
SET enable_mergejoin = off;
SET enable_nestloop = off;
\set found 'SELECT relation, occurrences, evidence->>''child_column'' AS child_column, evidence->>''parent_table'' AS parent, evidence->>''rows_read'' AS read, evidence->>''rows_kept'' AS kept, query FROM perfaudit.findings WHERE kind = ''missing_foreign_key_index'' ORDER BY 1, 3;'
-- what was recorded, whether or not the server has counted the rows deleted yet
\set recorded 'SELECT relation, occurrences, evidence->>''child_column'' AS child_column, evidence->>''parent_table'' AS parent, evidence->>''rows_read'' AS read, evidence->>''rows_kept'' AS kept, query FROM perfaudit.findings WHERE kind = ''missing_foreign_key_index'' AND evidence ? ''calls'' ORDER BY 1, 3;'

--
-- Fires
--

-- deleting a parent looks for its children
\o /dev/null
SELECT perfaudit.reset();
DELETE FROM parents WHERE id = 901;
DELETE FROM parents WHERE id = 902;
\o
:recorded
SELECT summary, suggestion, impact_ms > 0 AS cost FROM perfaudit.findings WHERE kind = 'missing_foreign_key_index' AND evidence ? 'calls';
SELECT jsonb_object_keys(evidence - 'rows_deleted') AS evidence FROM perfaudit.findings WHERE kind = 'missing_foreign_key_index' AND evidence ? 'calls' ORDER BY 1;
-- so does an update of its key, and whoever asks for them
\o /dev/null
SELECT perfaudit.reset();
UPDATE parents SET id = 2000 WHERE id = 903;
\o
:recorded
\o /dev/null
SELECT perfaudit.reset();
SELECT * FROM children WHERE parent_id = 5;
\o
:recorded
-- or joins them to few parents
\o /dev/null
SELECT perfaudit.reset();
SELECT count(c.n) FROM parents p JOIN children c ON c.parent_id = p.id WHERE p.name = 'n77';
\o
:recorded
-- two columns
\o /dev/null
SELECT perfaudit.reset();
DELETE FROM pairs WHERE a = 901;
\o
:recorded
SELECT summary, suggestion FROM perfaudit.findings WHERE kind = 'missing_foreign_key_index' AND evidence ? 'calls';
-- a table with partitions is one
CREATE TABLE parted (id int, parent_id int REFERENCES parents) PARTITION BY RANGE (id);
CREATE TABLE parted_1 PARTITION OF parted FOR VALUES FROM (0) TO (2000);
CREATE TABLE parted_2 (parent_id int, id int);
ALTER TABLE parted ATTACH PARTITION parted_2 FOR VALUES FROM (2000) TO (5000);
INSERT INTO parted SELECT i, i % 500 + 1 FROM generate_series(0, 4000) i;
CREATE INDEX ON children (parent_id);
ANALYZE parted;
\o /dev/null
SELECT perfaudit.reset();
DELETE FROM parents WHERE id = 904;
\o
:recorded
SELECT summary, suggestion FROM perfaudit.findings WHERE kind = 'missing_foreign_key_index' AND evidence ? 'calls';
-- nothing recorded, but parents were deleted once
SELECT pg_stat_force_next_flush(), perfaudit.reset() \g /dev/null
SELECT relation, summary, suggestion, impact_ms, occurrences, username, query FROM perfaudit.findings WHERE kind = 'missing_foreign_key_index' ORDER BY 1;

--
-- Silent
--

-- the index is there, on one partition; then on both
CREATE INDEX ON parted_1 (parent_id);
CREATE INDEX ON pair_children ("Pair b", pair_a);
SELECT relation FROM perfaudit.findings WHERE kind = 'missing_foreign_key_index';
CREATE INDEX ON parted_2 (parent_id, id) WHERE parent_id IS NOT NULL;
:found
-- one row less than large
DROP INDEX children_parent_id_idx;
SET perfaudit.large_table_rows = 2001;
\o /dev/null
DELETE FROM parents WHERE id = 905;
\o
:found
SET perfaudit.large_table_rows = 2000;
:found
-- an index with the column first that the planner did not care for, and no scans
CREATE INDEX ON children (parent_id) WHERE n > 0;
SELECT perfaudit.reset() \g /dev/null
:found
-- no parent is deleted, all children are read
CREATE TABLE quiet (id int PRIMARY KEY);
CREATE TABLE quiet_children (id int, quiet_id int REFERENCES quiet, n int);
INSERT INTO quiet SELECT i FROM generate_series(1, 1000) i;
INSERT INTO quiet_children SELECT i, i % 1000 + 1, i FROM generate_series(1, 3000) i;
ANALYZE quiet, quiet_children;
\o /dev/null
SELECT perfaudit.reset();
UPDATE quiet SET id = id WHERE id = 7;
SELECT count(*) FROM quiet_children;
SELECT count(*) FROM quiet q JOIN quiet_children c ON c.quiet_id = q.id;
SELECT count(*) FROM quiet_children WHERE n = 5;
\o
:found
-- the key is compared, but most rows are kept
\o /dev/null
SELECT count(*) FROM quiet_children WHERE quiet_id > 5;
SELECT count(n) FROM quiet_children WHERE quiet_id <> 5;
\o
:found
-- children without a parent: all are looked at; as when a foreign key is added
\o /dev/null
SELECT count(*) FROM quiet_children c LEFT JOIN quiet q ON c.quiet_id = q.id WHERE q.id IS NULL;
ALTER TABLE quiet_children ADD FOREIGN KEY (quiet_id) REFERENCES quiet;
\o
:found
-- the other side of the join is as large: no index would help
\o /dev/null
SELECT count(*) FROM quiet q JOIN quiet_children c ON c.quiet_id = q.id AND c.n = q.id + 100000;
\o
:found
SET client_min_messages = warning;
DROP SCHEMA missing_foreign_key_index CASCADE;
