-- The index advice for what was recorded, kept to be compared with what will be measured. Must not build an index.
\pset footer off
\pset linestyle old-ascii
INSERT INTO demo.advice SELECT * FROM perfaudit.suggest_indexes();
SELECT rank, action,
       demo.wrapped(concat_ws(E'\n-- ', ddl, nullif(array_to_string(warnings, '; '), '')), 42) AS ddl,
       pg_size_pretty(est_size) AS size, round(net_pct::numeric, 1) AS "net %",
       round(cost_before) || ' → ' || round(cost_after) AS cost, n_queries AS queries, verified
  FROM demo.advice ORDER BY rank;
