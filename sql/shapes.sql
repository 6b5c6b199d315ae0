-- Shapes: what is one statement, and how its text is shown.
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS perfaudit;
RESET client_min_messages;
CREATE SCHEMA shapes;
SET search_path = shapes;
CREATE TABLE t (id int PRIMARY KEY, name text, n numeric, arr int[]);
INSERT INTO t SELECT i, 'name ' || i, i, ARRAY[i] FROM generate_series(1, 20) i;
CREATE TABLE u (id int, name text);
ANALYZE t, u;
-- the shapes seen since the reset, and how often
\set shapes 'SELECT calls, operation, query FROM perfaudit.statements WHERE toplevel AND query ~ ''\\m[tu]\\M'' AND query !~ ''perfaudit|ANALYZE|CREATE'' ORDER BY query COLLATE "C";'
\o /dev/null

-- IN lists of literals of any length
SELECT perfaudit.reset();
SELECT * FROM t WHERE id IN (1);
SELECT * FROM t WHERE id IN (1, 2);
SELECT * FROM t WHERE id IN (1, 2, 3);
SELECT * FROM t WHERE id IN (11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30);
SELECT * FROM t WHERE name IN ('a', 'b');
SELECT * FROM t WHERE name IN ('a', 'b', 'it''s', E'c\n', $$d, e)$$);
SELECT * FROM t WHERE id NOT IN (1, 2);
SELECT * FROM t WHERE id NOT IN (1, 2, 3, 4);
SELECT * FROM t WHERE id = ANY (ARRAY[1, 2]);
SELECT * FROM t WHERE id = ANY (ARRAY[1, 2, 3]);
SELECT * FROM t WHERE n IN (1, 2.5) AND id IN (1, 2) AND name = 'x';
SELECT * FROM t WHERE n IN (1, 2.5, 3) AND id IN (1, 2, 3, 4) AND name = 'y';
SELECT * FROM t WHERE (id, name) IN ((1, 'a'), (2, 'b'));
SELECT * FROM t WHERE id IN (-1, -2);
SELECT * FROM t WHERE id IN (-1, 2, -3);
\o
:shapes

-- of parameters, alone and with literals
\o /dev/null
SELECT perfaudit.reset();
PREPARE two(int, int) AS SELECT name FROM t WHERE id IN ($1, $2);
PREPARE three(int, int, int) AS SELECT name FROM t WHERE id IN ($1, $2, $3);
PREPARE four(int, int, int, int) AS SELECT name FROM t WHERE id IN ($1, $2, $3, $4) ;
EXECUTE two(1, 2);
EXECUTE three(1, 2, 3);
EXECUTE four(1, 2, 3, 4);
EXECUTE four(4, 3, 2, 1);
PREPARE after_two(int, int, text) AS SELECT n FROM t WHERE id IN ($1, $2) AND name = $3;
PREPARE after_three(int, int, int, text) AS SELECT n FROM t WHERE id IN ($1, $2, $3) AND name = $4;
EXECUTE after_two(1, 2, 'a');
EXECUTE after_three(1, 2, 3, 'a');
PREPARE list(int[]) AS SELECT arr FROM t WHERE id = ANY ($1);
EXECUTE list('{1,2}');
EXECUTE list('{1,2,3}');
\o
:shapes
DEALLOCATE ALL;

-- VALUES of any number of rows
\o /dev/null
SELECT perfaudit.reset();
INSERT INTO u VALUES (1, 'a');
INSERT INTO u VALUES (1, 'a'), (2, 'b');
INSERT INTO u VALUES (1, 'a'), (2, 'b'), (3, 'c (d), '), (4, NULL);
INSERT INTO u VALUES (1, 'a'), (2, 'b') RETURNING id;
INSERT INTO u VALUES (1, 'a'), (2, 'b'), (3, 'c') RETURNING id;
PREPARE rows2(int, text, int, text) AS INSERT INTO u (id, name) VALUES ($1, $2), ($3, $4);
PREPARE rows3(int, text, int, text, int, text) AS INSERT INTO u (id, name) VALUES ($1, $2), ($3, $4), ($5, $6);
EXECUTE rows2(1, 'a', 2, 'b');
EXECUTE rows3(1, 'a', 2, 'b', 3, 'c');
SELECT u.* FROM u JOIN (VALUES (1), (2)) AS v (id) USING (id);
SELECT u.* FROM u JOIN (VALUES (1), (2), (3)) AS v (id) USING (id);
\o
:shapes
DEALLOCATE ALL;

-- comments, case, blanks, aliases of output columns do not matter; tables, columns and operators do
\o /dev/null
SELECT perfaudit.reset();
SELECT name FROM t WHERE id = 1;
select   NAME from T where ID=2 ;
/* a comment */ SELECT name -- another
FROM t WHERE id = 3;
SELECT name FROM shapes.t WHERE id = 4;
SELECT name AS called FROM t WHERE id = 5;
SELECT name FROM t WHERE id > 1;
SELECT name FROM u WHERE id = 1;
SELECT id FROM t WHERE id = 1;
SELECT name FROM t WHERE id = 1 FOR UPDATE;
SELECT name FROM t WHERE id = 1 LIMIT 5;
SELECT name FROM t WHERE id = 1 LIMIT 6;
\o
SELECT calls, regexp_replace(query, '\s+', ' ', 'g') AS query FROM perfaudit.statements
WHERE toplevel AND query ~* '\m[tu]\M' AND query !~ 'perfaudit' ORDER BY query COLLATE "C";

-- several statements in one string; several on one line
\o /dev/null
SELECT perfaudit.reset();
SELECT 1 AS one FROM t LIMIT 1\; SELECT 2 AS two FROM t LIMIT 2\; UPDATE t SET n = 5 WHERE id = 7;
SELECT 'a' FROM t WHERE id = 1; SELECT 'b', 'c' FROM t WHERE id = 2;
\o
:shapes

-- no literal is ever shown: strings of all kinds, numbers, casts, intervals
\o /dev/null
SELECT perfaudit.reset();
SELECT 'secret', E'sec\'ret', $s$secret$s$, U&'secret', B'101', X'5ec', 1.5e3, -42, date '2026-05-05', interval '5 days',
    '{5,6}'::int[], int '42' FROM t WHERE name LIKE 'secret%' AND id BETWEEN 41 AND 43;
UPDATE t SET name = 'secret', n = 42.42 WHERE id = 42;
SELECT * FROM t WHERE name ~ 'secret' ORDER BY id LIMIT 42 OFFSET 43;
DO $secret$ BEGIN PERFORM 'secret' FROM t; END $secret$;
SET application_name = 'secret';
RESET application_name;
COMMENT ON TABLE t IS 'secret';
CREATE ROLE regress_perfaudit_shapes PASSWORD 'secret';
DROP ROLE regress_perfaudit_shapes;
\o
SELECT query FROM perfaudit.statements WHERE query ~ 'secret|4[123]|5ec|101|2026' ORDER BY query;
SELECT count(*) > 5 AS recorded FROM perfaudit.statements;

-- constants that are plain to see, and others that are nearly so
\o /dev/null
SELECT perfaudit.reset();
SELECT id FROM t WHERE name = 'secret' AND n = 42.42 AND n > -42 AND TRUE AND name IS DISTINCT FROM null;
SELECT id FROM t WHERE name='secret'AND n=42 AND true;
SELECT 'it''s secret' FROM t WHERE id = 42;
SELECT 'sec'
    'ret', id FROM t WHERE id = 42;
SELECT 'sec' -- goes on
    'ret' FROM t WHERE id = 42;
SELECT 42 - 43, date '2026-05-05' - interval '42 days' FROM t WHERE false;
SELECT n FROM t WHERE n = - 42 AND n > 42. AND n < .42 AND n <> 42e0;
-- (from 19 on strings are standard ones)
\set ECHO none
SELECT current_setting('server_version_num')::int < 190000 AS settable \gset
\if :settable
SET standard_conforming_strings = off;
SET escape_string_warning = off;
SELECT $q$SELECT name FROM t WHERE name = 'sec\'ret' AND n = 42$q$ \gexec
SELECT $q$SELECT name FROM t WHERE name = 'sec\\' AND n = 42$q$ \gexec
RESET standard_conforming_strings;
RESET escape_string_warning;
\else
SELECT name FROM t WHERE name = E'sec\'ret' AND n = 42;
\endif
\set ECHO all
SELECT name FROM t WHERE name <> 'sec\' AND n = 42;
\o
SELECT query FROM perfaudit.statements WHERE query ~ 'FROM t' AND query !~ 'perfaudit' ORDER BY query COLLATE "C";

-- parameters are numbered by their places
\o /dev/null
SELECT perfaudit.reset();
PREPARE straight(text, int) AS UPDATE t SET name = $1 WHERE id = $2;
PREPARE crossed(int, text) AS UPDATE t SET name = $2 WHERE id = $1;
PREPARE behind(int, int, text) AS UPDATE t SET name = $3 WHERE id IN ($1, $2);
PREPARE before(text, int, int, int) AS UPDATE t SET name = $1 WHERE id IN ($2, $3, $4);
EXECUTE straight('a', 1);
EXECUTE crossed(1, 'a');
EXECUTE behind(1, 2, 'a');
EXECUTE before('a', 1, 2, 3);
PREPARE rows_two(int, text, int) AS INSERT INTO u VALUES ($1, 'a'), ($3, 'b') RETURNING name || $2;
PREPARE rows_three(int, int, text, int) AS INSERT INTO u VALUES ($1, 'a'), ($2, 'b'), ($4, 'c') RETURNING name || $3;
EXECUTE rows_two(1, 'a', 2);
EXECUTE rows_three(1, 2, 'a', 3);
\o
SELECT calls, array_length(queryids, 1) AS ids, operation FROM perfaudit.statements WHERE query ~ '^(UPDATE|INSERT)' ORDER BY query COLLATE "C";
DEALLOCATE ALL;

-- an odd list of tables, columns and aliases
CREATE TABLE "odd ""name"", it's" ("a b" int, "select" int, "ünïcödé" int);
\o /dev/null
SELECT perfaudit.reset();
SELECT "a b", "select", "ünïcödé" FROM "odd ""name"", it's" AS "$1" WHERE "a b" IN (1, 2) AND "select" = 5;
SELECT "a b", "select", "ünïcödé" FROM "odd ""name"", it's" AS "$1" WHERE "a b" IN (1, 2, 3) AND "select" = 6;
\o
\pset format unaligned
SELECT calls, query FROM perfaudit.statements WHERE query LIKE '%odd%';
\pset format aligned

-- long texts are cut
SET perfaudit.max_text_length = 256;
\o /dev/null
SELECT perfaudit.reset();
SELECT 'SELECT id FROM t WHERE name = ''x''' || repeat(' OR name = ''x''', 100) \gexec
\o
SELECT calls, octet_length(query) <= 260 AS cut, query LIKE '% ...' AS told FROM perfaudit.statements WHERE query LIKE 'SELECT id FROM t%';
RESET perfaudit.max_text_length;
