-- n_plus_one: fires on a list followed by one statement a row, in whichever way
-- it is sent; silent on what only looks like it.
-- Times decide nothing here: no burst ends by itself, no repeat is told for its
-- time, and every case is a unit of its own.
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS perfaudit;
RESET client_min_messages;
SET perfaudit.burst_gap = '60s';
SET perfaudit.burst_max_time = '1h';
SET perfaudit.burst_max_statements = 100000;
SET perfaudit.repeat_report_time = '1h';
CREATE SCHEMA n_plus_one;
SET search_path = n_plus_one;

CREATE TABLE users (id int PRIMARY KEY, name text UNIQUE, wide bigint, token uuid);
CREATE TABLE posts (id int PRIMARY KEY, user_id int REFERENCES users, title text, author text, wide bigint, token uuid);
CREATE INDEX ON posts (user_id);
INSERT INTO users
    SELECT i, 'user ' || i, 1000000 + i, md5(i::text)::uuid FROM generate_series(101, 160) i;
INSERT INTO posts
    SELECT i, 101 + i % 60, 'title ' || i, 'user ' || 101 + i % 60, 1000101 + i % 60, md5((101 + i % 60)::text)::uuid
    FROM generate_series(1, 600) i;
ANALYZE users, posts;

-- what the cases show
\set found 'SELECT relation, occurrences AS units, evidence->>''variant'' AS variant, evidence->>''scope'' AS scope, evidence->>''child_column'' AS child, concat_ws(''.'', evidence->>''parent_table'', evidence->>''parent_column'') AS parent, evidence->>''n_max'' AS n, evidence->>''distinct_values'' AS "distinct", evidence->>''covered'' AS covered FROM perfaudit.findings WHERE kind = ''n_plus_one'' ORDER BY query;'
-- each row of a generated list is sent as a statement
\set ids 'FROM generate_series(101, 112) i'

--
-- Fires
--

-- in a transaction, literals
SET perfaudit.unit = 'literals';
\o /dev/null
SELECT perfaudit.reset();
BEGIN;
SELECT id, name FROM users ORDER BY id LIMIT 12;
SELECT format('SELECT * FROM posts WHERE user_id = %s', i) :ids \gexec
COMMIT;
\o
:found
SELECT perfaudit.severity_rank(severity) > 0 AS ranked, summary, suggestion, query, parent_query, database = current_database() AS here,
       username = current_user AS mine, application = current_setting('application_name') AS app,
       impact_ms > 0 AS cost, finding_id ~ '^[0-9a-f]{16}$' AS id
FROM perfaudit.findings WHERE kind = 'n_plus_one';
SELECT jsonb_object_keys(evidence) AS evidence FROM perfaudit.findings WHERE kind = 'n_plus_one' ORDER BY 1;
SELECT scope, kind, child_table, child_column, parent_table, parent_column, units, n_total, n_min, n_median, n_max,
       distinct_values, same_values, compared, covered, query, parent_query
FROM perfaudit.repeats ORDER BY query;

-- the same work again is another unit of the same finding
\o /dev/null
BEGIN;
SELECT id, name FROM users ORDER BY id LIMIT 20;
SELECT format('SELECT * FROM posts WHERE user_id = %s', i) FROM generate_series(101, 120) i \gexec
COMMIT;
\o
:found
SELECT summary FROM perfaudit.findings WHERE kind = 'n_plus_one';

-- outside of a transaction, literals
SET perfaudit.unit = 'burst';
\o /dev/null
SELECT perfaudit.reset();
SELECT id, name FROM users ORDER BY id LIMIT 12;
SELECT format('SELECT * FROM posts WHERE user_id = %s', i) :ids \gexec
\o
:found
SELECT summary FROM perfaudit.findings WHERE kind = 'n_plus_one';

-- with PREPARE and EXECUTE, parent too, in both scopes
PREPARE parent(int) AS SELECT id FROM users ORDER BY id LIMIT $1;
PREPARE child(int) AS SELECT title FROM posts WHERE user_id = $1;
SET perfaudit.unit = 'execute in transaction';
\o /dev/null
SELECT perfaudit.reset();
BEGIN;
EXECUTE parent(12);
SELECT format('EXECUTE child(%s)', i) :ids \gexec
COMMIT;
\o
:found
SET perfaudit.unit = 'execute in burst';
\o /dev/null
SELECT perfaudit.reset();
EXECUTE parent(12);
SELECT format('EXECUTE child(%s)', i) :ids \gexec
\o
:found

-- a count for each row, an EXISTS for each row
SET perfaudit.unit = 'count';
\o /dev/null
SELECT perfaudit.reset();
SELECT id FROM users ORDER BY id LIMIT 12;
SELECT format('SELECT count(*) FROM posts WHERE user_id = %s', i) :ids \gexec
\o
:found
SELECT summary, suggestion FROM perfaudit.findings WHERE kind = 'n_plus_one';
SET perfaudit.unit = 'exists';
\o /dev/null
SELECT perfaudit.reset();
SELECT id FROM users ORDER BY id LIMIT 12;
SELECT format('SELECT EXISTS (SELECT FROM posts WHERE user_id = %s)', i) :ids \gexec
\o
:found

-- the latest row of each: a batch needs LATERAL
SET perfaudit.unit = 'limit';
\o /dev/null
SELECT perfaudit.reset();
SELECT id FROM users ORDER BY id LIMIT 12;
SELECT format('SELECT * FROM posts p WHERE p.user_id = %s ORDER BY p.id DESC LIMIT 1', i) :ids \gexec
\o
:found
SELECT suggestion FROM perfaudit.findings WHERE kind = 'n_plus_one';

-- the parent read through a cursor, and from a join
SET perfaudit.unit = 'cursor';
\o /dev/null
SELECT perfaudit.reset();
BEGIN;
DECLARE list CURSOR FOR SELECT id FROM users ORDER BY id;
FETCH 12 FROM list;
SELECT format('SELECT * FROM posts WHERE user_id = %s', i) :ids \gexec
COMMIT;
\o
:found
SET perfaudit.unit = 'join';
\o /dev/null
SELECT perfaudit.reset();
SELECT p.id, p.user_id FROM posts p JOIN users u ON u.id = p.user_id ORDER BY p.id LIMIT 12;
SELECT format('SELECT name FROM users WHERE id = %s', 101 + i) FROM generate_series(1, 12) i \gexec
\o
:found

-- keys of other types and widths; no foreign key, but in the parent's order
SET perfaudit.unit = 'bigint';
\o /dev/null
SELECT perfaudit.reset();
SELECT wide FROM users ORDER BY id LIMIT 12;
SELECT format('SELECT * FROM posts WHERE wide = %s', 1000000 + i) :ids \gexec
\o
:found
SET perfaudit.unit = 'text';
\o /dev/null
SELECT perfaudit.reset();
SELECT name FROM users ORDER BY id LIMIT 12;
SELECT format('SELECT * FROM posts WHERE author = %L', 'user ' || i) :ids \gexec
\o
:found
SET perfaudit.unit = 'uuid';
\o /dev/null
SELECT perfaudit.reset();
SELECT token FROM users ORDER BY id LIMIT 12;
SELECT format('SELECT * FROM posts WHERE token = %L', md5(i::text)) :ids \gexec
\o
:found

-- two shapes under one parent: two findings
SET perfaudit.unit = 'two';
\o /dev/null
SELECT perfaudit.reset();
SELECT id FROM users ORDER BY id LIMIT 12;
SELECT format('SELECT * FROM posts WHERE user_id = %s', i), format('SELECT count(*) FROM posts WHERE user_id = %s', i) :ids \gexec
\o
:found

-- savepoints belong to their transaction: one unit
SET perfaudit.unit = 'savepoints';
\o /dev/null
SELECT perfaudit.reset();
BEGIN;
SELECT id FROM users ORDER BY id LIMIT 12;
SELECT 'SAVEPOINT s', format('SELECT * FROM posts WHERE user_id = %s', i),
       CASE WHEN i % 2 = 0 THEN 'RELEASE s' ELSE 'ROLLBACK TO s' END :ids \gexec
COMMIT;
\o
:found

-- rolled back by the client: the work was done all the same
SET perfaudit.unit = 'rollback';
\o /dev/null
SELECT perfaudit.reset();
BEGIN;
SELECT id FROM users ORDER BY id LIMIT 12;
SELECT format('SELECT * FROM posts WHERE user_id = %s', i) :ids \gexec
ROLLBACK;
BEGIN;
SELECT id FROM users ORDER BY id LIMIT 12;
SELECT format('SELECT * FROM posts WHERE user_id = %s', i) :ids \gexec
COMMIT;
\o
:found

-- no parent seen, in a transaction: told, with less certainty
SET perfaudit.unit = 'orphan';
\o /dev/null
SELECT perfaudit.reset();
BEGIN;
SELECT format('SELECT * FROM posts WHERE user_id = %s', i) :ids \gexec
COMMIT;
\o
:found
SELECT perfaudit.severity_rank(severity) > 0 AS ranked, summary, parent_query FROM perfaudit.findings WHERE kind = 'n_plus_one';

--
-- Silent
--

-- four repeats, although four would be reported
SET perfaudit.unit = 'four';
SET perfaudit.repeat_report = 2;
\o /dev/null
SELECT perfaudit.reset();
BEGIN;
SELECT id FROM users ORDER BY id LIMIT 4;
SELECT format('SELECT * FROM posts WHERE user_id = %s', i) FROM generate_series(101, 104) i \gexec
COMMIT;
\o
:found
-- six are: the list's threshold is five
SET perfaudit.unit = 'six';
\o /dev/null
BEGIN;
SELECT id FROM users ORDER BY id LIMIT 6;
SELECT format('SELECT * FROM posts WHERE user_id = %s', i) FROM generate_series(101, 106) i \gexec
COMMIT;
\o
:found
RESET perfaudit.repeat_report;
:found

-- one batch for all rows; batches of a loader
SET perfaudit.unit = 'batch';
\o /dev/null
SELECT perfaudit.reset();
BEGIN;
SELECT id FROM users ORDER BY id LIMIT 60;
SELECT * FROM posts WHERE user_id = ANY (ARRAY[101,102,103,104,105,106,107,108,109,110,111,112]);
SELECT format('SELECT * FROM posts WHERE user_id IN (%s, %s, %s)', i, i + 1, i + 2) :ids \gexec
PREPARE batch(int[]) AS SELECT title FROM posts WHERE user_id = ANY ($1);
SELECT format('EXECUTE batch(ARRAY[%s, %s])', i, i + 1) :ids \gexec
COMMIT;
\o
:found

-- a parent of one row
SET perfaudit.unit = 'single row';
\o /dev/null
SELECT perfaudit.reset();
SELECT format('SELECT id FROM users WHERE name = %L', 'user ' || i),
       format('SELECT * FROM posts WHERE user_id = %s', i) :ids \gexec
\o
:found

-- keyset pages, by one column and by two
SET perfaudit.unit = 'keyset';
\o /dev/null
SELECT perfaudit.reset();
BEGIN;
SELECT format('SELECT * FROM posts WHERE id > %s ORDER BY id LIMIT 10', i * 10) FROM generate_series(0, 14) i \gexec
SELECT format('SELECT * FROM posts WHERE (title, id) > (%L, %s) ORDER BY title, id LIMIT 10', 'title ' || i * 10, i * 10)
    FROM generate_series(0, 14) i \gexec
COMMIT;
\o
:found

-- an OFFSET walk
SET perfaudit.unit = 'offset';
\o /dev/null
SELECT perfaudit.reset();
BEGIN;
SELECT format('SELECT * FROM posts ORDER BY id LIMIT 10 OFFSET %s', i * 10) FROM generate_series(0, 14) i \gexec
COMMIT;
\o
:found

-- portions of a cursor
SET perfaudit.unit = 'fetch';
\o /dev/null
SELECT perfaudit.reset();
BEGIN;
DECLARE portions CURSOR FOR SELECT * FROM posts ORDER BY id;
SELECT 'FETCH 10 FROM portions' FROM generate_series(1, 15) \gexec
COMMIT;
\o
:found

-- a validation look-up before each insert
CREATE TABLE tags (name text PRIMARY KEY);
SET perfaudit.unit = 'validation';
\o /dev/null
SELECT perfaudit.reset();
BEGIN;
SELECT id, name FROM users ORDER BY id LIMIT 12;
SELECT format('SELECT name FROM tags WHERE name = %L', 'user ' || i),
       format('INSERT INTO tags VALUES (%L)', 'user ' || i) :ids \gexec
COMMIT;
\o
:found

-- independent look-ups outside of a transaction: no parent, no finding
SET perfaudit.unit = 'independent';
\o /dev/null
SELECT perfaudit.reset();
SELECT format('SELECT * FROM posts WHERE user_id = %s', i) :ids \gexec
\o
:found
-- nor with a list read before that the values did not come from
SET perfaudit.unit = 'unrelated';
\o /dev/null
SELECT perfaudit.reset();
SELECT id FROM users WHERE id > 130 ORDER BY id;
SELECT format('SELECT * FROM posts WHERE user_id = %s', i) :ids \gexec
\o
:found

-- catalog queries of drivers
SET perfaudit.unit = 'catalogs';
\o /dev/null
SELECT perfaudit.reset();
BEGIN;
SELECT attnum, attname FROM pg_attribute WHERE attrelid = 'pg_class'::regclass;
SELECT format('SELECT attname FROM pg_attribute WHERE attrelid = ''pg_class''::regclass AND attnum = %s', i)
    FROM generate_series(1, 12) i \gexec
COMMIT;
\o
:found

-- rows locked one by one
SET perfaudit.unit = 'locking';
\o /dev/null
SELECT perfaudit.reset();
BEGIN;
SELECT id FROM users ORDER BY id LIMIT 12;
SELECT format('SELECT * FROM users WHERE id = %s FOR UPDATE', i) :ids \gexec
COMMIT;
\o
:found

-- EXPLAIN is no workload
SET perfaudit.unit = 'explain';
\o /dev/null
SELECT perfaudit.reset();
BEGIN;
SELECT id FROM users ORDER BY id LIMIT 12;
SELECT format('EXPLAIN (ANALYZE) SELECT * FROM posts WHERE user_id = %s', i) :ids \gexec
COMMIT;
\o
:found

-- failed and tried again: once, not twice
SET perfaudit.unit = 'retry';
\o /dev/null
SELECT perfaudit.reset();
BEGIN;
SELECT id FROM users ORDER BY id LIMIT 12;
SELECT format('SELECT * FROM posts WHERE user_id = %s', i) :ids \gexec
SELECT 1 / (count(*) - 60) FROM users;
ROLLBACK;
BEGIN;
SELECT id FROM users ORDER BY id LIMIT 12;
SELECT format('SELECT * FROM posts WHERE user_id = %s', i) :ids \gexec
COMMIT;
\o
:found

-- perfaudit.provenance off: no parents are looked for
SET perfaudit.provenance = off;
SET perfaudit.unit = 'no provenance';
\o /dev/null
SELECT perfaudit.reset();
SELECT id FROM users ORDER BY id LIMIT 12;
SELECT format('SELECT * FROM posts WHERE user_id = %s', i) :ids \gexec
\o
:found
RESET perfaudit.provenance;

DROP TABLE posts, tags;
:found
