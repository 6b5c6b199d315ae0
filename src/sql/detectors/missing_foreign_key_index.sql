-- missing_foreign_key_index: no index leads with the columns of a foreign key,
-- and it matters: the referencing table was read from end to end to look some
-- of its rows up by them, or rows of the referenced table were deleted, for
-- each of which the server does the same.

INSERT INTO detector_list VALUES ('missing_foreign_key_index',
    'Rows are looked up by a foreign key that no index serves.',
    '{perfaudit.large_table_rows, perfaudit.scan_kept_share}',
    'docs/findings.md#missing_foreign_key_index');

CREATE VIEW detect_missing_foreign_key_index AS
WITH RECURSIVE keys AS (
    SELECT f.oid AS root, f.oid, f.conrelid, f.confrelid, f.conkey
    FROM pg_constraint f WHERE f.contype = 'f' AND f.conparentid = 0 AND this_database() IS NOT NULL
    UNION ALL
    SELECT k.root, f.oid, f.conrelid, f.confrelid, f.conkey
    FROM keys k JOIN pg_constraint f ON f.conparentid = k.oid
), unserved AS (
    -- by table or partition; whether an index has one of the columns first
    SELECT k.root, k.conrelid AS relid, k.conkey, max(pg_stat_get_tuples_deleted(k.confrelid)) AS parents_deleted,
           EXISTS (SELECT FROM index_definitions d WHERE d.relid = k.conrelid AND d.usable AND d.attnums[1] = ANY (k.conkey)) AS served_partly,
           greatest(c.reltuples, 0) AS table_rows
    FROM keys k
    JOIN pg_class c ON c.oid = k.conrelid
    JOIN pg_namespace ns ON ns.oid = c.relnamespace
    WHERE c.relkind = 'r' AND c.relpersistence <> 't' AND ns.nspname NOT IN ('pg_catalog', 'information_schema')
      AND c.reltuples >= (SELECT threshold('large_table_rows'))
      AND NOT EXISTS (SELECT FROM index_definitions d
                      WHERE d.relid = k.conrelid AND d.usable
                        AND d.attnums[1:cardinality(k.conkey)] @> k.conkey AND d.attnums[1:cardinality(k.conkey)] <@ k.conkey
                        -- partial is as good where nulls alone are left out
                        AND (d.predicate IS NULL
                             OR d.predicate ~ E'^\\(?\\{NULLTEST :arg \\{VAR [^{}]*\\} :nulltesttype 1 [^{}]*\\}\\)?$'
                             AND substring(d.predicate FROM ':varattno ([0-9]+)')::int2 = ANY (k.conkey)))
    GROUP BY k.root, k.conrelid, k.conkey, c.reltuples
), scans AS (
    SELECT u.root, u.relid, u.conkey, s.userid, s.toplevel, s.shape, s.calls, s.total_exec_time, s.seq_rows_read, f.rows_read
    FROM unserved u
    JOIN scan_facts(threshold('large_table_rows')) f ON f.relid = u.relid
    JOIN judged_statements s USING (userid, toplevel, shape)
    WHERE s.calls > 0 AND f.rows_read / s.calls >= (SELECT threshold('large_table_rows'))
), looked_up AS (
    -- the statements that compare all columns of the key, and how
    SELECT c.root, c.relid, c.userid, c.toplevel, c.shape, p.kind = 'join' AS by_join
    FROM scans c
    JOIN predicate_facts((SELECT array_agg(shape) FROM scans)) p USING (userid, toplevel, shape)
    WHERE p.is_current AND p.relid = c.relid AND p.attnum = ANY (c.conkey) AND p.kind IN ('filter', 'join')
      AND p.funcid IS NULL AND NOT p.inside_or
      AND EXISTS (SELECT FROM pg_amop ao JOIN pg_am am ON am.oid = ao.amopmethod AND am.amname = 'btree'
                  WHERE ao.amopopr = p.opno AND ao.amopstrategy = 3)
    GROUP BY c.root, c.relid, c.conkey, c.userid, c.toplevel, c.shape, p.kind = 'join'
    HAVING count(DISTINCT p.attnum) = cardinality(c.conkey)
), nodes AS (
    SELECT n.userid, n.toplevel, n.shape, n.node, n.parent, n.type, n.relid, n.rows, n.rows_removed
    FROM node_facts((SELECT array_agg(shape) FROM looked_up)) n
    WHERE n.is_current AND n.sampled > 0
), kept AS (
    -- of the rows read, those that the condition left, or the join; not if the
    -- join's other side is large as well, or unfiltered: then it keeps few only
    -- because most keys are null, or it looks for rows without a match
    SELECT l.root, l.relid, l.userid, l.toplevel, l.shape, sum(n.rows + n.rows_removed) AS rows_read,
           sum(CASE WHEN l.by_join THEN greatest(j.rows, (SELECT max(o.rows) FROM nodes o
                                                          WHERE (o.userid, o.toplevel, o.shape, o.parent) = (n.userid, n.toplevel, n.shape, n.parent)
                                                            AND o.node <> n.node))
                    ELSE n.rows END) AS rows_kept,
           bool_and(NOT l.by_join OR j.type IN ('Nested Loop', 'Hash Join', 'Merge Join')
                    AND EXISTS (SELECT FROM nodes o
                                WHERE (o.userid, o.toplevel, o.shape, o.parent) = (n.userid, n.toplevel, n.shape, n.parent)
                                  AND o.node <> n.node AND (o.rows_removed > 0 OR o.type ~ '^(Index|Bitmap)'))) AS understood
    FROM looked_up l
    JOIN nodes n ON (n.userid, n.toplevel, n.shape, n.relid) = (l.userid, l.toplevel, l.shape, l.relid) AND n.type = 'Seq Scan'
    LEFT JOIN nodes j ON (j.userid, j.toplevel, j.shape, j.node) = (n.userid, n.toplevel, n.shape, n.parent)
    GROUP BY l.root, l.relid, l.userid, l.toplevel, l.shape, l.by_join
), wasteful AS (
    SELECT DISTINCT ON (c.root, c.relid, c.userid, c.toplevel, c.shape) c.*, k.rows_kept / k.rows_read AS kept_share
    FROM scans c
    JOIN kept k USING (root, relid, userid, toplevel, shape)
    WHERE k.understood AND k.rows_read > 0
      AND k.rows_kept / k.rows_read <= (SELECT threshold('scan_kept_share'))
    ORDER BY c.root, c.relid, c.userid, c.toplevel, c.shape, k.rows_kept
), evidence AS (
    SELECT w.root, sum(w.calls / w.partitions)::bigint AS calls, sum(w.rows_read)::bigint AS rows_read,
           sum(w.rows_read * w.kept_share) AS rows_kept,
           sum(w.total_exec_time * (1 - w.kept_share) * least(1, w.rows_read / nullif(w.seq_rows_read, 0)::float8)) AS cost
    FROM (SELECT wasteful.*, count(*) OVER (PARTITION BY root, userid, toplevel, shape)::numeric AS partitions FROM wasteful) w
    GROUP BY w.root
), worst AS (
    SELECT DISTINCT ON (w.root) w.root, w.userid, w.toplevel, w.shape
    FROM wasteful w ORDER BY w.root, w.total_exec_time DESC
), found AS (
    SELECT u.root, sum(u.table_rows) AS table_rows, max(u.parents_deleted) AS parents_deleted, e.calls, e.rows_read, e.rows_kept, e.cost
    FROM unserved u LEFT JOIN evidence e USING (root)
    GROUP BY u.root, e.calls, e.rows_read, e.rows_kept, e.cost
    HAVING e.calls IS NOT NULL OR bool_and(NOT u.served_partly) AND max(u.parents_deleted) > 0
), named AS (
    SELECT f.*, k.conrelid AS relid, c.relkind = 'p' AS partitioned,
           relation_name(k.conrelid) AS table_name, relation_name(k.confrelid) AS parent_name,
           (SELECT string_agg(quote_ident(column_name(k.conrelid, a.attnum)), ', ' ORDER BY a.n)
            FROM unnest(k.conkey) WITH ORDINALITY a (attnum, n)) AS columns,
           (SELECT string_agg(quote_ident(column_name(k.confrelid, a.attnum)), ', ' ORDER BY a.n)
            FROM unnest(k.confkey) WITH ORDINALITY a (attnum, n)) AS parent_columns
    FROM found f
    JOIN pg_constraint k ON k.oid = f.root
    JOIN pg_class c ON c.oid = k.conrelid
)
SELECT finding_id('missing_foreign_key_index', n.table_name, n.columns) AS finding_id,
       severity(coalesce(n.cost, 0), coalesce(n.cost / n.calls, 0)) AS severity,
       'missing_foreign_key_index' AS kind,
       n.relid::regclass AS relation,
       format('No index leads with %s of %s, which refers to %s; ', n.columns, n.table_name, n.parent_name)
       || CASE WHEN n.calls IS NOT NULL
               THEN format('looking rows up by it read %s rows to find %s (executions: %s)', count_text(n.rows_read),
                           count_text(round(n.rows_kept::numeric)::float8), count_text(n.calls))
               ELSE format('rows deleted there: %s, for each of which all %s rows are read', count_text(n.parents_deleted),
                           count_text(n.table_rows)) END AS summary,
       CASE WHEN n.partitioned
            THEN format('CREATE INDEX ON ONLY %s (%s); then CREATE INDEX CONCURRENTLY on each partition, and ALTER INDEX ... ATTACH PARTITION.',
                        n.table_name, n.columns)
            ELSE format('CREATE INDEX CONCURRENTLY ON %s (%s);', n.table_name, n.columns) END AS suggestion,
       coalesce(n.cost, 0) AS impact_ms,
       coalesce(n.calls, n.parents_deleted) AS occurrences,
       current_database()::text AS database, s.username, NULL::text AS application,
       s.queryid, s.query, NULL::bigint AS parent_queryid, NULL::text AS parent_query,
       jsonb_strip_nulls(jsonb_build_object(
           'child_table', n.table_name, 'child_column', n.columns, 'parent_table', n.parent_name,
           'parent_column', n.parent_columns, 'calls', n.calls, 'rows_read', n.rows_read,
           'rows_kept', round(n.rows_kept::numeric), 'rows_deleted', nullif(n.parents_deleted, 0),
           'table_rows', n.table_rows)) AS evidence,
       coalesce(s.first_seen, recorded_since()) AS first_seen, coalesce(s.last_seen, now()) AS last_seen
FROM named n
LEFT JOIN worst w USING (root)
LEFT JOIN judged_statements s ON (s.userid, s.toplevel, s.shape) = (w.userid, w.toplevel, w.shape);
COMMENT ON VIEW detect_missing_foreign_key_index IS 'Findings of kind missing_foreign_key_index.';

