-- suggest_indexes(): partial indexes for few rows that literals choose.
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS perfaudit;
RESET client_min_messages;
CREATE SCHEMA suggest_partial;
SET search_path = suggest_partial;
SET max_parallel_workers_per_gather = 0;
CREATE TABLE jobs (id int PRIMARY KEY, status text, kind varchar(10), done bool, deleted_at timestamp, kept_at timestamp, owner int, run_at timestamp, made_at timestamp, part int, filler text);
INSERT INTO jobs SELECT i, CASE WHEN i % 200 = 0 THEN 'pending' WHEN i % 3 = 0 THEN 'failed' ELSE 'finished' END,
    CASE WHEN i % 200 = 0 THEN 'rare' ELSE 'usual' END, i % 100 <> 0, CASE WHEN i % 50 = 0 THEN NULL ELSE timestamp '2026-01-01' END,
    CASE WHEN i % 50 <> 0 THEN NULL ELSE timestamp '2026-01-01' END, i % 300, timestamp '2026-01-01' + i * interval '1 min', timestamp '2026-01-01' + i * interval '1 min', i % 20, repeat('x', 100)
  FROM generate_series(1, 20000) i;
VACUUM ANALYZE jobs;
\set advice 'SELECT columns, predicate, cost_after < cost_before / 2 AS cheaper, n_queries, verified FROM perfaudit.suggest_indexes(max_ms => 60000) WHERE action = ''create'' ORDER BY predicate, columns;'

-- a queue; a value of a varchar; booleans; nulls: the other columns are the keys
SELECT perfaudit.reset() >= 0 AS reset;
\o /dev/null
SELECT * FROM jobs WHERE status = 'pending' ORDER BY run_at LIMIT 10;
SELECT * FROM jobs WHERE status = 'pending' ORDER BY run_at LIMIT 10;
SELECT * FROM jobs WHERE kind = 'rare' AND owner = 100;
SELECT * FROM jobs WHERE kind = 'rare' AND owner = 200;
SELECT * FROM jobs WHERE done = false;
SELECT * FROM jobs WHERE done = false;
SELECT * FROM jobs WHERE deleted_at IS NULL AND made_at > '2026-01-14';
SELECT * FROM jobs WHERE deleted_at IS NULL AND made_at > '2026-01-14 05:00';
\o
:advice
SELECT ddl, est_size < 100000 AS small, warnings FROM perfaudit.suggest_indexes(max_ms => 60000) WHERE predicate ~ 'status';
-- the planner says the same when asked by hand
SELECT w.cost_after < w.cost_before / 10 AS what_if
FROM perfaudit.suggest_indexes(max_ms => 60000) s,
  LATERAL perfaudit.what_if('SELECT * FROM jobs WHERE status = ''pending'' ORDER BY run_at LIMIT 10', ARRAY[s.ddl]) w
WHERE s.predicate ~ 'status';
-- built: used, nothing more to advise
SELECT replace(ddl, 'CONCURRENTLY ', '') FROM perfaudit.suggest_indexes(max_ms => 60000) WHERE action = 'create' ORDER BY 1 \gexec
:advice
SET enable_bitmapscan = off;
EXPLAIN (COSTS OFF) SELECT * FROM jobs WHERE status = 'pending' ORDER BY run_at LIMIT 10;
EXPLAIN (COSTS OFF) SELECT * FROM jobs WHERE done = false;
RESET enable_bitmapscan;

-- none for a parameter, since the plan for all values proves nothing, whatever value was recorded
SELECT perfaudit.reset() >= 0 AS reset;
PREPARE by_kind (text, int) AS SELECT * FROM jobs WHERE kind = $1 AND part = $2;
\o /dev/null
EXECUTE by_kind ('rare', 0);
EXECUTE by_kind ('rare', 0);
\o
SELECT predicate FROM perfaudit.suggest_indexes(max_ms => 60000) WHERE action = 'create' AND predicate IS NOT NULL;

-- none for a value like all others, nor a frequent one, nor where the same statement keeps far more rows
SELECT perfaudit.reset() >= 0 AS reset;
DROP INDEX jobs_run_at_idx, jobs_made_at_idx, jobs_owner_idx, jobs_done_idx;
\o /dev/null
SELECT * FROM jobs WHERE part = 7;
SELECT * FROM jobs WHERE part = 8;
SELECT id FROM jobs WHERE done AND owner = 7;
SELECT id FROM jobs WHERE done AND owner = 8;
SELECT id, owner FROM jobs WHERE kept_at IS NULL AND owner = 7;
SELECT id, owner FROM jobs WHERE kept_at IS NULL AND owner = 8;
-- few rows are left without it
SELECT id FROM jobs WHERE NOT done AND part = 7 AND owner = 7;
SELECT id FROM jobs WHERE NOT done AND part = 8 AND owner = 8;
SELECT filler FROM jobs WHERE kind = 'rare';
SELECT filler FROM jobs WHERE kind = 'usual';
SELECT filler FROM jobs WHERE kind = 'usual';
\o
SELECT predicate FROM perfaudit.suggest_indexes(max_ms => 60000) WHERE action = 'create' AND predicate IS NOT NULL;

-- written only for its rows
SELECT perfaudit.reset() >= 0 AS reset;
\o /dev/null
SELECT * FROM jobs WHERE status = 'pending' AND run_at > '2026-01-14';
SELECT * FROM jobs WHERE status = 'pending' AND run_at > '2026-01-14';
SELECT * FROM jobs WHERE owner = 7;
SELECT * FROM jobs WHERE owner = 8;
INSERT INTO jobs SELECT 30000, 'finished', 'usual', true, now(), now(), 1, now(), now(), 1, '';
INSERT INTO jobs SELECT 30001, 'finished', 'usual', true, now(), now(), 1, now(), now(), 1, '';
\o
SELECT count(*) AS both, min(write_ms_per_day) FILTER (WHERE predicate IS NOT NULL) BETWEEN 1e-9 AND min(write_ms_per_day) FILTER (WHERE predicate IS NULL) / 10 AS far_less
FROM perfaudit.suggest_indexes(max_ms => 60000) WHERE action = 'create';

-- no lock stays
BEGIN;
SELECT count(*) FROM perfaudit.suggest_indexes(max_ms => 60000) WHERE action = 'create' AND predicate IS NOT NULL;
SELECT count(*) AS locks FROM pg_locks WHERE pid = pg_backend_pid() AND relation = 'jobs'::regclass;
COMMIT;

-- the literal is for those who act as the role that ran the statement and may read the column
SELECT perfaudit.reset() >= 0 AS reset;
CREATE ROLE regress_partial_app;
CREATE ROLE regress_partial_reader;
GRANT pg_read_all_stats TO regress_partial_reader;
GRANT USAGE ON SCHEMA perfaudit, suggest_partial TO regress_partial_app, regress_partial_reader;
GRANT SELECT ON jobs TO regress_partial_app, regress_partial_reader;
SET ROLE regress_partial_app;
\o /dev/null
SELECT * FROM jobs WHERE kind = 'rare' AND owner = 100;
SELECT * FROM jobs WHERE kind = 'rare' AND owner = 200;
\o
SELECT predicate FROM perfaudit.suggest_indexes(max_ms => 60000) WHERE action = 'create';
SET ROLE regress_partial_reader;
SELECT count(*) AS literals FROM perfaudit.suggest_indexes(max_ms => 60000) s WHERE s::text ~ 'rare';
RESET ROLE;
REVOKE SELECT ON jobs FROM regress_partial_app;
GRANT SELECT (id, owner, run_at) ON jobs TO regress_partial_app;
SET ROLE regress_partial_app;
SELECT count(*) AS rows, count(*) FILTER (WHERE s::text ~ 'rare') AS literals FROM perfaudit.suggest_indexes(max_ms => 60000) s;
RESET ROLE;
SET client_min_messages = warning;
DROP SCHEMA suggest_partial CASCADE;
REVOKE USAGE ON SCHEMA perfaudit FROM regress_partial_app, regress_partial_reader;
DROP ROLE regress_partial_app, regress_partial_reader;
