-- large_eager_join: two lists of the same rows in one join, multiplied.
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS perfaudit;
RESET client_min_messages;
CREATE SCHEMA large_eager_join;
SET search_path = large_eager_join;
CREATE TABLE companies (id int PRIMARY KEY, name text);
CREATE TABLE users (id int PRIMARY KEY, company_id int, name text);
CREATE TABLE profiles (user_id int PRIMARY KEY, bio text);
CREATE TABLE posts (id int PRIMARY KEY, user_id int, title text);
CREATE TABLE post_lines (id int PRIMARY KEY, post_id int, line text);
CREATE TABLE comments (id int PRIMARY KEY, user_id int, body text);
CREATE TABLE tags (id int PRIMARY KEY, tag text);
CREATE TABLE user_tags (user_id int, tag_id int, PRIMARY KEY (user_id, tag_id));
INSERT INTO companies SELECT i, 'company ' || i FROM generate_series(1, 4) i;
INSERT INTO users SELECT i, 1 + i % 4, 'user ' || i FROM generate_series(1, 20) i;
INSERT INTO profiles SELECT i, 'bio' FROM generate_series(1, 20) i;
INSERT INTO posts SELECT i, 1 + i % 20, 'title ' || i FROM generate_series(1, 200) i;
INSERT INTO post_lines SELECT i, 1 + i % 200, 'line ' || i FROM generate_series(1, 2000) i;
INSERT INTO comments SELECT i, 1 + i % 20, 'body ' || i FROM generate_series(1, 200) i;
INSERT INTO tags SELECT i, 'tag ' || i FROM generate_series(1, 10) i;
INSERT INTO user_tags SELECT u, t FROM generate_series(1, 20) u, generate_series(1, 10) t;
CREATE INDEX ON posts (user_id);
CREATE INDEX ON comments (user_id);
ANALYZE companies, users, profiles, posts, post_lines, comments, tags, user_tags;
SET max_parallel_workers_per_gather = 0;
SET join_collapse_limit = 1;
SET perfaudit.large_join_rows = 2000;
SET perfaudit.large_join_factor = 4.7;
\set found 'SELECT relation, occurrences AS n, evidence->>''columns'' AS columns, evidence->>''rows_sent'' AS sent, evidence->>''rows_needed'' AS needed, query FROM perfaudit.findings WHERE kind = ''large_eager_join'' ORDER BY query COLLATE "C";'

--
-- Fires
--
-- both lists by hash joins, sorted; 20 users, 200 posts and 200 comments: 2,000 rows where 420 would do
SET enable_nestloop = off;
SET enable_mergejoin = off;
\o /dev/null
SELECT perfaudit.reset();
SELECT u.name, p.title, c.body FROM users u LEFT JOIN posts p ON p.user_id = u.id LEFT JOIN comments c ON c.user_id = u.id ORDER BY u.id;
SELECT u.name, p.title, c.body FROM users u LEFT JOIN posts p ON p.user_id = u.id LEFT JOIN comments c ON c.user_id = u.id ORDER BY u.id;
-- the second list through a table between, and a company for each user
SELECT u.name, f.name, p.title, t.tag FROM users u JOIN companies f ON f.id = u.company_id JOIN posts p ON p.user_id = u.id JOIN user_tags ut ON ut.user_id = u.id JOIN tags t ON t.id = ut.tag_id;
\o
:found
SELECT summary, suggestion FROM perfaudit.findings WHERE kind = 'large_eager_join' AND query ~ 'comments';
SELECT jsonb_object_keys(evidence) AS evidence FROM perfaudit.findings WHERE kind = 'large_eager_join' AND query ~ 'comments' ORDER BY 1;
-- no less, no more
SET perfaudit.large_join_factor = 4.8;
:found
SET perfaudit.large_join_factor = 4.7;
SET perfaudit.large_join_rows = 2001;
:found
SET perfaudit.large_join_rows = 2000;

-- by merge joins
SET enable_hashjoin = off;
SET enable_mergejoin = on;
\o /dev/null
SELECT perfaudit.reset();
SELECT u.name, p.title, c.body FROM users u LEFT JOIN posts p ON p.user_id = u.id LEFT JOIN comments c ON c.user_id = u.id;
\o
:found
-- by nested loops and indexes, of which each row asks
SET enable_mergejoin = off;
SET enable_nestloop = on;
SET enable_seqscan = off;
SET enable_bitmapscan = off;
SET enable_memoize = off;
\o /dev/null
SELECT perfaudit.reset();
SELECT u.name, p.title, c.body FROM users u LEFT JOIN posts p ON p.user_id = u.id LEFT JOIN comments c ON c.user_id = u.id;
\o
:found
SELECT kind, relation, "column" FROM perfaudit.predicates WHERE query ~ 'comments c' ORDER BY relation::text;
SET enable_memoize = on;
RESET enable_bitmapscan;
RESET enable_seqscan;
RESET enable_hashjoin;

--
-- Silent
--
SET enable_nestloop = off;
SET perfaudit.large_join_rows = 100;
SET perfaudit.large_join_factor = 1.2;
\o /dev/null
SELECT perfaudit.reset();
-- repaired: a statement each
SELECT u.name, p.title FROM users u LEFT JOIN posts p ON p.user_id = u.id;
SELECT user_id, body FROM comments WHERE user_id = ANY (ARRAY(SELECT id FROM users));
-- one list, and what belongs to each of its rows
SELECT p.title, u.name, f.name, r.bio FROM posts p JOIN users u ON u.id = p.user_id JOIN companies f ON f.id = u.company_id JOIN profiles r ON r.user_id = u.id;
-- a list of a list
SELECT u.name, p.title, l.line FROM users u JOIN posts p ON p.user_id = u.id JOIN post_lines l ON l.post_id = p.id;
-- lists, and one of a list that is as long as the result
SELECT u.name, l.line, r.bio FROM users u JOIN posts p ON p.user_id = u.id JOIN post_lines l ON l.post_id = p.id LEFT JOIN profiles r ON r.user_id = u.id;
-- two lists, of which one only asks whether there is any
SELECT u.name, p.title FROM users u JOIN posts p ON p.user_id = u.id WHERE EXISTS (SELECT FROM comments c WHERE c.user_id = u.id);
-- two lists of one row for each user
SELECT u.name, p.title, c.body FROM users u JOIN posts p ON p.user_id = u.id JOIN comments c ON c.user_id = u.id AND c.id <= 20;
-- every combination is meant
SELECT t.tag, p.title FROM tags t CROSS JOIN posts p;
SET enable_nestloop = on;
SELECT u.name, d FROM users u JOIN posts p ON p.user_id = u.id CROSS JOIN generate_series(1, 10) d;
SET enable_nestloop = off;
-- reports: grouped, aggregated, distinct
SELECT p.id, c.id, count(*) FROM users u JOIN posts p ON p.user_id = u.id JOIN comments c ON c.user_id = u.id GROUP BY 1, 2;
SELECT DISTINCT p.title, c.body FROM users u JOIN posts p ON p.user_id = u.id JOIN comments c ON c.user_id = u.id;
SELECT u.name, p.n, c.body FROM users u JOIN (SELECT user_id, count(*) AS n FROM posts GROUP BY 1) p ON p.user_id = u.id JOIN comments c ON c.user_id = u.id;
SELECT count(*), sum(p.id) FROM users u JOIN posts p ON p.user_id = u.id JOIN comments c ON c.user_id = u.id;
-- a part of it is wanted
SELECT u.name, p.title, c.body FROM users u JOIN posts p ON p.user_id = u.id JOIN comments c ON c.user_id = u.id LIMIT 500;
-- not for a client
CREATE TABLE copied AS SELECT u.name, p.title, c.body FROM users u JOIN posts p ON p.user_id = u.id JOIN comments c ON c.user_id = u.id;
\o
:found
SET client_min_messages = warning;
DROP SCHEMA large_eager_join CASCADE;
