-- perfaudit.check(): fails when there are findings.
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS perfaudit;
RESET client_min_messages;
SET perfaudit.burst_gap = '60s';
SET perfaudit.burst_max_time = '1h';
SET perfaudit.burst_max_statements = 100000;
SET perfaudit.repeat_report_time = '1h';
CREATE SCHEMA checked;
SET search_path = checked;
CREATE TABLE people (id int PRIMARY KEY, name text);
INSERT INTO people SELECT i, 'user ' || i FROM generate_series(1, 40) i;
CREATE TABLE letters (id int PRIMARY KEY, person_id int REFERENCES people);
INSERT INTO letters SELECT i, 1 + i % 40 FROM generate_series(1, 80) i;
ANALYZE people, letters;
SET perfaudit.unit = 'nothing';
SELECT perfaudit.reset() \g /dev/null

-- nothing wrong; how much that says is in the answer
SELECT count(*) FROM people;
SELECT regexp_replace(perfaudit.check(kinds => '{n_plus_one,duplicate_statement}'), '[0-9]+', 'n') AS answer;
SELECT regexp_replace(perfaudit.check('critical', '{n_plus_one}', 'shop'), '[0-9]+', 'n') AS answer;

-- an N+1 and duplicates, by another application
SET application_name = 'shop';
SET perfaudit.unit = 'bad';
\o /dev/null
SELECT id FROM people ORDER BY id LIMIT 20;
SELECT format('SELECT * FROM letters WHERE person_id = %s', i) FROM generate_series(1, 12) i \gexec
SELECT 'SELECT name FROM people WHERE id = 5' FROM generate_series(1, 8) i \gexec
\o
SET application_name = 'tests';
SET perfaudit.unit = 'checked';
CREATE FUNCTION outcome(query text) RETURNS TABLE (line text) LANGUAGE plpgsql AS $$
DECLARE message text; detail text; hint text; state text; answer text;
BEGIN
    EXECUTE query INTO answer;
    RETURN QUERY SELECT regexp_replace(answer, '[0-9]+', 'n');
EXCEPTION WHEN OTHERS THEN
    GET STACKED DIAGNOSTICS message = MESSAGE_TEXT, detail = PG_EXCEPTION_DETAIL, hint = PG_EXCEPTION_HINT, state = RETURNED_SQLSTATE;
    RETURN QUERY SELECT state || ' ' || message;
    -- how severe it is depends on how long it took
    RETURN QUERY SELECT '  ' || regexp_replace(l, '^[0-9a-f]{16} (low|medium|high) ', '<id> <severity> ') FROM regexp_split_to_table(detail, E'\n') l ORDER BY 1;
    RETURN QUERY SELECT '  ' || hint;
END $$;
\pset tuples_only on
SELECT outcome($$SELECT perfaudit.check(kinds => '{n_plus_one,duplicate_statement}')$$);
SELECT outcome($$SELECT perfaudit.check('low', '{n_plus_one}')$$);
-- by severity, by kind, by application
SELECT outcome($$SELECT perfaudit.check('critical')$$);
SELECT outcome($$SELECT perfaudit.check('low', '{deep_offset}')$$);
SELECT outcome($$SELECT perfaudit.check(application => 'shop')$$);
SELECT outcome($$SELECT perfaudit.check(application => 'tests', kinds => '{n_plus_one}')$$);
-- the threshold is the caller's
SET perfaudit.repeat_report = 13;
SELECT outcome($$SELECT perfaudit.check(kinds => '{n_plus_one}')$$);
RESET perfaudit.repeat_report;

-- what one may not see does not count, and the answer says so
CREATE ROLE regress_perfaudit_checker;
GRANT USAGE ON SCHEMA checked TO regress_perfaudit_checker;
SET ROLE regress_perfaudit_checker;
SELECT outcome($$SELECT perfaudit.check(kinds => '{n_plus_one}')$$);
RESET ROLE;

-- wrong arguments
SELECT outcome($$SELECT perfaudit.check('bad')$$);
SELECT outcome($$SELECT perfaudit.check(NULL)$$);
SELECT outcome($$SELECT perfaudit.check(kinds => '{n_plus_one,n_plus_two,NULL}')$$);
SELECT outcome($$SELECT perfaudit.check(kinds => '{}')$$);

-- many findings: the worst twenty are listed
\o /dev/null
SELECT perfaudit.reset();
SELECT format('SET perfaudit.unit = ''%s''', n), format('SELECT name FROM people WHERE id = 7%s', repeat(' AND id > 0', n)) FROM generate_series(1, 23) n, generate_series(1, 5) ORDER BY n
\set ECHO none
\gexec
\set ECHO all
\o
SELECT count(*), min(line) FROM outcome($$SELECT perfaudit.check(kinds => '{duplicate_statement}')$$);
SELECT line FROM outcome($$SELECT perfaudit.check(kinds => '{duplicate_statement}')$$) WHERE line ~ 'more';
\pset tuples_only off

-- other functions of these names are not called
CREATE FUNCTION checked.severity_rank(text) RETURNS int LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'trapped'; END $$;
CREATE FUNCTION checked.format(text, VARIADIC "any") RETURNS text LANGUAGE internal AS 'text_format';
SET search_path = checked, perfaudit, pg_catalog;
SELECT perfaudit.check('critical', '{deep_offset}') ~ '^no findings of severity critical, among' AS answered;
RESET search_path;
SET client_min_messages = warning;
DROP OWNED BY regress_perfaudit_checker;
DROP ROLE regress_perfaudit_checker;
DROP SCHEMA checked CASCADE;
