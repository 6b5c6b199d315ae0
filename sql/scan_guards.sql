-- The conditions of kinds that judge sequential scans, one by one: each statement is one step away from another finding, or
-- from none.
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS perfaudit;
CREATE ROLE regress_perfaudit_guarded;
CREATE ROLE regress_perfaudit_bypass BYPASSRLS;
RESET client_min_messages;
CREATE SCHEMA scan_guards;
SET search_path = scan_guards;
GRANT USAGE ON SCHEMA scan_guards TO PUBLIC;
CREATE TABLE big (id int PRIMARY KEY, a int, b int, c int, most int, txt text, note text, tags text[], price numeric);
INSERT INTO big SELECT i, i, i, i, CASE WHEN i % 50 = 0 THEN 1 ELSE 5 END, 't' || i, 'n' || i, ARRAY['t' || i], i FROM generate_series(1, 3000) i;
CREATE TABLE half1 AS SELECT * FROM big WHERE id <= 1500;
CREATE TABLE half2 AS SELECT * FROM big WHERE id > 1500;
CREATE TABLE mid AS SELECT * FROM big WHERE id <= 300;
CREATE TABLE ten AS SELECT i AS id FROM generate_series(1, 10) i;
-- behind a policy; one that its owner does not pass either
CREATE TABLE policed AS SELECT * FROM big;
ALTER TABLE policed ENABLE ROW LEVEL SECURITY;
CREATE POLICY everything ON policed USING (true);
CREATE TABLE forced AS SELECT * FROM big;
ALTER TABLE forced ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY everything ON forced USING (true);
ALTER TABLE forced OWNER TO regress_perfaudit_guarded;
-- text compared with a name, which has a collation of its own
CREATE TABLE owned (id int, a int, owner text);
INSERT INTO owned SELECT i, i, 'regress_perfaudit_guarded' FROM generate_series(1, 3000) i;
ALTER TABLE owned ENABLE ROW LEVEL SECURITY;
CREATE POLICY mine ON owned USING (owner = current_user);
GRANT SELECT ON big, policed, owned TO PUBLIC;
SELECT pg_stat_force_next_flush() \g /dev/null
VACUUM ANALYZE big, half1, half2, mid, ten, policed, forced, owned;
SET max_parallel_workers_per_gather = 0;
SET enable_hashjoin = off;
SET enable_material = off;
SET perfaudit.sample_budget = 1;
SET perfaudit.judge_calls = 2;
SET perfaudit.judge_time = 0;
SET perfaudit.large_table_rows = 2000;
SET perfaudit.rescan_rows = 10000;
CREATE TABLE asked (n int GENERATED ALWAYS AS IDENTITY, statement text);
\set run 'SELECT format(statement, i) FROM asked, generate_series(1, 2) i ORDER BY n, i \\gexec'
\set found 'SELECT kind, relation, regexp_replace(suggestion, '' --.*'', '''') AS suggestion, query FROM perfaudit.findings WHERE kind IN (''seq_scan_large_table'', ''function_on_column'', ''leading_wildcard'', ''nested_loop_rescan'', ''index_not_used'') ORDER BY query COLLATE "C", kind;'

INSERT INTO asked (statement) VALUES
    -- each table by itself is not large
    ('SELECT x.id FROM half1 x, half2 y WHERE x.a = %1$s AND y.a = %1$s'),
    -- read again and again, but not so much of it
    ('SELECT id, (SELECT max(b) FROM mid WHERE mid.a = ten.id + %s) FROM ten'),
    -- what is grouped, sorted and joined by is no condition of the scan
    ('SELECT a, count(*) FROM big WHERE lower(txt) = ''t%s'' GROUP BY a ORDER BY a'),
    -- a column, and a function of another; a column, and an OR
    ('SELECT id FROM big WHERE a = %1$s AND lower(txt) = ''t%1$s'''),
    ('SELECT id FROM big WHERE a = %1$s AND (b > %1$s OR c > %1$s)'),
    -- patterns in an OR with something else
    ('SELECT id FROM big WHERE txt LIKE ''t1%1$s%%'' OR a = %1$s'),
    ('SELECT id FROM big WHERE note LIKE ''%%1%1$s'' OR c = %1$s'),
    -- patterns beside something that an index serves
    ('SELECT id FROM big WHERE txt LIKE ''t1%1$s%%'' AND note LIKE ''%%1%1$s%%'''),
    ('SELECT id FROM big WHERE tags @> ARRAY[''t%1$s''] AND note LIKE ''%%%1$s%%''');
\o /dev/null
\set ECHO none
SELECT perfaudit.reset();
:run
\set ECHO all
\o
:found

-- each of two tables has its part of the time
TRUNCATE asked;
INSERT INTO asked (statement) VALUES ('SELECT x.id FROM big x, policed y WHERE x.a = %1$s AND y.b = %1$s');
\o /dev/null
\set ECHO none
SELECT perfaudit.reset();
:run
\set ECHO all
\o
SELECT count(*) AS findings, sum(impact_ms) <= max((evidence->>'exec_ms')::float8) * 1.1 AS shared FROM perfaudit.findings WHERE kind = 'seq_scan_large_table';

-- A policy comes first, and only what is leakproof may be looked at before it: integers are, numerics are not.  Not for
-- who passes by policies, and the owner unless they are forced on him.
TRUNCATE asked;
INSERT INTO asked (statement) VALUES
    ('SELECT id FROM policed WHERE price = %s'),
    ('SELECT id FROM policed WHERE a = %s'),
    ('SELECT id FROM policed WHERE price = %1$s AND a = %1$s'),
    ('SELECT id FROM owned WHERE a = %s'),
    ('SELECT id FROM big WHERE price = %s');
GRANT SELECT ON asked TO PUBLIC;
SELECT perfaudit.reset() \g /dev/null
SET ROLE regress_perfaudit_guarded;
\o /dev/null
\set ECHO none
:run
\set ECHO all
\o
RESET ROLE;
SELECT kind, relation, regexp_replace(suggestion, ' --.*', '') AS suggestion, query FROM perfaudit.findings WHERE kind ~ 'scan' ORDER BY query COLLATE "C";
SELECT perfaudit.reset() \g /dev/null
SET ROLE regress_perfaudit_bypass;
\o /dev/null
\set ECHO none
:run
\set ECHO all
\o
RESET ROLE;
SELECT count(*) FROM perfaudit.findings WHERE kind ~ 'scan';
SELECT perfaudit.reset() \g /dev/null
SET ROLE regress_perfaudit_guarded;
SELECT id FROM forced WHERE price = 1;
SELECT id FROM forced WHERE price = 2;
RESET ROLE;
SELECT count(*) FROM perfaudit.findings WHERE kind ~ 'scan';
SELECT id FROM forced WHERE price = 1;
SELECT id FROM forced WHERE price = 2;
SELECT count(*) FROM perfaudit.findings WHERE kind ~ 'scan' AND username = current_user;

-- by two plans in turns: the one that scans is not past
SELECT perfaudit.reset() \g /dev/null
CREATE INDEX big_a ON big (a);
SET perfaudit.large_table_rows = 1000;
SET enable_indexscan = off;
SET enable_bitmapscan = off;
SELECT count(txt) FROM big WHERE a = 1;
SET enable_indexscan = on;
SELECT count(txt) FROM big WHERE a = 2;
SET enable_indexscan = off;
SELECT count(txt) FROM big WHERE a = 3;
SET enable_indexscan = on;
SELECT count(txt) FROM big WHERE a = 4;
SELECT evidence->>'rows_read_per_call' AS rows, evidence->>'calls' AS calls FROM perfaudit.findings WHERE kind IN ('seq_scan_large_table', 'index_not_used');

-- what there is
CREATE INDEX big_bc ON big (b, c);
CREATE INDEX big_part ON big (most) WHERE id < 0;
CREATE INDEX big_invalid ON big (note);
UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'big_invalid'::regclass;
CREATE INDEX big_gin ON big USING gin (tags);
CREATE INDEX big_upper ON big (upper(txt));
CREATE INDEX big_lower ON big (lower(txt));
UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'big_lower'::regclass;
SELECT names, perfaudit.has_index('big'::regclass, names) AS btree, perfaudit.has_index('big'::regclass, names, 'gin') AS gin, perfaudit.leads_index('big'::regclass, names) AS leads
FROM (VALUES ('{b}'::name[]), ('{b,c}'), ('{c,b}'), ('{c}'), ('{most}'), ('{note}'), ('{tags}'), ('{txt}')) v (names);
SELECT f, perfaudit.has_expression('big'::regclass, f) FROM unnest('{pg_catalog.upper(text),pg_catalog.lower(text),pg_catalog.initcap(text)}'::regprocedure[]) f;
SELECT attnums, perfaudit.is_unique('big'::regclass, attnums) FROM (VALUES ('{1}'::int[]), ('{2,1}'), ('{2}')) v (attnums);
SET client_min_messages = warning;
DROP SCHEMA scan_guards CASCADE;
DROP ROLE regress_perfaudit_guarded, regress_perfaudit_bypass;
