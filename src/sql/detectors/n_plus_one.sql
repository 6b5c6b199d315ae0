-- n_plus_one: one statement for a list, then one for each of its rows.
-- Judged while it happens (src/unit.c): here only thresholds, words and cost.

INSERT INTO detector_list VALUES ('n_plus_one',
    'A list is read, then the same statement runs once for each of its rows.',
    '{perfaudit.repeat_threshold, perfaudit.repeat_report, perfaudit.repeat_report_time}',
    'docs/findings.md#n_plus_one',
    '{repeats>=1}');

CREATE VIEW detect_n_plus_one AS
WITH repeats AS (
    SELECT r.*, c.query, c.counts, c.queryids[1] AS queryid, p.query AS parent_query,
           p.queryids[1] AS parent_queryid,
           CASE WHEN c.aggregate THEN 'count' WHEN c.asks_existence THEN 'exists' ELSE 'select' END AS variant,
           relation_name(r.child_relid) AS child_table,
           -- a join may lead from the column to what is loaded
           CASE WHEN r.returned_relid <> r.child_relid THEN relation_name(r.returned_relid) END AS loaded_table,
           column_name(r.child_relid, r.child_attnum) AS child_column,
           relation_name(r.parent_relid) AS parent_table,
           column_name(r.parent_relid, r.parent_attnum) AS parent_column
    FROM repeat_facts() r
    JOIN needed_statements c USING (userid, toplevel, shape)
    LEFT JOIN needed_statements p ON p.userid = r.userid AND p.toplevel AND p.shape = r.parent_shape
    WHERE r.kind IN ('child', 'orphan')
      AND (r.n_max >= (SELECT threshold('repeat_report'))
           OR (r.exec_time + r.gap_time) / r.units >= (SELECT threshold('repeat_report_time')))
), worded AS (
    SELECT r.*,
           coalesce(r.parent_table || '.' || r.parent_column, 'column ' || r.parent_resno) AS source,
           -- what was found nowhere counts all the same: it may be in rows of the list that were not kept
           r.n_total >= r.compared AS long,
           -- a tree: what it asks for is what it has returned
           r.kind = 'child' AND r.parent_shape = r.shape AS walks,
           -- which of several values differs is not known without a parent
           CASE WHEN r.kind = 'child' OR r.query !~ E'\\$[0-9].*\\$[0-9]'
                THEN coalesce(r.child_table || '.' || r.child_column, r.child_table, 'a key')
                ELSE coalesce(r.child_table, 'several keys') END AS target,
           CASE r.variant WHEN 'count' THEN CASE WHEN r.counts THEN 'COUNT queries' ELSE 'aggregate queries' END
                          WHEN 'exists' THEN 'EXISTS queries' ELSE 'SELECTs' END || coalesce(' of ' || r.loaded_table, '') AS what,
           -- with other values that differ too, one list of keys is not enough
           CASE WHEN NOT r.others_vary AND (r.kind = 'child' OR r.query !~ E'\\$[0-9].*\\$[0-9]')
                THEN batched_query(r.query, r.child_column, r.variant) END AS batched
    FROM repeats r
    WHERE r.child_relid IS NULL OR r.child_table IS NOT NULL
)
SELECT finding_id('n_plus_one', w.application, w.child_table, w.child_column, w.query,
                  concat_ws(' ', w.parent_query, w.tags::text)) AS finding_id,
       severity(w.saved_time, w.saved_time / w.units, CASE w.kind WHEN 'orphan' THEN 1 ELSE 0 END) AS severity,
       'n_plus_one' AS kind,
       CASE WHEN w.loaded_table IS NOT NULL THEN w.returned_relid ELSE w.child_relid END::regclass AS relation,
       CASE w.kind
           WHEN 'child' THEN
               format('%s same-shape %s by %s in one %s%s; %s%s came from %s of %s%s',
                      CASE WHEN w.n_min = w.n_max THEN w.n_max::text ELSE 'Up to ' || w.n_max END,
                      w.what,
                      w.target, w.scope, from_tags(w.tags),
                      CASE WHEN w.units > 1 THEN format('in %s units, ', count_text(w.units)) END,
                      -- others than those of the loop are not counted as its own
                      CASE WHEN w.covered >= 0.8 * w.compared OR w.long THEN format('%s of %s values compared', w.covered, w.compared)
                           ELSE 'values' END,
                      w.source,
                      CASE WHEN w.walks THEN 'rows that it had returned before' ELSE 'the list read before' END,
                      CASE WHEN w.covered >= 0.8 * w.compared THEN NULL
                           WHEN w.long THEN ', whose first rows only were remembered'
                           ELSE format(', those of %s more SELECTs did not', w.compared - w.covered) END)
           ELSE
               format('Repeated statement, parent unknown: %s same-shape %s by %s in one transaction%s, with other values each time',
                      CASE WHEN w.n_min = w.n_max THEN w.n_max::text ELSE 'Up to ' || w.n_max END,
                      w.what,
                      w.target, from_tags(w.tags))
       END AS summary,
       CASE WHEN w.walks
           THEN format('Read the whole tree by one statement, WITH RECURSIVE, or each of its levels: %s',
                       coalesce(w.batched, coalesce(quote_ident(w.child_column), 'the key') || ' = ANY ($1)'))
           WHEN w.batched IS NOT NULL
           THEN format('Ask once for all %s: %s', CASE w.variant WHEN 'count' THEN CASE WHEN w.counts THEN 'counts' ELSE 'groups' END
                                                           ELSE 'rows' END, w.batched)
           WHEN w.kind = 'orphan'
           THEN 'Ask once for all of them: collect the values and compare with = ANY ($1), or join the list that they come from.'
           WHEN w.variant = 'count'
           THEN format('Count once for all: join the list and GROUP BY %s, instead of one count for each value of %s.',
                       coalesce(quote_ident(w.child_column), 'the key'), w.source)
           ELSE format('Ask once for all values of %s: join the list, or use %s = ANY ($1).',
                       w.source, coalesce(quote_ident(w.child_column), 'the key'))
       END AS suggestion,
       w.saved_time AS impact_ms,
       w.units AS occurrences,
       current_database()::text AS database,
       pg_get_userbyid(w.userid) AS username,
       w.application,
       w.queryid, w.query, w.parent_queryid, w.parent_query,
       jsonb_strip_nulls(jsonb_build_object(
           'variant', w.variant, 'scope', w.scope, 'tags', w.tags,
           'loaded_table', w.loaded_table, 'child_table', w.child_table, 'child_column', w.child_column,
           'parent_table', w.parent_table, 'parent_column', w.parent_column,
           'n_min', w.n_min, 'n_median', w.n_median, 'n_max', w.n_max, 'units', w.units,
           'connections', nullif(w.connections, 0),
           'distinct_values', w.distinct_values, 'compared', w.compared,
           'covered', CASE w.kind WHEN 'child' THEN round(w.covered::numeric / nullif(w.compared, 0), 3) END,
           'exec_ms', round(w.exec_time::numeric, 3), 'gap_ms', round(w.gap_time::numeric, 3))) AS evidence,
       w.first_seen, w.last_seen
FROM worded w;
COMMENT ON VIEW detect_n_plus_one IS 'Findings of kind n_plus_one.';

