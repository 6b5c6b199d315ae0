-- Settings changed at run time, in the middle of things: no leak, no stale frame.
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS perfaudit;
RESET client_min_messages;
CREATE SCHEMA switches;
SET search_path = switches;
CREATE TABLE t (id int PRIMARY KEY, n int);
INSERT INTO t SELECT i, i % 10 FROM generate_series(1, 100) i;
ANALYZE t;
-- what the functions below run is no statement of its own
\set statements 'SELECT toplevel, calls, errors, rows, query FROM perfaudit.statements WHERE query ~ ''FROM t'' AND query !~ ''perfaudit'' AND operation <> ''utility'' ORDER BY query COLLATE "C", toplevel;'
SELECT value AS deep FROM perfaudit.info_facts() WHERE item = 'statements not recorded: nested too deeply' \gset
-- is a statement at the top level recorded as one, one below it as such, and the pool of frames as it was?
CREATE FUNCTION inner_one() RETURNS bigint LANGUAGE plpgsql AS $$ BEGIN RETURN (SELECT count(*) AS inside FROM t); END $$;
\set sound 'SELECT perfaudit.reset() > -1 AS again; SELECT inner_one() AS outside FROM t WHERE id = 1; SELECT toplevel, calls, query FROM perfaudit.statements WHERE query ~ ''(in|out)side'' AND query !~ ''perfaudit'' AND operation <> ''utility'' ORDER BY query COLLATE "C"; SELECT value - :deep AS lost FROM perfaudit.info_facts() WHERE item = ''statements not recorded: nested too deeply'';'

-- in a transaction
SELECT perfaudit.reset() \g /dev/null
BEGIN;
SELECT n FROM t WHERE id = 1 \g /dev/null
SET perfaudit.enabled = off;
SELECT n FROM t WHERE id = 2 \g /dev/null
SAVEPOINT s;
SET LOCAL perfaudit.enabled = on;
SELECT n FROM t WHERE id = 3 \g /dev/null
ROLLBACK TO s;
SELECT n FROM t WHERE id = 4 \g /dev/null
SET perfaudit.enabled = on;
SELECT n FROM t WHERE id = 5 \g /dev/null
COMMIT;
:statements

-- in the life of a cursor: what was begun is finished, what was not is not
SELECT perfaudit.reset() \g /dev/null
BEGIN;
DECLARE begun CURSOR FOR SELECT id AS begun FROM t ORDER BY id;
FETCH 3 FROM begun \g /dev/null
SET perfaudit.enabled = off;
DECLARE unseen CURSOR FOR SELECT n, id AS unseen FROM t ORDER BY id;
FETCH 3 FROM begun \g /dev/null
FETCH 3 FROM unseen \g /dev/null
CLOSE begun;
SET perfaudit.enabled = on;
FETCH 3 FROM unseen \g /dev/null
CLOSE unseen;
COMMIT;
:statements
-- and with an error in it
SELECT perfaudit.reset() \g /dev/null
BEGIN;
DECLARE begun CURSOR FOR SELECT 10 / (id - 5) AS begun FROM t;
FETCH 3 FROM begun \g /dev/null
SET perfaudit.enabled = off;
\set VERBOSITY terse
FETCH 3 FROM begun;
ROLLBACK;
SHOW perfaudit.enabled;
:statements

-- between prepare and execute
SELECT perfaudit.reset() \g /dev/null
PREPARE seen AS SELECT n AS seen FROM t WHERE id = $1;
SET perfaudit.enabled = off;
PREPARE unseen AS SELECT n, id AS unseen FROM t WHERE id = $1;
EXECUTE seen(1) \g /dev/null
SET perfaudit.enabled = on;
EXECUTE seen(2) \g /dev/null
EXECUTE unseen(3) \g /dev/null
SELECT toplevel, calls, rows, query FROM perfaudit.statements WHERE query ~ 'seen' AND query !~ 'perfaudit' AND operation <> 'utility' ORDER BY query COLLATE "C";
DEALLOCATE ALL;

-- by the statement itself, at several levels
CREATE FUNCTION switch(name text, value text) RETURNS text LANGUAGE plpgsql AS $$ BEGIN RETURN set_config('perfaudit.' || name, value, false); END $$;
CREATE FUNCTION below(name text, value text) RETURNS bigint LANGUAGE plpgsql AS $$
BEGIN
    PERFORM switch(name, value) FROM t WHERE id = 1;
    RETURN (SELECT count(*) FROM t WHERE n = 3);
END $$;
SELECT perfaudit.reset() \g /dev/null
SELECT below('enabled', 'off') AS goes_off FROM t WHERE id = 1;
SELECT below('enabled', 'on') AS goes_on FROM t WHERE id = 1;
SELECT toplevel, calls, query FROM perfaudit.statements WHERE query ~ 'goes_|n = ' AND query !~ 'perfaudit' AND operation <> 'utility' ORDER BY query COLLATE "C";
:sound
-- and back, with an error
\set VERBOSITY terse
SELECT below('enabled', 'off'), 1 / (n - 1) FROM t WHERE id = 1;
SHOW perfaudit.enabled;
SELECT below('enabled', 'on'), 1 / (n - 1) FROM t WHERE id = 1;
:sound

-- a thousand times, every setting that can be switched, at every level
CREATE FUNCTION storm(fails bool) RETURNS int LANGUAGE plpgsql AS $$
DECLARE
    names text[] := '{enabled,track_nested,track_utility,provenance,sample_values}';
    c refcursor;
    r record;
BEGIN
    FOR i IN 1 .. 200 LOOP
        OPEN c FOR EXECUTE 'SELECT id FROM t ORDER BY id';
        FETCH c INTO r;
        PERFORM below(names[1 + i % 5], (i / 5 % 2 = 0)::text);
        PERFORM set_config('perfaudit.sample_budget', (i % 3 / 2.0)::text, false);
        FETCH c INTO r;
        BEGIN
            PERFORM below(names[1 + i % 3], (i % 2 = 0)::text), 1 / (i % 4) FROM t WHERE id < 3;
        EXCEPTION WHEN division_by_zero THEN NULL;
        END;
        IF i % 7 > 0 THEN CLOSE c; END IF;
        c := NULL;
    END LOOP;
    IF fails THEN RAISE EXCEPTION 'enough'; END IF;
    RETURN 1;
END $$;
SELECT storm(false);
SELECT storm(true);
SELECT count(storm(false)) FROM t WHERE id < 4;
BEGIN; SELECT storm(false); SELECT storm(true); ROLLBACK;
RESET perfaudit.enabled; RESET perfaudit.track_nested; RESET perfaudit.track_utility;
RESET perfaudit.provenance; RESET perfaudit.sample_values; RESET perfaudit.sample_budget;
-- cursors left open had frames, as long as they were there
SELECT value AS deep FROM perfaudit.info_facts() WHERE item = 'statements not recorded: nested too deeply' \gset
:sound
-- memory of the session is not what grows
SELECT count(*) <= 12 AS contexts, sum(total_bytes) < 1024 * 1024 AS bytes FROM pg_backend_memory_contexts WHERE name ~ 'perfaudit';
DROP SCHEMA switches CASCADE;
