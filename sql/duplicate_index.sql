-- duplicate_index: another index does all that it does.
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS perfaudit;
RESET client_min_messages;
CREATE SCHEMA duplicate_index;
SET search_path = duplicate_index;
CREATE TABLE parents (id int PRIMARY KEY, code int NOT NULL);
CREATE TABLE t (id int PRIMARY KEY, parent_id int, a int, b int, c text, d text);
INSERT INTO parents SELECT i, i FROM generate_series(1, 5000) i;
INSERT INTO t SELECT i, i, i, i, i, repeat(md5(i::text), 3) FROM generate_series(1, 5000) i;
SET perfaudit.index_report_size = 0;
\set found 'SELECT relation, evidence->>''index'' AS index, evidence->>''covered_by'' AS covered_by, evidence->>''variant'' AS variant, split_part(suggestion, '' --'', 1) AS suggestion FROM perfaudit.findings WHERE kind = ''duplicate_index'' AND relation::text !~ ''^perfaudit'' ORDER BY 2;'
:found

--
-- Fires
--
CREATE INDEX a_first ON t (a);
CREATE INDEX a_second ON t (a DESC);
CREATE INDEX parent_only ON t (parent_id);
CREATE INDEX parent_and_b ON t (parent_id, b);
-- a unique one beside the primary key
CREATE UNIQUE INDEX id_again ON t (id);
CREATE INDEX "Odd ""name" ON t (c) WHERE b > 3;
CREATE INDEX odd_again ON t (c) WHERE b > 3;
CREATE TABLE parted (id int, a int) PARTITION BY RANGE (id);
CREATE TABLE parted_1 PARTITION OF parted FOR VALUES FROM (0) TO (10000);
INSERT INTO parted SELECT i, i FROM generate_series(1, 2000) i;
CREATE INDEX parted_a ON parted (a);
CREATE INDEX parted_b ON parted (a);
CREATE INDEX parted_1_only ON parted_1 (a);
:found
SELECT summary, suggestion FROM (SELECT regexp_replace(regexp_replace(summary, '\(\d+ [a-z]+\)', '(size)', 'gi'), 'a day: .*', 'a day: n') AS summary, suggestion
    FROM perfaudit.findings WHERE kind = 'duplicate_index' AND evidence->>'index' ~ '(a_second|parent_only)') f;
SELECT jsonb_object_keys(evidence) AS evidence FROM perfaudit.findings WHERE kind = 'duplicate_index' AND evidence->>'index' = 'duplicate_index.a_second' ORDER BY 1;
DROP INDEX a_second, parent_only, id_again, odd_again, parted_b, parted_1_only;

--
-- Silent
--
:found
-- other conditions, collations, operator classes, directions, methods, expressions
CREATE INDEX s1 ON t (c) WHERE b > 4;
CREATE INDEX s2 ON t (c COLLATE "POSIX");
CREATE INDEX s3 ON t (c text_pattern_ops);
CREATE INDEX s4 ON t (a, b);
CREATE INDEX s5 ON t (a, b DESC);
CREATE INDEX s6 ON t USING hash (a);
CREATE INDEX s7 ON t (lower(c));
CREATE INDEX s8 ON t (upper(c));
DROP INDEX a_first;
:found
-- what is unique, although others begin like it
CREATE UNIQUE INDEX s9 ON t (b);
CREATE INDEX s10 ON t (b, a, c);
-- constraints, a foreign key's target, replica identity, clustering
ALTER TABLE t ADD UNIQUE (id);
CREATE UNIQUE INDEX s11 ON parents (code);
ALTER TABLE t ADD FOREIGN KEY (b) REFERENCES parents (code);
CREATE UNIQUE INDEX s12 ON parents (code, id);
CREATE UNIQUE INDEX s13 ON parents (code, id);
ALTER TABLE parents ALTER code SET NOT NULL, REPLICA IDENTITY USING INDEX s12;
CLUSTER parents USING s13;
:found
-- a far larger one is no replacement; as soon as it is not far larger, it is
CREATE INDEX narrow ON t (parent_id);
CREATE INDEX wide ON t (parent_id, d);
DROP INDEX parent_and_b;
VACUUM t;
:found
CREATE INDEX not_so_wide ON t (parent_id, a);
:found
DROP INDEX not_so_wide;
-- an invalid one replaces nothing
CREATE INDEX not_so_wide ON t (parent_id, a);
UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'not_so_wide'::regclass;
:found
UPDATE pg_index SET indisvalid = true WHERE indexrelid = 'not_so_wide'::regclass;
-- too small to matter
SET perfaudit.index_report_size = '1MB';
:found
SET client_min_messages = warning;
DROP SCHEMA duplicate_index CASCADE;
