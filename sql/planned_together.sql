-- Statements that are planned together before the first of them starts: each has its planning, and none is generic.
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS perfaudit;
RESET client_min_messages;
CREATE SCHEMA planned_together;
SET search_path = planned_together;
CREATE TABLE t (id int, n int);
CREATE TABLE log (id int);
CREATE TABLE other (id int);
\set show 'SELECT toplevel AS top, calls, plans, CASE WHEN toplevel THEN generic_calls END AS generic, total_plan_time > 0 AS timed, query FROM perfaudit.statements WHERE query ~ ''FROM t|INTO t|FROM log|INTO log|alone'' AND query !~ ''perfaudit'' AND operation <> ''utility'' ORDER BY query COLLATE "C", toplevel;'

-- by rules: what they add has the id of the statement
CREATE RULE noted AS ON INSERT TO t DO ALSO (INSERT INTO log VALUES (NEW.id); INSERT INTO other VALUES (NEW.id));
\o /dev/null
SELECT perfaudit.reset();
INSERT INTO t VALUES (1, 1);
INSERT INTO t VALUES (2, 2);
SELECT 1 AS alone;
INSERT INTO t VALUES (3, 3);
\o
SELECT bool_and(calls = plans AND generic_calls = 0) AS each, sum(calls) AS calls FROM perfaudit.statements WHERE query ~ 'INTO t';
:show
DROP RULE noted ON t;

-- in functions, and in those that they call
CREATE FUNCTION inner_one(k int) RETURNS bigint LANGUAGE plpgsql AS $$ DECLARE x int := k + 1; BEGIN RETURN (SELECT count(*) FROM t WHERE n < x); END $$;
CREATE FUNCTION three(k int) RETURNS bigint LANGUAGE sql VOLATILE AS $$
    SELECT inner_one(k) FROM log WHERE id < k;
    SELECT max(n) FROM t WHERE id < k;
    SELECT count(*) FROM log WHERE id > k;
$$;
\o /dev/null
SELECT perfaudit.reset();
SELECT three(2) AS alone;
SELECT three(3) AS alone;
SELECT three(3) + 1 AS alone;
\o
:show

-- a generic plan is made to be compared with: both are planning of one execution
PREPARE compared (int) AS SELECT n, id FROM t WHERE id = $1;
\o /dev/null
SELECT perfaudit.reset();
SELECT format('EXECUTE compared (%s)', i) FROM generate_series(1, 9) i \gexec
SELECT 1 AS alone;
\o
SELECT calls, plans BETWEEN 6 AND 9 AS planned, calls - generic_calls >= 5 AS custom FROM perfaudit.statements WHERE query ~ '^SELECT n, id';
SET client_min_messages = warning;
DROP SCHEMA planned_together CASCADE;
