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
    WHERE s.operation = 'select' AND NOT s.catalog_only
      AND s.offset_rows_max >= (SELECT threshold('deep_offset_rows'))
      AND s.offset_calls >= (SELECT threshold('judge_calls')) AND NOT s.temporary
      AND NOT is_seldom(s.calls, s.first_seen, s.last_seen)
), nodes AS (
    SELECT n.userid, n.toplevel, n.shape, n.node, n.type, n.relid, n.indexid, n.est_rows,
           n.path ~ '(^|/)Limit/(Gather/)?(Incremental )?Sort$' AS sorts
    FROM node_facts((SELECT array_agg(shape) FROM deep)) n
    WHERE n.is_current
), relations AS (
    SELECT * FROM main_tables((SELECT array_agg(shape) FROM deep))
), sort_keys AS (
    SELECT f.userid, f.toplevel, f.shape, named_table(f.relid) AS relid,
           CASE WHEN f.funcid IS NULL THEN column_name(f.relid, f.attnum) END AS name, f.key_position AS place, f.descending AS down
    FROM predicate_facts((SELECT array_agg(shape) FROM deep)) f
    JOIN nodes n USING (userid, toplevel, shape, node)
    WHERE f.kind = 'sort' AND f.is_current AND n.sorts
), index_keys AS (
    SELECT n.userid, n.toplevel, n.shape, named_table(i.indrelid) AS relid, a.attname AS name, k.place - 1 AS place, NULL::bool AS down
    FROM nodes n
    JOIN pg_index i ON i.indexrelid = n.indexid
    CROSS JOIN LATERAL unnest(i.indkey[0:i.indnkeyatts - 1]) WITH ORDINALITY AS k (attnum, place)
    LEFT JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = k.attnum AND a.attnum > 0
    WHERE n.type IN ('Index Scan', 'Index Only Scan')
), pages AS (
    SELECT d.*, r.relid, r.tables, o.names, o.downs,
           -- rows with the same key would be lost between two pages
           NOT EXISTS (
               SELECT FROM pg_index i
               WHERE i.indrelid = r.relid AND i.indisunique AND i.indisvalid AND i.indpred IS NULL AND i.indexprs IS NULL
                 AND ARRAY(SELECT column_name(i.indrelid, k) FROM unnest(i.indkey[0:i.indnkeyatts - 1]) k) <@ o.names) AS ties,
           ARRAY(SELECT a.attname FROM pg_index i
                 JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = ANY (i.indkey[0:i.indnkeyatts - 1])
                 WHERE i.indrelid = r.relid AND i.indisprimary AND a.attname <> ALL (o.names)
                 ORDER BY array_position(i.indkey::int2[], a.attnum)) AS more
    FROM deep d
    LEFT JOIN relations r USING (userid, toplevel, shape)
    -- the order comes from a sort, or from the index that is read, either way;
    -- of a single table, and all of it known
    LEFT JOIN LATERAL (
        SELECT array_agg(k.name ORDER BY k.place) AS names, array_agg(k.down ORDER BY k.place) AS downs
        FROM (SELECT DISTINCT s.relid, s.name, s.place, s.down FROM sort_keys s
              WHERE (s.userid, s.toplevel, s.shape) = (d.userid, d.toplevel, d.shape)
              UNION ALL
              SELECT DISTINCT i.relid, i.name, i.place, i.down FROM index_keys i
              WHERE (i.userid, i.toplevel, i.shape) = (d.userid, d.toplevel, d.shape)
                AND NOT EXISTS (SELECT FROM nodes n WHERE n.sorts AND (n.userid, n.toplevel, n.shape) = (d.userid, d.toplevel, d.shape))) k
        HAVING bool_and(k.name IS NOT NULL AND k.relid = r.relid) AND count(*) = max(k.place) + 1) o ON true
    WHERE r.shape IS NULL OR r.relid IS NOT NULL
), told AS (
    SELECT p.*, k.keys, k.compared, k.ordered, k.values, false = ANY (p.downs) AND true = ANY (p.downs) AS mixed,
           p.downs[1] AS down, p.ties AND cardinality(p.more) = 0 AS lost
    FROM pages p
    LEFT JOIN LATERAL (
        SELECT string_agg(quote_ident(e.name), ', ' ORDER BY e.place) AS keys,
               CASE WHEN count(*) > 1 THEN format('(%s)', string_agg(quote_ident(e.name), ', ' ORDER BY e.place))
                    ELSE min(quote_ident(e.name)) END AS compared,
               string_agg(quote_ident(e.name) || CASE WHEN p.downs[1] THEN ' DESC' ELSE '' END, ', ' ORDER BY e.place) AS ordered,
               CASE WHEN count(*) > 1 THEN 'values' ELSE 'value' END AS values
        FROM unnest(p.names || CASE WHEN p.ties THEN p.more END) WITH ORDINALITY e (name, place)) k ON true
)
SELECT finding_id('deep_offset', p.query) AS finding_id,
       severity(p.cost, p.cost / p.offset_calls) AS severity,
       'deep_offset' AS kind,
       p.relid::regclass AS relation,
       format('OFFSET discards up to %s rows%s (%s on average) to return %s',
              count_text(p.offset_rows_max),
              ' of ' || table_text(p.relid) || CASE WHEN p.tables > 1 THEN ' and others' ELSE '' END,
              count_text(p.offset_rows / p.offset_calls), count_text(p.offset_rows_returned / p.offset_calls)) AS summary,
       'Page by key instead: remember the last row''s '
       || CASE WHEN p.keys IS NULL
               THEN 'sort key and primary key, and ask for the rows that come after it in this order.'
               WHEN p.mixed
               THEN format('%s and ask for the rows after it. A comparison of rows needs one direction: ORDER BY all of %s ascending or all descending.',
                           p.keys, p.keys)
               WHEN p.down IS NULL
               THEN format('%s and ask for the rows after it: WHERE %s > (its %s) ORDER BY %s LIMIT n, or < and DESC.',
                           p.keys, p.compared, p.values, p.keys)
               ELSE format('%s and ask for the rows after it: WHERE %s %s (its %s) ORDER BY %s LIMIT n.',
                           p.keys, p.compared, CASE WHEN p.down THEN '<' ELSE '>' END, p.values, p.ordered)
               END
       || CASE WHEN p.keys IS NOT NULL AND p.lost
               THEN ' Add a unique column to them, or rows with the same ' || CASE WHEN p.values = 'value' THEN 'value' ELSE 'values' END || ' are lost between two pages.'
               ELSE '' END AS suggestion,
       p.cost AS impact_ms,
       p.offset_calls AS occurrences,
       p.database::text, p.username, NULL::text AS application,
       p.queryid, p.query, NULL::bigint AS parent_queryid, NULL::text AS parent_query,
       jsonb_strip_nulls(jsonb_build_object(
           'rows_discarded', p.offset_rows, 'rows_discarded_max', p.offset_rows_max,
           'rows_sent', p.offset_rows_returned, 'calls', p.offset_calls,
           'exec_ms', round(p.offset_time::numeric, 3))) AS evidence,
       p.first_seen, p.last_seen
FROM told p;
COMMENT ON VIEW detect_deep_offset IS 'Findings of kind deep_offset.';

