-- plan_regression: a statement has a new plan, and is clearly slower with it than
-- with the one before, by percentiles, though it finds and reads no more rows.
-- The plan without values counts as new whenever it was seen: each connection
-- makes five with values first, and five of them are enough to compare with.

INSERT INTO detector_list VALUES ('plan_regression',
    'A statement is slower with its new plan than with the one before.',
    '{perfaudit.regression_factor, perfaudit.regression_calls, perfaudit.judge_calls, perfaudit.judge_time}',
    'docs/findings.md#plan_regression',
    '{ordinary>=1, calls>=judge_calls, total_exec_time>=judge_time}');

CREATE VIEW detect_plan_regression AS
WITH chosen AS (
    SELECT s.dbid, s.userid, s.toplevel, s.shape, s.queryid, s.database, s.username, s.calls, s.total_exec_time,
           s.generic_calls, s.custom_calls, s.first_seen, s.last_seen
    FROM judged_plans s
    WHERE s.calls >= (SELECT threshold('regression_calls') + least(5, threshold('regression_calls')))
), plans AS (
    SELECT p.*, p.generic_calls > p.calls * 0.9 AS generic, p.generic_calls < p.calls * 0.1 AS custom,
           (SELECT threshold('regression_calls')) AS enough
    FROM plan_facts((SELECT array_agg(shape) FROM chosen)) p
), slower AS (
    SELECT c.*, n.plan_id, o.plan_id AS old_plan_id, n.calls AS new_calls, n.mean_exec_time AS new_ms,
           n.p50_exec_time AS new_p50, n.p95_exec_time AS new_p95,
           o.calls AS old_calls, o.mean_exec_time AS old_ms, o.p50_exec_time AS old_p50, o.p95_exec_time AS old_p95,
           n.plan_text AS new_plan, o.plan_text AS old_plan, n.first_seen AS since, n.mean_exec_time / greatest(o.mean_exec_time, 0.001) AS times,
           CASE WHEN n.generic AND o.custom THEN 'generic_plan' ELSE 'plan' END AS variant,
           -- most executions are slower, beyond what the former plan took in its
           -- slow ones; or the slow ones are, if there are enough of them and
           -- they weigh
           n.p50_exec_time >= o.p50_exec_time * f.factor AND n.p50_exec_time >= o.p95_exec_time AS mostly,
           n.truncated OR o.truncated AS truncated, f.factor
    FROM plans n
    JOIN plans o USING (userid, toplevel, shape)
    JOIN chosen c USING (userid, toplevel, shape)
    CROSS JOIN (SELECT threshold('regression_factor') AS factor) f
    -- of the one without values, which may be the former, only while it is in use
    WHERE CASE WHEN n.generic AND o.custom THEN n.plan_id <> o.plan_id AND o.calls >= least(5, o.enough)
                                                AND (n.is_current OR n.last_seen > o.first_seen)
               ELSE n.is_current AND NOT o.is_current AND o.calls >= o.enough END
      AND n.calls >= n.enough
      AND n.mean_exec_time >= o.mean_exec_time * f.factor
      AND (n.p50_exec_time >= o.p50_exec_time * f.factor AND n.p50_exec_time >= o.p95_exec_time
           OR n.p95_exec_time >= o.p95_exec_time * f.factor
              AND least(n.calls, o.calls) >= 5 * n.enough)
), nodes AS (
    SELECT f.*, f.plan_id = s.plan_id AS is_new
    FROM node_facts((SELECT array_agg(shape) FROM slower)) f JOIN slower s USING (userid, toplevel, shape)
), tops AS (
    -- the rows that each plan has found, whichever way, before it puts them in
    -- order or counts them
    SELECT n.userid, n.toplevel, n.shape,
           (array_agg(n.rows / n.sampled ORDER BY n.node) FILTER (WHERE n.found AND n.is_new AND n.sampled > 0))[1] AS new_rows,
           (array_agg(n.rows / n.sampled ORDER BY n.node) FILTER (WHERE n.found AND NOT n.is_new AND n.sampled > 0))[1] AS old_rows,
           (array_agg(n.relid ORDER BY n.est_cost DESC) FILTER (WHERE n.relid IS NOT NULL AND n.is_new))[1] AS relid
    FROM (SELECT *, type NOT IN ('Aggregate', 'Group', 'Unique', 'WindowAgg', 'Sort', 'Incremental Sort', 'Limit', 'Gather',
                                'Materialize', 'ModifyTable') AS found FROM nodes) n
    GROUP BY 1, 2, 3
), work AS (
    -- What each plan does, however busy the machine is: rows that its nodes
    -- handle and how often they are begun, those found by an index one by one
    -- and those put in order weighing more.
    SELECT n.userid, n.toplevel, n.shape, n.is_new, bool_or(n.type LIKE 'Gather%') AS parallel, sum(n.spills) AS spills,
           sum(((n.rows + n.rows_removed) * CASE WHEN n.type IN ('Index Scan', 'Bitmap Heap Scan') THEN 4 WHEN n.type = 'Sort' THEN 2 ELSE 1 END
                + n.loops) / n.sampled) AS amount,
           coalesce(sum((n.rows + n.rows_removed) / n.sampled) FILTER (WHERE n.relid IS NOT NULL), 0) AS rows_read
    FROM nodes n
    WHERE n.sampled > 0
    GROUP BY 1, 2, 3, 4
), grown AS (
    -- how many times as many rows of the tables that both read from end to end
    SELECT g.userid, g.toplevel, g.shape, sum(g.new_read) / sum(g.old_read) AS growth
    FROM (SELECT n.userid, n.toplevel, n.shape, n.relid,
                 sum((n.rows + n.rows_removed) / n.sampled) FILTER (WHERE n.is_new) AS new_read,
                 sum((n.rows + n.rows_removed) / n.sampled) FILTER (WHERE NOT n.is_new) AS old_read
          FROM nodes n
          WHERE n.type = 'Seq Scan' AND n.sampled > 0
          GROUP BY 1, 2, 3, 4) g
    WHERE g.new_read IS NOT NULL AND g.old_read > 0
    GROUP BY 1, 2, 3
), judged AS (
    SELECT s.*, t.new_rows, t.old_rows, nw.rows_read AS new_read, ow.rows_read AS old_read, judged_table(t.relid) AS relid, (s.new_ms - s.old_ms) * s.new_calls AS cost,
           statement_text(s.dbid, s.userid, s.toplevel, s.shape) AS query
    FROM slower s
    JOIN tops t USING (userid, toplevel, shape)
    JOIN work nw ON (nw.userid, nw.toplevel, nw.shape) = (s.userid, s.toplevel, s.shape) AND nw.is_new
    JOIN work ow ON (ow.userid, ow.toplevel, ow.shape) = (s.userid, s.toplevel, s.shape) AND NOT ow.is_new
    LEFT JOIN grown g ON (g.userid, g.toplevel, g.shape) = (s.userid, s.toplevel, s.shape)
    CROSS JOIN LATERAL (SELECT greatest(1, g.growth, t.new_rows / nullif(t.old_rows, 0)) AS more) m
    -- more rows explain more time, found or read; not knowing them, nothing is said
    WHERE (s.userid, s.toplevel, s.shape) NOT IN (SELECT x.userid, x.toplevel, x.shape FROM statements_of_gone((SELECT array_agg(shape) FROM slower)) x)
      AND t.new_rows <= t.old_rows * s.times / 2 + 1 AND NOT coalesce(g.growth >= 1.5 AND g.growth * 4 >= s.times, false)
      -- a plan that does no more than the former is not what is slower, unless by very much: the machine is busy, others hold locks
      AND (nw.amount >= ow.amount * 1.3 * m.more OR nw.spills > 0 AND ow.spills = 0 OR ow.parallel AND NOT nw.parallel OR s.truncated
           OR s.times >= s.factor * 5 * m.more)
)
SELECT finding_id('plan_regression', j.query) AS finding_id,
       severity(j.cost, j.new_ms - j.old_ms) AS severity,
       'plan_regression' AS kind,
       j.relid::regclass AS relation,
       format('%s takes %s %s, %s %s: on average %s times as long%s',
              CASE j.variant WHEN 'generic_plan' THEN 'Its generic plan' ELSE 'Its new plan' END,
              ms_text(CASE WHEN j.mostly THEN j.new_p50 ELSE j.new_p95 END),
              CASE WHEN j.mostly THEN 'or more in every other execution' ELSE 'or more in one execution of twenty' END,
              CASE j.variant WHEN 'generic_plan' THEN 'one made for its values' ELSE 'the former one' END,
              ms_text(CASE WHEN j.mostly THEN j.old_p50 ELSE j.old_p95 END),
              round(j.times::numeric, 1),
              CASE WHEN j.new_read > j.old_read * 1.3
                   THEN format('; it reads %s rows an execution, the other %s', count_text(j.new_read), count_text(j.old_read)) ELSE '' END) AS summary,
       CASE j.variant
           WHEN 'generic_plan' THEN set_for_role(j.username, 'plan_cache_mode = force_custom_plan') || '; -- or only around it; both plans are in evidence'
           ELSE format('Compare both plans in evidence%s: an index that was dropped, or values and amounts that changed, are the usual causes.',
                       coalesce(', and ' || analyze_text(j.relid), '')) END AS suggestion,
       j.cost AS impact_ms,
       j.new_calls AS occurrences,
       j.database::text, j.username, NULL::text AS application,
       j.queryid, j.query, NULL::bigint AS parent_queryid, NULL::text AS parent_query,
       jsonb_build_object(
           'variant', j.variant, 'calls', j.new_calls, 'mean_ms', round(j.new_ms::numeric, 3),
           'p50_ms', round(j.new_p50::numeric, 3), 'p95_ms', round(j.new_p95::numeric, 3), 'calls_before', j.old_calls,
           'mean_ms_before', round(j.old_ms::numeric, 3), 'p50_ms_before', round(j.old_p50::numeric, 3),
           'p95_ms_before', round(j.old_p95::numeric, 3), 'rows', round(j.new_rows::numeric, 1), 'rows_before', round(j.old_rows::numeric, 1),
           'rows_read', round(j.new_read), 'rows_read_before', round(j.old_read),
           'plan_after', j.new_plan, 'plan_before', j.old_plan, 'exec_ms', round((j.new_ms * j.new_calls)::numeric, 3)) AS evidence,
       j.since AS first_seen, j.last_seen
FROM judged j;
COMMENT ON VIEW detect_plan_regression IS 'Findings of kind plan_regression.';

