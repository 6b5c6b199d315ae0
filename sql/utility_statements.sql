-- Utility statements that run statements: each is counted once, with its rows, at its level, and so is what runs inside it.
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS perfaudit;
RESET client_min_messages;
CREATE SCHEMA utility_statements;
SET search_path = utility_statements;
CREATE TABLE t (id int PRIMARY KEY, n int);
INSERT INTO t SELECT i, i % 10 FROM generate_series(1, 100) i;
CREATE TABLE log (id int);
-- its statement is counted once for each call, wherever that comes from
CREATE FUNCTION leaf(k int) RETURNS bigint LANGUAGE plpgsql AS $$ BEGIN RETURN (SELECT count(*) FROM utility_statements.t WHERE n = k); END $$;
CREATE PROCEDURE commits() LANGUAGE plpgsql AS $$
BEGIN
    FOR i IN 1 .. 3 LOOP INSERT INTO log VALUES (i); COMMIT; END LOOP;
    INSERT INTO log SELECT id FROM t WHERE id <= 5;
    ROLLBACK;
END $$;
CREATE PROCEDURE outermost() LANGUAGE plpgsql AS $$ BEGIN CALL commits(); PERFORM n FROM t WHERE id <= 4; COMMIT; CALL commits(); END $$;
CREATE VIEW seen AS
SELECT toplevel, regexp_replace(query, '^DECLARE .* FOR ', '') AS query, queryids, operation, calls, errors, rows, total_exec_time, self_exec_time, parent_queryid,
       regexp_replace(parent_query, '^DECLARE .* FOR ', '') AS parent_query, invoked_by, several_parents
FROM perfaudit.statements WHERE database = current_database() AND query !~ 'perfaudit|\mseen\M';
-- what clients have sent, and what ran inside; the query of one that makes a table is a statement of its own from 18 on
\set sent 'SELECT operation, calls, rows, query FROM seen WHERE toplevel ORDER BY query COLLATE "C";'
\set inside 'SELECT query, calls, rows, parent_query AS parent, invoked_by AS by, several_parents AS several FROM seen WHERE NOT toplevel AND invoked_by <> ''utility'' AND query !~ ''n = k'' ORDER BY query COLLATE "C";'
\set leaf 'SELECT calls, rows, errors FROM seen WHERE NOT toplevel AND query ~ ''n = k'';'
-- that one has its utility statement's rows, and there is no second one
\set own 'SELECT bool_and(c.calls = p.calls AND c.rows = p.rows AND NOT c.several_parents) IS NOT FALSE AS same, count(*) = count(DISTINCT p.queryids) AS single FROM seen c JOIN seen p ON p.toplevel AND c.parent_queryid = ANY (p.queryids) WHERE NOT c.toplevel AND c.invoked_by = ''utility'' AND c.query !~ ''pg_temp|n = k'';'
-- time is spent once
\set once 'SELECT bool_and(self_exec_time >= 0 AND self_exec_time <= total_exec_time) AS within, abs(sum(self_exec_time) - sum(total_exec_time) FILTER (WHERE toplevel)) < 1e-6 AS once, bool_and(toplevel = (invoked_by IS NULL)) AS known, sum(errors) AS errors FROM seen;'

--
-- What makes tables of queries
--
PREPARE p(int) AS SELECT id, leaf(id) AS l FROM t WHERE id <= $1;
\o /dev/null
SELECT perfaudit.reset();
CREATE TABLE made AS SELECT id FROM t WHERE id <= 7;
CREATE TABLE made_empty AS SELECT id, n FROM t WHERE id <= 7 WITH NO DATA;
SET client_min_messages = warning;
CREATE TABLE IF NOT EXISTS made AS SELECT n, id FROM t WHERE id <= 7;
RESET client_min_messages;
SELECT id, leaf(id) AS l INTO made_into FROM t WHERE id <= 6;
CREATE TABLE made_by AS EXECUTE p(5);
CREATE MATERIALIZED VIEW matter AS SELECT id, leaf(id) FROM t WHERE id <= 3;
\o
:sent
:inside
:leaf
:own
:once
\o /dev/null
CREATE UNIQUE INDEX ON matter (id);
SELECT perfaudit.reset();
REFRESH MATERIALIZED VIEW matter;
REFRESH MATERIALIZED VIEW matter;
REFRESH MATERIALIZED VIEW CONCURRENTLY matter;
\o
:sent
:inside
:leaf
:once

--
-- COPY
--
\o /dev/null
SELECT perfaudit.reset();
COPY log FROM STDIN;
1
2
3
\.
COPY t TO STDOUT;
COPY (SELECT id, leaf(id) FROM t WHERE id <= 4) TO STDOUT;
COPY (SELECT leaf(id), id FROM t WHERE id <= 4) TO STDOUT;
COPY (SELECT leaf(id), id FROM t WHERE id <= 2) TO STDOUT;
COPY (INSERT INTO log SELECT id FROM t WHERE id <= 8 RETURNING id) TO STDOUT;
\o
:sent
:inside
:leaf
:own
:once

--
-- Procedures that commit, alone, in one another and in DO
--
\o /dev/null
SELECT perfaudit.reset();
CALL commits();
CALL outermost();
DO $$ BEGIN PERFORM n FROM t WHERE id <= 9; CALL commits(); PERFORM leaf(1); END $$;
\o
:sent
:inside
:leaf
:once
-- one that fails in the middle: what was done before is counted
CREATE PROCEDURE fails() LANGUAGE plpgsql AS $$ BEGIN INSERT INTO log VALUES (1); COMMIT; PERFORM 1 / (id - 1) FROM t WHERE id = 1; COMMIT; END $$;
\set VERBOSITY terse
\o /dev/null
SELECT perfaudit.reset();
CALL fails();
DO $$ BEGIN CALL fails(); END $$;
\o
\set VERBOSITY default
SELECT toplevel, calls, errors, rows, query, parent_query, invoked_by FROM seen ORDER BY toplevel DESC, query COLLATE "C";

--
-- EXECUTE, and EXPLAIN ANALYZE, which is no workload
--
\o /dev/null
SELECT perfaudit.reset();
EXECUTE p(3);
EXECUTE p(2);
EXPLAIN (ANALYZE) SELECT leaf(1);
EXPLAIN (ANALYZE) EXECUTE p(2);
EXPLAIN (ANALYZE) CREATE TABLE made_explained AS SELECT id, leaf(id) FROM t WHERE id <= 2;
EXPLAIN SELECT leaf(1);
DO $$ DECLARE r record; BEGIN FOR r IN EXECUTE 'EXECUTE p(4)' LOOP END LOOP; END $$;
\o
:sent
:inside
:leaf
:once

--
-- Cursors: one execution each, of as many rows as were fetched or passed over
--
\o /dev/null
SELECT perfaudit.reset();
BEGIN;
DECLARE c CURSOR FOR SELECT id, leaf(id) FROM t ORDER BY id;
FETCH 3 FROM c;
FETCH 2 FROM c;
MOVE 4 FROM c;
CLOSE c;
DECLARE c CURSOR FOR SELECT id, leaf(id) FROM t ORDER BY id;
FETCH 1 FROM c;
COMMIT;
BEGIN;
DECLARE held CURSOR WITH HOLD FOR SELECT leaf(id), id FROM t WHERE id <= 12;
COMMIT;
FETCH ALL FROM held;
CLOSE held;
\o
:sent
:inside
:leaf
:once
SET client_min_messages = warning;
DROP SCHEMA utility_statements CASCADE;
