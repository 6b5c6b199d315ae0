-- index_not_used: a large table is read from end to end for a few rows, though
-- it has an index on what they are chosen by; and why the planner could not, or
-- would not, use it.

INSERT INTO detector_list VALUES ('index_not_used',
    'A table is read from end to end although an index is there, and why.',
    '{perfaudit.large_table_rows, perfaudit.scan_kept_share, perfaudit.judge_calls, perfaudit.judge_time}',
    'docs/findings.md#index_not_used',
    '{ordinary>=1, calls>=judge_calls, total_exec_time>=judge_time, rows_scanned>=large_table_rows}');

CREATE VIEW index_not_used_now AS
WITH large AS (
    SELECT s.userid, s.toplevel, s.shape, s.queryid, s.query, s.database, s.username, s.calls, s.total_exec_time,
           s.generic_calls, s.seq_rows_read, s.first_seen, s.last_seen, f.rows_read, f.relid,
           -- instead of four columns: the planner expects a match for it, and does not compare all rows with all
           ARRAY[f.userid::bigint, f.toplevel::int, f.shape, f.relid::bigint] AS scan
    FROM scan_facts(threshold('large_table_rows')) f
    JOIN judged_plans s ON ARRAY[s.userid::bigint, s.toplevel::int, s.shape] = ARRAY[f.userid::bigint, f.toplevel::int, f.shape]
    JOIN pg_class c ON c.oid = f.relid
    JOIN pg_namespace ns ON ns.oid = c.relnamespace
    WHERE s.calls > 0 AND c.relpersistence <> 't'
      AND ns.nspname NOT IN ('pg_catalog', 'pg_toast', 'information_schema')
      AND f.rows_read / s.calls >= (SELECT threshold('large_table_rows'))
), kept AS (
    SELECT ARRAY[n.userid::bigint, n.toplevel::int, n.shape, n.relid::bigint] AS scan, min(n.node) AS node, count(*) AS nodes,
           sum(n.rows) AS rows_kept, sum(n.rows + n.rows_removed) AS rows_read,
           max(n.est_rows) AS est_rows, sum(n.rows) / nullif(sum(n.loops), 0) AS actual_rows
    FROM node_facts((SELECT array_agg(shape) FROM large)) n
    WHERE n.is_current AND n.type = 'Seq Scan' AND n.sampled > 0
    GROUP BY 1
), wasteful AS (
    SELECT l.*, k.node, k.rows_kept / k.rows_read AS kept_share, k.est_rows, k.actual_rows
    FROM large l
    JOIN kept k USING (scan)
    WHERE coalesce(k.nodes = 1 AND k.rows_kept / nullif(k.rows_read, 0) <= (SELECT threshold('scan_kept_share')), false)
), conditions AS (
    SELECT p.*, bool_or(NOT p.inside_or AND NOT p.negated) OVER scan AS any_plain,
           min(p.attnum) OVER scan = max(p.attnum) OVER scan AS alone
    FROM predicate_facts((SELECT array_agg(shape) FROM wasteful)) p
    WHERE p.is_current AND p.kind = 'filter'
      -- IS TRUE: looked up in a hash, and no join
      AND (ARRAY[p.userid::bigint, p.toplevel::int, p.shape, p.relid::bigint, p.node]
           IN (SELECT w.scan || w.node::bigint FROM wasteful w)) IS TRUE
    WINDOW scan AS (PARTITION BY p.userid, p.toplevel, p.shape, p.relid)
), chosen AS (
    -- conditions that choose few rows: the only ones, or equalities with many
    -- different values
    SELECT c.userid, c.toplevel, c.shape, c.relid, c.attnum, c.funcid, c.opno, c.nulltest, c.list, c.parameter,
           c.collated, c.prefix, a.attname, a.atttypid, a.atttypmod, a.attcollation, o.oprname, o.oprleft,
           b.strategy AS btree_strategy
    FROM conditions c
    JOIN pg_class r ON r.oid = c.relid
    JOIN pg_attribute a ON a.attrelid = c.relid AND a.attnum = c.attnum AND NOT a.attisdropped
    LEFT JOIN pg_operator o ON o.oid = c.opno
    LEFT JOIN LATERAL (SELECT min(ao.amopstrategy) AS strategy FROM pg_amop ao
                       JOIN pg_am am ON am.oid = ao.amopmethod AND am.amname = 'btree'
                       WHERE ao.amopopr = c.opno AND ao.amoppurpose = 's') b ON true
    WHERE NOT c.inside_or AND NOT c.negated AND NOT c.nulltest
      AND (c.alone OR coalesce(b.strategy, 3) = 3
           AND EXISTS (SELECT FROM pg_statistic s
                       WHERE s.starelid = c.relid AND s.staattnum = c.attnum AND NOT s.stainherit
                         AND CASE WHEN s.stadistinct < 0 THEN -s.stadistinct * r.reltuples ELSE s.stadistinct END
                             * (SELECT threshold('scan_kept_share')) >= 1))
), indexes AS (
    SELECT d.*, ARRAY(SELECT DISTINCT m[1]::int FROM regexp_matches(d.predicate, ':varattno ([0-9]+)', 'g') m) AS predicate_columns
    FROM index_definitions d
    WHERE (SELECT count(*) > 0 FROM chosen) AND d.relid IN (SELECT chosen.relid FROM chosen)
), pairs AS MATERIALIZED (
    -- by itself: joined in one with what follows, all would be compared with all
    SELECT c.*, i.indexid, i.index_name, i.method, i.usable, i.attnums, i.opclasses, i.collations, i.predicate,
           i.predicate_columns, array_position(i.attnums, c.attnum::int2) AS place
    FROM chosen c
    JOIN indexes i ON i.relid = c.relid
    WHERE c.attnum::int2 = ANY (i.attnums)
), matched AS (
    SELECT p.*, ic.opcname, ic.opcintype,
           -- another of the same kind
           format(CASE WHEN p.method <> 'btree' THEN ' USING %s' ELSE '' END, p.method) AS using_method,
           CASE WHEN ic.opcdefault THEN ''
                ELSE ' ' || CASE WHEN icn.nspname IN ('pg_catalog', 'public') THEN '' ELSE quote_ident(icn.nspname) || '.' END || quote_ident(ic.opcname) END AS using_opclass,
           EXISTS (SELECT FROM pg_amop ao WHERE ao.amopfamily = ic.opcfamily AND ao.amopopr = p.opno AND ao.amoppurpose = 's') AS served,
           -- a comparison by the column's own collation, and an index with another, or the other way round
           p.collated <> (p.collations[p.place] <> p.attcollation) AND p.collations[p.place] <> 0 AS collation_differs
    FROM pairs p
    JOIN pg_opclass ic ON ic.oid = p.opclasses[p.place]
    JOIN pg_namespace icn ON icn.oid = ic.opcnamespace
), reasons AS (
    SELECT m.*, w.est_rows, w.actual_rows, w.kept_share, w.generic_calls,
           ca.castcontext, ca.casttarget, alt.opcname AS other_opclass, alt.is_default AS default_serves, r.relpages, r.reltuples,
           CASE
           WHEN m.place > 1 THEN
               CASE WHEN m.served AND m.funcid IS NULL AND NOT m.collation_differs AND m.usable AND m.method = 'btree'
                         AND m.predicate IS NULL AND m.attnums[1] <> 0
                         AND NOT EXISTS (SELECT FROM conditions f
                                         WHERE (f.userid, f.toplevel, f.shape, f.relid) = (m.userid, m.toplevel, m.shape, m.relid)
                                           AND f.attnum = m.attnums[1])
                    THEN 'leading_column' END
           WHEN m.funcid IS NOT NULL THEN
               CASE WHEN m.btree_strategy IS NULL OR NOT m.usable OR m.predicate IS NOT NULL
                         -- an index on that expression has reasons of its own
                         OR EXISTS (SELECT FROM indexes e WHERE e.relid = m.relid AND e.expressions ~ ('funcid ' || m.funcid || E'\\M')) THEN NULL
                    WHEN ca.castcontext = 'i' OR m.funcid = 'textout'::regproc THEN 'type_mismatch'
                    -- without a column compared as it is beside it: function_on_column
                    WHEN EXISTS (SELECT FROM conditions f
                                 WHERE (f.userid, f.toplevel, f.shape, f.relid) = (m.userid, m.toplevel, m.shape, m.relid)
                                   AND f.funcid IS NULL AND NOT f.inside_or AND is_equality(f.opno) IS NOT NULL)
                    THEN 'expression' END
           WHEN NOT m.served THEN
               CASE WHEN NOT m.usable OR m.predicate IS NOT NULL THEN NULL
                    WHEN m.oprname = '~~' AND m.prefix AND m.method = 'btree' AND m.opcname IN ('text_ops', 'varchar_ops', 'bpchar_ops')
                         AND NOT EXISTS (SELECT FROM pg_collation l WHERE l.oid = m.collations[1]
                                         -- bytes in order: the server's own collations, and of the system's these two
                                         AND CASE l.collprovider
                                                  WHEN 'd' THEN (SELECT d.datlocprovider = 'b' OR d.datlocprovider = 'c' AND d.datcollate IN ('C', 'POSIX')
                                                                 FROM pg_database d WHERE d.datname = current_database())
                                                  WHEN 'c' THEN l.collcollate IN ('C', 'POSIX')
                                                  ELSE l.collprovider = 'b' END)
                    THEN 'operator_class'
                    WHEN m.oprname <> '~~' AND alt.opcname IS NOT NULL THEN 'operator_class'
                    WHEN m.method = 'hash' AND m.btree_strategy IS NOT NULL THEN 'operator_class'
                    WHEN m.method = 'gin' AND m.list AND m.oprname = '=' AND y.typelem = m.oprleft AND y.typcategory = 'A' THEN 'operator_class' END
           WHEN m.collation_differs THEN CASE WHEN m.usable AND m.predicate IS NULL THEN 'collation' END
           WHEN m.predicate IS NOT NULL THEN
               CASE WHEN NOT m.usable THEN NULL
                    WHEN EXISTS (SELECT FROM unnest(m.predicate_columns) q (attnum)
                                 WHERE NOT EXISTS (SELECT FROM conditions f
                                                   WHERE (f.userid, f.toplevel, f.shape, f.relid) = (m.userid, m.toplevel, m.shape, m.relid)
                                                     AND f.attnum = q.attnum)) THEN 'predicate'
                    WHEN w.generic_calls > 0
                         AND EXISTS (SELECT FROM conditions f
                                     WHERE (f.userid, f.toplevel, f.shape, f.relid) = (m.userid, m.toplevel, m.shape, m.relid)
                                       AND f.attnum = ANY (m.predicate_columns) AND f.parameter) THEN 'parameter' END
           WHEN NOT m.usable THEN 'invalid'
           WHEN w.est_rows >= 10 * greatest(w.actual_rows, 1) THEN
               CASE WHEN m.parameter AND w.generic_calls > 0 THEN 'misestimate'
                    WHEN greatest(pg_stat_get_last_analyze_time(m.relid), pg_stat_get_last_autoanalyze_time(m.relid)) IS NULL
                         OR pg_stat_get_mod_since_analyze(m.relid) > 0.2 * r.reltuples
                    THEN 'stale_statistics' ELSE 'misestimate' END
           -- nothing is in the way: the planner is asked again
           ELSE 'choice' END AS reason,
           -- far fewer rows than pages: looking each up cannot be dearer
           4 * greatest(w.est_rows, w.actual_rows) < r.relpages AND m.method = 'btree' AS must_be_cheaper
    FROM matched m
    JOIN wasteful w USING (userid, toplevel, shape, relid)
    JOIN pg_class r ON r.oid = m.relid
    JOIN pg_type y ON y.oid = m.atttypid
    LEFT JOIN LATERAL (SELECT min(x.castcontext) AS castcontext, min(x.casttarget) AS casttarget FROM pg_cast x
                       WHERE x.castfunc = m.funcid AND x.castsource = m.atttypid AND x.casttarget <> m.atttypid) ca ON true
    LEFT JOIN LATERAL (SELECT min(CASE WHEN ns.nspname = 'pg_catalog' THEN quote_ident(oc.opcname)
                                       ELSE format('%I.%I', ns.nspname, oc.opcname) END) AS opcname, bool_or(oc.opcdefault) AS is_default
                       FROM pg_amop ao
                       JOIN pg_am am ON am.oid = ao.amopmethod AND am.amname = m.method
                       JOIN pg_opclass oc ON oc.opcfamily = ao.amopfamily AND oc.opcmethod = am.oid AND oc.opcintype = m.opcintype
                       JOIN pg_namespace ns ON ns.oid = oc.opcnamespace
                       WHERE ao.amopopr = m.opno AND ao.amoppurpose = 's') alt ON true
), best AS (
    -- one a scan: what is nearest to being used
    SELECT DISTINCT ON (r.userid, r.toplevel, r.shape, r.relid) r.*,
           coalesce(pg_partition_root(r.relid), r.relid) AS root,
           relation_name(r.relid) AS table_name, relation_name(r.indexid) AS index_full_name, quote_ident(r.attname) AS column_name,
           format_type(r.atttypid, r.atttypmod) AS column_type,
           format_type(coalesce(r.casttarget, 'text'::regtype), NULL) AS cast_type,
           (SELECT quote_ident(a.attname) FROM pg_attribute a WHERE a.attrelid = r.relid AND a.attnum = r.attnums[1]) AS leading_column,
           CASE WHEN f.pronamespace = 'pg_catalog'::regnamespace THEN quote_ident(f.proname)
                WHEN f.pronamespace IS NOT NULL THEN format('%s.%I', f.pronamespace::regnamespace, f.proname) END AS function,
           (SELECT min(e.oprname) FROM pg_operator e WHERE e.oprcode = r.funcid) AS operator_around,
           f.provolatile = 'i' AND f.pronargs = 1 AND f.prokind = 'f' AND f.oid <> 'textout'::regproc AS indexable
    FROM reasons r
    LEFT JOIN pg_proc f ON f.oid = r.funcid
    WHERE r.reason IS NOT NULL
    ORDER BY r.userid, r.toplevel, r.shape, r.relid,
             array_position(ARRAY['invalid', 'parameter', 'type_mismatch', 'collation', 'operator_class', 'expression', 'stale_statistics',
                                  'misestimate', 'choice', 'predicate', 'leading_column'], r.reason), r.index_name
), planned AS MATERIALIZED (
    SELECT c.userid, c.toplevel, c.shape, n.cost, n.skipped, s.cost AS ssd_cost, n.indexes, s.indexes AS ssd_indexes
    FROM (SELECT DISTINCT b.userid, b.toplevel, b.shape FROM best b WHERE b.reason = 'choice') c
    CROSS JOIN LATERAL planned_now(c.userid, c.toplevel, c.shape) n
    CROSS JOIN LATERAL planned_on_ssd(c.userid, c.toplevel, c.shape) s
), decided AS (
    SELECT b.*, p.cost AS planned_cost, p.ssd_cost,
           CASE WHEN b.reason <> 'choice' THEN b.reason
                WHEN EXISTS (SELECT FROM pg_index i WHERE i.indrelid = b.relid AND i.indexrelid = ANY (p.indexes)) THEN 'planner_switches'
                WHEN EXISTS (SELECT FROM pg_index i WHERE i.indrelid = b.relid AND i.indexrelid = ANY (p.ssd_indexes)) THEN 'random_page_cost'
                WHEN p.skipped IS NULL THEN 'selectivity'
                WHEN b.must_be_cheaper THEN 'cost_settings' END AS variant
    FROM best b
    LEFT JOIN planned p USING (userid, toplevel, shape)
), told AS (
    SELECT DISTINCT ON (b.userid, b.toplevel, b.shape, b.root) b.*, w.calls, w.rows_read, w.total_exec_time, w.seq_rows_read, w.queryid, w.query,
           w.database, w.username, w.first_seen, w.last_seen,
           w.total_exec_time * (1 - b.kept_share) * least(1, w.rows_read / nullif(w.seq_rows_read, 0)::float8) AS cost
    FROM decided b
    JOIN wasteful w USING (userid, toplevel, shape, relid)
    WHERE b.variant IS NOT NULL
    ORDER BY b.userid, b.toplevel, b.shape, b.root, w.rows_read DESC, b.table_name
)
SELECT finding_id('index_not_used', t.table_name, t.index_full_name, t.query) AS finding_id,
       severity(t.cost, t.cost / t.calls) AS severity,
       'index_not_used' AS kind,
       t.root::regclass AS relation,
       format('Reads %s rows of %s an execution and keeps %s%%, not by %s: ', count_text(t.rows_read / t.calls), t.table_name,
              CASE WHEN t.kept_share < 0.001 THEN '< 0.1' ELSE round((t.kept_share * 100)::numeric, 1)::text END, t.index_full_name)
       || CASE t.variant
          WHEN 'invalid' THEN 'the index is invalid'
          WHEN 'parameter' THEN 'its WHERE compares with a constant what the statement compares with a parameter, so the plan for all values cannot rely on it'
          WHEN 'type_mismatch' THEN format('%s is cast from %s to %s for the comparison', t.column_name, t.column_type, t.cast_type)
          WHEN 'collation' THEN format('%s is compared by another collation than the index has', t.column_name)
          WHEN 'operator_class' THEN format('%s serves no %s on %s', CASE WHEN t.method = 'hash' THEN 'a hash index' ELSE 'its operator class ' || t.opcname END,
                                            CASE WHEN t.oprname = '~~' THEN 'LIKE' WHEN t.list THEN '= ANY' ELSE t.oprname END, t.column_name)
          WHEN 'expression' THEN format('the statement compares '
              || CASE WHEN t.operator_around IS NOT NULL THEN 'an expression of %2$s (with %3$s)' WHEN t.indexable THEN '%1$s(%2$s)'
                      ELSE '%1$s(...) of %2$s' END, t.function, t.column_name, t.operator_around)
          WHEN 'predicate' THEN 'no condition of the statement implies its WHERE'
          WHEN 'leading_column' THEN format('it begins with %s, which the statement has no condition on', t.leading_column)
          WHEN 'stale_statistics' THEN format('the planner expected %s rows where %s came, and the statistics are out of date', count_text(t.est_rows), count_text(t.actual_rows))
          WHEN 'misestimate' THEN format('the planner expected %s rows where %s came', count_text(t.est_rows), count_text(t.actual_rows))
          WHEN 'selectivity' THEN format('the %s rows that it would find, %s%% of the table, lie on so many pages that reading all of them in turn is cheaper',
                                         count_text(t.actual_rows), CASE WHEN t.kept_share < 0.001 THEN '< 0.1' ELSE round((t.kept_share * 100)::numeric, 1)::text END)
          WHEN 'random_page_cost' THEN format('random_page_cost is %s; at 1.1 the planner would use it, at a cost of %s instead of %s', current_setting('random_page_cost'),
                                              round(t.ssd_cost::numeric), round(t.planned_cost::numeric))
          WHEN 'planner_switches' THEN 'planned now it is used: enable_indexscan or enable_bitmapscan was off in that session, or the index was not there yet'
          ELSE format('the planner took the scan for cheaper, though it expected %s rows', count_text(t.est_rows)) END AS summary,
       CASE t.variant
          WHEN 'invalid' THEN format('REINDEX INDEX CONCURRENTLY %s;', t.index_full_name)
          WHEN 'parameter' THEN 'Write the value that the index is made for as a literal, or SET plan_cache_mode = force_custom_plan, or create the index without WHERE.'
          WHEN 'type_mismatch' THEN format('Compare %s with a value of its own type: cast the value, not the column (%s = $1::%s), or bind the parameter as %s.',
                                           t.column_name, t.column_name, t.column_type, t.column_type)
          WHEN 'collation' THEN CASE WHEN t.collated THEN format('Leave out COLLATE in the comparison, or create the index on %s (%s COLLATE ...) with that collation.', t.table_name, t.column_name)
                                     ELSE format('CREATE INDEX CONCURRENTLY ON %s (%s);', t.table_name, t.column_name) END
          WHEN 'operator_class' THEN
              CASE WHEN t.oprname = '~~' THEN format('CREATE INDEX CONCURRENTLY ON %s (%s %s);', t.table_name, t.column_name,
                                                     replace(t.opcname, '_ops', '_pattern_ops'))
                   WHEN t.other_opclass IS NOT NULL AND t.method = 'btree' THEN format('CREATE INDEX CONCURRENTLY ON %s (%s%s);', t.table_name, t.column_name,
                        CASE WHEN t.default_serves THEN '' ELSE ' ' || t.other_opclass END)
                   WHEN t.other_opclass IS NOT NULL THEN format('CREATE INDEX CONCURRENTLY ON %s USING %s (%s %s);', t.table_name, t.method, t.column_name, t.other_opclass)
                   WHEN t.method = 'gin' THEN format('Write %s @> ARRAY[$1] instead of $1 = ANY (%s).', t.column_name, t.column_name)
                   ELSE format('CREATE INDEX CONCURRENTLY ON %s (%s);', t.table_name, t.column_name) END
          WHEN 'expression' THEN CASE WHEN t.indexable THEN format('CREATE INDEX CONCURRENTLY ON %s (%s(%s)); -- or compare %s itself', t.table_name, t.function, t.column_name, t.column_name)
                                      ELSE format('Compare %s itself, with a range if need be.', t.column_name) END
          WHEN 'predicate' THEN format('Add the condition of the index to the statement if it wants those rows only; else: CREATE INDEX CONCURRENTLY ON %s%s (%s%s);',
                                   t.table_name, t.using_method, t.column_name, t.using_opclass)
          WHEN 'leading_column' THEN format('CREATE INDEX CONCURRENTLY ON %s (%s);', t.table_name, t.column_name)
          WHEN 'stale_statistics' THEN format('ANALYZE %s;', t.table_name)
          WHEN 'misestimate' THEN CASE WHEN t.parameter AND t.generic_calls > 0
              THEN 'The plan was made for all values: SET plan_cache_mode = force_custom_plan plans it for each.'
              ELSE format('ALTER TABLE %s ALTER %s SET STATISTICS 1000; ANALYZE %s; -- if conditions on several columns go together: CREATE STATISTICS',
                                         t.table_name, t.column_name, t.table_name) END
          WHEN 'selectivity' THEN CASE WHEN t.kept_share > 0.25 THEN 'The index is as it should be, and so is the plan: so many rows are read best in turn.'
               ELSE 'The index is as it should be; one that INCLUDEs all columns that the statement reads would spare it the table: see perfaudit.suggest_indexes().' END
          WHEN 'random_page_cost' THEN format('ALTER DATABASE %I SET random_page_cost = 1.1; -- on SSDs, or if the data is in memory', current_database())
          WHEN 'planner_switches' THEN 'Leave enable_indexscan and enable_bitmapscan on in the sessions that run it.'
          ELSE 'Were enable_indexscan or enable_bitmapscan off in that session? Else random_page_cost is too high for this storage: 1.1 on SSDs.' END AS suggestion,
       t.cost AS impact_ms,
       t.calls AS occurrences,
       t.database::text, t.username, NULL::text AS application,
       t.queryid, t.query, NULL::bigint AS parent_queryid, NULL::text AS parent_query,
       jsonb_strip_nulls(jsonb_build_object(
           'variant', t.variant, 'index', t.index_full_name, 'columns', jsonb_build_array(t.column_name),
           'rows_read', t.rows_read, 'rows_kept', round((t.rows_read * t.kept_share)::numeric), 'calls', t.calls, 'node', 'Seq Scan',
           'rows_estimated', round(t.est_rows::numeric), 'rows_actual', round(t.actual_rows::numeric),
           'kept_share', round(t.kept_share::numeric, 4),
           'cost', CASE WHEN t.variant IN ('random_page_cost', 'selectivity') THEN round(t.planned_cost::numeric, 1) END,
           'cost_on_ssd', CASE WHEN t.variant = 'random_page_cost' THEN round(t.ssd_cost::numeric, 1) END,
           'exec_ms', round(t.total_exec_time::numeric, 3))) AS evidence,
       t.first_seen, t.last_seen
FROM told t;
COMMENT ON VIEW index_not_used_now IS 'What detect_index_not_used shows, read from the facts.';

-- seq_scan_large_table asks, too: one reading for both.
CREATE FUNCTION index_not_used_once() RETURNS SETOF index_not_used_now
AS 'MODULE_PATHNAME', 'perfaudit_rows_once_1_0'
LANGUAGE C STRICT VOLATILE PARALLEL UNSAFE COST 1000 ROWS 100
SET search_path = pg_catalog, pg_temp SET jit = off;
COMMENT ON FUNCTION index_not_used_once() IS 'Rows of index_not_used_now, read once a query.';

CREATE VIEW detect_index_not_used AS SELECT * FROM index_not_used_once();
COMMENT ON VIEW detect_index_not_used IS 'Findings of kind index_not_used.';

