-- A plan is the same one as long as it does the same: an index or a table built anew changes nothing.
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS perfaudit;
RESET client_min_messages;
CREATE SCHEMA plan_identity;
SET search_path = plan_identity;
SET enable_seqscan = off;
SET enable_bitmapscan = off;
SET enable_indexonlyscan = off;
CREATE TABLE places AS SELECT i AS id, i % 10 AS kind, 'place' AS name FROM generate_series(1, 2000) i;
CREATE INDEX places_id ON places (id);
CREATE INDEX "Places kind" ON places (kind);
VACUUM ANALYZE places;
PREPARE by_id (int) AS SELECT kind FROM places WHERE id = $1;
SET plan_cache_mode = force_generic_plan;
CREATE TABLE former (id bigint);
\set seen 'SELECT p.calls, p.is_current, p.plan_id IN (SELECT id FROM former) AS same, CASE WHEN n.index IN (SELECT oid FROM pg_class) THEN n.index END AS index FROM perfaudit.plans p JOIN perfaudit.plan_nodes n USING (queryid, toplevel, plan_id) WHERE p.query ~ ''FROM places'' AND p.query !~ ''perfaudit'' ORDER BY p.query COLLATE "C", p.is_current;'
\set all 'SELECT name FROM places WHERE id = 7; SELECT name FROM places WHERE kind = 3 ORDER BY kind LIMIT 1; EXECUTE by_id (5);'
\o /dev/null
SELECT perfaudit.reset();
:all
\o
INSERT INTO former SELECT plan_id FROM perfaudit.plans WHERE query ~ 'FROM places';
:seen
-- built anew, without and with a lock; the table, too
REINDEX INDEX CONCURRENTLY places_id;
REINDEX TABLE CONCURRENTLY places;
\o /dev/null
:all
\o
:seen
REINDEX TABLE places;
VACUUM FULL places;
\o /dev/null
:all
\o
:seen
-- dropped and made again, under its name
DROP INDEX places_id;
CREATE INDEX places_id ON places (id);
\o /dev/null
:all
\o
:seen
-- another index is another plan
DROP INDEX places_id;
CREATE INDEX places_both ON places (id, kind);
\o /dev/null
:all
\o
:seen
SET client_min_messages = warning;
DROP SCHEMA plan_identity CASCADE;
