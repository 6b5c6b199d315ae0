-- suggest_indexes(): where asking what each index does alone would take too long, the search begins with all of them.
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS perfaudit;
RESET client_min_messages;
CREATE SCHEMA suggest_heavy;
SET search_path = suggest_heavy;
SET max_parallel_workers_per_gather = 0;
-- so that planning is quick, though the advisor takes joins of so many tables for slow ones
SET join_collapse_limit = 1;
SELECT perfaudit.reset() >= 0 AS reset;
SELECT format('CREATE TABLE t%s AS SELECT i AS id, (i * 7919) %% 12000 AS up, (i * 31) %% 700 AS a, md5(i::text) AS c, repeat(''x'', 60) AS filler FROM generate_series(1, 12000) i', n)
FROM generate_series(1, 10) n
\o /dev/null
\gexec
SELECT format('ALTER TABLE t%s ADD PRIMARY KEY (id)', n) FROM generate_series(1, 10) n \gexec
ANALYZE;
SELECT format('SELECT count(*) FROM t1 JOIN t2 ON t2.id = t1.up JOIN t3 ON t3.id = t2.up JOIN t4 ON t4.id = t3.up JOIN t5 ON t5.id = t4.up JOIN t6 ON t6.id = t5.up JOIN t7 ON t7.id = t6.up JOIN t8 ON t8.id = t7.up JOIN t9 ON t9.id = t8.up JOIN t10 ON t10.id = t9.up WHERE t%s.c = %L AND t%s.a = %s AND %s', n, 'x' || i, 1 + n % 10, 900 + i,
    (SELECT string_agg(format('t%s.c > %L AND t%s.a < %s', m, 'a' || i, m, 690 + i), ' AND ') FROM generate_series(1, 10) m))
FROM generate_series(1, 10) n, generate_series(1, 2) i \gexec
-- too small for an index: so that there is a note, which tells how often the planner was asked
CREATE TABLE small AS SELECT i AS id FROM generate_series(1, 100) i;
SELECT format('SELECT id FROM small WHERE id = %s', i) FROM generate_series(1, 2) i \gexec
SELECT format('SELECT filler FROM t5 WHERE c = %L', i) FROM generate_series(1, 2) i \gexec
\o
CREATE TEMPORARY TABLE heavy AS SELECT * FROM perfaudit.suggest_indexes(max_ms => 2000);
CREATE TEMPORARY TABLE light AS SELECT * FROM perfaudit.suggest_indexes(max_ms => 600000);
-- both to the end, the one with one search instead of two, and no worse by more than 5 %
SELECT h.warnings::text ~ 'deadline' AS heavy_cut, l.warnings::text ~ 'deadline' AS light_cut, (h.evidence->>'plans')::int < (l.evidence->>'plans')::int AS fewer_plans
FROM heavy h, light l WHERE h.action = 'note' AND l.action = 'note';
SELECT (SELECT sum(benefit_ms_per_day) FROM heavy WHERE action = 'create') > 0.95 * (SELECT sum(benefit_ms_per_day) FROM light WHERE action = 'create') AS as_good;
SELECT perfaudit.reset() >= 0 AS reset;
SET client_min_messages = warning;
DROP SCHEMA suggest_heavy CASCADE;
