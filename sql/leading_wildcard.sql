-- leading_wildcard: patterns that have no fixed beginning.
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS perfaudit;
RESET client_min_messages;
CREATE SCHEMA leading_wildcard;
SET search_path = leading_wildcard;
CREATE TABLE "Product" (gone int, id int PRIMARY KEY, "The Name" varchar, note text, kind int);
INSERT INTO "Product" SELECT 0, i, 'name ' || i, 'note ' || i, i FROM generate_series(1, 2000) i;
ALTER TABLE "Product" DROP COLUMN gone;
ANALYZE "Product";
SET max_parallel_workers_per_gather = 0;
SET perfaudit.sample_budget = 1;
SET perfaudit.judge_calls = 1;
SET perfaudit.judge_time = 0;
SET perfaudit.large_table_rows = 2000;
\set found 'SELECT relation, occurrences AS n, evidence->>''columns'' AS columns, evidence->>''rows_kept'' AS kept, query FROM perfaudit.findings WHERE kind = ''leading_wildcard'' ORDER BY query COLLATE "C";'

--
-- Fires
--
PREPARE search(text) AS SELECT id FROM "Product" WHERE note LIKE $1;
PREPARE generic(text) AS SELECT "The Name" FROM "Product" WHERE note LIKE $1;
\o /dev/null
SELECT perfaudit.reset();
SELECT * FROM "Product" WHERE note LIKE '%77';
SELECT id FROM "Product" WHERE note ILIKE 'NOTE 77%';
SELECT id FROM "Product" WHERE note ~ '77';
-- the value of a parameter counts, in a generic plan too
EXECUTE search('%77');
SET plan_cache_mode = force_generic_plan;
EXECUTE generic('_ote 77');
RESET plan_cache_mode;
-- as Django asks; several columns
SELECT id FROM "Product" WHERE upper("The Name"::text) LIKE upper('%77');
SELECT id FROM "Product" WHERE note LIKE '%77' OR "The Name" LIKE '%77';
\o
:found
SELECT summary, suggestion, impact_ms > 0 AS cost, perfaudit.severity_rank(severity) > 0 AS ranked FROM perfaudit.findings
WHERE kind = 'leading_wildcard' AND query ~ 'upper| OR ' ORDER BY query COLLATE "C";
SELECT jsonb_object_keys(evidence) AS evidence FROM perfaudit.findings WHERE kind = 'leading_wildcard' AND query ~ '\*' ORDER BY 1;
-- and no other kind tells the same; no pattern is shown
SELECT count(*) FROM perfaudit.findings WHERE kind IN ('seq_scan_large_table', 'function_on_column');
SELECT count(*) FROM perfaudit.findings WHERE concat(summary, suggestion, query) ~ '77';
-- a row more
SET perfaudit.large_table_rows = 2001;
:found
SET perfaudit.large_table_rows = 2000;

--
-- Silent
--
\o /dev/null
SELECT perfaudit.reset();
-- patterns with a beginning; also as parameters
SELECT * FROM "Product" WHERE note LIKE 'note 77%';
SELECT * FROM "Product" WHERE note ~ '^note 77';
EXECUTE search('note 77%');
-- not like; most rows are wanted
SELECT * FROM "Product" WHERE note NOT LIKE '%0%' AND note NOT LIKE '%1%' AND note NOT LIKE '%2%' AND note NOT LIKE '%3%';
SELECT * FROM "Product" WHERE note LIKE '%note%';
-- a column beside it that an index can serve; in one arm of an OR alone
SELECT * FROM "Product" WHERE note LIKE '%77' AND kind = 77;
SELECT * FROM "Product" WHERE note LIKE '%77' OR kind = 77;
-- LIMIT ends it early; catalogs, temporary tables
SELECT * FROM "Product" WHERE note LIKE '%1' LIMIT 1;
SELECT oid FROM pg_proc WHERE prosrc LIKE '%nothing';
CREATE TEMPORARY TABLE mine AS SELECT * FROM "Product";
SELECT * FROM mine WHERE note LIKE '%77';
\o
:found

--
-- The same plan again, with other values: what most executions look for
--
PREPARE two(text, text) AS SELECT kind FROM "Product" WHERE note LIKE $1 AND "The Name" LIKE $2;
\o /dev/null
SELECT perfaudit.reset();
SET plan_cache_mode = force_custom_plan;
EXECUTE search('note 77%');
EXECUTE search('%77');
EXECUTE search('%78');
SET plan_cache_mode = force_generic_plan;
EXECUTE generic('note 77%');
EXECUTE generic('%77');
EXECUTE generic('%78');
SET plan_cache_mode = force_custom_plan;
-- one that an index could serve beside it, each time another
EXECUTE two('%77', 'name 77%');
EXECUTE two('note 77%', '%77');
\o
:found
SELECT sampled, searched, count(*) FROM perfaudit.node_facts() WHERE relid = '"Product"'::regclass GROUP BY 1, 2 ORDER BY 1, 2;
\o /dev/null
SELECT perfaudit.reset();
EXECUTE search('%77');
EXECUTE search('note 77%');
EXECUTE search('note 78%');
SET plan_cache_mode = force_generic_plan;
EXECUTE generic('%77');
EXECUTE generic('note 77%');
EXECUTE generic('note 78%');
SET plan_cache_mode = force_custom_plan;
\o
:found
SELECT kind, suggestion, query FROM perfaudit.findings WHERE kind = 'seq_scan_large_table' ORDER BY query COLLATE "C";
-- an index serves those with a beginning: the plan of the others is the former one
CREATE INDEX ON "Product" (note text_pattern_ops);
SET perfaudit.large_table_rows = 1000;
\o /dev/null
SELECT perfaudit.reset();
EXECUTE search('%77');
SET enable_seqscan = off;
EXECUTE search('note 77%');
RESET enable_seqscan;
EXECUTE search('%78');
\o
:found
SET perfaudit.large_table_rows = 2000;
DROP TABLE "Product";
:found
SET client_min_messages = warning;
DROP SCHEMA leading_wildcard CASCADE;
