-- Every object of the schema explains itself; what PUBLIC may do.
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS perfaudit;
RESET client_min_messages;
-- without a comment: nothing
SELECT c.relkind, c.relname FROM pg_class c
WHERE c.relnamespace = 'perfaudit'::regnamespace AND c.relkind IN ('r', 'v', 'm', 'S', 'c')
  AND obj_description(c.oid, 'pg_class') IS NULL ORDER BY c.relname COLLATE "C";
SELECT c.relname, a.attname FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
WHERE c.relnamespace = 'perfaudit'::regnamespace AND c.relkind IN ('r', 'v', 'm') AND a.attnum > 0 AND NOT a.attisdropped
  AND c.relname !~ '^detect_' AND c.relname NOT IN ('judged_statements', 'needed_statements', 'judged_plans')
  AND col_description(c.oid, a.attnum) IS NULL ORDER BY c.relname COLLATE "C", a.attnum;
SELECT p.oid::regprocedure AS function FROM pg_proc p
WHERE p.pronamespace = 'perfaudit'::regnamespace AND obj_description(p.oid, 'pg_proc') IS NULL ORDER BY 1;
SELECT obj_description('perfaudit'::regnamespace, 'pg_namespace') IS NOT NULL AS schema,
       obj_description(e.oid, 'pg_extension') IS NOT NULL AS extension FROM pg_extension e WHERE extname = 'perfaudit';

-- all is the extension's, nothing else is in the schema
SELECT c.oid::regclass FROM pg_class c WHERE c.relnamespace = 'perfaudit'::regnamespace AND c.relkind IN ('r', 'v', 'm', 'S')
  AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e');

-- not for PUBLIC
SELECT p.proname FROM pg_proc p
WHERE p.pronamespace = 'perfaudit'::regnamespace AND NOT has_function_privilege('public', p.oid, 'EXECUTE') ORDER BY 1;
SELECT c.relname FROM pg_class c WHERE c.relnamespace = 'perfaudit'::regnamespace AND c.relkind IN ('r', 'v', 'm')
  AND (NOT has_table_privilege('public', c.oid, 'SELECT') OR has_table_privilege('public', c.oid, 'INSERT, UPDATE, DELETE, TRUNCATE'));
SELECT has_schema_privilege('public', 'perfaudit', 'USAGE') AS usage, has_schema_privilege('public', 'perfaudit', 'CREATE') AS create;
-- nothing runs with the owner's privileges
SELECT p.oid::regprocedure FROM pg_proc p WHERE p.pronamespace = 'perfaudit'::regnamespace AND p.prosecdef;
-- functions in a procedural language and in SQL text pin their search path; the names in others are bound
SELECT p.oid::regprocedure FROM pg_proc p JOIN pg_language l ON l.oid = p.prolang
WHERE p.pronamespace = 'perfaudit'::regnamespace AND (l.lanname = 'plpgsql' OR (l.lanname = 'sql' AND p.prosqlbody IS NULL))
  AND NOT EXISTS (SELECT FROM unnest(p.proconfig) s WHERE s LIKE 'search_path=%');
-- what finds plans statements, in subtransactions, which no query that runs in parallel may have
SELECT p.oid::regprocedure FROM pg_proc p WHERE p.pronamespace = 'perfaudit'::regnamespace AND p.proparallel <> 'u'
  AND (p.proname IN ('findings_of', 'index_not_used_once') OR p.prosrc ~ 'FROM perfaudit\.findings [a-z]\M');

-- every detector: a view with exactly the columns of findings, a row in detectors
SELECT coalesce(d.kind, '-') AS kind, v.relname FROM perfaudit.detector_list d
FULL JOIN (SELECT relname FROM pg_class WHERE relnamespace = 'perfaudit'::regnamespace AND relname LIKE 'detect\_%') v
    ON v.relname = 'detect_' || d.kind WHERE d.kind IS NULL OR v.relname IS NULL;
SELECT v.relname FROM pg_class v
WHERE v.relnamespace = 'perfaudit'::regnamespace AND v.relname LIKE 'detect\_%'
  AND (SELECT array_agg(a.attname || ' ' || replace(format_type(a.atttypid, a.atttypmod), 'name', 'text') ORDER BY a.attnum) FROM pg_attribute a WHERE a.attrelid = v.oid)
   <> (SELECT array_agg(a.attname || ' ' || replace(format_type(a.atttypid, a.atttypmod), 'name', 'text') ORDER BY a.attnum) FROM pg_attribute a WHERE a.attrelid = 'perfaudit.findings'::regclass);
SELECT attname, format_type(atttypid, atttypmod) AS type FROM pg_attribute WHERE attrelid = 'perfaudit.findings'::regclass AND attnum > 0 ORDER BY attnum;
SELECT kind FROM perfaudit.detectors WHERE meaning !~ '^[A-Z].*\.$' OR settings IS NULL OR documentation <> 'docs/findings.md#' || kind;

-- the scale of severity
SELECT perfaudit.reset() \g /dev/null
SELECT impact, unit, perfaudit.severity(impact, unit) FROM (VALUES
    (0.0::float8, 0.0::float8), (49, 500), (50, 9), (50, 10), (999, 200), (1000, 100), (9999, 5000), (10000, 1000), (1e12, 0.1)) v (impact, unit);
SELECT perfaudit.severity(1e12, 1, 1), perfaudit.severity(0, 0, 3);
SELECT perfaudit.finding_id('a', 'b', NULL, 'c') = perfaudit.finding_id('a', 'b', NULL, 'c') AS same,
       perfaudit.finding_id('a', 'b', NULL) <> perfaudit.finding_id('a', NULL, 'b') AS different;
-- as it was in every version, without md5(), which not every server has
SELECT perfaudit.finding_id('a', 'b', NULL, 'c');

-- goes and comes back
CREATE SCHEMA objects;
CREATE VIEW objects.mine AS SELECT kind FROM perfaudit.findings;
DROP EXTENSION perfaudit;
DROP VIEW objects.mine;
DROP EXTENSION perfaudit;
SELECT count(*) FROM pg_class WHERE relnamespace = 'perfaudit'::regnamespace;
SELECT 1 AS recorded_without_it;
CREATE EXTENSION perfaudit;
SELECT calls FROM perfaudit.statements WHERE query = 'SELECT $1 AS recorded_without_it';
DROP SCHEMA objects;
-- It needs no schema of others: DROP SCHEMA public CASCADE leaves it alone, and it can be created where there is none.
SELECT pg_describe_object(d.classid, d.objid, d.objsubid) AS needs, d.refobjid::regnamespace AS schema
FROM pg_depend d
WHERE d.refclassid = 'pg_namespace'::regclass AND d.refobjid <> 'perfaudit'::regnamespace
  AND (pg_identify_object(d.classid, d.objid, d.objsubid)).identity ~ 'perfaudit';
