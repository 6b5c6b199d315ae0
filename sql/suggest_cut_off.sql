-- suggest_indexes(): statements that never come to their end, because a timeout cuts them off.
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS perfaudit;
RESET client_min_messages;
CREATE SCHEMA suggest_cut_off;
SET search_path = suggest_cut_off;
SET max_parallel_workers_per_gather = 0;
CREATE TABLE parcels (id int PRIMARY KEY, sender int, weight int, label text);
INSERT INTO parcels SELECT i, (i * 7) % 5000, i % 300, md5(i::text) FROM generate_series(1, 30000) i;
VACUUM ANALYZE parcels;
SELECT perfaudit.reset() >= 0 AS reset;

-- sleeps in a sub-select, once, for longer than it may
SET statement_timeout = '500ms';
SELECT count(label) FROM parcels WHERE sender = 5 AND (SELECT pg_sleep(60)) IS NOT NULL;
SELECT count(label) FROM parcels WHERE sender = 6 AND (SELECT pg_sleep(60)) IS NOT NULL;
RESET statement_timeout;
SELECT columns, q->>'calls' AS calls, q->>'cut_off' AS cut_off, benefit_ms_per_day > 0 AS gains
FROM perfaudit.suggest_indexes(max_ms => 60000), jsonb_array_elements(evidence->'queries') q WHERE action = 'create';

-- what fails by itself is no reason for an index
SELECT perfaudit.reset() >= 0 AS reset;
SELECT count(label) / 0 FROM parcels WHERE sender = 5;
SELECT count(label) / 0 FROM parcels WHERE sender = 6;
SELECT columns FROM perfaudit.suggest_indexes(max_ms => 60000) WHERE action = 'create';
SET client_min_messages = warning;
DROP SCHEMA suggest_cut_off CASCADE;
