-- The conditions of inefficient_index_scan, nested_loop_rescan and row_misestimate, one by one: each statement is one step
-- away from another finding, or from none.
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS perfaudit;
RESET client_min_messages;
CREATE SCHEMA join_guards;
SET search_path = join_guards;
SET max_parallel_workers_per_gather = 0;
SET perfaudit.sample_budget = 1;
SET perfaudit.judge_calls = 2;
SET perfaudit.judge_time = 0;
SET perfaudit.index_scan_removed = 500;
SET perfaudit.rescan_rows = 10000;
SET perfaudit.misestimate_rows = 200;
SET perfaudit.misestimate_factor = 10;
CREATE TABLE asked (n int GENERATED ALWAYS AS IDENTITY, statement text);
\set run 'SELECT format(statement, i) FROM asked, generate_series(1, 2) i ORDER BY n, i \\gexec'
\set found 'SELECT kind, relation, regexp_replace(regexp_replace(suggestion, '' --.*'', ''''), ''_[0-9]{4,}'', ''_OID'') AS suggestion, query FROM perfaudit.findings WHERE kind IN (''inefficient_index_scan'', ''nested_loop_rescan'', ''row_misestimate'') ORDER BY query COLLATE "C", kind;'

--
-- inefficient_index_scan
--
CREATE TABLE x (id int, grp int, a int, b int);
INSERT INTO x SELECT i, i % 3, i, i FROM generate_series(1, 3000) i;
CREATE INDEX x_grp ON x (grp);
CREATE TABLE twin (LIKE x INCLUDING INDEXES);
INSERT INTO twin SELECT * FROM x;
CREATE TABLE y (LIKE x INCLUDING INDEXES);
INSERT INTO y SELECT * FROM x WHERE id <= 900;
CREATE TABLE z (LIKE x INCLUDING INDEXES);
INSERT INTO z SELECT * FROM x WHERE id <= 900;
CREATE TEMPORARY TABLE mine (LIKE x INCLUDING INDEXES);
INSERT INTO mine SELECT * FROM x;
SELECT pg_stat_force_next_flush() \g /dev/null
VACUUM ANALYZE x, twin, y, z, mine;
SET enable_seqscan = off;
SET enable_hashjoin = off;
SET enable_mergejoin = off;
INSERT INTO asked (statement) VALUES
    -- 300 rows of each of two tables; a temporary one
    ('SELECT y.id FROM y, z WHERE y.grp = 1 AND y.a = 1 + 3 * %s AND z.grp = 1 AND z.a = 4'),
    ('SELECT id FROM mine WHERE grp = 1 AND a = %s'),
    -- one range is all that a b-tree serves; an OR none of it
    ('SELECT id FROM x WHERE grp = 1 AND a < %1$s * 20 AND b < 20 * %1$s'),
    ('SELECT id FROM x WHERE grp = 1 AND (a = %1$s OR b = %1$s)'),
    ('SELECT id FROM x WHERE grp = 1 AND a = %s'),
    -- as many of 1,000 as are few, and one more
    ('SELECT b FROM x WHERE grp = 1 AND a <= 300 + 0 * %s'),
    ('SELECT a FROM x WHERE grp = 1 AND a <= 301 + 0 * %s');
\o /dev/null
\set ECHO none
SELECT perfaudit.reset();
:run
\set ECHO all
\o
:found
-- indexes of all of these columns that cannot be used
CREATE INDEX x_part ON x (grp, a) WHERE id < 0;
CREATE INDEX x_invalid ON x (a, grp);
UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'x_invalid'::regclass;
SELECT count(*) FROM perfaudit.findings WHERE kind = 'inefficient_index_scan' AND query ~ 'a = \$[0-9]$';
-- what a former plan did is past
CREATE INDEX x_a ON x (a);
SET enable_bitmapscan = off;
SELECT id FROM x WHERE grp = 1 AND a = 5;
SELECT id FROM x WHERE grp = 1 AND a = 6;
RESET enable_bitmapscan;
SELECT count(*) FROM perfaudit.findings WHERE kind = 'inefficient_index_scan' AND query ~ 'a = \$[0-9]$';
DROP INDEX x_a;
-- each of two has its part of the time
TRUNCATE asked;
INSERT INTO asked (statement) VALUES ('SELECT y.id FROM x y, twin z WHERE y.grp = 1 AND y.a = 1 + 3 * %s AND z.grp = 1 AND z.a = 4');
\o /dev/null
\set ECHO none
SELECT perfaudit.reset();
:run
\set ECHO all
\o
SELECT count(*) AS findings, sum(impact_ms) < 1.1 * max((evidence->>'exec_ms')::float8) AS shared FROM perfaudit.findings WHERE kind = 'inefficient_index_scan';
-- of partitions the one that removes most is named
CREATE TABLE parts (LIKE x) PARTITION BY RANGE (id);
CREATE TABLE little PARTITION OF parts FOR VALUES FROM (0) TO (1000);
CREATE TABLE much PARTITION OF parts FOR VALUES FROM (1000) TO (5000);
INSERT INTO parts SELECT * FROM x;
CREATE INDEX ON parts (grp);
VACUUM ANALYZE parts;
TRUNCATE asked;
INSERT INTO asked (statement) VALUES ('SELECT id FROM parts WHERE grp = 1 AND a = %s');
\o /dev/null
\set ECHO none
SELECT perfaudit.reset();
:run
\set ECHO all
\o
SELECT substring(summary FROM ' by [a-z_]+') AS index FROM perfaudit.findings WHERE kind = 'inefficient_index_scan';

--
-- nested_loop_rescan
--
CREATE TABLE outside (id int, one int);
INSERT INTO outside SELECT i, 1 FROM generate_series(1, 200) i;
CREATE TABLE inside (k int, v int, one int);
INSERT INTO inside SELECT i, i, 1 FROM generate_series(1, 1200) i;
CREATE TABLE small1 AS SELECT * FROM inside WHERE k <= 100;
CREATE TABLE small2 AS SELECT * FROM inside WHERE k <= 99;
CREATE TABLE indexed AS SELECT * FROM inside;
CREATE INDEX ON indexed (k);
-- of which the server believes that it is empty
CREATE TABLE filled (LIKE indexed INCLUDING INDEXES);
VACUUM filled;
INSERT INTO filled SELECT * FROM inside;
SELECT pg_stat_force_next_flush() \g /dev/null
VACUUM ANALYZE outside, inside, small1, small2, indexed;
RESET enable_seqscan;
SET enable_material = off;
SET enable_indexscan = off;
SET enable_indexonlyscan = off;
SET enable_bitmapscan = off;
TRUNCATE asked;
-- the outer side comes first, row by row
INSERT INTO asked (statement) VALUES
    ('SELECT (SELECT max(v) FROM inside i WHERE i.k = o.id) FROM outside o WHERE o.id <= 9 + 0 * %s'),
    ('SELECT (SELECT max(v) FROM inside i WHERE i.k = o.id + 1) FROM outside o WHERE o.id <= 10 + 0 * %s'),
    -- nine times, beside another one that is small
    ('SELECT CASE WHEN o.id <= 9 THEN (SELECT max(v) FROM inside i WHERE i.k = o.id) END, (SELECT max(v) FROM small1 s1 WHERE s1.k = o.id) FROM outside o WHERE o.id <= 15 + 0 * %s'),
    -- 99 rows, 200 times, are fewer than a hundred each
    ('SELECT (SELECT max(v) FROM small1 s1 WHERE s1.k = o.id) FROM outside o WHERE o.id <= 100 + 0 * %s'),
    ('SELECT (SELECT max(v) FROM small2 s2 WHERE s2.k = o.id) FROM outside o WHERE o.id <= 200 + 0 * %s'),
    -- which keep all, are chosen by OR, or have an index
    ('SELECT (SELECT max(v) FROM inside i WHERE i.one = o.one) FROM outside o WHERE o.id <= 100 + 0 * %s'),
    ('SELECT (SELECT max(v) FROM inside i WHERE i.k = o.id OR i.v = o.id) FROM outside o WHERE o.id <= 100 + 0 * %s'),
    ('SELECT (SELECT max(v) FROM indexed x WHERE x.k = o.id) FROM outside o WHERE o.id <= 100 + 0 * %s'),
    ('SELECT (SELECT max(v) FROM filled f WHERE f.k = o.id) FROM outside o WHERE o.id <= 100 + 0 * %s');
\o /dev/null
\set ECHO none
SELECT perfaudit.reset();
:run
\set ECHO all
\o
:found
-- indexes that cannot be used
CREATE INDEX inside_part ON inside (k) WHERE v < 0;
CREATE INDEX inside_invalid ON inside (k);
UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'inside_invalid'::regclass;
:found
DROP INDEX inside_part, inside_invalid;
-- what a former plan did is past
TRUNCATE asked;
INSERT INTO asked (statement) VALUES ('SELECT max(i.v) FROM outside o JOIN inside i ON i.k = o.id WHERE o.one = 1 AND o.id > -%s');
\o /dev/null
\set ECHO none
SELECT perfaudit.reset();
:run
\set ECHO all
\o
:found
SET enable_hashjoin = on;
SET enable_nestloop = off;
\o /dev/null
\set ECHO none
:run
\set ECHO all
\o
:found
SET enable_hashjoin = off;
RESET enable_nestloop;
TRUNCATE asked;
INSERT INTO asked (statement) VALUES
    ('SELECT (SELECT max(v) FROM inside i WHERE i.k = o.id), (SELECT max(v) FROM small1 s1 WHERE s1.k = o.id) FROM outside o WHERE o.id <= 150 + 0 * %s');
\o /dev/null
\set ECHO none
SELECT perfaudit.reset();
:run
\set ECHO all
\o
SELECT count(*) AS findings, sum(impact_ms) < 1.1 * max((evidence->>'exec_ms')::float8) AS shared FROM perfaudit.findings WHERE kind = 'nested_loop_rescan';

--
-- row_misestimate
--
CREATE TABLE skewed (id int, k int, city int, zip int, at point);
INSERT INTO skewed SELECT i, CASE WHEN i <= 350 THEN 1 ELSE i END, i % 20, (i % 20) * 10, point(i, i) FROM generate_series(1, 4000) i;
CREATE TABLE partner AS SELECT i AS id, repeat('x', 20) AS note FROM generate_series(1, 4000) i;
CREATE TABLE fresh AS SELECT * FROM skewed;
ALTER TABLE skewed ALTER k SET STATISTICS 0;
CREATE STATISTICS both_of_them (mcv) ON city, zip FROM skewed;
ALTER STATISTICS both_of_them SET STATISTICS 0;
SELECT pg_stat_force_next_flush() \g /dev/null
ANALYZE skewed, partner;
RESET enable_hashjoin;
SET enable_nestloop = off;
TRUNCATE asked;
INSERT INTO asked (statement) VALUES
    -- without statistics there is nothing to be wrong about; a guess that none would change
    ('SELECT count(note) FROM fresh JOIN partner USING (id) WHERE k = 1 AND city > -%s'),
    ('SELECT count(note) FROM skewed JOIN partner USING (id) WHERE at <@ box ''(0,0),(30%1$s,30%1$s)'''),
    -- statistics that could be better, until they are as good as they get
    ('SELECT count(note) FROM skewed JOIN partner USING (id) WHERE city = %1$s AND zip = %1$s * 10');
\o /dev/null
\set ECHO none
SELECT perfaudit.reset();
:run
\set ECHO all
\o
:found
ALTER STATISTICS both_of_them SET STATISTICS 1000;
SELECT count(*) FROM perfaudit.findings WHERE kind = 'row_misestimate';
-- made without values
PREPARE looks(int) AS SELECT count(note) FROM skewed JOIN partner USING (id) WHERE k = $1;
ALTER TABLE skewed ALTER k SET STATISTICS 100;
ANALYZE skewed;
SET plan_cache_mode = force_generic_plan;
SELECT perfaudit.reset() \g /dev/null
EXECUTE looks(1);
EXECUTE looks(1);
SELECT relation, evidence->>'variant' AS variant, regexp_replace(suggestion, 'ROLE .* SET', 'ROLE SET') AS suggestion FROM perfaudit.findings WHERE kind = 'row_misestimate';
SET client_min_messages = warning;
DROP SCHEMA join_guards CASCADE;
