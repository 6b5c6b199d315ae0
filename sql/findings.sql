-- findings: each kind by itself, only where it can find something, unseen by the recorder.
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS perfaudit;
RESET client_min_messages;
CREATE SCHEMA findings;
SET search_path = findings;
CREATE TABLE t (a int);
INSERT INTO t SELECT generate_series(1, 2000);

--
-- A kind that nobody asks for is not looked at, nor one that has nothing to find
--
BEGIN;
CREATE FUNCTION fail() RETURNS text LANGUAGE plpgsql AS $$ BEGIN RAISE 'looked at'; END $$;
CREATE FUNCTION fails(kinds text) RETURNS bool LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE 'SELECT FROM perfaudit.findings' || kinds;
    RETURN false;
EXCEPTION WHEN raise_exception THEN
    RETURN true;
END $$;
ALTER VIEW perfaudit.detect_invalid_index RENAME TO was;
CREATE VIEW perfaudit.detect_invalid_index AS
SELECT fail() AS finding_id, w.severity, w.kind, w.relation, w.summary, w.suggestion, w.impact_ms, w.occurrences, w.database,
       w.username, w.application, w.queryid, w.query, w.parent_queryid, w.parent_query, w.evidence, w.first_seen, w.last_seen
FROM perfaudit.was w RIGHT JOIN (VALUES (1)) v ON true;
SELECT fails(''), fails(' WHERE kind = ''invalid_index'''), fails(' WHERE kind ~ ''invalid'''),
       fails(' WHERE kind = ''unused_index'''), fails(' WHERE kind IN (''unused_index'', ''n_plus_one'')'), fails(' WHERE kind <> ''invalid_index''');
SELECT perfaudit.reset() \g /dev/null
UPDATE perfaudit.detector_list SET needs = '{unbounded_rows_max>=1000}' WHERE kind = 'invalid_index';
SELECT fails('');
SELECT a FROM t LIMIT 1500 \g /dev/null
SELECT fails('');
SELECT a FROM t \g /dev/null
SELECT fails('');
UPDATE perfaudit.detector_list SET needs = '{unbounded_rows_max>=unbounded_rows}' WHERE kind = 'invalid_index';
SET LOCAL perfaudit.unbounded_rows = 2001;
SELECT fails('');
SET LOCAL perfaudit.unbounded_rows = 2000;
SELECT fails('');
-- one statement must meet them all
UPDATE perfaudit.detector_list SET needs = '{unbounded_rows_max>=unbounded_rows, errors>=1}' WHERE kind = 'invalid_index';
SELECT fails('');
UPDATE perfaudit.detector_list SET needs = '{unbounded_rows_max>=unbounded_rows, calls>=1}' WHERE kind = 'invalid_index';
SELECT fails('');
-- and the view is shown those alone
DROP VIEW perfaudit.detect_invalid_index;
CREATE VIEW perfaudit.detect_invalid_index AS
SELECT s.query AS finding_id, NULL::text AS severity, NULL::text AS kind, NULL::regclass AS relation, NULL::text AS summary,
       NULL::text AS suggestion, 0::float8 AS impact_ms, s.calls AS occurrences, NULL::text AS database, NULL::name AS username,
       NULL::text AS application, NULL::bigint AS queryid, NULL::text AS query, NULL::bigint AS parent_queryid,
       NULL::text AS parent_query, NULL::jsonb AS evidence, NULL::timestamptz AS first_seen, NULL::timestamptz AS last_seen
FROM perfaudit.needed_statements s WHERE s.operation = 'select' AND NOT s.query ~ 'perfaudit|fails';
SELECT finding_id AS query FROM perfaudit.findings WHERE kind = 'invalid_index';
SELECT query FROM perfaudit.needed_statements WHERE operation = 'select' AND NOT query ~ 'perfaudit|fails' ORDER BY query COLLATE "C";
UPDATE perfaudit.detector_list SET needs = '{}' WHERE kind = 'invalid_index';
SELECT finding_id AS query FROM perfaudit.findings WHERE kind = 'invalid_index' ORDER BY finding_id COLLATE "C";
UPDATE perfaudit.detector_list SET needs = '{unbounded_rows_max>=unbounded_rows, calls>=1}' WHERE kind = 'invalid_index';
DROP VIEW perfaudit.detect_invalid_index;
CREATE VIEW perfaudit.detect_invalid_index AS
SELECT fail() AS finding_id, w.severity, w.kind, w.relation, w.summary, w.suggestion, w.impact_ms, w.occurrences, w.database,
       w.username, w.application, w.queryid, w.query, w.parent_queryid, w.parent_query, w.evidence, w.first_seen, w.last_seen
FROM perfaudit.was w RIGHT JOIN (VALUES (1)) v ON true;
GRANT SELECT ON perfaudit.detect_invalid_index TO PUBLIC;
-- other roles' do not count
CREATE ROLE findings_reader;
GRANT USAGE ON SCHEMA findings TO findings_reader;
SET LOCAL ROLE findings_reader;
SELECT fails('');
RESET ROLE;
SAVEPOINT before;
UPDATE perfaudit.detector_list SET needs = '{rows>1}' WHERE kind = 'invalid_index';
SELECT FROM perfaudit.findings;
ROLLBACK TO before;
UPDATE perfaudit.detector_list SET needs = '{calls>=no_such_setting}' WHERE kind = 'invalid_index';
SELECT FROM perfaudit.findings;
ROLLBACK;

--
-- What looking runs is not recorded; what comes after it is, also after an error
--
SELECT perfaudit.reset() \g /dev/null
SELECT FROM perfaudit.findings \g /dev/null
SELECT FROM perfaudit.index_facts \g /dev/null
DO $$ BEGIN PERFORM FROM perfaudit.findings_of('no_such_kind', '{}'); EXCEPTION WHEN undefined_table THEN RAISE NOTICE '%', sqlerrm; END $$;
SELECT 'recorded' AS recorded;
SELECT toplevel, calls, query FROM perfaudit.statements WHERE NOT query ~ 'reset' ORDER BY query COLLATE "C";

-- the columns of findings come from the view of its kind whatever the search path
CREATE VIEW statement_facts AS SELECT 1 AS a;
SET search_path = findings, perfaudit, pg_catalog;
SELECT count(*) >= 0 AS answered FROM perfaudit.findings;
-- planned without compiling
SELECT p.proname, p.proconfig FROM pg_proc p WHERE p.pronamespace = 'perfaudit'::regnamespace AND p.proretset
  AND p.proconfig IS NOT NULL AND p.prolang = (SELECT l.oid FROM pg_language l WHERE l.lanname = 'c') ORDER BY 1;
SET search_path = pg_catalog;
SET client_min_messages = warning;
DROP SCHEMA findings CASCADE;
