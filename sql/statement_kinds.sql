-- Kinds that judge statements as a whole – planning_overhead, failing_statement – on what is like what they find:
-- names that need quotes, outside the search_path, partitions; statements of functions and triggers; row-level security,
-- domains, arrays, documents; and what is gone.
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS perfaudit;
CREATE ROLE regress_perfaudit_statement_kinds;
RESET client_min_messages;
CREATE SCHEMA "Statement; -- kinds";
SET search_path = "Statement; -- kinds";
CREATE TABLE "Parts ""of"" it" (gone int, "Id" int, "Group" int) PARTITION BY HASH ("Id");
ALTER TABLE "Parts ""of"" it" DROP COLUMN gone;
SELECT format('CREATE TABLE parts_%s PARTITION OF "Parts ""of"" it" FOR VALUES WITH (MODULUS 20, REMAINDER %s)', i, i) FROM generate_series(0, 19) i \gexec
CREATE DOMAIN positive AS int CHECK (VALUE > 0);
CREATE TABLE "Rows" (id int PRIMARY KEY, n positive, tags text[], doc jsonb, span int4range, owner name DEFAULT current_user);
INSERT INTO "Rows" SELECT i, 1, '{a}', '{"a": 1}', int4range(i, i + 1) FROM generate_series(1, 20) i;
ALTER TABLE "Rows" ENABLE ROW LEVEL SECURITY;
CREATE POLICY mine ON "Rows" USING (owner = current_user);
GRANT USAGE ON SCHEMA "Statement; -- kinds" TO PUBLIC;
GRANT ALL ON "Rows" TO PUBLIC;
CREATE FUNCTION looks(k int) RETURNS bigint LANGUAGE plpgsql AS
$$ BEGIN RETURN (SELECT count(*) FROM "Parts ""of"" it" a JOIN "Parts ""of"" it" b USING ("Group") JOIN "Parts ""of"" it" c USING ("Group") WHERE a."Group" = k); END $$;
CREATE TABLE watched (k int);
CREATE FUNCTION watches() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN IF new.k < 0 THEN RAISE EXCEPTION 'no' USING ERRCODE = 'check_violation'; END IF; PERFORM looks(new.k); RETURN new; END $$;
CREATE TRIGGER watches BEFORE INSERT ON watched FOR EACH ROW EXECUTE FUNCTION watches();

--
-- planning_overhead
--
SET perfaudit.planning_overhead_plans = 10;
SET perfaudit.planning_overhead_time = 0;
\set found 'SELECT relation, occurrences AS n, query FROM perfaudit.findings WHERE kind = ''planning_overhead'' ORDER BY query COLLATE "C";'
\set ECHO none
\o /dev/null
SELECT perfaudit.reset();
SET search_path = pg_catalog;
SELECT format('SELECT count(*) FROM "Statement; -- kinds"."Parts ""of"" it" a JOIN "Statement; -- kinds"."Parts ""of"" it" b USING ("Id") JOIN "Statement; -- kinds"."Parts ""of"" it" c USING ("Id") JOIN "Statement; -- kinds"."Parts ""of"" it" d USING ("Id") WHERE a."Id" = %s', i) FROM generate_series(1, 10) i \gexec
SET search_path = "Statement; -- kinds";
-- planned once inside functions and triggers
SELECT format('SELECT looks(%s)', i) FROM generate_series(1, 20) i \gexec
SELECT format('INSERT INTO watched VALUES (%s)', i) FROM generate_series(1, 20) i \gexec
-- EXPLAIN plans, too; a temporary table
SELECT format('EXPLAIN SELECT count(*) FROM "Parts ""of"" it" a JOIN "Parts ""of"" it" b USING ("Id") WHERE a."Group" = %s', i) FROM generate_series(1, 10) i \gexec
CREATE TEMPORARY TABLE mine (LIKE "Parts ""of"" it");
SELECT format('SELECT FROM mine a JOIN mine b USING ("Id") JOIN mine c USING ("Id") JOIN mine d USING ("Id") WHERE a."Group" = %s', i) FROM generate_series(1, 10) i \gexec
\o
\set ECHO all
:found
-- prepared, with one plan for all values
\set ECHO none
\o /dev/null
SELECT perfaudit.reset();
PREPARE counts(int) AS SELECT count(*) FROM "Statement; -- kinds"."Parts ""of"" it" a JOIN "Statement; -- kinds"."Parts ""of"" it" b USING ("Id") JOIN "Statement; -- kinds"."Parts ""of"" it" c USING ("Id") JOIN "Statement; -- kinds"."Parts ""of"" it" d USING ("Id") WHERE a."Id" = $1;
SET plan_cache_mode = force_generic_plan;
SELECT format('EXECUTE counts(%s)', i) FROM generate_series(1, 10) i \gexec
RESET plan_cache_mode;
\o
\set ECHO all
:found
-- gone
\set ECHO none
\o /dev/null
SELECT perfaudit.reset();
SELECT format('SELECT count(*) FROM "Statement; -- kinds"."Parts ""of"" it" a JOIN "Statement; -- kinds"."Parts ""of"" it" b USING ("Id") JOIN "Statement; -- kinds"."Parts ""of"" it" c USING ("Id") JOIN "Statement; -- kinds"."Parts ""of"" it" d USING ("Id") WHERE a."Id" = %s', i) FROM generate_series(1, 10) i \gexec
\o
\set ECHO all
:found
DROP TABLE "Parts ""of"" it";
:found

--
-- failing_statement
--
SET perfaudit.failing_errors = 4;
SET perfaudit.failing_share = 0.5;
\set found 'SELECT occurrences AS n, evidence->>''variant'' AS variant, evidence->''error_classes'' AS classes, query FROM perfaudit.findings WHERE kind = ''failing_statement'' ORDER BY query COLLATE "C";'
\set VERBOSITY sqlstate
\set ECHO none
SELECT perfaudit.reset() \g /dev/null
\o /dev/null
SELECT id FROM "Rows" WHERE id = 1;
SELECT format('INSERT INTO "Rows" VALUES (%s, -1)', i) FROM generate_series(31, 34) i \gexec
SELECT format('INSERT INTO watched VALUES (%s)', -i) FROM generate_series(1, 4) i \gexec
SELECT format('SELECT (doc->>''a'')::int / (id - id) FROM "Rows" WHERE id = %s', i) FROM generate_series(1, 4) i \gexec
SELECT format('SELECT tags[1]::int FROM "Rows" WHERE id = %s', i) FROM generate_series(1, 4) i \gexec
SELECT format('SELECT int4range(9, id) FROM "Rows" WHERE id = %s', i) FROM generate_series(1, 4) i \gexec
SET ROLE regress_perfaudit_statement_kinds;
SELECT format('INSERT INTO "Rows" (id, n, owner) VALUES (%s, 1, ''pg_monitor'')', i) FROM generate_series(41, 44) i \gexec
RESET ROLE;
-- once less; of which a function takes care; a check that is asked for first
SELECT format('UPDATE "Rows" SET n = n - 5 WHERE id = %s', i) FROM generate_series(1, 3) i \gexec
DO $$ BEGIN FOR i IN 1 .. 5 LOOP BEGIN INSERT INTO "Rows" VALUES (1, 1); EXCEPTION WHEN unique_violation THEN NULL; END; END LOOP; END $$;
SELECT format('INSERT INTO "Rows" SELECT %s, 2 WHERE NOT EXISTS (SELECT FROM "Rows" WHERE id = %s)', i, i) FROM generate_series(17, 24) i \gexec
\o
\set ECHO all
:found
SELECT DISTINCT suggestion FROM perfaudit.findings WHERE kind = 'failing_statement' AND query ~ 'owner';
-- gone
\set ECHO none
SELECT format('DELETE FROM watched WHERE k / %s = 1', i % 2) FROM generate_series(1, 8) i \gexec
\set ECHO all
SELECT occurrences FROM perfaudit.findings WHERE kind = 'failing_statement' AND query ~ 'DELETE';
DROP TABLE watched;
SELECT occurrences FROM perfaudit.findings WHERE kind = 'failing_statement' AND query ~ 'DELETE';
\set VERBOSITY default
SET client_min_messages = warning;
DROP SCHEMA "Statement; -- kinds" CASCADE;
DROP ROLE regress_perfaudit_statement_kinds;
