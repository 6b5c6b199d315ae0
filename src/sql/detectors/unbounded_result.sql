-- unbounded_result: very many rows sent to a client that asked for no portion,
-- with no LIMIT that took effect.  Recorded for results of 1,000 rows or more.

INSERT INTO detector_list VALUES ('unbounded_result',
    'A statement sends its client very many rows, with nothing that bounds them.',
    '{perfaudit.unbounded_rows, perfaudit.judge_calls}',
    'docs/findings.md#unbounded_result',
    '{ordinary>=1, calls>=judge_calls, unbounded_rows_max>=unbounded_rows}');

CREATE VIEW detect_unbounded_result AS
WITH unbounded AS (
    SELECT s.userid, s.toplevel, s.shape, s.queryid, s.query, s.database, s.username, s.calls, s.total_exec_time,
           s.has_limit, s.unbounded_calls, s.unbounded_rows, s.unbounded_rows_max, s.first_seen, s.last_seen,
           s.total_exec_time
               * greatest(0, s.unbounded_rows - s.unbounded_calls * threshold('unbounded_rows') / 10)
               / nullif(s.rows, 0) AS cost
    FROM needed_statements s
    WHERE s.toplevel AND s.operation = 'select' AND NOT s.catalog_only
      AND s.unbounded_rows_max >= (SELECT threshold('unbounded_rows'))
      AND s.unbounded_calls >= (SELECT threshold('judge_calls')) AND NOT s.temporary
      AND NOT is_seldom(s.calls, s.first_seen, s.last_seen)
), relations AS (
    SELECT * FROM main_tables((SELECT array_agg(shape) FROM unbounded))
), results AS (
    SELECT u.*, r.relid, r.tables FROM unbounded u LEFT JOIN relations r USING (userid, toplevel, shape)
    WHERE r.shape IS NULL OR r.relid IS NOT NULL
)
SELECT finding_id('unbounded_result', r.query) AS finding_id,
       severity(r.cost, r.cost / r.unbounded_calls) AS severity,
       'unbounded_result' AS kind,
       r.relid::regclass AS relation,
       format('Sends up to %s rows at once (%s on average)%s, and nothing bounds them%s',
              count_text(r.unbounded_rows_max), count_text(r.unbounded_rows / r.unbounded_calls),
              ', read from ' || table_text(r.relid) || CASE WHEN r.tables > 1 THEN ' and others' ELSE '' END,
              CASE WHEN r.has_limit THEN ': its LIMIT lies above' ELSE '' END) AS summary,
       CASE WHEN k.key IS NOT NULL
            THEN format('Read in pages by a unique key: WHERE %s > (the last seen) ORDER BY %s LIMIT 100, for instance;', k.key, k.ordered)
            ELSE 'Read in pages with ORDER BY a unique key and LIMIT;' END
       || ' count or aggregate in SQL if only a number is needed; use a cursor or COPY for an export.' AS suggestion,
       r.cost AS impact_ms,
       r.unbounded_calls AS occurrences,
       r.database::text, r.username, NULL::text AS application,
       r.queryid, r.query, NULL::bigint AS parent_queryid, NULL::text AS parent_query,
       jsonb_strip_nulls(jsonb_build_object(
           'rows_sent', r.unbounded_rows, 'rows_sent_max', r.unbounded_rows_max, 'calls', r.calls,
           'exec_ms', round(r.total_exec_time::numeric, 3))) AS evidence,
       r.first_seen, r.last_seen
FROM results r
LEFT JOIN LATERAL (
    -- the primary key, or another without nulls; a materialised view has none
    SELECT CASE WHEN count(*) > 1 THEN format('(%s)', string_agg(quote_ident(a.attname), ', ' ORDER BY c.place))
                ELSE min(quote_ident(a.attname)) END AS key,
           string_agg(quote_ident(a.attname), ', ' ORDER BY c.place) AS ordered
    FROM pg_index i
    CROSS JOIN LATERAL unnest(i.indkey[0:i.indnkeyatts - 1]) WITH ORDINALITY AS c (attnum, place)
    JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = c.attnum
    WHERE i.indrelid = r.relid AND i.indisunique AND i.indisvalid AND i.indpred IS NULL AND i.indexprs IS NULL
      AND r.tables = 1
    GROUP BY i.indexrelid, i.indisprimary
    HAVING bool_and(a.attnotnull) OR (SELECT t.relkind = 'm' FROM pg_class t WHERE t.oid = r.relid)
    ORDER BY i.indisprimary DESC, count(*), i.indexrelid LIMIT 1) k ON true;
COMMENT ON VIEW detect_unbounded_result IS 'Findings of kind unbounded_result.';

