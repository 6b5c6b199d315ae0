-- Statements that go on being executed are kept with their values and types again, after a
-- reset and when values are wanted again; nothing parses them anew.
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS perfaudit;
RESET client_min_messages;
CREATE SCHEMA forgotten_values;
SET search_path = forgotten_values;
SET max_parallel_workers_per_gather = 0;
SET perfaudit.index_report_size = 0;
CREATE TABLE orders (id int, customer int, state text, filler text);
INSERT INTO orders SELECT i, i % 900, 's' || i % 700, repeat('x', 100) FROM generate_series(1, 30000) i;
VACUUM ANALYZE orders;
CREATE FUNCTION of_state(wanted text) RETURNS SETOF int LANGUAGE plpgsql AS $$
BEGIN
    RETURN QUERY SELECT id FROM orders WHERE state = wanted AND filler <> 'y';
END $$;
PREPARE by_customer (int) AS SELECT id FROM orders WHERE customer = $1 AND filler <> 'y';
SET plan_cache_mode = force_custom_plan;
\set by_customer 'EXECUTE by_customer(1); EXECUTE by_customer(2); EXECUTE by_customer(3); EXECUTE by_customer(4);'
\set of_state 'SELECT of_state(''s1''); SELECT of_state(''s2''); SELECT of_state(''s3''); SELECT of_state(''s4'');'
\set advice 'SELECT a.columns, q->>''planned_with'' AS planned_with FROM perfaudit.suggest_indexes(max_ms => 600000) a, jsonb_array_elements(evidence->''queries'') q WHERE action = ''create'' ORDER BY 1;'

-- as they are parsed
\o /dev/null
SELECT perfaudit.reset();
:by_customer :of_state
\o
:advice
-- all is forgotten
\o /dev/null
SELECT perfaudit.reset();
:by_customer :of_state
\o
:advice
-- a database
\o /dev/null
SELECT perfaudit.reset(database => current_database());
:by_customer :of_state
\o
:advice
-- under another search path
SET search_path = public;
\o /dev/null
SELECT perfaudit.reset();
\o
SET search_path = forgotten_values;
\o /dev/null
:by_customer
\o
:advice
-- no values, then they are wanted again
SET perfaudit.sample_values = off;
\o /dev/null
SELECT perfaudit.reset();
:by_customer
\o
:advice
SET perfaudit.sample_values = on;
\o /dev/null
:by_customer
\o
:advice
-- never shown
SELECT count(*) FROM perfaudit.suggest_indexes(max_ms => 600000) s WHERE s::text ~ '<> ''y''';
SET client_min_messages = warning;
DROP SCHEMA forgotten_values CASCADE;
