-- Errors at every level leave the recorder consistent.
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS perfaudit;
RESET client_min_messages;
CREATE SCHEMA errors;
SET search_path = errors;
\set VERBOSITY terse
CREATE TABLE t (id int PRIMARY KEY, n int);
INSERT INTO t SELECT i, i % 10 FROM generate_series(1, 100) i;
ANALYZE t;
\set statements 'SELECT toplevel, calls, errors, rows, regexp_replace(query, ''\$\d+'', ''$'', ''g'') AS query FROM perfaudit.statements WHERE query !~ ''perfaudit'' AND operation <> ''utility'' ORDER BY toplevel, query COLLATE "C";'
SELECT value AS deep FROM perfaudit.info_facts() WHERE item = 'statements not recorded: nested too deeply' \gset
-- is a statement at the top level recorded as one, and the pool of frames as it was?
\set sound 'SELECT count(*) AS after FROM t WHERE n = 5; SELECT toplevel, calls, errors, rows FROM perfaudit.statements WHERE query LIKE ''SELECT count(*) AS after%''; SELECT value - :deep AS lost FROM perfaudit.info_facts() WHERE item = ''statements not recorded: nested too deeply'';'

-- while running
SELECT perfaudit.reset() \g /dev/null
SELECT 1 / (n - 5) FROM t WHERE id > 0 \g /dev/null
SELECT 1 / (n - 5) FROM t WHERE id > 5 AND id < 8 \g /dev/null
INSERT INTO t VALUES (1, 1);
UPDATE t SET n = NULL, id = 1 WHERE id = 2;
:statements
:sound

-- while planning, and parsing
SELECT perfaudit.reset() \g /dev/null
SELECT 1 / 0 FROM t;
SELECT nothing FROM t;
SELECT FROM FROM t;
:statements
:sound

-- when starting: no privilege
CREATE ROLE regress_perfaudit_errors;
GRANT USAGE ON SCHEMA errors TO regress_perfaudit_errors;
SELECT perfaudit.reset() \g /dev/null
SET ROLE regress_perfaudit_errors;
SELECT count(*) FROM t;
RESET ROLE;
SELECT username, toplevel, calls, errors, query FROM perfaudit.statements WHERE query = 'SELECT count(*) FROM t';
:sound

-- in a function, two levels down
CREATE FUNCTION fails(k int) RETURNS int LANGUAGE plpgsql AS $$ BEGIN RETURN (SELECT sum(1 / (n - k)) FROM t); END $$;
CREATE FUNCTION calls_it(k int) RETURNS int LANGUAGE plpgsql AS $$ BEGIN PERFORM count(*) FROM t; RETURN (SELECT fails(k) FROM t WHERE id = 1); END $$;
SELECT perfaudit.reset() \g /dev/null
SELECT calls_it(5);
SELECT calls_it(77);
:statements
:sound

-- in a trigger, before and after the change
CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM count(*) FROM t WHERE id = NEW.id;
    IF NEW.id < 0 THEN RAISE EXCEPTION 'refused'; END IF;
    RETURN NEW;
END $$;
CREATE TABLE before_it (id int);
CREATE TRIGGER refuse BEFORE INSERT ON before_it FOR EACH ROW EXECUTE FUNCTION refuse();
CREATE TABLE after_it (id int);
CREATE TRIGGER refuse AFTER INSERT ON after_it FOR EACH ROW EXECUTE FUNCTION refuse();
CREATE TABLE at_commit (id int);
CREATE CONSTRAINT TRIGGER refuse AFTER INSERT ON at_commit DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION refuse();
SELECT perfaudit.reset() \g /dev/null
INSERT INTO before_it VALUES (1), (-1);
INSERT INTO after_it VALUES (1), (-1);
INSERT INTO before_it VALUES (1);
:statements
BEGIN;
INSERT INTO at_commit VALUES (-1);
COMMIT;
:sound

-- in a subtransaction: caught, and the work goes on
CREATE FUNCTION survives() RETURNS int LANGUAGE plpgsql AS $$
DECLARE
    n int := 0;
BEGIN
    FOR i IN 1..3 LOOP
        BEGIN
            PERFORM 1 / (t.n - i) FROM t WHERE t.n = i;
        EXCEPTION WHEN division_by_zero THEN
            n := n + (SELECT count(*) FROM t WHERE id = i);
        END;
    END LOOP;
    RETURN n;
END $$;
SELECT perfaudit.reset() \g /dev/null
SELECT survives();
:statements
:sound
-- a savepoint
SELECT perfaudit.reset() \g /dev/null
BEGIN;
SAVEPOINT s;
SELECT 1 / (n - 5) FROM t WHERE id = 5;
SELECT count(*) FROM t;
ROLLBACK TO s;
SELECT max(id) FROM t;
COMMIT;
:statements
:sound

-- cancelled by a timeout, at the top level, in a function, in a cursor
CREATE FUNCTION sleeps() RETURNS void LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_sleep(60) FROM t WHERE id = 1; END $$;
SELECT perfaudit.reset() \g /dev/null
SET statement_timeout = '20ms';
SELECT pg_sleep(60) FROM t WHERE id = 2;
SELECT sleeps();
BEGIN;
DECLARE c CURSOR FOR SELECT id, CASE WHEN id > 1 THEN pg_sleep(60) END FROM t ORDER BY id;
FETCH 1 FROM c \g /dev/null
FETCH 1 FROM c \g /dev/null
COMMIT;
RESET statement_timeout;
SELECT toplevel, calls, errors, query FROM perfaudit.statements
WHERE query !~ 'perfaudit' AND operation <> 'utility' AND query !~ 'id, CASE' ORDER BY toplevel, query COLLATE "C";
SELECT sum(calls) AS calls, sum(errors) AS errors FROM perfaudit.statements WHERE query ~ 'id, CASE';
:sound

-- in the middle of loops over cursors, several open
CREATE FUNCTION stops(k int) RETURNS int LANGUAGE plpgsql AS $$
DECLARE
    c CURSOR FOR SELECT id FROM t ORDER BY id;
    r record;
    s record;
BEGIN
    OPEN c;
    FETCH c INTO r;
    FOR r IN SELECT id, n FROM t WHERE id <= 20 LOOP
        FOR s IN SELECT n FROM t WHERE id = r.id LOOP
            IF r.id = k THEN RAISE EXCEPTION 'stopped at %', k; END IF;
        END LOOP;
    END LOOP;
    CLOSE c;
    RETURN 0;
END $$;
SELECT perfaudit.reset() \g /dev/null
SELECT stops(15);
SELECT stops(99);
SELECT toplevel, errors, query FROM perfaudit.statements
WHERE query !~ 'perfaudit' AND toplevel AND operation <> 'utility';
-- the completed ones: one of each loop, and 34 or 35 of the innermost
SELECT query, calls FROM perfaudit.statements
WHERE query !~ 'perfaudit' AND NOT toplevel ORDER BY query COLLATE "C";
:sound

-- two hundred failures of each kind leak no frames: the pool has 40
SELECT perfaudit.reset() \g /dev/null
DO $$
BEGIN
    FOR i IN 1..200 LOOP
        BEGIN PERFORM stops(5); EXCEPTION WHEN raise_exception THEN NULL; END;
        BEGIN PERFORM calls_it(5); EXCEPTION WHEN division_by_zero THEN NULL; END;
        BEGIN INSERT INTO after_it VALUES (-i); EXCEPTION WHEN raise_exception THEN NULL; END;
    END LOOP;
END $$;
SELECT toplevel, calls, errors, query FROM perfaudit.statements
WHERE query ~ 'calls_it|INTO after_it|stops' AND query !~ 'perfaudit' AND operation <> 'utility' ORDER BY query COLLATE "C";
:sound
\set ECHO none
\o /dev/null
SET client_min_messages = fatal;
SELECT 'SELECT 1 / (n - 5) FROM t WHERE id > 1' FROM generate_series(1, 200) \gexec
RESET client_min_messages;
\o
\set ECHO all
SELECT toplevel, calls, errors FROM perfaudit.statements WHERE query = 'SELECT $1 / (n - $2) FROM t WHERE id > $3';
:sound

-- deeper than the pool: counted, not recorded, and sound afterwards
CREATE FUNCTION deep(k int) RETURNS int LANGUAGE plpgsql AS
$$ BEGIN IF k = 0 THEN RETURN 0; END IF; RETURN (SELECT deep(k - 1) FROM t WHERE id = 1); END $$;
SELECT perfaudit.reset() \g /dev/null
SELECT deep(60);
SELECT value - :deep BETWEEN 1 AND 60 AS counted FROM perfaudit.info_facts() WHERE item = 'statements not recorded: nested too deeply';
SELECT deep(5);
SELECT toplevel, calls FROM perfaudit.statements WHERE query LIKE 'SELECT deep(%' AND query !~ 'perfaudit';
REVOKE USAGE ON SCHEMA errors FROM regress_perfaudit_errors;
DROP ROLE regress_perfaudit_errors;

-- a long text is cut between characters
SET perfaudit.max_text_length = 256;
DO $$ BEGIN EXECUTE '/* x' || repeat(U&'\00e4', 200) || ' */ DISCARD PLANS'; END $$;
SELECT count(upper(query)) > 0 AS readable FROM perfaudit.statements;
RESET perfaudit.max_text_length;

-- what is only ever executed from a plan that a session keeps, and fails, has its text, too
CREATE FUNCTION kept(k int) RETURNS int LANGUAGE plpgsql AS $$ BEGIN PERFORM 10 / k AS kept_plan FROM t WHERE id = 1; RETURN k; END $$;
PREPARE kept(int) AS SELECT 10 / $1 AS kept_too FROM t WHERE id = 1;
SET plan_cache_mode = force_generic_plan;
SELECT kept(i), 'again' FROM generate_series(1, 7) i \g /dev/null
EXECUTE kept(1) \g /dev/null
SELECT perfaudit.reset() \g /dev/null
SELECT kept(0);
EXECUTE kept(0);
SELECT toplevel, calls, errors, query FROM perfaudit.statements WHERE errors > 0 ORDER BY query COLLATE "C";
RESET plan_cache_mode;
