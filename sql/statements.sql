-- Statements: calls, rows, plans, nesting, utility statements, cursors.
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS perfaudit;
RESET client_min_messages;
CREATE SCHEMA statements;
SET search_path = statements;
CREATE TABLE t (id int PRIMARY KEY, n int);
INSERT INTO t SELECT i, i % 10 FROM generate_series(1, 100) i;
ANALYZE t;
\set statements 'SELECT toplevel, operation, calls, errors, rows, query FROM perfaudit.statements WHERE query !~ ''perfaudit'' ORDER BY toplevel, query COLLATE "C";'
\o /dev/null

-- calls and rows by operation
SELECT perfaudit.reset();
SELECT * FROM t WHERE n = 1;
SELECT * FROM t WHERE n = 2;
SELECT * FROM t WHERE n = 99;
INSERT INTO t VALUES (101, 1), (102, 2);
UPDATE t SET n = 1 WHERE id > 100;
DELETE FROM t WHERE id > 100;
MERGE INTO t USING (SELECT 5 AS id) s ON t.id = s.id WHEN MATCHED THEN UPDATE SET n = 5;
INSERT INTO t VALUES (1, 1) ON CONFLICT DO NOTHING;
DELETE FROM t WHERE id = 0 RETURNING id;
WITH changed AS (UPDATE t SET n = n WHERE id <= 3 RETURNING id) SELECT count(*) FROM changed;
\o
:statements
SELECT bool_and(database = current_database() AND username = current_user AND queryid IS NOT NULL
                AND first_seen <= last_seen AND total_exec_time >= max_exec_time AND max_exec_time >= min_exec_time
                AND mean_exec_time > 0 AND p50_exec_time <= p95_exec_time AND p95_exec_time <= p99_exec_time
                AND p99_exec_time <= max_exec_time AND hour_calls + previous_hour_calls = calls) AS sound
FROM perfaudit.statements WHERE query ~ '\mt\M' AND query !~ 'perfaudit';

-- planned each time, or not at all once the plan is generic
\o /dev/null
SELECT perfaudit.reset();
SELECT id FROM t WHERE n = 1 AND id < 50;
SELECT id FROM t WHERE n = 2 AND id < 60;
PREPARE custom(int) AS SELECT n FROM t WHERE id = $1;
SET plan_cache_mode = force_custom_plan;
SELECT format('EXECUTE custom(%s)', i) FROM generate_series(1, 7) i \gexec
PREPARE generic(int) AS SELECT n, id FROM t WHERE id = $1;
SET plan_cache_mode = force_generic_plan;
SELECT format('EXECUTE generic(%s)', i) FROM generate_series(1, 7) i \gexec
RESET plan_cache_mode;
PREPARE cliff(int) AS SELECT id, n FROM t WHERE id = $1;
SELECT format('EXECUTE cliff(%s)', i) FROM generate_series(1, 8) i \gexec
\o
SELECT calls, rows, plans, generic_calls, custom_calls, total_plan_time > 0 AS planned, query
FROM perfaudit.statements WHERE query ~ 'FROM t WHERE' AND query !~ 'perfaudit' ORDER BY query COLLATE "C";
DEALLOCATE ALL;

-- nested and top level are told apart
CREATE FUNCTION two_queries(k int) RETURNS bigint LANGUAGE plpgsql AS $$
BEGIN
    PERFORM id FROM t WHERE n = k;
    RETURN (SELECT count(*) FROM t WHERE n = k);
END $$;
CREATE FUNCTION by_sql(k int) RETURNS bigint LANGUAGE sql AS 'SELECT count(*) FROM t WHERE id > k' SET work_mem = '1MB';
CREATE FUNCTION on_change() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM FROM t WHERE id = NEW.id; RETURN NULL; END $$;
CREATE TABLE watched (id int);
CREATE TRIGGER watch AFTER INSERT ON watched FOR EACH ROW EXECUTE FUNCTION on_change();
\o /dev/null
SELECT perfaudit.reset();
SELECT two_queries(1);
SELECT two_queries(2), by_sql(3);
SELECT count(*) FROM t WHERE n = 1;
INSERT INTO watched VALUES (1), (2), (3);
DO $$ BEGIN FOR i IN 1..4 LOOP PERFORM i FROM t WHERE id = i; END LOOP; END $$;
\o
:statements
-- perfaudit.track_nested
SET perfaudit.track_nested = off;
\o /dev/null
SELECT perfaudit.reset();
SELECT two_queries(1);
INSERT INTO watched VALUES (1), (2), (3);
\o
:statements
RESET perfaudit.track_nested;

-- utility statements
CREATE PROCEDURE nothing() LANGUAGE plpgsql AS 'BEGIN END';
\o /dev/null
SELECT perfaudit.reset();
BEGIN;
SAVEPOINT a;
CREATE TABLE made (id int);
COPY made FROM PROGRAM 'printf "1\n2\n3\n"';
CREATE TABLE made_of AS SELECT * FROM t WHERE id <= 7;
SELECT id INTO made_into FROM t WHERE id <= 8;
CREATE INDEX made_index ON made (id);
TRUNCATE made;
SET LOCAL work_mem = '2MB';
SHOW work_mem;
COMMIT;
VACUUM t;
DROP TABLE made, made_of, made_into;
CALL nothing();
\o
SELECT calls, errors, query FROM perfaudit.statements
WHERE toplevel AND operation = 'utility' AND query !~ 'perfaudit' ORDER BY query COLLATE "C";
SELECT rows FROM perfaudit.statements WHERE query LIKE 'COPY%';
-- perfaudit.track_utility
SET perfaudit.track_utility = off;
\o /dev/null
SELECT perfaudit.reset();
BEGIN;
SHOW work_mem;
CREATE TABLE made_of AS SELECT * FROM t WHERE id <= 7;
SELECT count(*) FROM made_of;
COMMIT;
DROP TABLE made_of;
\o
SELECT calls, rows, query FROM perfaudit.statements WHERE toplevel AND query !~ 'perfaudit';
RESET perfaudit.track_utility;

-- a cursor is one call of its query, with the rows fetched
\o /dev/null
SELECT perfaudit.reset();
BEGIN;
DECLARE fetched CURSOR FOR SELECT id FROM t ORDER BY id;
FETCH 10 FROM fetched;
FETCH 20 FROM fetched;
MOVE 5 FROM fetched;
CLOSE fetched;
COMMIT;
PREPARE executed(int) AS SELECT n FROM t WHERE id < $1;
EXECUTE executed(11);
EXECUTE executed(21);
DEALLOCATE executed;
DO $$
DECLARE c CURSOR FOR SELECT n FROM t WHERE id < 31; r record; BEGIN
    OPEN c; FETCH c INTO r; FETCH c INTO r; CLOSE c;
    FOR r IN SELECT n + 1 FROM t WHERE id < 41 LOOP EXIT WHEN r IS NULL; END LOOP;
END $$;
\o
SELECT toplevel, sum(calls) AS calls, sum(rows) AS rows FROM perfaudit.statements WHERE query ~ 'SELECT id FROM t ORDER BY id' GROUP BY 1;
SELECT toplevel, calls, rows FROM perfaudit.statements WHERE query ~ 'n FROM t WHERE id < \$1' ORDER BY 1;
SELECT toplevel, calls FROM perfaudit.statements WHERE query ~ 'n \+ \$1 FROM t' ORDER BY 1;

-- EXPLAIN and what it runs is no workload; nor what is only prepared
\o /dev/null
SELECT perfaudit.reset();
EXPLAIN SELECT n, n FROM t WHERE id = 1;
EXPLAIN ANALYZE SELECT n, n FROM t WHERE id = 1;
EXPLAIN ANALYZE SELECT two_queries(1);
PREPARE never(int) AS SELECT n FROM t WHERE id <> $1;
EXPLAIN EXECUTE never(1);
EXPLAIN ANALYZE EXECUTE never(1);
\o
:statements

-- perfaudit.enabled
SET perfaudit.enabled = off;
\o /dev/null
SELECT perfaudit.reset();
SELECT * FROM t WHERE id = 1;
SELECT two_queries(1);
BEGIN;
COMMIT;
\o
:statements
SELECT item, value, advice FROM perfaudit.info WHERE item = 'enabled';
SET perfaudit.enabled = on;
SELECT count(*) FROM t WHERE id < 5;
:statements
-- switched off while a cursor is open, and on again
BEGIN;
DECLARE c CURSOR FOR SELECT id FROM t ORDER BY id;
FETCH 1 FROM c;
SET LOCAL perfaudit.enabled = off;
FETCH 1 FROM c;
SET LOCAL perfaudit.enabled = on;
FETCH 1 FROM c;
COMMIT;
SELECT count(*) FROM t WHERE id < 6;
SELECT calls, toplevel FROM perfaudit.statements WHERE query = 'SELECT count(*) FROM t WHERE id < $1';

-- what it says of itself
SELECT area, item, value, advice FROM perfaudit.info WHERE area IN ('prerequisite', 'not recorded') ORDER BY area, item;
SELECT count(*) AS impossible FROM perfaudit.info_facts() WHERE area IN ('memory', 'entries') AND value > capacity;
