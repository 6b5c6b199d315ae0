-- perfaudit.notice = warning, error: what fails, what does not, what is left behind.
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS perfaudit;
RESET client_min_messages;
SET perfaudit.burst_gap = '60s';
SET perfaudit.burst_max_time = '1h';
SET perfaudit.burst_max_statements = 100000;
SET perfaudit.repeat_report_time = '1h';
SELECT value AS deep FROM perfaudit.info WHERE item ~ 'nested too deeply' \gset
CREATE SCHEMA notice_error;
SET search_path = notice_error;
CREATE TABLE people (id int PRIMARY KEY, name text);
INSERT INTO people SELECT i, 'user ' || i FROM generate_series(1, 40) i;
CREATE TABLE letters (id int PRIMARY KEY, person_id int REFERENCES people);
INSERT INTO letters SELECT i, 1 + i % 40 FROM generate_series(1, 80) i;
ANALYZE people, letters;
\set statements 'SELECT calls, errors, query FROM perfaudit.statements WHERE query ~ ''FROM letters'' AND query !~ ''perfaudit'' ORDER BY query;'
\set repeats 'SELECT kind, scope, n_max FROM perfaudit.repeats ORDER BY kind;'
\set findings 'SELECT kind, occurrences, evidence->>''n_max'' AS n_max FROM perfaudit.findings WHERE relation IN (''people''::regclass, ''letters''::regclass) OR kind = ''failing_statement'' ORDER BY kind;'
\set list 'SELECT id FROM people ORDER BY id LIMIT 20;'
\set ten 'SELECT format(''SELECT * FROM letters WHERE person_id = %s'', i) FROM generate_series(1, 10) i'

SET perfaudit.notice = warning;
\o /dev/null
BEGIN;
:list
:ten \gexec
COMMIT;
\o

-- the tenth fails, and with it its transaction
SET perfaudit.notice = error;
\o /dev/null
SELECT perfaudit.reset();
BEGIN;
SELECT count(*) FROM (SELECT id FROM people ORDER BY id LIMIT 20) s;
:list
:ten \gexec
\o
COMMIT;
-- the next unit begins as that one did: no retry of it
BEGIN;
SELECT count(*) FROM (SELECT id FROM people ORDER BY id LIMIT 20) s;
COMMIT;
-- as if it had not been sent; but findings know
:statements
:findings
SELECT errors FROM perfaudit.backends WHERE pid = pg_backend_pid();

-- outside of a transaction the rest goes on: once a shape and unit
SET perfaudit.unit = 'burst';
\o /dev/null
SELECT perfaudit.reset();
:list
:ten \gexec
:ten \gexec
\o
:statements
:repeats

-- the same values; no parent; both by number only, not by time
SET perfaudit.unit = 'others';
SET perfaudit.repeat_report_time = 0;
\o /dev/null
SELECT perfaudit.reset();
SELECT 'SELECT * FROM letters WHERE id = 5' FROM generate_series(1, 9) \gexec
SELECT * FROM letters WHERE id = 5;
\echo :SQLSTATE
BEGIN;
:ten \gexec
ROLLBACK;
SET perfaudit.duplicate_report = 20;
SET perfaudit.unit = 'only when findings have it';
SELECT 'SELECT * FROM letters WHERE id = 5' FROM generate_series(1, 19) \gexec
\o
:findings
RESET perfaudit.duplicate_report;
SET perfaudit.repeat_report_time = '1h';

-- EXECUTE: what is around it does not fail either
PREPARE of_person AS SELECT id FROM letters WHERE person_id = $1;
\o /dev/null
SELECT perfaudit.reset();
BEGIN;
:list
SELECT format('EXECUTE of_person (%s)', i) FROM generate_series(1, 10) i \gexec
ROLLBACK;
\o
:statements
SELECT count(*) AS failed FROM perfaudit.statements WHERE errors > 0;

-- a savepoint takes it back; it is told once, and what comes is recorded
\o /dev/null
SELECT perfaudit.reset();
BEGIN;
:list
SAVEPOINT s;
:ten \gexec
ROLLBACK TO s;
:ten \gexec
COMMIT;
\o
:statements

-- inside functions nothing is told
CREATE FUNCTION loop_over() RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE n bigint := 0; one bigint;
BEGIN
    FOR i IN 1..20 LOOP
        SELECT count(*) INTO one FROM letters WHERE person_id = i;
        n := n + one;
    END LOOP;
    RETURN n;
END $$;
SELECT loop_over();

-- good ways, in a transaction: a batch, a look-up before each insert, pages, other shapes
CREATE TABLE names (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, name text);
\o /dev/null
BEGIN;
:list
SELECT * FROM letters WHERE person_id = ANY (ARRAY(SELECT generate_series(1, 20)));
SELECT format('SELECT 1 FROM names WHERE name = ''name %s''', i), format('INSERT INTO names (name) VALUES (''name %s'')', i)
    FROM generate_series(1, 20) i \gexec
SELECT format('SELECT id FROM letters WHERE id > %s ORDER BY id LIMIT 5', i * 5) FROM generate_series(0, 14) i \gexec
SELECT format('SELECT * FROM letters WHERE id IN (%s, %s, %s)', i, i + 1, i + 2) FROM generate_series(1, 12) i \gexec
COMMIT;
\o

-- nothing leaks: 20 failures, and a session keeps 14 frames
\o /dev/null
SELECT perfaudit.reset();
\set ECHO none
\set VERBOSITY sqlstate
SELECT format('SET perfaudit.unit = ''%s''', u), 'SELECT id FROM people ORDER BY id LIMIT 20',
       'SELECT * FROM letters WHERE person_id = 1', 'SELECT * FROM letters WHERE person_id = 2', 'SELECT * FROM letters WHERE person_id = 3',
       'SELECT * FROM letters WHERE person_id = 4', 'SELECT * FROM letters WHERE person_id = 5', 'SELECT * FROM letters WHERE person_id = 6',
       'SELECT * FROM letters WHERE person_id = 7', 'SELECT * FROM letters WHERE person_id = 8', 'SELECT * FROM letters WHERE person_id = 9',
       'SELECT * FROM letters WHERE person_id = 10', 'SELECT * FROM letters WHERE person_id = 11' FROM generate_series(1, 20) u \gexec
\set VERBOSITY default
\set ECHO all
\o
:statements
SELECT kind, scope, units, n_min, n_max FROM perfaudit.repeats;
SELECT value = :'deep' AS none FROM perfaudit.info WHERE item ~ 'nested too deeply';

-- in a stricter suite the fifth fails; the sixth if a value comes twice, for the values must differ
SET perfaudit.repeat_report = 5;
SET perfaudit.unit = 'five';
\o /dev/null
SELECT perfaudit.reset();
:list
:ten \gexec
\o
SELECT kind, n_max, compared, covered FROM perfaudit.repeats;
SET perfaudit.unit = 'one of them twice';
\o /dev/null
SELECT perfaudit.reset();
:list
SELECT format('SELECT * FROM letters WHERE person_id = %s', i) FROM unnest('{1,2,2,3,4,5,6}'::int[]) i \gexec
\o
SELECT kind, n_max, compared, covered FROM perfaudit.repeats;
-- the sixth, too, where no foreign key tells where the values come from
CREATE TABLE copies AS SELECT * FROM letters;
SET perfaudit.unit = 'no foreign key';
\o /dev/null
SELECT perfaudit.reset();
:list
SELECT format('SELECT * FROM copies WHERE person_id = %s', i) FROM generate_series(1, 8) i \gexec
\o
SELECT kind, n_max, compared, covered FROM perfaudit.repeats;
RESET perfaudit.repeat_report;

-- any role may set it; nobody sets what it is not
CREATE ROLE regress_perfaudit_developer;
SET ROLE regress_perfaudit_developer;
SET perfaudit.notice = off;
SET perfaudit.notice = error;
SET perfaudit.notice = fatal;
RESET ROLE;
SET perfaudit.notice = off;
SET client_min_messages = warning;
DROP ROLE regress_perfaudit_developer;
DROP SCHEMA notice_error CASCADE;
