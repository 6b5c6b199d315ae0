-- failing_statement: fails again and again.
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS perfaudit;
RESET client_min_messages;
CREATE SCHEMA failing_statement;
SET search_path = failing_statement;
CREATE TABLE "User's" (id int PRIMARY KEY, name text, n int CHECK (n > 0));
INSERT INTO "User's" SELECT i, 'n' || i, 1 FROM generate_series(1, 20) i;
CREATE FUNCTION fails_with(code text) RETURNS int LANGUAGE plpgsql AS
$$ BEGIN RAISE EXCEPTION 'as wanted' USING ERRCODE = code; END $$;
\set found 'SELECT occurrences AS n, evidence->>''variant'' AS variant, evidence->>''calls'' AS calls, evidence->''error_classes'' AS classes, query FROM perfaudit.findings WHERE kind = ''failing_statement'' AND query NOT LIKE ''%perfaudit.%'' ORDER BY query COLLATE "C";'
\set VERBOSITY sqlstate
SET perfaudit.failing_errors = 4;

--
-- Fires
--
SELECT perfaudit.reset() \g /dev/null
-- four and four of eight
SELECT format('INSERT INTO "User''s" VALUES (%s, ''x'', 1)', i) FROM generate_series(17, 24) i \gexec
-- of another class each, and never a success
SELECT format('SELECT id, %s / (id - 5) FROM "User''s"', i) FROM generate_series(1, 4) i \gexec
SELECT format('SELECT fails_with(''%s'') FROM "User''s" WHERE id = 1', c) FROM unnest('{40001,40P01,40001,P0002}'::text[]) c \gexec
:found
SELECT severity, relation, summary, suggestion, impact_ms >= 0 AS cost, username = current_user AS mine, evidence
FROM perfaudit.findings WHERE kind = 'failing_statement' AND query LIKE 'INSERT%';
-- timeouts and cancellation
SELECT perfaudit.reset() \g /dev/null
SET statement_timeout = '20ms';
SELECT format('SELECT pg_sleep(60) FROM "User''s" WHERE id = %s', i) FROM generate_series(1, 4) i \gexec
RESET statement_timeout;
SELECT format('SELECT pg_cancel_backend(pg_backend_pid()), pg_sleep(60) FROM "User''s" WHERE id = %s', i) FROM generate_series(1, 4) i \gexec
:found
-- what never ends in time costs what the role is given; else nothing is known
SELECT count(*) AS findings, sum(impact_ms) AS impact FROM perfaudit.findings WHERE kind = 'failing_statement';
ALTER ROLE CURRENT_USER IN DATABASE :"DBNAME" SET statement_timeout = '2 s';
SELECT evidence->>'variant' AS variant, impact_ms FROM perfaudit.findings WHERE kind = 'failing_statement' ORDER BY 1;
ALTER ROLE CURRENT_USER IN DATABASE :"DBNAME" RESET statement_timeout;
-- three of them fail otherwise: the reason is that of most
SELECT format('SELECT pg_cancel_backend(pg_backend_pid()), pg_sleep(60 + 1 / (id - id)) FROM "User''s" WHERE id = %s', i) FROM generate_series(1, 3) i \gexec
:found

--
-- Silent
--
-- one less
SELECT perfaudit.reset() \g /dev/null
SELECT format('INSERT INTO "User''s" VALUES (%s, ''x'', 1)', i) FROM generate_series(22, 26) i \gexec
:found
SET perfaudit.failing_errors = 3;
:found
SET perfaudit.failing_errors = 4;
-- validation: four of a hundred; with the share of four it is told
SELECT perfaudit.reset() \g /dev/null
\set ECHO none
SELECT format('INSERT INTO "User''s" VALUES (%s, ''x'', 1)', i) FROM generate_series(23, 122) i \gexec
\set ECHO all
:found
SET perfaudit.failing_share = 0.04;
:found
SET perfaudit.failing_share = 0.041;
:found
RESET perfaudit.failing_share;
-- retries that are few: two of each five
SET perfaudit.failing_errors = 10;
SELECT perfaudit.reset() \g /dev/null
\set ECHO none
SELECT format('UPDATE "User''s" SET n = CASE WHEN %s < 2 THEN fails_with(''40001'') ELSE 2 END WHERE id = 1', i % 5) FROM generate_series(1, 20) i \gexec
\set ECHO all
:found
SET perfaudit.failing_errors = 4;
-- repaired
SELECT perfaudit.reset() \g /dev/null
SELECT format('INSERT INTO "User''s" VALUES (%s, ''x'', 1) ON CONFLICT DO NOTHING', i) FROM generate_series(117, 124) i \gexec
:found
-- inside a function that catches it
DO $$ BEGIN
    FOR i IN 1 .. 8 LOOP
        BEGIN INSERT INTO "User's" VALUES (1, 'x', 1); EXCEPTION WHEN unique_violation THEN NULL; END;
    END LOOP;
END $$;
:found
-- syntax errors and unknown names belong to no statement
SELECT 'SELECT nothing FROM "User''s"' FROM generate_series(1, 5) \gexec
:found
-- DO blocks are of one shape, whatever is in them
SELECT format('DO $$ BEGIN RAISE EXCEPTION ''%s''; END $$', i) FROM generate_series(1, 20) i \gexec
:found
\set VERBOSITY default
SET client_min_messages = warning;
DROP SCHEMA failing_statement CASCADE;
