-- Nested statements: who called them and how, their own time, nothing counted twice.
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS perfaudit;
RESET client_min_messages;
CREATE SCHEMA nested;
SET search_path = nested;
CREATE TABLE t (id int PRIMARY KEY, n int);
INSERT INTO t SELECT i, i % 10 FROM generate_series(1, 100) i;
CREATE TABLE log (id int);
VACUUM ANALYZE t;
-- what is recorded, without what looks
CREATE FUNCTION plain(query text) RETURNS text LANGUAGE sql IMMUTABLE AS $$SELECT regexp_replace(query, '\$[0-9]+', '$', 'g')$$;
CREATE VIEW seen AS
SELECT toplevel, plain(query) AS query, queryids, calls, errors, rows, total_exec_time, self_exec_time,
       parent_queryid, plain(parent_query) AS parent_query, invoked_by, several_parents
FROM perfaudit.statements WHERE database = current_database() AND query !~ 'perfaudit|\mseen\M';
\set show 'SELECT query, calls, rows, parent_query, invoked_by AS by, several_parents AS several FROM seen WHERE NOT toplevel ORDER BY query COLLATE "C";'
-- Time is spent once: what statements took by themselves is what those took that nobody called.
\set once 'SELECT bool_and(self_exec_time >= 0 AND self_exec_time <= total_exec_time) AS within, abs(sum(self_exec_time) - sum(total_exec_time) FILTER (WHERE parent_queryid IS NULL)) < 1e-6 AS once, bool_and(toplevel = (invoked_by IS NULL) AND toplevel = (several_parents IS NULL)) AS known FROM seen;'
-- Each that calls took as long as those that it alone called.
\set sums 'SELECT count(*) > 0 AS some, bool_and(abs(p.total_exec_time - p.self_exec_time - c.total) < 1e-6) AS exact FROM seen p JOIN (SELECT parent_queryid, sum(total_exec_time) AS total FROM seen WHERE NOT several_parents GROUP BY 1) c ON c.parent_queryid = ANY (p.queryids) WHERE NOT EXISTS (SELECT FROM seen s WHERE s.several_parents);'

CREATE FUNCTION leaf(k int) RETURNS bigint LANGUAGE plpgsql AS $$ BEGIN RETURN (SELECT count(*) FROM nested.t WHERE n = k); END $$;
CREATE FUNCTION middle(k int) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE x bigint; BEGIN
    SELECT leaf(k) + leaf(k + 1) INTO x FROM t WHERE id = 1;
    PERFORM id FROM t WHERE id = k;
    RETURN x;
END $$;

--
-- Functions
--
\o /dev/null
SELECT perfaudit.reset();
SELECT middle(1);
SELECT middle(2);
\o
:show
:once
:sums
-- one function, two callers
\o /dev/null
SELECT perfaudit.reset();
SELECT leaf(1);
SELECT leaf(1), 'otherwise';
\o
:show
:once
-- of SQL: inlined, there is no statement; not inlined, there is one
CREATE FUNCTION inlined(k int) RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT k + 1';
CREATE FUNCTION set_of(k int) RETURNS SETOF int LANGUAGE sql STABLE AS 'SELECT id FROM t WHERE n = k';
CREATE FUNCTION not_inlined(k int) RETURNS int LANGUAGE sql VOLATILE AS 'INSERT INTO log VALUES (k); SELECT id + k FROM t WHERE id = k; SELECT count(*)::int FROM t WHERE id < k';
\o /dev/null
SELECT perfaudit.reset();
SELECT inlined(id) FROM t WHERE id < 4;
SELECT count(*) FROM set_of(3);
SELECT not_inlined(id) FROM t WHERE id < 4;
\o
:show
:once
:sums
-- recursion: it calls itself
CREATE FUNCTION again(k int) RETURNS int LANGUAGE plpgsql AS $$
DECLARE x int := 0; BEGIN
    IF k > 0 THEN EXECUTE 'SELECT again($1) + 1 FROM t WHERE id = 1' INTO x USING k - 1; END IF;
    RETURN x;
END $$;
\o /dev/null
SELECT perfaudit.reset();
SELECT again(5);
\o
:show
:once
-- cursors in functions, loops that are left early, RETURN QUERY
CREATE FUNCTION cursors() RETURNS SETOF int LANGUAGE plpgsql AS $$
DECLARE c CURSOR FOR SELECT id, leaf(id) FROM t WHERE id <= 20 ORDER BY id; r record; BEGIN
    OPEN c;
    FETCH c INTO r; FETCH c INTO r; MOVE c; CLOSE c;
    FOR r IN SELECT id, middle(3) FROM t WHERE id <= 5 ORDER BY id LOOP EXIT WHEN r.id = 1; END LOOP;
    RETURN QUERY SELECT id FROM t WHERE id <= 7;
END $$;
\o /dev/null
SELECT perfaudit.reset();
SELECT cursors();
\o
:show
:once
-- a cursor that outlives the function that opened it
CREATE FUNCTION opens() RETURNS refcursor LANGUAGE plpgsql AS $$ DECLARE c refcursor := 'opened'; BEGIN OPEN c FOR SELECT id FROM t WHERE n = 4 ORDER BY id; RETURN c; END $$;
\o /dev/null
SELECT perfaudit.reset();
BEGIN;
SELECT opens();
FETCH 3 FROM opened;
SELECT leaf(9);
CLOSE opened;
COMMIT;
\o
:show
SELECT bool_and(self_exec_time = total_exec_time) AS itself FROM seen WHERE query ~ 'opens|n = . ORDER';
-- what a statement's start runs, to choose partitions, is no client's
CREATE TABLE parted (a int) PARTITION BY LIST (a);
CREATE TABLE parted_1 PARTITION OF parted FOR VALUES IN (1);
CREATE TABLE parted_2 PARTITION OF parted FOR VALUES IN (2);
CREATE FUNCTION which() RETURNS int STABLE LANGUAGE plpgsql AS $$ BEGIN RETURN (SELECT min(id) FROM t WHERE id > 0); END $$;
\o /dev/null
SELECT perfaudit.reset();
SELECT * FROM parted WHERE a = which();
\o
SELECT toplevel, query, invoked_by FROM seen ORDER BY toplevel, query COLLATE "C";
-- also when it fails there
CREATE FUNCTION which_fails() RETURNS int STABLE LANGUAGE plpgsql AS $$ BEGIN RETURN (SELECT 1 / (min(id) - current_setting('nested.fails')::int) FROM t WHERE id > 0); END $$;
\o /dev/null
SELECT perfaudit.reset();
SET nested.fails = 2;
PREPARE chooses AS SELECT * FROM parted WHERE a = which_fails();
EXECUTE chooses;
SET nested.fails = 1;
\set VERBOSITY terse
EXECUTE chooses;
\set VERBOSITY default
SELECT count(*) FROM parted;
DO $$ BEGIN
    BEGIN EXECUTE 'EXECUTE chooses'; EXCEPTION WHEN division_by_zero THEN PERFORM FROM parted; END;
    PERFORM a FROM parted;
END $$;
SELECT max(a) FROM parted;
\o
SELECT toplevel, query, calls, errors, parent_query, invoked_by FROM seen WHERE calls > 0 AND query ~ 'FROM parted' ORDER BY toplevel, query COLLATE "C";
DEALLOCATE chooses;

--
-- Errors
--
CREATE FUNCTION caught(k int) RETURNS int LANGUAGE plpgsql AS $$
BEGIN
    PERFORM 1 / (id - k) FROM t WHERE id <= k;
    RETURN 0;
EXCEPTION WHEN division_by_zero THEN
    PERFORM leaf(id) FROM t WHERE id < 3;
    RETURN 1;
END $$;
CREATE FUNCTION broken_loop() RETURNS int LANGUAGE plpgsql AS $$
DECLARE r record; BEGIN
    FOR r IN SELECT id, leaf(id) FROM t LOOP PERFORM 1 / (r.id - 2); END LOOP;
    RETURN 0;
EXCEPTION WHEN division_by_zero THEN RETURN 1;
END $$;
\o /dev/null
SELECT perfaudit.reset();
SELECT caught(5);
SELECT broken_loop();
SELECT leaf(1), 1 / (id - 3) FROM t WHERE id <= 3;
SELECT count(*) FROM t WHERE id = 3;
\o
SELECT query, calls, errors, parent_query, invoked_by AS by, several_parents AS several FROM seen WHERE NOT toplevel ORDER BY query COLLATE "C";
SELECT bool_and(self_exec_time >= 0 AND self_exec_time <= total_exec_time) AS within,
       sum(self_exec_time) <= sum(total_exec_time) FILTER (WHERE toplevel) + 1e-6 AS once FROM seen WHERE query !~ 'leaf\(\$\), ';
-- after them all is as before
\o /dev/null
SELECT perfaudit.reset();
SELECT middle(1);
\o
:show
:once
:sums

--
-- Triggers
--
CREATE TABLE watched (id int, done bool);
CREATE FUNCTION on_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM leaf(NEW.id) FROM t WHERE id = NEW.id;
    RETURN NEW;
END $$;
CREATE TRIGGER before_change BEFORE INSERT ON watched FOR EACH ROW EXECUTE FUNCTION on_change();
CREATE FUNCTION after_change() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN UPDATE watched SET done = id IS NOT NULL WHERE id = NEW.id; RETURN NULL; END $$;
CREATE TRIGGER after_change AFTER INSERT ON watched FOR EACH ROW EXECUTE FUNCTION after_change();
CREATE FUNCTION after_update() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN INSERT INTO log SELECT count(*) FROM watched; RETURN NULL; END $$;
CREATE TRIGGER after_update AFTER UPDATE ON watched FOR EACH STATEMENT EXECUTE FUNCTION after_update();
\o /dev/null
SELECT perfaudit.reset();
INSERT INTO watched VALUES (1), (2), (3);
\o
:show
:once
:sums
\o /dev/null
SELECT perfaudit.reset();
COPY watched (id) FROM STDIN;
4
5
\.
WITH added AS (INSERT INTO watched VALUES (6) RETURNING id) SELECT id FROM added;
\o
:show
:once

--
-- Foreign keys.  The referenced table has partitions: of others PostgreSQL 19 checks new rows without a query.
--
CREATE TABLE owners (id int PRIMARY KEY) PARTITION BY RANGE (id);
CREATE TABLE owners_1 PARTITION OF owners FOR VALUES FROM (1) TO (100);
INSERT INTO owners SELECT generate_series(1, 20);
CREATE TABLE things (id int PRIMARY KEY, owner int REFERENCES owners ON DELETE CASCADE ON UPDATE CASCADE);
CREATE TABLE parts (id int, thing int REFERENCES things ON DELETE CASCADE);
CREATE FUNCTION before_delete() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM FROM t WHERE id = OLD.id; RETURN OLD; END $$;
CREATE TRIGGER before_delete BEFORE DELETE ON parts FOR EACH ROW EXECUTE FUNCTION before_delete();
\set keys 'SELECT CASE WHEN query ~ ''FOR KEY SHARE'' THEN ''check'' WHEN query ~ ''^DELETE.*things'' THEN ''cascade to things'' WHEN query ~ ''^DELETE.*parts'' THEN ''cascade to parts'' ELSE query END AS what, calls, rows, parent_query, invoked_by AS by, several_parents AS several FROM perfaudit.statements WHERE NOT toplevel AND query ~ ''nested|OLD'' AND query !~ ''perfaudit'' ORDER BY 1;'
\o /dev/null
SELECT perfaudit.reset();
INSERT INTO things SELECT i, i FROM generate_series(1, 5) i;
\o
:keys
\o /dev/null
INSERT INTO parts SELECT i, i FROM generate_series(1, 5) i;
SELECT perfaudit.reset();
DELETE FROM owners WHERE id <= 2;
\o
:keys
SELECT bool_and(self_exec_time >= 0 AND self_exec_time <= total_exec_time) AS within,
       abs(sum(self_exec_time) - sum(total_exec_time) FILTER (WHERE toplevel)) < 1e-6 AS once
FROM perfaudit.statements WHERE database = current_database() AND query ~ 'owners|things|parts|OLD' AND query !~ 'perfaudit';
-- what a new constraint reads
\o /dev/null
SELECT perfaudit.reset();
ALTER TABLE parts ADD CONSTRAINT second FOREIGN KEY (id) REFERENCES things;
\o
SELECT invoked_by, parent_query FROM perfaudit.statements WHERE NOT toplevel AND query ~ 'LEFT OUTER JOIN' AND query !~ 'perfaudit';

--
-- Deferred to the end of the transaction: no client has sent it, no statement is left that has called it.
--
SET perfaudit.burst_gap = '60s';
SET perfaudit.unit = 'deferred';
CREATE TABLE late (id int, owner int REFERENCES owners DEFERRABLE INITIALLY DEFERRED);
CREATE FUNCTION at_commit() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM n FROM t WHERE id = NEW.id;
    CREATE TEMP TABLE IF NOT EXISTS made (a int);
    EXECUTE 'SELECT 1 / 0 FROM t WHERE n = 3';
    RETURN NULL;
EXCEPTION WHEN division_by_zero THEN RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER at_commit AFTER INSERT ON late DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION at_commit();
\set late 'SELECT toplevel, CASE WHEN query ~ ''FOR KEY SHARE'' THEN ''check'' ELSE query END AS what, calls, errors, parent_query, invoked_by AS by FROM perfaudit.statements WHERE query !~ ''perfaudit|CREATE TABLE|nextval'' AND (NOT toplevel OR query ~ ''late|CONSTRAINTS'') ORDER BY toplevel, query COLLATE "C";'
SET client_min_messages = warning;
\o /dev/null
SELECT perfaudit.reset();
BEGIN;
SELECT id FROM owners WHERE id > 2 ORDER BY id LIMIT 15;
INSERT INTO late SELECT i, i FROM generate_series(3, 17) i;
COMMIT;
-- and at the end of a statement's own transaction
INSERT INTO late VALUES (18, 18);
\o
:late
SELECT statements_max FROM perfaudit.units WHERE database = current_database() AND scope = 'transaction';
SELECT count(*) AS repeats FROM perfaudit.repeats;
-- called by the statement that wants it now
\o /dev/null
SELECT perfaudit.reset();
BEGIN;
INSERT INTO late VALUES (19, 19);
SET CONSTRAINTS ALL IMMEDIATE;
COMMIT;
\o
:late
RESET perfaudit.unit;

--
-- Utility statements
--
CREATE PROCEDURE commits() LANGUAGE plpgsql AS $$
DECLARE r record; BEGIN
    FOR r IN SELECT id, leaf(id) FROM t WHERE id <= 3 ORDER BY id LOOP
        INSERT INTO log VALUES (r.id);
        COMMIT;
    END LOOP;
    CALL inner_one(1);
    ROLLBACK;
END $$;
CREATE PROCEDURE inner_one(k int) LANGUAGE plpgsql AS $$ BEGIN PERFORM n FROM t WHERE id = k; END $$;
\o /dev/null
SELECT perfaudit.reset();
CALL commits();
DO $$ BEGIN PERFORM leaf(5); END $$;
\o
:show
SELECT query, calls FROM seen WHERE toplevel AND query ~ '^(CALL|DO)' ORDER BY query COLLATE "C";
:once
-- EXECUTE, also in a function; DECLARE and FETCH; a cursor that is held
PREPARE p AS SELECT leaf(id) FROM t WHERE id <= 2;
CREATE FUNCTION executes() RETURNS void LANGUAGE plpgsql AS $$ BEGIN EXECUTE 'EXECUTE p'; END $$;
\o /dev/null
SELECT perfaudit.reset();
EXECUTE p;
SELECT executes();
BEGIN;
DECLARE plain CURSOR FOR SELECT id, leaf(id) FROM t WHERE id <= 6 ORDER BY id;
FETCH 2 FROM plain;
FETCH 2 FROM plain;
CLOSE plain;
DECLARE held CURSOR WITH HOLD FOR SELECT leaf(id), id FROM t WHERE id <= 4 ORDER BY id;
COMMIT;
FETCH 3 FROM held;
CLOSE held;
DO $$ DECLARE c refcursor := 'mine'; r record; BEGIN EXECUTE 'DECLARE mine CURSOR FOR SELECT n, leaf(n) FROM t WHERE id = 8'; FETCH c INTO r; CLOSE c; END $$;
\o
SELECT toplevel, regexp_replace(query, '^DECLARE .* FOR ', '') AS query, sum(calls) AS calls, sum(rows) AS rows, min(regexp_replace(parent_query, '^DECLARE .* FOR ', '')) AS parent_query, min(invoked_by) AS by
FROM seen WHERE query ~ 'leaf' AND query !~ '^(DO|PREPARE|CREATE)' GROUP BY 1, 2 ORDER BY 1, min(query) COLLATE "C";
SELECT calls, parent_query IS NOT NULL AS called, several_parents AS several FROM seen WHERE query ~ 'count.*n = k';
:once
-- what makes tables: since 18 their query is a statement of its own inside
\o /dev/null
SELECT perfaudit.reset();
CREATE TABLE made_of AS SELECT id, leaf(id) AS l FROM t WHERE id <= 5;
CREATE TABLE made_by AS EXECUTE p;
CREATE MATERIALIZED VIEW matter AS SELECT n, count(*), leaf(n) AS l FROM t WHERE id <= 30 GROUP BY n;
REFRESH MATERIALIZED VIEW matter;
COPY (SELECT n, leaf(n) FROM t WHERE id <= 3) TO STDOUT;
SELECT leaf(id) INTO made_into FROM t WHERE id <= 4;
\o
SELECT query, calls, rows, total_exec_time > self_exec_time AS inside FROM seen WHERE toplevel ORDER BY query COLLATE "C";
SELECT bool_and(invoked_by = 'utility') AS utility, bool_and(parent_query ~ '^(CREATE|REFRESH|COPY|SELECT.*INTO)') AS theirs FROM seen WHERE NOT toplevel AND query !~ 'n = k';
SELECT calls, rows, several_parents AS several FROM seen WHERE query ~ 'n = k';
:once
-- EXPLAIN ANALYZE is no workload, and ends well
\o /dev/null
SELECT perfaudit.reset();
EXPLAIN (ANALYZE, COSTS OFF, TIMING OFF, SUMMARY OFF) SELECT middle(4);
DO $$ DECLARE x text; BEGIN EXECUTE 'EXPLAIN (ANALYZE) SELECT middle(4)' INTO x; PERFORM leaf(2); END $$;
\o
:show
:once

--
-- Parallel workers: what functions run in them is not recorded, and the leader's time is its own
--
SET parallel_setup_cost = 0;
SET parallel_tuple_cost = 0;
SET min_parallel_table_scan_size = 0;
SET max_parallel_workers_per_gather = 2;
CREATE FUNCTION in_parallel() RETURNS bigint LANGUAGE plpgsql AS $$ BEGIN RETURN (SELECT count(*) FROM t WHERE n > 2); END $$;
CREATE FUNCTION one_of_many(k int) RETURNS bigint LANGUAGE plpgsql PARALLEL SAFE AS $$ BEGIN RETURN (SELECT min(id) FROM t WHERE id = k); END $$;
\o /dev/null
SELECT perfaudit.reset();
SELECT in_parallel();
SELECT sum(one_of_many(id)) FROM t;
\o
SELECT query, parent_query FROM seen WHERE NOT toplevel AND query !~ 'min';
SELECT coalesce(sum(calls), 0) <= 100 AS at_most FROM seen WHERE query ~ 'min' AND NOT toplevel;
:once
RESET max_parallel_workers_per_gather;

--
-- Switches: without nested statements time is a statement's own; callers that are not recorded are none
--
SET perfaudit.track_nested = off;
\o /dev/null
SELECT perfaudit.reset();
SELECT middle(1);
\o
SELECT toplevel, query, self_exec_time = total_exec_time AS itself FROM seen ORDER BY 2;
RESET perfaudit.track_nested;
SET perfaudit.track_utility = off;
\o /dev/null
SELECT perfaudit.reset();
DO $$ BEGIN PERFORM leaf(5); END $$;
\o
:show
RESET perfaudit.track_utility;

--
-- Others' texts: a function that runs as its owner is called by another role
--
CREATE ROLE regress_perfaudit_nested;
GRANT USAGE ON SCHEMA nested TO regress_perfaudit_nested;
GRANT SELECT ON t, seen TO regress_perfaudit_nested;
CREATE FUNCTION as_owner() RETURNS bigint LANGUAGE plpgsql SECURITY DEFINER AS $$ BEGIN RETURN (SELECT sum(n) FROM t WHERE id < 9); END $$;
ALTER FUNCTION as_owner() OWNER TO regress_perfaudit_nested;
\o /dev/null
SELECT perfaudit.reset();
SELECT as_owner();
\o
SELECT query, parent_queryid IS NOT NULL AS id, parent_query, invoked_by FROM seen WHERE NOT toplevel;
SET ROLE regress_perfaudit_nested;
SELECT query, parent_queryid, parent_query, invoked_by, several_parents FROM seen WHERE NOT toplevel;
RESET ROLE;
DROP FUNCTION as_owner();
DROP OWNED BY regress_perfaudit_nested;
DROP ROLE regress_perfaudit_nested;
DROP VIEW seen;
