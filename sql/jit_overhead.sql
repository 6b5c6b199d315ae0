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

-- in a function, by a role behind row-level security, on a table with odd names outside the search_path
CREATE ROLE regress_perfaudit_jit;
CREATE SCHEMA "J; IT";
CREATE DOMAIN "J; IT"."N, of it" AS int;
CREATE TABLE "J; IT"."The ""T"" -- 789 123456789 123456789 123456789 123456789 12345" (gone int, id int, n "J; IT"."N, of it", tags text[], doc jsonb) PARTITION BY HASH (id);
ALTER TABLE "J; IT"."The ""T"" -- 789 123456789 123456789 123456789 123456789 12345" DROP COLUMN gone;
CREATE TABLE "J; IT".part PARTITION OF "J; IT"."The ""T"" -- 789 123456789 123456789 123456789 123456789 12345" FOR VALUES WITH (MODULUS 1, REMAINDER 0);
INSERT INTO "J; IT"."The ""T"" -- 789 123456789 123456789 123456789 123456789 12345" SELECT i, i, '{a}', '{"a": 1}' FROM generate_series(1, 10) i;
ALTER TABLE "J; IT"."The ""T"" -- 789 123456789 123456789 123456789 123456789 12345" ENABLE ROW LEVEL SECURITY;
CREATE POLICY mine ON "J; IT"."The ""T"" -- 789 123456789 123456789 123456789 123456789 12345" USING (n > 0);
CREATE FUNCTION "J; IT".inside(k int) RETURNS bigint LANGUAGE plpgsql AS
$$ BEGIN RETURN (SELECT sum(n + k) FROM "J; IT"."The ""T"" -- 789 123456789 123456789 123456789 123456789 12345" WHERE tags[1] = 'a' AND doc ->> 'a' = '1'); END $$;
GRANT USAGE ON SCHEMA "J; IT" TO regress_perfaudit_jit;
GRANT SELECT ON "J; IT"."The ""T"" -- 789 123456789 123456789 123456789 123456789 12345" TO regress_perfaudit_jit;
SET ROLE regress_perfaudit_jit;
SET jit = on;
\o /dev/null
SELECT format('SELECT "J; IT".inside(%s)', i) FROM generate_series(1, 3) i \gexec
SET jit = off;
RESET ROLE;
\o
SELECT occurrences AS n, username, regexp_replace(suggestion, 'DATABASE .*', '') AS suggestion, query FROM perfaudit.findings WHERE kind = 'jit_overhead' AND query ~ 'doc';
SET client_min_messages = warning;
DROP SCHEMA "J; IT" CASCADE;
RESET client_min_messages;
SELECT count(*) FROM perfaudit.findings WHERE kind = 'jit_overhead' AND query ~ 'doc';
DROP ROLE regress_perfaudit_jit;
\o /dev/null
SELECT perfaudit.reset();
SET jit = on;
SELECT format('SELECT sum(n + %s) FROM t WHERE id > 0', i) FROM generate_series(1, 3) i \gexec
SET jit = off;
\o

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
