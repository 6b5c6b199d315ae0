-- function_on_column: a sequential scan keeps few of very many rows, and what it
-- compares is no column but a function of one, or a cast, so that no index of
-- the column serves.  With an index of the expression there is no such scan.

INSERT INTO detector_list VALUES ('function_on_column',
    'A condition on a function or cast of a column keeps the column''s index from being used.',
    '{perfaudit.large_table_rows, perfaudit.scan_kept_share, perfaudit.judge_calls, perfaudit.judge_time}',
    'docs/findings.md#function_on_column',
    '{ordinary>=1, calls>=judge_calls, total_exec_time>=judge_time, rows_scanned>=large_table_rows}');

CREATE VIEW detect_function_on_column AS
WITH named AS (
    SELECT w.*,
           CASE WHEN p.pronamespace = 'pg_catalog'::regnamespace THEN p.proname
                ELSE format('%s.%I', p.pronamespace::regnamespace, p.proname) END AS func,
           function_variant(p.oid, w.function_key, w.nested, w.typid) AS variant
    FROM wasteful_scans w
    JOIN pg_proc p ON p.oid = w.funcid
    WHERE w.told_as = 'function_on_column'
)
SELECT finding_id('function_on_column', n.table_name, n.query) AS finding_id,
       severity(n.cost, n.cost / n.calls) AS severity,
       'function_on_column' AS kind,
       n.relid::regclass AS relation,
       format('Reads %s rows of %s an execution and keeps %s, comparing %s', count_text(n.rows_per_call), n.table_label,
              share_text(n.kept_share),
              CASE n.variant WHEN 'operator' THEN format('the result of an operator on %I', n.name)
                             WHEN 'json' THEN format('what is inside of %I', n.name)
                             WHEN 'cast' THEN format('%I, cast to another type', n.name)
                             ELSE format('%s of %I', n.func, n.name) END) AS summary,
       CASE n.variant
           WHEN 'json' THEN CASE WHEN n.type = 'jsonb' THEN 'perfaudit.suggest_indexes() says whether a GIN index helps, for conditions with @>; else index' ELSE 'Index' END
               || format(' the expression as it is written: CREATE INDEX CONCURRENTLY ON %s ((%I ->> ''the key''));', n.table_name, n.name)
           WHEN 'index' THEN index_text(n.relid, n.function_key)
           WHEN 'expression' THEN format('Compare %I itself, or index the expression as it is written, if all of it is immutable: CREATE INDEX CONCURRENTLY ON %s ((...));', n.name, n.table_name)
           WHEN 'function' THEN format('Compare %I itself, or an immutable function of it that an index can hold.', n.name)
           ELSE compare_text(n.variant, n.name, n.type)
                || CASE n.variant WHEN 'operator' THEN ', and an index of the column serves it; or index the whole expression.'
                                  WHEN 'time' THEN '; an index of the column serves it.'
                                  WHEN 'part' THEN '; else index the expression as it is written.'
                                  ELSE ': an index of the column serves it.' END END AS suggestion,
       n.cost AS impact_ms,
       n.calls AS occurrences,
       n.database::text, n.username, NULL::text AS application,
       n.queryid, n.query, NULL::bigint AS parent_queryid, NULL::text AS parent_query,
       jsonb_strip_nulls(jsonb_build_object(
           'variant', n.variant, 'columns', to_jsonb(ARRAY[n.name]), 'function', n.func, 'node', 'Seq Scan',
           'rows_read', n.rows_read, 'rows_kept', round((n.rows_read * n.kept_share)::numeric),
           'rows_read_per_call', n.rows_per_call, 'calls', n.calls,
           'exec_ms', round(n.total_exec_time::numeric, 3))) AS evidence,
       n.first_seen, n.last_seen
FROM named n
-- an index that a cast keeps from being used is told as index_not_used
WHERE NOT (n.variant = 'cast' AND leads_index(n.relid, ARRAY[n.name]))
-- an index of such an expression is there: the planner has decided against it
  AND NOT has_expression(n.relid, n.funcid);
COMMENT ON VIEW detect_function_on_column IS 'Findings of kind function_on_column.';

