-- what_if() measures an index by rows of the table: whose, with what rights, and what is left behind.
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS perfaudit;
RESET client_min_messages;
CREATE SCHEMA what_if_sample;
SET search_path = what_if_sample;
CREATE TABLE docs AS
SELECT i AS id, i % 40 AS kind, ARRAY['t' || i % 500, 'u' || i % 71] AS tags, 'Name ' || i AS name,
       int4range(i, i + 5) AS r, jsonb_build_object('n', i) AS j
FROM generate_series(1, 5000) i;
VACUUM ANALYZE docs;
CREATE FUNCTION say(n int) RETURNS int IMMUTABLE LANGUAGE plpgsql AS
$$ BEGIN RAISE NOTICE 'evaluated %', n; IF n = 4000 THEN RAISE EXCEPTION 'evaluated'; END IF; RETURN n; END $$;
CREATE FUNCTION erase() RETURNS void LANGUAGE sql AS 'DELETE FROM docs';
CREATE FUNCTION scribble(n int) RETURNS int IMMUTABLE LANGUAGE plpgsql AS
$$ BEGIN PERFORM erase(); RETURN n; END $$;
CREATE FUNCTION set_role() RETURNS void LANGUAGE plpgsql AS $$ BEGIN SET ROLE NONE; END $$;
CREATE FUNCTION become(n int) RETURNS int IMMUTABLE LANGUAGE plpgsql AS
$$ BEGIN PERFORM set_role(); RETURN n; END $$;

--
-- Evaluated
--
-- without statistics of the expression it would be taken to have 200 values
SELECT used, cost_after < 10 AS one_row FROM perfaudit.what_if('SELECT * FROM docs WHERE id * 2 + 1 = 7', ARRAY['CREATE INDEX ON docs ((id * 2 + 1))']);
-- what goes wrong there is told, and nothing but that
SELECT perfaudit.what_if('SELECT 1', ARRAY['CREATE INDEX ON docs (say(id))']);
-- the rows of a predicate are counted, as far as they can be
SELECT est_size < 40000 AS small FROM perfaudit.what_if('SELECT 1', ARRAY['CREATE INDEX ON docs (id) WHERE kind = 3 AND id % 40 = 3']);
-- not counted as use of the table
BEGIN;
SELECT est_size > 0 AS sized FROM perfaudit.what_if('SELECT 1', ARRAY['CREATE INDEX ON docs USING gin (tags)']);
SELECT pg_stat_get_xact_tuples_returned('docs'::regclass), pg_stat_get_xact_numscans('docs'::regclass);
COMMIT;
-- without statistics, and of a table without rows
CREATE TABLE fresh AS SELECT * FROM docs;
SELECT used, est_size AS supposed
FROM perfaudit.what_if('SELECT * FROM fresh WHERE tags @> ARRAY[''t7'']', ARRAY['CREATE INDEX ON fresh USING gin (tags)']) \gset
CREATE INDEX fresh_tags ON fresh USING gin (tags);
SELECT :'used' AS used, :supposed BETWEEN 0.7 * pg_relation_size('fresh_tags') AND 1.3 * pg_relation_size('fresh_tags') AS close;
DROP INDEX fresh_tags;
TRUNCATE fresh;
SELECT est_size > 0 AS sized FROM perfaudit.what_if('SELECT 1', ARRAY['CREATE INDEX ON fresh USING gin (tags)',
    'CREATE INDEX ON fresh USING gist (r)', 'CREATE INDEX ON fresh (lower(name)) WHERE kind = 3', 'CREATE INDEX ON fresh USING brin (id)']);
-- nulls, dropped and added columns, values stored out of line
ALTER TABLE fresh DROP COLUMN kind, ADD COLUMN late text[] DEFAULT '{a,b}', ADD COLUMN long text;
INSERT INTO fresh (id, tags, long) SELECT i, CASE WHEN i % 3 = 0 THEN ARRAY['x', NULL, 'x'] WHEN i % 3 = 1 THEN '{}' END,
    (SELECT string_agg(md5(i::text || k), ' ') FROM generate_series(1, 400) k) FROM generate_series(1, 300) i;
SELECT est_size > 0 AS sized FROM perfaudit.what_if('SELECT 1', ARRAY['CREATE INDEX ON fresh USING gin (tags, late)',
    'CREATE INDEX ON fresh USING gist (r)', 'CREATE INDEX ON fresh (md5(long))', 'CREATE INDEX ON fresh USING gin (to_tsvector(''simple'', long))']);
-- parameters of operator classes, and of the index
SELECT used FROM perfaudit.what_if('SELECT * FROM docs WHERE to_tsvector(''simple'', name) @@ ''x''',
    ARRAY['CREATE INDEX ON docs USING gist (to_tsvector(''simple'', name) tsvector_ops (siglen = 60))']);

--
-- Errors: those of CREATE INDEX, and nothing changed by them
--
SELECT perfaudit.what_if('SELECT 1', ARRAY['CREATE INDEX ON docs ((1 / (id - 7)))']);
SELECT perfaudit.what_if('SELECT 1', ARRAY['CREATE INDEX ON docs (scribble(id))']);
SELECT perfaudit.what_if('SELECT 1', ARRAY['CREATE INDEX ON docs (become(id))']);
SELECT count(*), current_setting('transaction_read_only') AS read_only FROM docs;
BEGIN;
SAVEPOINT before;
SELECT perfaudit.what_if('SELECT * FROM docs WHERE id = 5', ARRAY['CREATE INDEX ON docs (id)', 'CREATE INDEX ON docs ((1 / (id - 7)))']);
ROLLBACK TO before;
EXPLAIN (COSTS off) SELECT * FROM docs WHERE id = 5;
UPDATE docs SET kind = kind WHERE id = 5;
ROLLBACK;
SELECT perfaudit.what_if('SELECT 1', ARRAY['CREATE INDEX ON docs USING gist (to_tsvector(''simple'', name) tsvector_ops (siglen = 0))']);
SELECT perfaudit.what_if('SELECT 1', ARRAY['CREATE INDEX ON docs USING gist (to_tsvector(''simple'', name) tsvector_ops (length = 5))']);
SELECT perfaudit.what_if('SELECT 1', ARRAY['CREATE INDEX ON docs (id int4_ops (siglen = 5))']);
SELECT perfaudit.what_if('SELECT 1', ARRAY['CREATE INDEX ON docs USING brin (id) WITH (pages_per_range = 0)']);
SELECT perfaudit.what_if('SELECT 1', ARRAY['CREATE INDEX ON docs USING gin (id)']);
SELECT perfaudit.what_if('SELECT 1', ARRAY['CREATE INDEX ON docs USING gist (j)']);
SELECT perfaudit.what_if('SELECT 1', ARRAY['CREATE UNIQUE INDEX ON docs USING gist (r)']);
SELECT perfaudit.what_if('SELECT 1', ARRAY['CREATE INDEX ON docs USING gin (tags) INCLUDE (id)']);
SELECT perfaudit.what_if('SELECT 1', ARRAY['CREATE INDEX ON docs USING gin (tags DESC)']);
SELECT perfaudit.what_if('SELECT 1', ARRAY['ALTER TABLE docs ADD EXCLUDE USING gist (r WITH &&)']);
CREATE TABLE parts (id int, tags text[]) PARTITION BY RANGE (id);
CREATE TABLE parts1 PARTITION OF parts FOR VALUES FROM (0) TO (1000);
SELECT perfaudit.what_if('SELECT 1', ARRAY['CREATE INDEX CONCURRENTLY ON parts (id)']);
SELECT est_size > 0 AS sized FROM perfaudit.what_if('SELECT 1', ARRAY['CREATE INDEX CONCURRENTLY ON parts1 USING gin (tags)', 'CREATE INDEX ON parts USING gin (tags)']);

--
-- Row-level security: no sample, so that neither functions nor sizes tell of hidden rows
--
CREATE ROLE regress_wi_sampler;
GRANT USAGE ON SCHEMA perfaudit, what_if_sample TO regress_wi_sampler;
GRANT SELECT ON docs TO regress_wi_sampler;
SET ROLE regress_wi_sampler;
SELECT perfaudit.what_if('SELECT 1', ARRAY['CREATE INDEX ON docs (say(id))']);
RESET ROLE;
ALTER TABLE docs ENABLE ROW LEVEL SECURITY;
CREATE POLICY few ON docs USING (id < 10);
SET ROLE regress_wi_sampler;
SELECT est_size > 0 AS sized FROM perfaudit.what_if('SELECT 1', ARRAY['CREATE INDEX ON docs (say(id))', 'CREATE INDEX ON docs USING gin (tags)',
    'CREATE INDEX ON docs (id) WHERE say(id) = 1000']);
RESET ROLE;
REVOKE SELECT ON docs FROM regress_wi_sampler;
GRANT SELECT (id) ON docs TO regress_wi_sampler;
ALTER TABLE docs DISABLE ROW LEVEL SECURITY;
REVOKE EXECUTE ON FUNCTION say(int) FROM PUBLIC;
SET ROLE regress_wi_sampler;
SELECT perfaudit.what_if('SELECT 1', ARRAY['CREATE INDEX ON docs USING gin (tags)']);
SELECT perfaudit.what_if('SELECT 1', ARRAY['CREATE INDEX ON docs (say(id))']);
RESET ROLE;
REVOKE USAGE ON SCHEMA perfaudit FROM regress_wi_sampler;

--
-- Memory: nothing is kept, not after errors either
--
CREATE FUNCTION many(times int) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  FOR i IN 1..times LOOP
    PERFORM perfaudit.what_if('SELECT * FROM docs d JOIN docs e USING (id) WHERE d.tags @> ARRAY[''t7''] AND lower(e.name) = ''x''',
      ARRAY['CREATE INDEX ON docs USING gin (tags)', 'CREATE INDEX ON docs (lower(name)) WHERE kind = 3', 'CREATE INDEX ON docs USING gist (r)'],
      plan_text => true);
    BEGIN
      PERFORM perfaudit.what_if('SELECT * FROM docs WHERE id = 5', ARRAY['CREATE INDEX ON docs USING gin (tags)', 'CREATE INDEX ON docs ((1 / (id - 4999)))']);
    EXCEPTION WHEN division_by_zero THEN
    END;
  END LOOP;
END $$;
SELECT many(3);
SELECT sum(total_bytes) AS before FROM pg_backend_memory_contexts \gset
SELECT many(30);
SELECT sum(total_bytes) - :before < 200000 AS freed FROM pg_backend_memory_contexts;
SELECT count(*) FROM pg_backend_memory_contexts WHERE name IN ('perfaudit sample', 'perfaudit measuring', 'perfaudit statistics');

SET client_min_messages = warning;
DROP SCHEMA what_if_sample CASCADE;
DROP ROLE regress_wi_sampler;
