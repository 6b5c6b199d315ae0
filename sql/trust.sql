-- What another role wrote is never run as the one who asks for advice or explanation.
-- Each function tells by a message, which is sent whatever is rolled back.
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS perfaudit;
RESET client_min_messages;
SET perfaudit.judge_time = 0;
SET perfaudit.large_table_rows = 1000;
CREATE SCHEMA trust;
CREATE ROLE regress_perfaudit_owner;
GRANT USAGE, CREATE ON SCHEMA trust TO regress_perfaudit_owner;
SET search_path = trust, public;
SELECT perfaudit.reset() IS NOT NULL AS reset;
SET ROLE regress_perfaudit_owner;
CREATE FUNCTION tell(id int) RETURNS void LANGUAGE plpgsql SET client_min_messages = notice AS $$
BEGIN
    IF (SELECT rolsuper FROM pg_roles WHERE rolname = current_user) AND current_setting('trust.tell', true) = 'on' THEN
        RAISE NOTICE 'ran as superuser: %', id;
    END IF;
END $$;

-- in the index that a finding suggests
CREATE FUNCTION lowered(x text) RETURNS text IMMUTABLE LANGUAGE plpgsql AS $$
BEGIN
    PERFORM trust.tell(1);
    RETURN lower(x);
END $$;
CREATE TABLE t AS SELECT i AS id, 'V' || i AS v FROM generate_series(1, 5000) i;
ANALYZE t;
\o /dev/null
SELECT 'SELECT id FROM t WHERE trust.lowered(v) = ''v17''' FROM generate_series(1, 6) \gexec
\o

-- in the estimates and statistics of a range
CREATE FUNCTION difference(a float8, b float8) RETURNS float8 IMMUTABLE LANGUAGE plpgsql AS $$
BEGIN
    PERFORM trust.tell(3);
    RETURN a - b;
END $$;
CREATE TYPE span AS RANGE (subtype = float8, subtype_diff = trust.difference);
CREATE TABLE spans AS SELECT i AS id, span(i, i + 1) AS r FROM generate_series(1, 30000) i;
ANALYZE spans;
\o /dev/null
SELECT 'SELECT id FROM spans WHERE (r * ''[0,1000000]''::span) && ''[77,78)''::span' FROM generate_series(1, 20) \gexec
\o

-- in what is planned for findings
CREATE FUNCTION moody(x int) RETURNS int IMMUTABLE LANGUAGE plpgsql AS $$
BEGIN
    IF current_setting('trust.moody', true) = 'on' THEN
        RAISE EXCEPTION 'moody' USING ERRCODE = 'query_canceled';
    END IF;
    RETURN x;
END $$;
\o /dev/null
SELECT 'SELECT v FROM t WHERE id < trust.moody(17)' FROM generate_series(1, 6) \gexec
SELECT 'SELECT v FROM t WHERE id < 17' FROM generate_series(1, 6) \gexec
\o

-- in the predicate of an index of a partition
CREATE FUNCTION hidden(x int) RETURNS int IMMUTABLE LANGUAGE plpgsql AS $$
BEGIN
    PERFORM trust.tell(5);
    RETURN x;
END $$;
CREATE TABLE parts (id int, k int, s text) PARTITION BY RANGE (id);
CREATE TABLE parts_1 PARTITION OF parts FOR VALUES FROM (0) TO (20000);
INSERT INTO parts SELECT i, i, 'x' FROM generate_series(1, 12000) i;
CREATE INDEX parts_1_hidden ON parts_1 (id) WHERE trust.hidden(1) = 1;
ANALYZE parts;
\o /dev/null
SELECT 'SELECT s FROM parts WHERE k = 17' FROM generate_series(1, 6) \gexec
\o
RESET ROLE;
\o /dev/null
SELECT 'SELECT id FROM spans WHERE r && ''[77,78)''::span' FROM generate_series(1, 20) \gexec
\o
-- what a superuser runs himself is his own affair: only what comes from here on counts
\c -
SET trust.tell = on;
SET search_path = trust, public;
SET perfaudit.judge_time = 0;
SET perfaudit.large_table_rows = 1000;
SELECT count(*) > 0 AS suggested FROM perfaudit.findings WHERE suggestion ~ 'lowered' AND username = 'regress_perfaudit_owner';
SELECT count(*) > 0 AS explained FROM perfaudit.findings f, LATERAL perfaudit.explain(f.finding_id) WHERE relation::text ~ '^(t|spans)$';
SELECT count(*) AS planned_again FROM perfaudit.judged_statements s, LATERAL perfaudit.plan_again(s.userid, s.toplevel, s.shape, ARRAY['CREATE INDEX ON trust.parts (k) WHERE id > 5']) a
WHERE s.query ~ 'FROM parts' AND a.cost_after IS NOT NULL;
SET trust.moody = on;
-- nor as the role that wrote it for who asks for findings only: it could fail, never end or lock
SELECT cost > 0 AS planned, skipped FROM perfaudit.planned_now((SELECT userid FROM perfaudit.judged_statements WHERE query ~ 'FROM parts'), true, (SELECT shape FROM perfaudit.judged_statements WHERE query ~ 'FROM parts'));
SELECT s.query, p.cost > 0 AS planned, p.skipped FROM perfaudit.judged_statements s, LATERAL perfaudit.planned_now(s.userid, s.toplevel, s.shape) p
WHERE s.query ~ '^SELECT v FROM t ' ORDER BY s.query COLLATE "C";
RESET trust.moody;
SET ROLE regress_perfaudit_owner;
SELECT s.query, p.cost > 0 AS planned, p.skipped FROM perfaudit.judged_statements s, LATERAL perfaudit.planned_now(s.userid, s.toplevel, s.shape) p
WHERE s.query ~ '^SELECT v FROM t ' ORDER BY s.query COLLATE "C";
RESET ROLE;
-- nor does what it raises end a run of advice
SET trust.moody = on;
SELECT count(*) > 0 AS advised FROM perfaudit.suggest_indexes(max_ms => 60000);
RESET trust.moody;

-- nor in advice on a superuser's own query, be it in the query, in the table's index or in a type
SELECT count(*) FILTER (WHERE action = 'create') AS advised, min(evidence->'skipped'->0->>'reason') AS reason
FROM perfaudit.suggest_indexes_for('SELECT id FROM trust.t WHERE v = trust.lowered(''V17'')');
SELECT count(*) FILTER (WHERE action = 'create') AS advised, min(evidence->'skipped'->0->>'reason') AS reason
FROM perfaudit.suggest_indexes_for('SELECT s FROM trust.parts WHERE k = 17');
SELECT count(*) FILTER (WHERE action = 'create') AS advised, min(evidence->'skipped'->0->>'reason') AS reason
FROM perfaudit.suggest_indexes_for('SELECT id FROM trust.spans WHERE r && ''[77,78)''::trust.span');
-- of built-in functions and a table of nobody else's he has it
CREATE TABLE own AS SELECT i AS id, 'V' || i AS v, repeat('x', 100) AS filler FROM generate_series(1, 20000) i;
ANALYZE own;
SELECT ddl FROM perfaudit.suggest_indexes_for('SELECT id FROM trust.own WHERE v = upper(''v17'')') WHERE action = 'create';
-- the owner of those functions, too, who is told when they run, and never as a superuser
SET ROLE regress_perfaudit_owner;
SELECT count(*) FILTER (WHERE action = 'create') AS advised, min(evidence->'skipped'->0->>'reason') AS reason
FROM perfaudit.suggest_indexes_for('SELECT id FROM trust.t WHERE v = trust.lowered(''V17'')');
RESET ROLE;
-- the message does come
SELECT trust.lowered('V');

SELECT perfaudit.reset() IS NOT NULL AS reset;
SET client_min_messages = warning;
DROP SCHEMA trust CASCADE;
DROP ROLE regress_perfaudit_owner;
