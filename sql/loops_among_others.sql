-- Loops among look-ups of other requests, and over two columns of a list of few rows.
-- Times decide nothing here: no burst ends by itself, no repeat is told for its time.
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS perfaudit;
RESET client_min_messages;
SET perfaudit.burst_gap = '60s';
SET perfaudit.burst_max_time = '1h';
SET perfaudit.repeat_report_time = '1h';
CREATE SCHEMA loops_among_others;
SET search_path = loops_among_others;

CREATE TABLE people (id int PRIMARY KEY, name text);
CREATE TABLE threads (id int PRIMARY KEY, person_id int REFERENCES people);
CREATE TABLE tickets (id int PRIMARY KEY, reporter_id int REFERENCES people, assignee_id int REFERENCES people);
INSERT INTO people SELECT i, 'Person ' || i FROM generate_series(1, 50) i;
INSERT INTO threads SELECT i, 1 + abs(hashint4(i) % 50) FROM generate_series(1, 20) i;
INSERT INTO tickets VALUES (1, 44, 19), (2, 21, 27), (3, 2, 26), (4, 28, 11), (5, 12, 41), (6, 49, 36), (7, 26, 9), (8, 13, 42),
    (9, 37, 7), (10, 26, 2), (11, 43, 5), (12, 23, 25), (13, 14, 27);
\set found 'SELECT relation, evidence->>''parent_table'' AS parent, evidence->>''n_max'' AS n FROM perfaudit.findings WHERE kind = ''n_plus_one'' ORDER BY query;'

\set ECHO none
\echo Found, with about as many executions as the loop had:
SET perfaudit.unit = 'among others';
\o /dev/null
SELECT perfaudit.reset();
SELECT format('SELECT name FROM people WHERE id = %s', 1 + abs(hashint4(i + 400) % 50)) FROM generate_series(1, 35) i \gexec
SELECT * FROM threads ORDER BY id;
SELECT format('SELECT name FROM people WHERE id = %s', person_id) FROM threads ORDER BY id \gexec
SELECT format('SELECT name FROM people WHERE id = %s', 1 + abs(hashint4(i + 700) % 50)) FROM generate_series(1, 25) i \gexec
\o
SELECT relation, evidence->>'parent_table' AS parent, (evidence->>'n_max')::int BETWEEN 16 AND 24 AS n FROM perfaudit.findings WHERE kind = 'n_plus_one';
\echo - the others are named apart; how many units there were, too
\t
SELECT regexp_replace(summary, '[0-9]+', 'N', 'g') FROM perfaudit.findings WHERE kind = 'n_plus_one';
\o /dev/null
SELECT perfaudit.reset();
SELECT CASE WHEN n = -1 THEN format('SET perfaudit.unit = ''unit %s''', u) WHEN n = 0 THEN 'SELECT * FROM threads ORDER BY id'
    ELSE format('SELECT name FROM people WHERE id = %s', person_id) END
FROM generate_series(1, 3) u, LATERAL (SELECT -1 AS n, NULL::int AS person_id UNION ALL SELECT 0, NULL UNION ALL SELECT id, person_id FROM threads) t
ORDER BY u, n \gexec
\o
SELECT summary FROM perfaudit.findings WHERE kind = 'n_plus_one';
\t
\echo - each person once, by turns from two columns of few rows
SET perfaudit.unit = 'two columns';
\o /dev/null
SELECT perfaudit.reset();
SELECT * FROM tickets ORDER BY id;
SELECT format('SELECT name FROM people WHERE id = %s', p)
FROM (SELECT p, min(2 * id + i) AS n FROM tickets, LATERAL (VALUES (0, reporter_id), (1, assignee_id)) v (i, p) GROUP BY p) t ORDER BY n \gexec
\o
:found

\echo - each time both, of two columns one of which has few
CREATE TABLE papers (id int PRIMARY KEY, writer_id int REFERENCES people, editor_id int REFERENCES people);
INSERT INTO papers SELECT i, 1 + i * 7 % 40, 1 + (i * i + 3) % 40 FROM generate_series(1, 30) i;
SET perfaudit.unit = 'few editors';
\o /dev/null
SELECT perfaudit.reset();
SELECT * FROM papers ORDER BY id;
SELECT format('SELECT name FROM people WHERE id = %s', writer_id), format('SELECT name FROM people WHERE id = %s', editor_id) FROM papers ORDER BY id \gexec
\o
:found

\echo Silent:
\echo - others only
SET perfaudit.unit = 'others';
\o /dev/null
SELECT perfaudit.reset();
SELECT format('SELECT name FROM people WHERE id = %s', 1 + abs(hashint4(i + 400) % 50)) FROM generate_series(1, 35) i \gexec
SELECT * FROM threads ORDER BY id;
SELECT format('SELECT name FROM people WHERE id = %s', 1 + abs(hashint4(i + 700) % 50)) FROM generate_series(1, 45) i \gexec
\o
:found
\set ECHO all
\set ECHO none
\echo - all rows of a list too long to be remembered: what is not compared is not said to come from elsewhere
SET perfaudit.unit = 'long list';
\o /dev/null
SELECT perfaudit.reset();
CREATE TABLE visits (id int PRIMARY KEY, n1 int, n2 int, n3 int, person_id int REFERENCES people);
INSERT INTO visits SELECT i, -i, -i, -i, id FROM (SELECT row_number() OVER (ORDER BY id) AS i, id FROM people) p;
SELECT * FROM visits ORDER BY id;
SELECT format('SELECT * FROM people WHERE id = %s', person_id) FROM visits ORDER BY id \gexec
\o
SELECT regexp_replace(summary, '\d+', 'N', 'g') AS summary, (evidence->>'n_max')::int = count(p) AS of_all FROM perfaudit.findings, people p WHERE kind = 'n_plus_one' GROUP BY summary, evidence;
\set ECHO all
SET client_min_messages = warning;
DROP SCHEMA loops_among_others CASCADE;
