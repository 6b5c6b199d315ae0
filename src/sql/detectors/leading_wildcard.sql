-- leading_wildcard: a sequential scan keeps few of very many rows, by a pattern
-- that has no fixed beginning, or ignores case, and by nothing that a b-tree
-- serves.  It is the patterns' values that count, parameters' too: those of most
-- sampled executions.

INSERT INTO detector_list VALUES ('leading_wildcard',
    'A pattern without a fixed beginning is looked for in a large table from end to end.',
    '{perfaudit.large_table_rows, perfaudit.scan_kept_share, perfaudit.judge_calls, perfaudit.judge_time}',
    'docs/findings.md#leading_wildcard',
    '{ordinary>=1, calls>=judge_calls, total_exec_time>=judge_time, rows_scanned>=large_table_rows}');

CREATE VIEW detect_leading_wildcard AS
WITH named AS (
    SELECT w.*, array_position(w.search_keys, NULL) IS NULL AS known, s.names,
           -- where it is installed, if that is not in everybody's search_path
           coalesce((SELECT min(CASE WHEN oc.opcnamespace::regnamespace::text = 'public' THEN ''
                                     ELSE oc.opcnamespace::regnamespace || '.' END)
                     FROM pg_opclass oc WHERE oc.opcname = 'gin_trgm_ops'), '') || 'gin_trgm_ops' AS opclass,
           EXISTS (SELECT FROM pg_extension e WHERE e.extname = 'pg_trgm') AS installed
    FROM wasteful_scans w
    CROSS JOIN LATERAL (SELECT string_agg(quote_ident(e), ', ' ORDER BY e) AS names FROM unnest(w.searched) e) s
    WHERE w.told_as = 'leading_wildcard'
)
SELECT finding_id('leading_wildcard', n.table_name, n.query) AS finding_id,
       severity(n.cost, n.cost / n.calls) AS severity,
       'leading_wildcard' AS kind,
       n.relid::regclass AS relation,
       format(CASE WHEN n.by_position
                   THEN 'Reads %s rows of %s an execution and keeps %s, looking by position() for text anywhere in %s'
                   ELSE 'Reads %s rows of %s an execution and keeps %s, by a pattern in %s that has no fixed beginning or ignores case' END,
              count_text(n.rows_per_call), n.table_label, share_text(n.kept_share),
              CASE WHEN n.known THEN array_to_string(n.search_keys, ', ') ELSE n.names END) AS summary,
       CASE WHEN n.by_position
                THEN format('Write %s LIKE ''%%'' || $1 || ''%%'' (with %% and _ in it escaped) instead of position() or strpos(), and: ', coalesce(n.search_keys[1], 'the expression'))
            WHEN NOT n.trigrams
                THEN format('Compare %1$s::text, with ILIKE if case does not matter, and: ', n.names)
            WHEN NOT n.known THEN 'With the expression as the statement has it for the dots: '
            ELSE '' END
       || CASE WHEN n.installed THEN '' ELSE 'CREATE EXTENSION IF NOT EXISTS pg_trgm; ' END
       || index_text(n.relid,
                     CASE WHEN NOT n.trigrams
                          THEN (SELECT string_agg(format('(%I::text) %s', e, n.opclass), ', ' ORDER BY e) FROM unnest(n.searched) e)
                          WHEN n.known THEN (SELECT string_agg(e || ' ' || n.opclass, ', ' ORDER BY e) FROM unnest(n.search_keys) e)
                          ELSE '(...) ' || n.opclass END, 'gin')
       || '; serves three letters or more in a row; text search is for words' AS suggestion,
       n.cost AS impact_ms,
       n.calls AS occurrences,
       n.database::text, n.username, NULL::text AS application,
       n.queryid, n.query, NULL::bigint AS parent_queryid, NULL::text AS parent_query,
       jsonb_strip_nulls(jsonb_build_object(
           'columns', to_jsonb(n.searched), 'node', 'Seq Scan',
           'rows_read', n.rows_read, 'rows_kept', round((n.rows_read * n.kept_share)::numeric),
           'rows_read_per_call', n.rows_per_call, 'calls', n.calls,
           'exec_ms', round(n.total_exec_time::numeric, 3))) AS evidence,
       n.first_seen, n.last_seen
FROM named n
-- with trigram indexes that serve, a pattern is too short for them: one for all that must match, or for each arm of an OR
WHERE (SELECT bool_or(h.served AND NOT p.inside_or) OR bool_and(h.served)
       FROM jsonb_to_recordset(n.searches) p (attname name, funcid oid, nested bool, inside_or bool)
       -- what has to be written in another way may have its index
       CROSS JOIN LATERAL (SELECT has_trigrams(n.relid, p.attname, p.funcid, p.nested OR NOT n.trigrams, n.filtered) AS served) h) IS NOT TRUE
  -- one that only a condition keeps from serving is told as such
  AND (n.relid, n.queryid, n.username) NOT IN (SELECT u.relation::oid, u.queryid, u.username FROM detect_index_not_used u
                                               WHERE u.queryid IS NOT NULL);
COMMENT ON VIEW detect_leading_wildcard IS 'Findings of kind leading_wildcard.';

