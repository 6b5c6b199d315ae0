-- Statements that run so many others that this backend has forgotten what it knew of them when they end.
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS perfaudit;
RESET client_min_messages;
CREATE SCHEMA crowded_cache;
SET search_path = crowded_cache;
CREATE TABLE t (id int PRIMARY KEY, n int);
INSERT INTO t SELECT i, i FROM generate_series(1, 5) i;
-- 300 shapes: more than twice what a backend remembers
CREATE FUNCTION many(k int) RETURNS int LANGUAGE plpgsql AS $$
BEGIN
    FOR i IN 1 .. 300 LOOP EXECUTE 'SELECT 1' || repeat(', 1', i); END LOOP;
    RETURN k;
END $$;
CREATE PROCEDURE many_called(k int) LANGUAGE plpgsql AS $$ BEGIN PERFORM many(k); END $$;
CREATE PROCEDURE many_failed(k int) LANGUAGE plpgsql AS $$ BEGIN PERFORM 1 / (many(k) - k); END $$;
\set show 'SELECT toplevel, operation, calls, errors, rows, query FROM perfaudit.statements WHERE query ~ ''many|FROM t|^DO'' AND query !~ ''perfaudit'' AND invoked_by IS DISTINCT FROM ''utility'' ORDER BY toplevel, query COLLATE "C", operation;'

--
-- Utility statements
--
\o /dev/null
SELECT perfaudit.reset();
CALL many_called(1);
DO $$ BEGIN PERFORM many(1); END $$;
CREATE TABLE made AS SELECT many(1) AS one, 2 AS two;
\set VERBOSITY terse
CALL many_failed(1);
\set VERBOSITY default
\o
:show

--
-- Queries; cursors, more than once
--
\o /dev/null
SELECT perfaudit.reset();
SELECT many(id) FROM t WHERE n = 1;
SELECT many(id) FROM t WHERE n = 1;
BEGIN;
DECLARE c CURSOR FOR SELECT id, n FROM t ORDER BY id;
FETCH 2 FROM c;
SELECT many(1);
FETCH 2 FROM c;
CLOSE c;
DECLARE c CURSOR FOR SELECT id, n FROM t ORDER BY id;
FETCH 2 FROM c;
SELECT many(1);
CLOSE c;
DECLARE c CURSOR FOR SELECT id, n FROM t ORDER BY id;
FETCH 2 FROM c;
CLOSE c;
COMMIT;
\o
:show
SET client_min_messages = warning;
DROP SCHEMA crowded_cache CASCADE;
