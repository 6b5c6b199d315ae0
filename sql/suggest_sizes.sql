-- How large an advised index is told to be, and how small a table gets none.
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS perfaudit;
RESET client_min_messages;
CREATE SCHEMA suggest_sizes;
SET search_path = suggest_sizes;
SET max_parallel_workers_per_gather = 0;
-- 40 rows of each pair that there is, where there could be a pair for every row
CREATE TABLE lines (part int NOT NULL, supplier int NOT NULL, note text NOT NULL);
INSERT INTO lines SELECT i % 250, (i % 250) * 3 + (i / 250) % 4, repeat('x', 40) FROM generate_series(1, 40000) i;
VACUUM ANALYZE lines;
CREATE TABLE advised AS SELECT columns, est_size FROM perfaudit.suggest_indexes_for('SELECT count(note) FROM lines WHERE part = 7 AND supplier = 22', max_ms => 60000) WHERE action = 'create';
CREATE INDEX lines_part_supplier ON lines (part, supplier);
CREATE INDEX lines_supplier ON lines (supplier);
SELECT columns, est_size BETWEEN 0.7 * size AND 1.3 * size AS about_right
FROM advised, LATERAL (SELECT pg_relation_size('lines_part_supplier') AS size WHERE cardinality(columns) = 2 UNION ALL SELECT pg_relation_size('lines_supplier') WHERE cardinality(columns) = 1) s;
-- narrow rows are many in few pages; few are read in no time
CREATE TABLE narrow (id int, kind int);
INSERT INTO narrow SELECT i, i * 7 FROM generate_series(1, 10000) i;
CREATE TABLE few (id int, kind int);
INSERT INTO few SELECT i, i * 7 FROM generate_series(1, 4000) i;
VACUUM ANALYZE narrow, few;
SELECT pg_relation_size('narrow') < 1024 * 1024 AS small, columns FROM perfaudit.suggest_indexes_for('SELECT id FROM narrow WHERE kind = 77', max_ms => 60000) WHERE action = 'create';
SELECT count(*) FILTER (WHERE action = 'create') AS advised FROM perfaudit.suggest_indexes_for('SELECT id FROM few WHERE kind = 77', max_ms => 60000);
SET client_min_messages = warning;
DROP SCHEMA suggest_sizes CASCADE;
