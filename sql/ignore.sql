-- perfaudit.ignore(): findings that are not shown, why, by whom, until when.
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS perfaudit;
RESET client_min_messages;
SET perfaudit.burst_gap = '60s';
SET perfaudit.burst_max_time = '1h';
SET perfaudit.burst_max_statements = 100000;
SET perfaudit.repeat_report_time = '1h';
CREATE SCHEMA ignored;
SET search_path = ignored;
CREATE TABLE people (id int PRIMARY KEY, name text);
INSERT INTO people SELECT i, 'user ' || i FROM generate_series(1, 40) i;
CREATE TABLE letters (id int PRIMARY KEY, person_id int REFERENCES people);
INSERT INTO letters SELECT i, 1 + i % 40 FROM generate_series(1, 80) i;
ANALYZE people, letters;
\set SHOW_CONTEXT never
SET perfaudit.unit = 'bad';
\o /dev/null
SELECT perfaudit.reset();
SELECT id FROM people ORDER BY id LIMIT 20;
SELECT format('SELECT * FROM letters WHERE person_id = %s', i) FROM generate_series(1, 12) i \gexec
SELECT 'SELECT name FROM people WHERE id = 5' FROM generate_series(1, 8) i \gexec
\o
SET perfaudit.unit = '';
\set found 'SELECT kind, relation FROM perfaudit.findings WHERE relation IN (''people''::regclass, ''letters''::regclass) ORDER BY kind;'
\set muted 'SELECT kind, relation, active, reason, until, ignored_by = current_user AS mine, ignored_at <= now() AS past FROM perfaudit.ignored ORDER BY kind;'
:found
SELECT finding_id FROM perfaudit.findings WHERE kind = 'n_plus_one' \gset

-- muted, with a new reason, shown again
SELECT perfaudit.ignore(:'finding_id', 'twelve at most');
:found
:muted
SELECT regexp_replace(perfaudit.check('low', '{n_plus_one}'), 'among [0-9]+', 'among n') AS answer;
SELECT perfaudit.ignore(:'finding_id', 'until the next release', now() + interval '1 day');
SELECT kind, relation, active, reason, until > now() AS lasts FROM perfaudit.ignored;
:found
SELECT perfaudit.unignore(:'finding_id'), perfaudit.unignore(:'finding_id') AS again;
:found
:muted
\set VERBOSITY terse
SELECT perfaudit.check('low', '{n_plus_one}') ~ 'no findings' AS silent;
\set VERBOSITY default

-- until its time is over
SELECT perfaudit.ignore(:'finding_id', 'for a moment', clock_timestamp() + interval '0.3 s');
:found
SELECT pg_sleep(0.4);
:found
SELECT active, reason FROM perfaudit.ignored;
SELECT perfaudit.unignore(:'finding_id');

-- before it is found: settings of a test suite
SELECT perfaudit.ignore('0123456789abcdef', 'known');
:muted
SELECT perfaudit.unignore('0123456789abcdef');
-- after a reset it is muted still, and its kind and table are known still
SELECT perfaudit.ignore(:'finding_id', 'as it should be');
SELECT perfaudit.reset() \g /dev/null
SELECT perfaudit.ignore(:'finding_id', 'as it should be, said again');
:muted

-- wrong arguments
SELECT perfaudit.ignore('0123456789ABCDEF', 'why');
SELECT perfaudit.ignore(NULL, 'why');
SELECT perfaudit.ignore(:'finding_id', NULL);
SELECT perfaudit.ignore(:'finding_id', '  ');
\set VERBOSITY terse
SELECT perfaudit.ignore(:'finding_id', 'why', now() - interval '1 day');
SELECT perfaudit.unignore('x');

-- who may: nobody but superusers, unless granted
CREATE ROLE regress_perfaudit_quiet;
SET ROLE regress_perfaudit_quiet;
SELECT perfaudit.ignore('0123456789abcdef', 'why');
SELECT perfaudit.unignore(:'finding_id');
INSERT INTO perfaudit.ignored_findings (finding_id, reason) VALUES ('0123456789abcdef', 'why');
DELETE FROM perfaudit.ignored_findings;
UPDATE perfaudit.ignored_findings SET reason = 'why';
TRUNCATE perfaudit.ignored_findings;
SELECT kind, reason FROM perfaudit.ignored;
RESET ROLE;
-- the one privilege without the other is not enough
GRANT EXECUTE ON FUNCTION perfaudit.ignore(text, text, timestamptz), perfaudit.unignore(text) TO regress_perfaudit_quiet;
SET ROLE regress_perfaudit_quiet;
SELECT perfaudit.ignore('0123456789abcdef', 'why');
RESET ROLE;
-- in his own name only
GRANT INSERT (finding_id, kind, relation, reason, until), DELETE ON perfaudit.ignored_findings TO regress_perfaudit_quiet;
SET ROLE regress_perfaudit_quiet;
SELECT perfaudit.ignore('0123456789abcdef', 'why');
SELECT reason, ignored_by FROM perfaudit.ignored WHERE finding_id = '0123456789abcdef';
INSERT INTO perfaudit.ignored_findings (finding_id, reason, ignored_by) VALUES ('0123456789abcdee', 'why', 'postgres');
SELECT perfaudit.unignore('0123456789abcdef');
RESET ROLE;

-- other objects of these names are not used
CREATE TABLE ignored.ignored_findings (LIKE perfaudit.ignored_findings);
CREATE FUNCTION ignored.valid_finding_id(text) RETURNS text LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'trapped'; END $$;
SET search_path = ignored, perfaudit, pg_catalog;
SELECT perfaudit.unignore(:'finding_id'), perfaudit.unignore(:'finding_id') AS again;
RESET search_path;
SET client_min_messages = warning;
DROP OWNED BY regress_perfaudit_quiet;
DROP ROLE regress_perfaudit_quiet;
DROP SCHEMA ignored CASCADE;
