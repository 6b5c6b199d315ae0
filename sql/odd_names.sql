-- Identifiers that need quotes, 63 bytes long, in a schema outside the search_path; columns dropped before; domains,
-- arrays, jsonb, ranges, operators of one's own, row-level security, functions and triggers. What is suggested runs.
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS perfaudit;
CREATE ROLE "regress_perfaudit ""Odd"" Röle";
RESET client_min_messages;
CREATE SCHEMA "Odd "" Schema; --";
SET search_path = "Odd "" Schema; --";
CREATE DOMAIN "E Mail" AS text CHECK (VALUE <> '');
CREATE TABLE "Parents äöü 'quoted' $1 and %s 56789 123456789 123456789 123" (
    gone int, "Id of It" int PRIMARY KEY, "a ""name""" text);
ALTER TABLE "Parents äöü 'quoted' $1 and %s 56789 123456789 123456789 123" DROP COLUMN gone;
CREATE TABLE "select" (
    gone1 text, "Id" int, gone2 int, "Parent; -- ""Id""" int REFERENCES "Parents äöü 'quoted' $1 and %s 56789 123456789 123456789 123",
    "E Mail" "E Mail", "äöü ÄÖÜ 789 123456789 123456789 123456789 123456789 1" text, "order" int, "Group" int,
    "tags[]" text[], "doc {}" jsonb, "span" int4range, "at time" timestamptz, "back\slash" varchar(40));
ALTER TABLE "select" DROP COLUMN gone1;
ALTER TABLE "select" DROP COLUMN gone2;
INSERT INTO "Parents äöü 'quoted' $1 and %s 56789 123456789 123456789 123" SELECT i, 'p' || i FROM generate_series(1, 100) i;
INSERT INTO "select" SELECT i, 1 + i % 100, 'mail' || i, 'n' || i, (i * 7919) % 3000, i % 50, ARRAY['t' || i], jsonb_build_object('k', i),
    int4range(i, i + 1), timestamptz '2026-01-01' + i * interval '1 hour', 'b' || i FROM generate_series(1, 3000) i;
CREATE INDEX "Index ""of"" order" ON "select" ("Group");
CREATE INDEX "Index, on mail" ON "select" ("back\slash");
CREATE INDEX "The same ""again""" ON "select" ("Group", "Id");
\set VERBOSITY sqlstate
CREATE UNIQUE INDEX CONCURRENTLY "not; finished" ON "select" ("Parent; -- ""Id""", "Group");
\set VERBOSITY default
CREATE TABLE "My Parts" (id int, "Key" int, "the value" text) PARTITION BY RANGE (id);
CREATE TABLE "My Parts 1" PARTITION OF "My Parts" FOR VALUES FROM (0) TO (2000);
CREATE TABLE "My Parts 2" ("the value" text, "Key" int, id int);
ALTER TABLE "My Parts" ATTACH PARTITION "My Parts 2" FOR VALUES FROM (2000) TO (5000);
INSERT INTO "My Parts" SELECT i, i, 'v' || i FROM generate_series(1, 3000) i;
CREATE FUNCTION "Same Text"(text, text) RETURNS bool LANGUAGE plpgsql IMMUTABLE AS 'BEGIN RETURN lower($1) = lower($2); END';
CREATE OPERATOR = (LEFTARG = text, RIGHTARG = text, FUNCTION = "Same Text");
CREATE FUNCTION "Norm It"(text) RETURNS text LANGUAGE plpgsql IMMUTABLE AS 'BEGIN RETURN lower($1); END';
CREATE TABLE "Secret Rows" ("Id" int, "Owner" text, "what's" text);
INSERT INTO "Secret Rows" SELECT i, 'regress_perfaudit "Odd" Röle', 'w' || i FROM generate_series(1, 3000) i;
ALTER TABLE "Secret Rows" ENABLE ROW LEVEL SECURITY;
CREATE POLICY mine ON "Secret Rows" USING ("Owner" OPERATOR(pg_catalog.=) current_user);
GRANT USAGE ON SCHEMA "Odd "" Schema; --" TO PUBLIC;
GRANT SELECT ON ALL TABLES IN SCHEMA "Odd "" Schema; --" TO PUBLIC;
SELECT pg_stat_force_next_flush() \g /dev/null
ANALYZE "Parents äöü 'quoted' $1 and %s 56789 123456789 123456789 123", "select", "My Parts", "My Parts 1", "My Parts 2", "Secret Rows";
SET search_path = pg_catalog;
SET max_parallel_workers_per_gather = 0;
SET perfaudit.large_table_rows = 2000;
SET perfaudit.judge_calls = 1;
SET perfaudit.judge_time = 0;
SET perfaudit.sample_budget = 1;
SET perfaudit.unbounded_rows = 2000;
SET perfaudit.deep_offset_rows = 1000;
SET perfaudit.sort_rows = 1000;
SET perfaudit.count_rows = 1000;
SET perfaudit.rescan_rows = 1000;
SET perfaudit.index_scan_removed = 30;
SET perfaudit.misestimate_rows = 10;
SET perfaudit.misestimate_factor = 10;
SET perfaudit.spill_size = 64;
SET perfaudit.index_report_size = 0;
SET perfaudit.burst_gap = '60s';
SET perfaudit.burst_max_time = '1h';
SET perfaudit.repeat_report_time = '1h';
SET work_mem = '64kB';
SET perfaudit.unit = 'odd names';
\o /dev/null
\set VERBOSITY sqlstate
SELECT perfaudit.reset();
-- of sequential scans
SELECT * FROM "Odd "" Schema; --"."select" WHERE "E Mail" = 'mail7' AND "order" > 10;
SELECT * FROM "Odd "" Schema; --"."select" WHERE "äöü ÄÖÜ 789 123456789 123456789 123456789 123456789 1" = 'n7';
SELECT "Id" FROM "Odd "" Schema; --"."select" WHERE "Parent; -- ""Id""" = 7;
SELECT "Id" FROM "Odd "" Schema; --"."select" WHERE "Odd "" Schema; --"."Norm It"("E Mail") = 'mail7';
SELECT "Id" FROM "Odd "" Schema; --"."select" WHERE "back\slash" LIKE '%l7';
SELECT "Id" FROM "Odd "" Schema; --"."select" WHERE "back\slash" LIKE 'b777%' AND "Id" > 0;
SELECT "Id" FROM "Odd "" Schema; --"."select" WHERE "tags[]" @> '{t7}';
SELECT "Id" FROM "Odd "" Schema; --"."select" WHERE "doc {}" @> '{"k": 7}';
SELECT "Id" FROM "Odd "" Schema; --"."select" WHERE "doc {}" ->> 'k' = '7';
SELECT "Id" FROM "Odd "" Schema; --"."select" WHERE "span" && int4range(7, 8);
SELECT "Id" FROM "Odd "" Schema; --"."select" WHERE "at time"::date = '2026-01-07';
SELECT "Id" FROM "Odd "" Schema; --"."select" WHERE "E Mail"::text OPERATOR("Odd "" Schema; --".=) 'MAIL7';
SELECT * FROM "Odd "" Schema; --"."My Parts" WHERE "Key" = 7;
-- sorts, joins, counts, offsets, results, groups
SELECT "Id" FROM "Odd "" Schema; --"."select" ORDER BY "order" DESC NULLS LAST, "Id" LIMIT 3;
SELECT "Id", "tags[]" FROM "Odd "" Schema; --"."select" ORDER BY "at time" DESC, "Id" LIMIT 10 OFFSET 2000;
SELECT count(*) FROM "Odd "" Schema; --"."select" WHERE "Id" > 5;
SELECT "Id", "E Mail" FROM "Odd "" Schema; --"."select";
SELECT "doc {}" FROM "Odd "" Schema; --"."select" ORDER BY "äöü ÄÖÜ 789 123456789 123456789 123456789 123456789 1", "Id";
SELECT (SELECT max(s."E Mail") FROM "Odd "" Schema; --"."select" s WHERE s."order" = p."Id of It")
FROM "Odd "" Schema; --"."Parents äöü 'quoted' $1 and %s 56789 123456789 123456789 123" p;
SET enable_seqscan = off;
SELECT "Id" FROM "Odd "" Schema; --"."select" WHERE "Group" = 7 AND "order" = 553;
RESET enable_seqscan;
SELECT count(p."a ""name""") FROM "Odd "" Schema; --"."Parents äöü 'quoted' $1 and %s 56789 123456789 123456789 123" p
JOIN "Odd "" Schema; --"."select" s ON s."Id" = p."Id of It" WHERE s."order" > 0 AND s."E Mail" <> 'x' AND s."at time" > '2026-01-01' AND s."Group" = 7 AND s."Parent; -- ""Id""" = 8;
SELECT * FROM "Odd "" Schema; --"."select" WHERE "Group" = 7.0;
SELECT format('INSERT INTO "Odd "" Schema; --"."Parents äöü ''quoted'' $1 and %%s 56789 123456789 123456789 123" VALUES (%s, ''p'')', i) FROM generate_series(1, 12) i \gexec
-- in a function, by another role, behind row-level security
SET ROLE "regress_perfaudit ""Odd"" Röle";
DO $$ DECLARE n int; BEGIN SELECT count(*) INTO n FROM "Odd "" Schema; --"."Secret Rows" WHERE "what's" = 'w7'; END $$;
SELECT * FROM "Odd "" Schema; --"."Secret Rows" ORDER BY "what's";
SELECT "Id", "what's" FROM "Odd "" Schema; --"."Secret Rows" ORDER BY "what's" DESC;
SELECT "Id", "Owner" FROM "Odd "" Schema; --"."Secret Rows" ORDER BY "Owner", "Id";
RESET ROLE;
-- a list, and a look-up for each of its rows; the same again and again
SELECT "Id of It", "a ""name""" FROM "Odd "" Schema; --"."Parents äöü 'quoted' $1 and %s 56789 123456789 123456789 123" ORDER BY "Id of It" LIMIT 20;
SELECT format('SELECT "a ""name""" FROM "Odd "" Schema; --"."Parents äöü ''quoted'' $1 and %%s 56789 123456789 123456789 123" WHERE "Id of It" = %s', i) FROM generate_series(1, 20) i \gexec
SELECT 'SELECT max("Id of It") FROM "Odd "" Schema; --"."Parents äöü ''quoted'' $1 and %s 56789 123456789 123456789 123"' FROM generate_series(1, 8) \gexec
\o
\set VERBOSITY terse
SELECT pg_stat_force_next_flush() \g /dev/null
SELECT kind, relation, evidence->>'variant' AS variant, regexp_replace(suggestion, '_[0-9]+"', '_(oid)"') AS suggestion FROM perfaudit.findings ORDER BY kind, relation::text COLLATE "C", 4;

-- what is suggested can be run as it is written, but for CONCURRENTLY in a transaction
CREATE TEMPORARY TABLE told AS SELECT kind, relation, suggestion, query FROM perfaudit.findings;
DO $do$
DECLARE
    t record;
    statement text;
BEGIN
    FOR t IN SELECT DISTINCT kind, suggestion FROM told
             WHERE suggestion ~ '^(CREATE|DROP|ALTER|ANALYZE|REINDEX|SET) ' AND suggestion !~ 'pg_trgm|not; finished' ORDER BY 1, 2 LOOP
        statement := replace(regexp_replace(t.suggestion, '; -- [^"]*$', ';'), ' CONCURRENTLY', '');
        BEGIN
            EXECUTE statement;
            RAISE EXCEPTION USING ERRCODE = 'P0099';
        EXCEPTION WHEN SQLSTATE 'P0099' THEN
            RAISE INFO '% runs', t.kind;
        WHEN OTHERS THEN
            RAISE INFO '% % %', t.kind, statement, SQLERRM;
        END;
    END LOOP;
END
$do$;
SELECT used_plan IS NOT NULL AS plans FROM told t, LATERAL (SELECT cost_after AS used_plan FROM perfaudit.what_if(substring(t.suggestion FROM ': (SELECT .*)$'))) w
WHERE kind = 'n_plus_one';
-- each can be explained, with the index that it suggests
SELECT f.kind, count(*) > 10 AS explained, bool_or(l ~ '^With the index, if it existed') AS tried, bool_or(l ~ 'not tried') AS failed
FROM perfaudit.findings f, perfaudit.explain(f.finding_id) l GROUP BY f.finding_id, f.kind ORDER BY 1, 2, 3, 4;
-- what is gone is told no more, and nothing fails
SET client_min_messages = warning;
DROP SCHEMA "Odd "" Schema; --" CASCADE;
DROP ROLE "regress_perfaudit ""Odd"" Röle";
SELECT kind, relation, evidence->>'variant' AS variant, regexp_replace(suggestion, '_[0-9]+"', '_(oid)"') AS suggestion FROM perfaudit.findings ORDER BY kind, relation::text COLLATE "C", 4;
SELECT count(*) > 0 AS statements FROM (SELECT s::text, p::text FROM perfaudit.statements s, perfaudit.plans p) x;
