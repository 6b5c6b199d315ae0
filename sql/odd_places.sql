-- The kinds that look at how statements run – spills, rescans, estimates, plans that change, what is slow, fails or was
-- never analyzed –, for statements of clients, of functions and of triggers, of a role behind row-level security, on a
-- table whose names need quotes, are 63 bytes long and in no search_path; columns dropped before; domains, arrays,
-- documents, ranges, operators of one's own; and when all is gone.
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS perfaudit;
CREATE ROLE "regress_perfaudit ""Far"" away";
RESET client_min_messages;
CREATE SCHEMA "Far; away";
SET search_path = "Far; away";
CREATE DOMAIN "Zip, of it" AS int CHECK (VALUE >= 0);
CREATE FUNCTION "same it"(text, text) RETURNS bool LANGUAGE sql IMMUTABLE AS 'SELECT pg_catalog.lower($1) OPERATOR(pg_catalog.=) pg_catalog.lower($2)';
CREATE OPERATOR ~=~ (LEFTARG = text, RIGHTARG = text, FUNCTION = "same it");
CREATE TABLE "Ünits ""of"" 'it'; -- $1 %s 123456789 123456789 123456789 1" (
    gone int, id int, "City" int, "Zip" "Zip, of it", gone2 text, "Näme ""of"" 'it'; -- $1 %s 123456789 123456789 123456789 12" text,
    "tags[]" text[], "doc {}" jsonb, "span" int4range, "Owner" name DEFAULT 'regress_perfaudit "Far" away');
INSERT INTO "Ünits ""of"" 'it'; -- $1 %s 123456789 123456789 123456789 1" (id, "City", "Zip", "Näme ""of"" 'it'; -- $1 %s 123456789 123456789 123456789 12", "tags[]", "doc {}", "span")
SELECT i, i % 20, (i % 20) * 10, 'name ' || i, ARRAY['t' || i], jsonb_build_object('k', i), int4range(i, i + 1) FROM generate_series(1, 20000) i;
ALTER TABLE "Ünits ""of"" 'it'; -- $1 %s 123456789 123456789 123456789 1" DROP COLUMN gone, DROP COLUMN gone2;
ALTER TABLE "Ünits ""of"" 'it'; -- $1 %s 123456789 123456789 123456789 1" ENABLE ROW LEVEL SECURITY;
CREATE POLICY mine ON "Ünits ""of"" 'it'; -- $1 %s 123456789 123456789 123456789 1" USING ("Owner" = current_user);
CREATE UNIQUE INDEX "by; id" ON "Ünits ""of"" 'it'; -- $1 %s 123456789 123456789 123456789 1" (id);
CREATE TABLE other AS SELECT i AS id, 'o' || i AS note FROM generate_series(1, 4000) i;
CREATE TABLE few AS SELECT i AS id FROM generate_series(1, 20) i;
CREATE TABLE told (id int);
SELECT pg_stat_force_next_flush() \g /dev/null
ANALYZE "Ünits ""of"" 'it'; -- $1 %s 123456789 123456789 123456789 1", other, few;
UPDATE "Ünits ""of"" 'it'; -- $1 %s 123456789 123456789 123456789 1" SET id = id WHERE id <= 11000;
SELECT pg_stat_force_next_flush() \g /dev/null
GRANT USAGE ON SCHEMA "Far; away" TO PUBLIC;
GRANT ALL ON ALL TABLES IN SCHEMA "Far; away" TO PUBLIC;
CREATE TABLE asked (n int, times int, setting text, statement text);
GRANT SELECT ON asked TO PUBLIC;
INSERT INTO asked
SELECT n, times, setting, replace(replace(replace(statement, '@T', $$"Far; away"."Ünits ""of"" 'it'; -- $1 %%s 123456789 123456789 123456789 1"$$),
                                          '@N', $$"Näme ""of"" 'it'; -- $1 %%s 123456789 123456789 123456789 12"$$), '@', '"Far; away".')
FROM (VALUES
    (1, 2, '', 'SELECT count(*) FROM (SELECT t.@N FROM @T t WHERE id > %s ORDER BY t.@N OFFSET 0) x'),
    (2, 2, '', 'SELECT sum((SELECT max(t.@N) FROM @T t WHERE t."City" = f.id)::text::"char"::int) FROM @few f WHERE f.id > %s'),
    (3, 2, '', 'SELECT count(t.@N) FROM @T t JOIN @other o USING (id) WHERE "City" = 1 AND "Zip" = 10 AND id > %s'),
    (4, 4, 'on', 'SELECT t."doc {}", "tags[]", "span" FROM @T t WHERE id = %s'),
    (5, 4, 'off', 'SELECT t."doc {}", "tags[]", "span" FROM @T t WHERE id = %s'),
    (6, 4, 'off', 'SELECT pg_sleep(0.03), t.@N OPERATOR("Far; away".~=~) ''x'' FROM @few f JOIN @T t USING (id) WHERE id = 1 AND id > -%s'),
    (7, 4, 'off', 'UPDATE @T t SET "Zip" = "Zip" - 1000 * %1$s WHERE id = %1$s')) v (n, times, setting, statement);
CREATE FUNCTION work() RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    a record;
BEGIN
    FOR a IN SELECT statement, setting, i FROM "Far; away".asked, generate_series(1, times) i ORDER BY n, i LOOP
        PERFORM set_config('enable_indexscan', CASE a.setting WHEN 'off' THEN 'off' ELSE 'on' END, true);
        BEGIN
            EXECUTE format(a.statement, a.i);
        EXCEPTION WHEN check_violation THEN NULL;
        END;
    END LOOP;
END $$;
CREATE FUNCTION fires() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM "Far; away".work(); RETURN new; END $$;
CREATE TRIGGER fires AFTER INSERT ON told FOR EACH ROW EXECUTE FUNCTION fires();
SET search_path = pg_catalog;
SET max_parallel_workers_per_gather = 0;
SET work_mem = '64kB';
SET enable_bitmapscan = off;
SET enable_nestloop = off;
SET enable_mergejoin = off;
SET perfaudit.judge_calls = 2;
SET perfaudit.judge_time = 0;
SET perfaudit.sample_budget = 1;
SET perfaudit.spill_size = '64kB';
SET perfaudit.rescan_rows = 10000;
SET perfaudit.misestimate_rows = 150;
SET perfaudit.misestimate_factor = 10;
SET perfaudit.regression_calls = 4;
SET perfaudit.slow_statement = '10ms';
SET perfaudit.slow_statement_calls = 3;
SET perfaudit.failing_errors = 4;
SET perfaudit.failing_share = 0.5;
SET perfaudit.stale_rows = 11000;
SET perfaudit.stale_age = 0;
SET perfaudit.planning_overhead_plans = 4;
SET perfaudit.planning_overhead_time = 0;
\set found 'SELECT kind, relation, count(*) FROM perfaudit.findings WHERE kind IN (''spill_to_disk'', ''nested_loop_rescan'', ''row_misestimate'', ''plan_regression'', ''slow_statement'', ''failing_statement'', ''stale_statistics'') GROUP BY 1, 2 ORDER BY 1, 2;'
\set VERBOSITY sqlstate
-- by the function, and by the trigger, which see to what fails
\o /dev/null
SELECT perfaudit.reset();
SET ROLE "regress_perfaudit ""Far"" away";
SELECT "Far; away".work();
RESET ROLE;
\o
:found
\o /dev/null
SELECT perfaudit.reset();
SET ROLE "regress_perfaudit ""Far"" away";
INSERT INTO "Far; away".told VALUES (1);
RESET ROLE;
\o
:found
-- by a client
\o /dev/null
\set ECHO none
SELECT perfaudit.reset();
SET ROLE "regress_perfaudit ""Far"" away";
SELECT format('SET enable_indexscan = %s', CASE setting WHEN 'off' THEN 'off' ELSE 'on' END), format(statement, i)
FROM "Far; away".asked, generate_series(1, times) i ORDER BY n, i \gexec
SET enable_indexscan = on;
RESET ROLE;
\set ECHO all
\set VERBOSITY terse
\o
:found
SELECT kind, regexp_replace(summary, 'expects [0-9]+', 'expects N') AS summary, suggestion FROM perfaudit.findings WHERE kind IN ('nested_loop_rescan', 'row_misestimate') ORDER BY 1;
-- what is said of them is at length, too
SELECT f.kind, count(DISTINCT f.finding_id) AS findings, count(*) > 10 * count(DISTINCT f.finding_id) AS explained FROM perfaudit.findings f, perfaudit.explain(f.finding_id) l
WHERE f.kind IN ('spill_to_disk', 'nested_loop_rescan', 'row_misestimate', 'plan_regression', 'slow_statement', 'failing_statement', 'stale_statistics') GROUP BY 1 ORDER BY 1;
-- gone
SET client_min_messages = warning;
DROP SCHEMA "Far; away" CASCADE;
SELECT kind FROM perfaudit.findings WHERE kind IN ('spill_to_disk', 'nested_loop_rescan', 'row_misestimate', 'plan_regression', 'slow_statement', 'failing_statement', 'stale_statistics');
DROP ROLE "regress_perfaudit ""Far"" away";
