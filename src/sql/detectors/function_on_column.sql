-- function_on_column: a sequential scan keeps few of very many rows, and what it
-- compares is no column but a function of one, or a cast, so that no index of
-- the column serves.  With an index of the expression there is no such scan.

INSERT INTO detector_list VALUES ('function_on_column',
    'A condition on a function or cast of a column keeps the column''s index from being used.',
    '{perfaudit.large_table_rows, perfaudit.scan_kept_share, perfaudit.judge_calls, perfaudit.judge_time}',
    'docs/findings.md#function_on_column',
    '{ordinary>=1, calls>=judge_calls, total_exec_time>=judge_time, rows_scanned>=large_table_rows}');

CREATE VIEW detect_function_on_column AS
WITH chosen AS (
    SELECT s.dbid, s.userid, s.toplevel, s.shape, s.queryid, s.database, s.username, s.calls, s.total_exec_time,
           s.seq_rows_read, s.first_seen, s.last_seen
    FROM judged_plans s
    WHERE s.seq_rows_read / s.calls >= (SELECT threshold('large_table_rows'))
), filters AS (
    SELECT p.userid, p.toplevel, p.shape, p.relid,
           (array_agg(p.attnum ORDER BY p.attnum))[1] AS attnum, (array_agg(p.funcid ORDER BY p.attnum))[1] AS funcid
    FROM predicate_facts((SELECT array_agg(shape) FROM chosen)) p
    WHERE p.is_current AND p.kind = 'filter' AND NOT p.inside_or AND is_equality(p.opno) IS NOT NULL
    GROUP BY 1, 2, 3, 4
    -- a plain column beside it serves as well
    HAVING bool_and(p.funcid IS NOT NULL)
), kept AS (
    SELECT n.userid, n.toplevel, n.shape, n.relid, sum(n.rows) AS rows_kept, sum(n.rows + n.rows_removed) AS rows_read
    FROM node_facts((SELECT array_agg(shape) FROM filters)) n
    WHERE n.type IN ('Seq Scan', 'Sample Scan') AND n.sampled > 0
    GROUP BY 1, 2, 3, 4
), scans AS (
    SELECT c.*, f.relid AS scanned, judged_table(f.relid) AS relid, f.attnum, f.funcid,
           sf.rows_read / c.calls AS rows_per_call, k.rows_kept / k.rows_read AS kept_share,
           c.total_exec_time * (1 - k.rows_kept / k.rows_read) * least(1, sf.rows_read / c.seq_rows_read::float8) AS cost
    FROM filters f
    JOIN kept k USING (userid, toplevel, shape, relid)
    JOIN chosen c USING (userid, toplevel, shape)
    JOIN scan_facts(threshold('large_table_rows')) sf USING (userid, toplevel, shape, relid)
    WHERE k.rows_read > 0 AND k.rows_kept <= k.rows_read * (SELECT threshold('scan_kept_share'))
      AND sf.rows_read / c.calls >= (SELECT threshold('large_table_rows'))
), named AS (
    SELECT s.*, relation_name(s.relid) AS table_name, column_name(s.scanned, s.attnum) AS name,
           CASE WHEN p.pronamespace = 'pg_catalog'::regnamespace THEN '' ELSE p.pronamespace::regnamespace || '.' END
               || quote_ident(p.proname) AS func, format_type(a.atttypid, a.atttypmod) AS type,
           CASE WHEN p.proname IN ('date', 'date_trunc', 'date_part', 'extract') THEN 'time'
                WHEN EXISTS (SELECT FROM pg_operator o WHERE o.oprcode = p.oid AND o.oprname IN ('->', '->>', '#>', '#>>')
                             AND o.oprleft IN ('json'::regtype, 'jsonb'::regtype)) THEN 'json'
                WHEN p.oid = 'textout'::regproc OR EXISTS (SELECT FROM pg_cast ca WHERE ca.castfunc = p.oid) THEN 'cast'
                WHEN EXISTS (SELECT FROM pg_operator o WHERE o.oprcode = p.oid) THEN 'operator'
                WHEN p.provolatile = 'i' AND p.pronargs = 1 AND p.prokind = 'f' THEN 'index'
                ELSE 'function' END AS variant,
           statement_text(s.dbid, s.userid, s.toplevel, s.shape) AS query
    FROM scans s
    JOIN pg_proc p ON p.oid = s.funcid
    JOIN pg_attribute a ON a.attrelid = s.scanned AND a.attnum = s.attnum AND NOT a.attisdropped
    WHERE s.relid IS NOT NULL
)
SELECT finding_id('function_on_column', n.table_name, n.query) AS finding_id,
       severity(n.cost, n.cost / n.calls) AS severity,
       'function_on_column' AS kind,
       n.relid::regclass AS relation,
       format('Reads %s rows of %s an execution and keeps %s%%, comparing %s', count_text(n.rows_per_call), n.table_name,
              CASE WHEN n.kept_share < 0.001 THEN '< 0.1' ELSE round((n.kept_share * 100)::numeric, 1)::text END,
              CASE n.variant WHEN 'operator' THEN format('the result of an operator on %I', n.name)
                             WHEN 'json' THEN format('what is inside of %I', n.name)
                             WHEN 'cast' THEN format('%I, cast to another type', n.name)
                             ELSE format('%s of %I', n.func, n.name) END) AS summary,
       CASE n.variant
           WHEN 'time' THEN format('Compare %I itself, with a range: WHERE %I >= (its begin) AND %I < (its end); an index of the column serves it.', n.name, n.name, n.name)
           WHEN 'cast' THEN format('Pass a value of the column''s type, %s, and do not cast %I: an index of the column serves it.', n.type, n.name)
           WHEN 'json' THEN CASE WHEN n.type = 'jsonb' THEN 'perfaudit.suggest_indexes() says whether a GIN index helps, for conditions with @>; else index' ELSE 'Index' END
               || format(' the expression as it is written: CREATE INDEX CONCURRENTLY ON %s ((%I ->> ''the key''));', n.table_name, n.name)
           WHEN 'operator' THEN format('Leave %I alone on its side of the comparison, and an index of the column serves it; or index the whole expression.', n.name)
           WHEN 'index' THEN index_text(n.relid, format('%s(%I)', n.func, n.name))
           ELSE format('Compare %I itself, or an immutable function of it that an index can hold.', n.name) END AS suggestion,
       n.cost AS impact_ms,
       n.calls AS occurrences,
       n.database::text, n.username, NULL::text AS application,
       n.queryid, n.query, NULL::bigint AS parent_queryid, NULL::text AS parent_query,
       jsonb_build_object(
           'variant', n.variant, 'columns', to_jsonb(ARRAY[n.name]), 'function', n.func, 'node', 'Seq Scan',
           'rows_read', n.rows_per_call * n.calls, 'rows_kept', round((n.rows_per_call * n.calls * n.kept_share)::numeric),
           'rows_read_per_call', n.rows_per_call, 'calls', n.calls,
           'exec_ms', round(n.total_exec_time::numeric, 3)) AS evidence,
       n.first_seen, n.last_seen
FROM named n
-- an index that a cast keeps from being used is told as index_not_used
WHERE NOT (n.variant = 'cast' AND leads_index(n.relid, ARRAY[n.name]));
COMMENT ON VIEW detect_function_on_column IS 'Findings of kind function_on_column.';

