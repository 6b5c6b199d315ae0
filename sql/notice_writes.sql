-- perfaudit.notice and rows written one by one: told once a shape and unit, by the
-- rules of row_by_row_write; never an error.
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS perfaudit;
RESET client_min_messages;
SET perfaudit.burst_gap = '60s';
SET perfaudit.burst_max_time = '1h';
SET perfaudit.burst_max_statements = 100000;
SET perfaudit.row_write_burst_gap = '60s';
CREATE SCHEMA notice_writes;
SET search_path = notice_writes;
CREATE TABLE events (id int PRIMARY KEY, what text);
\set ten 'FROM generate_series(1, 10) i'
\set ECHO queries
\pset tuples_only
SET perfaudit.notice = notice;

-- in a transaction, from the tenth on; each operation, each unit
BEGIN;
\set ECHO none
SELECT format('INSERT INTO events VALUES (%s, ''x'')', i) FROM generate_series(1, 15) i \gexec
SELECT format('UPDATE events SET what = ''y'' WHERE id = %s', i) :ten \gexec
SELECT format('DELETE FROM events WHERE id = %s', i) :ten \gexec
\set ECHO queries
COMMIT;
BEGIN;
\set ECHO none
SELECT format('INSERT INTO events VALUES (%s, ''x'') /*controller=''events''*/', i) FROM generate_series(101, 115) i \gexec
\set ECHO queries
COMMIT;

-- nine are too few, unless the user says so
BEGIN;
\set ECHO none
SELECT format('INSERT INTO events VALUES (%s, ''x'')', i) FROM generate_series(201, 209) i \gexec
\set ECHO queries
COMMIT;
SET perfaudit.row_write_report = 9;
BEGIN;
\set ECHO none
SELECT format('INSERT INTO events VALUES (%s, ''x'')', i) FROM generate_series(301, 309) i \gexec
\set ECHO queries
COMMIT;
RESET perfaudit.row_write_report;

-- in a burst, from the fiftieth on
SET perfaudit.unit = 'burst';
\set ECHO none
SELECT format('INSERT INTO events VALUES (%s, ''x'')', i) FROM generate_series(401, 460) i \gexec
\set ECHO queries

-- not what a queue's worker takes, what is temporary, or stands by itself; nor what is meant
SET perfaudit.unit = 'silent';
BEGIN;
\set ECHO none
SELECT 'UPDATE events SET what = ''z'' WHERE id = (SELECT id FROM events WHERE what <> ''z'' LIMIT 1 FOR UPDATE SKIP LOCKED)' FROM generate_series(1, 12) \gexec
CREATE TEMP TABLE scratch (id int);
SELECT format('INSERT INTO scratch VALUES (%s)', i) FROM generate_series(1, 12) i \gexec
SELECT 'SAVEPOINT s', format('INSERT INTO events VALUES (%s)', i), 'RELEASE s' FROM generate_series(601, 612) i \gexec
SELECT format('UPDATE events SET what = ''w'' WHERE id = %s /* perfaudit:ignore */', i) FROM generate_series(601, 612) i \gexec
\set ECHO queries
COMMIT;

-- a warning where other repeats fail
SET perfaudit.notice = error;
\set VERBOSITY sqlstate
SET perfaudit.unit = 'error';
BEGIN;
\set ECHO none
SELECT format('INSERT INTO events VALUES (%s, ''x'')', i) FROM generate_series(701, 712) i \gexec
\set ECHO queries
COMMIT;
SELECT count(*) FROM events WHERE id BETWEEN 701 AND 712;

SET perfaudit.notice = off;
SET client_min_messages = warning;
DROP SCHEMA notice_writes CASCADE;
