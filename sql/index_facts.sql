-- index_facts: what indexes are there for, which others do the same, their use.
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS perfaudit;
RESET client_min_messages;
CREATE SCHEMA index_facts;
SET search_path = index_facts;
CREATE TABLE parents (id int PRIMARY KEY, code text UNIQUE, a int, b int, c text, d jsonb);
CREATE TABLE children (id int PRIMARY KEY, parent_id int REFERENCES parents, code text, other int REFERENCES parents DEFERRABLE);
INSERT INTO parents SELECT i, 'c' || i, i % 10, i % 7, 'n' || i FROM generate_series(1, 1000) i;
INSERT INTO children SELECT i, i, 'c' || i, i FROM generate_series(1, 1000) i;

-- roles
CREATE UNIQUE INDEX parents_ab ON parents (id, a);
ALTER TABLE parents ALTER COLUMN code SET NOT NULL;
ALTER TABLE parents REPLICA IDENTITY USING INDEX parents_code_key;
CREATE INDEX children_parent ON children (parent_id, code);
CREATE INDEX children_part ON children (other) WHERE other IS NOT NULL;
CLUSTER children USING children_parent;
SELECT relation, index, is_unique AS uniq, constraint_name, replica_identity AS identity, referenced, clustered, foreign_keys, columns
FROM perfaudit.index_facts WHERE relation IN ('parents'::regclass, 'children'::regclass) ORDER BY index::text COLLATE "C";

-- coverage: what is the same, and what is not
CREATE TABLE t (a int, b int, c text, d text COLLATE "C", e int[], f int4range);
INSERT INTO t SELECT i, i % 10, i, i, ARRAY[i], int4range(i, i + 1) FROM generate_series(1, 1000) i;
CREATE INDEX a1 ON t (a);
CREATE INDEX a2 ON t (a DESC);
CREATE INDEX a3 ON t (a NULLS FIRST);
CREATE INDEX a4 ON t USING hash (a);
CREATE INDEX a5 ON t (a) WHERE b = 3;
CREATE INDEX a6 ON t (a)  WHERE  (b = 3);
CREATE INDEX a7 ON t (a) WHERE b = 4;
CREATE UNIQUE INDEX a8 ON t (a);
CREATE UNIQUE INDEX a9 ON t (a) NULLS NOT DISTINCT;
CREATE INDEX b1 ON t (b);
CREATE INDEX b2 ON t (b, a);
CREATE INDEX b3 ON t (b, a DESC);
CREATE INDEX b4 ON t (b DESC, a DESC);
CREATE UNIQUE INDEX b5 ON t (b, a, c);
CREATE INDEX b6 ON t (b) INCLUDE (c);
CREATE INDEX b7 ON t (b) INCLUDE (d);
CREATE INDEX c1 ON t (c);
CREATE INDEX c2 ON t (c text_pattern_ops);
CREATE INDEX c3 ON t (c COLLATE "C", a);
CREATE INDEX c4 ON t (lower(c));
CREATE INDEX c5 ON t (lower(c), upper(c));
CREATE INDEX c6 ON t (upper(c), lower(c));
CREATE INDEX c7 ON t (a, lower(c));
CREATE INDEX e1 ON t USING gin (e);
CREATE INDEX e2 ON t USING gin (e) WITH (fastupdate = off);
CREATE INDEX e3 ON t USING gin (e);
CREATE INDEX f1 ON t USING brin (b) WITH (pages_per_range = 1);
CREATE INDEX f2 ON t USING brin (b);
CREATE INDEX g1 ON t USING gist (f);
SELECT index, columns, covered_by, coverage FROM perfaudit.index_facts WHERE relation = 't'::regclass ORDER BY index::text COLLATE "C";

-- of partitioned tables: one row; an index of one partition alone is its own
CREATE TABLE p (id int, a int) PARTITION BY RANGE (id);
CREATE TABLE p1 PARTITION OF p FOR VALUES FROM (0) TO (1000);
CREATE TABLE p2 (a int, gone int, id int);
ALTER TABLE p2 DROP COLUMN gone;
ALTER TABLE p ATTACH PARTITION p2 FOR VALUES FROM (1000) TO (3000) ;
CREATE INDEX p_a ON p (a);
INSERT INTO p SELECT i, i FROM generate_series(1, 2999) i;
VACUUM ANALYZE p;
SET enable_seqscan = off;
SELECT count(*) FROM p WHERE a = 5;
SELECT count(*) FROM p WHERE a = 1005 AND id = 1005;
RESET enable_seqscan;
CREATE INDEX p2_only ON p2 (a);
SELECT pg_stat_force_next_flush() \g /dev/null
SELECT index, partitions, usable, table_rows, scans, rows_read, writes, covered_by, size = (SELECT sum(pg_relation_size(x.oid)) FROM pg_class x WHERE relname ~ '^p[12]_a_idx') AS size
FROM perfaudit.index_facts WHERE relation IN ('p'::regclass, 'p2'::regclass) ORDER BY index::text COLLATE "C";
SELECT counted_since <= now() AS counted, writes_per_day > 0 AS a_day FROM perfaudit.index_facts WHERE index = 'p_a'::regclass;

-- writes: HOT updates write to no index
CREATE TABLE h (id int PRIMARY KEY, n int, filler text) WITH (fillfactor = 40);
INSERT INTO h SELECT i, i, 'x' FROM generate_series(1, 100) i;
UPDATE h SET n = n + 1 WHERE id <= 50;
UPDATE h SET id = id + 1000 WHERE id <= 10;
DELETE FROM h WHERE id > 1000;
SELECT pg_stat_force_next_flush() \g /dev/null
SELECT writes FROM perfaudit.index_facts WHERE index = 'h_pkey'::regclass;

-- how old an index is at least: what ANALYZE found later
CREATE INDEX h_new ON h (n);
SELECT index, known_since IS NOT NULL AS known FROM perfaudit.index_facts WHERE relation = 'h'::regclass AND index = 'h_new'::regclass;
ANALYZE h;
SELECT pg_stat_force_next_flush() \g /dev/null
SELECT known_since = (SELECT last_analyze FROM pg_stat_all_tables WHERE relid = 'h'::regclass) AS known_since_then
FROM perfaudit.index_facts WHERE index = 'h_new'::regclass;

-- no lock is taken or waited for
BEGIN;
SELECT count(*) > 10 AS many FROM (SELECT index, size, writes, covered_by, coverage, known_since FROM perfaudit.index_facts OFFSET 0) f;
SELECT count(*) AS locks FROM pg_locks l WHERE l.pid = pg_backend_pid() AND l.relation IN ('t'::regclass, 'a5'::regclass, 'c4'::regclass);
COMMIT;
-- catalogs and temporary tables are not in it
CREATE TEMPORARY TABLE temporary_one (id int PRIMARY KEY);
SELECT count(*) FROM perfaudit.index_facts WHERE relation IN ('pg_class'::regclass, 'temporary_one'::regclass);
SET client_min_messages = warning;
DROP SCHEMA index_facts CASCADE;
