-- jit_overhead: of what it says, and of whom not.  Where the server cannot compile there is nothing to find: the other
-- expected output.
SET jit = on;
SELECT NOT pg_jit_available() AS missing \gset
\if :missing
\quit
\endif
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS perfaudit;
RESET client_min_messages;
CREATE SCHEMA jit_guards;
SET search_path = jit_guards;
CREATE TABLE t (id int PRIMARY KEY, n int);
INSERT INTO t SELECT i, i % 10 FROM generate_series(1, 100) i;
ANALYZE t;
SET max_parallel_workers_per_gather = 0;
SET enable_indexscan = off;
SET enable_bitmapscan = off;
SET seq_page_cost = 500;
SET jit_above_cost = 0;
SET perfaudit.jit_overhead_time = 0;
SET perfaudit.judge_calls = 3;
\o /dev/null
-- the first compilation of a session takes longer
SELECT count(n) FROM t WHERE id > 1;
SELECT perfaudit.reset();
-- in three of four executions
SELECT format('SELECT sum(n + %s) FROM t WHERE id > 0', i) FROM generate_series(1, 3) i \gexec
SET jit = off;
SELECT sum(n + 4) FROM t WHERE id > 0;
SET jit = on;
-- what looks at catalogs alone; a utility statement is told once, as the query in it
SELECT format('COPY (SELECT sum(n + %s) FROM t WHERE id <> 0) TO STDOUT', i) FROM generate_series(1, 3) i \gexec
SELECT format('SELECT sum(relnatts + %s) FROM pg_class WHERE relname > ''a''', i) FROM generate_series(1, 3) i \gexec
SET jit = off;
\o
SELECT regexp_replace(summary, '[0-9.]+ ms', '... ms', 'g') AS summary, substring(suggestion FROM 'jit_above_cost = [0-9]+') AS suggestion, query
FROM perfaudit.findings WHERE kind = 'jit_overhead' ORDER BY query COLLATE "C";
SELECT jit_calls FROM perfaudit.judged_statements WHERE query ~ '^SELECT sum.relnatts';
SET client_min_messages = warning;
DROP SCHEMA jit_guards CASCADE;
