-- slow_statement: the 95th percentile of a shape lies above the threshold.
-- What it cost is the time above the threshold, not all of its time.

INSERT INTO detector_list VALUES ('slow_statement',
    'A statement is slow for one execution in twenty or more.',
    '{perfaudit.slow_statement, perfaudit.slow_statement_calls}',
    'docs/findings.md#slow_statement',
    '{ordinary>=1, calls>=slow_statement_calls, max_exec_time>=slow_statement}');

CREATE VIEW detect_slow_statement AS
WITH slow AS (
    SELECT s.userid, s.toplevel, s.shape, s.queryid, s.query, s.database, s.username, s.calls, s.total_exec_time,
           s.p50_exec_time, s.p95_exec_time, s.p99_exec_time, s.plans, s.total_plan_time, s.seq_rows_read,
           s.temp_blks_written, s.shared_blks_read, s.shared_blks_hit, s.rows, s.slow_time, s.slow_calls,
           s.first_seen, s.last_seen
    FROM judged_statements s
    WHERE s.toplevel AND s.operation <> 'utility' AND NOT s.catalog_only
      AND s.calls >= (SELECT threshold('slow_statement_calls'))
      AND s.p95_exec_time >= (SELECT threshold('slow_statement'))
), relations AS (
    -- the relation of which sequential scans read most, else that of its dearest node
    SELECT DISTINCT ON (f.userid, f.toplevel, f.shape) f.userid, f.toplevel, f.shape, f.relid
    FROM (SELECT userid, toplevel, shape, relid, 1 AS choice, rows_read::float8 AS weight FROM scan_facts()
          WHERE (SELECT count(*) > 0 FROM slow)
          UNION ALL
          SELECT userid, toplevel, shape, relid, 2, est_cost FROM node_facts((SELECT array_agg(shape) FROM slow))) f
    JOIN pg_class c ON c.oid = f.relid
    WHERE f.shape IN (SELECT slow.shape FROM slow)
    ORDER BY f.userid, f.toplevel, f.shape, f.choice, f.weight DESC
), went AS (
    SELECT s.*, r.relid, concat_ws(', ',
               CASE WHEN s.total_plan_time > s.total_exec_time / 4
                    THEN ms_text(s.total_plan_time / nullif(s.plans, 0)) || ' planning' END,
               CASE WHEN s.seq_rows_read / s.calls >= 1000
                    THEN count_text(s.seq_rows_read / s.calls) || ' rows read by sequential scans' END,
               CASE WHEN s.temp_blks_written > 0
                    THEN count_text(s.temp_blks_written * 8.0 / s.calls) || ' kB written to temporary files' END,
               CASE WHEN s.shared_blks_read > s.shared_blks_hit / 4
                    THEN count_text(s.shared_blks_read / s.calls) || ' blocks read from outside the buffers' END,
               CASE WHEN s.rows / s.calls >= 1000
                    THEN count_text(s.rows / s.calls) || ' rows returned' END) AS into_what
    FROM slow s LEFT JOIN relations r USING (userid, toplevel, shape)
)
SELECT finding_id('slow_statement', w.query) AS finding_id,
       severity(w.slow_time, w.p95_exec_time) AS severity,
       'slow_statement' AS kind,
       w.relid::regclass AS relation,
       format('p50 %s, p95 %s, p99 %s over %s executions', ms_text(w.p50_exec_time), ms_text(w.p95_exec_time),
              ms_text(w.p99_exec_time), count_text(w.calls)) AS summary,
       CASE WHEN w.into_what <> '' THEN format('An execution spends it on: %s. ', w.into_what)
            ELSE 'It reads little and writes nothing to disk: look for lock waits and expensive functions. ' END
       || CASE WHEN w.seq_rows_read / w.calls >= 1000
               THEN 'perfaudit.suggest_indexes() says whether an index helps.'
               ELSE 'EXPLAIN (ANALYZE, BUFFERS) shows the node.' END AS suggestion,
       w.slow_time AS impact_ms,
       w.slow_calls AS occurrences,
       w.database::text, w.username, NULL::text AS application,
       w.queryid, w.query, NULL::bigint AS parent_queryid, NULL::text AS parent_query,
       jsonb_strip_nulls(jsonb_build_object(
           'calls', w.calls, 'p50_ms', round(w.p50_exec_time::numeric, 3), 'p95_ms', round(w.p95_exec_time::numeric, 3),
           'p99_ms', round(w.p99_exec_time::numeric, 3), 'exec_ms', round(w.total_exec_time::numeric, 3),
           'plan_ms', round(w.total_plan_time::numeric, 3), 'rows_read', w.seq_rows_read, 'rows_sent', w.rows,
           'blocks_read', w.shared_blks_read, 'temp_blocks_written', w.temp_blks_written)) AS evidence,
       w.first_seen, w.last_seen
FROM went w;
COMMENT ON VIEW detect_slow_statement IS 'Findings of kind slow_statement.';

