-- perfaudit.notice: one NOTICE a shape and unit, when a repeat is told.
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS perfaudit;
RESET client_min_messages;
SET perfaudit.burst_gap = '60s';
SET perfaudit.burst_max_time = '1h';
SET perfaudit.burst_max_statements = 100000;
SET perfaudit.repeat_report_time = '1h';
CREATE SCHEMA notice;
SET search_path = notice;
CREATE TABLE readers (id int PRIMARY KEY, name text);
INSERT INTO readers SELECT i, 'user ' || i FROM generate_series(101, 140) i;
CREATE TABLE books (id int PRIMARY KEY, reader_id int REFERENCES readers);
INSERT INTO books SELECT i, 101 + i % 40 FROM generate_series(1, 80) i;
ANALYZE readers, books;
SET perfaudit.notice = notice;

-- a list and its rows
SET perfaudit.unit = 'first';
\o /dev/null
SELECT perfaudit.reset();
BEGIN;
SELECT id FROM readers ORDER BY id;
SELECT format('SELECT * FROM books WHERE reader_id = %s', i) FROM generate_series(101, 115) i \gexec
COMMIT;
\o

-- another unit: told again
BEGIN;
\o /dev/null
SELECT id FROM readers ORDER BY id;
SELECT format('SELECT * FROM books WHERE reader_id = %s', i) FROM generate_series(101, 115) i \gexec
COMMIT;
\o

-- two shapes, in a burst; the threshold is the user's own
SET perfaudit.unit = 'second';
SET perfaudit.repeat_report = 12;
\o /dev/null
SELECT id FROM readers ORDER BY id;
SELECT format('SELECT * FROM books WHERE reader_id = %s', i), format('SELECT count(*) FROM books WHERE reader_id = %s', i)
    FROM generate_series(101, 115) i \gexec
\o
RESET perfaudit.repeat_report;

-- the same values; no parent
SET perfaudit.unit = 'third';
\o /dev/null
SELECT 'SELECT * FROM books WHERE id = 5' FROM generate_series(1, 12) \gexec
BEGIN;
SELECT format('SELECT * FROM readers WHERE id = %s', i) FROM generate_series(101, 113) i \gexec
COMMIT;
\o

-- the notice is not part of the statement: its result is whole
SET perfaudit.unit = 'fourth';
SELECT format('SELECT %s AS i, count(*) FROM books WHERE reader_id = %s', i, i) FROM generate_series(101, 101) i \gexec

-- silent: no repeat, and off
SET perfaudit.unit = 'fifth';
\o /dev/null
SELECT id FROM readers ORDER BY id;
SELECT format('SELECT * FROM books WHERE reader_id = %s', i) FROM generate_series(101, 104) i \gexec
SET perfaudit.notice = off;
SELECT format('SELECT * FROM books WHERE reader_id = %s', i) FROM generate_series(105, 120) i \gexec
\o
