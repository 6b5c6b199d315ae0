-- Builds the :ddls (name of a table with the column ddl) really, tells what they are worth, and drops them again.
\set QUIET on
\pset tuples_only on
\pset format unaligned
CREATE TEMP TABLE before AS SELECT oid FROM pg_class WHERE relkind IN ('i', 'I');
SELECT replace(ddl, ' CONCURRENTLY', '') FROM :ddls WHERE ddl IS NOT NULL AND :which \gexec
VACUUM ANALYZE;
SELECT format('%-22s %3s indexes %8s  cost %s', :'label', count(*) FILTER (WHERE i.indexrelid IS NOT NULL), pg_size_pretty(coalesce(sum(pg_relation_size(c.oid)), 0)), (SELECT round(bench.workload_cost())))
FROM pg_class c LEFT JOIN pg_index i ON i.indexrelid = c.oid WHERE c.relkind = 'i' AND c.oid NOT IN (SELECT oid FROM before);
SELECT format('DROP INDEX %s', oid::regclass) FROM pg_class c WHERE c.relkind IN ('i', 'I') AND NOT c.relispartition AND c.oid NOT IN (SELECT oid FROM before)
   AND c.relname !~ '^pg_' \gexec
