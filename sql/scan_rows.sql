-- Rows read by sequential scans: exactly what EXPLAIN (ANALYZE) counts.
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS perfaudit;
RESET client_min_messages;
CREATE SCHEMA scan_rows;
SET search_path = scan_rows;
CREATE TABLE t (a int, b int, filler text);
INSERT INTO t SELECT i, i % 10, repeat('x', 50) FROM generate_series(1, 1000) i;
CREATE TABLE small (a int);
INSERT INTO small SELECT generate_series(1, 7);
CREATE TABLE parts (a int, b int) PARTITION BY RANGE (a);
CREATE TABLE parts_1 PARTITION OF parts FOR VALUES FROM (0) TO (100);
CREATE TABLE parts_2 PARTITION OF parts FOR VALUES FROM (100) TO (300);
CREATE TABLE parts_3 PARTITION OF parts FOR VALUES FROM (300) TO (1000);
INSERT INTO parts SELECT i, i % 10 FROM generate_series(1, 900) i;
-- rows that are dead or not yet visible are no rows read
DELETE FROM t WHERE a > 950;
ANALYZE t, small, parts;
SET max_parallel_workers_per_gather = 0;

-- rows * loops plus rows removed * loops of all sequential scans of a table (and its partitions)
CREATE FUNCTION explained(query text, rel regclass) RETURNS numeric LANGUAGE plpgsql AS $$
DECLARE
    plan json;
    counted numeric;
BEGIN
    EXECUTE 'EXPLAIN (ANALYZE, TIMING off, SUMMARY off, FORMAT JSON) ' || query INTO plan;
    WITH RECURSIVE nodes AS (
        SELECT plan->0->'Plan' AS node
        UNION ALL
        SELECT json_array_elements(n.node->'Plans') FROM nodes n WHERE n.node->'Plans' IS NOT NULL
    )
    SELECT sum(((node->>'Actual Rows')::numeric + coalesce((node->>'Rows Removed by Filter')::numeric, 0))
               * (node->>'Actual Loops')::numeric)
    INTO counted
    FROM nodes
    WHERE node->>'Node Type' IN ('Seq Scan', 'Sample Scan')
      AND (node->>'Relation Name')::regclass IN (SELECT rel UNION ALL SELECT relid FROM pg_partition_tree(rel));
    RETURN coalesce(counted, 0);
END $$;
-- the same as recorded since the reset
CREATE FUNCTION recorded(rel regclass, top bool DEFAULT true) RETURNS numeric LANGUAGE sql AS
$$ SELECT coalesce(sum(rows_read), 0) FROM perfaudit.scan_facts()
   WHERE toplevel = top AND relid IN (SELECT rel UNION ALL SELECT relid FROM pg_partition_tree(rel)) $$;
-- compares what was recorded of :q with EXPLAIN's figure
\set compare 'SELECT recorded(:''rel''), recorded(:''rel'') = explained(:''q'', :''rel'') AS exact;'
\set rel t

-- plain, filtered, nothing found
\set q 'SELECT * FROM t'
SELECT perfaudit.reset() \g /dev/null
:q \g /dev/null
:compare
\set q 'SELECT a FROM t WHERE b = 3'
SELECT perfaudit.reset() \g /dev/null
:q \g /dev/null
:compare
\set q 'SELECT a FROM t WHERE a = -5'
SELECT perfaudit.reset() \g /dev/null
:q \g /dev/null
:compare
SELECT seq_rows_read, rows, calls FROM perfaudit.statements WHERE query = 'SELECT a FROM t WHERE a = $1';

-- LIMIT stops the scan
\set q 'SELECT a FROM t WHERE b = 3 LIMIT 5'
SELECT perfaudit.reset() \g /dev/null
:q \g /dev/null
:compare
\set q 'SELECT a FROM t LIMIT 0'
SELECT perfaudit.reset() \g /dev/null
:q \g /dev/null
:compare
\set q 'SELECT a FROM t WHERE b = 3 OFFSET 20 LIMIT 5'
SELECT perfaudit.reset() \g /dev/null
:q \g /dev/null
:compare

-- a cursor, read in two portions, others read the table in between
\set q 'SELECT a FROM t WHERE b = 3 LIMIT 20'
SELECT perfaudit.reset() \g /dev/null
BEGIN;
DECLARE portions CURSOR FOR SELECT a FROM t WHERE b = 3;
FETCH 12 FROM portions \g /dev/null
SELECT count(*) FROM t;
FETCH 8 FROM portions \g /dev/null
CLOSE portions;
COMMIT;
SELECT recorded('t') - 950 AS recorded, recorded('t') - 950 = explained(:'q', 't') AS exact;
-- backwards, and held over the transaction's end
SELECT perfaudit.reset() \g /dev/null
BEGIN;
DECLARE back SCROLL CURSOR FOR SELECT a FROM t;
FETCH 10 FROM back \g /dev/null
FETCH BACKWARD 5 FROM back \g /dev/null
FETCH 5 FROM back \g /dev/null
CLOSE back;
COMMIT;
SELECT recorded('t') BETWEEN 10 AND 20 AS about;
SELECT perfaudit.reset() \g /dev/null
BEGIN;
DECLARE held CURSOR WITH HOLD FOR SELECT a FROM t WHERE b = 3;
FETCH 5 FROM held \g /dev/null
COMMIT;
FETCH 5 FROM held \g /dev/null
CLOSE held;
SELECT recorded('t');

-- a function that scans the same table: each has its own rows
CREATE FUNCTION below(k int) RETURNS bigint LANGUAGE plpgsql AS $$ BEGIN RETURN (SELECT count(*) FROM t WHERE a < k); END $$;
\set q 'SELECT below(a) FROM t WHERE a <= 4'
SELECT perfaudit.reset() \g /dev/null
:q \g /dev/null
:compare
SELECT recorded('t', false) AS nested;
-- in the filter, evaluated while the scan goes on
\set q 'SELECT a FROM t WHERE a <= 3 AND below(a) > 0 LIMIT 2'
SELECT perfaudit.reset() \g /dev/null
:q \g /dev/null
:compare
SELECT recorded('t', false) AS nested;
-- two levels of functions
CREATE FUNCTION twice(k int) RETURNS bigint LANGUAGE plpgsql AS $$ BEGIN RETURN (SELECT sum(below(t.a)) FROM t WHERE a <= k); END $$;
\set q 'SELECT twice(a) FROM t WHERE a <= 2'
SELECT perfaudit.reset() \g /dev/null
:q \g /dev/null
:compare
SELECT rows_read, scans FROM perfaudit.scan_facts() WHERE relid = 't'::regclass ORDER BY toplevel DESC, rows_read;
-- a PL/pgSQL loop over a table whose body scans the same table
CREATE FUNCTION looping() RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    r record;
    n bigint := 0;
BEGIN
    FOR r IN SELECT a FROM t WHERE b = 0 LOOP
        n := n + (SELECT count(*) FROM t WHERE a < r.a);
        EXIT WHEN r.a >= 300;
    END LOOP;
    RETURN n;
END $$;
SELECT perfaudit.reset() \g /dev/null
SELECT looping() \g /dev/null
-- 30 rows are taken in portions of 10 and 50: the first 600 rows are read
SELECT s.calls, s.seq_rows_read, s.query FROM perfaudit.statements s
WHERE NOT s.toplevel AND s.query ~ '\mt\M' AND s.query !~ 'perfaudit' ORDER BY s.query COLLATE "C";

-- rescans by a nested loop
SET enable_hashjoin = off;
SET enable_mergejoin = off;
SET enable_material = off;
SET enable_memoize = off;
\set q 'SELECT count(*) FROM small s LEFT JOIN t ON t.a + 0 = s.a'
SELECT perfaudit.reset() \g /dev/null
:q \g /dev/null
SELECT recorded('t') + recorded('small') AS recorded,
       recorded('t') + recorded('small') = explained(:'q', 't') + explained(:'q', 'small') AS exact;
RESET enable_hashjoin;
RESET enable_mergejoin;
RESET enable_material;
RESET enable_memoize;

-- the same table twice, in subqueries, in a CTE, in both arms of a union
\set q 'SELECT count(*) FROM t x JOIN t y ON x.a = y.a WHERE x.b = 3'
SELECT perfaudit.reset() \g /dev/null
:q \g /dev/null
:compare
\set q 'SELECT (SELECT max(a) FROM t), (SELECT count(*) FROM t WHERE b = 4)'
SELECT perfaudit.reset() \g /dev/null
:q \g /dev/null
:compare
\set q 'SELECT a, (SELECT count(*) FROM t WHERE t.b = small.a) FROM small'
SELECT perfaudit.reset() \g /dev/null
:q \g /dev/null
:compare
\set q 'WITH c AS MATERIALIZED (SELECT a FROM t WHERE b = 1) SELECT count(*) FROM c x, c y WHERE x.a = y.a'
SELECT perfaudit.reset() \g /dev/null
:q \g /dev/null
:compare
\set q 'SELECT a FROM t WHERE b = 1 UNION ALL SELECT a FROM t WHERE b = 2 AND a < 100'
SELECT perfaudit.reset() \g /dev/null
:q \g /dev/null
:compare
\set q 'SELECT count(*) FROM t TABLESAMPLE SYSTEM (100) WHERE b = 1'
SELECT perfaudit.reset() \g /dev/null
:q \g /dev/null
:compare

-- partitions, all and pruned
\set rel parts
\set q 'SELECT count(*) FROM parts WHERE b = 3'
SELECT perfaudit.reset() \g /dev/null
:q \g /dev/null
:compare
\set q 'SELECT count(*) FROM parts WHERE a BETWEEN 50 AND 250'
SELECT perfaudit.reset() \g /dev/null
:q \g /dev/null
:compare
SELECT relid::regclass, rows_read, scans FROM perfaudit.scan_facts() WHERE relid::regclass::text LIKE 'parts%' ORDER BY 1;
\set rel t

-- data changed by scan
\set q 'UPDATE t SET filler = \'y\' WHERE b = 3'
BEGIN;
SELECT perfaudit.reset() \g /dev/null
:q;
ROLLBACK;
BEGIN;
:compare
ROLLBACK;
\set q 'DELETE FROM t WHERE a % 2 = 0'
BEGIN;
SELECT perfaudit.reset() \g /dev/null
:q;
ROLLBACK;
BEGIN;
:compare
ROLLBACK;
\set q 'INSERT INTO t SELECT a + 10000, b, filler FROM t WHERE b = 3'
BEGIN;
SELECT perfaudit.reset() \g /dev/null
:q;
ROLLBACK;
BEGIN;
:compare
ROLLBACK;
\set q 'UPDATE t SET b = s.a FROM small s WHERE s.a = t.a'
BEGIN;
SELECT perfaudit.reset() \g /dev/null
:q;
ROLLBACK;
BEGIN;
:compare
ROLLBACK;
-- a trigger that scans the table, before and after
CREATE FUNCTION scanning() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN PERFORM count(*) FROM t WHERE t.a < NEW.a; RETURN NEW; END $$;
CREATE TRIGGER before_change BEFORE UPDATE ON t FOR EACH ROW WHEN (NEW.b = 77) EXECUTE FUNCTION scanning();
CREATE TRIGGER after_change AFTER UPDATE ON t FOR EACH ROW WHEN (NEW.b = 77) EXECUTE FUNCTION scanning();
BEGIN;
SELECT perfaudit.reset() \g /dev/null
UPDATE t SET b = 77 WHERE a <= 3;
ROLLBACK;
SELECT recorded('t') AS rows, scans FROM perfaudit.scan_facts() WHERE relid = 't'::regclass AND toplevel;
DROP TRIGGER before_change ON t;
DROP TRIGGER after_change ON t;

-- CREATE TABLE AS, SELECT INTO, materialised views, COPY of a query: on the statement that does it
\set q 'SELECT * FROM t WHERE b = 3'
SELECT perfaudit.reset() \g /dev/null
CREATE TABLE made AS SELECT * FROM t WHERE b = 3;
SELECT recorded('t') + recorded('t', false) AS recorded, recorded('t') + recorded('t', false) = explained(:'q', 't') AS exact;
SELECT perfaudit.reset() \g /dev/null
SELECT * INTO made_into FROM t WHERE b = 3;
SELECT recorded('t') + recorded('t', false) AS recorded;
SELECT perfaudit.reset() \g /dev/null
COPY (SELECT * FROM t WHERE b = 3) TO '/dev/null';
SELECT recorded('t') + recorded('t', false) AS recorded;
SELECT perfaudit.reset() \g /dev/null
CREATE MATERIALIZED VIEW made_view AS SELECT * FROM t WHERE b = 3;
REFRESH MATERIALIZED VIEW made_view;
SELECT recorded('t') + recorded('t', false) AS recorded;

-- an error in the middle: what was read is not counted twice later
SELECT perfaudit.reset() \g /dev/null
SELECT 1 / (a - 500) FROM t WHERE a >= 0 \g /dev/null
SELECT count(*) FROM t;
SELECT sum(seq_rows_read) AS rows FROM perfaudit.statements WHERE query = 'SELECT count(*) FROM t';

-- rows of the own transaction, of temporary tables, of catalogs
BEGIN;
SELECT perfaudit.reset() \g /dev/null
INSERT INTO small VALUES (8), (9);
SELECT count(*) FROM small;
CREATE TEMPORARY TABLE mine AS SELECT generate_series(1, 11) AS a;
SELECT count(*) FROM mine;
SELECT recorded('small') AS small, recorded('mine') AS mine;
ROLLBACK;
-- what expects to read a page alone is not counted, unless it is read nobody knows how often
SELECT perfaudit.reset() \g /dev/null
SELECT count(*) FROM small;
SELECT recorded('small');
SELECT count((SELECT a FROM small WHERE a = i)) FROM generate_series(1, 5) i;
SELECT recorded('small');
-- pages of many tables are more than one
SELECT perfaudit.reset() \g /dev/null
SELECT count(*) FROM (SELECT a FROM small UNION ALL SELECT a FROM small) x;
SELECT recorded('small');
-- a plan that is used again may be older than its table is large: it counts
CREATE TABLE grows (a int) WITH (autovacuum_enabled = off);
INSERT INTO grows VALUES (1);
ANALYZE grows;
SET plan_cache_mode = force_generic_plan;
PREPARE grows(int) AS SELECT count(*) FROM grows WHERE a = $1;
EXECUTE grows(1);
INSERT INTO grows SELECT generate_series(2, 10000);
SELECT perfaudit.reset() \g /dev/null
EXECUTE grows(1);
SELECT recorded('grows');
ANALYZE grows;
EXECUTE grows(1);
SELECT recorded('grows');
DEALLOCATE grows;
RESET plan_cache_mode;
DROP TABLE grows;

-- parallel workers, with and without their leader
ALTER TABLE t SET (parallel_workers = 2);
SET max_parallel_workers_per_gather = 2;
SET parallel_setup_cost = 0;
SET parallel_tuple_cost = 0;
SET min_parallel_table_scan_size = 0;
SELECT perfaudit.reset() \g /dev/null
SELECT count(*) FROM t WHERE b >= 0;
SELECT recorded('t');
SET parallel_leader_participation = off;
SELECT perfaudit.reset() \g /dev/null
SELECT count(*), max(filler) FROM t WHERE b >= 0;
SELECT recorded('t');
RESET parallel_leader_participation;
-- two gathers, rescans, in a function
SELECT perfaudit.reset() \g /dev/null
SELECT (SELECT count(*) FROM t WHERE b >= 0), (SELECT min(a) FROM t WHERE b >= 0);
SELECT recorded('t');
CREATE FUNCTION in_parallel() RETURNS bigint LANGUAGE plpgsql AS $$ BEGIN RETURN (SELECT count(*) FROM t WHERE b >= 0); END $$;
SELECT perfaudit.reset() \g /dev/null
SELECT in_parallel(), in_parallel();
SELECT recorded('t') AS top, recorded('t', false) AS nested;
\set rel parts
SELECT perfaudit.reset() \g /dev/null
SELECT count(*) FROM parts WHERE b >= 0;
SELECT recorded('parts');
-- the plan was parallel
SELECT bool_or(n.type = 'Gather') AS parallel FROM perfaudit.plan_nodes n
JOIN perfaudit.statements s USING (queryid) WHERE s.query LIKE 'SELECT count(*) FROM parts%';
SELECT item, value FROM perfaudit.info WHERE item ~ 'workers' AND area = 'lost';
-- what the workers of EXPLAIN leave is nobody's, and takes nobody's place
SET parallel_leader_participation = off;
DO $$ BEGIN
    FOR i IN 1..20 LOOP
        EXECUTE 'EXPLAIN (ANALYZE, TIMING off, SUMMARY off) SELECT count(*) FROM t WHERE b >= 0' || repeat(' AND b >= 0', i);
    END LOOP;
END $$;
\set rel t
SELECT perfaudit.reset() \g /dev/null
SELECT count(*) FROM t WHERE b >= 0;
SELECT recorded('t');
RESET parallel_leader_participation;
