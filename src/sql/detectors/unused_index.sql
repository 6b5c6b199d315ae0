-- unused_index: the table is read again and again, and the index never was,
-- for as long as both are known to be watched.

INSERT INTO detector_list VALUES ('unused_index',
    'An index is written all the time and never read.',
    '{perfaudit.unused_index_age, perfaudit.unused_index_reads, perfaudit.index_report_size}',
    'docs/findings.md#unused_index');

CREATE VIEW detect_unused_index AS
WITH RECURSIVE unused AS (
    SELECT f.relation, f.index, f.partitions, f.size, f.table_reads, f.writes, f.writes_per_day, f.has_expressions,
           f.counted_since, f.known_since, relation_name(f.relation) AS table_name, relation_name(f.index) AS index_name
    FROM idle_indexes() f
), used AS (
    SELECT n.indexid FROM node_facts() n WHERE (SELECT count(*) > 0 FROM unused)
    UNION
    SELECT h.inhparent FROM used u JOIN pg_inherits h ON h.inhrelid = u.indexid
), proofs AS MATERIALIZED (
    SELECT p.* FROM drop_proof((SELECT array_agg(u.index) FROM unused u)) p
)
SELECT finding_id('unused_index', u.index_name) AS finding_id,
       severity(coalesce(w.ms_per_index, 0), 0) AS severity,
       'unused_index' AS kind,
       relation,
       format('%s (%s) was not used once while %s was read %s times; entries written to it a day: %s',
              u.index_name, pg_size_pretty(u.size), u.table_name, count_text(u.table_reads),
              count_text(round(u.writes_per_day))) AS summary,
       format('DROP INDEX %s%s;', CASE WHEN u.partitions IS NULL THEN 'CONCURRENTLY ' END, u.index_name)
       || format(' -- This server counts since %s. Standbys keep their own counters: look at pg_stat_user_indexes there too.',
                 to_char(u.counted_since, 'YYYY-MM-DD'))
       || CASE WHEN u.has_expressions
               THEN ' ANALYZE keeps statistics of its expression, which estimates may rest on.' ELSE '' END AS suggestion,
       coalesce(w.ms_per_index, 0) AS impact_ms,
       u.writes AS occurrences,
       current_database()::text AS database, NULL::name AS username, NULL::text AS application,
       NULL::bigint AS queryid, NULL::text AS query, NULL::bigint AS parent_queryid, NULL::text AS parent_query,
       jsonb_strip_nulls(jsonb_build_object(
           'index', u.index_name, 'size', u.size, 'scans', 0, 'table_reads', u.table_reads, 'writes', u.writes,
           'writes_per_day', round(u.writes_per_day), 'partitions', u.partitions,
           'counted_since', u.counted_since, 'known_since', u.known_since,
           'statements_checked', p.statements_checked, 'statements_using', p.statements_using,
           'statements_skipped', p.statements_skipped, 'worst_pct', round(p.worst_pct::numeric, 1), 'all_checked', p.complete,
           'standbys', (SELECT count(*) FROM pg_stat_replication))) AS evidence,
       u.counted_since AS first_seen, now() AS last_seen
FROM unused u
LEFT JOIN index_write_times w USING (relation)
LEFT JOIN proofs p ON p.indexid = u.index::oid
WHERE NOT EXISTS (SELECT FROM used WHERE used.indexid = u.index)
  -- a recorded statement would get dearer
  AND coalesce(p.worst_pct, 0) <= 2;
COMMENT ON VIEW detect_unused_index IS 'Findings of kind unused_index.';

