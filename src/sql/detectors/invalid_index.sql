-- invalid_index: left behind by a CREATE INDEX CONCURRENTLY or REINDEX
-- CONCURRENTLY that failed: no query uses it, every write may have to keep it.

INSERT INTO detector_list VALUES ('invalid_index',
    'An index was never finished: no query can use it, and writes keep it up to date.',
    '{}',
    'docs/findings.md#invalid_index');

CREATE VIEW detect_invalid_index AS
WITH invalid AS (
    SELECT f.relation, f.index, f.is_unique, f.partitions, f.size, f.written, f.writes, f.writes_per_day, f.counted_since,
           relation_name(f.relation) AS table_name, relation_name(f.index) AS index_name,
           c.relname ~ '_cc(new|old)[0-9]*$' AS left_by_reindex,
           -- one that is itself not complete does not count
           (SELECT count(*) FROM pg_inherits h JOIN pg_index p ON p.indexrelid = h.inhrelid AND p.indisvalid
            WHERE h.inhparent = f.index) AS have_it,
           (SELECT count(*) FROM pg_inherits h WHERE h.inhparent = f.relation) AS table_partitions
    FROM index_facts f
    JOIN pg_class c ON c.oid = f.index
    WHERE NOT f.usable AND f.constraint_name IS NULL
      -- not while somebody builds one on the table
      AND NOT EXISTS (SELECT FROM pg_stat_progress_create_index b
                      JOIN pg_locks l ON l.pid = b.pid AND l.locktype = 'relation' AND l.granted
                      WHERE l.database = (SELECT this_database()) AND l.relation IN (f.relation, f.index))
), missed AS (
    -- told there, with the statement that would use it
    SELECT u.evidence ->> 'index' AS index_name FROM detect_index_not_used u
    WHERE u.evidence ->> 'variant' = 'invalid' AND (SELECT count(*) > 0 FROM invalid)
)
SELECT finding_id('invalid_index', i.index_name) AS finding_id,
       severity(coalesce(w.ms_per_index, 0), 0) AS severity,
       'invalid_index' AS kind,
       i.relation,
       CASE WHEN i.partitions IS NOT NULL
            THEN format('%s is not complete: %s of %s partitions of %s have it', i.index_name, i.have_it,
                        i.table_partitions, i.table_name)
            WHEN i.written
            THEN format('%s (%s) is invalid: no query uses it; entries written to it a day: %s',
                        i.index_name, pg_size_pretty(i.size), count_text(round(i.writes_per_day)))
            ELSE format('%s is invalid: no query uses it', i.index_name) END AS summary,
       CASE WHEN i.partitions IS NOT NULL
            THEN format('For each partition without it: CREATE INDEX CONCURRENTLY on the partition, then ALTER INDEX %s ATTACH PARTITION (its index);',
                        i.index_name)
            WHEN i.left_by_reindex
            THEN format('DROP INDEX CONCURRENTLY %s; -- left behind by a REINDEX CONCURRENTLY that failed', i.index_name)
            ELSE format('REINDEX INDEX CONCURRENTLY %s; -- %sor DROP INDEX CONCURRENTLY, if nobody misses it', i.index_name,
                        CASE WHEN i.is_unique THEN 'after looking for rows that are not unique; ' ELSE '' END)
       END AS suggestion,
       coalesce(w.ms_per_index, 0) AS impact_ms,
       CASE WHEN i.written THEN i.writes ELSE 0 END AS occurrences,
       current_database()::text AS database, NULL::name AS username, NULL::text AS application,
       NULL::bigint AS queryid, NULL::text AS query, NULL::bigint AS parent_queryid, NULL::text AS parent_query,
       jsonb_strip_nulls(jsonb_build_object(
           'index', i.index_name, 'size', i.size, 'written', i.written,
           'writes', CASE WHEN i.written THEN i.writes END,
           'writes_per_day', CASE WHEN i.written THEN round(i.writes_per_day) END,
           'partitions', CASE WHEN i.partitions IS NOT NULL THEN i.have_it END, 'counted_since', i.counted_since)) AS evidence,
       i.counted_since AS first_seen, now() AS last_seen
FROM invalid i
LEFT JOIN index_write_times w ON i.written AND w.relation = i.relation
WHERE i.index_name NOT IN (SELECT m.index_name FROM missed m);
COMMENT ON VIEW detect_invalid_index IS 'Findings of kind invalid_index.';

