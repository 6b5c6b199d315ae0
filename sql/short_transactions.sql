-- Short transactions, one after the other: a burst as statements outside of one
-- are; longer ones are units of their own.
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS perfaudit;
RESET client_min_messages;
SET perfaudit.burst_gap = '60s';
SET perfaudit.burst_max_time = '1h';
SET perfaudit.burst_max_statements = 100000;
SET perfaudit.repeat_report_time = '1h';
SET perfaudit.row_write_burst_gap = '60s';
CREATE SCHEMA short_transactions;
SET search_path = short_transactions;
CREATE TABLE users (id int PRIMARY KEY, name text);
CREATE TABLE posts (id int PRIMARY KEY, user_id int REFERENCES users, title text);
CREATE INDEX ON posts (user_id);
CREATE TABLE log (id int PRIMARY KEY, line text);
INSERT INTO users SELECT i, 'user ' || i FROM generate_series(101, 160) i;
INSERT INTO posts SELECT i, 101 + i % 60, 'title ' || i FROM generate_series(1, 600) i;
ANALYZE users, posts;
\set found 'SELECT kind, relation, occurrences AS units, evidence->>''scope'' AS scope, coalesce(evidence->>''parent_table'' || ''.'', '''') || coalesce(evidence->>''parent_column'', '''') AS parent, evidence->>''n_max'' AS n, evidence->>''distinct_values'' AS "distinct", evidence->>''covered'' AS covered FROM perfaudit.findings WHERE kind IN (''n_plus_one'', ''duplicate_statement'', ''row_by_row_write'', ''chatty_unit'') ORDER BY kind, query;'
\set list 'SELECT id, name FROM users ORDER BY id LIMIT 12;'
\set ids 'FROM generate_series(101, 112) i'

--
-- Fires
--

-- committed after each call, the list too
SET perfaudit.unit = 'committed';
\set ECHO none
\o /dev/null
SELECT perfaudit.reset();
BEGIN;
:list
COMMIT;
SELECT 'BEGIN', format('SELECT * FROM posts WHERE user_id = %s', i), 'COMMIT' :ids \gexec
\o
\set ECHO all
:found
SELECT summary FROM perfaudit.findings WHERE kind = 'n_plus_one';

-- sessions that only read are rolled back; a savepoint, a setting; the list outside of one
SET perfaudit.unit = 'rolled back';
\set ECHO none
\o /dev/null
SELECT perfaudit.reset();
:list
SELECT 'BEGIN', 'SET TRANSACTION READ ONLY', 'SAVEPOINT s', format('SELECT * FROM posts WHERE user_id = %s', i), 'ROLLBACK' :ids \gexec
\o
\set ECHO all
:found

-- two statements each, two findings; the list in a transaction, children outside and inside
SET perfaudit.unit = 'two';
\set ECHO none
\o /dev/null
SELECT perfaudit.reset();
BEGIN;
:list
COMMIT;
SELECT CASE WHEN i % 4 = 0 THEN 'SELECT 1' ELSE 'BEGIN' END, format('SELECT * FROM posts WHERE user_id = %s', i),
       format('SELECT count(*) FROM posts WHERE user_id = %s', i), CASE WHEN i % 4 = 0 THEN 'SELECT 1' ELSE 'COMMIT' END :ids \gexec
\o
\set ECHO all
:found

-- written one by one, each in a transaction
SET perfaudit.unit = 'written';
\set ECHO none
\o /dev/null
SELECT perfaudit.reset();
SELECT 'BEGIN', format('INSERT INTO log VALUES (%s, ''x'')', i), 'COMMIT' FROM generate_series(1, 60) i \gexec
\o
\set ECHO all
:found

-- numbers without a key between them: all of the list, in its order
CREATE TABLE versions (id int PRIMARY KEY, post int);
INSERT INTO versions SELECT i, i FROM generate_series(1, 12) i;
SET perfaudit.unit = 'all of a list';
\set ECHO none
\o /dev/null
SELECT perfaudit.reset();
SELECT post FROM versions ORDER BY id;
SELECT 'BEGIN', format('SELECT title FROM posts WHERE id = %s', i), 'COMMIT' FROM generate_series(1, 12) i \gexec
\o
\set ECHO all
:found

-- longer ones are as ever: with one repeat each, whatever came before them
SET perfaudit.unit = 'long';
\set ECHO none
\o /dev/null
SELECT perfaudit.reset();
SELECT 'BEGIN', format('SELECT name FROM users WHERE id = %s', 100 + i), 'COMMIT' FROM generate_series(1, 3) i \gexec
BEGIN;
:list
SELECT format('SELECT * FROM posts WHERE user_id = %s', i) :ids \gexec
COMMIT;
SELECT name FROM users WHERE id = 101;
BEGIN;
SELECT format('SELECT * FROM posts WHERE user_id = %s', i) FROM generate_series(101, 103) i \gexec
:list
SELECT format('SELECT * FROM posts WHERE user_id = %s', i) FROM generate_series(104, 112) i \gexec
COMMIT;
-- also the same as those before
SELECT name FROM users WHERE id = 102;
BEGIN;
SELECT format('SELECT name FROM users WHERE id = %s', i) FROM generate_series(101, 112) i \gexec
COMMIT;
\o
\set ECHO all
:found
SELECT scope, units, statements FROM perfaudit.units WHERE scope = 'transaction' AND database = current_database();

--
-- Silent
--

-- no list; each in turn
SET perfaudit.unit = 'no parent';
\set ECHO none
\o /dev/null
SELECT perfaudit.reset();
SELECT 'BEGIN', format('SELECT * FROM posts WHERE user_id = %s', i), 'COMMIT' FROM generate_series(101, 130) i \gexec
\o
\set ECHO all
:found

-- other lists have small numbers in order, too; few of a list that comes late
SET perfaudit.unit = 'chance';
INSERT INTO versions SELECT i, i FROM generate_series(13, 20) i;
\set ECHO none
\o /dev/null
SELECT perfaudit.reset();
SELECT post FROM versions ORDER BY id;
SELECT 'BEGIN', format('SELECT title FROM posts WHERE id = %s', i), 'COMMIT' FROM generate_series(1, 16) i \gexec
SET perfaudit.unit = 'late list';
SELECT 'BEGIN', format('SELECT * FROM posts WHERE user_id = %s', i), 'COMMIT' FROM generate_series(151, 160) i \gexec
SELECT id FROM users WHERE id IN (102, 103, 104, 105);
SELECT 'BEGIN', format('SELECT * FROM posts WHERE user_id = %s', i), 'COMMIT' FROM generate_series(102, 105) i \gexec
\o
\set ECHO all
:found

-- the same again and again: to see what is new
SET perfaudit.unit = 'same';
\set ECHO none
\o /dev/null
SELECT perfaudit.reset();
SELECT 'BEGIN', 'SELECT * FROM posts WHERE user_id = 105', 'COMMIT' FROM generate_series(1, 30) \gexec
\o
\set ECHO all
:found

-- aggregates: nobody knows that they belong together
SET perfaudit.unit = '';
\set ECHO none
\o /dev/null
SELECT perfaudit.reset();
SELECT 'BEGIN', format('SELECT %s FROM posts', a), 'COMMIT'
FROM unnest(ARRAY['count(*)', 'max(id)', 'min(id)', 'sum(id)', 'avg(id)', 'count(title)', 'max(title)', 'min(title)']) a \gexec
\o
\set ECHO all
:found

-- read to be written
SET perfaudit.unit = 'read to be written';
\set ECHO none
\o /dev/null
SELECT perfaudit.reset();
BEGIN;
:list
COMMIT;
SELECT 'BEGIN', format('SELECT * FROM posts WHERE user_id = %s', i), format('UPDATE users SET name = ''u'' WHERE id = %s', i), 'COMMIT' :ids \gexec
\o
\set ECHO all
:found

-- tried again and again
SET perfaudit.unit = 'tried again';
\set ON_ERROR_STOP 0
\set ECHO none
\o /dev/null
SELECT perfaudit.reset();
SELECT 'BEGIN', 'SELECT * FROM users WHERE id = 101', 'INSERT INTO log VALUES (1, ''again'')', 'ROLLBACK' FROM generate_series(1, 12) \gexec
SELECT 'BEGIN', format('UPDATE users SET name = ''x'' WHERE id = %s', i), 'ROLLBACK' FROM generate_series(101, 160) i \gexec
\o
\set ECHO all
:found

-- a migration: a table and what it says of itself, in a transaction each
SET perfaudit.unit = 'migration';
\set ECHO none
\o /dev/null
SELECT perfaudit.reset();
SELECT 'BEGIN', format('CREATE TABLE t%s (i int)', i), format('INSERT INTO log VALUES (%s, ''x'')', i), 'COMMIT' FROM generate_series(1001, 1060) i \gexec
\o
\set ECHO all
:found

-- too late for a burst
SET perfaudit.unit = 'late';
SET perfaudit.burst_gap = 1;
\set ECHO none
\o /dev/null
SELECT perfaudit.reset();
BEGIN;
:list
COMMIT;
\! sleep 0.1
SELECT 'BEGIN', format('SELECT * FROM posts WHERE user_id = %s', i), 'COMMIT' :ids \gexec
\o
\set ECHO all
:found

SET client_min_messages = warning;
DROP SCHEMA short_transactions CASCADE;
