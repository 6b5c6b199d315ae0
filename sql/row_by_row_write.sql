-- row_by_row_write: fires on rows written one by one, in whichever way they are
-- sent; silent on what only looks like it.
-- Times decide nothing here: no burst ends by itself, none is too slow, and every
-- case is a unit of its own.
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS perfaudit;
RESET client_min_messages;
SET perfaudit.burst_gap = '60s';
SET perfaudit.burst_max_time = '1h';
SET perfaudit.burst_max_statements = 100000;
SET perfaudit.row_write_burst_gap = '60s';
CREATE SCHEMA row_by_row_write;
SET search_path = row_by_row_write;

CREATE TABLE items (id int PRIMARY KEY, name text, "Unit price" numeric, tags text[]);
CREATE TABLE events (id int, what text);
CREATE TABLE totals (id int PRIMARY KEY, n int);
INSERT INTO totals SELECT i, 0 FROM generate_series(1, 100) i;
ANALYZE items, events, totals;

-- what the cases show
\set found 'SELECT relation, occurrences AS units, evidence->>''variant'' AS variant, evidence->>''scope'' AS scope, evidence->>''child_column'' AS "column", evidence->>''n_min'' AS n_min, evidence->>''n_max'' AS n_max FROM perfaudit.findings WHERE kind = ''row_by_row_write'' ORDER BY query COLLATE "C", 4;'
-- each row of a generated list is sent as a statement; they are not echoed
\set ten 'FROM generate_series(1, 10) i'
\set fifty 'FROM generate_series(1, 50) i'

--
-- Fires
--

-- in a transaction: one statement a row, written out
SET perfaudit.unit = 'literals';
\o /dev/null
\set ECHO none
SELECT perfaudit.reset();
BEGIN;
SELECT format('INSERT INTO items (id, name, "Unit price") VALUES (%s, %L, %s)', i, 'item ' || i, i * 1.5) :ten \gexec
SELECT format('UPDATE items SET name = %L WHERE id = %s', 'thing ' || i, i) :ten \gexec
SELECT format('DELETE FROM items WHERE id = %s', i) :ten \gexec
COMMIT;
\set ECHO all
\o
:found
SELECT severity_rank > 0 AS ranked, regexp_replace(summary, '[0-9.]+ ms', '... ms', 'g') AS summary, suggestion, database = current_database() AS here,
       username = current_user AS mine, application = current_setting('application_name') AS app,
       impact_ms > 0 AS cost, finding_id ~ '^[0-9a-f]{16}$' AS id
FROM (SELECT *, perfaudit.severity_rank(severity) AS severity_rank FROM perfaudit.findings WHERE kind = 'row_by_row_write') f
ORDER BY query COLLATE "C";
SELECT DISTINCT jsonb_object_keys(evidence) AS evidence FROM perfaudit.findings WHERE kind = 'row_by_row_write' ORDER BY 1;
SELECT kind, scope, child_table, child_column, units, n_total, saved_time < exec_time + gap_time AS saves FROM perfaudit.repeats ORDER BY query COLLATE "C";

-- the same work again is another unit of the same finding
\o /dev/null
\set ECHO none
BEGIN;
SELECT format('DELETE FROM items WHERE id = %s', i) FROM generate_series(1, 12) i \gexec
ROLLBACK;
BEGIN;
INSERT INTO items SELECT i FROM generate_series(1, 14) i;
SELECT format('DELETE FROM items WHERE id = %s', i) FROM generate_series(1, 14) i \gexec
COMMIT;
\set ECHO all
\o
:found

-- prepared, with ON CONFLICT and RETURNING; a SELECT in between, and a savepoint around all
PREPARE put(int, text) AS INSERT INTO items (id, name) VALUES ($1, $2) ON CONFLICT (id) DO UPDATE SET name = excluded.name RETURNING id;
SET perfaudit.unit = 'prepared';
\o /dev/null
\set ECHO none
SELECT perfaudit.reset();
BEGIN;
SAVEPOINT s;
SELECT format('EXECUTE put(%s, %L)', i, 'item ' || i), 'SELECT count(*) FROM totals',
       format('INSERT INTO events VALUES (%s)', i) :ten \gexec
COMMIT;
\set ECHO all
\o
:found
SELECT suggestion FROM perfaudit.findings WHERE kind = 'row_by_row_write' ORDER BY query COLLATE "C";

-- whatever cannot be rewritten from its text is told, too
SET perfaudit.unit = 'not plain';
\o /dev/null
\set ECHO none
SELECT perfaudit.reset();
BEGIN;
SELECT format('INSERT INTO items (id, tags) VALUES (%s, ''{a}'') ON CONFLICT DO NOTHING', i) :ten \gexec
SELECT format('UPDATE totals SET n = n + %s WHERE id = %s', i, i) :ten \gexec
SELECT format('DELETE FROM totals t USING events e WHERE e.id = t.id AND t.id = %s AND e.id = %s', i, i) :ten \gexec
SELECT format('MERGE INTO totals t USING (SELECT %s AS id) s ON s.id = t.id WHEN NOT MATCHED THEN INSERT VALUES (s.id, 1)', i) :ten \gexec
COMMIT;
\set ECHO all
\o
:found
SELECT suggestion FROM perfaudit.findings WHERE kind = 'row_by_row_write' ORDER BY query COLLATE "C";

-- outside of a transaction: many, and little else
SET perfaudit.unit = 'burst';
\o /dev/null
\set ECHO none
SELECT perfaudit.reset();
SELECT count(*) FROM events;
SELECT format('INSERT INTO events (id, what) VALUES (%s, %L)', i, 'burst') :fifty \gexec
\set ECHO all
\o
:found
SELECT regexp_replace(summary, '[0-9.]+ ms', '... ms', 'g') AS summary, suggestion FROM perfaudit.findings WHERE kind = 'row_by_row_write';
-- its pauses are too long for a loop
SET perfaudit.row_write_burst_gap = 0;
:found
SET perfaudit.row_write_burst_gap = '60s';

-- by tags
SET perfaudit.unit = 'tags';
\o /dev/null
\set ECHO none
SELECT perfaudit.reset();
BEGIN;
SELECT format('INSERT INTO events (id) VALUES (%s) /*controller=''imports'',action=''create''*/', i) :ten \gexec
COMMIT;
\set ECHO all
\o
SELECT substring(summary, 'in one.*?:') AS summary, evidence->'tags' AS tags FROM perfaudit.findings WHERE kind = 'row_by_row_write';

--
-- Silent
--

-- one below the threshold, in both scopes
SET perfaudit.unit = 'nine';
\o /dev/null
\set ECHO none
SELECT perfaudit.reset();
BEGIN;
SELECT format('INSERT INTO events VALUES (%s)', i) FROM generate_series(1, 9) i \gexec
COMMIT;
SET perfaudit.unit = 'forty-nine';
SELECT format('INSERT INTO events VALUES (%s)', i) FROM generate_series(1, 49) i \gexec
\set ECHO all
\o
:found
SET perfaudit.row_write_report = 9;
SET perfaudit.row_write_burst = 49;
:found
RESET perfaudit.row_write_report;
RESET perfaudit.row_write_burst;

-- many rows at once: VALUES (the last portion may be of one row), unnest, ANY, SELECT, COPY
SET perfaudit.unit = 'batches';
\o /dev/null
\set ECHO none
SELECT perfaudit.reset();
BEGIN;
SELECT format('INSERT INTO events VALUES (%s, %L), (%s, %L)', i, 'a', i, 'b') :ten \gexec
INSERT INTO events VALUES (11, 'a');
SELECT format('INSERT INTO events (id) SELECT * FROM unnest(ARRAY[%s, %s])', i, i + 1) :ten \gexec
SELECT format('UPDATE totals SET n = 1 WHERE id = ANY (ARRAY[%s, %s])', i + 20, i + 40) :ten \gexec
SELECT format('DELETE FROM events WHERE id = %s', i) :ten \gexec
COPY events FROM stdin;
1	a
2	b
\.
COMMIT;
\set ECHO all
\o
:found

-- in one message there is no round trip between them: in a transaction, and as one
SET perfaudit.unit = 'message';
\o /dev/null
\set ECHO none
SELECT perfaudit.reset();
BEGIN;
INSERT INTO events VALUES (1) \; INSERT INTO events VALUES (2) \; INSERT INTO events VALUES (3) \; INSERT INTO events VALUES (4) \; INSERT INTO events VALUES (5) \; INSERT INTO events VALUES (6) \; INSERT INTO events VALUES (7) \; INSERT INTO events VALUES (8) \; INSERT INTO events VALUES (9) \; INSERT INTO events VALUES (10) \; INSERT INTO events VALUES (11);
COMMIT;
SET perfaudit.unit = 'message of a transaction';
SET perfaudit.row_write_burst = 10;
INSERT INTO events VALUES (1) \; INSERT INTO events VALUES (2) \; INSERT INTO events VALUES (3) \; INSERT INTO events VALUES (4) \; INSERT INTO events VALUES (5) \; INSERT INTO events VALUES (6) \; INSERT INTO events VALUES (7) \; INSERT INTO events VALUES (8) \; INSERT INTO events VALUES (9) \; INSERT INTO events VALUES (10) \; INSERT INTO events VALUES (11);
RESET perfaudit.row_write_burst;
\set ECHO all
\o
:found

-- a pool's requests: a look-up and a write each; one transaction each
SET perfaudit.unit = 'requests';
\o /dev/null
\set ECHO none
SELECT perfaudit.reset();
SELECT format('SELECT n FROM totals WHERE id = %s', i), format('INSERT INTO events VALUES (%s)', i) :fifty \gexec
SELECT 'BEGIN', format('INSERT INTO events VALUES (%s)', i), 'COMMIT' :fifty \gexec
\set ECHO all
\o
:found

-- a little of everything: TPC-B; rows of many tables
SET perfaudit.unit = 'tpc-b';
\o /dev/null
\set ECHO none
SELECT perfaudit.reset();
SELECT 'BEGIN', format('UPDATE totals SET n = n + 1 WHERE id = %s', i), format('SELECT n FROM totals WHERE id = %s', i),
       format('INSERT INTO events VALUES (%s)', i), 'COMMIT' :fifty \gexec
BEGIN;
INSERT INTO items (id) VALUES (50);
SELECT format('INSERT INTO events VALUES (%s)', i) FROM generate_series(1, 4) i \gexec
SELECT format('INSERT INTO totals VALUES (%s)', i) FROM generate_series(201, 204) i \gexec
COMMIT;
\set ECHO all
\o
:found

-- failed and tried again: once, not twice
SET perfaudit.unit = 'retry';
\o /dev/null
\set ECHO none
SELECT perfaudit.reset();
BEGIN;
SELECT format('INSERT INTO events VALUES (%s)', i) :ten \gexec
SELECT 1 / (count(*) - 4) FROM items WHERE false;
SELECT 1 / 0;
ROLLBACK;
BEGIN;
SELECT format('INSERT INTO events VALUES (%s)', i) :ten \gexec
COMMIT;
\set ECHO all
\o
:found

-- work looked for, and mostly not found; a queue's worker
SET perfaudit.unit = 'queue';
\o /dev/null
\set ECHO none
SELECT perfaudit.reset();
SELECT format('UPDATE totals SET n = 0 WHERE id = %s AND n = -1', i) :fifty \gexec
SELECT 'UPDATE totals SET n = n + 1 WHERE id = (SELECT id FROM totals ORDER BY n LIMIT 1 FOR UPDATE SKIP LOCKED) RETURNING id' :fifty \gexec
\set ECHO all
\o
:found

-- the same, after it has locked one; a savepoint for each; a look-up that decides about each; the same row
SET perfaudit.unit = 'locked';
\o /dev/null
\set ECHO none
SELECT perfaudit.reset();
BEGIN;
SELECT 'SELECT id FROM totals ORDER BY n LIMIT 1 FOR UPDATE SKIP LOCKED', format('UPDATE totals SET n = 7 WHERE id = %s', i) :ten \gexec
COMMIT;
SET perfaudit.unit = 'savepoints';
BEGIN;
SELECT 'SAVEPOINT s', format('INSERT INTO events VALUES (%s)', i), 'RELEASE s' :ten \gexec
COMMIT;
SET perfaudit.unit = 'looked up';
BEGIN;
SELECT format('SELECT id FROM items WHERE id = %s', i), format('INSERT INTO items (id, name) VALUES (%s, ''x'')', i) FROM generate_series(2001, 2010) i \gexec
COMMIT;
SET perfaudit.unit = 'exists';
BEGIN;
SELECT format('SELECT EXISTS (SELECT FROM items WHERE name = ''y%s'')', i), format('UPDATE items SET name = ''y%s'' WHERE id = %s', i, i) :ten \gexec
COMMIT;
SET perfaudit.unit = 'same row';
BEGIN;
SELECT format('UPDATE totals SET n = n + %s WHERE id = 3', i) :ten \gexec
COMMIT;
PREPARE add_to(int, int) AS UPDATE totals SET n = n + $2 WHERE id = $1;
SET perfaudit.unit = 'same row, prepared';
BEGIN;
SELECT format('EXECUTE add_to(3, %s)', i) :ten \gexec
COMMIT;
\set ECHO all
\o
:found
-- but other rows
SET perfaudit.unit = 'other rows';
\o /dev/null
\set ECHO none
BEGIN;
SELECT format('EXECUTE add_to(%s, 3)', i) :ten \gexec
COMMIT;
\set ECHO all
\o
:found

-- a temporary table
SET perfaudit.unit = 'temporary';
\o /dev/null
\set ECHO none
SELECT perfaudit.reset();
BEGIN;
CREATE TEMP TABLE scratch (id int);
SELECT format('INSERT INTO scratch VALUES (%s)', i) :ten \gexec
COMMIT;
\set ECHO all
\o
:found
-- which makes no migration of the rest
SET perfaudit.unit = 'beside a temporary one';
\o /dev/null
\set ECHO none
BEGIN;
CREATE TEMP TABLE scratch2 AS SELECT FROM events;
SELECT format('INSERT INTO events VALUES (%s)', i) :ten \gexec
COMMIT;
\set ECHO all
\o
:found

-- a migration: in a transaction, and a script like those of pg_dump --inserts, in however many bursts
SET perfaudit.unit = 'migration';
\o /dev/null
\set ECHO none
SELECT perfaudit.reset();
BEGIN;
ALTER TABLE events ADD at timestamptz;
SELECT format('UPDATE totals SET n = %s WHERE id = %s', i, i) :ten \gexec
SELECT format('INSERT INTO events VALUES (%s)', i) :ten \gexec
COMMIT;
SET perfaudit.unit = 'restore';
CREATE TABLE restored (id int);
SELECT format('INSERT INTO restored VALUES (%s)', i) :fifty \gexec
SET perfaudit.unit = 'restore in portions';
SET perfaudit.burst_max_statements = 60;
SELECT count(*) FROM events;
CREATE TABLE restored_too (id int);
SELECT format('INSERT INTO restored_too VALUES (%s)', i) FROM generate_series(1, 300) i \gexec
RESET perfaudit.burst_max_statements;
\set ECHO all
\o
:found
-- another transaction is none
SET perfaudit.unit = 'after the migration';
\o /dev/null
\set ECHO none
BEGIN;
ALTER TABLE events DROP at;
COMMIT;
BEGIN;
SELECT format('INSERT INTO restored VALUES (%s)', i) :ten \gexec
COMMIT;
\set ECHO all
\o
:found

-- EXPLAIN, and what functions and foreign keys do
CREATE TABLE parents (id int PRIMARY KEY);
CREATE TABLE children (id int, parent int REFERENCES parents ON DELETE CASCADE);
CREATE FUNCTION fill() RETURNS void LANGUAGE plpgsql AS $$ BEGIN FOR i IN 1..20 LOOP INSERT INTO events VALUES (i); END LOOP; END $$;
SET perfaudit.unit = 'nested';
\o /dev/null
\set ECHO none
SELECT perfaudit.reset();
BEGIN;
SELECT format('EXPLAIN ANALYZE INSERT INTO events VALUES (%s)', i) :ten \gexec
SELECT fill();
INSERT INTO parents SELECT i :ten;
INSERT INTO children SELECT i, i :ten;
DELETE FROM parents;
COMMIT;
\set ECHO all
\o
:found

SET client_min_messages = warning;
DROP SCHEMA row_by_row_write CASCADE;
