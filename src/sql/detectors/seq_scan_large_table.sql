-- seq_scan_large_table: an execution reads very many rows of a table to keep
-- few.  Rows read are exact; the share kept comes from sampled executions, and
-- without a sample nothing is said.

INSERT INTO detector_list VALUES ('seq_scan_large_table',
    'A statement reads a large table from end to end to keep a few rows.',
    '{perfaudit.large_table_rows, perfaudit.scan_kept_share, perfaudit.judge_calls, perfaudit.judge_time}',
    'docs/findings.md#seq_scan_large_table',
    '{ordinary>=1, calls>=judge_calls, total_exec_time>=judge_time, rows_scanned>=large_table_rows}');

CREATE VIEW detect_seq_scan_large_table AS
WITH served AS (
    SELECT m.relation, string_to_array(m.evidence ->> 'child_column', ', ') AS columns FROM detect_missing_foreign_key_index m
), judged AS (
    SELECT w.*, (SELECT string_agg(quote_ident(e), ', ' ORDER BY n) FROM unnest(w.key) WITH ORDINALITY k (e, n)) AS key_text
    FROM wasteful_scans w
    WHERE w.told_as = 'seq_scan_large_table' AND NOT w.rescans
      -- nor what is told as index_not_used, or the index of a missing_foreign_key_index would serve
      AND (w.relid, w.queryid, w.username) NOT IN (SELECT u.relation::oid, u.queryid, u.username FROM detect_index_not_used u
                                                   WHERE u.queryid IS NOT NULL)
      AND NOT EXISTS (SELECT FROM served f
                      WHERE f.relation = w.relid
                        AND f.columns <@ ARRAY(SELECT quote_ident(e) FROM unnest(w.compared) e))
)
SELECT finding_id('seq_scan_large_table', j.table_name, j.query) AS finding_id,
       severity(j.cost, j.cost / j.calls) AS severity,
       'seq_scan_large_table' AS kind,
       j.relid::regclass AS relation,
       format('Reads %s rows of %s an execution and keeps %s%s',
              count_text(j.rows_per_call), j.table_label, share_text(j.kept_share),
              coalesce(', filtering by ' || array_to_string(j.columns, ', '), '')) AS summary,
       CASE WHEN cardinality(j.key) > 0 THEN
                CASE WHEN has_index(j.relid, j.key)
                     THEN format('An index on %s is there: the planner takes the scan for cheaper, or cannot use it as the statement is written.', j.key_text)
                     ELSE index_text(j.relid, j.key_text) END
            WHEN j.open_or AND j.or_columns IS NOT NULL THEN
                format('Leave out the condition when its parameter is not given, or have it planned for its values (%s)',
                       set_for_role(j.username, 'plan_cache_mode = force_custom_plan'))
                || CASE WHEN has_index(j.relid, j.or_columns[1:1]) THEN ': an index then serves it.' ELSE ', and: ' || index_text(j.relid, quote_ident(j.or_columns[1])) END
            WHEN j.or_columns IS NOT NULL THEN
                CASE WHEN (SELECT bool_and(has_index(j.relid, ARRAY[e])) FROM unnest(j.or_columns) e)
                     THEN 'Each arm of the OR has an index: the planner takes the scan for cheaper, or cannot use them as the statement is written.'
                     ELSE format('One index for each arm of the OR, which can be combined: %s',
                                 (SELECT string_agg(index_text(j.relid, quote_ident(e)), E'\n' ORDER BY e)
                                  FROM unnest(j.or_columns) e WHERE NOT has_index(j.relid, ARRAY[e]))) END
            WHEN j.special_by = 'member' THEN
                format('Write %1$I @> ARRAY[$1] instead of $1 = ANY (%1$I)', j.special_column)
                || CASE WHEN has_index(j.relid, ARRAY[j.special_column]::name[], 'gin') THEN ': its GIN index serves that.'
                        ELSE ', and: ' || index_text(j.relid, quote_ident(j.special_column), 'gin') END
            WHEN j.special_by IS NOT NULL THEN
                CASE WHEN has_index(j.relid, ARRAY[j.special_column]::name[], j.special_by)
                     THEN format('A %s index on %I is there: the planner takes the scan for cheaper, or cannot use it as the statement is written.',
                                 upper(j.special_by), j.special_column)
                     ELSE index_text(j.relid, quote_ident(j.special_column), j.special_by) END
            WHEN j.prefix_key IS NOT NULL THEN index_text(j.relid, j.prefix_key)
            WHEN j.not_null IS NOT NULL AND j.pattern IS NOT TRUE THEN index_text(j.relid, quote_ident(j.not_null))
            WHEN j.pattern THEN
                format('The pattern decides: an index with text_pattern_ops serves those that begin with text, a trigram index (pg_trgm) all others. Where there is an OR, each of its arms needs one (%s).',
                       array_to_string(j.columns, ', '))
            WHEN j.document IS NOT NULL THEN
                'With the configuration by name that the statement has, or must have, for english: '
                || index_text(j.relid, format('to_tsvector(''english'', %I)', j.document), 'gin')
            WHEN j.wrapped THEN
                format('No index can serve this condition as it is written (%s): compare the column itself, with a range if need be.',
                       array_to_string(j.columns, ', '))
            WHEN j.columns IS NOT NULL THEN
                format('No b-tree index can serve this condition as it is written (%s). See perfaudit.suggest_indexes().',
                       array_to_string(j.columns, ', '))
            ELSE 'Its condition is no plain comparison of columns: see perfaudit.suggest_indexes().'
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

