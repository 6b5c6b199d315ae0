-- duplicate_index: another index does all that this one does.

INSERT INTO detector_list VALUES ('duplicate_index',
    'Another index does everything that an index does.',
    '{perfaudit.index_report_size}',
    'docs/findings.md#duplicate_index');

CREATE VIEW detect_duplicate_index AS
WITH idle AS MATERIALIZED (
    SELECT i.index FROM idle_indexes() i
), duplicates AS (
    SELECT f.relation, f.index, f.partitions, f.size, f.scans, f.writes, f.writes_per_day, f.counted_since,
           f.covered_by, f.coverage,
           relation_name(f.relation) AS table_name, relation_name(f.index) AS index_name,
           relation_name(f.covered_by) AS covering_name,
           (SELECT sum(c.relpages::bigint) FROM pg_class c
            WHERE c.oid = f.covered_by OR c.oid IN (SELECT h.inhrelid FROM pg_inherits h WHERE h.inhparent = f.covered_by))
           * current_setting('block_size')::bigint AS covering_size
    FROM index_facts f
    WHERE f.covered_by IS NOT NULL
      -- of both the one that is used stays: the other is an unused_index, and who acts on all findings would drop both
      AND NOT (f.scans > 0 AND EXISTS (SELECT FROM idle i WHERE i.index = f.covered_by))
      AND NOT (f.replica_identity OR f.referenced OR f.clustered) AND f.constraint_name IS NULL
      AND f.size >= (SELECT threshold('index_report_size')) * 1024
), proofs AS MATERIALIZED (
    SELECT p.* FROM drop_proof((SELECT array_agg(d.index) FROM duplicates d)) p
)
SELECT finding_id('duplicate_index', d.index_name) AS finding_id,
       severity(coalesce(w.ms_per_index, 0), 0) AS severity,
       'duplicate_index' AS kind,
       relation,
       format(CASE d.coverage WHEN 'same' THEN '%s (%s) is the same as %s'
                              ELSE 'The columns of %s (%s) are the first of %s' END
              || '; entries written to it a day: %s',
              d.index_name, pg_size_pretty(d.size), d.covering_name, count_text(round(d.writes_per_day))) AS summary,
       format('DROP INDEX %s%s; -- %s serves what it serves', CASE WHEN d.partitions IS NULL THEN 'CONCURRENTLY ' END,
              d.index_name, d.covering_name) AS suggestion,
       coalesce(w.ms_per_index, 0) AS impact_ms,
       d.writes AS occurrences,
       current_database()::text AS database, NULL::name AS username, NULL::text AS application,
       NULL::bigint AS queryid, NULL::text AS query, NULL::bigint AS parent_queryid, NULL::text AS parent_query,
       jsonb_strip_nulls(jsonb_build_object(
           'index', d.index_name, 'size', d.size, 'scans', d.scans, 'writes', d.writes,
           'writes_per_day', round(d.writes_per_day), 'partitions', d.partitions, 'counted_since', d.counted_since,
           'statements_checked', p.statements_checked, 'statements_using', p.statements_using,
           'statements_skipped', p.statements_skipped, 'worst_pct', round(p.worst_pct::numeric, 1), 'all_checked', p.complete,
           'covered_by', d.covering_name, 'variant', d.coverage, 'covering_size', d.covering_size)) AS evidence,
       d.counted_since AS first_seen, now() AS last_seen
FROM duplicates d
LEFT JOIN index_write_times w USING (relation)
LEFT JOIN proofs p ON p.indexid = d.index::oid
-- a much smaller index is worth having beside a large one
WHERE (d.coverage = 'same' OR d.covering_size <= 4 * d.size)
  -- a recorded statement would get dearer
  AND coalesce(p.worst_pct, 0) <= 2;
COMMENT ON VIEW detect_duplicate_index IS 'Findings of kind duplicate_index.';

