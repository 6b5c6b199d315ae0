-- Keys of a list, each asked for once and in no order: a loop over what it has, or over
-- all keys of a small table, which stand in every list.
-- Times decide nothing here: no burst ends by itself, no repeat is told for its time.
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS perfaudit;
RESET client_min_messages;
SET perfaudit.burst_gap = '60s';
SET perfaudit.burst_max_time = '1h';
SET perfaudit.repeat_report_time = '1h';
CREATE SCHEMA dense_keys;
SET search_path = dense_keys;

CREATE TABLE agents (id int PRIMARY KEY, name text);
CREATE TABLE people (id int PRIMARY KEY, name text);
CREATE TABLE tickets (id int PRIMARY KEY, agent_id int REFERENCES agents, person_id int REFERENCES people);
INSERT INTO agents SELECT i, 'Agent ' || i FROM generate_series(1, 16) i;
INSERT INTO people SELECT i, 'Person ' || i FROM generate_series(1, 90) i;
INSERT INTO tickets SELECT i, 1 + (hashint4(i) & 15), 1 + abs(hashint4(i + 60) % 90) FROM generate_series(1, 60) i;
\set found 'SELECT relation, evidence->>''child_column'' AS child, evidence->>''parent_table'' AS parent, evidence->>''n_max'' AS n FROM perfaudit.findings WHERE kind = ''n_plus_one'' ORDER BY query;'
\set agents 'SELECT id, agent_id FROM tickets ORDER BY id;'
\set people 'SELECT id, person_id FROM tickets ORDER BY id;'

\set ECHO none
\echo Found:
\echo - those of the list, without those that it has twice, by their numbers
SET perfaudit.unit = 'set';
\o /dev/null
SELECT perfaudit.reset();
:people
SELECT format('SELECT name FROM people WHERE id = %s', person_id) FROM (SELECT DISTINCT person_id FROM tickets) t ORDER BY person_id \gexec
\o
:found
\echo - in any order
SET perfaudit.unit = 'shuffled';
\o /dev/null
SELECT perfaudit.reset();
:people
SELECT format('SELECT name FROM people WHERE id = %s', person_id) FROM (SELECT DISTINCT person_id FROM tickets) t ORDER BY hashint4(person_id) \gexec
\o
:found
\echo - all keys of a small table, in the order of the list
SET perfaudit.unit = 'in order';
\o /dev/null
SELECT perfaudit.reset();
:agents
SELECT format('SELECT name FROM agents WHERE id = %s', agent_id) FROM tickets ORDER BY id \gexec
\o
:found
\echo - in one transaction: those of each row, in any order, and then one that is not in the list
SET perfaudit.unit = 'transaction';
\o /dev/null
SELECT perfaudit.reset();
BEGIN;
:people
SELECT format('SELECT name FROM people WHERE id = %s', person_id) FROM tickets ORDER BY hashint4(id + 7) \gexec
SELECT format('SELECT name FROM people WHERE id = %s', min(id)) FROM people WHERE id NOT IN (SELECT person_id FROM tickets) \gexec
COMMIT;
\o
:found

\echo Silent:
\echo - all keys of a small table by their numbers
SET perfaudit.unit = 'all';
\o /dev/null
SELECT perfaudit.reset();
:agents
SELECT format('SELECT name FROM agents WHERE id = %s', id) FROM agents ORDER BY id \gexec
\o
:found
\echo - in any order
SET perfaudit.unit = 'all, shuffled';
\o /dev/null
SELECT perfaudit.reset();
:agents
SELECT format('SELECT name FROM agents WHERE id = %s', id) FROM agents ORDER BY hashint4(id) \gexec
\o
:found
\echo - also one that is not in the list
SET perfaudit.unit = 'one more';
\o /dev/null
SELECT perfaudit.reset();
:people
SELECT format('SELECT name FROM people WHERE id = %s', person_id) FROM (SELECT DISTINCT person_id FROM tickets UNION SELECT min(id) FROM people WHERE id NOT IN (SELECT person_id FROM tickets)) t ORDER BY hashint4(person_id) \gexec
\o
:found
\echo - in one transaction: somebody of few, of whom a list has some by chance
SET perfaudit.unit = 'at random';
CREATE TABLE notes (id int PRIMARY KEY, person_id int REFERENCES people);
INSERT INTO notes SELECT i, 1 + abs(hashint4(i + 200) % 9) FROM generate_series(1, 12) i;
\o /dev/null
SELECT perfaudit.reset();
BEGIN;
SELECT id, person_id FROM notes ORDER BY id;
SELECT format('SELECT name FROM people WHERE id = %s', 1 + abs(hashint4(i + 500) % 9)) FROM generate_series(1, 60) i \gexec
COMMIT;
\o
:found
\set ECHO all
SET client_min_messages = warning;
DROP SCHEMA dense_keys CASCADE;
