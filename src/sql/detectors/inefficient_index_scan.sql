-- inefficient_index_scan: an index gives very many rows, and a condition that is
-- looked at afterwards throws most of them away.

INSERT INTO detector_list VALUES ('inefficient_index_scan',
    'An index gives very many rows of which a further condition keeps few.',
    '{perfaudit.index_scan_removed, perfaudit.scan_kept_share, perfaudit.judge_calls, perfaudit.judge_time}',
    'docs/findings.md#inefficient_index_scan',
    '{ordinary>=1, calls>=judge_calls, total_exec_time>=judge_time}');

CREATE VIEW detect_inefficient_index_scan AS
WITH chosen AS (
    SELECT s.dbid, s.userid, s.toplevel, s.shape, s.queryid, s.database, s.username, s.calls, s.total_exec_time,
           s.first_seen, s.last_seen
    FROM judged_plans s
), nodes AS (
    SELECT n.userid, n.toplevel, n.shape, n.node, n.type, n.relid, n.indexid, n.sampled, n.rows, n.rows_removed,
           (n.rows + n.rows_removed)
               / sum(n.rows + n.rows_removed) OVER (PARTITION BY n.userid, n.toplevel, n.shape) AS share,
           sum(n.rows_removed) OVER (PARTITION BY n.userid, n.toplevel, n.shape) AS all_removed
    FROM node_facts((SELECT array_agg(shape) FROM chosen)) n
    WHERE n.is_current AND n.sampled > 0 AND n.relid IS NOT NULL AND n.rows + n.rows_removed > 0
), scans AS (
    -- partitions together
    SELECT s.* FROM (
        SELECT n.userid, n.toplevel, n.shape, n.node, n.type, n.indexid, n.sampled, n.rows_removed AS removed_here, t.relid,
               sum(n.rows) OVER w AS rows, sum(n.rows_removed) OVER w AS rows_removed, sum(n.share) OVER w AS share
        -- only where enough is removed by all together
        FROM (SELECT a.* FROM nodes a WHERE a.all_removed / a.sampled >= (SELECT threshold('index_scan_removed')) OFFSET 0) n
        CROSS JOIN LATERAL (SELECT judged_table(n.relid) AS relid) t
        WHERE n.type IN ('Index Scan', 'Index Only Scan', 'Bitmap Heap Scan') AND t.relid IS NOT NULL
        WINDOW w AS (PARTITION BY n.userid, n.toplevel, n.shape, t.relid)) s
    WHERE s.rows_removed / s.sampled >= (SELECT threshold('index_scan_removed'))
      AND s.rows <= (s.rows + s.rows_removed) * (SELECT threshold('scan_kept_share'))
), preds AS (
    SELECT p.userid, p.toplevel, p.shape, p.node,
           -- what one b-tree can serve: equalities, then one range
           array_agg(DISTINCT k.key) FILTER (WHERE p.kind = 'index' AND e.equal) AS index_equal,
           array_agg(DISTINCT k.key) FILTER (WHERE p.kind = 'index' AND NOT e.equal) AS index_range,
           array_agg(DISTINCT k.key) FILTER (WHERE w.wanted AND e.equal AND v.variant IS DISTINCT FROM 'time') AS equal,
           array_agg(DISTINCT k.key) FILTER (WHERE w.wanted AND (NOT e.equal OR v.variant = 'time')) AS range,
           array_agg(DISTINCT a.attname) FILTER (WHERE k.key IS NOT NULL AND (w.wanted OR p.kind = 'index') AND v.variant IS DISTINCT FROM 'index') AS names,
           array_agg(DISTINCT CASE WHEN p.funcid IS NULL THEN quote_ident(a.attname)
                                   ELSE coalesce(index_key(p.funcid, a.attname, p.nested),
                                                 (SELECT format('%s(%I)', f.proname, a.attname) FROM pg_proc f WHERE f.oid = p.funcid)) END)
               FILTER (WHERE p.kind = 'filter') AS filtered,
           array_agg(DISTINCT a.attname) FILTER (WHERE p.kind = 'filter') AS columns,
           -- of functions one is enough
           (array_agg(p.funcid ORDER BY a.attname) FILTER (WHERE w.wanted AND v.variant = 'index'))[1] AS funcid,
           (array_agg(compare_text(v.variant, a.attname, format_type(a.atttypid, a.atttypmod)) ORDER BY a.attname)
               FILTER (WHERE w.wanted AND v.variant <> 'index'))[1] AS instead
    FROM predicate_facts((SELECT array_agg(shape) FROM scans)) p
    JOIN pg_attribute a ON a.attrelid = p.relid AND a.attnum = p.attnum AND NOT a.attisdropped
    CROSS JOIN LATERAL (SELECT is_equality(p.opno) AS equal) e
    CROSS JOIN LATERAL (SELECT CASE WHEN p.funcid IS NOT NULL THEN function_variant(p.funcid, index_key(p.funcid, a.attname, p.nested), p.nested, a.atttypid) END AS variant) v
    CROSS JOIN LATERAL (SELECT CASE WHEN p.kind = 'index' OR v.variant = 'index' THEN index_key(p.funcid, a.attname, p.nested)
                                    WHEN v.variant = 'time' OR v.variant = 'cast' THEN quote_ident(a.attname)
                                    -- no b-tree serves comparing with the members of an array
                                    WHEN p.funcid IS NULL AND NOT (p.list AND (SELECT y.typcategory = 'A' FROM pg_type y WHERE y.oid = a.atttypid)
                                                                   AND (SELECT o.oprleft NOT IN (a.atttypid, 'anyarray'::regtype) FROM pg_operator o WHERE o.oid = p.opno))
                                    THEN quote_ident(a.attname) END AS key) k
    CROSS JOIN LATERAL (SELECT p.kind = 'filter' AND NOT p.inside_or AND NOT p.collated AND k.key IS NOT NULL AS wanted) w
    WHERE p.is_current AND p.kind IN ('index', 'filter')
    GROUP BY 1, 2, 3, 4
), found AS (
    -- of partitions the one that removes most speaks for the table
    SELECT DISTINCT ON (n.userid, n.toplevel, n.shape, n.relid)
           n.userid, n.toplevel, n.shape, n.type, n.indexid, n.sampled, n.relid, p.filtered, p.columns, p.names, p.funcid, p.instead,
           n.rows, n.rows_removed, n.share,
           coalesce(p.index_equal, '{}') || coalesce(p.equal, '{}')
               || coalesce((p.range || p.index_range)[1:1], '{}') AS key
    FROM scans n
    JOIN preds p USING (userid, toplevel, shape, node)
    WHERE p.equal IS NOT NULL OR p.range IS NOT NULL
    ORDER BY n.userid, n.toplevel, n.shape, n.relid, n.removed_here DESC, n.node
), judged AS (
    SELECT c.*, f.type, f.relid, f.indexid, f.filtered, f.columns, f.names, f.funcid, f.instead, f.key, relation_name(f.relid) AS table_name,
           (f.rows + f.rows_removed) / f.sampled AS rows_read, f.rows / f.sampled AS rows_kept,
           c.total_exec_time * f.rows_removed / (f.rows + f.rows_removed) * f.share AS cost,
           statement_text(c.dbid, c.userid, c.toplevel, c.shape) AS query
    FROM found f JOIN chosen c USING (userid, toplevel, shape)
)
SELECT finding_id('inefficient_index_scan', j.table_name, j.query) AS finding_id,
       severity(j.cost, j.cost / j.calls) AS severity,
       'inefficient_index_scan' AS kind,
       j.relid::regclass AS relation,
       format('%s fetches %s rows of %s an execution%s and keeps %s, filtering by %s', j.type, count_text(j.rows_read),
              table_text(j.relid), coalesce(' by ' || (SELECT quote_ident(i.relname) FROM pg_class i WHERE i.oid = j.indexid), ''),
              count_text(j.rows_kept), array_to_string(j.filtered, ', ')) AS summary,
       coalesce(j.instead || CASE WHEN has_index(j.relid, j.names) THEN ': an index serves that.' ELSE ', and: ' END, '')
       || CASE WHEN j.instead IS NOT NULL AND has_index(j.relid, j.names) THEN '' ELSE index_text(j.relid, (SELECT string_agg(e.name, ', ' ORDER BY e.place)
                            FROM (SELECT k.name, min(k.place) AS place FROM unnest(j.key) WITH ORDINALITY k (name, place)
                                  GROUP BY k.name) e)) END AS suggestion,
       j.cost AS impact_ms,
       j.calls AS occurrences,
       j.database::text, j.username, NULL::text AS application,
       j.queryid, j.query, NULL::bigint AS parent_queryid, NULL::text AS parent_query,
       jsonb_build_object(
           'node', j.type, 'rows_read', round(j.rows_read), 'rows_kept', round(j.rows_kept),
           'columns', to_jsonb(j.columns), 'calls', j.calls, 'exec_ms', round(j.total_exec_time::numeric, 3)) AS evidence,
       j.first_seen, j.last_seen
FROM judged j
WHERE was_analyzed(j.relid)
-- an index that has all of these columns is there: the planner has decided against it
  AND NOT (j.instead IS NULL AND EXISTS (
    SELECT FROM pg_index i
    WHERE i.indrelid = j.relid AND i.indisvalid AND i.indpred IS NULL
      AND ARRAY(SELECT column_name(i.indrelid, k) FROM unnest(i.indkey[0:i.indnkeyatts - 1]) k) @> j.names
      AND (j.funcid IS NULL OR i.indexprs::text ~ format(E':funcid %s\\M', j.funcid))));
COMMENT ON VIEW detect_inefficient_index_scan IS 'Findings of kind inefficient_index_scan.';

