-- Plans that are made to be shown: the server opens what is in them, so all of it must be locked – one with assertions
-- ends otherwise –, and no lock is left. Partitions, which no statement names; tables that are changed.
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS perfaudit;
RESET client_min_messages;
CREATE SCHEMA shown_plans;
SET search_path = shown_plans;
SET max_parallel_workers_per_gather = 0;
CREATE TABLE parts (id int, k int) PARTITION BY RANGE (id);
CREATE TABLE parts_1 PARTITION OF parts FOR VALUES FROM (0) TO (1000);
CREATE TABLE parts_2 PARTITION OF parts FOR VALUES FROM (1000) TO (2000) PARTITION BY LIST (k);
CREATE TABLE parts_2a PARTITION OF parts_2 DEFAULT;
INSERT INTO parts SELECT i, i % 10 FROM generate_series(0, 1999) i;
CREATE TABLE elder (id int, k int);
CREATE TABLE heir () INHERITS (elder);
INSERT INTO heir SELECT * FROM parts;
CREATE VIEW seen AS SELECT id, k FROM parts WHERE id > 10;
ANALYZE parts, elder, heir;
PREPARE reads (int) AS SELECT id FROM parts WHERE k = $1;
PREPARE prunes (int) AS SELECT k FROM parts WHERE id = $1;
PREPARE through (int) AS SELECT count(*) FROM seen WHERE k = $1;
PREPARE inherits (int) AS SELECT id FROM elder WHERE k = $1;
PREPARE changes (int) AS UPDATE parts SET k = k WHERE k = $1;
PREPARE merges (int) AS MERGE INTO elder USING parts p ON elder.id = p.id AND p.k = $1 WHEN MATCHED THEN UPDATE SET k = p.k;
PREPARE removes (int) AS DELETE FROM elder USING parts WHERE elder.id = parts.id AND parts.k = $1;
PREPARE adds (int) AS INSERT INTO elder SELECT id, k FROM parts WHERE k = $1;
\o /dev/null
SELECT perfaudit.reset();
EXECUTE reads (11); EXECUTE prunes (-1); EXECUTE through (11); EXECUTE inherits (11);
EXECUTE changes (11); EXECUTE merges (11); EXECUTE removes (11); EXECUTE adds (11);
\o
BEGIN;
SELECT s.query, a.plan_before ~ '(parts_2a|heir)' AS in_parts, a.cost_before > 0 AS cost, a.skipped
FROM perfaudit.judged_statements s, perfaudit.plan_again(s.userid, s.toplevel, s.shape, '{}') a
WHERE s.query ~ 'parts|elder|seen' AND s.query !~ 'perfaudit' AND s.operation <> 'utility' ORDER BY s.query COLLATE "C";
SELECT relation::regclass, mode FROM pg_locks WHERE pid = pg_backend_pid() AND relation IN (SELECT oid FROM pg_class WHERE relnamespace = 'shown_plans'::regnamespace);
COMMIT;
SET client_min_messages = warning;
DROP SCHEMA shown_plans CASCADE;
