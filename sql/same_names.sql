-- Statements whose tables have the same names, or aliases, and are others: since 18 the server's query id knows no more of a
-- table than that. What is told of one of them is of its own tables.
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS perfaudit;
RESET client_min_messages;
SET perfaudit.burst_gap = '60s';
SET perfaudit.burst_max_time = '1h';
SET perfaudit.repeat_report_time = '1h';
CREATE SCHEMA same_names;
SET search_path = same_names;
CREATE TABLE owners (id int PRIMARY KEY, name text);
CREATE TABLE cars (id int PRIMARY KEY, owner_id int);
CREATE TABLE boats (id int PRIMARY KEY, owner_id int);
CREATE TABLE places (id int PRIMARY KEY);
CREATE TABLE harbours (id int PRIMARY KEY);
INSERT INTO owners SELECT i, 'owner ' || i FROM generate_series(101, 130) i;
INSERT INTO cars SELECT i, 100 + i FROM generate_series(1, 30) i;
INSERT INTO boats SELECT i, 100 + i FROM generate_series(1, 30) i;
INSERT INTO places SELECT i FROM generate_series(1, 30) i;
INSERT INTO harbours SELECT i FROM generate_series(1, 30) i;
CREATE SCHEMA same_names_tenant_1;
CREATE SCHEMA same_names_tenant_2;
CREATE TABLE same_names_tenant_1.bills (id int PRIMARY KEY, owner_id int);
CREATE TABLE same_names_tenant_2.bills (id int PRIMARY KEY, owner_id int);
INSERT INTO same_names_tenant_2.bills SELECT i, 100 + i FROM generate_series(1, 30) i;

\set found 'SELECT (SELECT relation FROM perfaudit.findings WHERE kind = ''n_plus_one'') AS found, child_table, child_column, concat_ws(''.'', parent_table, parent_column) AS parent, n_max FROM perfaudit.repeats;'
-- a list, and a statement for each of its rows: about boats, when :other has been run before
\set list 'SELECT id, name FROM owners ORDER BY id LIMIT 12;'
\set each 'FROM generate_series(101, 112) i'

-- the only table is that of a query in it
\o /dev/null
SELECT perfaudit.reset();
SELECT * FROM (SELECT * FROM cars t) x WHERE owner_id = 101;
BEGIN;
:list
SELECT format('SELECT * FROM (SELECT * FROM boats t) x WHERE owner_id = %s', i) :each \gexec
COMMIT;
\o
:found

-- of a WITH
\o /dev/null
SELECT perfaudit.reset();
WITH x AS (SELECT id, owner_id FROM cars t) SELECT id FROM x WHERE owner_id = 101;
BEGIN;
:list
SELECT format('WITH x AS (SELECT id, owner_id FROM boats t) SELECT id FROM x WHERE owner_id = %s', i) :each \gexec
COMMIT;
\o
:found

-- of a condition, that is all there is
\o /dev/null
SELECT perfaudit.reset();
SELECT 1 AS has WHERE EXISTS (SELECT 1 FROM cars x WHERE owner_id = 101);
BEGIN;
:list
SELECT format('SELECT 1 AS has WHERE EXISTS (SELECT 1 FROM boats x WHERE owner_id = %s)', i) :each \gexec
COMMIT;
\o
:found

-- of a condition beside a table that is the same
\o /dev/null
SELECT perfaudit.reset();
SELECT name FROM owners o WHERE id > 0 AND EXISTS (SELECT 1 FROM cars x WHERE x.owner_id = 101 AND x.owner_id = o.id);
BEGIN;
:list
SELECT format('SELECT name FROM owners o WHERE id > 0 AND EXISTS (SELECT 1 FROM boats x WHERE x.owner_id = %s AND x.owner_id = o.id)', i) :each \gexec
COMMIT;
\o
:found

-- joined with one that is the same
\o /dev/null
SELECT perfaudit.reset();
SELECT o.name FROM owners o JOIN cars x ON x.owner_id = o.id WHERE x.owner_id = 101;
BEGIN;
:list
SELECT format('SELECT o.name FROM owners o JOIN boats x ON x.owner_id = o.id WHERE x.owner_id = %s', i) :each \gexec
COMMIT;
\o
:found

-- the same tables, the other way round
\o /dev/null
SELECT perfaudit.reset();
SELECT x.id FROM cars x LEFT JOIN boats y ON y.id = x.id WHERE x.owner_id = 101 AND y.id IS NULL;
BEGIN;
:list
SELECT format('SELECT x.id FROM boats x LEFT JOIN cars y ON y.id = x.id WHERE x.owner_id = %s AND y.id IS NULL', i) :each \gexec
COMMIT;
\o
:found

-- of a query in a query, and in a part of UNION
\o /dev/null
SELECT perfaudit.reset();
SELECT * FROM (SELECT id FROM places p UNION ALL SELECT id FROM (SELECT id, owner_id FROM cars x) x WHERE owner_id = 101) y;
BEGIN;
:list
SELECT format('SELECT * FROM (SELECT id FROM harbours p UNION ALL SELECT id FROM (SELECT id, owner_id FROM boats x) x WHERE owner_id = %s) y', i) :each \gexec
COMMIT;
\o
:found

--
-- A schema per tenant, and a temporary table that hides another
--
\set list 'SELECT id, name FROM same_names.owners ORDER BY id LIMIT 12;'
\o /dev/null
SELECT perfaudit.reset();
SET search_path = same_names_tenant_1;
SELECT * FROM (SELECT * FROM bills) x WHERE owner_id = 101;
SET search_path = same_names_tenant_2;
BEGIN;
:list
SELECT format('SELECT * FROM (SELECT * FROM bills) x WHERE owner_id = %s', i) :each \gexec
COMMIT;
\o
:found
\o /dev/null
SELECT perfaudit.reset();
SET search_path = same_names;
SELECT * FROM (SELECT id, owner_id FROM cars) x WHERE owner_id = 101;
CREATE TEMPORARY TABLE cars (id int PRIMARY KEY, owner_id int);
BEGIN;
:list
SELECT format('SELECT * FROM (SELECT id, owner_id FROM cars) x WHERE owner_id = %s', i) :each \gexec
COMMIT;
\o
:found
SELECT r.child_relid = 'pg_temp.cars'::regclass AS hides FROM perfaudit.repeat_facts() r;
SET client_min_messages = warning;
DROP SCHEMA same_names, same_names_tenant_1, same_names_tenant_2 CASCADE;
