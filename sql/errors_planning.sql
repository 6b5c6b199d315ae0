-- Errors of planning, which has no handler of its own for what a client sent: they are
-- counted once, for the role and the level they belong to, and leave the recorder consistent.
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS perfaudit;
RESET client_min_messages;
CREATE SCHEMA errors_planning;
SET search_path = errors_planning;
\set VERBOSITY terse
CREATE TABLE t (id int PRIMARY KEY, n int);
INSERT INTO t SELECT i, i FROM generate_series(1, 10) i;
CREATE ROLE regress_perfaudit_planner;
GRANT USAGE ON SCHEMA errors_planning TO regress_perfaudit_planner;
GRANT SELECT ON t TO regress_perfaudit_planner;
-- run in planning: its own statement fails in turn, or it fails and is caught there
CREATE FUNCTION fails() RETURNS int IMMUTABLE LANGUAGE plpgsql AS $$ BEGIN RETURN (SELECT 1 / (count(*) - 10) FROM t); END $$;
CREATE FUNCTION recovers() RETURNS int IMMUTABLE LANGUAGE plpgsql AS $$
BEGIN
    PERFORM 1 / (count(*) - 10) FROM t;
    RETURN 1;
EXCEPTION WHEN division_by_zero THEN
    RETURN (SELECT count(*) FROM t);
END $$;
\set statements 'SELECT username::text LIKE ''regress_perfaudit_%'' AS other_role, toplevel, calls, errors, error_classes, regexp_replace(query, ''\$\d+'', ''$'', ''g'') AS query FROM perfaudit.statements WHERE query !~ ''perfaudit'' AND operation = ''select'' ORDER BY toplevel, query COLLATE "C";'

SELECT perfaudit.reset() \g /dev/null
-- in a transaction with savepoints, and outside
BEGIN;
SAVEPOINT a;
SELECT 1 / 0 AS first FROM t;
ROLLBACK TO a;
SELECT count(*) AS second FROM t;
SAVEPOINT b;
SAVEPOINT c;
SELECT 1 / 0 AS first FROM t;
ROLLBACK TO b;
SELECT 'x'::text::int AS third FROM t;
ROLLBACK;
SELECT 1 / 0 AS first FROM t;
SELECT count(*) AS second FROM t;
:statements

-- as another role for this transaction only: its abort makes the session's that of now
SELECT perfaudit.reset() \g /dev/null
BEGIN;
SET LOCAL ROLE regress_perfaudit_planner;
SELECT 1 / 0 AS first FROM t;
ROLLBACK;
:statements

-- below planning, and caught there
SELECT perfaudit.reset() \g /dev/null
SELECT fails();
SELECT recovers();
SELECT recovers(), 1 / 0 AS first;
SELECT count(*) AS second FROM t;
:statements

-- inside a function the handler is there
SELECT perfaudit.reset() \g /dev/null
DO $$
BEGIN
    PERFORM 1 / 0 AS first FROM t;
EXCEPTION WHEN division_by_zero THEN
    PERFORM count(*) AS second FROM t;
END $$;
SELECT count(*) AS second FROM t;
:statements

-- prepared, planned when they are executed
SELECT perfaudit.reset() \g /dev/null
SET plan_cache_mode = force_custom_plan;
PREPARE p (int) AS SELECT 1 / $1 AS first FROM t;
EXECUTE p (0);
EXECUTE p (1) \g /dev/null
EXECUTE p (0);
RESET plan_cache_mode;
:statements
DEALLOCATE p;
DROP SCHEMA errors_planning CASCADE;
DROP ROLE regress_perfaudit_planner;
