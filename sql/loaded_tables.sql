-- n_plus_one: the table to act on is the one whose rows are loaded, be it found by another.
-- Times decide nothing here: no burst ends by itself, no repeat is told for its time.
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS perfaudit;
RESET client_min_messages;
SET perfaudit.burst_gap = '60s';
SET perfaudit.burst_max_time = '1h';
SET perfaudit.repeat_report_time = '1h';
CREATE SCHEMA loaded_tables;
SET search_path = loaded_tables;

CREATE TABLE authors (id int PRIMARY KEY, name text);
CREATE TABLE posts (id int PRIMARY KEY, author_id int REFERENCES authors, title text);
CREATE TABLE tags (id int PRIMARY KEY, name text);
CREATE TABLE post_tags (post_id int REFERENCES posts, tag_id int REFERENCES tags, PRIMARY KEY (post_id, tag_id));
CREATE TABLE comments (id int PRIMARY KEY, post_id int REFERENCES posts);
INSERT INTO authors SELECT i, 'Author' FROM generate_series(1, 9) i;
INSERT INTO posts SELECT i, 1 + i % 9, 'Post' FROM generate_series(1, 15) i;
\set page 'SELECT id, title FROM posts ORDER BY id;'
\set children 'SELECT format(query, id) FROM posts, given ORDER BY id'
CREATE TABLE given (query text);

\set ECHO none
\echo - one row each, by the key of the list, as TypeORM loads what is lazy
\o /dev/null
SELECT perfaudit.reset();
TRUNCATE given;
INSERT INTO given VALUES ('SELECT a.id, a.name FROM authors a INNER JOIN posts p ON p.author_id = a.id WHERE p.id = %s');
SET perfaudit.unit = 'lazy';
:page
:children \gexec
\o
SELECT relation, summary, evidence->>'loaded_table' AS loaded, evidence->>'child_table' AS child FROM perfaudit.findings WHERE kind = 'n_plus_one';
\echo - through a table between, of which a column is returned, too
\o /dev/null
SELECT perfaudit.reset();
TRUNCATE given;
INSERT INTO given VALUES ('SELECT t.*, l.post_id FROM tags t INNER JOIN post_tags l ON l.tag_id = t.id WHERE l.post_id = %s');
SET perfaudit.unit = 'between';
:page
:children \gexec
\o
SELECT relation, summary, evidence->>'loaded_table' AS loaded, evidence->>'child_table' AS child FROM perfaudit.findings WHERE kind = 'n_plus_one';
\echo - the table between comes first
\o /dev/null
SELECT perfaudit.reset();
TRUNCATE given;
INSERT INTO given VALUES ('SELECT t.id, t.name FROM post_tags l JOIN tags t ON t.id = l.tag_id WHERE l.post_id = %s');
SET perfaudit.unit = 'first';
:page
:children \gexec
\o
SELECT relation, summary, evidence->>'loaded_table' AS loaded, evidence->>'child_table' AS child FROM perfaudit.findings WHERE kind = 'n_plus_one';
\echo - counts
\o /dev/null
SELECT perfaudit.reset();
TRUNCATE given;
INSERT INTO given VALUES ('SELECT count(DISTINCT c.id) FROM comments c LEFT JOIN posts p ON p.id = c.post_id WHERE p.id = %s');
SET perfaudit.unit = 'counts';
:page
:children \gexec
\o
SELECT relation, summary, evidence->>'loaded_table' AS loaded, evidence->>'child_table' AS child FROM perfaudit.findings WHERE kind = 'n_plus_one';
\echo - what is loaded has the column: as ever
\o /dev/null
SELECT perfaudit.reset();
TRUNCATE given;
INSERT INTO given VALUES ('SELECT c.id, p.title FROM comments c JOIN posts p ON p.id = c.post_id WHERE c.post_id = %s');
SET perfaudit.unit = 'own';
:page
:children \gexec
\o
SELECT relation, summary, evidence->>'loaded_table' AS loaded, evidence->>'child_table' AS child FROM perfaudit.findings WHERE kind = 'n_plus_one';
\set ECHO all
SET client_min_messages = warning;
DROP SCHEMA loaded_tables CASCADE;
