-- perfaudit.ignore_applications: units of work that are neither judged nor told.
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS perfaudit;
RESET client_min_messages;
SET perfaudit.burst_gap = '60s';
SET perfaudit.burst_max_time = '1h';
SET perfaudit.burst_max_statements = 100000;
SET perfaudit.repeat_report_time = '1h';
SET perfaudit.notice = notice;
CREATE SCHEMA ignore_applications;
SET search_path = ignore_applications;
CREATE TABLE people (id int PRIMARY KEY, name text);
INSERT INTO people SELECT i, 'user ' || i FROM generate_series(1, 40) i;
CREATE TABLE letters (id int PRIMARY KEY, person_id int REFERENCES people);
INSERT INTO letters SELECT i, 1 + i % 40 FROM generate_series(1, 80) i;
ANALYZE people, letters;
\set loop 'SELECT format(''SELECT * FROM letters WHERE person_id = %s'', i) FROM generate_series(1, 12) i'

SET perfaudit.ignore_applications = 'nightly import, psql, "odd, ""name""", pgAdmin 4*';
SHOW perfaudit.ignore_applications;
SET application_name = 'nightly import';
\o /dev/null
SELECT perfaudit.reset();
BEGIN;
SELECT id FROM people ORDER BY id LIMIT 20;
:loop \gexec
COMMIT;
SELECT id FROM people ORDER BY id LIMIT 20;
:loop \gexec
\o
SELECT count(*) AS repeats FROM perfaudit.repeats;
-- all else is recorded
SELECT calls FROM perfaudit.statements WHERE query = 'SELECT * FROM letters WHERE person_id = $1';
-- nor is what units are made of
SELECT format('SELECT %s(id) FROM %s', f, t) FROM unnest('{min,max,sum,avg,count,variance}'::text[]) f, unnest('{people,letters}'::text[]) t
\set ECHO none
\o /dev/null
\gexec
\o
\set ECHO all
SELECT count(*) AS chatty FROM perfaudit.detect_chatty_unit WHERE application = 'nightly import';
-- another one is judged
SET application_name = 'nightly';
\o /dev/null
BEGIN;
SELECT id FROM people ORDER BY id LIMIT 20;
:loop \gexec
COMMIT;
\o
SELECT application, kind, n_max FROM perfaudit.repeats;

-- which names are meant: told by whether the same SELECT five times is a repeat
SET perfaudit.notice = off;
SELECT perfaudit.reset() \g /dev/null
SELECT format('SET perfaudit.ignore_applications = %L', list) AS set_list, format('SET application_name = %L', name) AS set_name,
       'SELECT name FROM people WHERE id = 7' AS one, 'SELECT name FROM people WHERE id = 7' AS two, 'SELECT name FROM people WHERE id = 7' AS three,
       'SELECT name FROM people WHERE id = 7' AS four, 'SELECT name FROM people WHERE id = 7' AS five
FROM (VALUES ('a1', 'a1'), ('a', 'b1'), ('a,b', 'b'), (' a , b ', 'b'), ('a', 'ab'), ('ab', 'a'), ('a*', 'abc'), ('a2*', 'a2'), ('a*b', 'ab1'), ('*', 'any'), ('', 'c1'),
             (',', 'd1'), ('"x, y"', 'x, y'), ('x, y', 'x, y'), ('"x ""y""",z', 'x "y"'), ('"x,', 'x1'), ('""', ''), ('"x "', 'x'), ('"x" z, w', 'w'), ('Psql', 'psql')) v (list, name)
\set ECHO none
\o /dev/null
\gexec
\o
\set ECHO all
SELECT application FROM perfaudit.repeats ORDER BY application COLLATE "C";

-- recording settings are the superuser's
CREATE ROLE regress_perfaudit_sly;
SET ROLE regress_perfaudit_sly;
SET perfaudit.ignore_applications = '*';
RESET ROLE;
RESET perfaudit.ignore_applications;
SET client_min_messages = warning;
DROP ROLE regress_perfaudit_sly;
DROP SCHEMA ignore_applications CASCADE;
