-- function_on_column: a function of a column is compared, and no index serves.
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS perfaudit;
RESET client_min_messages;
CREATE SCHEMA function_on_column;
SET search_path = function_on_column;
CREATE TABLE "User" (gone int, id int, "E-mail" text, at timestamp, born timestamptz);
INSERT INTO "User" SELECT 0, i, 'U' || i, timestamp '2026-01-01' + i * interval '1 hour', now() FROM generate_series(1, 2000) i;
ALTER TABLE "User" DROP COLUMN gone;
CREATE INDEX ON "User" ("E-mail");
CREATE INDEX ON "User" (at);
ANALYZE "User";
SET max_parallel_workers_per_gather = 0;
SET perfaudit.sample_budget = 1;
SET perfaudit.judge_calls = 1;
SET perfaudit.judge_time = 0;
SET perfaudit.large_table_rows = 2000;
\set found 'SELECT relation, occurrences AS n, evidence->>''variant'' AS variant, evidence->>''columns'' AS columns, evidence->>''rows_kept'' AS kept, suggestion FROM perfaudit.findings WHERE kind = ''function_on_column'' ORDER BY query COLLATE "C";'
\set mail 'SELECT * FROM "User" WHERE lower("E-mail") = ''u7'';'

--
-- Fires
--
CREATE FUNCTION "My F"(text) RETURNS text LANGUAGE plpgsql STABLE AS $$ BEGIN RETURN lower($1); END $$;
\o /dev/null
SELECT perfaudit.reset();
:mail
SELECT id FROM "User" WHERE at::date = '2026-01-05';
SELECT id FROM "User" WHERE date_trunc('day', at) = '2026-01-05';
SELECT id FROM "User" WHERE extract(hour FROM at) = 5;
SELECT at FROM "User" WHERE id::text = '77';
SELECT at FROM "User" WHERE id = 77.0;
SELECT at FROM "User" WHERE id + 1 = 77;
SELECT at FROM "User" WHERE "My F"("E-mail") = 'u7';
\o
:found
SELECT summary, impact_ms > 0 AS cost, perfaudit.severity_rank(severity) > 0 AS ranked FROM perfaudit.findings
WHERE kind = 'function_on_column' ORDER BY query COLLATE "C";
SELECT jsonb_object_keys(evidence) AS evidence FROM perfaudit.findings WHERE kind = 'function_on_column' AND query ~ 'lower' ORDER BY 1;
-- and no other kind tells the same
SELECT count(*) FROM perfaudit.findings WHERE kind = 'seq_scan_large_table';
-- a row more
SET perfaudit.large_table_rows = 2001;
:found
SET perfaudit.large_table_rows = 2000;

--
-- Silent
--
\o /dev/null
SELECT perfaudit.reset();
-- a plain column beside it serves (seq_scan_large_table); most rows are wanted; a range that keeps too many
SELECT * FROM "User" WHERE lower("E-mail") = 'u7' AND born < '2000-01-01';
SELECT * FROM "User" WHERE lower("E-mail") <> 'u7';
SELECT * FROM "User" WHERE at::date > '2026-01-15';
-- one arm of an OR
SELECT * FROM "User" WHERE lower("E-mail") = 'u7' OR born IS NULL;
-- LIMIT ends it early; catalogs, temporary tables
SELECT * FROM "User" WHERE lower("E-mail") < 'u9' LIMIT 1;
SELECT oid FROM pg_proc WHERE lower(proname::text) = 'x';
CREATE TEMPORARY TABLE mine AS SELECT * FROM "User";
SELECT * FROM mine WHERE lower("E-mail") = 'u7';
-- repaired
SELECT id FROM "User" WHERE at >= '2026-01-05' AND at < '2026-01-06';
\o
:found
CREATE INDEX ON "User" (lower("E-mail"));
ANALYZE "User";
\o /dev/null
SELECT perfaudit.reset();
:mail
\o
:found
-- a cast where the column has an index: index_not_used
CREATE INDEX ON "User" (id);
\o /dev/null
SELECT perfaudit.reset();
SELECT at FROM "User" WHERE id = 77.0;
\o
:found
-- a function, and a table, that are gone
\o /dev/null
SELECT perfaudit.reset();
SELECT at FROM "User" WHERE "My F"("E-mail") = 'u7';
\o
SELECT count(*) FROM perfaudit.findings WHERE kind = 'function_on_column';
DROP FUNCTION "My F";
:found
DROP TABLE "User";
:found
SET client_min_messages = warning;
DROP SCHEMA function_on_column CASCADE;
