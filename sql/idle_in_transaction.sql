-- idle_in_transaction: fires on transactions that wait for their client; silent on
-- waits outside of them, on work of the server and on round trips.
-- A sleep lasts at least as long as it says; where more than that would matter,
-- the threshold is far above.
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS perfaudit;
RESET client_min_messages;
CREATE SCHEMA idle_in_transaction;
SET search_path = idle_in_transaction;
CREATE TABLE orders (id int PRIMARY KEY, state text);
INSERT INTO orders SELECT i, 'new' FROM generate_series(1, 10) i;
ANALYZE orders;
SET perfaudit.burst_gap = '400ms';
SET perfaudit.idle_in_transaction = '0.5s';
\set found 'SELECT occurrences AS units, evidence->>''variant'' AS variant, evidence->>''after_write'' AS after_write, (evidence->>''idle_ms'')::numeric >= 500 * occurrences AS waited, query FROM perfaudit.findings WHERE kind = ''idle_in_transaction'';'

--
-- Fires
--

-- before the end, with a row locked
SELECT perfaudit.reset() IS NOT NULL AS reset;
BEGIN;
SELECT count(*) FROM orders WHERE state = 'new';
UPDATE orders SET state = 'paid' WHERE id = 3;
\! sleep 0.6
COMMIT;
:found
SELECT perfaudit.severity_rank(severity) > 0 AS ranked, regexp_replace(summary, '[0-9,.]+ m?s\M', '...', 'g') AS summary, suggestion,
       database = current_database() AS here, username = current_user AS mine, application = current_setting('application_name') AS app,
       impact_ms = (evidence->>'idle_ms')::float8 AS cost, finding_id ~ '^[0-9a-f]{16}$' AS id
FROM perfaudit.findings WHERE kind = 'idle_in_transaction';
SELECT jsonb_object_keys(evidence) AS evidence FROM perfaudit.findings WHERE kind = 'idle_in_transaction' ORDER BY 1;
-- far below the threshold; no transaction does nothing else
SET perfaudit.idle_in_transaction = '20s';
:found
SET perfaudit.idle_in_transaction = '0.5s';
SET perfaudit.idle_share = 1;
:found
RESET perfaudit.idle_share;
:found

-- one alone is low unless it is long, two are not
\set severity 'SELECT severity <> ''low'' AS above_low, occurrences FROM perfaudit.findings WHERE kind = ''idle_in_transaction'';'
SELECT perfaudit.reset() IS NOT NULL AS reset;
BEGIN;
UPDATE orders SET state = 'paid' WHERE id = 7;
\! sleep 1.1
COMMIT;
:severity
SET perfaudit.idle_single = '1s';
:severity
RESET perfaudit.idle_single;
BEGIN;
UPDATE orders SET state = 'paid' WHERE id = 7;
\! sleep 1.1
COMMIT;
:severity

-- nothing written: between two statements, before a savepoint, before a ROLLBACK; all the same transactions
SELECT perfaudit.reset() IS NOT NULL AS reset;
BEGIN;
SELECT count(*) FROM orders;
\! sleep 0.6
SELECT count(*) FROM orders WHERE id = 1;
COMMIT;
BEGIN;
SELECT count(*) FROM orders;
\! sleep 0.6
SAVEPOINT s;
COMMIT;
BEGIN;
SELECT count(*) FROM orders;
\! sleep 0.6
ROLLBACK;
:found

-- right after its begin, and through a cursor
SELECT perfaudit.reset() IS NOT NULL AS reset;
BEGIN;
\! sleep 0.6
SELECT count(*) FROM orders WHERE id = 2;
COMMIT;
:found
SELECT perfaudit.reset() IS NOT NULL AS reset;
BEGIN;
DECLARE portions CURSOR FOR SELECT * FROM orders ORDER BY id;
FETCH 2 FROM portions;
\! sleep 0.6
FETCH 1 FROM portions;
COMMIT;
:found

-- by tags
SELECT perfaudit.reset() IS NOT NULL AS reset;
BEGIN;
SELECT count(*) FROM orders /*controller='orders',action='pay'*/;
\! sleep 0.6
COMMIT;
SELECT substring(summary, '^.*waited') AS summary, evidence->'tags' AS tags FROM perfaudit.findings WHERE kind = 'idle_in_transaction';

-- the session ends meanwhile
SELECT perfaudit.reset() IS NOT NULL AS reset;
BEGIN;
UPDATE orders SET state = 'lost' WHERE id = 4;
\! sleep 0.6
\c -
SET search_path = idle_in_transaction;
SET perfaudit.burst_gap = '400ms';
SET perfaudit.idle_in_transaction = '0.5s';
DO $$
BEGIN
    FOR i IN 1..600 LOOP
        EXIT WHEN EXISTS (SELECT FROM perfaudit.pause_facts(0));
        PERFORM pg_sleep(0.1);
    END LOOP;
END
$$;
:found

--
-- Silent
--
SET perfaudit.idle_in_transaction = '2s';

-- repaired: the wait is between two transactions, or in none
SELECT perfaudit.reset() IS NOT NULL AS reset;
BEGIN;
SELECT count(*) FROM orders;
COMMIT;
\! sleep 2.1
BEGIN;
UPDATE orders SET state = 'paid' WHERE id = 5;
COMMIT;
:found
SELECT count(*) FROM orders;

-- the server works, or sleeps
SELECT perfaudit.reset() IS NOT NULL AS reset;
BEGIN;
UPDATE orders SET state = 'paid' WHERE id = 6;
SELECT pg_sleep(2.1);
DO $$ BEGIN PERFORM pg_sleep(2.1); END $$;
COMMIT;
:found

-- round trips, however many
SET perfaudit.idle_in_transaction = 0;
SET perfaudit.burst_gap = '60s';
SELECT perfaudit.reset() IS NOT NULL AS reset;
\set ECHO none
BEGIN;
SELECT format('UPDATE orders SET state = %L WHERE id = %s', i, i % 10) FROM generate_series(1, 100) i \gexec
COMMIT;
\set ECHO all
:found
SELECT count(*) FROM perfaudit.pause_facts(0);

SET client_min_messages = warning;
DROP SCHEMA idle_in_transaction CASCADE;
