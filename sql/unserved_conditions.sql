-- Conditions that look as if an index of their column served them: no finding advises that one.
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS perfaudit;
RESET client_min_messages;
CREATE SCHEMA unserved_conditions;
SET search_path = unserved_conditions;
CREATE TABLE t (id int, a int, few int, tags int[], gone text, kept text, word text);
INSERT INTO t SELECT i, i % 2, i % 3, ARRAY[i % 1000, 7], CASE WHEN i % 1000 = 0 THEN 'x' || i END, 'k' || i, md5(i::text) FROM generate_series(1, 4000) i;
CREATE INDEX t_a ON t (a);
ANALYZE t;
CREATE FUNCTION date(text) RETURNS text LANGUAGE plpgsql STABLE AS $$ BEGIN RETURN $1; END $$;
SET max_parallel_workers_per_gather = 0;
SET perfaudit.sample_budget = 1;
SET perfaudit.judge_calls = 1;
SET perfaudit.judge_time = 0;
SET perfaudit.large_table_rows = 2000;
SET perfaudit.index_scan_removed = 1000;
\set found 'SELECT kind, query, split_part(suggestion, '' --'', 1) AS suggestion FROM perfaudit.findings WHERE relation = ''t''::regclass AND kind NOT LIKE ''%_index'' ORDER BY query COLLATE "C";'
\o /dev/null
SELECT perfaudit.reset();
-- one arm of an OR that no b-tree serves is enough
SELECT id FROM t WHERE word = 'a' OR gone LIKE '%b%';
SELECT id FROM t WHERE word = 'a' OR few <> ALL ('{0,1,2}');
SELECT id FROM t WHERE word = 'a' OR gone = 'b';
-- NULL, or not, as nearly all rows are: the rest of the condition keeps few
SELECT id FROM t WHERE gone IS NULL AND few NOT IN (0, 1, 2);
SELECT id FROM t WHERE kept IS NOT NULL AND few NOT IN (0, 1, 2);
-- as few rows are
SELECT word FROM t WHERE gone IS NOT NULL AND few NOT IN (3, 4);
SELECT word FROM t WHERE kept IS NULL AND few NOT IN (3, 4);
-- the name alone makes no time of it
SELECT id FROM t WHERE unserved_conditions.date(word) = 'a';
\o
:found
-- what an array has in it, beside an index
SET enable_seqscan = off;
\o /dev/null
SELECT perfaudit.reset();
SELECT id FROM t WHERE a = 1 AND 5 = ANY (tags);
SELECT id FROM t WHERE a = 1 AND tags = '{5,7}';
\o
:found
SET client_min_messages = warning;
DROP SCHEMA unserved_conditions CASCADE;
