-- Statements that fail when a session has no room for another one: nothing waits for
-- the store while a transaction is aborted; what cannot be recorded is counted.
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS perfaudit;
RESET client_min_messages;
CREATE SCHEMA errors_without_room;
SET search_path = errors_without_room;
CREATE TABLE t (a int);
INSERT INTO t VALUES (1);
-- so many other statements, each twice, then one that may fail
CREATE FUNCTION fail_after(n int, b int) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    FOR k IN 1..2 LOOP
        FOR i IN 1..n LOOP EXECUTE 'SELECT a' || repeat(', a', i) || ' FROM t'; END LOOP;
    END LOOP;
    PERFORM 1 / (a - b) FROM t;
END $$;
\set lost 'SELECT value::int AS lost FROM perfaudit.info_facts() WHERE item = ''failures not attributed to a statement'''
:lost \gset before_
\set ECHO none
\set VERBOSITY sqlstate
SELECT perfaudit.reset() \g /dev/null
-- what is known well runs without a handler of errors
\o /dev/null
SELECT 'SELECT fail_after(0, 0)' FROM generate_series(1, 50) \gexec
\o
SELECT format('SELECT fail_after(%s, 1)', n) FROM generate_series(1, 60) n \gexec
\set ECHO all
\set VERBOSITY default
:lost \gset
-- the statement inside and the one around it
SELECT :lost - :before_lost > 0 AS lost, sum(errors) + :lost - :before_lost AS failed
FROM perfaudit.statements WHERE query ~ '^SELECT (\S+ / \(a - b\)|fail_after)';
SET client_min_messages = warning;
DROP SCHEMA errors_without_room CASCADE;
