-- The conditions of row_misestimate that depend on what statistics there are, one by one: of which node and of which columns.
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS perfaudit;
RESET client_min_messages;
CREATE SCHEMA estimate_guards;
SET search_path = estimate_guards;
SET max_parallel_workers_per_gather = 0;
SET enable_nestloop = off;
SET enable_mergejoin = off;
SET enable_sort = off;
SET enable_indexscan = off;
SET enable_bitmapscan = off;
SET perfaudit.sample_budget = 1;
SET perfaudit.judge_calls = 2;
SET perfaudit.judge_time = 0;
SET perfaudit.misestimate_rows = 150;
SET perfaudit.misestimate_factor = 10;
-- city says what zip is, u is either 0 or different in each row; of k many are 2, which no statistics tell
CREATE TABLE a (id int, city int, zip int, grp int, u int, k int, d int, e int, name text);
INSERT INTO a SELECT i, i % 20, i % 20 * 10, i % 10 + 1, CASE WHEN i <= 4000 THEN 0 ELSE i END,
                     CASE WHEN i <= 4000 THEN 1 WHEN i <= 4900 THEN 2 ELSE i END, i % 300, i / 20, 'n' || i % 20 FROM generate_series(1, 10000) i;
ALTER TABLE a ALTER k SET STATISTICS 1, ALTER d SET (n_distinct = 4), ALTER e SET (n_distinct = 4);
CREATE TABLE b AS SELECT i AS id, i % 200 AS m, repeat('x', 20) AS note FROM generate_series(1, 10000) i;
ALTER TABLE b ALTER m SET (n_distinct = 4);
CREATE TABLE c AS SELECT i AS d FROM generate_series(1, 300) i;
CREATE TABLE spread AS SELECT i % 90 AS a, i / 90 % 90 AS b, repeat('x', 30) AS pad FROM generate_series(1, 8000) i;
SELECT pg_stat_force_next_flush() \g /dev/null
ANALYZE a, b, c, spread;
CREATE TABLE asked (n int GENERATED ALWAYS AS IDENTITY, statement text);
\set run 'SELECT format(statement, i) FROM asked, generate_series(1, 2) i ORDER BY n, i \\gexec'
\set found 'SELECT relation, evidence->>''node'' AS node, evidence->>''variant'' AS variant, regexp_replace(suggestion, ''_[0-9]{4,}'', ''_OID'') AS suggestion, query FROM perfaudit.findings WHERE kind = ''row_misestimate'' ORDER BY query COLLATE "C";'
INSERT INTO asked (statement) VALUES
    -- not with what differs in most rows; nor with a range beside them
    ('SELECT count(note) FROM a JOIN b USING (id) WHERE city = %1$s AND zip = %1$s * 10 AND u = 0'),
    ('SELECT max(note) FROM a JOIN b USING (id) WHERE city = %1$s AND zip = %1$s * 10 AND grp > 0'),
    -- one column
    ('SELECT min(note) FROM a JOIN b USING (id) WHERE k = 2 AND note <> ''%s'''),
    -- a function of it; other statistics name the column, too
    ('SELECT max(m) FROM a JOIN b USING (id) WHERE upper(name) = ''N%s'''),
    -- groups: of rows that are more than expected; of one column, and of two tables, for which there is nothing
    ('SELECT max(n) FROM c JOIN (SELECT e AS d, count(*) AS n FROM a WHERE city = %1$s AND zip = %1$s * 10 GROUP BY 1) x USING (d)'),
    ('SELECT max(n) FROM c JOIN (SELECT d, count(*) AS n FROM a WHERE id > %s GROUP BY 1) x USING (d)'),
    ('SELECT min(n) FROM c JOIN (SELECT d, m, count(*) AS n FROM a JOIN b USING (id) WHERE b.id > %s GROUP BY 1, 2) x USING (d)');
CREATE STATISTICS of_names (ndistinct) ON name, grp FROM a;
\o /dev/null
\set ECHO none
SELECT perfaudit.reset();
:run
\set ECHO all
\o
:found
-- statistics of the column are as good as they get
ALTER TABLE a ALTER k SET STATISTICS 1000;
SELECT count(*) FROM perfaudit.findings WHERE kind = 'row_misestimate' AND query ~ 'k = ';
-- statistics of groups are those of kind ndistinct
TRUNCATE asked;
INSERT INTO asked (statement) VALUES ('SELECT a, b, count(*) FROM spread WHERE a <> -%s GROUP BY a, b');
SET work_mem = '64kB';
\o /dev/null
\set ECHO none
SELECT perfaudit.reset();
:run
\set ECHO all
\o
RESET work_mem;
:found
CREATE STATISTICS by_values (mcv) ON a, b FROM spread;
:found
CREATE STATISTICS by_groups (ndistinct) ON a, b FROM spread;
DROP STATISTICS by_values;
:found
-- what it says is less certain than what others say
TRUNCATE asked;
INSERT INTO asked (statement) VALUES ('SELECT count(note), pg_sleep(0.05) FROM a JOIN b USING (id) WHERE city = %1$s AND zip = %1$s * 10 AND grp > 0');
\o /dev/null
\set ECHO none
SELECT perfaudit.reset();
:run
\set ECHO all
\o
SELECT perfaudit.severity_rank(severity) - perfaudit.severity_rank(perfaudit.severity(impact_ms, impact_ms / occurrences)) AS lower FROM perfaudit.findings WHERE kind = 'row_misestimate';
-- a former plan's
CREATE STATISTICS repaired (mcv) ON city, zip FROM a;
ANALYZE a;
CREATE INDEX ON a (city, zip);
CREATE INDEX ON b (id);
RESET enable_indexscan;
RESET enable_nestloop;
SET enable_seqscan = off;
SET enable_hashjoin = off;
SET enable_material = off;
SET enable_memoize = off;
\o /dev/null
\set ECHO none
:run
\set ECHO all
\o
SELECT is_current, node, path FROM perfaudit.node_facts() WHERE relid = 'a'::regclass AND path ~ 'Join|Nested' ORDER BY is_current;
:found
SET client_min_messages = warning;
DROP SCHEMA estimate_guards CASCADE;
