-- slow_statement says where the time went: one statement for each variant.
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS perfaudit;
RESET client_min_messages;
CREATE SCHEMA slow_statement_variants;
SET search_path = slow_statement_variants;
CREATE TABLE small AS SELECT i AS id, i % 7 AS k, 'n' || i AS note FROM generate_series(1, 12000) i;
CREATE INDEX ON small (id);
-- more than a ring of buffers: read from outside each time
CREATE TABLE wide (id int, note text) WITH (fillfactor = 10);
ALTER TABLE wide ALTER COLUMN note SET STORAGE PLAIN;
INSERT INTO wide SELECT i, repeat('x', 5000) FROM generate_series(1, 5000) i;
VACUUM FULL wide;
CREATE TABLE none (a int, b int);
ANALYZE small, wide;
CREATE FUNCTION counts() RETURNS bigint LANGUAGE plpgsql AS
$$ BEGIN PERFORM pg_sleep(0.02) FROM small WHERE id = 2; RETURN 1; END $$;
SET max_parallel_workers_per_gather = 0;
SET perfaudit.sample_budget = 1;
SET perfaudit.large_table_rows = 1000000;
SET perfaudit.slow_statement_calls = 5;
SET perfaudit.slow_statement = '1ms';
CREATE FUNCTION told() RETURNS TABLE (variant text, relation regclass, said text, query text) LANGUAGE sql AS $$
    SELECT f.evidence->>'variant', f.relation, regexp_replace(regexp_replace(f.suggestion, '[0-9][0-9,.]*', 'N', 'g'), ', N blocks looked at', ''), left(f.query, 70)
    FROM perfaudit.findings f WHERE f.kind = 'slow_statement' AND f.query !~ 'perfaudit|FROM told' $$;
\set five 'FROM generate_series(1, 5) \\gexec'
\x on
-- planning, of many joins of nothing
SET join_collapse_limit = 12;
\o /dev/null
SELECT perfaudit.reset();
SELECT 'SELECT count(*), pg_sleep(0.002) FROM none a JOIN none b USING (a) JOIN none c USING (a) JOIN none d USING (a) JOIN none e USING (a) JOIN none f USING (a) JOIN none g USING (a) JOIN none h USING (a) JOIN none i USING (a)' :five
\o
SELECT * FROM told();
-- inside of a function
\o /dev/null
SELECT perfaudit.reset();
SELECT 'SELECT counts()' :five
\o
SELECT * FROM told();
-- reading
\o /dev/null
SELECT perfaudit.reset();
SELECT 'SELECT count(*), pg_sleep(0.02) FROM wide WHERE id > 0' :five
\o
SELECT * FROM told();
-- spilling
SET work_mem = '64kB';
\o /dev/null
SELECT perfaudit.reset();
SELECT 'SELECT count(*), pg_sleep(0.02) FROM (SELECT note FROM small ORDER BY note OFFSET 0) x' :five
\o
SELECT * FROM told();
RESET work_mem;
-- sorting; the same without
\o /dev/null
SELECT perfaudit.reset();
SELECT 'SELECT count(*), pg_sleep(0.02) FROM (SELECT id FROM small ORDER BY k, note OFFSET 0) x' :five
\o
SELECT * FROM told();
-- joining
\o /dev/null
SELECT perfaudit.reset();
SELECT 'SELECT count(*), pg_sleep(0.02) FROM small a JOIN small b USING (id)' :five
\o
SELECT * FROM told();
-- sending, and writing
\o /dev/null
SELECT perfaudit.reset();
SELECT 'SELECT note, CASE WHEN id = 1 THEN pg_sleep(0.02) END FROM small WHERE id <= 2000' :five
SELECT 'INSERT INTO none SELECT id, CASE WHEN id = 1 AND pg_sleep(0.02) IS NULL THEN 1 END FROM small WHERE id <= 2000' :five
\o
SELECT * FROM told() ORDER BY query;
-- scanning
SET perfaudit.large_table_rows = 12000;
\o /dev/null
SELECT perfaudit.reset();
SELECT 'SELECT count(*), pg_sleep(0.02) FROM small WHERE k + 0 = 3' :five
\o
SELECT * FROM told();
-- looking at many blocks, by an index
\o /dev/null
SELECT perfaudit.reset();
SET enable_hashjoin = off;
SET enable_mergejoin = off;
SELECT 'SELECT count(*), pg_sleep(0.02) FROM generate_series(1, 6000) g WHERE EXISTS (SELECT FROM small s WHERE s.id = g AND s.k >= 0 OFFSET 0)' :five
\o
SELECT * FROM told();
-- waiting
\o /dev/null
SELECT perfaudit.reset();
SELECT 'SELECT pg_sleep(0.02) FROM small WHERE id = 1' :five
\o
SELECT * FROM told();
-- one execution less is silent
\o /dev/null
SELECT perfaudit.reset();
SELECT 'SELECT pg_sleep(0.02) FROM small WHERE id = 1' FROM generate_series(1, 4) \gexec
\o
SELECT count(*) FROM told();
\x off
SET client_min_messages = warning;
DROP SCHEMA slow_statement_variants CASCADE;
