-- stale_statistics: most of a table was changed since it was analyzed.
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS perfaudit;
RESET client_min_messages;
CREATE SCHEMA stale_statistics;
SET search_path = stale_statistics;
CREATE TABLE "Old" (id int, note text);
CREATE TABLE never (id int);
CREATE TABLE part (id int) PARTITION BY RANGE (id);
CREATE TABLE part1 PARTITION OF part FOR VALUES FROM (1) TO (1001);
CREATE TABLE part2 PARTITION OF part FOR VALUES FROM (1001) TO (2001);
INSERT INTO "Old" SELECT i, 'x' FROM generate_series(1, 1000) i;
INSERT INTO part SELECT i FROM generate_series(1, 1200) i;
SELECT pg_stat_force_next_flush() \g /dev/null
ANALYZE "Old", part1, part2;
SET perfaudit.judge_time = 0;
SET perfaudit.judge_calls = 2;
SET perfaudit.stale_rows = 600;
SET perfaudit.stale_age = 0;
\set found 'SELECT relation, occurrences AS n, evidence->>''rows_modified'' AS modified, evidence->>''rows_live'' AS live, severity, impact_ms FROM perfaudit.findings WHERE kind = ''stale_statistics'' ORDER BY relation::text COLLATE "C";'
\set look 'SELECT ''SELECT count(*) FROM '' || t FROM unnest(ARRAY[''"Old"'', ''never'', ''part'']) t, generate_series(1, 2) \\gexec'

--
-- Fires
--
UPDATE "Old" SET note = 'y' WHERE id <= 600;
INSERT INTO never SELECT i FROM generate_series(1, 700) i;
UPDATE part SET id = id WHERE id <= 800;
SELECT pg_stat_force_next_flush() \g /dev/null
\o /dev/null
SELECT perfaudit.reset();
:look
\o
:found
SELECT regexp_replace(summary, '\(.*\)', '(then)') AS summary, suggestion FROM perfaudit.findings WHERE kind = 'stale_statistics' ORDER BY relation::text COLLATE "C";
-- one change less
SET perfaudit.stale_rows = 601;
:found
SET perfaudit.stale_rows = 600;
-- too soon
SET perfaudit.stale_age = 1;
:found
SET perfaudit.stale_age = 0;
-- long ago is when it was analyzed, and what never was is judged by the time since which statements read it: now() stands still
-- in a transaction, and these are seen for the first time after that
SELECT perfaudit.reset() \g /dev/null
BEGIN;
\o /dev/null
:look
\o
:found
COMMIT;
:found

--
-- Silent
--
-- nobody reads them
SELECT perfaudit.reset() \g /dev/null
:found
-- a large table of which a part was changed; a temporary one, a catalog
INSERT INTO "Old" SELECT i, 'x' FROM generate_series(1, 9000) i;
SELECT pg_stat_force_next_flush() \g /dev/null
ANALYZE "Old", never, part1, part2;
UPDATE "Old" SET note = 'z' WHERE id <= 700;
CREATE TEMPORARY TABLE mine AS SELECT * FROM "Old";
SELECT pg_stat_force_next_flush() \g /dev/null
\o /dev/null
SELECT perfaudit.reset();
:look
SELECT 'SELECT count(*) FROM mine' FROM generate_series(1, 2) \gexec
SELECT 'SELECT count(*) FROM pg_depend' FROM generate_series(1, 2) \gexec
\o
:found
-- gone
DELETE FROM never;
SELECT pg_stat_force_next_flush() \g /dev/null
SELECT count(*) FROM perfaudit.findings WHERE kind = 'stale_statistics';
DROP TABLE never;
:found
SET client_min_messages = warning;
DROP SCHEMA stale_statistics CASCADE;
