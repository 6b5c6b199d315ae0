-- slow_statement: the 95th percentile lies above the threshold.
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS perfaudit;
RESET client_min_messages;
CREATE SCHEMA slow_statement;
SET search_path = slow_statement;
CREATE TABLE jobs (id int PRIMARY KEY, name text);
INSERT INTO jobs SELECT i, 'job ' || i FROM generate_series(1, 10) i;
ANALYZE jobs;
SET perfaudit.slow_statement = '1ms';
\set found 'SELECT occurrences, evidence->>''calls'' AS calls, (evidence->>''p50_ms'')::float >= 5 AS p50, (evidence->>''p95_ms'')::float >= 5 AS p95, impact_ms >= 4 * occurrences AS impact, query FROM perfaudit.findings WHERE kind = ''slow_statement'' ORDER BY query;'

--
-- Fires
--
\o /dev/null
SELECT perfaudit.reset();
SELECT 'SELECT name, pg_sleep(0.006) FROM jobs WHERE id = 1' FROM generate_series(1, 5) \gexec
\o
:found
SELECT summary ~ '^p50 [0-9.]+ ms, p95 [0-9.]+ ms, p99 [0-9.]+ ms over 5 executions$' AS summary,
       suggestion <> '' AS suggestion, perfaudit.severity_rank(severity) > 0 AS ranked, database = current_database() AS here
FROM perfaudit.findings WHERE kind = 'slow_statement';
SELECT jsonb_object_keys(evidence) AS evidence FROM perfaudit.findings WHERE kind = 'slow_statement' ORDER BY 1;

-- what the time went into
CREATE TABLE many AS SELECT i AS id FROM generate_series(1, 2000) i;
ANALYZE many;
\o /dev/null
SELECT perfaudit.reset();
SELECT 'SELECT count(*), pg_sleep(0.006) FROM many' FROM generate_series(1, 5) \gexec
\o
SET perfaudit.large_table_rows = 2000;
SELECT relation, evidence->>'variant' AS variant, suggestion LIKE '%2,000 rows read by sequential scans%' AS told
FROM perfaudit.findings WHERE kind = 'slow_statement';
RESET perfaudit.large_table_rows;

-- one in eight is enough
\o /dev/null
SELECT perfaudit.reset();
SELECT format('SELECT name, pg_sleep(%s) FROM jobs WHERE id = 1', CASE WHEN i % 8 = 0 THEN '0.006' ELSE '0.000' END)
    FROM generate_series(1, 40) i \gexec
\o
SELECT occurrences AS slow, evidence->>'calls' AS calls, query FROM perfaudit.findings WHERE kind = 'slow_statement';

--
-- Silent
--

-- with the threshold above it
SET perfaudit.slow_statement = '1h';
:found
SET perfaudit.slow_statement = '1ms';

-- too few executions
\o /dev/null
SELECT perfaudit.reset();
SELECT 'SELECT name, pg_sleep(0.006) FROM jobs WHERE id = 1' FROM generate_series(1, 4) \gexec
\o
:found
SET perfaudit.slow_statement_calls = 4;
:found
RESET perfaudit.slow_statement_calls;

-- inside functions, utility statements, catalogs
CREATE FUNCTION nap() RETURNS void LANGUAGE plpgsql AS
$$ BEGIN PERFORM pg_sleep(0.006) FROM jobs WHERE id = 2; END $$;
\o /dev/null
SELECT perfaudit.reset();
SELECT 'DO $d$ BEGIN PERFORM nap(); END $d$' FROM generate_series(1, 5) \gexec
SELECT 'SELECT pg_sleep(0.006) FROM pg_class WHERE relname = ''pg_class''' FROM generate_series(1, 5) \gexec
\o
:found

-- few slow executions, though they are more than one in twenty
\o /dev/null
SELECT perfaudit.reset();
SELECT format('SELECT name, pg_sleep(%s) FROM jobs WHERE id = 1', CASE WHEN i <= 4 THEN '0.006' ELSE '0.000' END)
    FROM generate_series(1, 20) i \gexec
\o
:found

-- a function is told with the statement that takes its time; not one that waits by itself
\o /dev/null
SELECT perfaudit.reset();
SELECT 'SELECT nap()' FROM generate_series(1, 5) \gexec
SELECT 'SELECT pg_sleep(0.006)' FROM generate_series(1, 5) \gexec
\o
SELECT query, evidence->>'variant' AS variant, regexp_replace(suggestion, '[0-9.]+ ms', '... ms', 'g') AS suggestion
FROM perfaudit.findings WHERE kind = 'slow_statement';

-- a report of every night; five in an hour, or as many as clients send, are none
SELECT calls, seen, perfaudit.is_seldom(calls, now(), now() + seen) AS seldom
FROM (VALUES (1, interval '0'), (2, interval '12 hours'), (2, interval '11 hours'), (5, interval '4 days'), (5, interval '1 hour'), (1000, interval '400 days'), (9223372036854775807, interval '1 day')) v (calls, seen);
SELECT pg_get_viewdef('perfaudit.judged_plans'::regclass) ~ 'is_seldom' AS plans, pg_get_viewdef('perfaudit.detect_slow_statement'::regclass) ~ 'is_seldom' AS slow;

-- who looks at perfaudit
\o /dev/null
SELECT perfaudit.reset();
SELECT 'SELECT count(*) FROM perfaudit.findings' FROM generate_series(1, 6) \gexec
SELECT 'SELECT kind, pg_sleep(0.006) FROM perfaudit.detectors LIMIT 1' FROM generate_series(1, 6) \gexec
\o
SELECT kind, query FROM perfaudit.findings;
SET client_min_messages = warning;
DROP SCHEMA slow_statement CASCADE;
