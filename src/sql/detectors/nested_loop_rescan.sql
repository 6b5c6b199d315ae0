-- nested_loop_rescan: one execution reads the same table again and again, for
-- each row of a join's other side or for each call of a correlated subquery,
-- where a look-up in an index would do.

INSERT INTO detector_list VALUES ('nested_loop_rescan',
    'A table is read from end to end again and again, for each row of another.',
    '{perfaudit.rescan_rows, perfaudit.scan_kept_share, perfaudit.judge_calls, perfaudit.judge_time}',
    'docs/findings.md#nested_loop_rescan',
    '{ordinary>=1, calls>=judge_calls, total_exec_time>=judge_time}');

CREATE VIEW detect_nested_loop_rescan AS
WITH chosen AS (
    SELECT s.dbid, s.userid, s.toplevel, s.shape, s.queryid, s.database, s.username, s.calls, s.total_exec_time,
           s.first_seen, s.last_seen
    FROM judged_plans s
), nodes AS (
    -- joined with one another below: only those of statements that can be meant
    SELECT a.* FROM (
        SELECT n.userid, n.toplevel, n.shape, n.node, n.parent, n.type, n.path, n.relid, n.inner_side,
               n.loops / n.sampled AS loops, (n.rows + n.rows_removed) / n.sampled AS rows_read,
               -- a join's condition is looked at by the join
               CASE WHEN n.inner_side THEN least(n.parent_rows, n.rows) ELSE n.rows END / n.sampled AS rows_kept,
               sum(n.rows + n.rows_removed) FILTER (WHERE n.type NOT LIKE '%Append') OVER w / n.sampled AS all_read,
               max(n.loops) FILTER (WHERE n.type IN ('Seq Scan', 'Materialize')) OVER w / n.sampled AS most_loops
        FROM node_facts((SELECT array_agg(shape) FROM chosen)) n
        WHERE n.is_current AND n.sampled > 0
          AND n.type IN ('Seq Scan', 'Index Scan', 'Index Only Scan', 'Bitmap Heap Scan', 'Materialize', 'Memoize', 'Append')
        WINDOW w AS (PARTITION BY n.userid, n.toplevel, n.shape)) a
    WHERE a.most_loops >= 10 AND a.all_read >= (SELECT threshold('rescan_rows'))
), tables AS (
    -- a sequential scan; those of partitions, and of tables that inherit, together
    SELECT n.userid, n.toplevel, n.shape, CASE WHEN n.path LIKE '%Append/Seq Scan' THEN n.parent ELSE n.node END AS place,
           min(n.parent) AS parent, judged_table(n.relid) AS relid, array_agg(n.relid) AS relids, array_agg(n.node) AS members,
           max(n.loops) AS loops, sum(n.rows_read) AS rows_read, sum(n.rows_kept) AS rows_kept, bool_or(n.inner_side) AS inner_side,
           max(n.all_read) AS all_read
    FROM nodes n WHERE n.type = 'Seq Scan'
    GROUP BY 1, 2, 3, 4, judged_table(n.relid)
), rescans AS (
    -- one that is started again, or what was kept of one
    SELECT t.userid, t.toplevel, t.shape, t.relid, t.relids, t.members, t.all_read, o.*
    FROM tables t
    LEFT JOIN nodes a ON a.type = 'Append' AND (a.userid, a.toplevel, a.shape, a.node) = (t.userid, t.toplevel, t.shape, t.place)
    LEFT JOIN nodes m ON m.type = 'Materialize' AND m.inner_side
        AND (m.userid, m.toplevel, m.shape, m.node) = (t.userid, t.toplevel, t.shape, coalesce(a.parent, t.parent))
    CROSS JOIN LATERAL (
        SELECT coalesce(m.type, 'Seq Scan') AS type, coalesce(m.parent, a.parent, t.parent) AS above,
               m.node IS NOT NULL OR coalesce(a.inner_side, t.inner_side) AS inner_side,
               coalesce(m.loops, t.loops) AS loops, coalesce(m.rows_read, t.rows_read) AS rows_read,
               coalesce(m.rows_kept, CASE WHEN a.inner_side THEN a.rows_kept ELSE t.rows_kept END) AS rows_kept) o
    WHERE t.relid IS NOT NULL AND o.loops >= 10 AND o.rows_read >= 100 * o.loops AND o.rows_read >= (SELECT threshold('rescan_rows'))
      AND o.rows_kept <= o.rows_read * (SELECT threshold('scan_kept_share'))
), preds AS (
    SELECT p.userid, p.toplevel, p.shape, p.node, p.kind, p.relid, column_name(p.relid, p.attnum) AS name
    FROM predicate_facts((SELECT array_agg(shape) FROM rescans)) p
    WHERE p.is_current AND p.kind IN ('join', 'filter') AND p.funcid IS NULL AND NOT p.inside_or AND NOT p.collated AND is_equality(p.opno)
), judged AS (
    SELECT c.*, r.loops, r.rows_read, r.rows_kept, r.type, r.inner_side, r.relid, r.relids,
           relation_name(r.relid) AS table_name, k.names,
           c.total_exec_time * (1 - r.rows_kept / r.rows_read) * r.rows_read / greatest(r.all_read, r.rows_read) AS cost,
           statement_text(c.dbid, c.userid, c.toplevel, c.shape) AS query
    FROM rescans r
    JOIN chosen c USING (userid, toplevel, shape)
    CROSS JOIN LATERAL (
        SELECT array_agg(DISTINCT p.name) AS names FROM preds p
        WHERE (p.userid, p.toplevel, p.shape) = (r.userid, r.toplevel, r.shape) AND p.relid = ANY (r.relids)
          AND (p.node = ANY (r.members) AND p.kind = 'filter' OR p.node = r.above AND p.kind = 'join')
          AND p.name IS NOT NULL) k
    WHERE k.names IS NOT NULL
)
SELECT finding_id('nested_loop_rescan', j.table_name, j.query) AS finding_id,
       severity(j.cost, j.cost / j.calls) AS severity,
       'nested_loop_rescan' AS kind,
       j.relid::regclass AS relation,
       format('Goes through %s of %s %s times an execution (%s), %s rows in all, to keep %s',
              CASE WHEN j.type = 'Materialize' THEN 'what it keeps' ELSE 'all' END, table_text(j.relid), count_text(j.loops),
              CASE WHEN j.inner_side THEN 'for each row of a join''s other side' ELSE 'in a correlated subquery or below a join' END,
              count_text(j.rows_read), count_text(j.rows_kept)) AS summary,
       index_text(j.relid, (SELECT string_agg(quote_ident(e), ', ' ORDER BY e) FROM unnest(j.names) e)) AS suggestion,
       j.cost AS impact_ms,
       j.calls AS occurrences,
       j.database::text, j.username, NULL::text AS application,
       j.queryid, j.query, NULL::bigint AS parent_queryid, NULL::text AS parent_query,
       jsonb_build_object(
           'node', j.type, 'rows_read', round(j.rows_read), 'rows_kept', round(j.rows_kept), 'loops', round(j.loops),
           'columns', to_jsonb(j.names), 'calls', j.calls, 'exec_ms', round(j.total_exec_time::numeric, 3)) AS evidence,
       j.first_seen, j.last_seen
FROM judged j
WHERE NOT leads_index(j.relid, j.names)
  -- of tables that inherit, the one above is often empty
  AND NOT coalesce((SELECT bool_and(leads_index(c.oid, j.names)) FROM pg_class c WHERE c.oid = ANY (j.relids) AND c.reltuples <> 0), false);
COMMENT ON VIEW detect_nested_loop_rescan IS 'Findings of kind nested_loop_rescan.';

