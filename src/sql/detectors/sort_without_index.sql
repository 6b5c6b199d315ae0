-- sort_without_index: very many rows of one table are sorted to return the first
-- few, which an index in that order would give at once.

INSERT INTO detector_list VALUES ('sort_without_index',
    'Very many rows are sorted for the first few of them; an index has the order.',
    '{perfaudit.sort_rows, perfaudit.scan_kept_share, perfaudit.judge_calls, perfaudit.judge_time}',
    'docs/findings.md#sort_without_index',
    '{ordinary>=1, calls>=judge_calls, total_exec_time>=judge_time}');

CREATE VIEW detect_sort_without_index AS
WITH chosen AS (
    SELECT s.dbid, s.userid, s.toplevel, s.shape, s.queryid, s.database, s.username, s.calls, s.total_exec_time,
           s.first_seen, s.last_seen
    FROM judged_plans s
), inputs AS (
    -- what a sort right below a LIMIT reads: a scan, or the partitions of a table
    SELECT n.userid, n.toplevel, n.shape, n.node, n.parent, n.sampled, n.rows / n.sampled AS rows_sorted,
           n.parent_rows / n.sampled AS rows_kept
    FROM node_facts((SELECT array_agg(shape) FROM chosen)) n
    WHERE n.is_current AND n.sampled > 0 AND n.rows / n.sampled >= (SELECT threshold('sort_rows'))
      AND n.path ~ '(^|/)Limit/(Gather/)?Sort/(Seq Scan|Index Scan|Index Only Scan|Bitmap Heap Scan|Append)$'
      AND n.parent_rows <= n.rows * (SELECT threshold('scan_kept_share'))
), preds AS (
    SELECT p.userid, p.toplevel, p.shape, p.node, p.kind, judged_table(p.relid) AS relid,
           column_name(p.relid, p.attnum) AS name, p.funcid, p.key_position, p.descending, p.nulls_first,
           p.kind <> 'sort' AND is_equality(p.opno) AND NOT p.list AND NOT p.inside_or AND NOT p.collated AND p.funcid IS NULL AS equal
    FROM predicate_facts((SELECT array_agg(shape) FROM inputs)) p
    WHERE p.is_current AND p.kind IN ('sort', 'filter', 'index')
), keys AS (
    SELECT i.userid, i.toplevel, i.shape, i.rows_sorted, i.rows_kept, k.relid, k.names, k.options, k.ordered
    FROM inputs i
    CROSS JOIN LATERAL (
        -- columns of one table, without a gap
        SELECT min(p.relid) AS relid, array_agg(p.name ORDER BY p.key_position) AS names,
               -- as in pg_index
               array_agg(p.descending::int + 2 * p.nulls_first::int ORDER BY p.key_position) AS options,
               string_agg(quote_ident(p.name)
                          || CASE WHEN p.descending THEN ' DESC' ELSE '' END
                          || CASE WHEN p.nulls_first = p.descending THEN ''
                                  WHEN p.nulls_first THEN ' NULLS FIRST' ELSE ' NULLS LAST' END,
                          ', ' ORDER BY p.key_position) AS ordered
        FROM preds p
        WHERE (p.userid, p.toplevel, p.shape, p.node, p.kind) = (i.userid, i.toplevel, i.shape, i.parent, 'sort')
        HAVING count(DISTINCT p.relid) = 1 AND count(*) = max(p.key_position) + 1
           AND bool_and(p.funcid IS NULL AND p.relid IS NOT NULL AND p.name IS NOT NULL)) k
), sorts AS (
    SELECT c.*, k.rows_sorted, k.rows_kept, k.relid, k.names, k.options, k.ordered, e.equal,
           relation_name(k.relid) AS table_name,
           c.total_exec_time * (1 - k.rows_kept / k.rows_sorted) AS cost,
           statement_text(c.dbid, c.userid, c.toplevel, c.shape) AS query
    FROM keys k
    JOIN chosen c USING (userid, toplevel, shape)
    CROSS JOIN LATERAL (
        SELECT coalesce(array_agg(DISTINCT p.name), '{}') AS equal FROM preds p
        WHERE (p.userid, p.toplevel, p.shape, p.relid) = (k.userid, k.toplevel, k.shape, k.relid)
          AND p.equal AND p.name IS NOT NULL AND p.name <> ALL (k.names)) e
)
SELECT finding_id('sort_without_index', s.table_name, s.query) AS finding_id,
       severity(s.cost, s.cost / s.calls) AS severity,
       'sort_without_index' AS kind,
       s.relid::regclass AS relation,
       format('Sorts %s rows of %s by %s to return %s', count_text(s.rows_sorted), table_text(s.relid), s.ordered,
              count_text(s.rows_kept)) AS summary,
       index_text(s.relid, concat_ws(', ', (SELECT string_agg(quote_ident(e), ', ' ORDER BY e) FROM unnest(s.equal) e),
                                     s.ordered)) AS suggestion,
       s.cost AS impact_ms,
       s.calls AS occurrences,
       s.database::text, s.username, NULL::text AS application,
       s.queryid, s.query, NULL::bigint AS parent_queryid, NULL::text AS parent_query,
       jsonb_build_object(
           'node', 'Sort', 'rows_read', round(s.rows_sorted), 'rows_kept', round(s.rows_kept),
           'columns', to_jsonb(s.equal || s.names), 'calls', s.calls,
           'exec_ms', round(s.total_exec_time::numeric, 3)) AS evidence,
       s.first_seen, s.last_seen
FROM sorts s
WHERE was_analyzed(s.relid)
-- an index that begins with these columns is there: the planner has decided against it
  AND NOT EXISTS (
    SELECT FROM pg_index i
    WHERE i.indrelid = s.relid AND i.indisvalid AND i.indpred IS NULL
      AND i.indnkeyatts >= cardinality(s.equal || s.names)
      AND ARRAY(SELECT column_name(s.relid, i.indkey[k]) FROM generate_series(0, cardinality(s.equal) - 1) k ORDER BY 1)
          = ARRAY(SELECT e FROM unnest(s.equal) e ORDER BY 1)
      AND ARRAY(SELECT column_name(s.relid, i.indkey[k])
                FROM generate_series(cardinality(s.equal), cardinality(s.equal || s.names) - 1) k ORDER BY k) = s.names
      -- in this order, or read backwards
      AND ARRAY(SELECT i.indoption[k]::int FROM generate_series(cardinality(s.equal), cardinality(s.equal || s.names) - 1) k ORDER BY k)
          IN (s.options, ARRAY(SELECT 3 - o FROM unnest(s.options) WITH ORDINALITY u (o, n) ORDER BY n)));
COMMENT ON VIEW detect_sort_without_index IS 'Findings of kind sort_without_index.';

