-- slow_statement: the 95th percentile of a shape lies above the threshold, and
-- not by a few executions.  What it cost is the time above the threshold, not
-- all of its time.

INSERT INTO detector_list VALUES ('slow_statement',
    'A statement is slow for one execution in twenty or more.',
    '{perfaudit.slow_statement, perfaudit.slow_statement_calls, perfaudit.large_table_rows}',
    'docs/findings.md#slow_statement',
    '{calls>=slow_statement_calls, max_exec_time>=slow_statement}');

CREATE VIEW detect_slow_statement AS
WITH slow AS (
    SELECT s.userid, s.toplevel, s.shape, s.queryid, s.query, s.database, s.username, s.calls, s.total_exec_time,
           s.p50_exec_time, s.p95_exec_time, s.p99_exec_time, s.plans, s.total_plan_time, s.seq_rows_read,
           s.temp_blks_written, s.shared_blks_read, s.shared_blks_hit, s.rows, s.slow_time, s.slow_calls,
           s.operation, s.catalog_only, s.self_exec_time, s.jit_time, s.first_seen, s.last_seen
    FROM needed_statements s
    WHERE s.toplevel AND s.operation <> 'utility' AND NOT is_seldom(s.calls, s.first_seen, s.last_seen)
      AND s.slow_calls >= (SELECT threshold('slow_statement_calls'))
      AND s.p95_exec_time >= (SELECT threshold('slow_statement'))
      -- SELECT a_function(): what statements inside take; else it may wait on purpose
      AND (NOT s.catalog_only OR s.total_exec_time - s.self_exec_time >= s.total_exec_time / 2)
), inside AS (
    -- of the statements that its functions run, the one that takes most
    SELECT DISTINCT ON (c.parent_userid, c.parent_toplevel, c.parent_shape)
           c.parent_userid AS userid, c.parent_toplevel AS toplevel, c.parent_shape AS shape, c.query, c.self_exec_time
    FROM judged_statements c
    WHERE c.parent_shape IN (SELECT slow.shape FROM slow) AND NOT c.catalog_only
    ORDER BY c.parent_userid, c.parent_toplevel, c.parent_shape, c.self_exec_time DESC
), nodes AS (
    SELECT n.userid, n.toplevel, n.shape,
           (array_agg(n.relid ORDER BY n.est_cost DESC) FILTER (WHERE n.relid IS NOT NULL))[1] AS relid,
           bool_and(c.oid IS NULL) FILTER (WHERE n.relid IS NOT NULL) AS gone,
           (array_agg(c.oid ORDER BY n.rows DESC NULLS LAST) FILTER (WHERE c.relkind = 'f'))[1] AS foreign_relid,
           sum(n.rows / n.sampled) FILTER (WHERE c.relkind = 'f' AND n.sampled > 0) AS rows_foreign,
           max(n.rows / n.sampled) FILTER (WHERE n.type IN ('Sort', 'Incremental Sort') AND n.sampled > 0) AS rows_sorted,
           max((n.rows + n.rows_removed) / n.sampled)
               FILTER (WHERE n.type IN ('Nested Loop', 'Hash Join', 'Merge Join') AND n.sampled > 0) AS rows_joined
    FROM node_facts((SELECT array_agg(shape) FROM slow)) n
    LEFT JOIN pg_class c ON c.oid = n.relid
    WHERE n.is_current
    GROUP BY 1, 2, 3
), scanned AS (
    -- the relation of which sequential scans read most
    SELECT DISTINCT ON (f.userid, f.toplevel, f.shape) f.userid, f.toplevel, f.shape, f.relid
    FROM scan_facts() f
    WHERE f.shape IN (SELECT slow.shape FROM slow)
    ORDER BY f.userid, f.toplevel, f.shape, f.rows_read DESC
), went AS (
    SELECT s.*, coalesce(judged_table(coalesce(f.relid, n.relid)), n.foreign_relid) AS relid, i.query AS inside,
           i.self_exec_time / s.calls AS inside_time, w.variants, w.words
    FROM slow s
    LEFT JOIN nodes n USING (userid, toplevel, shape)
    LEFT JOIN scanned f USING (userid, toplevel, shape)
    LEFT JOIN inside i USING (userid, toplevel, shape)
    CROSS JOIN LATERAL (
        -- what is known exactly first
        SELECT array_agg(v.variant ORDER BY v.place) AS variants, string_agg(v.words, ', ' ORDER BY v.place) AS words
        FROM (VALUES
            (1, 'planning', s.total_plan_time > (s.total_plan_time + s.total_exec_time) / 4,
             ms_text(s.total_plan_time / nullif(s.plans, 0)) || ' planning'),
            (2, 'inside', s.total_exec_time - s.self_exec_time >= s.total_exec_time / 4,
             ms_text((s.total_exec_time - s.self_exec_time) / s.calls) || ' in statements that its functions run'),
            (3, 'compiling', s.jit_time > s.total_exec_time / 4, ms_text(s.jit_time / s.calls) || ' compiling (JIT)'),
            (4, 'spilling', 8 * s.temp_blks_written > s.shared_blks_hit + s.shared_blks_read,
             count_text(s.temp_blks_written * (current_setting('block_size')::float8 / 1024) / s.calls)
                 || ' kB written to temporary files'),
            (5, 'reading', s.shared_blks_read > s.shared_blks_hit / 4 AND s.shared_blks_read / s.calls >= 100,
             count_text(s.shared_blks_read / s.calls) || ' blocks read from outside the buffers'),
            (6, 'scanning', s.seq_rows_read / s.calls >= (SELECT threshold('large_table_rows')),
             count_text(s.seq_rows_read / s.calls) || ' rows read by sequential scans'
                 || coalesce(' (most of ' || table_text(judged_table(f.relid)) || ')', '')),
            (7, 'sorting', n.rows_sorted >= 10000, count_text(n.rows_sorted) || ' rows sorted'),
            (8, 'joining', n.rows_joined >= 10000, count_text(n.rows_joined) || ' rows joined'),
            (9, CASE s.operation WHEN 'select' THEN 'sending' ELSE 'writing' END, s.rows / s.calls >= 1000, count_text(s.rows / s.calls)
                 || CASE s.operation WHEN 'select' THEN ' rows returned' ELSE ' rows written' END),
            (10, 'blocks', (s.shared_blks_hit + s.shared_blks_read) / s.calls >= 1000,
             count_text((s.shared_blks_hit + s.shared_blks_read) / s.calls) || ' blocks looked at'),
            (11, 'foreign', n.foreign_relid IS NOT NULL,
             coalesce(count_text(n.rows_foreign) || ' rows of ', '') || table_text(n.foreign_relid))
        ) v (place, variant, applies, words) WHERE v.applies) w
    WHERE (NOT s.catalog_only OR i.query IS NOT NULL) AND n.gone IS NOT TRUE
)
SELECT finding_id('slow_statement', w.query) AS finding_id,
       severity(w.slow_time, w.p95_exec_time) AS severity,
       'slow_statement' AS kind,
       w.relid::regclass AS relation,
       format('p50 %s, p95 %s, p99 %s over %s executions', ms_text(w.p50_exec_time), ms_text(w.p95_exec_time),
              ms_text(w.p99_exec_time), count_text(w.calls)) AS summary,
       CASE WHEN w.words IS NULL
            THEN 'It reads little and writes nothing to disk: look for lock waits and expensive functions. '
            ELSE format('An execution spends it on: %s. ', w.words) END
       || CASE w.variants[1]
              WHEN 'planning' THEN 'Prepare it once on each connection; name fewer partitions and joins.'
              WHEN 'inside' THEN coalesce('Most of it (' || ms_text(w.inside_time) || ') in: ' || w.inside,
                                          'Which these are, those see who may see their role''s statements.')
              WHEN 'compiling' THEN 'SET LOCAL jit = off before it.'
              WHEN 'spilling' THEN 'See spill_to_disk: more work_mem for it, or fewer rows and columns to sort and collect.'
              WHEN 'sending' THEN 'Ask for fewer rows and columns, or in pages.'
              WHEN 'writing' THEN 'Look at the indexes, triggers and foreign keys that each row has to pass; write in portions.'
              WHEN 'foreign' THEN 'EXPLAIN (ANALYZE, VERBOSE) shows what the other server is asked: look for conditions that it is not sent, and for its indexes.'
              WHEN 'sorting' THEN 'Filter before it sorts; perfaudit.suggest_indexes() says whether an index has the order.'
              ELSE CASE WHEN w.variants && '{reading, scanning}'::text[]
                        THEN 'perfaudit.suggest_indexes() says whether an index helps.'
                        ELSE 'EXPLAIN (ANALYZE, BUFFERS) shows the node.' END END AS suggestion,
       w.slow_time AS impact_ms,
       w.slow_calls AS occurrences,
       w.database::text, w.username, NULL::text AS application,
       w.queryid, w.query, NULL::bigint AS parent_queryid, NULL::text AS parent_query,
       jsonb_strip_nulls(jsonb_build_object(
           'variant', coalesce(w.variants[1], 'waiting'),
           'calls', w.calls, 'p50_ms', round(w.p50_exec_time::numeric, 3), 'p95_ms', round(w.p95_exec_time::numeric, 3),
           'p99_ms', round(w.p99_exec_time::numeric, 3), 'exec_ms', round(w.total_exec_time::numeric, 3),
           'plan_ms', round(w.total_plan_time::numeric, 3),
           'inside_ms', nullif(round((w.total_exec_time - w.self_exec_time)::numeric, 3), 0),
           'rows_read', w.seq_rows_read, 'rows_sent', w.rows, 'blocks_hit', w.shared_blks_hit,
           'blocks_read', w.shared_blks_read, 'temp_blocks_written', w.temp_blks_written)) AS evidence,
       w.first_seen, w.last_seen
FROM went w;
COMMENT ON VIEW detect_slow_statement IS 'Findings of kind slow_statement.';

