-- duplicate_statement: the same statement with the same values, nothing
-- written in between.
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS perfaudit;
RESET client_min_messages;
SET perfaudit.burst_gap = '60s';
SET perfaudit.burst_max_time = '1h';
SET perfaudit.burst_max_statements = 100000;
SET perfaudit.repeat_report_time = '1h';
CREATE SCHEMA duplicate_statement;
SET search_path = duplicate_statement;
CREATE TABLE profiles (id int PRIMARY KEY, name text);
INSERT INTO profiles SELECT i, 'name ' || i FROM generate_series(1, 50) i;
CREATE TABLE settings (key text PRIMARY KEY, value text);
INSERT INTO settings VALUES ('theme', 'dark');
ANALYZE profiles, settings;
\set found 'SELECT relation, occurrences AS units, evidence->>''scope'' AS scope, evidence->>''n_max'' AS n, evidence->>''distinct_values'' AS "distinct", evidence->>''same_values'' AS same, query FROM perfaudit.findings WHERE kind = ''duplicate_statement'' ORDER BY query;'

--
-- Fires
--
SET perfaudit.unit = 'transaction';
\o /dev/null
SELECT perfaudit.reset();
BEGIN;
SELECT 'SELECT name FROM profiles WHERE id = 7' FROM generate_series(1, 8) \gexec
COMMIT;
\o
:found
SELECT perfaudit.severity_rank(severity) > 0 AS ranked, summary, suggestion FROM perfaudit.findings WHERE kind = 'duplicate_statement';
SELECT jsonb_object_keys(evidence) AS evidence FROM perfaudit.findings WHERE kind = 'duplicate_statement' ORDER BY 1;
SELECT kind, scope, n_total, units FROM perfaudit.repeats;

SET perfaudit.unit = 'burst';
\o /dev/null
SELECT perfaudit.reset();
SELECT 'SELECT name FROM profiles WHERE id = 7' FROM generate_series(1, 8) \gexec
\o
:found

-- by EXECUTE, among other statements
SET perfaudit.unit = 'execute';
\o /dev/null
SELECT perfaudit.reset();
PREPARE profile(int) AS SELECT * FROM profiles WHERE id = $1;
BEGIN;
SELECT 'EXECUTE profile(7)', format('SELECT count(*) FROM profiles WHERE id < %s', i) FROM generate_series(1, 8) i \gexec
COMMIT;
\o
:found

-- a statement without any value
SET perfaudit.unit = 'no values';
\o /dev/null
SELECT perfaudit.reset();
SELECT 'SELECT * FROM settings' FROM generate_series(1, 8) \gexec
\o
:found

-- perfaudit.duplicate_report decides what is told, afterwards
SET perfaudit.duplicate_report = 9;
:found
RESET perfaudit.duplicate_report;

--
-- Silent
--

-- the values differ
SET perfaudit.unit = 'differ';
\o /dev/null
SELECT perfaudit.reset();
SELECT format('SELECT name FROM profiles WHERE id = %s', i) FROM generate_series(1, 20) i \gexec
\o
:found

-- something is written in between
SET perfaudit.unit = 'written';
\o /dev/null
SELECT perfaudit.reset();
BEGIN;
SELECT 'SELECT name FROM profiles WHERE id = 7', 'UPDATE profiles SET name = name || ''.'' WHERE id = 7' FROM generate_series(1, 8) \gexec
COMMIT;
\o
:found
SET perfaudit.unit = 'written by a utility statement';
\o /dev/null
SELECT perfaudit.reset();
BEGIN;
SELECT 'SELECT * FROM settings', 'TRUNCATE settings' FROM generate_series(1, 8) \gexec
COMMIT;
\o
:found

-- four are too few
SET perfaudit.unit = 'four';
SET perfaudit.duplicate_report = 2;
\o /dev/null
SELECT perfaudit.reset();
SELECT 'SELECT name FROM profiles WHERE id = 7' FROM generate_series(1, 4) \gexec
\o
:found
RESET perfaudit.duplicate_report;

-- once in each transaction, once in each request
SET perfaudit.unit = 'transactions';
\o /dev/null
SELECT perfaudit.reset();
SELECT 'BEGIN', 'SELECT name FROM profiles WHERE id = 7', 'COMMIT' FROM generate_series(1, 8) \gexec
SELECT format('SET perfaudit.unit = %L', 'request ' || i), 'SELECT name FROM profiles WHERE id = 7' FROM generate_series(1, 8) i \gexec
\o
:found

-- polling: pauses longer than burst_gap
SET perfaudit.burst_gap = '1ms';
SET perfaudit.unit = 'polling';
\o /dev/null
SELECT perfaudit.reset();
SELECT name FROM profiles WHERE id = 7;
\! sleep 0.03
SELECT name FROM profiles WHERE id = 7;
\! sleep 0.03
SELECT name FROM profiles WHERE id = 7;
\! sleep 0.03
SELECT name FROM profiles WHERE id = 7;
\! sleep 0.03
SELECT name FROM profiles WHERE id = 7;
\! sleep 0.03
SELECT name FROM profiles WHERE id = 7;
\! sleep 0.03
SELECT name FROM profiles WHERE id = 7;
\o
:found

-- cursors, which differ in their literals
SET perfaudit.unit = 'cursors';
\o /dev/null
SELECT perfaudit.reset();
BEGIN;
SELECT format('DECLARE c%s CURSOR FOR SELECT name FROM profiles WHERE id = %s', i, i), format('FETCH c%s', i) FROM generate_series(1, 8) i \gexec
COMMIT;
\o
:found
