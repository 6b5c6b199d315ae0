-- A repeat whose parent is known follows the parent's rows; what happens when its
-- values stop coming in their order. One parameter, as clients that prepare send it.
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS perfaudit;
RESET client_min_messages;
SET perfaudit.burst_gap = '60s';
SET perfaudit.burst_max_time = '1h';
SET perfaudit.repeat_report_time = '1h';
CREATE SCHEMA followed_values;
SET search_path = followed_values;

CREATE TABLE users (id int PRIMARY KEY, name text);
CREATE TABLE posts (id int PRIMARY KEY, user_id int REFERENCES users, title text);
INSERT INTO users SELECT i, 'user ' || i FROM generate_series(101, 300) i;
INSERT INTO posts SELECT i, 101 + i % 200, 'title ' || i FROM generate_series(1, 600) i;
CREATE INDEX ON posts (user_id);
ANALYZE users, posts;
PREPARE post(int) AS SELECT title FROM posts WHERE user_id = $1;
\set found 'SELECT kind, child_column, parent_table, parent_column, n_max, distinct_values, same_values, compared, covered FROM perfaudit.repeats ORDER BY kind;'
\set begin 'SELECT perfaudit.reset(); BEGIN; SELECT id, name FROM users ORDER BY id LIMIT 60;'

\set ECHO none

\echo 'all in order: followed to the end'
\o /dev/null
:begin
SELECT format('EXECUTE post(%s)', i) FROM generate_series(101, 160) i \gexec
COMMIT;
\o
:found

\echo 'in order, then backwards: all are still found'
\o /dev/null
:begin
SELECT format('EXECUTE post(%s)', i) FROM generate_series(101, 120) i \gexec
SELECT format('EXECUTE post(%s)', i) FROM generate_series(160, 141, -1) i \gexec
COMMIT;
\o
:found

\echo 'in order, every third left out, and some twice'
\o /dev/null
:begin
SELECT format('EXECUTE post(%s)', i) FROM generate_series(101, 160) i WHERE i % 3 <> 0 \gexec
SELECT format('EXECUTE post(%s)', i) FROM generate_series(101, 105) i \gexec
COMMIT;
\o
:found

\echo 'in order, then others: withdrawn, no parent explains them'
\o /dev/null
:begin
SELECT format('EXECUTE post(%s)', i) FROM generate_series(101, 120) i \gexec
SELECT format('EXECUTE post(%s)', i) FROM generate_series(201, 300) i \gexec
COMMIT;
\o
:found

\echo 'another list is read in the middle, that the later values come from: no single parent has nearly all'
\o /dev/null
:begin
SELECT format('EXECUTE post(%s)', i) FROM generate_series(101, 130) i \gexec
SELECT id, title FROM posts WHERE id BETWEEN 201 AND 230;
SELECT format('EXECUTE post(%s)', i) FROM generate_series(201, 230) i \gexec
COMMIT;
\o
:found

\echo 'another list is read in the middle, and the first one gone on with'
\o /dev/null
:begin
SELECT format('EXECUTE post(%s)', i) FROM generate_series(101, 130) i \gexec
SELECT id, title FROM posts WHERE id BETWEEN 501 AND 530;
SELECT format('EXECUTE post(%s)', i) FROM generate_series(131, 160) i \gexec
COMMIT;
\o
:found

\echo 'the list is longer than what is kept of it'
\o /dev/null
SELECT perfaudit.reset(); BEGIN; SELECT id, name FROM users ORDER BY id LIMIT 200;
SELECT format('EXECUTE post(%s)', i) FROM generate_series(101, 300) i \gexec
COMMIT;
\o
:found

\echo 'the same rows again, and another list at the end: values of the second time are known, whether or not a list comes after them'
\o /dev/null
:begin
SELECT CASE WHEN i = 100 THEN 'SELECT id, name FROM users ORDER BY id LIMIT 40' ELSE format('EXECUTE post(%s)', i) END
FROM generate_series(1, 2) round, generate_series(100, 140) i ORDER BY round, i \gexec
COMMIT;
\o
:found
\o /dev/null
:begin
SELECT CASE WHEN i = 100 THEN 'SELECT id, name FROM users ORDER BY id LIMIT 40' ELSE format('EXECUTE post(%s)', i) END
FROM generate_series(1, 2) round, generate_series(100, 140) i ORDER BY round, i \gexec
SELECT id, title FROM posts WHERE id BETWEEN 501 AND 530;
COMMIT;
\o
:found

\echo 'more values than are counted in 16 bits'
\o /dev/null
:begin
SELECT CASE WHEN i = 100 THEN 'SELECT id, name FROM users ORDER BY id LIMIT 95' ELSE format('EXECUTE post(%s)', i) END
FROM generate_series(1, 700) round, generate_series(100, 195) i ORDER BY round, i \gexec
COMMIT;
\o
SELECT kind, parent_table, parent_column, n_max, compared, covered FROM perfaudit.repeats WHERE kind = 'child';

\echo 'others take the tracker of a repeat that found its list late, and leave it: no numbers below zero'
\o /dev/null
SET perfaudit.repeat_threshold = 3;
SELECT format('PREPARE other%s(int) AS SELECT title FROM posts WHERE id = $1%s', i, repeat(' AND user_id > 0', i))
FROM generate_series(1, 12) i \gexec
SELECT perfaudit.reset(); BEGIN;
SELECT format('EXECUTE post(%s)', i) FROM unnest('{290,270,280}'::int[]) i \gexec
SELECT id, name FROM users ORDER BY id LIMIT 20;
EXECUTE post(101); EXECUTE post(104); EXECUTE post(103); EXECUTE post(102); EXECUTE post(105);
SELECT format('EXECUTE other%s(7)', i) FROM generate_series(1, 12) i, generate_series(1, 11) n
WHERE i < 12 OR n < 4 ORDER BY i, n \gexec
EXECUTE post(106);
COMMIT;
RESET perfaudit.repeat_threshold;
\o
SELECT count(*) > 10 AS others, max(compared) < 100 AS compared, max(covered) < 100 AS covered FROM perfaudit.repeats;

SELECT perfaudit.reset();
SET client_min_messages = warning;
DROP SCHEMA followed_values CASCADE;
