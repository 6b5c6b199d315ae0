-- Lists whose columns give the values by turns, loops among unrelated look-ups, and
-- values that stand in a list by chance.
-- Times decide nothing here: no burst ends by itself, no repeat is told for its time.
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS perfaudit;
RESET client_min_messages;
SET perfaudit.burst_gap = '60s';
SET perfaudit.burst_max_time = '1h';
SET perfaudit.burst_max_statements = 100000;
SET perfaudit.repeat_report_time = '1h';
CREATE SCHEMA mixed_parents;
SET search_path = mixed_parents;

CREATE TABLE people (id int PRIMARY KEY, name text);
CREATE TABLE agents (id int PRIMARY KEY, name text);
CREATE TABLE tickets (id int PRIMARY KEY, reporter_id int REFERENCES people, assignee_id int REFERENCES people,
    agent_id int REFERENCES agents, version int DEFAULT 1);
CREATE TABLE replies (id int PRIMARY KEY, ticket_id int REFERENCES tickets, person_id int REFERENCES people);
CREATE TABLE settings (id int PRIMARY KEY, value text);
INSERT INTO people SELECT i, 'Person ' || i FROM generate_series(0, 49) i;
INSERT INTO agents SELECT i, 'Agent ' || i FROM generate_series(0, 7) i;
INSERT INTO tickets SELECT i, hashint4(i) & 31, 49 - (hashint4(i + 100) & 31), hashint4(i + 200) & 7 FROM generate_series(1, 60) i;
INSERT INTO replies SELECT i, 1 + i % 60, hashint4(i + 300) & 31 FROM generate_series(1, 240) i;
INSERT INTO settings SELECT i, 'Value ' || i FROM generate_series(1, 60) i;
ANALYZE people, agents, tickets, replies, settings;
\set found 'SELECT relation, evidence->>''child_column'' AS child, evidence->>''parent_table'' AS parent, evidence->>''n_max'' AS n FROM perfaudit.findings WHERE kind = ''n_plus_one'' ORDER BY query;'
\set person 'format(''SELECT name FROM people WHERE id = %s'', '
\set page 'SELECT * FROM tickets ORDER BY id LIMIT 20;'
\set tickets 'FROM (SELECT * FROM tickets ORDER BY id LIMIT 20) t'

\set ECHO none
\echo Found:
\echo - of each ticket the reporter and the assignee
SET perfaudit.unit = 'by turns';
\o /dev/null
SELECT perfaudit.reset();
:page
SELECT :person reporter_id), :person assignee_id) :tickets \gexec
\o
:found
\echo - of all tickets the reporter, then of all the assignee
SET perfaudit.unit = 'two loops';
\o /dev/null
SELECT perfaudit.reset();
:page
SELECT :person reporter_id) :tickets ORDER BY t.id \gexec
SELECT :person assignee_id) :tickets ORDER BY t.id \gexec
\o
:found
\echo - the same by a client that asks for nobody twice
SET perfaudit.unit = 'once each';
\o /dev/null
SELECT perfaudit.reset();
:page
SELECT :person person) FROM (SELECT person, min(t.id * 2 + place) AS first :tickets, unnest(ARRAY[reporter_id, assignee_id]) WITH ORDINALITY u (person, place) GROUP BY person) p ORDER BY first \gexec
\o
:found
\echo - in a transaction
SET perfaudit.unit = 'transaction';
\o /dev/null
SELECT perfaudit.reset();
BEGIN;
:page
SELECT :person reporter_id), :person assignee_id) :tickets \gexec
COMMIT;
\o
:found
\echo - what other requests ask for after a loop
SET perfaudit.unit = 'loop and others';
\o /dev/null
SELECT perfaudit.reset();
:page
SELECT :person reporter_id) :tickets ORDER BY t.id \gexec
SELECT :person hashint4(i + 400) & 31) FROM generate_series(1, 80) i \gexec
\o
:found

\echo Silent:
\echo - look-ups of few agents, whom a list has in that order, too, but far apart, as it has any
SET perfaudit.unit = 'few';
\o /dev/null
SELECT perfaudit.reset();
SELECT agent_id FROM tickets ORDER BY id;
SELECT format('SELECT name FROM agents WHERE id = %s', agent_id) FROM tickets WHERE id % 4 = 0 ORDER BY id \gexec
\o
:found
\echo - look-ups beside a list with two columns that may have them
SET perfaudit.unit = 'random';
\o /dev/null
SELECT perfaudit.reset();
:page
SELECT :person hashint4(i + 600) & 31) FROM generate_series(1, 100) i \gexec
\o
:found
\echo - short lists of requests, and one look-up for each of them
SET perfaudit.unit = 'short lists';
\o /dev/null
SELECT perfaudit.reset();
SELECT format('SELECT person_id, id FROM replies WHERE ticket_id = %s LIMIT 2', i), :person hashint4(i + 700) & 31) FROM generate_series(1, 40) i \gexec
SELECT person_id, id FROM replies WHERE ticket_id = 7 ORDER BY id LIMIT 2;
SELECT :person person_id) FROM (SELECT person_id FROM replies WHERE ticket_id = 7 ORDER BY id LIMIT 2) r \gexec
\o
:found
\echo - numbers from 1 on are the keys of every table
SET perfaudit.unit = 'numbers';
\o /dev/null
SELECT perfaudit.reset();
SELECT id FROM tickets ORDER BY id LIMIT 20;
SELECT format('SELECT value FROM settings WHERE id = %s', i) FROM generate_series(1, 20) i \gexec
\o
:found
\echo - versions that are read after each write
SET perfaudit.unit = 'versions';
\o /dev/null
SELECT perfaudit.reset();
BEGIN;
:page
SELECT format('UPDATE tickets SET version = version + 1 WHERE id = %s', t.id), format('SELECT version FROM tickets WHERE id = %s', t.id) :tickets \gexec
COMMIT;
\o
:found
\echo - but not what is read before
SET perfaudit.unit = 'read and write';
\o /dev/null
SELECT perfaudit.reset();
BEGIN;
:page
SELECT format('SELECT version FROM tickets WHERE id = %s', t.id), format('UPDATE tickets SET version = version + 1 WHERE id = %s', t.id) :tickets \gexec
COMMIT;
\o
:found
SET client_min_messages = warning;
DROP SCHEMA mixed_parents CASCADE;
