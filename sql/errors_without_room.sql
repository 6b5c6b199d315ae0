-- Statements that fail when a session has no room for another one: nothing waits for
-- the store while a transaction is aborted; what cannot be recorded is counted.
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS perfaudit;
RESET client_min_messages;
CREATE SCHEMA errors_without_room;
SET search_path = errors_without_room;
CREATE FUNCTION lost() RETURNS bigint LANGUAGE sql AS $$
    SELECT value FROM perfaudit.info_facts() WHERE item = 'failures not attributed to a statement'
$$;
-- A session has room for 48.  Between two failures there are so many others, and some more or
-- less, until one has found the room full; what is known well runs without a handler of errors.
-- All in one statement, since between two of them room is made when it is time.
CREATE FUNCTION fail_until_lost() RETURNS int LANGUAGE plpgsql AS $$
DECLARE
    before bigint := lost();
    failed int := 0;
BEGIN
    WHILE failed < 10000 AND (failed % 50 <> 0 OR lost() = before) LOOP
        failed := failed + 1;
        FOR i IN 1 .. 50 + (hashint4(failed) & 31) LOOP
            EXECUTE 'SELECT 1' || repeat(', 1', i);
        END LOOP;
        FOR b IN 0 .. 4 LOOP
            BEGIN
                PERFORM setseed(2 * (b = 0)::int);
            EXCEPTION WHEN invalid_parameter_value THEN
                NULL;
            END;
        END LOOP;
    END LOOP;
    RETURN failed;
END $$;
SELECT perfaudit.reset() \g /dev/null
SET perfaudit.sample_first = 0;
SET perfaudit.sample_budget = 0;
SELECT lost() AS before \gset
SELECT fail_until_lost() AS failed \gset
SELECT lost() - :before AS lost \gset
SELECT :lost > 0 AS lost, errors + :lost = :failed AS all_counted, errors > 0 AS recorded
FROM perfaudit.statements WHERE query ~ '^SELECT setseed';
SET client_min_messages = warning;
DROP SCHEMA errors_without_room CASCADE;
