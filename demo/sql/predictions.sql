-- Per advised index: the plan cost before and after that the planner predicted for its statements, and their mean time
-- that pg_stat_statements measured before and after the indexes were built. Must only read.
\pset footer off
\pset format wrapped
\pset columns 120
WITH measured AS (
    SELECT advice.rank, times.phase, sum(times.total_ms) / sum(times.calls) AS mean_ms
      FROM demo.advice JOIN demo.times ON times.queryid = ANY (advice.queryids)
     WHERE times.phase IN ('before', 'indexes')
     GROUP BY advice.rank, times.phase
)
SELECT advice."table" || ' (' || array_to_string(advice.columns, ', ') || ')' AS index,
       advice.n_queries AS queries,
       round(cost_before) || ' → ' || round(cost_after::numeric, 1) AS "predicted cost",
       to_char(100 * (1 - cost_after / nullif(cost_before, 0)), '990.0') || ' %' AS "less",
       round(before.mean_ms::numeric, 2) || ' → ' || round(indexes.mean_ms::numeric, 2) AS "measured ms a call",
       to_char(100 * (1 - indexes.mean_ms / before.mean_ms), '990.0') || ' %' AS "less"
  FROM demo.advice
  LEFT JOIN measured AS before ON before.rank = advice.rank AND before.phase = 'before'
  LEFT JOIN measured AS indexes ON indexes.rank = advice.rank AND indexes.phase = 'indexes'
 WHERE advice.applied
 ORDER BY advice.rank;
