-- row_misestimate: a scan or a grouping gives very many more rows than the
-- planner expects, below a join or in a plan that spills, so that the plan is
-- made for another amount.  Too few rows are no proof: a LIMIT, a join that ends
-- early or a cursor may have stopped the node.

INSERT INTO detector_list VALUES ('row_misestimate',
    'The planner expects few rows and gets very many, and plans for few.',
    '{perfaudit.misestimate_factor, perfaudit.misestimate_rows, perfaudit.judge_calls, perfaudit.judge_time}',
    'docs/findings.md#row_misestimate',
    '{ordinary>=1, calls>=judge_calls, total_exec_time>=judge_time}');

CREATE VIEW detect_row_misestimate AS
WITH chosen AS (
    SELECT s.dbid, s.userid, s.toplevel, s.shape, s.queryid, s.database, s.username, s.calls, s.total_exec_time,
           s.generic_calls, s.custom_calls, s.first_seen, s.last_seen
    FROM judged_plans s
), nodes AS (
    SELECT n.userid, n.toplevel, n.shape, n.node, n.parent, n.type, n.path, n.relid, n.est_rows,
           n.rows / nullif(n.loops, 0) AS rows_actual, n.rows / nullif(n.sampled, 0) AS rows_execution,
           sum(n.spills) OVER (PARTITION BY n.userid, n.toplevel, n.shape) > 0 AS spills
    FROM node_facts((SELECT array_agg(shape) FROM chosen)) n
    WHERE n.is_current
), wrong AS (
    SELECT n.* FROM nodes n
    WHERE n.rows_execution >= (SELECT threshold('misestimate_rows'))
      AND n.rows_actual >= greatest(n.est_rows, 1) * (SELECT threshold('misestimate_factor'))
), lowest AS (
    SELECT DISTINCT ON (w.userid, w.toplevel, w.shape) w.*
    FROM wrong w
    WHERE w.type IN ('Seq Scan', 'Index Scan', 'Index Only Scan', 'Bitmap Heap Scan', 'Aggregate')
      AND (w.spills OR w.path ~ '(Nested Loop|Hash Join|Merge Join)/')
      -- not taken over from below
      AND NOT EXISTS (SELECT FROM wrong b
                      WHERE (b.userid, b.toplevel, b.shape, b.parent) = (w.userid, w.toplevel, w.shape, w.node))
    ORDER BY w.userid, w.toplevel, w.shape, w.rows_actual / greatest(w.est_rows, 1) DESC
), preds AS (
    SELECT p.userid, p.toplevel, p.shape, p.node, min(p.relid) AS relid, array_agg(DISTINCT a.name) AS names,
           array_agg(DISTINCT p.attnum) AS attnums, bool_or(p.funcid IS NOT NULL) AS wrapped
    FROM predicate_facts((SELECT array_agg(shape) FROM lowest)) p
    CROSS JOIN LATERAL (SELECT column_name(p.relid, p.attnum) AS name) a
    WHERE p.is_current AND p.kind IN ('filter', 'index', 'group') AND a.name IS NOT NULL
    GROUP BY 1, 2, 3, 4
    HAVING count(DISTINCT p.relid) = 1
), tables AS (
    SELECT l.*, c.oid AS reloid, relation_name(c.oid) AS table_name, p.names, p.attnums, p.wrapped, c.reltuples,
           pg_stat_get_mod_since_analyze(c.oid) AS modified
    FROM lowest l
    LEFT JOIN preds p USING (userid, toplevel, shape, node)
    JOIN pg_class c ON c.oid = coalesce(l.relid, p.relid)
    -- without statistics there is nothing to be wrong about yet
    WHERE judged_table(c.oid) IS NOT NULL AND c.reltuples >= 0
), remedies AS (
    SELECT t.*, s.dbid, s.queryid, s.database, s.username, s.calls, s.total_exec_time, s.first_seen, s.last_seen,
           (SELECT string_agg(quote_ident(n), ', ' ORDER BY n) FROM unnest(t.names) n) AS columns,
           CASE WHEN t.modified > 50 + t.reltuples / 10 THEN 'analyze'
                WHEN s.generic_calls > s.custom_calls THEN 'generic'
                WHEN t.names IS NULL THEN NULL
                WHEN t.wrapped THEN 'expression'
                WHEN cardinality(t.names) > 1 THEN
                    CASE WHEN e.name IS NULL THEN 'create' WHEN e.target < 1000 THEN 'extend' END
                WHEN t.type = 'Aggregate' THEN NULL
                WHEN (SELECT coalesce(a.attstattarget, -1) < 1000 FROM pg_attribute a
                      WHERE a.attrelid = t.reloid AND a.attnum = t.attnums[1]) THEN 'target' END AS remedy,
           e.name AS statistics
    FROM tables t
    JOIN chosen s USING (userid, toplevel, shape)
    LEFT JOIN LATERAL (
        SELECT format('%I.%I', n.nspname, x.stxname) AS name, coalesce(x.stxstattarget, -1) AS target
        FROM pg_statistic_ext x JOIN pg_namespace n ON n.oid = x.stxnamespace
        WHERE x.stxrelid = t.reloid AND x.stxkeys::int2[] @> t.attnums::int2[]
          AND CASE t.type WHEN 'Aggregate' THEN 'd' = ANY (x.stxkind)
                   ELSE 'f' = ANY (x.stxkind) OR 'm' = ANY (x.stxkind) END LIMIT 1) e ON true
), judged AS (
    SELECT r.*, statement_text(r.dbid, r.userid, r.toplevel, r.shape) AS query FROM remedies r WHERE r.remedy IS NOT NULL
)
SELECT finding_id('row_misestimate', j.table_name, j.query) AS finding_id,
       severity(j.total_exec_time, j.total_exec_time / j.calls, 1) AS severity,
       'row_misestimate' AS kind,
       judged_table(j.reloid)::regclass AS relation,
       format('%s of %s gives %s rows where the planner expects %s%s', j.type, j.table_name, count_text(j.rows_actual),
              count_text(j.est_rows), coalesce(' (by ' || j.columns || ')', '')) AS summary,
       CASE j.remedy
           WHEN 'analyze' THEN format('ANALYZE %s; -- %s rows were changed since the last time', j.table_name, count_text(j.modified))
           WHEN 'generic' THEN format('Its plan is made without values. %s; -- or only around it',
                                      set_for_role(j.username, 'plan_cache_mode = force_custom_plan'))
           WHEN 'expression' THEN format('The planner knows nothing of functions of columns: compare %s itself, or CREATE STATISTICS a_name ON (the expression) FROM %s, then ANALYZE %s.',
                                         j.columns, j.table_name, j.table_name)
           WHEN 'create' THEN format('CREATE STATISTICS %I.%I %s ON %s FROM %s; ANALYZE %s; -- so that the planner knows their combinations',
                                     (SELECT n.nspname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.oid = j.reloid),
                                     left(array_to_string(j.names, '_'), 50) || '_' || j.reloid,
                                     CASE j.type WHEN 'Aggregate' THEN '(ndistinct)' ELSE '(dependencies, mcv)' END,
                                     -- eight are the most it takes
                                     (SELECT string_agg(quote_ident(n), ', ' ORDER BY n) FROM unnest(j.names[1:8]) n),
                                     j.table_name, j.table_name)
           WHEN 'extend' THEN format('ALTER STATISTICS %s SET STATISTICS 1000; ANALYZE %s;', j.statistics, j.table_name)
           WHEN 'target' THEN format('ALTER TABLE %s ALTER COLUMN %s SET STATISTICS 1000; ANALYZE %s;', j.table_name, j.columns, j.table_name)
       END AS suggestion,
       j.total_exec_time AS impact_ms,
       j.calls AS occurrences,
       j.database::text, j.username, NULL::text AS application,
       j.queryid, j.query, NULL::bigint AS parent_queryid, NULL::text AS parent_query,
       jsonb_strip_nulls(jsonb_build_object(
           'node', j.type, 'variant', j.remedy, 'rows_estimated', round(j.est_rows), 'rows_actual', round(j.rows_actual),
           'columns', to_jsonb(j.names), 'rows_modified', nullif(j.modified, 0),
           'calls', j.calls, 'exec_ms', round(j.total_exec_time::numeric, 3))) AS evidence,
       j.first_seen, j.last_seen
FROM judged j;
COMMENT ON VIEW detect_row_misestimate IS 'Findings of kind row_misestimate.';

