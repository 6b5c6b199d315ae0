-- A plan that a backend has seen is known again, but never taken for a new one.
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS perfaudit;
RESET client_min_messages;
CREATE SCHEMA plan_changes;
SET search_path = plan_changes;
SET enable_bitmapscan = off;
SET enable_indexonlyscan = off;
CREATE TABLE places AS SELECT i AS id, i % 10 AS kind, 'place' AS name FROM generate_series(1, 2000) i;
CREATE INDEX places_id ON places (id);
VACUUM ANALYZE places;

-- each way 40 times by index, 3 by sequential scan, 5 by index, 2 by sequential scan
CREATE VIEW seen AS
SELECT s.calls, s.seq_rows_read,
       (SELECT array_agg(p.calls || CASE WHEN p.is_current THEN ' of the current' ELSE ' of the other' END
                         ORDER BY p.is_current DESC)
        FROM perfaudit.plans p WHERE p.queryid = s.queryid AND p.toplevel = s.toplevel) AS by_plan,
       (SELECT string_agg(n.type, ', ') FROM perfaudit.plan_nodes n
        WHERE n.queryid = s.queryid AND n.toplevel = s.toplevel AND n.is_current) AS current_plan
FROM perfaudit.statements s
WHERE s.query ~ 'name +FROM places WHERE' AND s.query !~ 'PREPARE';

-- literals
\o /dev/null
\set ECHO none
SELECT perfaudit.reset();
SELECT 'SELECT name FROM places WHERE id = 7' FROM generate_series(1, 40) \gexec
SET enable_indexscan = off;
SELECT 'SELECT name FROM places WHERE id = 7' FROM generate_series(1, 3) \gexec
SET enable_indexscan = on;
SELECT 'SELECT name FROM places WHERE id = 7' FROM generate_series(1, 5) \gexec
SET enable_indexscan = off;
SELECT 'SELECT name FROM places WHERE id = 7' FROM generate_series(1, 2) \gexec
SET enable_indexscan = on;
\o
\set ECHO all
SELECT * FROM seen;

-- prepared, planned anew when the index goes and comes
\o /dev/null
\set ECHO none
SELECT perfaudit.reset();
SET plan_cache_mode = force_generic_plan;
PREPARE place (int) AS SELECT name FROM places WHERE id = $1;
SELECT 'EXECUTE place (7)' FROM generate_series(1, 40) \gexec
DROP INDEX places_id;
SELECT 'EXECUTE place (7)' FROM generate_series(1, 3) \gexec
CREATE INDEX places_id ON places (id);
SELECT 'EXECUTE place (7)' FROM generate_series(1, 5) \gexec
DEALLOCATE place;
DROP INDEX places_id;
PREPARE place (int) AS SELECT name FROM places WHERE id = $1;
SELECT 'EXECUTE place (7)' FROM generate_series(1, 2) \gexec
DEALLOCATE place;
CREATE INDEX places_id ON places (id);
RESET plan_cache_mode;
\o
\set ECHO all
SELECT * FROM seen;

-- cursors: planned at each DECLARE
\o /dev/null
\set ECHO none
SELECT perfaudit.reset();
SELECT 'DECLARE c CURSOR WITH HOLD FOR SELECT name FROM places WHERE id = 7', 'CLOSE c' FROM generate_series(1, 40) \gexec
SET enable_indexscan = off;
SELECT 'DECLARE c CURSOR WITH HOLD FOR SELECT name FROM places WHERE id = 7', 'CLOSE c' FROM generate_series(1, 3) \gexec
SET enable_indexscan = on;
SELECT 'DECLARE c CURSOR WITH HOLD FOR SELECT name FROM places WHERE id = 7', 'CLOSE c' FROM generate_series(1, 5) \gexec
SET enable_indexscan = off;
SELECT 'DECLARE c CURSOR WITH HOLD FOR SELECT name FROM places WHERE id = 7', 'CLOSE c' FROM generate_series(1, 2) \gexec
SET enable_indexscan = on;
\o
\set ECHO all
SELECT * FROM seen;

-- in a function whose plan is saved
CREATE FUNCTION find_place(wanted int) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    found text;
BEGIN
    SELECT name INTO found FROM places WHERE id = wanted;
    RETURN found;
END
$$;
\o /dev/null
\set ECHO none
SELECT perfaudit.reset();
SELECT 'SELECT find_place(7)' FROM generate_series(1, 40) \gexec
DROP INDEX places_id;
SELECT 'SELECT find_place(7)' FROM generate_series(1, 3) \gexec
CREATE INDEX places_id ON places (id);
SELECT 'SELECT find_place(7)' FROM generate_series(1, 5) \gexec
DROP INDEX places_id;
SELECT 'SELECT find_place(7)' FROM generate_series(1, 2) \gexec
\o
\set ECHO all
SELECT * FROM seen;

-- two cursors that stay open while their statement gets another plan: what runs after
-- they are closed has that one
RESET enable_indexscan;
RESET enable_indexonlyscan;
SET enable_seqscan = off;
SET plan_cache_mode = force_generic_plan;
SET perfaudit.sample_budget = 0;
CREATE INDEX places_id ON places (id);
VACUUM places;
CREATE FUNCTION open_place(a int, c refcursor) RETURNS refcursor LANGUAGE plpgsql AS
$$BEGIN OPEN c FOR SELECT id FROM places WHERE id = a; RETURN c; END$$;
CREATE FUNCTION open_places() RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  old1 refcursor;
  old2 refcursor;
  c refcursor;
BEGIN
  FOR i IN 1..10 LOOP c := open_place(i, 'c'); MOVE c; CLOSE c; END LOOP;
  old1 := open_place(1, 'old1');
  old2 := open_place(2, 'old2');
  MOVE old1;
  MOVE old2;
  SET LOCAL enable_indexonlyscan = off;
  DISCARD PLANS;
  FOR i IN 1..25 LOOP
    IF i = 10 THEN CLOSE old2; CLOSE old1; END IF;
    c := open_place(i, 'c'); MOVE c; CLOSE c;
  END LOOP;
END$$;
SELECT perfaudit.reset() >= 0 AS reset;
SELECT open_places();
SELECT calls, is_current, plan_text ~ 'Only' AS index_only FROM perfaudit.plans
WHERE query ~ '^SELECT id FROM places WHERE' ORDER BY is_current;

SET client_min_messages = warning;
DROP SCHEMA plan_changes CASCADE;
