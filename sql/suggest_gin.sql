-- suggest_indexes(): GIN for what is inside jsonb, arrays and tsvector.
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS perfaudit;
RESET client_min_messages;
CREATE SCHEMA suggest_gin;
SET search_path = suggest_gin;
SET max_parallel_workers_per_gather = 0;
CREATE TABLE docs (id int PRIMARY KEY, data jsonb, meta jsonb, tags text[], nums int[], body text, words tsvector, filler text);
INSERT INTO docs SELECT i, jsonb_build_object('k', i, 'n', i % 7), jsonb_build_object('k' || i, i), ARRAY['t' || i % 500, 'u' || i % 3], ARRAY[i, i + 1],
    'word' || i || ' and others', to_tsvector('simple', 'word' || i || ' and others'), repeat('x', 100) FROM generate_series(1, 10000) i;
VACUUM ANALYZE docs;
\set advice 'SELECT ddl, est_size > 0 AS sized, cost_after < cost_before / 2 AS cheaper, n_queries, verified FROM perfaudit.suggest_indexes(max_ms => 60000) WHERE action = ''create'' ORDER BY ddl;'

-- each operator by the class that serves it; two operators by one that serves both
SELECT perfaudit.reset() >= 0 AS reset;
\o /dev/null
SELECT * FROM docs WHERE data @> '{"k": 5}';
SELECT * FROM docs WHERE data @> '{"k": 6}';
SELECT * FROM docs WHERE meta ? 'k5';
SELECT * FROM docs WHERE meta ? 'k6';
SELECT * FROM docs WHERE meta @> '{"k7": 7}';
SELECT * FROM docs WHERE meta @> '{"k8": 8}';
SELECT * FROM docs WHERE tags @> '{t5}';
SELECT * FROM docs WHERE tags @> '{t6}';
SELECT * FROM docs WHERE nums && '{7}';
SELECT * FROM docs WHERE nums && '{8}';
SELECT id FROM docs WHERE '{8}' && nums;
SELECT id FROM docs WHERE '{9}' && nums;
SELECT * FROM docs WHERE words @@ 'word77';
SELECT * FROM docs WHERE words @@ 'word78';
SELECT * FROM docs WHERE to_tsvector('simple', body) @@ to_tsquery('simple', 'word77');
SELECT * FROM docs WHERE to_tsvector('simple', body) @@ to_tsquery('simple', 'word78');
\o
:advice
-- what_if says the same
SELECT w.cost_after < w.cost_before / 2 AS what_if, cardinality(w.used) AS used
FROM perfaudit.suggest_indexes(max_ms => 60000) s,
  LATERAL perfaudit.what_if('SELECT * FROM docs WHERE data @> ''{"k": 7}''', ARRAY[s.ddl]) w
WHERE s.action = 'create' AND s.columns = ARRAY['data jsonb_path_ops'];
-- no literal is in it
SELECT count(*) FROM perfaudit.suggest_indexes(max_ms => 60000) s WHERE s::text ~ 'word7|k5|t5';
-- built: nothing more to advise, and the planner uses them
SELECT replace(ddl, 'CONCURRENTLY ', '') FROM perfaudit.suggest_indexes(max_ms => 60000) WHERE action = 'create' ORDER BY 1 \gexec
ANALYZE docs;
:advice
EXPLAIN (COSTS OFF) SELECT * FROM docs WHERE data @> '{"k": 5}';

-- the size of an index on arrays is known from their statistics, within 30 percent
CREATE TABLE arrays (common text[], two int[], unique_one uuid[], few int[], many text[]);
INSERT INTO arrays SELECT ARRAY['t' || i % 500, 'u' || i % 3], ARRAY[i, i + 1], ARRAY[md5(i::text)::uuid], ARRAY[i % 10, i % 7 + 10],
    (SELECT array_agg('tag' || (i * j * 7919) % 2000) FROM generate_series(1, i % 9) j) FROM generate_series(1, 10000) i;
VACUUM ANALYZE arrays;
CREATE TABLE predicted AS SELECT attname, est_size FROM pg_attribute,
    LATERAL perfaudit.what_if('SELECT 1', ARRAY[format('CREATE INDEX ON arrays USING gin (%I)', attname)])
WHERE attrelid = 'arrays'::regclass AND attnum > 0;
SELECT format('CREATE INDEX %I ON arrays USING gin (%I)', 'gin_' || attname, attname) FROM predicted ORDER BY 1 \gexec
SELECT attname, est_size BETWEEN 0.7 * real AND 1.3 * real AS within FROM predicted, LATERAL (SELECT pg_relation_size('gin_' || attname) AS real) r ORDER BY 1;

-- parameters: with recorded values
DROP INDEX docs_data_idx;
SELECT perfaudit.reset() >= 0 AS reset;
PREPARE by_data (jsonb) AS SELECT * FROM docs WHERE data @> $1;
\o /dev/null
EXECUTE by_data ('{"k": 5}');
EXECUTE by_data ('{"k": 6}');
\o
:advice

-- another class on the column serves as well
CREATE INDEX docs_data_all ON docs USING gin (data);
:advice
DROP INDEX docs_data_all;

-- not for what keeps most rows, nor where the operator is none of GIN's
SELECT perfaudit.reset() >= 0 AS reset;
\o /dev/null
SELECT count(*) FROM docs WHERE data ? 'k';
SELECT count(*) FROM docs WHERE data ? 'n';
SELECT * FROM docs WHERE tags = '{t5}';
SELECT * FROM docs WHERE tags = '{t6}';
SELECT * FROM docs WHERE data -> 'k' = '5';
SELECT * FROM docs WHERE data -> 'k' = '6';
SELECT * FROM docs WHERE 'nobody' = ANY (tags);
SELECT * FROM docs WHERE 'no one' = ANY (tags);
\o
SELECT method, columns FROM perfaudit.suggest_indexes(max_ms => 60000) WHERE action = 'create' ORDER BY 2;

-- a literal is shown only to who may read the column, besides acting as the role that ran the statement
SELECT perfaudit.reset() >= 0 AS reset;
DROP INDEX docs_to_tsvector_idx;
CREATE ROLE regress_gin_app;
GRANT USAGE ON SCHEMA perfaudit, suggest_gin TO regress_gin_app;
GRANT SELECT ON docs TO regress_gin_app;
SET ROLE regress_gin_app;
\o /dev/null
SELECT id FROM docs WHERE to_tsvector('simple', body) @@ to_tsquery('simple', 'word77');
SELECT id FROM docs WHERE to_tsvector('simple', body) @@ to_tsquery('simple', 'word78');
\o
SELECT columns FROM perfaudit.suggest_indexes(max_ms => 60000) WHERE action = 'create';
RESET ROLE;
REVOKE SELECT ON docs FROM regress_gin_app;
GRANT SELECT (id, tags) ON docs TO regress_gin_app;
SET ROLE regress_gin_app;
SELECT columns FROM perfaudit.suggest_indexes(max_ms => 60000) WHERE action = 'create';
RESET ROLE;
SET client_min_messages = warning;
DROP SCHEMA suggest_gin CASCADE;
REVOKE USAGE ON SCHEMA perfaudit FROM regress_gin_app;
DROP ROLE regress_gin_app;
