-- row_misestimate: what it suggests is run as it is written, and the same statements say no more. Partitions and
-- tables that inherit are one table; a materialized view is called so.
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS perfaudit;
RESET client_min_messages;
CREATE SCHEMA row_misestimate_repaired;
SET search_path = row_misestimate_repaired;
CREATE DOMAIN "Zip Code" AS int CHECK (VALUE >= 0);
CREATE TABLE plain (gone text, id int, city int, "Zip; --" "Zip Code");
ALTER TABLE plain DROP COLUMN gone;
INSERT INTO plain SELECT i, i % 20, (i % 20) * 10 FROM generate_series(1, 4000) i;
CREATE INDEX ON plain (city, "Zip; --");
CREATE TABLE other AS SELECT i AS id, 'o' || i AS note FROM generate_series(1, 4000) i;
CREATE TABLE parts (id int, city int, "Zip; --" int) PARTITION BY RANGE (id);
CREATE TABLE parts_1 PARTITION OF parts FOR VALUES FROM (0) TO (2000);
CREATE TABLE parts_2 ("Zip; --" int, gone int, city int, id int);
ALTER TABLE parts_2 DROP COLUMN gone;
ALTER TABLE parts ATTACH PARTITION parts_2 FOR VALUES FROM (2000) TO (5000);
INSERT INTO parts SELECT id, city, "Zip; --" FROM plain;
CREATE TABLE heir (id int, city int, "Zip; --" int);
CREATE TABLE heir_1 () INHERITS (heir);
CREATE TABLE heir_2 (more text) INHERITS (heir);
INSERT INTO heir_1 SELECT id, city, "Zip; --" FROM plain WHERE id <= 2000;
INSERT INTO heir_2 SELECT id, city, "Zip; --" FROM plain WHERE id > 2000;
CREATE MATERIALIZED VIEW view AS SELECT id, city, "Zip; --" FROM plain;
CREATE TABLE named AS SELECT i AS id, 'Name ' || i % 20 AS "the name" FROM generate_series(1, 4000) i;
-- 400 rows of one value, which a single most common value does not tell of
CREATE TABLE skewed AS SELECT i AS id, CASE WHEN i <= 1600 THEN 1 WHEN i <= 2000 THEN 2 ELSE i END AS k FROM generate_series(1, 4000) i;
ALTER TABLE skewed ALTER COLUMN k SET STATISTICS 1;
CREATE TABLE known AS SELECT i AS id, i % 20 AS a, i % 20 AS b FROM generate_series(1, 4000) i;
CREATE STATISTICS few (mcv) ON a, b FROM known;
ALTER STATISTICS few SET STATISTICS 1;
CREATE TABLE grown AS SELECT i AS id, i AS k FROM generate_series(1, 4000) i;
CREATE TABLE spread (id int, a int, b int, pad text) PARTITION BY RANGE (id);
CREATE TABLE spread_1 PARTITION OF spread DEFAULT;
INSERT INTO spread SELECT i, i % 90, i / 90 % 90, repeat('x', 30) FROM generate_series(1, 8000) i;
SELECT pg_stat_force_next_flush() \g /dev/null
ANALYZE plain, other, parts, heir, heir_1, heir_2, view, named, skewed, known, grown, spread;
INSERT INTO grown SELECT i, 1 FROM generate_series(4001, 4300) i;
SELECT pg_stat_force_next_flush() \g /dev/null
SET search_path = pg_catalog;
SET max_parallel_workers_per_gather = 0;
SET enable_nestloop = off;
SET enable_mergejoin = off;
SET enable_sort = off;
SET work_mem = '64kB';
SET perfaudit.sample_budget = 1;
SET perfaudit.judge_time = 0;
SET perfaudit.judge_calls = 2;
SET perfaudit.misestimate_rows = 150;
SET perfaudit.misestimate_factor = 10;
CREATE FUNCTION row_misestimate_repaired.inside(which int) RETURNS bigint LANGUAGE plpgsql AS
$$ BEGIN RETURN (SELECT count(*) FROM row_misestimate_repaired.view JOIN row_misestimate_repaired.other USING (id) WHERE city = 3 AND "Zip; --" = 30 AND id > 0); END $$;
CREATE TABLE row_misestimate_repaired.work AS
SELECT ord, format(replace(statement, '@', 'row_misestimate_repaired.'), i) AS statement FROM (VALUES
    (1, 'SELECT count(*) FROM @plain JOIN @other USING (id) WHERE city = %1$s AND "Zip; --" = %1$s * 10'),
    (2, 'SELECT count(*) FROM @parts JOIN @other USING (id) WHERE city = %1$s AND "Zip; --" = %1$s * 10'),
    (3, 'SELECT count(*) FROM @heir JOIN @other USING (id) WHERE city = %1$s AND "Zip; --" = %1$s * 10'),
    (4, 'SELECT count(*) FROM @view JOIN @other USING (id) WHERE city = %1$s AND "Zip; --" = %1$s * 10'),
    (5, 'SELECT @inside(%s)'),
    (6, 'SELECT count(*) FROM @named n JOIN @other o USING (id) WHERE upper(n."the name") = ''NAME %s'''),
    (7, 'SELECT count(*) FROM @skewed JOIN @other USING (id) WHERE k = 2 AND note <> ''%s'''),
    (8, 'SELECT count(*) FROM @known JOIN @other USING (id) WHERE a = %1$s AND b = %1$s'),
    (9, 'SELECT count(*) FROM @grown JOIN @other o USING (id) WHERE k = 1 AND note <> ''%s'''),
    (10, 'SELECT a, b, count(*) FROM @spread WHERE a <> -%s GROUP BY a, b')) w (ord, statement), generate_series(1, 2) i
ORDER BY ord;
\set run 'SELECT statement FROM row_misestimate_repaired.work \\gexec'
\set found 'SELECT relation, evidence->>''node'' AS node, evidence->>''variant'' AS variant, evidence->>''rows_actual'' AS actual, regexp_replace(suggestion, ''_[0-9]{4,}'', ''_OID'', ''g'') AS suggestion FROM perfaudit.findings WHERE kind = ''row_misestimate'' ORDER BY 1, 2, query COLLATE "C";'
\set ECHO none
\o /dev/null
SELECT perfaudit.reset();
:run
\o
\set ECHO all
:found
SELECT DISTINCT summary COLLATE "C" AS summary FROM perfaudit.findings WHERE kind = 'row_misestimate' AND summary ~ 'view' ORDER BY 1;

-- a statement that is found twice is repaired once
DO $do$
DECLARE
    s text;
BEGIN
    FOR s IN SELECT DISTINCT regexp_replace(suggestion, '; --[^"]*$', ';') FROM perfaudit.findings WHERE kind = 'row_misestimate' LOOP
        EXECUTE s;
    END LOOP;
END
$do$;
\set ECHO none
\o /dev/null
SELECT perfaudit.reset();
:run
\o
\set ECHO all
:found

--
-- Silent: nothing can be done
--
-- a condition of two columns, of which nothing is known; an operator with an estimate of its own; statistics of the
-- expression that do not help
SET search_path = row_misestimate_repaired;
CREATE TABLE boxes AS SELECT i AS id, box(point(0, 0), point(i, i)) AS b FROM generate_series(1, 4000) i;
CREATE STATISTICS of_trimmed ON (upper(trim("the name"))) FROM named;
ALTER STATISTICS of_trimmed SET STATISTICS 0;
SELECT pg_stat_force_next_flush() \g /dev/null
ANALYZE boxes, named;
SET perfaudit.misestimate_factor = 2;
\o /dev/null
SELECT perfaudit.reset();
SELECT format('SELECT count(*) FROM plain JOIN other USING (id) WHERE (city + "Zip; --") %% 1 = 0 AND id > %s', i) FROM generate_series(1, 2) i \gexec
SELECT format('SELECT count(*) FROM boxes JOIN other USING (id) WHERE b && box ''((0,0),(%s,1))''', i) FROM generate_series(1, 2) i \gexec
SELECT format('SELECT count(*) FROM named JOIN other USING (id) WHERE upper(trim("the name")) = ''NAME %s''', i) FROM generate_series(1, 2) i \gexec
\o
:found
-- a temporary table, a catalog
CREATE TEMPORARY TABLE mine AS SELECT * FROM plain;
ANALYZE mine;
\o /dev/null
SELECT format('SELECT count(*) FROM mine JOIN other USING (id) WHERE city = %1$s AND "Zip; --" = %1$s * 10', i) FROM generate_series(1, 2) i \gexec
\o
:found
-- a table that is gone; where combinations cannot be common, of the column that is left
SET perfaudit.misestimate_factor = 10;
DROP STATISTICS few;
\o /dev/null
SELECT perfaudit.reset();
SELECT format('SELECT count(*) FROM known JOIN other USING (id) WHERE a = %1$s AND b = %1$s', i) FROM generate_series(1, 2) i \gexec
\o
SELECT count(*) FROM perfaudit.findings WHERE kind = 'row_misestimate';
DROP TABLE known;
:found
SET client_min_messages = warning;
DROP SCHEMA row_misestimate_repaired CASCADE;
