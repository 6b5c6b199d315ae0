-- jit_overhead: the server compiles code for a statement, at each execution, and
-- that takes most of the time the execution takes.

INSERT INTO detector_list VALUES ('jit_overhead',
    'Compiling code (JIT) takes longer than what it could save.',
    '{perfaudit.jit_overhead_time, perfaudit.judge_calls}',
    'docs/findings.md#jit_overhead',
    '{jit_calls>=judge_calls}');

CREATE VIEW detect_jit_overhead AS
WITH compiled AS (
    SELECT s.dbid, s.userid, s.toplevel, s.shape, s.queryid, s.database, s.username, s.calls, s.mean_exec_time,
           s.total_exec_time, s.jit_calls, s.jit_time, s.jit_functions, s.first_seen, s.last_seen
    FROM needed_statements s
    WHERE s.jit_calls >= (SELECT threshold('judge_calls')) AND s.operation <> 'utility' AND NOT s.catalog_only
      AND s.jit_time >= s.jit_calls * (SELECT threshold('jit_overhead_time'))
      -- more than half of it: what is left could not have taken twice as long
      AND s.jit_time > s.total_exec_time / 2
), costs AS (
    SELECT p.userid, p.toplevel, p.shape, max(p.est_cost) AS est_cost
    FROM plan_facts((SELECT array_agg(shape) FROM compiled)) p GROUP BY 1, 2, 3
), judged AS (
    SELECT c.*, p.est_cost, statement_text(c.dbid, c.userid, c.toplevel, c.shape) AS query
    FROM compiled c LEFT JOIN costs p USING (userid, toplevel, shape)
    -- its plans of today are not compiled any more
    CROSS JOIN LATERAL (SELECT role_setting(c.userid, 'jit_above_cost') AS above, role_setting(c.userid, 'jit') AS jit) r
    WHERE (p.est_cost IS NULL
           OR p.est_cost >= CASE WHEN r.above ~ '^-?[0-9.]+(e[0-9]+)?$' THEN r.above::float8 ELSE current_setting('jit_above_cost')::float8 END)
      AND lower(r.jit) NOT IN ('off', 'false', 'no', '0') IS NOT FALSE
      AND (c.userid, c.toplevel, c.shape) NOT IN (SELECT g.userid, g.toplevel, g.shape FROM statements_of_gone((SELECT array_agg(shape) FROM compiled)) g)
)
SELECT finding_id('jit_overhead', j.query) AS finding_id,
       severity(j.jit_time, j.jit_time / j.jit_calls) AS severity,
       'jit_overhead' AS kind,
       NULL::regclass AS relation,
       CASE WHEN j.jit_calls < j.calls
            THEN format('In %s of %s executions code is compiled, which takes %s of all their time', count_text(j.jit_calls),
                        count_text(j.calls), ms_text(j.jit_time))
            ELSE format('Compiling takes %s of an execution''s %s', ms_text(j.jit_time / j.jit_calls),
                        ms_text(j.mean_exec_time)) END AS summary,
       CASE WHEN j.est_cost IS NULL THEN set_for_role(j.username, 'jit = off') || ';'
            ELSE format('%s; -- this one costs %s in the planner''s unit; or SET LOCAL jit = off before it',
                        set_for_role(j.username, 'jit_above_cost = '
                            || to_char(power(10, ceil(log(greatest(j.est_cost, 10)))), 'FM999999999999999999')),
                        count_text(j.est_cost)) END AS suggestion,
       j.jit_time AS impact_ms,
       j.jit_calls AS occurrences,
       j.database::text, j.username, NULL::text AS application,
       j.queryid, j.query, NULL::bigint AS parent_queryid, NULL::text AS parent_query,
       jsonb_build_object('calls', j.calls, 'jit_calls', j.jit_calls, 'jit_ms', round(j.jit_time::numeric, 3),
           'jit_functions', j.jit_functions, 'exec_ms', round((j.mean_exec_time * j.calls)::numeric, 3)) AS evidence,
       j.first_seen, j.last_seen
FROM judged j;
COMMENT ON VIEW detect_jit_overhead IS 'Findings of kind jit_overhead.';

