-- suggest_indexes(): what was advised before is kept until another index is clearly better, and goes when its reason is gone.
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS perfaudit;
RESET client_min_messages;
CREATE SCHEMA suggest_held;
SET search_path = suggest_held;
SET max_parallel_workers_per_gather = 0;
-- one statement reads two tables, and there is to be one index: what it gains is in proportion to their sizes, times decide nothing
CREATE TABLE a (id int PRIMARY KEY, k int, filler text);
CREATE TABLE b (id int PRIMARY KEY, k int, filler text);
CREATE FUNCTION grow(name text, wanted int) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE format('INSERT INTO %I SELECT i, i * 7, repeat(''x'', 200) FROM generate_series((SELECT 1 + count(*) FROM %I), $1) i', name, name) USING wanted;
    EXECUTE format('ANALYZE %I', name);
END $$;
CREATE FUNCTION slow(k int) RETURNS int LANGUAGE plpgsql IMMUTABLE AS $$ BEGIN IF current_setting('test.slow', true) = 'on' THEN PERFORM pg_sleep(100); END IF; RETURN k; END $$;
SET perfaudit.enabled = off;
SELECT grow('a', 20000), grow('b', 18000);
\set record 'SET perfaudit.enabled = on; SELECT a.id, b.id FROM a, b WHERE a.k = slow(700) AND b.k = 77; SELECT a.id, b.id FROM a, b WHERE a.k = slow(700) AND b.k = 77; SET perfaudit.enabled = off;'
\set advice 'SELECT split_part(split_part(ddl, '' ON '', 2), ''.'', 2) AS index FROM perfaudit.suggest_indexes(max_ms => 600000, max_indexes => 1) WHERE action IN (''create'', ''replace'');'
\set why 'SELECT e->>''table'' AS rejected, e->''columns'' AS columns, e->>''reason'' AS reason FROM perfaudit.suggest_indexes(max_ms => 600000, max_indexes => 1), jsonb_array_elements(evidence->''rejected'') e WHERE action = ''note'';'
SELECT perfaudit.reset() >= 0 AS reset;
:record

--
-- Two that are nearly equal, of which now one and then the other is larger
--
:advice
SELECT grow('b', 22000);
:advice
:why
SELECT grow('a', 24000);
:advice
SELECT grow('b', 26000);
:advice
-- the same without: it flips each time
SET perfaudit.advice_hold = 0;
:advice
SELECT grow('a', 28000);
:advice
SELECT grow('b', 30000);
:advice
RESET perfaudit.advice_hold;
-- what it said last is kept in turn
SELECT grow('a', 32000);
:advice
SELECT (SELECT string_agg(to_jsonb(s)::text, ' ' ORDER BY rank) FROM (SELECT rank, action, ddl, est_size, cost_before, cost_after, confidence, warnings, evidence->'rejected' AS rejected, evidence->'advised_since' AS since FROM perfaudit.suggest_indexes(max_ms => 600000, max_indexes => 1)) s)
     = (SELECT string_agg(to_jsonb(s)::text, ' ' ORDER BY rank) FROM (SELECT rank, action, ddl, est_size, cost_before, cost_after, confidence, warnings, evidence->'rejected' AS rejected, evidence->'advised_since' AS since FROM perfaudit.suggest_indexes(max_ms => 600000, max_indexes => 1)) s) AS same;

--
-- One that is clearly better takes its place, and keeps it
--
SELECT grow('a', 40000);
:why
:advice
SELECT grow('b', 43000);
:advice
-- as much better as is asked for
SET perfaudit.advice_hold = 5;
:advice
RESET perfaudit.advice_hold;

--
-- Other arguments, other tables, other roles: advice of their own
--
SELECT grow('a', 46000);
:advice
\set others 'SELECT split_part(split_part(ddl, '' ON '', 2), ''.'', 2) AS index FROM perfaudit.suggest_indexes(max_ms => 600000'
:others, max_indexes => 1, min_gain => 11) WHERE action = 'create';
:others, max_indexes => 1, storage_budget => 100000000) WHERE action = 'create';
:others, max_indexes => 1, tables => '{a, b}') WHERE action = 'create';
:others, max_indexes => 2) WHERE action = 'create' ORDER BY 1;
CREATE ROLE regress_perfaudit_held;
DO $$ BEGIN EXECUTE format('GRANT %I, pg_read_all_stats TO regress_perfaudit_held', current_user); END $$;
GRANT USAGE ON SCHEMA suggest_held TO regress_perfaudit_held;
GRANT SELECT ON a, b TO regress_perfaudit_held;
SET ROLE regress_perfaudit_held;
:advice
RESET ROLE;
-- and none of them changed ours
:advice
-- what is cancelled gives nothing
SET test.slow = on;
SET statement_timeout = '300ms';
\set VERBOSITY terse
:others, max_indexes => 1, min_gain => 13) WHERE action = 'create';
RESET statement_timeout;
RESET test.slow;
SELECT grow('b', 48000);
:others, max_indexes => 1, min_gain => 13) WHERE action = 'create';
-- tables in another order are the same ones
:others, max_indexes => 1, tables => '{b, a}') WHERE action = 'create';

--
-- What is held goes when its reason is gone
--
-- there is no room for it, and the other one is as large
:advice
:others, max_indexes => 1, storage_budget => 100000) WHERE action = 'create';
-- it has been built: the other one is next, and it is not among those rejected
CREATE INDEX built ON b (k);
:advice
:why
DROP INDEX built;
-- it was not advised last time, and holds nothing any more
SELECT grow('b', 50000);
:advice
-- what there is room for does not hold what has become too large
SELECT est_size + 20000 AS room FROM perfaudit.suggest_indexes(max_ms => 600000, max_indexes => 1, min_gain => 12) WHERE action = 'create' \gset
:others, storage_budget => :room) WHERE action = 'create';
SELECT grow('b', 53000);
:others, storage_budget => :room) WHERE action = 'create';
-- a table has become small
TRUNCATE a;
ANALYZE a;
:advice
-- the statement was forgotten
SELECT perfaudit.reset(queryid => queryid) FROM perfaudit.statements WHERE query ~ '^SELECT a.id, b.id FROM a, b';
:advice

--
-- The order of columns that are as good either way
--
CREATE TABLE p (x int, y int, z int, filler text);
INSERT INTO p SELECT (i * 7919) % 100, (i * 31) % 97, i % 13, repeat('x', 100) FROM generate_series(1, 30000) i;
ANALYZE p;
PREPARE p (int, int) AS SELECT z FROM p WHERE x = $1 AND y = $2;
\set record 'SET perfaudit.enabled = on; EXECUTE p(5, 36); EXECUTE p(5, 36); SET perfaudit.enabled = off;'
SELECT perfaudit.reset() >= 0 AS reset;
:record
\set advice 'SELECT split_part(split_part(ddl, '' ON '', 2), ''.'', 2) AS index FROM perfaudit.suggest_indexes(max_ms => 600000) WHERE action = ''create'' ORDER BY 1;'
:advice
ALTER TABLE p ALTER y SET (n_distinct = 120);
ANALYZE p;
:advice
-- also when names are written otherwise
SET search_path = suggest_held, pg_catalog;
SET quote_all_identifiers = on;
:advice
RESET quote_all_identifiers;
-- the statistics are forgotten, and what was advised with them
SELECT perfaudit.reset() >= 0 AS reset;
:record
:advice
ALTER TABLE p ALTER y RESET (n_distinct);
ANALYZE p;
:advice
-- of another role, another database: not ours
SELECT perfaudit.reset(username => 'regress_perfaudit_held'), perfaudit.reset(database => 'template1');
:advice
SELECT perfaudit.reset(username => current_user) > 0 AS reset;
:record
:advice

--
-- One for which two smaller ones have come
--
CREATE TABLE x (id int, k int, filler text);
CREATE TABLE y (id int, k int, filler text);
CREATE TABLE w (id int, k text, filler text);
INSERT INTO x SELECT i, i, repeat('x', 120) FROM generate_series(1, 30000) i;
INSERT INTO y SELECT i, i, repeat('x', 100) FROM generate_series(1, 10000) i;
INSERT INTO w SELECT i, repeat('z', 30) || lpad(i::text, 5, '0'), repeat('x', 250) FROM generate_series(1, 30000) i;
ANALYZE x, y, w;
SELECT perfaudit.reset() >= 0 AS reset;
SET perfaudit.enabled = on;
SELECT x.id, y.id, w.id FROM x, y, w WHERE x.k = 77 AND y.k = 78 AND w.k = 'zzzzzzzzzzzzzzzzzzzzzzzzzzzzzz00079';
SELECT x.id, y.id, w.id FROM x, y, w WHERE x.k = 77 AND y.k = 78 AND w.k = 'zzzzzzzzzzzzzzzzzzzzzzzzzzzzzz00079';
SET perfaudit.enabled = off;
\set advice 'SELECT split_part(split_part(ddl, '' ON '', 2), ''.'', 2) AS index FROM perfaudit.suggest_indexes(max_ms => 600000, storage_budget => 1950000) WHERE action = ''create'' ORDER BY 1;'
:advice
INSERT INTO y SELECT i, i, repeat('x', 100) FROM generate_series(10001, 26000) i;
ANALYZE y;
:advice
SET perfaudit.advice_hold = 0;
:advice
RESET perfaudit.advice_hold;

--
-- Since when, and in how many hours (t/013_hours.pl); of a single query nothing is kept
--
SELECT (evidence->>'advised_since')::timestamptz BETWEEN perfaudit.recorded_since() AND now() AS since, (evidence->>'advised_hours')::int BETWEEN 1 AND 2 AS hours FROM perfaudit.suggest_indexes(max_ms => 600000, storage_budget => 1950000) WHERE action = 'create';
SELECT evidence ? 'advised_since' AS since FROM perfaudit.suggest_indexes_for('SELECT id FROM x WHERE k = 77') WHERE action = 'create';

--
-- Who asks in a thousand ways forgets what he was told first, nobody else
--
CREATE TABLE m (id int, k int, filler text);
INSERT INTO m SELECT i, i, repeat('x', 150) FROM generate_series(1, 8000) i;
ANALYZE m;
GRANT SELECT ON m TO regress_perfaudit_held;
SELECT perfaudit.reset() >= 0 AS reset;
SET perfaudit.enabled = on;
SELECT id FROM m WHERE k = 7;
SELECT id FROM m WHERE k = 7;
SET perfaudit.enabled = off;
SELECT evidence->>'advised_since' AS mine FROM perfaudit.suggest_indexes(max_ms => 600000) WHERE action = 'create' \gset
SET ROLE regress_perfaudit_held;
SELECT evidence->>'advised_since' AS others FROM perfaudit.suggest_indexes(max_ms => 600000) WHERE action = 'create' \gset
RESET ROLE;
SELECT count(*) FROM generate_series(1, 1100) i, LATERAL perfaudit.suggest_indexes(max_ms => 600000, min_gain => 10 + i / 1000.0) WHERE action = 'create';
SELECT evidence->>'advised_since' > :'mine' AS forgotten FROM perfaudit.suggest_indexes(max_ms => 600000) WHERE action = 'create';
SET ROLE regress_perfaudit_held;
SELECT evidence->>'advised_since' > :'others' AS forgotten FROM perfaudit.suggest_indexes(max_ms => 600000) WHERE action = 'create';
RESET ROLE;
SET client_min_messages = warning;
SELECT perfaudit.reset() >= 0 AS reset;
DROP OWNED BY regress_perfaudit_held;
DROP ROLE regress_perfaudit_held;
DROP SCHEMA suggest_held CASCADE;
