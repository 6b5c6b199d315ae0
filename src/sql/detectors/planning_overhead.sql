-- planning_overhead: a statement that is planned again and again takes longer
-- to plan than to run.

INSERT INTO detector_list VALUES ('planning_overhead',
    'Planning a statement again and again takes longer than running it.',
    '{perfaudit.planning_overhead_plans, perfaudit.planning_overhead_time}',
    'docs/findings.md#planning_overhead',
    '{ordinary>=1, plans>=planning_overhead_plans, mean_plan_time>=planning_overhead_time}');

CREATE VIEW detect_planning_overhead AS
WITH planned AS (
    SELECT s.dbid, s.userid, s.toplevel, s.shape, s.queryid, s.database, s.username, s.calls, s.plans, s.total_plan_time, s.total_exec_time,
           s.mean_exec_time, s.first_seen, s.last_seen
    FROM needed_statements s
    WHERE s.toplevel AND s.operation <> 'utility' AND NOT s.catalog_only AND NOT s.temporary
      AND s.plans >= (SELECT threshold('planning_overhead_plans'))
      AND s.total_plan_time >= s.plans * (SELECT threshold('planning_overhead_time'))
      AND s.total_plan_time > s.total_exec_time
), judged AS (
    SELECT p.*, statement_text(p.dbid, p.userid, p.toplevel, p.shape) AS query
    FROM planned p
    WHERE (p.userid, p.toplevel, p.shape) NOT IN (SELECT g.userid, g.toplevel, g.shape FROM statements_of_gone((SELECT array_agg(shape) FROM planned)) g)
)
SELECT finding_id('planning_overhead', s.query) AS finding_id,
       severity(s.total_plan_time, s.total_plan_time / s.plans) AS severity,
       'planning_overhead' AS kind,
       NULL::regclass AS relation,
       format('Planned %s times at %s, to run for %s', count_text(s.plans),
              ms_text(s.total_plan_time / s.plans), ms_text(s.mean_exec_time)) AS summary,
       'Prepare it once on each connection and execute it with parameters. Where it is prepared, and still planned for its values each time: SET LOCAL plan_cache_mode = force_generic_plan before it, if they do not matter to its plan.' AS suggestion,
       s.total_plan_time AS impact_ms,
       s.plans AS occurrences,
       s.database::text, s.username, NULL::text AS application,
       s.queryid, s.query, NULL::bigint AS parent_queryid, NULL::text AS parent_query,
       jsonb_build_object('calls', s.calls, 'plans', s.plans,
           'plan_ms', round(s.total_plan_time::numeric, 3),
           'exec_ms', round(s.total_exec_time::numeric, 3)) AS evidence,
       s.first_seen, s.last_seen
FROM judged s;
COMMENT ON VIEW detect_planning_overhead IS 'Findings of kind planning_overhead.';

