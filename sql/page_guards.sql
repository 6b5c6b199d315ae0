-- The conditions of unbounded_result, deep_offset, expensive_count and sort_without_index, one by one: by which key to page,
-- and what is one step away from another finding, or from none.
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS perfaudit;
RESET client_min_messages;
CREATE SCHEMA page_guards;
SET search_path = page_guards;
SET max_parallel_workers_per_gather = 0;
SET perfaudit.sample_budget = 1;
SET perfaudit.judge_calls = 2;
SET perfaudit.judge_time = 0;
SET perfaudit.unbounded_rows = 1500;
SET perfaudit.deep_offset_rows = 1000;
SET perfaudit.count_rows = 1500;
SET perfaudit.sort_rows = 1500;
CREATE TABLE asked (n int GENERATED ALWAYS AS IDENTITY, statement text);
\set run 'SELECT format(statement, i) FROM asked, generate_series(1, 2) i ORDER BY n, i \\gexec'
CREATE FUNCTION filled() RETURNS TABLE (a int, b int, c int, d int, t text) LANGUAGE sql AS
$$ SELECT i, i, i, i, 't' || i FROM generate_series(1, 2000) i $$;
CREATE TABLE plain (a int, b int NOT NULL, c int NOT NULL, d int NOT NULL, t text);
INSERT INTO plain SELECT * FROM filled();
-- unique, and no key to page by
CREATE UNIQUE INDEX plain_part ON plain (b) WHERE a > 0;
CREATE UNIQUE INDEX plain_expr ON plain ((c + 1));
CREATE UNIQUE INDEX plain_nulls ON plain (a);
CREATE INDEX plain_b ON plain (b);
CREATE UNIQUE INDEX plain_invalid ON plain (d);
UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'plain_invalid'::regclass;
CREATE TABLE keyed (a int, b int, c int NOT NULL UNIQUE, d int NOT NULL, t text, PRIMARY KEY (b, a) INCLUDE (d));
INSERT INTO keyed SELECT * FROM filled();
CREATE MATERIALIZED VIEW made AS SELECT * FROM filled();
CREATE UNIQUE INDEX made_t ON made (t);
CREATE TEMPORARY TABLE mine AS SELECT * FROM filled();
SELECT pg_stat_force_next_flush() \g /dev/null
VACUUM ANALYZE plain, keyed, made, mine;

--
-- unbounded_result
--
INSERT INTO asked (statement) VALUES
    ('SELECT * FROM plain WHERE a > -%s'),
    ('SELECT * FROM keyed WHERE a > -%s'),
    ('SELECT * FROM made WHERE a > -%s'),
    ('SELECT k.t, p.t FROM keyed k JOIN plain p USING (a) WHERE k.a > -%s'),
    ('SELECT * FROM mine WHERE a > -%s'),
    -- with a LIMIT that lies above
    ('SELECT t FROM plain LIMIT 10000 + %s');
\o /dev/null
\set ECHO none
SELECT perfaudit.reset();
:run
\set ECHO all
\o
SELECT relation, substring(summary FROM 'read from [^,]*|nothing.*$') AS summary, substring(suggestion FROM '^[^;]*') AS suggestion, query
FROM perfaudit.findings WHERE kind = 'unbounded_result' ORDER BY query COLLATE "C";
-- a tenth of the threshold is no cost
SELECT bool_and(impact_ms / (evidence->>'exec_ms')::float8 BETWEEN 0.9 AND 0.95) AS part FROM perfaudit.findings WHERE kind = 'unbounded_result' AND relation = 'made'::regclass;
-- three executions, of which two sent so many
SELECT t FROM plain LIMIT 1 + 0;
SET perfaudit.judge_calls = 3;
SELECT count(*) FROM perfaudit.findings WHERE kind = 'unbounded_result';
SET perfaudit.judge_calls = 2;

--
-- deep_offset
--
TRUNCATE asked;
INSERT INTO asked (statement) VALUES
    ('SELECT t FROM plain ORDER BY b DESC OFFSET 1000 + %s LIMIT 900'),
    ('SELECT t FROM plain ORDER BY b, c DESC OFFSET 1000 + %s LIMIT 10'),
    ('SELECT t FROM keyed ORDER BY b, a OFFSET 1000 + %s LIMIT 10'),
    ('SELECT t FROM keyed ORDER BY d OFFSET 1000 + %s LIMIT 10'),
    ('SELECT t FROM keyed ORDER BY b + 1, c OFFSET 1000 + %s LIMIT 10'),
    ('SELECT k.t, p.t FROM keyed k JOIN plain p USING (a) ORDER BY p.b, k.c OFFSET 1000 + %s LIMIT 10'),
    ('SELECT t FROM (SELECT t, b FROM keyed ORDER BY d OFFSET 0) x OFFSET 1000 + %s LIMIT 10'),
    ('SELECT t FROM mine ORDER BY a OFFSET 1000 + %s LIMIT 10');
SET enable_indexscan = off;
SET enable_indexonlyscan = off;
SET enable_bitmapscan = off;
\o /dev/null
\set ECHO none
SELECT perfaudit.reset();
:run
\set ECHO all
\o
SELECT relation, regexp_replace(suggestion, '^Page by key instead: remember the last row.s ', '') AS suggestion, query
FROM perfaudit.findings WHERE kind = 'deep_offset' ORDER BY query COLLATE "C";
SELECT round((impact_ms / (evidence->>'exec_ms')::float8)::numeric, 2) AS part FROM perfaudit.findings WHERE kind = 'deep_offset' AND query ~ 'plain ORDER BY b DESC';
SET perfaudit.judge_calls = 3;
SELECT count(*) FROM perfaudit.findings WHERE kind = 'deep_offset';
SET perfaudit.judge_calls = 2;

--
-- expensive_count
--
CREATE TABLE parts (id int, a int) PARTITION BY HASH (id);
CREATE TABLE parts0 PARTITION OF parts FOR VALUES WITH (MODULUS 2, REMAINDER 0);
CREATE TABLE parts1 PARTITION OF parts FOR VALUES WITH (MODULUS 2, REMAINDER 1);
INSERT INTO parts SELECT a, b FROM filled();
CREATE TABLE above (a int);
CREATE TABLE below () INHERITS (above);
INSERT INTO below SELECT a FROM filled();
CREATE TABLE unknown AS SELECT * FROM filled();
CREATE TABLE one_of AS SELECT 5 AS a;
SELECT pg_stat_force_next_flush() \g /dev/null
ANALYZE parts, above, below, one_of;
TRUNCATE asked;
INSERT INTO asked (statement) VALUES
    ('SELECT count(*) FROM plain'),
    ('SELECT count(*) FROM parts'),
    ('SELECT count(*) FROM above'),
    ('SELECT count(*) FROM unknown'),
    ('SELECT count(*) FROM plain WHERE a > 5'),
    ('SELECT count(DISTINCT t) FROM plain'),
    -- few are counted; what is asked for is no number
    ('SELECT count(*) FROM plain WHERE a < 5'),
    ('SELECT count(*) FROM plain JOIN one_of USING (a)'),
    ('SELECT max(d) + %s FROM plain');
\o /dev/null
\set ECHO none
SELECT perfaudit.reset();
:run
\set ECHO all
\o
SELECT relation, substring(summary FROM 'Goes through [0-9,]+ rows') || substring(summary FROM ' to count.*$') AS summary, regexp_replace(suggestion, ' ?Where more than.*', '') AS suggestion, query
FROM perfaudit.findings WHERE kind = 'expensive_count' ORDER BY query COLLATE "C";
SET perfaudit.scan_kept_share = 1;
SELECT count(*) FROM perfaudit.findings WHERE kind = 'expensive_count';
RESET perfaudit.scan_kept_share;

--
-- sort_without_index
--
CREATE TABLE nowhere AS SELECT * FROM filled();
TRUNCATE asked;
INSERT INTO asked (statement) VALUES
    -- as the index has to have it
    ('SELECT t FROM keyed WHERE c > -%s ORDER BY d, a, c LIMIT 100'),
    ('SELECT t FROM keyed ORDER BY d DESC, a DESC NULLS LAST LIMIT %s'),
    ('SELECT t FROM keyed WHERE c < 10000 AND d > %s ORDER BY d LIMIT 2'),
    ('SELECT t FROM plain WHERE c IN (1, %s, 3) OR t > '''' ORDER BY d LIMIT 2'),
    ('SELECT t FROM keyed WHERE length(t) > 0 ORDER BY d, length(t) LIMIT %s'),
    ('SELECT k.t FROM keyed k JOIN one_of o ON k.a > o.a - %s ORDER BY k.d LIMIT 2'),
    -- no statistics; most of it is wanted; sorted for something else
    ('SELECT t FROM nowhere ORDER BY d LIMIT %s'),
    ('SELECT t FROM keyed ORDER BY d LIMIT 1000 + %s'),
    ('SELECT count(*) FROM (SELECT t FROM keyed ORDER BY d, c OFFSET 0) x LIMIT %s');
\o /dev/null
\set ECHO none
SELECT perfaudit.reset();
:run
\set ECHO all
\o
\set sorted 'SELECT relation, regexp_replace(suggestion, '' --.*'', '''') AS suggestion, query FROM perfaudit.findings WHERE kind = ''sort_without_index'' ORDER BY query COLLATE "C";'
:sorted
SELECT round((impact_ms / (evidence->>'exec_ms')::float8)::numeric, 2) AS part FROM perfaudit.findings WHERE kind = 'sort_without_index' AND query ~ 'd, a, c';
-- with such an index, read either way, nothing is said; not with others
CREATE INDEX keyed_part ON keyed (d) WHERE c < 0;
CREATE INDEX keyed_invalid ON keyed (d);
UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'keyed_invalid'::regclass;
SELECT query FROM perfaudit.findings WHERE kind = 'sort_without_index' AND relation = 'keyed'::regclass ORDER BY query COLLATE "C";
CREATE INDEX keyed_other ON keyed (d DESC, a DESC);
SELECT query FROM perfaudit.findings WHERE kind = 'sort_without_index' AND relation = 'keyed'::regclass ORDER BY query COLLATE "C";
CREATE INDEX keyed_back ON keyed (d, a NULLS FIRST);
SELECT query FROM perfaudit.findings WHERE kind = 'sort_without_index' AND relation = 'keyed'::regclass ORDER BY query COLLATE "C";
SET client_min_messages = warning;
DROP SCHEMA page_guards CASCADE;
