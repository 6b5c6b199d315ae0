-- suggest_indexes(): statements that run with their generic plan, of which it tells less than their values do. Asked by another
-- session, for which nothing is under way.
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS perfaudit;
RESET client_min_messages;
CREATE SCHEMA suggest_generic;
SET search_path = suggest_generic;
SET max_parallel_workers_per_gather = 0;
CREATE TABLE t (id int PRIMARY KEY, kind int, name text COLLATE "C", filler text);
-- few of one kind, behind all others
INSERT INTO t SELECT i, CASE WHEN i > 29997 THEN 99 ELSE i % 20 END, md5(i::text), repeat('x', 200) FROM generate_series(1, 30000) i;
VACUUM ANALYZE t;
\set advice 'SELECT columns, verified, evidence->''queries''->0->>''planned_with'' AS planned_with, cost_before > 1000 AS dear_before FROM perfaudit.suggest_indexes(max_ms => 60000) WHERE action = ''create'' ORDER BY 1;'

-- the generic plan hopes to meet some soon: the time that it takes says otherwise, and the values why
SELECT perfaudit.reset() >= 0 AS reset;
PREPARE by_kind (int) AS SELECT id, filler FROM t WHERE kind = $1 ORDER BY id LIMIT 5;
\o /dev/null
SELECT 'EXECUTE by_kind (99)' FROM generate_series(1, 12) \gexec
SELECT format('SELECT count(*), %s FROM t WHERE filler > %L', repeat('1, ', i) || '1', i) FROM generate_series(1, 5) i, generate_series(1, 2) \gexec
\o
\c -
SET search_path = suggest_generic;
:advice
-- met soon, it takes no longer than that plan promises
SELECT perfaudit.reset() >= 0 AS reset;
PREPARE by_kind (int) AS SELECT id, filler FROM t WHERE kind = $1 ORDER BY id LIMIT 5;
\o /dev/null
SELECT 'EXECUTE by_kind (7)' FROM generate_series(1, 12) \gexec
SELECT format('SELECT count(*), %s FROM t WHERE filler > %L', repeat('1, ', i) || '1', i) FROM generate_series(1, 5) i, generate_series(1, 2) \gexec
\o
\c -
SET search_path = suggest_generic;
:advice

-- no index serves a pattern that is not known, so that the generic plan is as dear with it: new sessions stay with their values
SELECT perfaudit.reset() >= 0 AS reset;
PREPARE by_name (text) AS SELECT id FROM t WHERE name LIKE $1;
\o /dev/null
SELECT format('EXECUTE by_name (%L)', substr(md5(i::text), 1, 6) || '%') FROM generate_series(1, 12) i \gexec
\o
\c -
SET search_path = suggest_generic;
:advice
-- without values nothing is known of it
SELECT perfaudit.reset() >= 0 AS reset;
PREPARE by_name (text) AS SELECT id FROM t WHERE name LIKE $1;
SET perfaudit.sample_values = off;
\o /dev/null
SELECT format('EXECUTE by_name (%L)', substr(md5(i::text), 1, 6) || '%') FROM generate_series(1, 12) i \gexec
\o
\c -
SET search_path = suggest_generic;
:advice
SELECT perfaudit.reset() >= 0 AS reset;
SET client_min_messages = warning;
DROP SCHEMA suggest_generic CASCADE;
