-- Findings about plans where nothing can be done, or that only look so: what runs seldom, what was just filled, bulk loads,
-- patterns and expressions that an index serves already.  The individual kinds' tests have more.
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS perfaudit;
RESET client_min_messages;
CREATE SCHEMA plan_silence;
SET search_path = plan_silence;
CREATE TABLE t (id int NOT NULL, kind int, grp int, at timestamp, note text);
INSERT INTO t SELECT i, i % 100, i % 2, timestamp '2026-01-01' + i * interval '1 minute', 'note ' || i FROM generate_series(1, 3000) i;
CREATE INDEX t_grp ON t (grp);
ANALYZE t;
SET max_parallel_workers_per_gather = 0;
SET enable_bitmapscan = off;
SET enable_indexonlyscan = off;
SET perfaudit.large_table_rows = 3000;
SET perfaudit.unbounded_rows = 3000;
SET perfaudit.deep_offset_rows = 2500;
SET perfaudit.count_rows = 3000;
SET perfaudit.sort_rows = 3000;
SET perfaudit.index_scan_removed = 1400;
SET perfaudit.judge_time = 0;
SET perfaudit.sample_budget = 1;
SET perfaudit.unit = 'plan silence';
CREATE VIEW found AS SELECT kind, relation, occurrences, query FROM perfaudit.findings
WHERE kind IN ('seq_scan_large_table', 'function_on_column', 'leading_wildcard', 'unbounded_result', 'deep_offset', 'expensive_count', 'sort_without_index', 'inefficient_index_scan', 'index_not_used');
CREATE TEMPORARY TABLE asked (n int PRIMARY KEY, setting text, statement text);
INSERT INTO asked VALUES
    (1, 'on', 'SELECT id FROM t WHERE kind = 7'),
    (2, 'on', $$SELECT at FROM t WHERE lower(note) = 'note 7'$$),
    (3, 'on', $$SELECT id FROM t WHERE note LIKE '%777'$$),
    (4, 'on', 'SELECT id, note FROM t'),
    (5, 'on', 'SELECT kind FROM t ORDER BY at, id LIMIT 5 OFFSET 2500'),
    (6, 'on', 'SELECT count(*) FROM t'),
    (7, 'on', 'SELECT kind FROM t ORDER BY at DESC LIMIT 5'),
    (8, 'off', $$SELECT at FROM t WHERE grp = 1 AND note = 'note 7'$$);

-- a report that is run once a night, for four nights, and one more
\o /dev/null
SELECT perfaudit.reset();
SELECT 'SET enable_seqscan = ' || setting, statement FROM asked, generate_series(1, 4) ORDER BY n \gexec
\o
SELECT * FROM found;
\o /dev/null
SELECT 'SET enable_seqscan = ' || setting, statement FROM asked ORDER BY n \gexec
\o
SELECT * FROM found ORDER BY kind;
-- every night for as many nights
BEGIN;
CREATE OR REPLACE FUNCTION perfaudit.is_seldom(calls bigint, first_seen timestamptz, last_seen timestamptz) RETURNS bool
LANGUAGE sql IMMUTABLE PARALLEL SAFE RETURN calls > 1;
SELECT * FROM found;
ROLLBACK;
SET perfaudit.judge_calls = 6;
SELECT * FROM found;
RESET perfaudit.judge_calls;
-- for a short time in all; what is sent and thrown away costs the client, too
SET perfaudit.judge_time = '1h';
SELECT kind FROM found ORDER BY kind;
SET perfaudit.judge_time = 0;
-- most of it is wanted
SET perfaudit.scan_kept_share = 0;
SELECT kind FROM found WHERE kind NOT IN ('unbounded_result', 'deep_offset', 'expensive_count') ORDER BY kind;
RESET perfaudit.scan_kept_share;

-- just filled: no statistics yet; they are looked at when somebody asks
SET perfaudit.judge_calls = 1;
CREATE TABLE plain AS SELECT * FROM t;
CREATE TABLE young AS SELECT * FROM t;
CREATE TABLE parts (LIKE t) PARTITION BY RANGE (id);
CREATE TABLE part PARTITION OF parts DEFAULT;
INSERT INTO parts SELECT * FROM t;
\o /dev/null
SELECT perfaudit.reset();
SET enable_seqscan = on;
SELECT replace(statement, ' t', ' young'), replace(statement, ' t', ' parts') FROM asked WHERE n IN (1, 2, 3, 7) ORDER BY n \gexec
\o
SELECT * FROM found;
ANALYZE young, parts;
SELECT kind, relation FROM found ORDER BY kind, relation::text;
-- nor has the index of an index scan
CREATE UNLOGGED TABLE younger_grp (LIKE t);
CREATE INDEX ON younger_grp (grp);
INSERT INTO younger_grp SELECT * FROM t;
UPDATE pg_class SET reltuples = -1 WHERE oid = 'younger_grp'::regclass;
SET enable_seqscan = off;
\o /dev/null
SELECT perfaudit.reset();
SELECT at FROM younger_grp WHERE grp = 1 AND note = 'note 7';
\o
SELECT * FROM found;
ANALYZE younger_grp;
SELECT kind, relation FROM found;

-- bulk loads, and what is made of whole tables
SET enable_seqscan = on;
SET enable_indexscan = off;
CREATE TABLE copied (LIKE t);
CREATE MATERIALIZED VIEW mat AS SELECT * FROM t;
\o /dev/null
SELECT perfaudit.reset();
INSERT INTO copied SELECT * FROM t;
INSERT INTO copied SELECT id, kind, grp, at, lower(note) FROM t WHERE lower(note) LIKE '%note%' ORDER BY at;
CREATE TABLE made AS SELECT * FROM t WHERE note LIKE '%o%';
REFRESH MATERIALIZED VIEW mat;
COPY t TO '/dev/null';
COPY (SELECT * FROM t ORDER BY note) TO '/dev/null';
UPDATE copied SET note = upper(note);
DELETE FROM copied WHERE lower(note) >= 'n';
CREATE INDEX ON t (at, id);
VACUUM ANALYZE t;
\o
SELECT * FROM found;

-- an expression has its index, and the planner will not have it; so has a sort
CREATE INDEX ON t (lower(note));
\o /dev/null
SELECT perfaudit.reset();
SELECT at FROM t WHERE lower(note) = 'note 7';
SELECT kind FROM t ORDER BY at LIMIT 5;
\o
SELECT * FROM found;
DROP INDEX t_lower_idx;
DROP INDEX t_at_id_idx;

ANALYZE plain;
-- functions that leave the column alone; what is no pattern in the middle of text; NULLs and lists of nothing
\o /dev/null
SELECT perfaudit.reset();
SELECT id FROM plain WHERE note = lower('NOTE 7') AND id > 0;
SELECT at FROM plain WHERE position('note 77' IN note) = 1 AND kind = 77;
SELECT at FROM plain WHERE 'note 7' LIKE '%' || note;
\o
SELECT kind, query FROM found WHERE kind IN ('function_on_column', 'leading_wildcard');
-- OFFSET and LIMIT that are parameters
PREPARE page(int, int) AS SELECT id, kind, at FROM t ORDER BY note, id LIMIT $1 OFFSET $2;
PREPARE list(int) AS SELECT id, at, kind FROM t LIMIT $1;
SET plan_cache_mode = force_generic_plan;
\o /dev/null
SELECT perfaudit.reset();
EXECUTE page(2999, 0);
EXECUTE page(2, 2499);
EXECUTE list(2999);
EXECUTE list(3000);
\o
SELECT kind, query FROM found WHERE kind IN ('deep_offset', 'unbounded_result');
\o /dev/null
EXECUTE page(2, 2500);
EXECUTE list(3001);
EXECUTE list(NULL);
\o
SELECT kind, occurrences, query FROM found WHERE kind IN ('deep_offset', 'unbounded_result') ORDER BY kind;
SET client_min_messages = warning;
DROP SCHEMA plan_silence CASCADE;
