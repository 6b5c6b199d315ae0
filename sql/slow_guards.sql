-- The conditions of slow_statement and of what it says, one by one: each statement is one step away from another variant, or
-- from no finding.
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS perfaudit;
RESET client_min_messages;
CREATE SCHEMA slow_guards;
SET search_path = slow_guards;
SET max_parallel_workers_per_gather = 0;
SET perfaudit.sample_budget = 1;
SET perfaudit.large_table_rows = 1000000;
SET perfaudit.slow_statement_calls = 5;
SET perfaudit.slow_statement = '1ms';
SET work_mem = '32MB';
CREATE TABLE jobs (id int PRIMARY KEY, name text);
INSERT INTO jobs SELECT i, 'job ' || i FROM generate_series(1, 10000) i;
ANALYZE jobs;
CREATE TABLE asked (n int GENERATED ALWAYS AS IDENTITY, statement text);
\set run 'SELECT format(statement, 120 * i, 120 * i + 110, 120 * i + 90) FROM asked, generate_series(1, 5) i ORDER BY n, i \\gexec'
\set found 'SELECT evidence->>''variant'' AS variant, substring(suggestion FROM E''in: (.*)'') AS inside, query FROM perfaudit.findings WHERE kind = ''slow_statement'' ORDER BY query COLLATE "C";'

--
-- Whether
--
-- five of 125 executions are less than one in twenty
SET perfaudit.slow_statement = '200ms';
\o /dev/null
\set ECHO none
SELECT perfaudit.reset();
SELECT format('SELECT name, pg_sleep(%s) FROM jobs WHERE id = 1', CASE WHEN i <= 5 THEN 0.25 ELSE 0.0 END) FROM generate_series(1, 125) i \gexec
\set ECHO all
\o
:found
SELECT slow_calls >= 5 AS slow FROM perfaudit.statement_facts(200) WHERE query ~ '^SELECT name, pg_sleep';
SET perfaudit.slow_statement = '1ms';
-- a function that waits by itself, whatever else it runs; that only waits; the same of a DO
CREATE FUNCTION looks() RETURNS text LANGUAGE plpgsql AS
$$ BEGIN RETURN (SELECT name FROM jobs WHERE id = 2); END $$;
CREATE FUNCTION waits() RETURNS void LANGUAGE plpgsql AS
$$ BEGIN PERFORM pg_sleep(0.006); END $$;
-- what takes most on tables is told
CREATE FUNCTION works() RETURNS void LANGUAGE plpgsql AS
$$ BEGIN
    PERFORM id, pg_sleep(0.002) FROM jobs WHERE id = 3;
    PERFORM name, pg_sleep(0.03) FROM jobs WHERE id = 3;
    PERFORM id, name, pg_sleep(0.002) FROM jobs WHERE id = 3;
    PERFORM pg_sleep(0.05);
END $$;
INSERT INTO asked (statement) VALUES
    ('SELECT pg_sleep(0.05), looks()'),
    ('SELECT waits()'),
    ('DO $d$ BEGIN PERFORM name || id, pg_sleep(0.006) FROM jobs WHERE id = 4; END $d$'),
    ('SELECT works()');
\o /dev/null
\set ECHO none
SELECT perfaudit.reset();
:run
\set ECHO all
\o
:found

--
-- On what
--
-- a page for each row, of which none is in the buffers
CREATE TABLE wide (id int, note text);
ALTER TABLE wide ALTER COLUMN note SET STORAGE PLAIN;
CREATE TABLE wider (LIKE wide INCLUDING STORAGE);
CREATE TABLE widest (LIKE wide INCLUDING STORAGE);
INSERT INTO wide SELECT i, repeat('x', 5000) FROM generate_series(1, 730) i;
INSERT INTO wider SELECT * FROM wide;
INSERT INTO widest SELECT * FROM wide;
VACUUM FULL wide;
VACUUM FULL wider;
VACUUM FULL widest;
CREATE TABLE bulky (id int) WITH (fillfactor = 10);
INSERT INTO bulky SELECT i FROM generate_series(1, 25000) i;
ANALYZE bulky;
SET enable_mergejoin = off;
SET enable_nestloop = off;
SET perfaudit.slow_statement = '10ms';
TRUNCATE asked;
INSERT INTO asked (statement) VALUES
    -- 110 blocks are read; 90; beside many that are there
    ('SELECT count(*), pg_sleep(0.02) FROM wide WHERE ctid >= ''(%1$s,0)'' AND ctid < ''(%2$s,0)'''),
    ('SELECT count(*), pg_sleep(0.02) FROM wider WHERE ctid >= ''(%1$s,0)'' AND ctid < ''(%3$s,0)'''),
    ('SELECT count(*), pg_sleep(0.02), (SELECT count(*) FROM bulky) FROM widest WHERE ctid >= ''(%1$s,0)'' AND ctid < ''(%2$s,0)'''),
    -- 10000 rows sorted, and one less; joined
    ('SELECT count(*), pg_sleep(0.02) FROM (SELECT name FROM jobs WHERE id <= 10000 ORDER BY name OFFSET 0) x'),
    ('SELECT max(name), pg_sleep(0.02) FROM (SELECT name FROM jobs WHERE id <= 9999 ORDER BY name OFFSET 0) x'),
    ('SELECT count(*), pg_sleep(0.02) FROM jobs a JOIN jobs b USING (name) WHERE a.id <= 10000'),
    ('SELECT max(a.name), pg_sleep(0.02) FROM jobs a JOIN jobs b USING (name) WHERE a.id <= 9999');
\o /dev/null
\set ECHO none
SELECT perfaudit.reset();
:run
\set ECHO all
\o
SELECT evidence->>'variant' AS variant, (evidence->>'blocks_read')::int / 50 AS read, query FROM perfaudit.findings WHERE kind = 'slow_statement' ORDER BY query COLLATE "C";
-- little is written to disk beside all the blocks looked at; much
SET work_mem = '64kB';
TRUNCATE asked;
INSERT INTO asked (statement) VALUES
    ('SELECT count(*), pg_sleep(0.02), (SELECT count(*) FROM bulky) FROM (SELECT name FROM jobs WHERE id <= 4000 ORDER BY name OFFSET 0) x'),
    ('SELECT max(name), pg_sleep(0.02) FROM (SELECT name FROM jobs WHERE id <= 9000 ORDER BY name OFFSET 0) x');
\o /dev/null
\set ECHO none
SELECT perfaudit.reset();
:run
\set ECHO all
\o
SELECT evidence->>'variant' AS variant, (evidence->>'temp_blocks_written')::int > 0 AS wrote, query FROM perfaudit.findings WHERE kind = 'slow_statement' ORDER BY query COLLATE "C";
SET client_min_messages = warning;
DROP SCHEMA slow_guards CASCADE;
