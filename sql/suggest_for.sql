-- suggest_indexes_for(): advice for a query that need not have been recorded.
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS perfaudit;
RESET client_min_messages;
CREATE SCHEMA suggest_for;
SET search_path = suggest_for;
SET max_parallel_workers_per_gather = 0;
CREATE TABLE items (id int PRIMARY KEY, owner int, label text, flag boolean, at timestamp, filler text);
INSERT INTO items SELECT i, (i * 7919) % 2000, 'label ' || i, i % 500 = 0, timestamp '2026-01-01' + i * interval '1 minute', repeat('x', 100)
FROM generate_series(1, 20000) i;
VACUUM ANALYZE items;
SELECT perfaudit.reset() >= 0 AS reset;

-- with values, with parameters, both arms of an OR, an update, nothing to advise
\set for 'SELECT action, columns, predicate, benefit_ms_per_day IS NULL AND write_ms_per_day IS NULL AND net_pct IS NULL AS unknown, cost_after < cost_before / 10 AS cheaper, queryids, verified FROM perfaudit.suggest_indexes_for'
:for('SELECT * FROM items WHERE owner = 5') WHERE action = 'create';
:for('SELECT * FROM items WHERE owner = $1 ORDER BY at DESC LIMIT $2') WHERE action = 'create';
:for('SELECT * FROM items WHERE owner = $1 OR label = $2') WHERE action = 'create' ORDER BY columns;
:for('SELECT * FROM items WHERE flag ORDER BY at') WHERE action = 'create';
:for('SELECT * FROM items WHERE flag AND owner = 7') WHERE action = 'create';
:for('UPDATE items SET flag = true WHERE label = $1') WHERE action = 'create';
:for('SELECT * FROM items WHERE id = 5');
:for('SELECT * FROM items') WHERE action <> 'note';
-- it need not be run, and running the function records nothing of it
SELECT count(*) FROM perfaudit.statements WHERE query ~ '^(SELECT|UPDATE).*items' AND query !~ 'suggest_indexes_for';
SELECT ddl, (SELECT array_agg(k ORDER BY k) FROM jsonb_object_keys(evidence->'queries'->0) k) AS keys FROM perfaudit.suggest_indexes_for('SELECT * FROM items WHERE owner = 5', max_indexes => 1) WHERE action = 'create';
SELECT count(*) FROM perfaudit.suggest_indexes_for('SELECT * FROM items WHERE owner = 5', storage_budget => 1000) WHERE action = 'create';

-- errors are those of the text
\set VERBOSITY terse
SELECT perfaudit.suggest_indexes_for(NULL);
SELECT perfaudit.suggest_indexes_for('');
SELECT perfaudit.suggest_indexes_for('SELECT FROM WHERE');
SELECT perfaudit.suggest_indexes_for('SELECT * FROM nowhere');
SELECT perfaudit.suggest_indexes_for('VACUUM items');
SELECT perfaudit.suggest_indexes_for('SELECT 1; SELECT 2');
SELECT perfaudit.suggest_indexes_for('SELECT 1', max_indexes => 0);
-- planned as the caller, who must be allowed to run it
CREATE ROLE suggest_for_other;
GRANT USAGE ON SCHEMA suggest_for TO suggest_for_other;
SET ROLE suggest_for_other;
SELECT perfaudit.suggest_indexes_for('SELECT * FROM items WHERE owner = 5');
RESET ROLE;
GRANT SELECT (id, owner) ON items TO suggest_for_other;
SET ROLE suggest_for_other;
SELECT columns FROM perfaudit.suggest_indexes_for('SELECT id FROM items WHERE owner = 5') WHERE action = 'create';
RESET ROLE;
SET client_min_messages = warning;
DROP SCHEMA suggest_for CASCADE;
DROP ROLE suggest_for_other;
