-- duplicate_statement: the same statement with the same values again and again
-- inside one unit of work, nothing written in between.

INSERT INTO detector_list VALUES ('duplicate_statement',
    'The same statement with the same values runs again and again in one unit of work.',
    '{perfaudit.repeat_threshold, perfaudit.duplicate_report}',
    'docs/findings.md#duplicate_statement',
    '{repeats>=1}');

CREATE VIEW detect_duplicate_statement AS
WITH repeats AS (
    SELECT r.*, c.query, c.queryids[1] AS queryid, relation_name(r.child_relid) AS child_table
    FROM repeat_facts() r
    JOIN needed_statements c USING (userid, toplevel, shape)
    WHERE r.kind = 'duplicate' AND r.n_max >= (SELECT threshold('duplicate_report'))
)
SELECT finding_id('duplicate_statement', r.application, r.child_table,
                  concat_ws(' ', r.query, r.tags::text)) AS finding_id,
       severity(r.saved_time, r.saved_time / r.units) AS severity,
       'duplicate_statement' AS kind,
       r.child_relid::regclass AS relation,
       format('The same SELECT with the same values ran %s times in one %s%s, nothing written in between',
              CASE WHEN r.n_min = r.n_max THEN r.n_max::text ELSE 'up to ' || r.n_max END, r.scope, from_tags(r.tags)) AS summary,
       'Load it once and pass the result on, or cache it for the length of a request.' AS suggestion,
       r.saved_time AS impact_ms,
       r.units AS occurrences,
       current_database()::text AS database,
       pg_get_userbyid(r.userid) AS username,
       r.application,
       r.queryid, r.query, NULL::bigint AS parent_queryid, NULL::text AS parent_query,
       jsonb_strip_nulls(jsonb_build_object(
           'scope', r.scope, 'tags', r.tags, 'child_table', r.child_table,
           'n_min', r.n_min, 'n_median', r.n_median, 'n_max', r.n_max, 'units', r.units,
           'distinct_values', r.distinct_values, 'same_values', r.same_values,
           'exec_ms', round(r.exec_time::numeric, 3), 'gap_ms', round(r.gap_time::numeric, 3))) AS evidence,
       r.first_seen, r.last_seen
FROM repeats r
WHERE r.child_relid IS NULL OR r.child_table IS NOT NULL;
COMMENT ON VIEW detect_duplicate_statement IS 'Findings of kind duplicate_statement.';

