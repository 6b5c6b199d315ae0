-- A list that was of one row whenever others read it, and is not for a session that has just begun: what
-- the store knows of its results must not keep the session from looking at the first.
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS perfaudit;
CREATE SCHEMA met_anew;
CREATE TABLE met_anew.shelves (id int PRIMARY KEY, name text);
CREATE TABLE met_anew.books (id int PRIMARY KEY, shelf_id int REFERENCES met_anew.shelves);
INSERT INTO met_anew.shelves SELECT 101 + i, 'Shelf' FROM generate_series(1, 40) i;
INSERT INTO met_anew.books SELECT i, 101 + i FROM generate_series(1, 40) i;
ANALYZE met_anew.shelves, met_anew.books;
\set list 'SELECT id, shelf_id FROM met_anew.books ORDER BY id LIMIT'
\o /dev/null
SELECT perfaudit.reset();
BEGIN;
:list 1;
:list 1;
:list 1;
:list 1;
COMMIT;
\c -
SET client_min_messages = warning;
SET perfaudit.burst_gap = '60s';
SET perfaudit.repeat_report_time = '1h';
BEGIN;
:list 15;
SELECT format('SELECT name FROM met_anew.shelves WHERE id = %s', 101 + i) FROM generate_series(1, 15) i \gexec
COMMIT;
\o
SELECT relation, evidence->>'n_max' AS n, evidence->>'parent_table' AS parent, evidence->>'covered' AS covered FROM perfaudit.findings WHERE kind = 'n_plus_one';
DROP SCHEMA met_anew CASCADE;
