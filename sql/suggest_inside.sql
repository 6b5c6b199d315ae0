-- suggest_indexes_for(): ranges, lists of literals, casts of an expression, members of arrays, partitions.
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS perfaudit;
RESET client_min_messages;
CREATE SCHEMA suggest_inside;
SET search_path = suggest_inside;
SET max_parallel_workers_per_gather = 0;
CREATE TABLE stays (id int PRIMARY KEY, during int4range, state text, at timestamp, doc jsonb, tags text[], filler text);
INSERT INTO stays SELECT i, int4range(i, i + 5), CASE WHEN i % 200 = 0 THEN 'new' WHEN i % 200 = 1 THEN 'late' ELSE 'done' END,
  timestamp '2026-01-01' + i * interval '1 minute', jsonb_build_object('n', i), ARRAY['t' || i % 400, 'u' || i % 300], repeat('x', 100)
FROM generate_series(1, 20000) i;
CREATE TABLE parts (id int, word text, filler text) PARTITION BY RANGE (id);
CREATE TABLE parts_1 PARTITION OF parts FOR VALUES FROM (0) TO (10000);
CREATE TABLE parts_2 PARTITION OF parts FOR VALUES FROM (10000) TO (30000);
INSERT INTO parts SELECT i, md5(i::text), repeat('x', 100) FROM generate_series(1, 20000) i;
VACUUM ANALYZE stays, parts;
\set for 'SELECT action, method, columns, predicate, cost_after < cost_before / 2 AS cheaper, warnings FROM perfaudit.suggest_indexes_for'
:for('SELECT * FROM stays WHERE during && int4range(5, 6)');
:for('SELECT * FROM stays WHERE 77 <@ during');
:for('SELECT * FROM stays WHERE state IN (''new'', ''late'') ORDER BY at LIMIT 10');
:for('SELECT * FROM stays WHERE (doc ->> ''n'')::int = 5');
:for('SELECT * FROM parts WHERE word = ''x''');
-- a list with what most rows have; a column's own text
SELECT columns FROM perfaudit.suggest_indexes_for('SELECT * FROM stays WHERE state IN (''new'', ''done'')') WHERE action = 'create';
SELECT columns FROM perfaudit.suggest_indexes_for('SELECT * FROM stays WHERE id::text = ''5''') WHERE action = 'create';
-- a value in an array, with a GIN index and without
:for('SELECT * FROM stays WHERE ''t5'' = ANY (tags)');
CREATE INDEX ON stays USING gin (tags);
SELECT ddl FROM perfaudit.suggest_indexes_for('SELECT * FROM stays WHERE $1 = ANY (tags)') WHERE action = 'note';
SET client_min_messages = warning;
DROP SCHEMA suggest_inside CASCADE;
