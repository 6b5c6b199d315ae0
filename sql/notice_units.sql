-- Requests inside one transaction, as test frameworks run them: told once a request.
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS perfaudit;
RESET client_min_messages;
SET perfaudit.repeat_report_time = '1h';
CREATE SCHEMA notice_units;
SET search_path = notice_units;
CREATE TABLE people (id int PRIMARY KEY, name text);
INSERT INTO people SELECT i, 'user ' || i FROM generate_series(1, 40) i;
CREATE TABLE letters (id int PRIMARY KEY, person_id int REFERENCES people);
INSERT INTO letters SELECT i, 1 + i % 40 FROM generate_series(1, 80) i;
ANALYZE people, letters;
\set list 'SELECT id FROM people ORDER BY id LIMIT 20'
\set loop 'SELECT format(''SELECT * FROM letters WHERE person_id = %s %s'', i, :''tag'') FROM generate_series(1, 12) i'
\set rows 'SELECT scope, kind, tags, units, n_max FROM perfaudit.repeats ORDER BY tags::text;'
SET perfaudit.notice = notice;
\set ECHO queries
\set tag ''

-- by perfaudit.unit: the name changes with every request, savepoints do not matter
\o /dev/null
SELECT perfaudit.reset();
BEGIN;
SAVEPOINT one;
SET LOCAL perfaudit.unit = 'GET /people 1';
:list ;
:loop \gexec
ROLLBACK TO one;
SAVEPOINT two;
SET LOCAL perfaudit.unit = 'GET /people 2';
:list ;
:loop \gexec
:loop \gexec
RELEASE two;
SET LOCAL perfaudit.unit = 'GET /good';
SELECT * FROM people JOIN letters ON person_id = people.id;
ROLLBACK;
\o
:rows

-- by tags: a request each
\o /dev/null
SELECT perfaudit.reset();
BEGIN;
\set tag '/*controller=''people'',action=''index'',traceparent=''1''*/'
:list :tag ;
:loop \gexec
\set tag '/*controller=''people'',action=''list''*/'
:list :tag ;
:loop \gexec
\set tag '/*controller=''people'',action=''index'',traceparent=''2''*/'
:list :tag ;
:loop \gexec
ROLLBACK;
\o
:rows

-- neither: the transaction is the unit, told once
\o /dev/null
SELECT perfaudit.reset();
\set tag ''
BEGIN;
:list ;
:loop \gexec
SAVEPOINT three;
:list ;
:loop \gexec
ROLLBACK TO three;
:list ;
:loop \gexec
ROLLBACK;
\o
:rows

-- requests that are fine each do not add up to one that is not
\o /dev/null
SELECT perfaudit.reset();
BEGIN;
SELECT format('SET LOCAL perfaudit.unit = ''GET /people/%s''', i), 'SELECT id FROM people ORDER BY id LIMIT 20',
       format('SELECT * FROM letters WHERE person_id = %s', i) FROM generate_series(1, 12) i \gexec
ROLLBACK;
\o
:rows
\set ECHO all
SET client_min_messages = warning;
DROP SCHEMA notice_units CASCADE;
