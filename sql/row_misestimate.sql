-- row_misestimate: many more rows than the planner expects.
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS perfaudit;
RESET client_min_messages;
CREATE SCHEMA row_misestimate;
SET search_path = row_misestimate;
-- city and zip say the same
CREATE TABLE "Address" (gone int, id int, city int, "Zip" int, name text);
INSERT INTO "Address" SELECT 0, i, i % 20, (i % 20) * 10, 'n' || i % 20 FROM generate_series(1, 4000) i;
ALTER TABLE "Address" DROP COLUMN gone;
CREATE TABLE other (id int, note text);
INSERT INTO other SELECT i, 'o' || i FROM generate_series(1, 4000) i;
SELECT pg_stat_force_next_flush() \g /dev/null
ANALYZE "Address", other;
SET max_parallel_workers_per_gather = 0;
SET enable_nestloop = off;
SET enable_mergejoin = off;
SET perfaudit.sample_budget = 1;
SET perfaudit.judge_time = 0;
SET perfaudit.judge_calls = 2;
SET perfaudit.misestimate_rows = 200;
SET perfaudit.misestimate_factor = 10;
\set found 'SELECT relation, occurrences AS n, evidence->>''node'' AS node, evidence->>''variant'' AS variant, evidence->>''rows_actual'' AS actual, regexp_replace(suggestion, ''_[0-9]{4,}'', ''_OID'') AS suggestion FROM perfaudit.findings WHERE kind = ''row_misestimate'' ORDER BY query COLLATE "C";'
\set both 'SELECT format(''SELECT * FROM "Address" a JOIN other USING (id) WHERE city = %s AND "Zip" = %s'', i, i * 10) FROM generate_series(1, 2) i \\gexec'

--
-- Fires
--
\o /dev/null
SELECT perfaudit.reset();
:both
-- the planner knows nothing of an expression
SELECT format('SELECT * FROM "Address" a JOIN other USING (id) WHERE upper(name) = ''N%s''', i) FROM generate_series(1, 2) i \gexec
\o
:found
SELECT summary, impact_ms > 0 AS cost, perfaudit.severity_rank(severity) > 0 AS ranked FROM perfaudit.findings
WHERE kind = 'row_misestimate' ORDER BY query COLLATE "C";
SELECT jsonb_object_keys(evidence) AS evidence FROM perfaudit.findings WHERE kind = 'row_misestimate' AND query ~ 'Zip' ORDER BY 1;
-- 200 rows, 10 expected: a factor of 20, and not of 21
SET perfaudit.misestimate_factor = 20;
SELECT query FROM perfaudit.findings WHERE kind = 'row_misestimate' AND query ~ 'Zip';
SET perfaudit.misestimate_factor = 21;
SELECT query FROM perfaudit.findings WHERE kind = 'row_misestimate' AND query ~ 'Zip';
SET perfaudit.misestimate_factor = 10;
SET perfaudit.misestimate_rows = 201;
:found
SET perfaudit.misestimate_rows = 200;

-- statistics of another kind do not help; where they are there, more of them
CREATE STATISTICS "A Stat" (ndistinct) ON city, "Zip" FROM "Address";
:found
DROP STATISTICS "A Stat";
CREATE STATISTICS "A Stat" (mcv) ON city, "Zip" FROM "Address";
:found
DROP STATISTICS "A Stat";
-- much was changed since
UPDATE other SET note = 'x' WHERE id <= 3000;
INSERT INTO other SELECT 4001, 'many' FROM generate_series(1, 1000);
SELECT pg_stat_force_next_flush() \g /dev/null
\o /dev/null
SELECT perfaudit.reset();
SELECT format('SELECT count(*) FROM other JOIN "Address" a ON a.id = %s - other.id WHERE other.id = 4001', 4001 + i) FROM generate_series(1, 2) i \gexec
\o
:found
-- groups, where they do not fit into memory
CREATE TABLE spread AS SELECT i % 90 AS a, i / 90 % 90 AS b, repeat('x', 30) AS pad FROM generate_series(1, 8000) i;
SELECT pg_stat_force_next_flush() \g /dev/null
ANALYZE spread;
\set grouped 'SELECT format(''SELECT a, b, count(*) FROM spread WHERE a <> %s GROUP BY a, b'', -i) FROM generate_series(1, 2) i \\gexec'
SET enable_sort = off;
SET work_mem = '64kB';
\o /dev/null
SELECT perfaudit.reset();
:grouped
\o
:found
RESET work_mem;

--
-- Silent
--
-- once; few rows; no join and no spill that it mattered to; a LIMIT that stops what was expected to go on
\o /dev/null
SELECT perfaudit.reset();
SELECT * FROM "Address" a JOIN other USING (id) WHERE city = 1 AND "Zip" = 10;
SELECT format('SELECT * FROM "Address" WHERE city = %s AND "Zip" = %s', i, i * 10) FROM generate_series(1, 2) i \gexec
SELECT format('SELECT * FROM "Address" a JOIN other USING (id) WHERE name LIKE ''n%%'' LIMIT %s', i) FROM generate_series(1, 2) i \gexec
:grouped
\o
:found
-- values that differ, each as expected
CREATE TABLE skewed AS SELECT CASE WHEN i <= 3000 THEN 1 ELSE i END AS id FROM generate_series(1, 4000) i;
ANALYZE skewed;
\o /dev/null
SELECT perfaudit.reset();
SELECT 'SELECT count(*) FROM skewed s JOIN other o ON o.id = s.id WHERE s.id = ' || v FROM unnest('{3999,1,1,1}'::int[]) v \gexec
\o
:found
-- without statistics; a function's rows
CREATE TABLE fresh (a int, b int);
INSERT INTO fresh SELECT i % 2, i % 2 FROM generate_series(1, 400) i;
\o /dev/null
SELECT format('SELECT count(*) FROM fresh JOIN other ON id = a WHERE a = 1 AND b = %s', 1) FROM generate_series(1, 2) i \gexec
SELECT format('SELECT count(*) FROM string_to_table(repeat(''y,'', 20000), '','') f JOIN other ON note = f WHERE id > %s', i) FROM generate_series(1, 2) i \gexec
\o
:found
-- repaired, by what is suggested
\o /dev/null
SELECT perfaudit.reset();
:both
\o
SELECT suggestion FROM perfaudit.findings WHERE kind = 'row_misestimate' AND query ~ 'Zip'
\set ECHO none
\gexec
\set ECHO all
\o /dev/null
SELECT perfaudit.reset();
:both
\o
:found
SET client_min_messages = warning;
DROP SCHEMA row_misestimate CASCADE;
