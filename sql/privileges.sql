-- Who sees what: other roles' statements, plans and findings; who may reset.
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS perfaudit;
RESET client_min_messages;
CREATE ROLE regress_perfaudit_alice;
CREATE ROLE regress_perfaudit_bob;
CREATE ROLE regress_perfaudit_monitor IN ROLE pg_read_all_stats;
CREATE SCHEMA privileges;
SET search_path = privileges;
CREATE TABLE letters (id int PRIMARY KEY, text_of text);
INSERT INTO letters SELECT i, 'dear ' || i FROM generate_series(1, 500) i;
ANALYZE letters;
GRANT USAGE ON SCHEMA privileges TO PUBLIC;
GRANT SELECT ON letters TO PUBLIC;
\set VERBOSITY terse
SET perfaudit.burst_gap = '60s';
SET perfaudit.burst_max_time = '1h';
SET perfaudit.large_table_rows = 10;
SET perfaudit.judge_calls = 1;
SET perfaudit.judge_time = 0;
SET perfaudit.unit = 'privileges';
SELECT perfaudit.reset() \g /dev/null
SET ROLE regress_perfaudit_alice;
\o /dev/null
SELECT 'SELECT text_of FROM letters WHERE text_of = ''dear alice''' FROM generate_series(1, 8) \gexec
\o
SET ROLE regress_perfaudit_bob;
\o /dev/null
SELECT count(*) AS bobs FROM letters WHERE text_of = 'dear bob';
\o

\set seen 'SELECT username, calls, query, queryid IS NOT NULL AS id FROM perfaudit.statements WHERE calls IN (1, 8) AND username LIKE ''regress%'' AND (query ~ ''letters WHERE'' OR (query ~ ''insufficient'' AND calls = 8)) AND query !~ ''perfaudit'' ORDER BY 1, 3;'
\set facts 'SELECT (SELECT count(*) FROM perfaudit.findings WHERE username = ''regress_perfaudit_alice'' AND kind = ''seq_scan_large_table'') AS scans, (SELECT count(*) FROM perfaudit.findings WHERE username = ''regress_perfaudit_alice'' AND kind = ''duplicate_statement'') AS duplicates, (SELECT count(*) FROM perfaudit.plans WHERE query ~ ''text_of FROM'') AS plans, (SELECT count(*) > 0 FROM perfaudit.plan_nodes WHERE username = ''regress_perfaudit_alice'') AS nodes, (SELECT count(*) > 0 FROM perfaudit.predicates WHERE query ~ ''text_of FROM'') AS predicates, (SELECT count(*) FROM perfaudit.repeats WHERE username = ''regress_perfaudit_alice'') AS repeats, (SELECT count(*) > 0 FROM perfaudit.scan_facts() s JOIN pg_roles r ON r.oid = s.userid WHERE rolname = ''regress_perfaudit_alice'') AS scan_facts;'

-- her own
SET ROLE regress_perfaudit_alice;
:seen
:facts
-- not his: numbers without text or identity, no findings, no plans
SET ROLE regress_perfaudit_bob;
:seen
:facts
-- a monitoring role, and the superuser
SET ROLE regress_perfaudit_monitor;
:seen
:facts
RESET ROLE;
:facts
-- membership gives nothing that privileges on statistics would
GRANT regress_perfaudit_alice TO regress_perfaudit_bob;
SET ROLE regress_perfaudit_bob;
:facts
RESET ROLE;
REVOKE regress_perfaudit_alice FROM regress_perfaudit_bob;

-- what others do now
SET ROLE regress_perfaudit_bob;
SELECT count(*) AS leaked FROM perfaudit.backends WHERE pid <> pg_backend_pid() AND running_query !~ 'insufficient';

-- one statement's text
RESET ROLE;
SELECT f.dbid, f.userid, f.toplevel, f.shape FROM perfaudit.statement_facts(0) f WHERE f.query ~ '^SELECT text_of FROM letters' \gset
\set text 'SELECT perfaudit.statement_text(:dbid, :userid, :''toplevel'', :shape) AS text, perfaudit.statement_text(:dbid, :userid, :''toplevel'', 1) AS none;'
:text
SET ROLE regress_perfaudit_alice;
:text
SET ROLE regress_perfaudit_bob;
:text
RESET ROLE;
-- facts without texts, and of one database; a query that asks again gets the same answer
SELECT count(*) > 0 AS some, count(f.query) AS texts, count(*) FILTER (WHERE f.dbid <> perfaudit.this_database()) AS others
FROM perfaudit.statement_facts(0, perfaudit.this_database(), false) f;
SELECT count(*) AS different FROM (SELECT * FROM perfaudit.statement_facts(0, 0, false) EXCEPT ALL
    SELECT * FROM perfaudit.statement_facts(0, 0, false)) d;
SET ROLE regress_perfaudit_bob;

-- reset
SELECT perfaudit.reset();
SELECT perfaudit.reset_facts(0, 0, 0);
SET ROLE regress_perfaudit_monitor;
SELECT perfaudit.reset();
RESET ROLE;
GRANT EXECUTE ON FUNCTION perfaudit.reset(name, name, bigint), perfaudit.reset_facts(oid, oid, bigint) TO regress_perfaudit_monitor;
SET ROLE regress_perfaudit_monitor;
SELECT perfaudit.reset() > 0 AS reset;
RESET ROLE;
REVOKE EXECUTE ON FUNCTION perfaudit.reset(name, name, bigint), perfaudit.reset_facts(oid, oid, bigint) FROM regress_perfaudit_monitor;

-- everybody may look at the rest, nobody may write
SET ROLE regress_perfaudit_bob;
SELECT count(*) > 0 AS kinds FROM perfaudit.detectors;
SELECT count(*) > 0 AS info FROM perfaudit.info;
INSERT INTO perfaudit.detector_list VALUES ('mine', 'm', '{}', 'd');
DELETE FROM perfaudit.detector_list;
CREATE FUNCTION perfaudit.mine() RETURNS int LANGUAGE sql AS 'SELECT 1';
RESET ROLE;

-- functions that the view calls are not found in a search path of the reader's
CREATE SCHEMA trap;
CREATE FUNCTION trap.count_text(float8) RETURNS text LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'trapped'; END $$;
CREATE FUNCTION trap.severity(float8, float8, int DEFAULT 0) RETURNS text LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'trapped'; END $$;
CREATE FUNCTION trap.left(text, int) RETURNS text LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'trapped'; END $$;
CREATE TABLE trap.pg_database (oid oid, datname name);
SET search_path = trap, privileges, pg_catalog;
SELECT id FROM letters WHERE text_of = 'trap';
SELECT kind, database = current_database() AS here FROM perfaudit.findings WHERE query ~ 'id FROM letters';
SELECT count(*) > 0 AS found FROM perfaudit.statements WHERE database = current_database();
SELECT perfaudit.reset(database => 'nothing');
RESET search_path;
-- the same query id with another text, sent by another role in the same session:
-- the places of the first text's literals are not those of the second's
GRANT SELECT ON privileges.letters TO regress_perfaudit_alice;
SELECT max(id) FROM privileges.letters WHERE id = 7 AND text_of <> 'abc';
SET ROLE regress_perfaudit_alice;
SELECT  max(id)   FROM privileges.letters WHERE id = 7000 AND text_of <> 'topsecret';
RESET ROLE;
SELECT count(*) AS roles, bool_or(query ~ '7000|secret') AS leaks
FROM perfaudit.statements WHERE query ~ 'max\(id\)' AND query !~ 'perfaudit';

SET client_min_messages = warning;
DROP SCHEMA privileges, trap CASCADE;
DROP ROLE regress_perfaudit_alice, regress_perfaudit_bob, regress_perfaudit_monitor;
