-- deep_offset: rows produced only to be thrown away.
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS perfaudit;
RESET client_min_messages;
CREATE SCHEMA deep_offset;
SET search_path = deep_offset;
CREATE TABLE messages (id int PRIMARY KEY, chat int, at timestamp);
INSERT INTO messages SELECT i, i % 10, timestamp '2026-01-01' + i * interval '1 second' FROM generate_series(1, 5000) i;
ANALYZE messages;
SET perfaudit.deep_offset_rows = 2000;
SET perfaudit.judge_calls = 1;
\set found 'SELECT relation, occurrences, evidence->>''rows_discarded'' AS discarded, evidence->>''rows_discarded_max'' AS max, evidence->>''rows_sent'' AS sent, query FROM perfaudit.findings WHERE kind = ''deep_offset'' ORDER BY query;'

--
-- Fires
--
\o /dev/null
SELECT perfaudit.reset();
PREPARE page(int) AS SELECT chat, id FROM messages ORDER BY at DESC, id DESC LIMIT 20 OFFSET $1;
SELECT id, at FROM messages ORDER BY at, id LIMIT 20 OFFSET 4000;
SELECT id, at FROM messages ORDER BY at, id LIMIT 20 OFFSET 2000;
-- not deep enough to be counted at all
SELECT id, at FROM messages ORDER BY at, id LIMIT 20 OFFSET 20;
EXECUTE page(3000);
\o
:found
SELECT query, perfaudit.severity_rank(severity) > 0 AS ranked, summary, suggestion FROM perfaudit.findings WHERE kind = 'deep_offset' ORDER BY query;
SELECT jsonb_object_keys(evidence) AS evidence FROM perfaudit.findings
WHERE kind = 'deep_offset' AND query LIKE 'SELECT id, at%' ORDER BY 1;

--
-- Silent
--
\o /dev/null
SELECT perfaudit.reset();
-- a row less than the threshold
SELECT id * 2 AS twice FROM messages ORDER BY at, id LIMIT 20 OFFSET 1999;
-- the first pages
SELECT chat FROM messages ORDER BY at, id LIMIT 20 OFFSET 0;
SELECT chat FROM messages ORDER BY at, id LIMIT 20 OFFSET 500;
-- by key
SELECT chat, at FROM messages WHERE (at, id) > ('2026-01-01 01:00', 3600) ORDER BY at, id LIMIT 20;
-- beyond the end of a short result
SELECT at FROM messages WHERE id < 100 ORDER BY at OFFSET 4000;
-- skipped by the client
BEGIN;
DECLARE skipping CURSOR FOR SELECT id FROM messages ORDER BY chat;
MOVE 3000 FROM skipping;
FETCH 10 FROM skipping;
COMMIT;
\o
:found
SET perfaudit.deep_offset_rows = 1999;
:found

-- by too few executions; on a temporary table
CREATE TEMPORARY TABLE mine AS SELECT id FROM messages;
\o /dev/null
SELECT perfaudit.reset();
SELECT id, at FROM messages ORDER BY at, id LIMIT 20 OFFSET 2500;
SELECT id, at FROM messages ORDER BY at, id LIMIT 20 OFFSET 2600;
SELECT id FROM mine ORDER BY id LIMIT 20 OFFSET 2500;
\o
:found
SET perfaudit.judge_calls = 3;
:found
