-- What the recorder says of itself: what it needs and does not have, and its memory.
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS perfaudit;
RESET client_min_messages;
\set missing 'SELECT area, item, value, advice FROM perfaudit.info WHERE area IN (''recording'', ''prerequisite'') AND item <> ''since'' AND advice IS NOT NULL ORDER BY area, item COLLATE "C";'
-- nothing is missing but what is not needed
:missing
SELECT area, item FROM perfaudit.info WHERE area IN ('recording', 'prerequisite') ORDER BY area, item COLLATE "C";

-- each in its turn
SET compute_query_id = off;
:missing
SET compute_query_id = regress;
:missing
RESET compute_query_id;
SET track_counts = off;
SET perfaudit.track_nested = off;
SET perfaudit.track_utility = off;
SET perfaudit.provenance = off;
SET perfaudit.sample_values = off;
SET perfaudit.sample_first = 0;
:missing
SET perfaudit.sample_budget = 0;
SET perfaudit.enabled = off;
:missing
RESET ALL;

-- whoever may not see others' statements is told so
CREATE ROLE "regress perfaudit info";
SET ROLE "regress perfaudit info";
:missing
RESET ROLE;
GRANT pg_read_all_stats TO "regress perfaudit info";
SET ROLE "regress perfaudit info";
:missing
RESET ROLE;
DROP ROLE "regress perfaudit info";

-- what others begin their sessions with: a role, a database, a role in a database
CREATE ROLE "regress perfaudit info";
ALTER ROLE "regress perfaudit info" SET track_counts = 'false';
ALTER ROLE "regress perfaudit info" SET perfaudit.track_nested = off;
ALTER ROLE "regress perfaudit info" SET compute_query_id = on;
ALTER DATABASE contrib_regression SET compute_query_id = off;
ALTER ROLE "regress perfaudit info" IN DATABASE contrib_regression SET perfaudit.enabled = off;
ALTER ROLE "regress perfaudit info" IN DATABASE template1 SET perfaudit.enabled = off;
:missing
-- as said
SELECT substring(advice FROM 'ALTER.*') FROM perfaudit.info WHERE advice ~ 'ALTER (ROLE|DATABASE)' \gexec
:missing
DROP ROLE "regress perfaudit info";

-- every sentence is one
SELECT item, advice FROM perfaudit.info WHERE advice !~ '^[A-Z].*[.;]$';

-- what was lost: what that means, and what to do
CREATE SCHEMA info;
CREATE FUNCTION info.deep(k int) RETURNS int LANGUAGE plpgsql AS $$ BEGIN IF k = 0 THEN RETURN 0; END IF; RETURN (SELECT info.deep(k - 1)); END $$;
SELECT info.deep(20);
DO $$ BEGIN FOR i IN 1 .. 12 LOOP EXECUTE format('CREATE TABLE info.t%s AS SELECT 1 AS a', i); END LOOP; END $$;
SELECT count(*) FROM (SELECT a FROM info.t1 UNION ALL SELECT a FROM info.t2 UNION ALL SELECT a FROM info.t3 UNION ALL SELECT a FROM info.t4 UNION ALL
    SELECT a FROM info.t5 UNION ALL SELECT a FROM info.t6 UNION ALL SELECT a FROM info.t7 UNION ALL SELECT a FROM info.t8 UNION ALL
    SELECT a FROM info.t9 UNION ALL SELECT a FROM info.t10 UNION ALL SELECT a FROM info.t11 UNION ALL SELECT a FROM info.t12) u;
SET compute_query_id = off;
SELECT count(*) FROM info.t1;
RESET compute_query_id;
SET perfaudit.enabled = off;
PREPARE unseen AS SELECT a AS unseen FROM info.t1;
SET perfaudit.enabled = on;
EXECUTE unseen;
DEALLOCATE unseen;
SELECT item, advice FROM perfaudit.info WHERE area = 'lost' AND item ~ '^(statements not|relations|executions without|statements prepared)' ORDER BY item COLLATE "C";
-- whatever was lost
SELECT item FROM perfaudit.info WHERE area = 'lost' AND value <> '0' AND advice IS NULL;
SET client_min_messages = warning;
DROP SCHEMA info CASCADE;
RESET client_min_messages;

-- memory: item by item all that there is, and within what is promised for the default settings
SELECT item, value IS NOT NULL AS value, capacity IS NOT NULL AS filled, unit FROM perfaudit.info_facts() WHERE area = 'memory';
SELECT sum(coalesce(capacity, value)) FILTER (WHERE item <> 'total') = sum(value) FILTER (WHERE item = 'total') AS adds_up,
       sum(value) FILTER (WHERE item = 'total') = (SELECT sum(size) FROM pg_shmem_allocations WHERE name LIKE 'perfaudit %') AS all,
       sum(value) FILTER (WHERE item = 'total') < 32 * 1024 * 1024 AS in_32_megabytes,
       current_setting('max_connections') AS max_connections
FROM perfaudit.info_facts() WHERE area = 'memory';
-- and of a session
SELECT item, value > 1000 AS value, unit FROM perfaudit.info_facts() WHERE area = 'memory of a session, at most';
SELECT sum(value) FILTER (WHERE item <> 'total') = sum(value) FILTER (WHERE item = 'total') AS adds_up,
       sum(value) FILTER (WHERE item = 'total') <= 64 * 1024 AS in_64_kilobytes
FROM perfaudit.info_facts() WHERE area = 'memory of a session, at most';
SELECT name FROM pg_settings WHERE name IN ('perfaudit.max_statements', 'perfaudit.text_memory') AND setting <> boot_val;
