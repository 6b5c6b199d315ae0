-- deep_offset: rows produced only to be thrown away by OFFSET, counted at the
-- Limit node.  Recorded from 1,000 rows an execution.

INSERT INTO detector_list VALUES ('deep_offset',
    'OFFSET makes the server produce and discard very many rows.',
    '{perfaudit.deep_offset_rows, perfaudit.judge_calls}',
    'docs/findings.md#deep_offset',
    '{calls>=judge_calls, offset_rows_max>=deep_offset_rows}');

CREATE VIEW detect_deep_offset AS
WITH deep AS (
    SELECT s.userid, s.toplevel, s.shape, s.queryid, s.query, s.database, s.username, s.offset_calls, s.offset_rows,
           s.offset_rows_max, s.offset_rows_returned, s.offset_time, s.first_seen, s.last_seen,
           s.offset_time * s.offset_rows
               / nullif(s.offset_rows + s.offset_rows_returned, 0) AS cost
    FROM needed_statements s
    WHERE s.operation = 'select' AND s.offset_rows_max >= (SELECT threshold('deep_offset_rows'))
      AND s.offset_calls >= (SELECT threshold('judge_calls')) AND NOT s.temporary
), relations AS (
    -- the relation that it reads most of; NULL: they are gone
    SELECT DISTINCT ON (n.userid, n.toplevel, n.shape) n.userid, n.toplevel, n.shape, c.oid AS relid
    FROM node_facts((SELECT array_agg(shape) FROM deep)) n LEFT JOIN pg_class c ON c.oid = n.relid
    WHERE n.relid IS NOT NULL
    ORDER BY n.userid, n.toplevel, n.shape, c.oid IS NULL, n.est_rows DESC
), sort_keys AS (
    SELECT f.userid, f.toplevel, f.shape, f.relid, f.attnum, f.key_position, f.descending
    FROM predicate_facts((SELECT array_agg(shape) FROM deep)) f
    WHERE f.kind = 'sort' AND f.is_current
), index_scans AS (
    SELECT n.userid, n.toplevel, n.shape, n.indexid
    FROM node_facts((SELECT array_agg(shape) FROM deep)) n
    WHERE n.is_current AND n.type IN ('Index Scan', 'Index Only Scan')
), pages AS (
    SELECT d.*, r.relid FROM deep d LEFT JOIN relations r USING (userid, toplevel, shape)
    WHERE r.shape IS NULL OR r.relid IS NOT NULL
)
SELECT finding_id('deep_offset', p.query) AS finding_id,
       severity(p.cost, p.cost / p.offset_calls) AS severity,
       'deep_offset' AS kind,
       p.relid::regclass AS relation,
       format('OFFSET discards up to %s rows (%s on average) to return %s',
              count_text(p.offset_rows_max), count_text(p.offset_rows / p.offset_calls),
              count_text(p.offset_rows_returned / p.offset_calls)) AS summary,
       'Page by key instead: remember the last row''s '
       || CASE WHEN o.keys IS NULL
               THEN 'sort key and primary key, and ask for the rows that come after it in this order.'
               WHEN o.mixed
               THEN format('%s and ask for the rows after it. A comparison of rows needs one direction: ORDER BY all of %s ascending or all descending.',
                           o.keys, o.keys)
               WHEN o.down IS NULL
               THEN format('%s and ask for the rows after it: WHERE %s > (its value) ORDER BY %s LIMIT n, or < and DESC.',
                           o.keys, o.compared, o.keys)
               ELSE format('%s and ask for the rows after it: WHERE %s %s (its %s) ORDER BY %s LIMIT n.',
                           o.keys, o.compared, CASE WHEN o.down THEN '<' ELSE '>' END,
                           CASE WHEN o.compared LIKE '(%' THEN 'values' ELSE 'value' END, o.ordered)
               END AS suggestion,
       p.cost AS impact_ms,
       p.offset_calls AS occurrences,
       p.database::text, p.username, NULL::text AS application,
       p.queryid, p.query, NULL::bigint AS parent_queryid, NULL::text AS parent_query,
       jsonb_strip_nulls(jsonb_build_object(
           'rows_discarded', p.offset_rows, 'rows_discarded_max', p.offset_rows_max,
           'rows_sent', p.offset_rows_returned, 'calls', p.offset_calls,
           'exec_ms', round(p.offset_time::numeric, 3))) AS evidence,
       p.first_seen, p.last_seen
FROM pages p
LEFT JOIN LATERAL (
    -- the order comes from a sort, or from the index that is read, either way
    WITH sorts AS (
        SELECT quote_ident(column_name(f.relid, f.attnum)) AS name, min(f.key_position) AS place,
               bool_or(f.descending) AS down
        FROM sort_keys f
        WHERE (f.userid, f.toplevel, f.shape, f.relid) = (p.userid, p.toplevel, p.shape, p.relid)
        GROUP BY 1)
    SELECT string_agg(k.name, ', ' ORDER BY k.place) AS keys,
           string_agg(k.name || CASE WHEN k.down THEN ' DESC' ELSE '' END, ', ' ORDER BY k.place) AS ordered,
           CASE WHEN count(*) > 1 THEN format('(%s)', string_agg(k.name, ', ' ORDER BY k.place))
                ELSE min(k.name) END AS compared,
           bool_and(k.down) <> bool_or(k.down) AS mixed,
           CASE WHEN bool_and(k.down) = bool_or(k.down) THEN bool_and(k.down) END AS down
    FROM (
        SELECT s.name, s.place, s.down FROM sorts s
        UNION ALL
        SELECT quote_ident(a.attname), key.place, NULL
        FROM index_scans n
        JOIN pg_index i ON i.indexrelid = n.indexid AND i.indrelid = p.relid
        CROSS JOIN LATERAL unnest(i.indkey[0:i.indnkeyatts - 1]) WITH ORDINALITY AS key (attnum, place)
        JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = key.attnum
        WHERE (n.userid, n.toplevel, n.shape) = (p.userid, p.toplevel, p.shape)
          AND NOT EXISTS (SELECT FROM sorts)) k) o ON true;
COMMENT ON VIEW detect_deep_offset IS 'Findings of kind deep_offset.';

