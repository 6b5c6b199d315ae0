-- Errors of executions that are as those before: these start and run without a
-- handler of errors, and are found by the abort that follows.
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS perfaudit;
RESET client_min_messages;
CREATE SCHEMA errors_plain;
SET search_path = errors_plain;
\set VERBOSITY terse
SET perfaudit.sample_first = 0;
SET perfaudit.sample_budget = 0;
SET plan_cache_mode = force_generic_plan;
SET enable_seqscan = off;
SET enable_bitmapscan = off;
CREATE TABLE t (id int PRIMARY KEY, n int);
INSERT INTO t SELECT i, i % 10 FROM generate_series(1, 100) i;
ANALYZE t;
CREATE FUNCTION inverse(k int) RETURNS int LANGUAGE plpgsql AS $$ BEGIN RETURN (SELECT 100 / n AS nested FROM t WHERE id = k); END $$;
CREATE FUNCTION inverse_or_null(k int) RETURNS int LANGUAGE plpgsql AS $$ BEGIN RETURN inverse(k); EXCEPTION WHEN division_by_zero THEN RETURN NULL; END $$;
PREPARE divide(int) AS SELECT 100 / n AS divided FROM t WHERE id = $1;
PREPARE call_it(int) AS SELECT inverse($1) AS called FROM t WHERE id = 1;
PREPARE call_or_null(int) AS SELECT inverse_or_null($1) AS called_or_null FROM t WHERE id = 1;
PREPARE sound AS SELECT n AS sound FROM t WHERE id = 7;
\set facts 'SELECT toplevel, calls, errors, error_classes, query FROM perfaudit.statements WHERE query LIKE ''%SELECT%t WHERE id = %'' AND operation = ''select'' ORDER BY toplevel, query COLLATE "C"; SELECT value - :deep AS lost FROM perfaudit.info_facts() WHERE item = ''statements not recorded: nested too deeply'';'
SELECT value AS deep FROM perfaudit.info_facts() WHERE item = 'statements not recorded: nested too deeply' \gset
-- after so many the results of a statement are not looked at any more
\o /dev/null
SELECT perfaudit.reset();
SELECT 'EXECUTE divide(1)' FROM generate_series(1, 20) \gexec
SELECT 'EXECUTE call_it(1)' FROM generate_series(1, 20) \gexec
SELECT 'EXECUTE call_or_null(1)' FROM generate_series(1, 20) \gexec
SELECT 'EXECUTE sound' FROM generate_series(1, 20) \gexec
SELECT 'SELECT 100 / n AS direct FROM t WHERE id = 1' FROM generate_series(1, 20) \gexec
\o

-- nothing fails
:facts

-- at the top level
EXECUTE divide(10);
SELECT 100 / n AS direct FROM t WHERE id = 10;
SELECT 100 / n AS direct FROM t WHERE id = 1;
EXECUTE sound;
:facts

-- in a function, at both levels, again and again
SELECT 'EXECUTE call_it(10)' FROM generate_series(1, 30) \gexec
EXECUTE sound;
:facts

-- in a function that goes on
\o /dev/null
SELECT 'EXECUTE call_or_null(10)' FROM generate_series(1, 30) \gexec
\o
EXECUTE sound;
:facts

-- in a savepoint, and behind it
BEGIN;
SAVEPOINT a;
EXECUTE sound;
EXECUTE divide(10);
ROLLBACK TO a;
EXECUTE sound;
SELECT 100 / n AS direct FROM t WHERE id = 10;
ROLLBACK TO a;
SELECT 100 / n AS direct FROM t WHERE id = 1;
SAVEPOINT b;
EXECUTE call_it(10);
ROLLBACK TO b;
EXECUTE call_or_null(10);
RELEASE b;
EXECUTE sound;
COMMIT;
:facts

-- at the start: no privilege, in a transaction, in a function that goes on
CREATE ROLE regress_perfaudit_errors_plain;
GRANT USAGE ON SCHEMA errors_plain TO regress_perfaudit_errors_plain;
CREATE FUNCTION look_or_null() RETURNS int LANGUAGE plpgsql AS $$ BEGIN RETURN (SELECT n AS looked FROM t WHERE id = 9); EXCEPTION WHEN insufficient_privilege THEN RETURN NULL; END $$;
SELECT perfaudit.reset() \g /dev/null
SET ROLE regress_perfaudit_errors_plain;
BEGIN;
SELECT look_or_null() AS called FROM generate_series(1, 3);
SAVEPOINT a;
EXECUTE sound;
ROLLBACK TO a;
SELECT look_or_null() AS called FROM generate_series(1, 2);
COMMIT;
RESET ROLE;
SELECT username, toplevel, calls, errors, error_classes, query FROM perfaudit.statements WHERE errors > 0 ORDER BY toplevel, query COLLATE "C";

-- cancelled, in a function that goes on, and timed out at the top level
CREATE FUNCTION wait_for(k int) RETURNS int LANGUAGE plpgsql AS $$ BEGIN IF k > 0 THEN PERFORM pg_sleep(100); END IF; RETURN k; END $$;
PREPARE wait_it(int) AS SELECT wait_for($1) AS waited FROM t WHERE id = 1;
\o /dev/null
SELECT perfaudit.reset();
SELECT 'EXECUTE wait_it(0)' FROM generate_series(1, 20) \gexec
\o
SET statement_timeout = 10;
EXECUTE wait_it(1);
RESET statement_timeout;
SELECT calls, errors, statement_timeouts, cancelled, error_classes FROM perfaudit.statements WHERE query ~ 'AS waited';

-- messages are no errors, and an error that is handled is not that of the next
CREATE FUNCTION tell(k int) RETURNS int LANGUAGE plpgsql AS $$ BEGIN RAISE WARNING USING ERRCODE = '01ABC', MESSAGE = 'told'; IF k = 1 THEN RAISE EXCEPTION 'told so' USING ERRCODE = '45001'; END IF; RETURN k; END $$;
PREPARE tell_it(int) AS SELECT tell($1) AS told FROM t WHERE id = 1;
\o /dev/null
SELECT perfaudit.reset();
SELECT 'EXECUTE tell_it(0)' FROM generate_series(1, 20) \gexec
\o
EXECUTE tell_it(1);
SELECT calls, errors, error_classes FROM perfaudit.statements WHERE query ~ 'AS told';

-- a procedure that rolls back and goes on
CREATE PROCEDURE roll_back() LANGUAGE plpgsql AS $$
DECLARE
    r record;
BEGIN
    FOR r IN SELECT n AS row FROM t WHERE id < 4 LOOP
        PERFORM inverse(1);
        ROLLBACK;
        BEGIN
            PERFORM inverse(10);
        EXCEPTION WHEN division_by_zero THEN NULL;
        END;
        COMMIT;
    END LOOP;
END $$;
SELECT perfaudit.reset() \g /dev/null
CALL roll_back();
CALL roll_back();
EXECUTE sound;
SELECT toplevel, calls, errors, error_classes, query FROM perfaudit.statements WHERE query ~ 'nested|sound|CALL' ORDER BY query COLLATE "C";

-- a cursor that fails half way
SELECT perfaudit.reset() \g /dev/null
BEGIN;
DECLARE c CURSOR FOR SELECT 100 / (n - 5) AS fetched FROM t WHERE id > 0;
FETCH 2 FROM c \g /dev/null
SAVEPOINT a;
FETCH 2 FROM c \g /dev/null
FETCH 2 FROM c;
ROLLBACK TO a;
EXECUTE sound;
COMMIT;
SELECT toplevel, calls, errors, error_classes, query FROM perfaudit.statements WHERE query ~ 'fetched|sound' ORDER BY query COLLATE "C";

-- the level is right after all that
SELECT perfaudit.reset() \g /dev/null
EXECUTE sound;
EXECUTE call_it(1);
:facts
DROP OWNED BY regress_perfaudit_errors_plain;
DROP ROLE regress_perfaudit_errors_plain;
