-- cacheable_statement: the same few values again and again, of tables that do not change.
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS perfaudit;
RESET client_min_messages;
CREATE SCHEMA cacheable_statement;
SET search_path = cacheable_statement;
CREATE TABLE settings (name text PRIMARY KEY, value text);
CREATE TABLE countries (id int PRIMARY KEY, name text);
CREATE TABLE stock (id int PRIMARY KEY, n int);
CREATE TABLE jobs (id int PRIMARY KEY, state text);
CREATE TABLE loaded (id int PRIMARY KEY, name text);
CREATE TABLE accounts (id int PRIMARY KEY, owner text);
ALTER TABLE accounts ENABLE ROW LEVEL SECURITY;
CREATE FUNCTION of_chance() RETURNS int LANGUAGE plpgsql VOLATILE AS 'BEGIN RETURN 1; END';
INSERT INTO settings SELECT 'setting ' || i, 'value' FROM generate_series(1, 10) i;
INSERT INTO countries SELECT i, 'country ' || i FROM generate_series(1, 2000) i;
INSERT INTO stock SELECT i, i FROM generate_series(1, 10) i;
INSERT INTO loaded SELECT i, 'name' FROM generate_series(1, 10) i;
INSERT INTO accounts SELECT i, 'owner' FROM generate_series(1, 10) i;
ANALYZE settings, countries, stock, jobs, accounts;
SET perfaudit.cacheable_time = 0;
SET perfaudit.burst_max_statements = 100;
\set found 'SELECT relation, occurrences AS n, (evidence->>''distinct_values'')::int BETWEEN 1 AND 6 AS few, evidence->>''rows_changed'' AS changed, query FROM perfaudit.findings WHERE kind = ''cacheable_statement'' ORDER BY query COLLATE "C";'
-- statements that differ in what they are asked with, many times
\set many 'FROM generate_series(1, 1200) i \\set ECHO none \\\\ \\gexec \\set ECHO all'

--
-- Fires
--
SELECT perfaudit.reset() > 0 AS reset;
\o /dev/null
SELECT format('SELECT value FROM settings WHERE name = ''setting %s''', 1 + i % 3) :many
SELECT 'SELECT name, value FROM settings' :many
PREPARE country AS SELECT name FROM countries WHERE id = $1;
SELECT format('EXECUTE country(%s)', 1 + i % 4) :many
-- which changes nothing
COPY settings TO '/dev/null';
COPY (SELECT name FROM countries) TO '/dev/null';
\o
:found
SELECT summary, suggestion FROM perfaudit.findings WHERE kind = 'cacheable_statement' AND query !~ '\$';
SELECT jsonb_object_keys(evidence) AS evidence FROM perfaudit.findings WHERE kind = 'cacheable_statement' AND query !~ '\$' ORDER BY 1;
-- no less
SET perfaudit.cacheable_calls = 1201;
:found
SET perfaudit.cacheable_calls = 1200;
SET perfaudit.cacheable_time = '1h';
:found
SET perfaudit.cacheable_time = 0;

-- some changes; one more
SELECT perfaudit.reset() > 0 AS reset;
\o /dev/null
UPDATE stock SET n = n + 1;
DELETE FROM stock WHERE id > 8;
SELECT format('SELECT n FROM stock WHERE id = %s', 1 + i % 3) :many
\o
:found
INSERT INTO stock VALUES (11, 11);
:found

--
-- Silent
--
SELECT perfaudit.reset() > 0 AS reset;
\o /dev/null
-- other values each time
SELECT format('SELECT name FROM countries WHERE id = %s', i) :many
-- in few units of work: if anything, duplicate_statement
BEGIN;
SELECT format('SELECT id, name FROM countries WHERE id = %s', 1 + i % 3) :many
COMMIT;
-- polling: nothing has come yet
SELECT 'SELECT id FROM jobs WHERE state = ''ready''' :many
-- of the moment, of chance, of who asks
SELECT 'SELECT name, now() FROM countries WHERE id = 1' :many
SELECT 'SELECT name, of_chance() FROM countries WHERE id = 1' :many
SELECT 'SELECT owner FROM accounts WHERE id = 1' :many
-- to be changed
SELECT 'SELECT value FROM settings WHERE name = ''setting 1'' FOR UPDATE' :many
-- catalogs
SELECT 'SELECT relname FROM pg_class WHERE oid = 1259' :many
-- loaded meanwhile
SELECT 'SELECT name FROM loaded WHERE id = 1' :many
COPY loaded FROM '/dev/null';
-- not often
SELECT format('SELECT value FROM settings WHERE name = ''setting %s''', i) FROM generate_series(1, 3) i \gexec
\o
:found
SET client_min_messages = warning;
DROP SCHEMA cacheable_statement CASCADE;
