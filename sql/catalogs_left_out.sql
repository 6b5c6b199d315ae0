-- Catalogs and TOAST tables are left out by every kind of finding about statements and plans; copies of them are not.
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS perfaudit;
RESET client_min_messages;
CREATE SCHEMA catalogs_left_out;
SET search_path = catalogs_left_out;
CREATE TABLE doc (id int, body text);
ALTER TABLE doc ALTER body SET STORAGE EXTERNAL;
INSERT INTO doc SELECT i, repeat(md5(i::text), 100) FROM generate_series(1, 1000) i;
SELECT reltoastrelid::regclass AS toast FROM pg_class WHERE oid = 'doc'::regclass \gset
CREATE TABLE toasted AS TABLE :toast;
CREATE TABLE proc AS SELECT oid, proname::text, prosrc, pronargs FROM pg_proc;
SELECT pg_stat_force_next_flush() \g /dev/null
VACUUM ANALYZE :toast;
ANALYZE toasted, proc, doc, pg_proc;
SET max_parallel_workers_per_gather = 0;
SET enable_indexscan = off;
SET enable_bitmapscan = off;
SET enable_hashjoin = off;
SET enable_mergejoin = off;
SET work_mem = '64kB';
SET perfaudit.sample_budget = 1;
SET perfaudit.judge_calls = 3;
SET perfaudit.judge_time = 0;
SET perfaudit.large_table_rows = 1000;
SET perfaudit.unbounded_rows = 1000;
SET perfaudit.deep_offset_rows = 1000;
SET perfaudit.count_rows = 1000;
SET perfaudit.sort_rows = 1000;
SET perfaudit.rescan_rows = 1000;
SET perfaudit.misestimate_rows = 10;
SET perfaudit.misestimate_factor = 5;
SET perfaudit.slow_statement = 1;
SET perfaudit.slow_statement_calls = 3;
SET perfaudit.stale_rows = 1;
SET perfaudit.stale_age = 0;
SET perfaudit.spill_size = '64kB';
SET perfaudit.planning_overhead_plans = 3;
SET perfaudit.planning_overhead_time = 0;
SET perfaudit.failing_errors = 3;
CREATE TEMPORARY TABLE asked (place text, n int GENERATED ALWAYS AS IDENTITY, statement text);
INSERT INTO asked (place, statement)
SELECT p, s FROM (VALUES ('toasted', 'chunk_seq', 'chunk_data'), ('proc', 'pronargs', 'prosrc')) v (p, number, body)
CROSS JOIN LATERAL (VALUES
    (format('SELECT %s FROM %%s WHERE %1$s = 1000 + #', number)),
    (format('SELECT * FROM %%s WHERE abs(%s) = 1000 + #', number)),
    (format('SELECT %s FROM %%s WHERE # > 0', number)),
    (format('SELECT %s FROM %%s WHERE # > 0 ORDER BY %s, 1 LIMIT 5 OFFSET 1000', number, body)),
    ('SELECT count(*) FROM %s WHERE # > 0'),
    (format('SELECT %s FROM %%s WHERE # > 0 ORDER BY %s LIMIT 5', number, body)),
    (format('SELECT count(*) FROM (SELECT %s, %s FROM %%s WHERE # > 0 ORDER BY 1, 2 OFFSET 0) x', body, number)),
    (format('SELECT n, (SELECT count(*) FROM %%s WHERE %s = n) FROM generate_series(1, 10 + #) n', number)),
    (format('SELECT count(*), pg_sleep(0.002) FROM %%s WHERE %s = #', number)),
    (format('SELECT 1 / (%1$s - %1$s) FROM %%s WHERE # > 0', number)),
    (format('SELECT count(*) FROM generate_series(1, #) n JOIN (SELECT %1$s AS n FROM %%s WHERE abs(%1$s) = 1) y USING (n)', number)),
    ('SELECT FROM (SELECT FROM %s LIMIT 0) a, (SELECT FROM %1$s LIMIT 0) b, (SELECT FROM %1$s LIMIT 0) c WHERE # > 0')) w (s);
INSERT INTO asked (place, statement) VALUES ('proc', 'SELECT * FROM %s WHERE prosrc LIKE ''%%not there #''');
\set run 'SELECT replace(format(statement, t), ''#'', i::text) FROM asked JOIN places USING (place), generate_series(1, 3) i ORDER BY n, i \\gexec'
CREATE TEMPORARY TABLE places (place text, t text);
-- what they would find
INSERT INTO places VALUES ('toasted', 'toasted'), ('proc', 'proc');
UPDATE toasted SET chunk_seq = chunk_seq;
UPDATE proc SET pronargs = pronargs;
SELECT pg_stat_force_next_flush() \g /dev/null
\set ECHO none
\o /dev/null
SELECT perfaudit.reset();
:run
\o
\set ECHO all
SELECT kind, array_agg(DISTINCT coalesce(relation::text, substring(query FROM 'toasted|proc'))) AS about FROM perfaudit.findings
GROUP BY kind ORDER BY kind;
-- in the originals
TRUNCATE places;
INSERT INTO places VALUES ('toasted', :'toast'), ('proc', 'pg_proc');
UPDATE doc SET body = body || 'x';
SELECT pg_stat_force_next_flush() \g /dev/null
\set ECHO none
\o /dev/null
SELECT perfaudit.reset();
:run
\o
\set ECHO all
SELECT count(*) > 20 AS recorded FROM perfaudit.statements WHERE query ~ 'pg_toast|pg_proc';
-- failures are about no table
SELECT kind, relation, regexp_replace(query, 'pg_toast_[0-9]+', 'pg_toast') AS query FROM perfaudit.findings ORDER BY kind, 3;
-- a table beside them
\set ECHO none
\o /dev/null
SELECT format('SELECT count(*) FROM doc d, pg_class c, %s t WHERE d.id = 2000 + %s AND c.relname = ''doc'' AND t.chunk_seq = -1', :'toast', i) FROM generate_series(1, 3) i \gexec
\o
\set ECHO all
SELECT kind, relation FROM perfaudit.findings WHERE query ~ 'FROM doc' AND relation IS NOT NULL;
SET client_min_messages = warning;
DROP SCHEMA catalogs_left_out CASCADE;
