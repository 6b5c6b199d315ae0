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
-- of 9 bytes on average nearly all, which ANALYZE tells as 8: one more than there is room for beside the header
CREATE TABLE amounts (id int, amount numeric, pad text);
INSERT INTO amounts SELECT i, (10000 + i * 1.37)::numeric(12, 2), 'x' FROM generate_series(1, 40000) i;
INSERT INTO amounts SELECT i, i % 90, 'x' FROM generate_series(1, 800) i;
VACUUM ANALYZE amounts;
CREATE INDEX amounts_amount ON amounts (amount);
SELECT avg_width FROM pg_stats WHERE tablename = 'amounts' AND attname = 'amount' AND schemaname = 'suggest_sizes';
SELECT est_size BETWEEN 0.9 * pg_relation_size('amounts_amount') AND 1.1 * pg_relation_size('amounts_amount') AS about_right
FROM perfaudit.what_if('SELECT id FROM amounts WHERE amount = 12000', ARRAY['CREATE INDEX ON amounts (amount)']);
SET client_min_messages = warning;
DROP SCHEMA suggest_sizes CASCADE;
