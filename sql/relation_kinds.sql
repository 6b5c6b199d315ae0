-- Partitioned tables, tables that others inherit from, materialized views: judged as one, called what they are, and
-- quiet when what is suggested is done. Domains, operators of one's own, jsonb; statements of functions and triggers.
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS perfaudit;
RESET client_min_messages;
CREATE SCHEMA "relation kinds";
SET search_path = "relation kinds";
CREATE DOMAIN "Parent Id" AS int CHECK (VALUE >= 0);
CREATE TABLE parent (id int, grp int);
INSERT INTO parent SELECT i, i % 10 FROM generate_series(1, 20) i;
CREATE TABLE parts (id int, "Parent" "Parent Id", n int) PARTITION BY RANGE (id);
CREATE TABLE parts_1 PARTITION OF parts FOR VALUES FROM (0) TO (500);
CREATE TABLE parts_2 (n int, gone int, "Parent" "Parent Id", id int);
ALTER TABLE parts_2 DROP COLUMN gone;
ALTER TABLE parts ATTACH PARTITION parts_2 FOR VALUES FROM (500) TO (5000);
INSERT INTO parts SELECT i, i % 100, i % 7 FROM generate_series(1, 1000) i;
CREATE TABLE heir (id int, "Parent" int, n int);
CREATE TABLE heir_1 () INHERITS (heir);
CREATE TABLE heir_2 (more text) INHERITS (heir);
INSERT INTO heir_1 SELECT id, "Parent", n FROM parts_1;
INSERT INTO heir_2 SELECT id, "Parent", n FROM parts_2;
CREATE MATERIALIZED VIEW seen AS SELECT id, "Parent", n, 'p' || "Parent" AS name, jsonb_build_object('p', "Parent") AS doc FROM parts;
SELECT pg_stat_force_next_flush() \g /dev/null
ANALYZE parent, parts, heir, heir_1, heir_2, seen;
SET max_parallel_workers_per_gather = 0;
SET enable_hashjoin = off;
SET enable_mergejoin = off;
SET perfaudit.sample_budget = 1;
SET perfaudit.judge_time = 0;
SET perfaudit.judge_calls = 2;

--
-- nested_loop_rescan
--
SET perfaudit.rescan_rows = 15000; -- more than one of the partitions has
CREATE FUNCTION inside(minimum int) RETURNS bigint LANGUAGE plpgsql AS
$$ BEGIN RETURN (SELECT sum((SELECT count(*) FROM seen s WHERE s."Parent" = p.id)) FROM parent p WHERE p.grp >= minimum); END $$;
CREATE TABLE told (minimum int);
CREATE FUNCTION tells() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN PERFORM count(s.n) FROM parent p LEFT JOIN seen s ON s."Parent" = p.id WHERE p.grp >= new.minimum; RETURN new; END $$;
CREATE TRIGGER tells AFTER INSERT ON told FOR EACH ROW EXECUTE FUNCTION tells();
CREATE TABLE work AS
SELECT ord, format(statement, -i) AS statement FROM (VALUES
    (1, 'SELECT p.id, c.n FROM parent p LEFT JOIN parts c ON c."Parent" = p.id WHERE p.grp >= %s'),
    (2, 'SELECT p.id, (SELECT sum(c.n) FROM parts c WHERE c."Parent" = p.id) FROM parent p WHERE p.grp >= %s'),
    (3, 'SELECT p.id, (SELECT sum(h.n) FROM heir h WHERE h."Parent" = p.id) FROM parent p WHERE p.grp >= %s'),
    (4, 'SELECT p.id, (SELECT sum(v.n) FROM seen v WHERE v."Parent" = p.id) FROM parent p WHERE p.grp >= %s'),
    (5, 'SELECT inside(%s)'), (6, 'INSERT INTO told VALUES (%s)')) w (ord, statement), generate_series(1, 2) i
ORDER BY ord;
\set run 'SELECT statement FROM work \\gexec'
\set found 'SELECT relation, occurrences AS n, evidence->>''rows_read'' AS read, evidence->>''loops'' AS loops, evidence->>''columns'' AS columns, summary FROM perfaudit.findings WHERE kind = ''nested_loop_rescan'' ORDER BY 1, 4, summary, query COLLATE "C";'
\set ECHO none
\o /dev/null
SELECT perfaudit.reset();
:run
SET enable_material = off;
SELECT format('SELECT c.n, p.id FROM parent p LEFT JOIN parts c ON c."Parent" = p.id WHERE p.grp >= %s', -i) FROM generate_series(1, 2) i \gexec
RESET enable_material;
\o
\set ECHO all
:found
SELECT DISTINCT suggestion FROM perfaudit.findings WHERE kind = 'nested_loop_rescan' AND relation <> 'heir'::regclass ORDER BY 1;
-- one row more than was read
SET perfaudit.rescan_rows = 20001;
:found
SET perfaudit.rescan_rows = 15000;
-- done; of what inherits, on each
CREATE INDEX ON parts ("Parent");
CREATE INDEX ON heir_1 ("Parent");
CREATE INDEX ON heir_2 ("Parent");
CREATE INDEX ON seen ("Parent");
:found
\set ECHO none
\o /dev/null
SELECT perfaudit.reset();
:run
\o
\set ECHO all
:found
-- nothing that an index of a column serves: an operator of one's own, a member of a document; a temporary table
CREATE FUNCTION same(text, text) RETURNS bool LANGUAGE sql IMMUTABLE AS 'SELECT lower($1) = lower($2)';
CREATE OPERATOR = (LEFTARG = text, RIGHTARG = text, FUNCTION = same);
CREATE TEMPORARY TABLE mine AS SELECT id, "Parent" AS p FROM parts;
\o /dev/null
SELECT perfaudit.reset();
SELECT format('SELECT p.id, (SELECT sum(c.n) FROM seen c WHERE c.name OPERATOR("relation kinds".=) (''P'' || p.id)) FROM parent p WHERE p.grp >= %s', -i) FROM generate_series(1, 2) i \gexec
SELECT format('SELECT p.id, (SELECT sum(c.n) FROM seen c WHERE (c.doc->>''p'')::int = p.id) FROM parent p WHERE p.grp >= %s', -i) FROM generate_series(1, 2) i \gexec
SELECT format('SELECT p.id, (SELECT sum(c.id) FROM mine c WHERE c.p = p.id) FROM parent p WHERE p.grp >= %s', -i) FROM generate_series(1, 2) i \gexec
\o
:found

--
-- stale_statistics
--
SET perfaudit.stale_rows = 600;
SET perfaudit.stale_age = 0;
CREATE TABLE kept (id int) PARTITION BY RANGE (id);
CREATE TABLE kept_1 PARTITION OF kept DEFAULT;
CREATE TABLE old (id int);
CREATE TABLE "Old 1" () INHERITS (old);
CREATE TABLE "Old 2" () INHERITS (old);
CREATE MATERIALIZED VIEW sum AS SELECT id FROM "Old 1" WITH NO DATA;
INSERT INTO kept SELECT i FROM generate_series(1, 700) i;
INSERT INTO "Old 1" SELECT i FROM generate_series(1, 700) i;
INSERT INTO "Old 2" SELECT i FROM generate_series(1, 650) i;
REFRESH MATERIALIZED VIEW sum;
SELECT pg_stat_force_next_flush() \g /dev/null
\set look 'SELECT ''SELECT count(*) FROM '' || t FROM unnest(ARRAY[''kept'', ''old'', ''sum'']) t, generate_series(1, 2) \\gexec'
\set stale 'SELECT relation, evidence->>''rows_modified'' AS modified, summary FROM perfaudit.findings WHERE kind = ''stale_statistics'' ORDER BY 1;'
\o /dev/null
SELECT perfaudit.reset();
:look
\o
:stale
-- done as it is written
SELECT suggestion FROM perfaudit.findings WHERE kind = 'stale_statistics' ORDER BY relation
\gexec
SELECT pg_stat_force_next_flush() \g /dev/null
:stale

--
-- slow_statement
--
SET perfaudit.slow_statement = '1ms';
SET perfaudit.slow_statement_calls = 2;
SET perfaudit.large_table_rows = 500;
SET enable_indexscan = off;
SET enable_indexonlyscan = off;
SET enable_bitmapscan = off;
\o /dev/null
SELECT perfaudit.reset();
SELECT 'SELECT count(*), pg_sleep(0.006) FROM ' || t FROM unnest(ARRAY['parts', 'heir', 'seen']) t, generate_series(1, 2) \gexec
\o
SELECT relation, regexp_replace(suggestion, '[0-9,]+ blocks', '... blocks') AS suggestion FROM perfaudit.findings WHERE kind = 'slow_statement' ORDER BY 1;
SET perfaudit.slow_statement = '1h';

-- a relation that is gone is told of no more
\o /dev/null
SELECT 'SELECT p.id, (SELECT sum(h.n) FROM heir h WHERE h."Parent" = p.id) FROM parent p' FROM generate_series(1, 2) \gexec
\o
DROP INDEX "heir_1_Parent_idx", "heir_2_Parent_idx";
SELECT kind, relation FROM perfaudit.findings WHERE kind = 'nested_loop_rescan';
SET client_min_messages = warning;
DROP TABLE heir CASCADE;
SELECT kind, relation FROM perfaudit.findings WHERE kind IN ('nested_loop_rescan', 'slow_statement', 'stale_statistics');
DROP SCHEMA "relation kinds" CASCADE;
