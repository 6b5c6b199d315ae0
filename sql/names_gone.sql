-- failing_statement of what is gone: a statement that never ran to its end has no plan, and its text tells.
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS perfaudit;
RESET client_min_messages;
CREATE SCHEMA names_gone;
CREATE SCHEMA "Other; 'one'";
SET search_path = names_gone;
SET perfaudit.failing_errors = 3;
SET perfaudit.failing_share = 0.5;
CREATE TABLE kept (id int, n int);
CREATE TABLE passing (id int, n int);
CREATE TABLE "Other; 'one'"."Passing ""too""" (id int, n int);
CREATE TABLE twice (id int, n int);
CREATE TABLE "Other; 'one'".twice (id int, n int);
CREATE VIEW seen AS SELECT * FROM kept;
CREATE TEMPORARY TABLE mine (id int, n int);
CREATE FUNCTION looks() RETURNS bigint LANGUAGE plpgsql AS 'BEGIN RETURN (SELECT count(*) / 0 FROM passing); END';
CREATE PROCEDURE never(k int) LANGUAGE plpgsql AS 'BEGIN RAISE division_by_zero; END';
CREATE FUNCTION passing_function(k int) RETURNS int LANGUAGE sql AS 'SELECT k';
INSERT INTO kept VALUES (1, 0);
INSERT INTO passing VALUES (1, 0);
INSERT INTO "Other; 'one'"."Passing ""too""" VALUES (1, 0);
INSERT INTO twice VALUES (1, 0);
INSERT INTO mine VALUES (1, 0);
\set found 'SELECT query FROM perfaudit.findings WHERE kind = ''failing_statement'' ORDER BY query COLLATE "C";'
\set VERBOSITY sqlstate
CREATE TEMPORARY TABLE asked (n int GENERATED ALWAYS AS IDENTITY, statement text, stays bool);
INSERT INTO asked (statement, stays) VALUES
    ('SELECT 1 / n FROM kept WHERE id = %s', true),
    ('SELECT 1 / n FROM passing WHERE id = %s', false),
    ('SELECT n / n FROM names_gone.passing WHERE id = %s', false),
    ('SELECT 1 / n FROM "Other; ''one''"."Passing ""too""" WHERE id = %s', false),
    ('SELECT 1 / k.n FROM kept k JOIN passing p USING (id) WHERE id = %s', false),
    ('SELECT 1 / n FROM kept WHERE id = %s AND EXISTS (SELECT FROM passing p WHERE p.id = kept.id)', false),
    ('UPDATE passing SET n = 1 / n WHERE id = %s', false),
    ('DELETE FROM kept USING passing p WHERE 1 / p.n = %s', false),
    ('INSERT INTO passing SELECT id, 1 / n FROM kept WHERE id = %s', false),
    ('MERGE INTO kept USING passing p ON p.id = kept.id AND 1 / p.n = %s WHEN MATCHED THEN DELETE', false),
    ('WITH gone AS (SELECT * FROM passing) SELECT 1 / n FROM gone WHERE id = %s', false),
    -- a name of its own, an alias
    ('WITH gone AS (SELECT * FROM kept) SELECT 1 / n FROM gone WHERE id = %s', true),
    ('SELECT 1 / n FROM kept gone WHERE id = %s FOR UPDATE OF gone', true),
    ('SELECT 1 / n FROM seen WHERE id = %s', true),
    -- in another schema there still is one; a temporary table comes again
    ('SELECT 1 / n FROM twice WHERE id = %s', true),
    ('SELECT 1 / n FROM mine WHERE id = %s', true),
    -- what the application goes on calling
    ('SELECT looks() WHERE %s > 0', true),
    ('CALL never(%s)', true),
    ('SELECT passing_function(id) / 0 FROM kept WHERE id = %s', false),
    ('COPY (SELECT id, 1 / n FROM passing WHERE id = %s) TO STDOUT', false);
SELECT perfaudit.reset() \g /dev/null
\set ECHO none
SELECT format(statement, 1) FROM asked CROSS JOIN generate_series(1, 3) i ORDER BY n \gexec
\set ECHO all
-- all of them, as long as all is there; then those that stay
SELECT count(*) FILTER (WHERE stays) AS stay, count(*) AS all FROM asked;
SELECT count(*) FROM perfaudit.findings WHERE kind = 'failing_statement';
DROP TABLE passing, "Other; 'one'"."Passing ""too""", twice, mine;
DROP FUNCTION passing_function;
:found
\set VERBOSITY default
SET client_min_messages = warning;
DROP SCHEMA "Other; 'one'" CASCADE;
DROP SCHEMA names_gone CASCADE;
:found

-- what cannot be parsed, or is no query, names nothing
SELECT perfaudit.names_gone(q) FROM unnest(ARRAY['SELECT FROM gone_for_good WHERE a = $1', 'SELECT FROM gone_for_good WHERE', '', 'CALL gone_for_good($1)',
    'SELECT FROM gone_for_good; SELECT 1', 'SELECT extract(year FROM now()), coalesce(a, b), overlay(a placing b from 1), a LIKE b, a IS DISTINCT FROM b FROM pg_class', 'VALUES ($1)', 'TABLE pg_class', 'SELECT FROM pg_temp.gone_for_good', 'COPY gone_for_good FROM STDIN', 'CREATE ASSERTION a CHECK (true)', NULL]) q;
RESET search_path;
