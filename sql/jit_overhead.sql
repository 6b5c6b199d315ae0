-- jit_overhead: compiling takes longer than it can save.  Where the server
-- cannot compile, nothing can be found: the other expected output.
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS perfaudit;
RESET client_min_messages;
CREATE SCHEMA jit_overhead;
SET search_path = jit_overhead;
CREATE TABLE t (id int PRIMARY KEY, n int);
INSERT INTO t SELECT i, i % 10 FROM generate_series(1, 100) i;
ANALYZE t;
SET max_parallel_workers_per_gather = 0;
SET jit_above_cost = 0;
SET perfaudit.jit_overhead_time = 0;
SET perfaudit.judge_calls = 3;
\set found 'SELECT occurrences AS n, evidence->>''calls'' AS calls, regexp_replace(suggestion, ''ROLE .* IN DATABASE [^ ]+'', ''ROLE'') AS suggestion, query FROM perfaudit.findings WHERE kind = ''jit_overhead'';'
SET jit = on;
SELECT pg_jit_available() AS compiles;

--
-- Fires
--
\o /dev/null
SELECT perfaudit.reset();
SELECT format('SELECT sum(n + %s) FROM t WHERE id > 0', i) FROM generate_series(1, 3) i \gexec
SET jit = off;
\o
:found
SELECT summary ~ '^Compiling takes .* ms of an execution''s .* ms$' AS said, impact_ms > 0 AS cost, perfaudit.severity_rank(severity) > 0 AS ranked
FROM perfaudit.findings WHERE kind = 'jit_overhead';

--
-- Silent
--
-- repaired, as it is written; or switched off
ALTER ROLE CURRENT_USER IN DATABASE :"DBNAME" SET jit = off;
:found
ALTER ROLE CURRENT_USER IN DATABASE :"DBNAME" RESET jit;
SELECT regexp_replace(suggestion, ';.*', '') AS repair FROM perfaudit.findings WHERE kind = 'jit_overhead'
\set ECHO none
\gexec
\set ECHO all
:found
ALTER ROLE CURRENT_USER IN DATABASE :"DBNAME" RESET jit_above_cost;
-- compiling is quick
SET perfaudit.jit_overhead_time = '1h';
:found
SET perfaudit.jit_overhead_time = 0;
-- once less; not at all; an execution that takes much longer
\o /dev/null
SELECT perfaudit.reset();
SET jit = on;
SELECT format('SELECT sum(n + %s) FROM t WHERE id > 0', i) FROM generate_series(1, 2) i \gexec
SELECT format('SELECT sum(n + %s), pg_sleep(1) FROM t WHERE id > 0', i) FROM generate_series(1, 3) i \gexec
SET jit = off;
SELECT format('SELECT max(n + %s) FROM t WHERE id > 0', i) FROM generate_series(1, 3) i \gexec
\o
:found
SET client_min_messages = warning;
-- a table that is gone
SET perfaudit.jit_overhead_time = 0;
SET jit = on;
\o /dev/null
SELECT format('SELECT sum(n + %s) FROM t WHERE id > 0', i) FROM generate_series(1, 3) i \gexec
\o
SET jit = off;
SELECT count(*) FROM perfaudit.findings WHERE kind = 'jit_overhead';
DROP TABLE t;
:found
DROP SCHEMA jit_overhead CASCADE;
