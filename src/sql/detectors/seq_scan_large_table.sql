-- seq_scan_large_table: an execution reads very many rows of a table to keep
-- few.  Rows read are exact; the share kept comes from sampled executions, and
-- without a sample nothing is said.

INSERT INTO detector_list VALUES ('seq_scan_large_table',
    'A statement reads a large table from end to end to keep a few rows.',
    '{perfaudit.large_table_rows, perfaudit.scan_kept_share, perfaudit.judge_calls, perfaudit.judge_time}',
    'docs/findings.md#seq_scan_large_table',
    '{ordinary>=1, calls>=judge_calls, total_exec_time>=judge_time, rows_scanned>=large_table_rows}');

CREATE VIEW detect_seq_scan_large_table AS
WITH chosen AS (
    SELECT s.userid, s.toplevel, s.shape, s.queryid, s.query, s.database, s.username, s.calls, s.total_exec_time,
           s.seq_rows_read, s.first_seen, s.last_seen
    FROM judged_plans s WHERE s.seq_rows_read / s.calls >= (SELECT threshold('large_table_rows'))
), large AS (
    -- partitions together
    SELECT f.userid, f.toplevel, f.shape, t.relid, sum(f.rows_read)::bigint AS rows_read, sum(f.scans)::bigint AS scan_count
    FROM scan_facts() f
    CROSS JOIN LATERAL (SELECT judged_table(f.relid) AS relid) t
    WHERE f.shape IN (SELECT chosen.shape FROM chosen) AND t.relid IS NOT NULL
    GROUP BY 1, 2, 3, 4
), kept AS (
    SELECT n.userid, n.toplevel, n.shape, judged_table(n.relid) AS relid,
           sum(n.rows) AS rows_kept, sum(n.rows + n.rows_removed) AS rows_read,
           -- scanned again and again: see nested_loop_rescan
           bool_and(n.loops >= 10 * n.sampled
                    AND n.rows + n.rows_removed >= n.sampled * (SELECT threshold('rescan_rows'))) AS rescans
    FROM node_facts((SELECT array_agg(shape) FROM large)) n
    WHERE n.type IN ('Seq Scan', 'Sample Scan') AND n.sampled > 0
    GROUP BY 1, 2, 3, 4
), filters AS (
    SELECT p.userid, p.toplevel, p.shape, judged_table(p.relid) AS relid,
           array_agg(DISTINCT CASE WHEN p.funcid IS NULL THEN quote_ident(a.attname)
                                   ELSE format('%s(%I)', f.proname, a.attname) END) AS columns,
           -- what a b-tree can serve: equalities first, then one range
           array_agg(DISTINCT a.attname) FILTER (WHERE b.equal AND p.funcid IS NULL AND NOT p.inside_or) AS equal_columns,
           array_agg(DISTINCT a.attname) FILTER (WHERE NOT b.equal AND p.funcid IS NULL AND NOT p.inside_or) AS range_columns,
           -- what the usual operator class of another method serves
           (array_agg(ARRAY[m.method, a.attname] ORDER BY m.method, a.attname) FILTER (WHERE m.method IS NOT NULL))[1:1] AS special,
           bool_or(o.oprname IN ('~~', '~~*', '~', '~*')) AS pattern,
           bool_or(p.funcid IS NOT NULL) AS wrapped,
           bool_or(p.funcid IS NOT NULL AND b.equal IS NOT NULL AND NOT p.inside_or) AS function_of_column,
           bool_or(p.unanchored AND NOT p.inside_or) OR bool_and(p.unanchored) AS unanchored
    FROM predicate_facts((SELECT array_agg(shape) FROM large)) p
    JOIN pg_attribute a ON a.attrelid = p.relid AND a.attnum = p.attnum AND NOT a.attisdropped
    LEFT JOIN pg_proc f ON f.oid = p.funcid
    LEFT JOIN pg_operator o ON o.oid = p.opno
    CROSS JOIN LATERAL (SELECT is_equality(p.opno) AS equal) b
    LEFT JOIN LATERAL (SELECT min(am.amname) AS method FROM pg_amop ao
                       JOIN pg_am am ON am.oid = ao.amopmethod AND am.amname IN ('gin', 'gist')
                       JOIN pg_opclass oc ON oc.opcmethod = am.oid AND oc.opcfamily = ao.amopfamily AND oc.opcdefault
                       WHERE ao.amopopr = p.opno AND ao.amoppurpose = 's' AND p.funcid IS NULL AND NOT p.inside_or) m ON true
    WHERE p.kind = 'filter' AND p.is_current
    GROUP BY 1, 2, 3, 4
), scans AS (
    SELECT c.*, l.relid, l.rows_read, l.scan_count, l.rows_read / c.calls AS rows_per_call,
           k.rows_kept / k.rows_read AS kept_share, relation_name(l.relid) AS table_name,
           c.total_exec_time * (1 - k.rows_kept / k.rows_read) * least(1, l.rows_read / c.seq_rows_read::float8) AS cost,
           fi.columns, fi.equal_columns, fi.range_columns, fi.equal_columns || fi.range_columns[1:1] AS key, fi.special, fi.pattern, fi.wrapped
    FROM large l
    JOIN chosen c USING (userid, toplevel, shape)
    JOIN kept k USING (userid, toplevel, shape, relid)
    LEFT JOIN filters fi USING (userid, toplevel, shape, relid)
    WHERE l.rows_read / c.calls >= (SELECT threshold('large_table_rows'))
      AND k.rows_read > 0 AND k.rows_kept <= k.rows_read * (SELECT threshold('scan_kept_share')) AND NOT k.rescans
      -- else it is told as function_on_column or leading_wildcard
      AND NOT (fi.equal_columns IS NULL AND fi.range_columns IS NULL
               AND (coalesce(fi.function_of_column, false) OR coalesce(fi.unanchored, false)))
), not_used AS (
    SELECT u.relation, u.queryid, u.username FROM detect_index_not_used u
), served AS (
    SELECT m.relation, string_to_array(m.evidence ->> 'child_column', ', ') AS columns FROM detect_missing_foreign_key_index m
), judged AS (
    SELECT s.* FROM scans s
    -- nor what is told as index_not_used, or the index of a missing_foreign_key_index would serve
    WHERE NOT EXISTS (SELECT FROM not_used u WHERE u.relation = s.relid AND (u.queryid, u.username) = (s.queryid, s.username))
      AND NOT EXISTS (SELECT FROM served f
                      WHERE f.relation = s.relid
                        AND f.columns <@ ARRAY(SELECT quote_ident(e) FROM unnest(s.equal_columns || s.range_columns) e))
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
                           AND (SELECT array_agg(a.attname) FROM pg_attribute a
                                WHERE a.attrelid = d.relid AND a.attnum = ANY (d.attnums[1:cardinality(j.key)])) @> j.key)
           THEN format('An index on %s is there: the planner takes the scan for cheaper, or cannot use it as the statement is written.',
                       (SELECT string_agg(quote_ident(e), ', ') FROM unnest(j.key) e))
           WHEN cardinality(j.key) > 0
           THEN index_text(j.relid, (SELECT string_agg(quote_ident(e), ', ') FROM unnest(j.key) e))
           WHEN j.special IS NOT NULL THEN index_text(j.relid, quote_ident(j.special[1][2]), j.special[1][1])
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

