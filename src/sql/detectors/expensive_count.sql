-- expensive_count: a count that goes through very many rows, and keeps so many
-- of them that no index spares the reading (else it is seq_scan_large_table).

INSERT INTO detector_list VALUES ('expensive_count',
    'A large part of a table is counted again and again.',
    '{perfaudit.count_rows, perfaudit.scan_kept_share, perfaudit.judge_calls, perfaudit.judge_time}',
    'docs/findings.md#expensive_count',
    '{ordinary>=1, calls>=judge_calls, total_exec_time>=judge_time, counts>=1}');

CREATE VIEW detect_expensive_count AS
WITH chosen AS (
    SELECT s.dbid, s.userid, s.toplevel, s.shape, s.queryid, s.database, s.username, s.calls, s.total_exec_time,
           s.seq_rows_read / s.calls AS seq_rows, s.first_seen, s.last_seen
    FROM judged_plans s
    WHERE s.counts AND s.operation = 'select'
), filters AS (
    SELECT DISTINCT p.userid, p.toplevel, p.shape, named_table(p.relid) AS relid
    FROM predicate_facts((SELECT array_agg(shape) FROM chosen)) p WHERE p.is_current AND p.kind IN ('filter', 'index', 'join')
), nodes AS MATERIALIZED (
    SELECT n.* FROM node_facts((SELECT array_agg(shape) FROM chosen)) n WHERE n.is_current
), joined AS (
    -- what a join leaves to be counted
    SELECT n.userid, n.toplevel, n.shape, max(n.rows / n.sampled) AS rows
    FROM nodes n JOIN nodes a ON a.type = 'Aggregate' AND (a.userid, a.toplevel, a.shape, a.node) = (n.userid, n.toplevel, n.shape, n.parent)
    WHERE n.type IN ('Nested Loop', 'Hash Join', 'Merge Join') AND n.sampled > 0
    GROUP BY 1, 2, 3
), tables AS (
    -- partitions together
    SELECT n.userid, n.toplevel, n.shape, named_table(n.relid) AS relid, bool_and(n.type = 'Seq Scan') AS sequential,
           sum(n.rows) / max(nullif(n.sampled, 0)) AS rows_kept,
           sum(n.rows + n.rows_removed) / max(nullif(n.sampled, 0)) AS rows_read
    FROM nodes n
    WHERE n.relid IS NOT NULL
    GROUP BY 1, 2, 3, 4
), counted AS (
    -- of several tables the one of which most is read; sequential scans of a
    -- single table need no sample: what they read is exact
    SELECT DISTINCT ON (c.userid, c.toplevel, c.shape) c.*, t.relid, f.relid IS NULL AS whole,
           coalesce(t.rows_read, CASE WHEN t.sequential AND f.relid IS NULL THEN c.seq_rows END) AS rows_read,
           least(coalesce(t.rows_kept, CASE WHEN t.sequential AND f.relid IS NULL THEN c.seq_rows END), b.rows) AS rows_kept
    FROM chosen c
    JOIN tables t USING (userid, toplevel, shape)
    LEFT JOIN joined b USING (userid, toplevel, shape)
    LEFT JOIN filters f USING (userid, toplevel, shape, relid)
    WHERE t.relid IS NOT NULL
    ORDER BY c.userid, c.toplevel, c.shape, 15 DESC NULLS LAST
), judged AS (
    SELECT c.*, relation_name(c.relid) AS table_name, statement_text(c.dbid, c.userid, c.toplevel, c.shape) AS query
    FROM counted c
    WHERE c.rows_read >= (SELECT threshold('count_rows'))
      AND c.rows_kept > c.rows_read * (SELECT threshold('scan_kept_share'))
)
SELECT finding_id('expensive_count', j.table_name, j.query) AS finding_id,
       severity(j.total_exec_time, j.total_exec_time / j.calls) AS severity,
       'expensive_count' AS kind,
       j.relid::regclass AS relation,
       format('Goes through %s rows of %s to count %s of them', count_text(j.rows_read), table_text(j.relid), count_text(j.rows_kept)) AS summary,
       -- rows of one kind, or groups, are others than those of the table
       CASE WHEN j.whole AND was_analyzed(j.relid) AND j.query !~* E'\\m(distinct|group|union|intersect|except|having)\\M'
           -- the server counts rows of the table itself, and of each that belongs to it
           THEN (SELECT format(CASE
                     WHEN c.relkind = 'p' THEN 'The number of all rows, about right: SELECT sum(greatest(c.reltuples, 0)) FROM pg_partition_tree(%L) p JOIN pg_class c ON c.oid = p.relid WHERE p.isleaf. '
                     WHEN c.relhassubclass THEN 'The number of all rows, about right: SELECT sum(greatest(reltuples, 0)) FROM pg_class WHERE oid = %1$L::regclass OR oid IN (SELECT inhrelid FROM pg_inherits WHERE inhparent = %1$L::regclass). '
                     WHEN c.relkind = 'f' THEN 'The number of all rows at the last ANALYZE: SELECT reltuples FROM pg_class WHERE oid = %L::regclass. '
                     ELSE 'The number of all rows, about right: SELECT reltuples FROM pg_class WHERE oid = %L::regclass. ' END, j.table_name)
                 FROM pg_class c WHERE c.oid = j.relid)
           ELSE '' END
       || format('Where more than some is all that matters: SELECT count(*) FROM (SELECT FROM %s ... LIMIT 1001) x. Else keep the number, and count anew now and then.', j.table_name) AS suggestion,
       j.total_exec_time AS impact_ms,
       j.calls AS occurrences,
       j.database::text, j.username, NULL::text AS application,
       j.queryid, j.query, NULL::bigint AS parent_queryid, NULL::text AS parent_query,
       jsonb_build_object(
           'rows_read', round(j.rows_read), 'rows_kept', round(j.rows_kept), 'calls', j.calls,
           'exec_ms', round(j.total_exec_time::numeric, 3)) AS evidence,
       j.first_seen, j.last_seen
FROM judged j;
COMMENT ON VIEW detect_expensive_count IS 'Findings of kind expensive_count.';

