-- leading_wildcard: a sequential scan keeps few of very many rows, by a pattern
-- that has no fixed beginning, or ignores case, and by nothing that a b-tree
-- serves.  It is the pattern's value that counts, a parameter's too, as it was
-- when the plan was first seen.

INSERT INTO detector_list VALUES ('leading_wildcard',
    'A pattern without a fixed beginning is looked for in a large table from end to end.',
    '{perfaudit.large_table_rows, perfaudit.scan_kept_share, perfaudit.judge_calls, perfaudit.judge_time}',
    'docs/findings.md#leading_wildcard',
    '{ordinary>=1, calls>=judge_calls, total_exec_time>=judge_time, rows_scanned>=large_table_rows}');

CREATE VIEW detect_leading_wildcard AS
WITH chosen AS (
    SELECT s.dbid, s.userid, s.toplevel, s.shape, s.queryid, s.database, s.username, s.calls, s.total_exec_time,
           s.seq_rows_read, s.first_seen, s.last_seen
    FROM judged_plans s
    WHERE s.seq_rows_read / s.calls >= (SELECT threshold('large_table_rows'))
), filters AS (
    SELECT p.userid, p.toplevel, p.shape, p.relid,
           array_agg(DISTINCT column_name(p.relid, p.attnum)) FILTER (WHERE p.unanchored) AS names,
           array_agg(DISTINCT CASE WHEN p.funcid IS NULL THEN quote_ident(column_name(p.relid, p.attnum))
                                   ELSE format('%s(%I)', replace(p.funcid::regproc::text, 'pg_catalog.', ''),
                                               column_name(p.relid, p.attnum)) END)
               FILTER (WHERE p.unanchored) AS keys
    FROM predicate_facts((SELECT array_agg(shape) FROM chosen)) p
    WHERE p.is_current AND p.kind = 'filter'
    GROUP BY 1, 2, 3, 4
    -- joined by OR, all must be such; nothing beside it that a b-tree serves
    HAVING (bool_or(p.unanchored AND NOT p.inside_or) OR bool_and(p.unanchored))
       AND NOT bool_or(NOT p.inside_or AND is_equality(p.opno) IS NOT NULL)
), kept AS (
    SELECT n.userid, n.toplevel, n.shape, n.relid, sum(n.rows) AS rows_kept, sum(n.rows + n.rows_removed) AS rows_read
    FROM node_facts((SELECT array_agg(shape) FROM filters)) n
    WHERE n.type IN ('Seq Scan', 'Sample Scan') AND n.sampled > 0
    GROUP BY 1, 2, 3, 4
), scans AS (
    SELECT c.*, judged_table(f.relid) AS relid, f.names, f.keys, sf.rows_read / c.calls AS rows_per_call,
           k.rows_kept / k.rows_read AS kept_share,
           c.total_exec_time * (1 - k.rows_kept / k.rows_read) * least(1, sf.rows_read / c.seq_rows_read::float8) AS cost,
           statement_text(c.dbid, c.userid, c.toplevel, c.shape) AS query
    FROM filters f
    JOIN kept k USING (userid, toplevel, shape, relid)
    JOIN chosen c USING (userid, toplevel, shape)
    JOIN scan_facts(threshold('large_table_rows')) sf USING (userid, toplevel, shape, relid)
    WHERE k.rows_read > 0 AND k.rows_kept <= k.rows_read * (SELECT threshold('scan_kept_share'))
      AND sf.rows_read / c.calls >= (SELECT threshold('large_table_rows'))
), named AS (
    SELECT s.*, relation_name(s.relid) AS table_name, (SELECT c.relkind = 'p' FROM pg_class c WHERE c.oid = s.relid) AS partitioned
    FROM scans s WHERE s.relid IS NOT NULL
)
SELECT finding_id('leading_wildcard', n.table_name, n.query) AS finding_id,
       severity(n.cost, n.cost / n.calls) AS severity,
       'leading_wildcard' AS kind,
       n.relid::regclass AS relation,
       format('Reads %s rows of %s an execution and keeps %s%%, looking for a pattern without a fixed beginning in %s',
              count_text(n.rows_per_call), n.table_name,
              CASE WHEN n.kept_share < 0.001 THEN '< 0.1' ELSE round((n.kept_share * 100)::numeric, 1)::text END,
              array_to_string(n.keys, ', ')) AS summary,
       format('CREATE EXTENSION IF NOT EXISTS pg_trgm; CREATE INDEX %sON %s USING gin (%s); -- serves patterns with three letters or more in a row; text search is for words',
              CASE WHEN n.partitioned THEN '' ELSE 'CONCURRENTLY ' END, n.table_name,
              array_to_string(n.keys, ' gin_trgm_ops, ') || ' gin_trgm_ops') AS suggestion,
       n.cost AS impact_ms,
       n.calls AS occurrences,
       n.database::text, n.username, NULL::text AS application,
       n.queryid, n.query, NULL::bigint AS parent_queryid, NULL::text AS parent_query,
       jsonb_build_object(
           'columns', to_jsonb(n.names), 'node', 'Seq Scan',
           'rows_read', n.rows_per_call * n.calls, 'rows_kept', round((n.rows_per_call * n.calls * n.kept_share)::numeric),
           'rows_read_per_call', n.rows_per_call, 'calls', n.calls,
           'exec_ms', round(n.total_exec_time::numeric, 3)) AS evidence,
       n.first_seen, n.last_seen
FROM named n
-- no trigram index serves char(n)
WHERE NOT EXISTS (
    SELECT FROM pg_attribute a
    WHERE a.attrelid = n.relid AND a.attname = ANY (n.names) AND a.atttypid = 'bpchar'::regtype)
-- with a trigram index, a pattern is too short for it
  AND NOT EXISTS (
    SELECT FROM pg_index i
    JOIN pg_opclass oc ON oc.oid = ANY (i.indclass::oid[]) AND oc.opcname IN ('gin_trgm_ops', 'gist_trgm_ops')
    WHERE i.indrelid = n.relid AND i.indisvalid
      AND (i.indexprs IS NOT NULL
           OR ARRAY(SELECT column_name(i.indrelid, k) FROM unnest(i.indkey::int2[]) k) && n.names));
COMMENT ON VIEW detect_leading_wildcard IS 'Findings of kind leading_wildcard.';

