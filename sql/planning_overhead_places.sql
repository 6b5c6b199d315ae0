-- planning_overhead for statements of functions, of a role behind row-level security, on tables with odd names outside the
-- search_path, with dropped columns, domains, arrays, documents, ranges and operators of one's own; and what is like it.
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS perfaudit;
CREATE ROLE regress_perfaudit_plans;
RESET client_min_messages;
CREATE SCHEMA "Plans; -- of";
SET search_path = "Plans; -- of";
CREATE DOMAIN "Zip, of it" AS int CHECK (VALUE > 0);
CREATE FUNCTION "same it"(text, text) RETURNS bool LANGUAGE sql IMMUTABLE AS 'SELECT pg_catalog.lower($1) OPERATOR(pg_catalog.=) pg_catalog.lower($2)';
CREATE OPERATOR ~=~ (LEFTARG = text, RIGHTARG = text, FUNCTION = "same it");
CREATE TABLE "The ""T"" -- 789 123456789 123456789 123456789 123456789 12345" (gone int, "Id" int, zip "Zip, of it", tags text[], doc jsonb, span int4range, owner name);
ALTER TABLE "The ""T"" -- 789 123456789 123456789 123456789 123456789 12345" DROP COLUMN gone;
ALTER TABLE "The ""T"" -- 789 123456789 123456789 123456789 123456789 12345" ENABLE ROW LEVEL SECURITY;
CREATE POLICY mine ON "The ""T"" -- 789 123456789 123456789 123456789 123456789 12345" USING (owner = current_user);
CREATE VIEW t AS SELECT * FROM "The ""T"" -- 789 123456789 123456789 123456789 123456789 12345";
ALTER VIEW t OWNER TO regress_perfaudit_plans;
GRANT USAGE ON SCHEMA "Plans; -- of" TO regress_perfaudit_plans;
GRANT SELECT ON ALL TABLES IN SCHEMA "Plans; -- of" TO regress_perfaudit_plans;
CREATE FUNCTION puts_together(k int) RETURNS bigint LANGUAGE plpgsql AS
$$ BEGIN EXECUTE format('SELECT FROM "Plans; -- of".t a JOIN "Plans; -- of".t b USING ("Id") JOIN "Plans; -- of".t c USING ("Id") WHERE a.zip = %s', k); RETURN k; END $$;
SET search_path = pg_catalog;
SET perfaudit.planning_overhead_plans = 10;
SET perfaudit.planning_overhead_time = 0;
\set found 'SELECT username, relation, occurrences AS n, impact_ms > 0 AND abs(impact_ms - (evidence->>''plan_ms'')::float8) < 0.01 AS plan_ms, query FROM perfaudit.findings WHERE kind = ''planning_overhead'' ORDER BY query COLLATE "C";'
CREATE TEMPORARY TABLE asked (n int, statement text);
INSERT INTO asked VALUES
    (1, 'SELECT a.doc FROM "Plans; -- of"."The ""T"" -- 789 123456789 123456789 123456789 123456789 12345" a JOIN "Plans; -- of".t b USING ("Id") JOIN "Plans; -- of".t c USING ("Id") JOIN "Plans; -- of".t d USING ("Id") WHERE a.zip = %s'),
    (2, 'SELECT a.tags FROM "Plans; -- of".t a JOIN "Plans; -- of".t b USING ("Id") JOIN "Plans; -- of".t c USING ("Id") WHERE a.tags @> ARRAY[''%1$s''] AND a.doc @> ''{"k": %1$s}'' AND a.span @> %1$s'),
    (3, 'SELECT a.span FROM "Plans; -- of".t a JOIN "Plans; -- of".t b USING ("Id") JOIN "Plans; -- of".t c USING ("Id") WHERE a.tags[1] OPERATOR("Plans; -- of".~=~) ''A%s''');

--
-- Silent
--
-- of functions, whose text nobody sends; what plans the query inside a utility statement
\set ECHO none
\o /dev/null
SELECT perfaudit.reset();
SELECT format('SELECT "Plans; -- of".puts_together(%s)', i) FROM generate_series(1, 12) i \gexec
SELECT format('CREATE TEMPORARY TABLE made AS SELECT a.doc FROM "Plans; -- of".t a JOIN "Plans; -- of".t b USING ("Id") JOIN "Plans; -- of".t c USING ("Id") WHERE a.zip = %s', i), 'DROP TABLE made' FROM generate_series(1, 12) i \gexec
SELECT format('DO $$ BEGIN PERFORM FROM "Plans; -- of".t a JOIN "Plans; -- of".t b USING ("Id") JOIN "Plans; -- of".t c USING ("Id") WHERE a.zip = %s; END $$', i) FROM generate_series(1, 12) i \gexec
BEGIN;
SELECT format('DECLARE c CURSOR FOR SELECT a.doc FROM "Plans; -- of".t a JOIN "Plans; -- of".t b USING ("Id") JOIN "Plans; -- of".t c USING ("Id") WHERE a.zip = %s', i), 'CLOSE c' FROM generate_series(1, 9) i \gexec
COMMIT;
\o
\set ECHO all
:found
--
-- Fires: the text is the application's, whatever policies and views make of it
--
\set ECHO none
\o /dev/null
SELECT perfaudit.reset();
SELECT 'SET ROLE regress_perfaudit_plans', format(statement, i), 'RESET ROLE' FROM asked, generate_series(1, 10) i ORDER BY n \gexec
\o
\set ECHO all
:found
-- gone
SET client_min_messages = warning;
DROP SCHEMA "Plans; -- of" CASCADE;
:found
DROP ROLE regress_perfaudit_plans;
