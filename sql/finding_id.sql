-- finding_id: the same problem has the same id after a reset, whatever the comments,
-- white space and case of the text that is seen first.
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS perfaudit;
RESET client_min_messages;
CREATE SCHEMA finding_id;
SET search_path = finding_id;
SET perfaudit.burst_gap = '60s';
SET perfaudit.repeat_report_time = '1h';
CREATE TABLE users (id int PRIMARY KEY, name text);
CREATE TABLE posts (id int PRIMARY KEY, user_id int REFERENCES users, title text);
INSERT INTO users SELECT i, 'user ' || i FROM generate_series(101, 120) i;
INSERT INTO posts SELECT i, 101 + i % 20, 'title ' || i FROM generate_series(1, 60) i;
CREATE TABLE texts (n serial, list text, child text);
INSERT INTO texts (list, child) VALUES
    ('SELECT id FROM users ORDER BY id', 'SELECT title FROM posts WHERE user_id = %s'),
    ('/* a request */ SELECT id FROM users ORDER BY id', 'SELECT title FROM posts WHERE user_id = %s -- of 4711'),
    ('SELECT id /* the key */ FROM users ORDER BY id', 'SELECT /* index */ title FROM posts WHERE user_id = %s /* another */'),
    ('select id from users order by id', E'select title\n  from posts\n where user_id=%s;'),
    ('SELECT id FROM users ORDER BY id', 'SELECT id FROM posts WHERE user_id = %s');
CREATE TABLE found (id text, n int);
\set ECHO none
\o /dev/null
SELECT perfaudit.reset();
BEGIN;
SELECT list FROM texts WHERE n = 1 \gexec
SELECT format(child, i) FROM texts, generate_series(101, 112) i WHERE n = 1 ORDER BY i \gexec
COMMIT;
INSERT INTO found SELECT finding_id, 1 FROM perfaudit.findings WHERE kind = 'n_plus_one';
SELECT perfaudit.reset();
BEGIN;
SELECT list FROM texts WHERE n = 2 \gexec
SELECT format(child, i) FROM texts, generate_series(101, 112) i WHERE n = 2 ORDER BY i \gexec
COMMIT;
INSERT INTO found SELECT finding_id, 2 FROM perfaudit.findings WHERE kind = 'n_plus_one';
SELECT perfaudit.reset();
BEGIN;
SELECT list FROM texts WHERE n = 3 \gexec
SELECT format(child, i) FROM texts, generate_series(101, 112) i WHERE n = 3 ORDER BY i \gexec
COMMIT;
INSERT INTO found SELECT finding_id, 3 FROM perfaudit.findings WHERE kind = 'n_plus_one';
SELECT perfaudit.reset();
BEGIN;
SELECT list FROM texts WHERE n = 4 \gexec
SELECT format(child, i) FROM texts, generate_series(101, 112) i WHERE n = 4 ORDER BY i \gexec
COMMIT;
INSERT INTO found SELECT finding_id, 4 FROM perfaudit.findings WHERE kind = 'n_plus_one';
SELECT perfaudit.reset();
BEGIN;
SELECT list FROM texts WHERE n = 5 \gexec
SELECT format(child, i) FROM texts, generate_series(101, 112) i WHERE n = 5 ORDER BY i \gexec
COMMIT;
INSERT INTO found SELECT finding_id, 5 FROM perfaudit.findings WHERE kind = 'n_plus_one';
\o
\set ECHO all
SELECT count(*), array_agg(n ORDER BY n) AS texts FROM found GROUP BY id ORDER BY 2;
-- what is no statement stays as it is; quoted names keep their case and blanks
SELECT perfaudit.bare_statement(x) FROM unnest(ARRAY['shop -- web', 'public."Users"', '{"action": "a--b"}',
    'SELECT "A ""b -- c" /* x * y **/ , 1 -- z']) x;
SET client_min_messages = warning;
DROP SCHEMA finding_id CASCADE;
