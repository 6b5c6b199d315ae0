-- perfaudit:ignore in a comment: a statement that repeats on purpose.
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS perfaudit;
RESET client_min_messages;
SET perfaudit.burst_gap = '60s';
SET perfaudit.burst_max_time = '1h';
SET perfaudit.burst_max_statements = 100000;
SET perfaudit.repeat_report_time = '1h';
CREATE SCHEMA ignore_comment;
SET search_path = ignore_comment;
CREATE TABLE people (id int PRIMARY KEY, name text);
INSERT INTO people SELECT i, 'user ' || i FROM generate_series(1, 40) i;
CREATE TABLE letters (id int PRIMARY KEY, person_id int REFERENCES people);
INSERT INTO letters SELECT i, 1 + i % 40 FROM generate_series(1, 80) i;
ANALYZE people, letters;
\set repeats 'SELECT kind, scope, tags, n_max, query FROM perfaudit.repeats ORDER BY 1, 3::text;'
\set begin 'BEGIN\\; SELECT id FROM people ORDER BY id LIMIT 20;'
SET perfaudit.notice = notice;

-- at the beginning, at the end, with a reason, in both notations: nothing is told
\o /dev/null
SELECT perfaudit.reset();
:begin
SELECT format(f, i) FROM (VALUES
    ('/* perfaudit:ignore */ SELECT * FROM letters WHERE person_id = %s'),
    ('SELECT * FROM letters WHERE person_id = %s /* perfaudit:ignore */'),
    ('SELECT * FROM letters WHERE person_id = %s /*perfaudit=''ignore''*/'),
    ('SELECT * FROM letters WHERE person_id = %s; /* other: x, perfaudit: ignore, because it is cached */'),
    ('/* perfaudit:ignore: a cache is warmed */ SELECT * FROM letters WHERE person_id = %s'),
    ('/* first */ /* perfaudit:ignore */ SELECT * FROM letters WHERE person_id = %s /* last */')) v (f), generate_series(1, 3) i \gexec
COMMIT;
\o
:repeats
-- they are recorded, as the shape that they are
SELECT calls FROM perfaudit.statements WHERE query ~ 'FROM letters WHERE' AND query !~ 'statements';

-- what is no such comment
\o /dev/null
SELECT perfaudit.reset();
:begin
SELECT format(f, i) FROM (VALUES
    ('SELECT * FROM letters /* perfaudit:ignore */ WHERE person_id = %s'),
    ('/* see perfaudit:ignore */ SELECT * FROM letters WHERE person_id = %s'),
    ('/* perfaudit:ignored */ SELECT * FROM letters WHERE person_id = %s'),
    ('/* xperfaudit:ignore, perfaudit:check */ SELECT * FROM letters WHERE person_id = %s'),
    ('SELECT * FROM letters WHERE person_id = %s -- perfaudit:ignore')) v (f), generate_series(1, 3) i \gexec
COMMIT;
\o
:repeats

-- only those with the comment do not count, whatever else they say of themselves
\o /dev/null
SELECT perfaudit.reset();
:begin
SELECT format('SELECT * FROM letters WHERE person_id = %s %s', i, CASE WHEN i % 3 = 0 THEN '/* perfaudit:ignore */' END)
    FROM generate_series(1, 18) i \gexec
COMMIT;
BEGIN;
SELECT id FROM people ORDER BY id LIMIT 20 /*controller='users'*/;
SELECT format('SELECT * FROM letters WHERE person_id = %s /*controller=''users''%s*/', i, CASE WHEN i % 2 = 0 THEN ',perfaudit=''ignore''' END)
    FROM generate_series(1, 20) i \gexec
COMMIT;
\o
:repeats

-- prepared statements of one shape, told apart by their own texts
SET plan_cache_mode = force_generic_plan;
PREPARE meant AS SELECT * FROM letters WHERE id = $1 /*controller='users',perfaudit='ignore'*/;
PREPARE other AS SELECT person_id FROM letters WHERE id = $1 /*controller='users'*/;
PREPARE plain AS SELECT * FROM letters WHERE id = $1 /*controller='users'*/;
\o /dev/null
SELECT perfaudit.reset();
BEGIN;
SELECT 'EXECUTE meant (5)', 'EXECUTE plain (5)' FROM generate_series(1, 12) i \gexec
COMMIT;
BEGIN;
SELECT 'EXECUTE meant (5)', format('EXECUTE other (%s)', i) FROM generate_series(1, 12) i \gexec
COMMIT;
RESET plan_cache_mode;
\o
:repeats

-- tags in such a statement end a unit as ever; it can be the parent of others
\o /dev/null
SELECT perfaudit.reset();
BEGIN;
SELECT id FROM people ORDER BY id LIMIT 20;
SELECT format('SELECT * FROM letters WHERE person_id = %s', i) FROM generate_series(1, 7) i \gexec
SELECT id FROM people ORDER BY id LIMIT 20 /*controller='users',perfaudit='ignore'*/;
SELECT format('SELECT * FROM letters WHERE person_id = %s', i) FROM generate_series(1, 12) i \gexec
COMMIT;
\o
:repeats

-- many aggregates, one by one: with the comment and without
\o /dev/null
SELECT perfaudit.reset();
SET perfaudit.unit = 'meant';
SELECT format('SELECT %s(id) FROM %s /* perfaudit:ignore */', f, t) FROM unnest('{min,max,sum,avg,count,variance}'::text[]) f, unnest('{people,letters}'::text[]) t
\set ECHO none
\gexec
SET perfaudit.unit = 'plain';
SELECT format('SELECT %s(id) FROM %s', f, t) FROM unnest('{min,max,sum,avg,count,variance}'::text[]) f, unnest('{people,letters}'::text[]) t
\gexec
SET perfaudit.unit = '';
SELECT 1;
\o
\set ECHO all
SELECT unit, n_max FROM perfaudit.makeup_facts() WHERE variant = 'sequential_aggregates' AND unit <> '';
SET client_min_messages = warning;
DROP SCHEMA ignore_comment CASCADE;
