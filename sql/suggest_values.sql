-- suggest_indexes(): a statement is judged by several of the values that it was asked with.
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS perfaudit;
RESET client_min_messages;
CREATE SCHEMA suggest_values;
SET search_path = suggest_values;
SET max_parallel_workers_per_gather = 0;
SET perfaudit.index_report_size = 0;
CREATE TABLE orders (id int PRIMARY KEY, state text, customer int, at timestamp, filler text);
INSERT INTO orders SELECT i, CASE WHEN i % 1000 = 0 THEN 'rare' WHEN i % 3 = 0 THEN 'many' ELSE 'most' END, i % 900,
    timestamp '2026-01-01' + i * interval '1 minute', repeat('x', 100) FROM generate_series(1, 30000) i;
VACUUM ANALYZE orders;
\set advice 'SELECT a.columns, q->>''value_sets'' AS value_sets, (q->>''cost_before'')::float > 1000 AS dear, planned_with FROM perfaudit.suggest_indexes(max_ms => 600000) a, jsonb_array_elements(evidence->''queries'') q, LATERAL (SELECT q->>''planned_with'' AS planned_with) p WHERE action = ''create'' ORDER BY 1;'

-- parameters: of four sets those that make another plan
SET plan_cache_mode = force_custom_plan;
SET perfaudit.sample_first = 10;
SELECT perfaudit.reset() >= 0 AS reset;
PREPARE by_state (text, int) AS SELECT id FROM orders WHERE state = $1 AND customer > $2;
\o /dev/null
EXECUTE by_state ('rare', 10);
EXECUTE by_state ('rare', 20);
EXECUTE by_state ('many', 800);
EXECUTE by_state ('most', 880);
EXECUTE by_state ('none', 1);
\o
:advice
-- nulls say nothing, and are not all that is kept
DEALLOCATE by_state;
SELECT perfaudit.reset() >= 0 AS reset;
PREPARE by_state (text, int) AS SELECT id FROM orders WHERE state = $1 AND customer > $2;
\o /dev/null
EXECUTE by_state (NULL, 10);
EXECUTE by_state ('rare', NULL);
EXECUTE by_state ('rare', 5);
EXECUTE by_state ('rare', 6);
\o
:advice
DEALLOCATE by_state;
RESET plan_cache_mode;

-- literals: texts as they were sent
SELECT perfaudit.reset() >= 0 AS reset;
\o /dev/null
SELECT id FROM orders WHERE at > '2026-01-21 19:00';
SELECT id FROM orders WHERE at > '2026-01-21 19:30';
SELECT id FROM orders WHERE at > '2026-01-20 00:00';
SELECT id FROM orders WHERE at > '2026-01-20 01:00';
\o
:advice
-- an index that one of them needs is not to be dropped
CREATE INDEX orders_at ON orders (at);
CREATE INDEX orders_at_id ON orders (at, id);
VACUUM ANALYZE orders;
SELECT perfaudit.reset() >= 0 AS reset;
\o /dev/null
SELECT filler FROM orders WHERE at > '2026-01-21 19:59';
SELECT filler FROM orders WHERE at > '2026-01-01 19:30';
SELECT filler FROM orders WHERE at > '2026-01-20 00:00';
\o
SELECT e->>'index' AS index, e->>'statements_checked' AS checked, e->>'statements_using' AS using FROM (SELECT CASE action WHEN 'drop' THEN evidence ELSE evidence->'kept_indexes'->0 END AS e
  FROM perfaudit.suggest_indexes(max_ms => 600000, include_drops => true)) x WHERE e IS NOT NULL ORDER BY 1;

-- never shown
SELECT count(*) FROM perfaudit.suggest_indexes(max_ms => 600000, include_drops => true) s WHERE s::text ~ '2026-01-2|rare|Jan 2. 19:59';
-- switched off, none are kept
SELECT perfaudit.reset() >= 0 AS reset;
SET perfaudit.sample_values = off;
\o /dev/null
SELECT id FROM orders WHERE filler = 'a' AND at > '2026-01-21 19:00';
SELECT id FROM orders WHERE filler = 'a' AND at > '2026-01-20 00:00';
\o
SELECT count(*) FROM perfaudit.suggest_indexes(max_ms => 600000), jsonb_array_elements(evidence->'queries') q WHERE q ? 'value_sets';
-- a parameter that is declared and not used
DEALLOCATE ALL;
SET plan_cache_mode = force_custom_plan;
SELECT perfaudit.reset() >= 0 AS reset;
PREPARE by_state (int, text) AS SELECT id FROM orders WHERE customer = $1;
\o /dev/null
EXECUTE by_state (10, 'rare');
EXECUTE by_state (20, 'rare');
\o
:advice
DEALLOCATE by_state;
-- the first of them, in a text that is captured after a reset, and none of them
PREPARE by_customer (text, int) AS SELECT id FROM orders WHERE customer = $2;
PREPARE constant (text) AS SELECT id FROM orders WHERE customer = 77;
SELECT perfaudit.reset() >= 0 AS reset;
\o /dev/null
EXECUTE by_customer ('rare', 10);
EXECUTE by_customer ('rare', 20);
EXECUTE constant ('rare');
EXECUTE constant ('rare');
\o
SELECT q->>'planned_with' AS planned_with, count(*) FROM perfaudit.suggest_indexes(max_ms => 600000) a, jsonb_array_elements(evidence->'queries') q WHERE action = 'create' GROUP BY 1 ORDER BY 1;
DEALLOCATE ALL;
RESET plan_cache_mode;
SELECT perfaudit.reset() >= 0 AS reset;
SET client_min_messages = warning;
DROP SCHEMA suggest_values CASCADE;
