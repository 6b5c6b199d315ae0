-- unbounded_result: very many rows sent, nothing that bounds them.
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS perfaudit;
RESET client_min_messages;
CREATE SCHEMA unbounded_result;
SET search_path = unbounded_result;
CREATE TABLE messages (id int PRIMARY KEY, chat int, body text);
INSERT INTO messages SELECT i, i % 10, 'body ' || i FROM generate_series(1, 3000) i;
CREATE TABLE log (line text);
INSERT INTO log SELECT 'line ' || i FROM generate_series(1, 2000) i;
ANALYZE messages, log;
SET perfaudit.unbounded_rows = 1500;
SET perfaudit.judge_calls = 1;
\set found 'SELECT relation, occurrences, evidence->>''rows_sent'' AS sent, evidence->>''rows_sent_max'' AS max, query FROM perfaudit.findings WHERE kind = ''unbounded_result'' ORDER BY query;'

--
-- Fires
--
\o /dev/null
SELECT perfaudit.reset();
SELECT * FROM messages;
SELECT * FROM messages;
SELECT body FROM messages WHERE id <= 1500;
SELECT id, body FROM messages ORDER BY id LIMIT 10000;
SELECT line FROM log;
SELECT m.id, l.line FROM messages m, log l WHERE m.id <= 2;
\o
:found
SELECT query, perfaudit.severity_rank(severity) > 0 AS ranked, summary, suggestion FROM perfaudit.findings
WHERE kind = 'unbounded_result' AND relation = 'messages'::regclass ORDER BY query;
SELECT jsonb_object_keys(evidence) AS evidence FROM perfaudit.findings
WHERE kind = 'unbounded_result' AND relation = 'log'::regclass AND query LIKE 'SELECT line%' ORDER BY 1;

--
-- Silent
--
\o /dev/null
SELECT perfaudit.reset();
-- a row less than the threshold
SELECT body FROM messages WHERE id < 1500;
-- LIMIT took effect
SELECT * FROM messages ORDER BY id LIMIT 1600;
SELECT * FROM messages ORDER BY id LIMIT 3000;
-- the client asks for portions
BEGIN;
DECLARE portions CURSOR FOR SELECT id, chat FROM messages;
FETCH 2000 FROM portions;
FETCH ALL FROM portions;
COMMIT;
-- one row of many
SELECT count(*), max(body) FROM messages;
SELECT array_agg(id) FROM messages;
-- not for a client
CREATE TABLE copied AS SELECT * FROM messages;
INSERT INTO copied SELECT * FROM messages;
COPY (SELECT id FROM messages) TO '/dev/null';
DO $$ DECLARE r record; BEGIN FOR r IN SELECT id AS inner_id FROM messages LOOP END LOOP; END $$;
EXPLAIN ANALYZE SELECT * FROM messages;
-- changed rows
UPDATE copied SET body = '';
-- catalogs
SELECT * FROM pg_proc LIMIT 100000;
\o
:found

-- the threshold may be changed afterwards
SET perfaudit.unbounded_rows = 1499;
:found

-- by too few executions; from a temporary table
CREATE TEMPORARY TABLE mine AS SELECT * FROM messages;
\o /dev/null
SELECT perfaudit.reset();
SELECT id, body FROM messages;
SELECT id, body FROM messages;
SELECT * FROM mine;
\o
:found
SET perfaudit.judge_calls = 3;
:found
