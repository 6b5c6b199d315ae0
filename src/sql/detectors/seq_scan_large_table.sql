-- seq_scan_large_table: an execution reads very many rows of a table to keep
-- few.  Rows read are exact; the share kept comes from sampled executions, and
-- without a sample nothing is said.

INSERT INTO detector_list VALUES ('seq_scan_large_table',
    'A statement reads a large table from end to end to keep a few rows.',
    '{perfaudit.large_table_rows, perfaudit.scan_kept_share}',
    'docs/findings.md#seq_scan_large_table',
    '{calls>=1, rows_scanned>=large_table_rows}');

CREATE VIEW detect_seq_scan_large_table AS
WITH large AS (
    SELECT s.userid, s.toplevel, s.shape, s.queryid, s.query, s.database, s.username, s.calls, s.total_exec_time,
           s.seq_rows_read, s.first_seen, s.last_seen, f.rows_read, f.relid, f.scans AS scan_count,
           f.rows_read / nullif(s.calls, 0) AS rows_per_call
    FROM scan_facts(threshold('large_table_rows')) f
    JOIN judged_statements s USING (userid, toplevel, shape)
    JOIN pg_class c ON c.oid = f.relid
    JOIN pg_namespace ns ON ns.oid = c.relnamespace
    WHERE s.calls > 0 AND c.relpersistence <> 't'
      AND ns.nspname NOT IN ('pg_catalog', 'pg_toast', 'information_schema')
      AND f.rows_read / nullif(s.calls, 0) >= (SELECT threshold('large_table_rows'))
), kept AS (
    SELECT n.userid, n.toplevel, n.shape, n.relid,
           sum(n.rows) AS rows_kept, sum(n.rows + n.rows_removed) AS rows_read,
           -- scanned again and again: see nested_loop_rescan
           bool_and(n.loops >= 10 * n.sampled
                    AND n.rows + n.rows_removed >= n.sampled * (SELECT threshold('rescan_rows'))) AS rescans
    FROM node_facts((SELECT array_agg(shape) FROM large)) n
    WHERE n.type IN ('Seq Scan', 'Sample Scan') AND n.sampled > 0
    GROUP BY 1, 2, 3, 4
), filters AS (
    SELECT p.userid, p.toplevel, p.shape, p.relid,
           array_agg(DISTINCT CASE WHEN p.funcid IS NULL THEN quote_ident(a.attname)
                                   ELSE format('%s(%I)', f.proname, a.attname) END) AS columns,
           -- what a b-tree can serve: equalities first, then one range
           array_agg(DISTINCT quote_ident(a.attname))
               FILTER (WHERE b.strategy = 3 AND p.funcid IS NULL AND NOT p.inside_or) AS equal_columns,
           array_agg(DISTINCT quote_ident(a.attname))
               FILTER (WHERE b.strategy <> 3 AND p.funcid IS NULL AND NOT p.inside_or) AS range_columns,
           bool_or(o.oprname IN ('~~', '~~*', '~', '~*')) AS pattern,
           bool_or(p.funcid IS NOT NULL) AS wrapped,
           bool_or(p.funcid IS NOT NULL AND b.strategy IS NOT NULL AND NOT p.inside_or) AS function_of_column,
           bool_or(p.unanchored AND NOT p.inside_or) OR bool_and(p.unanchored) AS unanchored
    FROM predicate_facts((SELECT array_agg(shape) FROM large)) p
    JOIN pg_attribute a ON a.attrelid = p.relid AND a.attnum = p.attnum AND NOT a.attisdropped
    LEFT JOIN pg_proc f ON f.oid = p.funcid
    LEFT JOIN pg_operator o ON o.oid = p.opno
    LEFT JOIN LATERAL (SELECT min(ao.amopstrategy) AS strategy FROM pg_amop ao
                       JOIN pg_am am ON am.oid = ao.amopmethod AND am.amname = 'btree'
                       WHERE ao.amopopr = p.opno AND ao.amoppurpose = 's') b ON true
    WHERE p.kind = 'filter' AND p.is_current
    GROUP BY 1, 2, 3, 4
), scans AS (
    SELECT l.*, k.rows_kept / nullif(k.rows_read, 0) AS kept_share,
           relation_name(l.relid) AS table_name,
           fi.columns, fi.equal_columns, fi.range_columns, fi.pattern, fi.wrapped, fi.function_of_column, fi.unanchored
    FROM large l
    JOIN kept k USING (userid, toplevel, shape, relid)
    LEFT JOIN filters fi USING (userid, toplevel, shape, relid)
    WHERE k.rows_read > 0
      AND NOT (k.rescans AND l.calls >= (SELECT threshold('judge_calls'))
               AND l.total_exec_time >= (SELECT threshold('judge_time')))
), judged AS (
    SELECT s.*, s.total_exec_time * (1 - s.kept_share)
               * least(1, s.rows_read / nullif(s.seq_rows_read, 0)::float8) AS cost,
           s.equal_columns || s.range_columns[1:1] AS key
    FROM scans s
    WHERE s.kept_share <= (SELECT threshold('scan_kept_share'))
      -- else it is told as function_on_column or leading_wildcard
      AND NOT (s.equal_columns IS NULL AND s.range_columns IS NULL
               AND (coalesce(s.function_of_column, false) OR coalesce(s.unanchored, false)))
)
SELECT finding_id('seq_scan_large_table', j.table_name, j.query) AS finding_id,
       severity(j.cost, j.cost / j.calls) AS severity,
       'seq_scan_large_table' AS kind,
       j.relid::regclass AS relation,
       format('Reads %s rows of %s an execution and keeps %s%%%s',
              count_text(j.rows_per_call), j.table_name,
              CASE WHEN j.kept_share < 0.001 THEN '< 0.1' ELSE round((j.kept_share * 100)::numeric, 1)::text END,
              coalesce(', filtering by ' || array_to_string(j.columns, ', '), '')) AS summary,
       CASE WHEN EXISTS (SELECT FROM index_definitions d
                         WHERE d.relid = j.relid AND d.predicate IS NULL
                           AND (SELECT array_agg(quote_ident(a.attname)) FROM pg_attribute a
                                WHERE a.attrelid = d.relid AND a.attnum = ANY (d.attnums[1:cardinality(j.key)])) @> j.key)
           THEN format('An index on %s is there: see the finding index_not_used.', array_to_string(j.key, ', '))
           WHEN cardinality(j.key) > 0
           THEN format('CREATE INDEX CONCURRENTLY ON %s (%s);', j.table_name, array_to_string(j.key, ', '))
                || ' -- perfaudit.suggest_indexes() weighs it against the whole workload'
           ELSE format('No b-tree index can serve this condition on %s as it is written%s.', j.table_name,
                       coalesce(' (' || array_to_string(j.columns, ', ') || ')', ''))
                || CASE WHEN j.pattern
                       THEN ' An index of the column with text_pattern_ops serves patterns that begin with text; a trigram index (pg_trgm) all others.'
                       WHEN j.wrapped
                       THEN ' Compare the column itself, with a range if need be, instead of a function of it.'
                       ELSE ' See perfaudit.suggest_indexes().' END
       END AS suggestion,
       j.cost AS impact_ms,
       j.calls AS occurrences,
       j.database::text, j.username, NULL::text AS application,
       j.queryid, j.query, NULL::bigint AS parent_queryid, NULL::text AS parent_query,
       jsonb_strip_nulls(jsonb_build_object(
           'rows_read', j.rows_read, 'rows_kept', round((j.rows_read * j.kept_share)::numeric),
           'rows_read_per_call', j.rows_per_call, 'scans', j.scan_count, 'calls', j.calls,
           'columns', to_jsonb(j.columns), 'node', 'Seq Scan',
           'exec_ms', round(j.total_exec_time::numeric, 3))) AS evidence,
       j.first_seen, j.last_seen
FROM judged j;
COMMENT ON VIEW detect_seq_scan_large_table IS 'Findings of kind seq_scan_large_table.';

