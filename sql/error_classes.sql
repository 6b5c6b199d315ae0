-- What fails is told apart by SQLSTATE class, and by whether it was cancelled or timed out.
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS perfaudit;
RESET client_min_messages;
CREATE SCHEMA error_classes;
SET search_path = error_classes;
\set VERBOSITY terse
CREATE TABLE t (id int PRIMARY KEY, n int);
INSERT INTO t SELECT i, i % 10 FROM generate_series(1, 100) i;
ANALYZE t;
\set failed 'SELECT toplevel, calls, errors, cancelled, statement_timeouts AS timeouts, lock_timeouts AS locks, terminated, error_classes, regexp_replace(query, ''\$\d+'', ''$'', ''g'') AS query FROM perfaudit.statements WHERE errors > 0 ORDER BY toplevel, query COLLATE "C";'
-- all errors have a class, and only errors
\set adds_up 'SELECT query, errors, error_classes FROM perfaudit.statements s WHERE errors <> (SELECT coalesce(sum(value::bigint), 0) FROM jsonb_each_text(error_classes)) OR (errors = 0) <> (error_classes IS NULL) OR cancelled + statement_timeouts + lock_timeouts + terminated > errors;'

-- in planning, at the start, in a run, at the finish, in utility statements
CREATE ROLE regress_perfaudit_error_classes;
GRANT USAGE ON SCHEMA error_classes TO regress_perfaudit_error_classes;
CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'refused' USING ERRCODE = 'ZZ001'; END $$;
CREATE TABLE after_it (id int);
CREATE TRIGGER refuse AFTER INSERT ON after_it FOR EACH ROW EXECUTE FUNCTION refuse();
SELECT perfaudit.reset() \g /dev/null
SELECT 1 / 0 FROM t;
SET ROLE regress_perfaudit_error_classes;
SELECT count(*) FROM t;
RESET ROLE;
SELECT 1 / (n - 5) FROM t WHERE id > 0 \g /dev/null
INSERT INTO t VALUES (1, 1);
INSERT INTO after_it VALUES (1);
CREATE TABLE t ();
DO $$ BEGIN RAISE EXCEPTION 'out of memory' USING ERRCODE = 'out_of_memory'; END $$;
:failed
:adds_up

-- once for the statement, though its query, which newer servers know by itself, fails too
CREATE TABLE u AS SELECT 1 / (n - 5) FROM t;
SELECT errors, error_classes, query FROM perfaudit.statements WHERE toplevel AND query ~ 'CREATE TABLE u';

-- cannot be counted: the statement is not known yet, or over
SELECT perfaudit.reset() \g /dev/null
SELECT nothing FROM t;
PREPARE p (int) AS SELECT n FROM t WHERE id = $1;
EXECUTE p ('x');
CREATE TABLE deferred (id int REFERENCES t DEFERRABLE INITIALLY DEFERRED);
INSERT INTO deferred VALUES (-1);
:failed

-- more classes than are kept, and errors of one that is; at first all in this session
CREATE FUNCTION fails_with(code text) RETURNS int LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'failed' USING ERRCODE = code; END $$;
SELECT perfaudit.reset() \g /dev/null
DO $$
DECLARE
    code text;
BEGIN
    FOREACH code IN ARRAY '{22012,40001,23505,22003,53200,XX000,ZZ999,23503,00999,40P01}'::text[] LOOP
        BEGIN PERFORM fails_with(code); EXCEPTION WHEN OTHERS THEN NULL; END;
    END LOOP;
END $$;
:failed
:adds_up
-- a session that ends hands over what it has, and the next one adds to it
\c -
SET search_path = error_classes;
DO $$
DECLARE
    code text;
BEGIN
    FOREACH code IN ARRAY '{08006,22012,53200,0A000,40001}'::text[] LOOP
        BEGIN PERFORM fails_with(code); EXCEPTION WHEN OTHERS THEN NULL; END;
    END LOOP;
END $$;
:failed
\c -
SET search_path = error_classes;
:failed
:adds_up

-- cancelled, and timed out: both are 57014
SELECT perfaudit.reset() \g /dev/null
SELECT pg_cancel_backend(pg_backend_pid()), pg_sleep(60) FROM t WHERE id = 1;
SET statement_timeout = '60s';
SELECT n, pg_cancel_backend(pg_backend_pid()), pg_sleep(60) FROM t WHERE id = 1;
SET statement_timeout = '50ms';
SELECT pg_sleep(60) FROM t WHERE id = 2;
RESET statement_timeout;
:failed
-- in functions: of all that run
CREATE FUNCTION sleeps() RETURNS void LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_sleep(60) FROM t WHERE id = 1; END $$;
CREATE FUNCTION without_timeout() RETURNS void LANGUAGE plpgsql SET statement_timeout = 0 AS $$ BEGIN PERFORM sleeps(); END $$;
SELECT perfaudit.reset() \g /dev/null
SET statement_timeout = '50ms';
SELECT sleeps();
SELECT without_timeout();
DO $$ BEGIN PERFORM pg_sleep(60); END $$;
RESET statement_timeout;
:failed
-- the timeout of an earlier statement is over
SELECT perfaudit.reset() \g /dev/null
SET statement_timeout = '500ms';
SELECT 1 AS quick;
SET statement_timeout = 0;
SELECT pg_sleep(0.6), pg_cancel_backend(pg_backend_pid()), pg_sleep(60) FROM t WHERE id = 1;
BEGIN;
SET LOCAL statement_timeout = '500ms';
SELECT 2 AS quick;
COMMIT;
SELECT pg_sleep(0.6), pg_cancel_backend(pg_backend_pid()), pg_sleep(60) FROM t WHERE id = 1;
:failed
-- raised by a function; what fails inside and is caught has failed all the same
SELECT perfaudit.reset() \g /dev/null
SELECT fails_with('57014');
DO $$ BEGIN PERFORM fails_with('55P03'); EXCEPTION WHEN lock_not_available THEN NULL; END $$;
:failed

-- what cannot be told is said
SELECT item, advice FROM perfaudit.info WHERE area = 'not recorded' AND item ~ 'errors|never end' ORDER BY 1;

-- other roles' errors are numbers
SET ROLE regress_perfaudit_error_classes;
SELECT errors, error_classes, query FROM perfaudit.statements WHERE errors > 0 ORDER BY 1, 2;
RESET ROLE;
SET client_min_messages = warning;
DROP SCHEMA error_classes CASCADE;
DROP ROLE regress_perfaudit_error_classes;
