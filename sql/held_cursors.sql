-- Rows of cursors: none is lost or counted twice, however they are fetched and held.
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS perfaudit;
RESET client_min_messages;
CREATE SCHEMA held_cursors;
SET search_path = held_cursors;
CREATE TABLE t (id int PRIMARY KEY, n int);
INSERT INTO t SELECT i, i % 10 FROM generate_series(1, 100) i;
ANALYZE t;
\set rows 'SELECT toplevel, calls, errors, rows, query FROM perfaudit.statements WHERE query ~ ''held_'' AND query !~ ''perfaudit'' AND operation <> ''utility'' ORDER BY query COLLATE "C";'
\o /dev/null
SELECT perfaudit.reset();
-- held over the end of its transaction: one that can go back begins again, another goes on
BEGIN; DECLARE c NO SCROLL CURSOR WITH HOLD FOR SELECT id AS held_1 FROM t WHERE id <= 8; FETCH 3 FROM c; COMMIT; FETCH 3 FROM c; CLOSE c;
BEGIN; DECLARE c SCROLL CURSOR WITH HOLD FOR SELECT id AS held_2 FROM t WHERE id <= 8 AND n >= 0; FETCH 3 FROM c; COMMIT; FETCH 3 FROM c; CLOSE c;
-- by what its plan can do: an aggregate cannot go back
BEGIN; DECLARE c CURSOR WITH HOLD FOR SELECT n, count(*) AS held_3 FROM t GROUP BY n; FETCH 3 FROM c; COMMIT; FETCH 3 FROM c; CLOSE c;
-- fetched only afterwards, and in a transaction of its own
BEGIN; DECLARE c CURSOR WITH HOLD FOR SELECT id AS held_4 FROM t WHERE id < 9; COMMIT; FETCH 3 FROM c; CLOSE c;
DECLARE c CURSOR WITH HOLD FOR SELECT n AS held_5 FROM t WHERE id <= 8; FETCH ALL FROM c; CLOSE c;
-- loops and cursors of procedures that end the transaction
CREATE PROCEDURE loops() LANGUAGE plpgsql AS $$
DECLARE r record; c refcursor; BEGIN
    FOR r IN SELECT id, n AS held_6 FROM t WHERE id <= 8 ORDER BY id LOOP
        IF r.id % 3 = 0 THEN COMMIT; END IF;
    END LOOP;
    FOR r IN SELECT n, count(*) AS held_7 FROM t GROUP BY n LOOP COMMIT; END LOOP;
END $$;
CALL loops();
-- recording switched off for a while: what was begun is counted as a whole
BEGIN; DECLARE c CURSOR FOR SELECT id AS held_8 FROM t; FETCH 3 FROM c; SET perfaudit.enabled = off; FETCH 2 FROM c; FETCH 1 FROM c; SET perfaudit.enabled = on; FETCH 7 FROM c; COMMIT;
-- there and back
BEGIN; DECLARE c SCROLL CURSOR FOR SELECT id AS held_9 FROM t ORDER BY id; FETCH 5 FROM c; FETCH BACKWARD 2 FROM c; FETCH ABSOLUTE 4 FROM c; MOVE 6 FROM c; COMMIT;
-- changes as a cursor sees them
BEGIN; DECLARE c CURSOR FOR SELECT id AS held_a FROM t WHERE n = 5 FOR UPDATE; FETCH 2 FROM c; UPDATE t SET n = 6 WHERE CURRENT OF c; DELETE FROM t WHERE CURRENT OF c; FETCH 3 FROM c; COMMIT;
\o
:rows
-- more cursors than there are places: those opened first give up theirs, and nothing else is lost
DO $$ BEGIN FOR i IN 1 .. 20 LOOP EXECUTE format('CREATE TABLE many_%s AS SELECT generate_series(1, 9) AS id', i); END LOOP; END $$;
\o /dev/null
SELECT perfaudit.reset();
\set ECHO none
BEGIN;
SELECT format('DECLARE c%s CURSOR FOR SELECT id FROM many_%s', i, i), format('FETCH 3 FROM c%s', i) FROM generate_series(1, 20) i \gexec
SELECT 'SELECT count(*) AS beside FROM many_1 WHERE id > 3' FROM generate_series(1, 5) \gexec
SELECT format('FETCH 2 FROM c%s', i), format('CLOSE c%s', i) FROM generate_series(1, 20) i \gexec
COMMIT;
SELECT 'SELECT count(*) AS afterwards FROM many_2 WHERE id > 3' FROM generate_series(1, 5) \gexec
\set ECHO all
\o
SELECT calls, count(*) AS cursors, bool_and(rows IN (3, 5)) AS rows, max(rows) AS most FROM perfaudit.statements WHERE query ~ 'id FROM many_' AND query !~ 'perfaudit|DECLARE' GROUP BY calls;
SELECT toplevel, calls, rows FROM perfaudit.statements WHERE query ~ 'beside|afterwards' AND query !~ 'perfaudit' AND operation = 'select' ORDER BY query COLLATE "C";
SELECT value > 0 AS told FROM perfaudit.info_facts() WHERE item = 'statements not recorded: nested too deeply';

-- one call of each is all that the pieces of a statement are
\o /dev/null
SELECT perfaudit.reset();
CREATE TABLE pieces (id int PRIMARY KEY, t int UNIQUE REFERENCES t);
CREATE SCHEMA pieces CREATE TABLE one (id int PRIMARY KEY) CREATE VIEW two AS SELECT * FROM one;
ALTER TABLE pieces ADD CHECK (id > 0), ADD UNIQUE (t, id);
\o
SELECT toplevel, calls, generic_calls, custom_calls, query FROM perfaudit.statements WHERE query ~ 'pieces' AND query !~ 'perfaudit' ORDER BY query COLLATE "C", toplevel;
SET client_min_messages = warning;
DROP SCHEMA pieces CASCADE;
DROP SCHEMA held_cursors CASCADE;
