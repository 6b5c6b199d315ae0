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
-- a text that is kept again after a reset has other placeholders, and whole lists
SELECT count(DISTINCT perfaudit.finding_id('kind', a)) FROM unnest(ARRAY['SELECT a FROM t WHERE a = $1 AND b = $2 AND a IN ($3 /*, ... */) LIMIT $4', 'select a from t where a = $1 and b = $2 and a in ($3,$4,$5) limit $6']) a;
SELECT x, count(DISTINCT perfaudit.finding_id('kind', y)) AS ids FROM (VALUES (1, ARRAY['select a + $2, $3, $4, $5, $6 from t where b like $7 and a between $8 and $1 order by 1 offset $9', 'select a + $2, $3, -$4, null, true from t where b like $5 and a between -$6 and $1 order by $7 offset $8']),
    (2, ARRAY['insert into t(a,b) values ($2,$1) /*, ... */', 'insert into t(a,b) values ($2,$1),($3,$4)', 'insert into t(a, b) values ($2, $1), ($3, lower(f($4)))']),
    (3, ARRAY['select a::int, b::varchar(10), extract($2 from c) from t where j->>$4 = $5 and arr[$6] = $7', 'select a::int, b::varchar($1), extract(year from c) from t where j->>$6 = $7 and arr[$8] = $9']),
    (4, ARRAY['select a from t where (a, b) in (($1, $2) /*, ... */)', 'select a from t where (a, b) in (($1, $2), ($3, $4))']),
    (5, ARRAY['select a from t where a = any(array[$2::int /*, ... */])', 'select a from t where a = any(array[$2::int, $3::int])'])) v (x, ys), unnest(ys) y GROUP BY x ORDER BY x;
-- but not others
SELECT count(DISTINCT perfaudit.finding_id('kind', y)) AS ids FROM unnest(ARRAY['select a from t where b is null', 'select a from t where b is not null', 'select a from t where b is true', 'select a from t where b = $1',
    'select a from t where c = $1', 'select a from t where b = $1 and c = $2', 'select a from t2 where b = $1', 'select "A1" from t where b = $1', 'select "A2" from t where b = $1']) y;
-- really captured after a reset
CREATE TABLE big (id int PRIMARY KEY, kind int, day date, note text);
INSERT INTO big SELECT i, i % 40000, date '2026-01-01' + i % 900, 'n' || i FROM generate_series(1, 40000) i;
VACUUM ANALYZE big;
\o /dev/null
SELECT perfaudit.reset();
PREPARE wasteful (int) AS SELECT note FROM big WHERE kind = $1 AND id IN (1, 2, $1) AND day > date '2020-01-01' AND note <> 'x' LIMIT 5;
EXECUTE wasteful (77);
\o
CREATE TABLE texts_seen AS SELECT query FROM perfaudit.statements WHERE query ~ 'FROM big WHERE';
\o /dev/null
SELECT perfaudit.reset();
EXECUTE wasteful (78);
\o
INSERT INTO texts_seen SELECT query FROM perfaudit.statements WHERE query ~ 'FROM big WHERE';
SELECT count(*), count(DISTINCT query) AS texts, count(DISTINCT perfaudit.finding_id('kind', query)) AS ids FROM texts_seen;
DEALLOCATE wasteful;
SET client_min_messages = warning;
DROP SCHEMA finding_id CASCADE;
