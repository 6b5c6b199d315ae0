-- plan_regression, variant generic_plan: what a prepared statement meets at its sixth execution, by the server's own
-- choice.  On average a kind has very many jobs, and the first of them is near; those that are asked for have one each.
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS perfaudit;
RESET client_min_messages;
CREATE SCHEMA generic_plan;
CREATE TABLE generic_plan."Job" (id int PRIMARY KEY, kind int, note text);
INSERT INTO generic_plan."Job" SELECT i, CASE WHEN i <= 20000 THEN i % 20 ELSE i END, 'n' || i FROM generate_series(1, 20020) i;
CREATE INDEX ON generic_plan."Job" (kind);
ANALYZE generic_plan."Job";
\set setting 'SET search_path = generic_plan; SET max_parallel_workers_per_gather = 0; SET perfaudit.judge_time = 0; PREPARE next_job(int) AS SELECT note FROM "Job" WHERE kind = $1 ORDER BY id LIMIT 1; PREPARE job(int) AS SELECT note FROM "Job" WHERE id = $1;'
\set found 'SELECT relation, occurrences AS n, evidence->>''variant'' AS variant, evidence->>''calls_before'' AS before, query FROM perfaudit.findings WHERE kind = ''plan_regression'';'
\set ask 'SELECT format(''EXECUTE next_job(%s)'', 20010 + i % 7) FROM generate_series(1, :n) i \\gexec'

--
-- Fires
--
:setting
\o /dev/null
SELECT perfaudit.reset();
\set n 25
:ask
\o
SELECT is_current, calls, generic_calls FROM perfaudit.plans WHERE query ~ 'kind = ' ORDER BY is_current;
:found
SELECT summary ~ '^Its generic plan takes .* ms or more in every other execution, one made for its values .* ms: on average .* times as long; it reads 20,01[0-9] rows an execution, the other 1$' AS said,
       regexp_replace(suggestion, 'ROLE \S+ IN DATABASE \S+', 'ROLE ... IN DATABASE ...') AS suggestion,
       evidence->>'plan_before' ~ 'Index Scan using "Job_kind_idx"' AS before, evidence->>'plan_after' ~ 'Index Scan using "Job_pkey"' AS after
FROM perfaudit.findings WHERE kind = 'plan_regression';
-- not enough of the generic one, of the other
SET perfaudit.regression_calls = 21;
:found
\c -
:setting
\o /dev/null
SELECT perfaudit.reset();
\set n 4
:ask
SET plan_cache_mode = force_generic_plan;
\set n 21
:ask
RESET plan_cache_mode;
\o
SELECT is_current, calls, generic_calls FROM perfaudit.plans WHERE query ~ 'kind = ' ORDER BY is_current;
:found
-- the generic one is the former, since that is when statistics began; it is still in use
\c -
:setting
\o /dev/null
\set n 5
:ask
SELECT perfaudit.reset();
\set n 10
:ask
SET plan_cache_mode = force_custom_plan;
\set n 5
:ask
RESET plan_cache_mode;
\o
SELECT is_current, calls, generic_calls FROM perfaudit.plans WHERE query ~ 'kind = ' ORDER BY is_current;
:found
\o /dev/null
\set n 10
:ask
\o
:found

--
-- Silent
--
-- repaired, for its role or around it
\c -
:setting
SET plan_cache_mode = force_custom_plan;
\o /dev/null
SELECT perfaudit.reset();
\set n 25
:ask
RESET plan_cache_mode;
-- a generic plan that is as good, and the same
SELECT format('EXECUTE job(%s)', i * 700) FROM generate_series(1, 25) i \gexec
\o
SELECT is_current, calls, generic_calls FROM perfaudit.plans WHERE query ~ 'kind = |id = ' ORDER BY query;
:found
-- the server tries the generic one, and stays with plans for the values
PREPARE jobs(int) AS SELECT count(note) FROM "Job" WHERE kind = $1;
\o /dev/null
SELECT perfaudit.reset();
SELECT format('EXECUTE jobs(%s)', 20010 + i % 7) FROM generate_series(1, 25) i \gexec
\o
SELECT calls, generic_calls FROM perfaudit.plans WHERE query ~ 'count.note';
:found
-- custom plans that are the slow ones, for values that many jobs have
\o /dev/null
SELECT perfaudit.reset();
SET plan_cache_mode = force_generic_plan;
SELECT format('EXECUTE jobs(%s)', 20010 + i % 7) FROM generate_series(1, 25) i \gexec
SET plan_cache_mode = force_custom_plan;
SET enable_indexscan = off;
SET enable_bitmapscan = off;
SELECT 'EXECUTE jobs(1)' FROM generate_series(1, 25) \gexec
\o
SELECT is_current, calls, generic_calls FROM perfaudit.plans WHERE query ~ 'count.note' ORDER BY is_current;
:found
SET client_min_messages = warning;
DROP SCHEMA generic_plan CASCADE;
