-- Builds the indexes of :ddls (a table with the column ddl) where :which, tells what they are worth in bench.results, and
-- drops them again. A statement that takes longer than :cap milliseconds counts as that.
\set QUIET on
\pset tuples_only on
\pset format unaligned
SET perfaudit.enabled = off;
SET client_min_messages = error;
-- pg_qualstats' advisor proposes some that cannot be built
\set ON_ERROR_STOP off
CREATE TEMP TABLE before AS SELECT oid FROM pg_class WHERE relkind IN ('i', 'I');
SELECT replace(ddl, ' CONCURRENTLY', '') FROM :ddls WHERE ddl IS NOT NULL AND :which \gexec
\set ON_ERROR_STOP on
CREATE TEMP TABLE built AS SELECT c.oid, i.indrelid, pg_relation_size(c.oid) AS bytes, i.indexprs IS NOT NULL AS expression, c.relkind, c.relispartition
    FROM pg_class c JOIN pg_index i ON i.indexrelid = c.oid WHERE c.oid NOT IN (SELECT oid FROM before) AND c.relname !~ '^pg_';
-- no other statistics for the rest: their samples differ
SELECT DISTINCT format('ANALYZE %s', indrelid::regclass) FROM built WHERE expression \gexec
SELECT format('SET statement_timeout = %s', :cap) \gexec
\set ON_ERROR_STOP off
SELECT format('INSERT INTO bench.measured SELECT %L, id, bench.ms(query) FROM bench.instances WHERE id = %s', :'label', id) FROM bench.instances ORDER BY id \gexec
\set ON_ERROR_STOP on
RESET statement_timeout;
INSERT INTO bench.results (label, indexes, bytes, cost, ms, cut)
    SELECT :'label', (SELECT count(*) FROM built WHERE NOT relispartition), (SELECT coalesce(sum(bytes), 0) FROM built),
           sum(i.weight * bench.cost(i.query)), sum(i.weight * coalesce(m.ms, :cap)), count(*) FILTER (WHERE m.id IS NULL)
    FROM bench.instances i LEFT JOIN bench.measured m ON m.id = i.id AND m.label = :'label';
SELECT format('DROP INDEX %s', oid::regclass) FROM built WHERE NOT relispartition \gexec
