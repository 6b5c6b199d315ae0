-- Sends the workload :times over as :mode (simple or prepared), in an order that is always the same.
\set QUIET on
\pset tuples_only on
\o /dev/null
SELECT setseed(0.9);
SELECT format('PREPARE bench_%s AS %s', id, query) FROM bench.queries WHERE :'mode' = 'prepared' AND params <> '' \gexec
SELECT CASE WHEN :'mode' = 'prepared' AND params <> '' THEN format('EXECUTE bench_%s%s', id, bench.arguments(q))
            ELSE bench.instance(q) END
FROM bench.queries q, generate_series(1, weight * :times) ORDER BY random() \gexec
\o
