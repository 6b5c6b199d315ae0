-- Where the values of repeats came from, and when they came from nowhere: what real
-- drivers and ORMs (t/022_clients.pl) showed, in psql.
-- Times decide nothing here: no burst ends by itself, no repeat is told for its time.
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS perfaudit;
RESET client_min_messages;
SET perfaudit.burst_gap = '60s';
SET perfaudit.burst_max_time = '1h';
SET perfaudit.burst_max_statements = 100000;
SET perfaudit.repeat_report_time = '1h';
CREATE SCHEMA parents;
SET search_path = parents;

-- small numbers from 1 everywhere, no foreign key but one
CREATE TABLE people (id int PRIMARY KEY, name text, code char(5), born date, boss_id int);
CREATE TABLE letters (id int PRIMARY KEY, person_id int REFERENCES people, a int, b int, c int, d int, e int, topic_id int);
CREATE TABLE notes (id int PRIMARY KEY, person_id int, stars int, kind text, object text, day date, code char(8));
CREATE TABLE topics (id int PRIMARY KEY, name text, group_id int);
CREATE TABLE groups (id int PRIMARY KEY, name text);
INSERT INTO people SELECT i, 'Person ' || i, 'P' || i, date '2000-01-01' + i, 1 + i / 3 FROM generate_series(1, 200) i;
INSERT INTO letters SELECT i, 1 + i % 200, i % 3, i % 4, i % 5, i % 6, i % 7, 1 + i * 7 % 50 FROM generate_series(1, 600) i;
INSERT INTO notes SELECT i, 1 + i % 200, i % 6, 'person', 1 + i % 200, date '2000-01-01' + i % 200, 'P' || 1 + i % 200
    FROM generate_series(1, 600) i;
INSERT INTO topics SELECT i, 'Topic ' || i, 1 + i * 3 % 20 FROM generate_series(1, 50) i;
INSERT INTO groups SELECT i, 'Group ' || i FROM generate_series(1, 20) i;
ANALYZE people, letters, notes, topics, groups;
\set found 'SELECT kind, relation, evidence->>''child_column'' AS child, concat_ws(''.'', evidence->>''parent_table'', evidence->>''parent_column'') AS parent, evidence->>''n_max'' AS n FROM perfaudit.findings WHERE kind IN (''n_plus_one'', ''duplicate_statement'') ORDER BY query;'
\set first 'FROM generate_series(1, 15) i'

\set ECHO none
\echo Found:
\echo - each case has its list, then a statement for each row, outside of transactions
CREATE FUNCTION list(what text, each text) RETURNS SETOF text LANGUAGE sql AS $$
    SELECT format('SET perfaudit.unit = %L', each) UNION ALL SELECT what UNION ALL
    SELECT replace(replace(each, '{}', i::text), '{day}', (date '2000-01-01' + i)::text) FROM generate_series(1, 15) i $$;
\o /dev/null
SELECT perfaudit.reset();
SELECT list('SELECT * FROM people ORDER BY id LIMIT 15', 'SELECT id AS as_text FROM notes WHERE kind = ''person'' AND object = ''{}''') \gexec
SELECT list('SELECT id, code FROM people ORDER BY id LIMIT 15', 'SELECT id AS padded FROM notes WHERE code = ''P{}''') \gexec
SELECT list('SELECT id, born FROM people ORDER BY id LIMIT 15', 'SELECT id AS by_day FROM notes WHERE day = ''{day}''') \gexec
SELECT list('SELECT id FROM people ORDER BY id LIMIT 15', 'SELECT id AS list_of_one FROM notes WHERE person_id = ANY (''{{}}''::int[])') \gexec
SELECT list('SELECT name FROM people ORDER BY id LIMIT 15', 'SELECT id AS expression FROM people WHERE lower(name) = lower(''Person {}'')') \gexec
SELECT list('SELECT id FROM people ORDER BY id LIMIT 15',
            'SELECT id AS behind_others FROM letters WHERE a = 1 AND b = 1 AND c = 1 AND d = 1 AND person_id = {}') \gexec
\echo - the key is the seventh number of its row
SELECT list('SELECT a, b, c, d, e, topic_id AS n, person_id FROM letters WHERE id BETWEEN 200 AND 214 ORDER BY id',
            'SELECT id AS wide FROM people WHERE id = {}') \gexec
\echo - more children than rows are kept
SET perfaudit.unit = 'long';
SELECT * FROM people ORDER BY id;
SELECT format('SELECT id AS long FROM notes WHERE person_id = %s', i) FROM generate_series(1, 200) i \gexec
\o
:found

\echo - rows that were read one by one have children
SET perfaudit.unit = 'chain';
\o /dev/null
SELECT perfaudit.reset();
SELECT id, topic_id FROM letters ORDER BY id LIMIT 40;
SELECT format('SELECT * FROM topics WHERE id = %s', topic_id), format('SELECT * FROM groups WHERE id = %s', 1 + topic_id * 3 % 20)
    FROM (SELECT topic_id FROM letters ORDER BY id LIMIT 40) l \gexec
\o
:found

\echo - the numbers of a sibling are no parent, nor is a prefetch of the column asked for
SET perfaudit.unit = 'siblings';
\o /dev/null
SELECT perfaudit.reset();
SELECT id FROM people ORDER BY id LIMIT 15;
SELECT * FROM notes WHERE person_id = ANY ('{1,2,3,4,5,6,7,8,9,10,11,12,13,14,15}');
SELECT format('SELECT stars, id FROM notes WHERE person_id = %s ORDER BY id', i), format('SELECT id, a FROM letters WHERE topic_id < 99 AND person_id = %s', i) :first \gexec
\o
:found

\echo - the order tells which of two lists it was
SET perfaudit.unit = 'order';
\o /dev/null
SELECT perfaudit.reset();
SELECT id, name FROM people ORDER BY name;
SELECT person_id FROM notes WHERE id <= 30 ORDER BY id;
SELECT format('SELECT id FROM letters WHERE person_id = %s', person_id) FROM (SELECT person_id FROM notes WHERE id <= 30 ORDER BY id) n \gexec
\o
:found

\echo - clients of a pool take turns: each with a page of its own
SET perfaudit.unit = 'turns';
\o /dev/null
SELECT perfaudit.reset();
SELECT id, name FROM people WHERE id >= 20 ORDER BY id LIMIT 15;
SELECT id, name FROM people WHERE id >= 120 ORDER BY id LIMIT 15;
SELECT format('SELECT a FROM letters WHERE person_id = %s', i + 19), format('SELECT a FROM letters WHERE person_id = %s', i + 119) :first \gexec
\o
:found

\echo - the same setting in a row
SET perfaudit.unit = 'same';
\o /dev/null
SELECT perfaudit.reset();
SELECT 'SELECT name FROM groups WHERE id = 7' :first \gexec
\o
:found

\echo Silent:
\echo - look-ups that hit a list at random; a list and a detail, again and again
SET perfaudit.unit = 'random';
\o /dev/null
SELECT perfaudit.reset();
SELECT id, name FROM people ORDER BY id LIMIT 60;
SELECT format('SELECT * FROM letters WHERE person_id = %s', 1 + i * 37 % 60), format('SELECT * FROM people WHERE id = %s', 1 + i * 23 % 60) :first \gexec
SELECT 'SELECT id, name, born FROM people ORDER BY id LIMIT 50', format('SELECT b FROM letters WHERE person_id = %s', 1 + i * 37 % 50) :first \gexec
\echo - requests that begin with the same look-ups
SELECT 'SELECT name FROM groups WHERE id = 3', 'SELECT name FROM topics WHERE id = 4', 'SELECT name FROM people WHERE id = 5' :first \gexec
\o
:found

\echo - who waits for something
SET perfaudit.burst_gap = '400ms';
SET perfaudit.unit = 'polling';
\o /dev/null
SELECT perfaudit.reset();
SELECT name FROM groups WHERE id = 9;
\! sleep 0.1
SELECT name FROM groups WHERE id = 9;
\! sleep 0.1
SELECT 'SELECT name FROM groups WHERE id = 9' FROM generate_series(1, 6) i \gexec
\o
:found

\echo - of a key of two columns, the one with more values, though both come in the order of the rows
SET perfaudit.unit = 'two columns';
CREATE TABLE places (shelf text, nr int, PRIMARY KEY (shelf, nr));
CREATE TABLE loans (id int PRIMARY KEY, nr int, shelf text, FOREIGN KEY (shelf, nr) REFERENCES places);
INSERT INTO places SELECT 'Shelf ' || i, n FROM generate_series(11, 25) i, generate_series(1, 2) n;
ANALYZE places;
\o /dev/null
SELECT perfaudit.reset();
SELECT shelf, nr FROM places ORDER BY shelf, nr;
SELECT format('SELECT id FROM loans WHERE nr = %s AND shelf = ''Shelf %s''', n, i) FROM generate_series(11, 25) i, generate_series(1, 2) n ORDER BY i, n \gexec
\o
:found

\echo - an import: what is there is changed, what is not is added; a question before a change
SET perfaudit.burst_gap = '60s';
SET perfaudit.unit = 'import';
\o /dev/null
SELECT perfaudit.reset();
BEGIN;
SELECT format('SELECT id FROM topics WHERE name = %L', 'Topic ' || i + 40),
       CASE WHEN i <= 10 THEN format('UPDATE topics SET group_id = 1 WHERE id = %s', i + 40)
            ELSE format('INSERT INTO topics VALUES (%s, %L)', i + 40, 'Topic ' || i + 40) END :first \gexec
SELECT id FROM groups ORDER BY id FOR UPDATE;
SELECT format('SELECT 1 FROM groups WHERE name = %L AND id <> %s LIMIT 1', 'Group ' || i, i),
       format('UPDATE groups SET name = %L WHERE id = %s', 'Group ' || i, i) :first \gexec
COMMIT;
\o
:found

SET client_min_messages = warning;
DROP SCHEMA parents CASCADE;
