-- index_not_used: an index is there, the table is read from end to end all the
-- same; and why.
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS perfaudit;
RESET client_min_messages;
CREATE SCHEMA index_not_used;
SET search_path = index_not_used;
CREATE TABLE t (id int PRIMARY KEY, code char(10), a int, b int, name text COLLATE "und-x-icu", c_name text COLLATE "C", tags int[],
    doc jsonb, status text, at timestamp, day date, u uuid, filler text);
INSERT INTO t SELECT i, 'c' || i, i, i, 'n' || i, 'n' || i, ARRAY[i, i + 1], jsonb_build_object('k', i), CASE WHEN i % 50 = 0 THEN 'open' ELSE 'done' END,
    timestamp '2026-01-01' + i * interval '1 hour', date '2026-01-01' + i, md5(i::text)::uuid, repeat('x', 100) FROM generate_series(1, 2000) i;
CREATE INDEX t_code ON t (code);
CREATE INDEX t_a_b ON t (a, b);
CREATE INDEX t_name ON t (name);
CREATE INDEX t_c_name ON t (c_name COLLATE "und-x-icu");
CREATE INDEX t_tags ON t USING gin (tags);
CREATE INDEX t_doc ON t USING gin (doc jsonb_path_ops);
CREATE INDEX t_open ON t (day) WHERE status = 'open';
CREATE INDEX t_at ON t USING hash (at);
CREATE INDEX t_u ON t (u);
ANALYZE t;
SET perfaudit.large_table_rows = 2000;
SET perfaudit.judge_calls = 1;
SET perfaudit.judge_time = 0;
SET max_parallel_workers_per_gather = 0;
\set found 'SELECT relation, evidence->>''index'' AS index, evidence->>''variant'' AS reason, evidence->>''columns'' AS columns, evidence->>''rows_read'' AS read, evidence->>''rows_kept'' AS kept, query FROM perfaudit.findings WHERE kind = ''index_not_used'' ORDER BY query;'
\set says 'SELECT substring(summary FROM '': (.*)$'') AS why, suggestion FROM perfaudit.findings WHERE kind = ''index_not_used'' ORDER BY query;'

--
-- Fires
--

-- the column is cast, because the value has another type
\o /dev/null
SELECT perfaudit.reset();
SELECT * FROM t WHERE id = 77.0;
SELECT * FROM t WHERE id = 78.0;
SELECT * FROM t WHERE id IN (77.0, 78.0);
SELECT * FROM t WHERE code = 'c77'::text;
SELECT * FROM t WHERE u::text = 'x';
PREPARE by_number (numeric) AS SELECT 'prepared', t.* FROM t WHERE id = $1;
EXECUTE by_number (77);
\o
:found
:says
-- and nobody says that what is there should be created
SELECT suggestion FROM perfaudit.findings WHERE kind = 'seq_scan_large_table' ORDER BY query;
-- an expression
\o /dev/null
SELECT perfaudit.reset();
SELECT * FROM t WHERE lower(name) = 'n77' AND filler > 'a';
SELECT * FROM t WHERE a + 1 = 78 AND filler > 'a';
SELECT * FROM t WHERE date_trunc('hour', at) = '2026-01-01 05:00' AND filler > 'a';
SELECT 'explicit', t.* FROM t WHERE at::date = '2026-01-02' AND filler > 'a';
\o
:found
:says
-- without a plain column beside it, that is told as function_on_column
\o /dev/null
SELECT perfaudit.reset();
SELECT * FROM t WHERE lower(name) = 'n77';
\o
SELECT kind FROM perfaudit.findings WHERE relation = 't'::regclass;
-- another collation
\o /dev/null
SELECT perfaudit.reset();
SELECT * FROM t WHERE name = 'n77' COLLATE "C";
SELECT * FROM t WHERE c_name = 'n77';
\o
:found
:says
-- another operator class
\o /dev/null
SELECT perfaudit.reset();
SELECT * FROM t WHERE name LIKE 'n777%';
SELECT * FROM t WHERE doc ? 'nothing';
SELECT * FROM t WHERE 77 = ANY (tags);
SELECT * FROM t WHERE at < '2026-01-01 05:00';
\o
:found
:says
-- one with a name that needs quotes, of another schema; what is suggested can be run
CREATE OPERATOR === (LEFTARG = int, RIGHTARG = int, FUNCTION = int4eq, RESTRICT = eqsel);
CREATE OPERATOR CLASS "Odd ""ops" FOR TYPE int USING btree AS OPERATOR 3 ===, FUNCTION 1 btint4cmp(int, int);
\o /dev/null
SELECT perfaudit.reset();
SELECT * FROM t WHERE a === 77;
\o
:found
:says
BEGIN;
SET LOCAL search_path = pg_catalog;
SELECT replace(suggestion, 'CONCURRENTLY ', '') AS run FROM perfaudit.findings WHERE kind = 'index_not_used' \gexec
ROLLBACK;
DROP OPERATOR CLASS "Odd ""ops" USING btree;
DROP OPERATOR === (int, int);
-- the index begins with another column
\o /dev/null
SELECT perfaudit.reset();
SET enable_indexscan = off;
SET enable_bitmapscan = off;
SELECT * FROM t WHERE b = 77;
RESET enable_indexscan;
RESET enable_bitmapscan;
\o
:found
:says
-- its condition does not follow: the value is a parameter, or there is none
\o /dev/null
SELECT perfaudit.reset();
PREPARE by_status (text) AS SELECT * FROM t WHERE status = $1 AND day = '2026-02-20';
SET plan_cache_mode = force_generic_plan;
EXECUTE by_status ('open');
RESET plan_cache_mode;
SELECT 'none', t.* FROM t WHERE day = '2026-02-20';
\o
:found
:says
-- what is suggested is an index that serves the same
CREATE TABLE docs AS SELECT id, doc FROM t;
CREATE INDEX docs_part ON docs USING gin (doc jsonb_path_ops) WHERE id > 5;
ANALYZE docs;
\o /dev/null
SELECT perfaudit.reset();
SELECT * FROM docs WHERE doc @> '{"k": 77}';
\o
:found
:says
DROP TABLE docs;
-- invalid
UPDATE pg_index SET indisvalid = false WHERE indexrelid = 't_u'::regclass;
\o /dev/null
SELECT perfaudit.reset();
SELECT * FROM t WHERE u = '00000000-0000-0000-0000-000000000000';
\o
:found
:says
-- told once
SELECT kind FROM perfaudit.findings WHERE evidence->>'index' = 'index_not_used.t_u';
SELECT perfaudit.reset() >= 0 AS reset;
SELECT kind FROM perfaudit.findings WHERE evidence->>'index' = 'index_not_used.t_u';
UPDATE pg_index SET indisvalid = true WHERE indexrelid = 't_u'::regclass;
-- the planner's choice, because of settings
\o /dev/null
SELECT perfaudit.reset();
SET enable_indexscan = off;
SET enable_bitmapscan = off;
SELECT * FROM t WHERE a = 77;
RESET enable_indexscan;
RESET enable_bitmapscan;
\o
:found
:says
SELECT suggestion FROM perfaudit.findings WHERE kind = 'seq_scan_large_table' ORDER BY query;
-- the same for more rows than a quarter of the pages
\o /dev/null
SELECT perfaudit.reset();
SET enable_indexscan = off;
SET enable_bitmapscan = off;
SELECT * FROM t WHERE a <= 30;
RESET enable_indexscan;
RESET enable_bitmapscan;
\o
:found
-- because pages at random are said to be dear: planned again as if they were not
\o /dev/null
SELECT perfaudit.reset();
SET random_page_cost = 1000;
SELECT * FROM t WHERE a BETWEEN 77 AND 79;
\o
:found
SELECT regexp_replace(substring(summary FROM ': (.*)$'), 'cost of [0-9]+ instead of [0-9]+', 'cost of N instead of M') AS why, suggestion ~ '^ALTER DATABASE .* SET random_page_cost = 1.1;' AS sets,
    (evidence->>'cost_on_ssd')::float < (evidence->>'cost')::float AS cheaper
FROM perfaudit.findings WHERE kind = 'index_not_used';
-- also in a query that runs in parallel elsewhere, where nothing can be planned
SET parallel_setup_cost = 0;
SET parallel_tuple_cost = 0;
SET min_parallel_table_scan_size = 0;
SET max_parallel_workers_per_gather = 2;
SELECT count(*) AS found FROM perfaudit.findings f, (SELECT count(*) AS n FROM t) x WHERE f.kind = 'index_not_used' AND x.n > 0;
RESET parallel_setup_cost;
RESET parallel_tuple_cost;
RESET min_parallel_table_scan_size;
SET max_parallel_workers_per_gather = 0;
RESET random_page_cost;
-- who may not plan it is told what the figures say
CREATE ROLE regress_not_used;
GRANT pg_read_all_stats TO regress_not_used;
SET ROLE regress_not_used;
:found
RESET ROLE;
DROP ROLE regress_not_used;
-- because it would find too many rows; told to who asks, since nothing is wrong with it
CREATE INDEX t_status ON t (status);
\o /dev/null
SELECT perfaudit.reset();
SELECT id FROM t WHERE status = 'done';
SELECT id FROM t WHERE status = 'done';
\o
:found
SELECT reason, regexp_replace(explanation, '^.*: ', '') AS explanation, suggestion, kept_share, calls, query FROM perfaudit.why_not_used('t_status');
SELECT count(*) FROM perfaudit.why_not_used('t_u');
SELECT count(*) FROM perfaudit.why_not_used('t');
SELECT count(*) FROM perfaudit.why_not_used(NULL);
SET perfaudit.scan_kept_share = 1;
:found
RESET perfaudit.scan_kept_share;
DROP INDEX t_status;
-- or because it expected many rows
CREATE TABLE old (k int, filler text);
INSERT INTO old SELECT 1, repeat('x', 100) FROM generate_series(1, 2000) i;
CREATE INDEX old_k ON old (k);
ANALYZE old;
UPDATE old SET k = 5 WHERE ctid > '(0,3)';
SELECT pg_stat_force_next_flush() \g /dev/null
\o /dev/null
SELECT perfaudit.reset();
SELECT * FROM old WHERE k = 1;
\o
:found
:says
PREPARE later_than (int) AS SELECT * FROM t WHERE a > $1;
ALTER TABLE old ALTER k SET STATISTICS 0;
DELETE FROM pg_statistic WHERE starelid = 'old'::regclass;
ANALYZE old;
SELECT pg_stat_force_next_flush() \g /dev/null
\o /dev/null
SELECT perfaudit.reset();
SET plan_cache_mode = force_generic_plan;
EXECUTE later_than (1990);
RESET plan_cache_mode;
SET enable_bitmapscan = off; -- as cheap as the sequential scan, or nearly
SELECT * FROM old WHERE k < 5;
RESET enable_bitmapscan;
\o
:found
:says
-- partitions: the table's finding
CREATE TABLE parted (id int, k int) PARTITION BY RANGE (id);
CREATE TABLE parted_1 PARTITION OF parted FOR VALUES FROM (0) TO (2000);
CREATE TABLE parted_2 PARTITION OF parted FOR VALUES FROM (2000) TO (4000);
INSERT INTO parted SELECT i, i FROM generate_series(0, 3999) i;
CREATE INDEX ON parted (k);
ANALYZE parted;
\o /dev/null
SELECT perfaudit.reset();
SELECT * FROM parted WHERE k = 77.0;
\o
:found
SELECT jsonb_object_keys(evidence) AS evidence FROM perfaudit.findings WHERE kind = 'index_not_used' ORDER BY 1;

--
-- Silent
--

-- one row less than large
\o /dev/null
SELECT perfaudit.reset();
SELECT * FROM t WHERE id = 77.0;
\o
SET perfaudit.large_table_rows = 2001;
:found
SET perfaudit.large_table_rows = 2000;
-- used; not comparable by an index; another value than the index is for
\o /dev/null
SELECT perfaudit.reset();
SET enable_seqscan = off;
SELECT * FROM t WHERE id = 77;
SELECT * FROM t WHERE name = 'n77';
SELECT * FROM t WHERE status = 'open' AND day = '2026-02-20';
SELECT * FROM t WHERE a = 77 AND b = 77;
RESET enable_seqscan;
SELECT * FROM t WHERE name LIKE '%77';
SELECT * FROM t WHERE name LIKE '_77';
SELECT * FROM t WHERE name ILIKE 'n77';
SELECT * FROM t WHERE lower(name) LIKE '%77';
SELECT * FROM t WHERE filler = 'y';
SELECT * FROM t WHERE status = 'other' AND day = '2026-02-20';
SELECT * FROM t WHERE a = 77 OR filler = 'y';
SELECT * FROM t WHERE tags = '{77}' OR doc ? 'nothing';
\o
:found
-- the right operator class is there
CREATE INDEX t_name_pattern ON t (name text_pattern_ops);
CREATE INDEX t_lower ON t (lower(name));
ANALYZE t;
\o /dev/null
SELECT perfaudit.reset();
SET enable_seqscan = off;
SELECT * FROM t WHERE name LIKE 'n777%';
SELECT * FROM t WHERE lower(name) = 'n77' AND filler > 'a';
RESET enable_seqscan;
\o
:found
-- most rows are kept; or what keeps few is not what the index is on
\o /dev/null
SELECT perfaudit.reset();
SELECT * FROM t WHERE id > 7.0;
SELECT * FROM t WHERE id > 7.0 AND filler = 'y';
SELECT * FROM t WHERE upper(status) = 'DONE' AND filler = 'y';
\o
:found
-- so many rows that reading all is right
\o /dev/null
SELECT perfaudit.reset();
SELECT * FROM t WHERE a BETWEEN 1 AND 180 AND filler <> 'y';
\o
:found
SET client_min_messages = warning;
DROP SCHEMA index_not_used CASCADE;
