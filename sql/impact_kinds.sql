-- Impact across kinds: each problem costs what it sleeps, so what each finding should say is known. Who costs twice as
-- much as another is above it, and all say about what was lost.
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS perfaudit;
RESET client_min_messages;
CREATE SCHEMA impact_kinds;
SET search_path = impact_kinds;
CREATE TABLE list AS SELECT i AS id, 100 + i AS item FROM generate_series(1, 12) i;
CREATE TABLE item (id int PRIMARY KEY, name text);
INSERT INTO item SELECT i, 'item ' || i FROM generate_series(1, 200) i;
ANALYZE list, item;
CREATE FUNCTION each() RETURNS void LANGUAGE plpgsql AS
$$ BEGIN FOR i IN 1 .. 100 LOOP PERFORM pg_sleep(0.003) FROM item WHERE id = i; END LOOP; END $$;
SET max_parallel_workers_per_gather = 0;
SET perfaudit.slow_statement = '250ms';
SET perfaudit.regression_calls = 6;
SET perfaudit.judge_calls = 3;
SET perfaudit.failing_errors = 6;
SET perfaudit.sample_budget = 1;
SET perfaudit.idle_in_transaction = '500ms';
\set ECHO none
\set VERBOSITY sqlstate
\o /dev/null
SELECT perfaudit.reset();
-- a list, and a look-up for each
BEGIN;
SELECT item FROM list ORDER BY id;
SELECT format('SELECT name, pg_sleep(0.02) FROM item WHERE id = %s', 100 + i) FROM generate_series(1, 12) i \gexec
COMMIT;
-- the same again and again
BEGIN;
SELECT 'SELECT name, pg_sleep(0.05) IS NULL FROM item WHERE id = 7' FROM generate_series(1, 8) \gexec
COMMIT;
-- slow
SELECT format('SELECT count(*), pg_sleep(0.45) FROM list WHERE id > %s', i) FROM generate_series(1, 5) i \gexec
-- a worse plan
SET enable_seqscan = off;
SELECT format('SELECT max(name), pg_sleep(0.02) FROM item WHERE id = %s', i) FROM generate_series(1, 6) i \gexec
RESET enable_seqscan;
SET enable_indexscan = off;
SET enable_bitmapscan = off;
SELECT format('SELECT max(name), pg_sleep(0.24) FROM item WHERE id = %s', i) FROM generate_series(7, 12) i \gexec
RESET enable_indexscan;
RESET enable_bitmapscan;
-- timeouts, of what takes as long when it ends in time
SELECT min(name), pg_sleep(0.1) FROM item WHERE id <> 0;
SET statement_timeout = '100ms';
SELECT format('SELECT min(name), pg_sleep(60.0) FROM item WHERE id <> %s', i) FROM generate_series(1, 6) i \gexec
RESET statement_timeout;
-- a function with a loop
SELECT each() FROM list WHERE id = 1;
-- a transaction that waits
BEGIN;
UPDATE list SET item = item WHERE id = 1;
\! sleep 1
COMMIT;
\o
\set VERBOSITY default
\set ECHO all
CREATE TABLE known (kind text, ms float8);
INSERT INTO known VALUES ('n_plus_one', 11 * 20), ('duplicate_statement', 7 * 50), ('slow_statement', 5 * 200), ('plan_regression', 6 * 220),
    ('failing_statement', 6 * 100), ('row_by_row_function', 99 * 3), ('idle_in_transaction', 1000);
CREATE TABLE told AS SELECT row_number() OVER () AS place, * FROM perfaudit.findings;
SELECT kind, count(*) AS findings, bool_and(impact_ms / ms BETWEEN 0.8 AND 2) AS near FROM known LEFT JOIN told USING (kind) GROUP BY 1 ORDER BY 1;
SELECT kind FROM told WHERE kind NOT IN (SELECT known.kind FROM known);
SELECT kind, severity FROM told WHERE place = 1;
-- whoever costs twice as much is above, but a transaction that waits is one severity lower: nobody need have waited for it
SELECT a.kind AS dearer, b.kind AS yet_above FROM told a JOIN known ka USING (kind), told b JOIN known kb USING (kind)
WHERE ka.ms >= 2 * kb.ms AND a.place > b.place AND a.kind <> 'idle_in_transaction';
-- the scale: share of the time, or one wait, and what was lost
SELECT perfaudit.reset() \g /dev/null
SELECT impact, unit, perfaudit.severity(impact, unit) FROM (VALUES (49, 1e9), (50, 9.9), (50, 10), (999, 1e9), (1000, 99), (1000, 100), (9999, 1e9), (10000, 1000)) v (impact, unit);
SET client_min_messages = warning;
DROP SCHEMA impact_kinds CASCADE;
