-- spill_to_disk: sorts, hashes and aggregates that write to temporary files
-- because work_mem does not hold them, execution for execution.

INSERT INTO detector_list VALUES ('spill_to_disk',
    'Sorts, hashes or aggregates do not fit into work_mem and write to disk.',
    '{perfaudit.spill_size, perfaudit.judge_calls, perfaudit.judge_time}',
    'docs/findings.md#spill_to_disk',
    '{ordinary>=1, calls>=judge_calls, total_exec_time>=judge_time, temp_blks_written>=1}');

CREATE VIEW detect_spill_to_disk AS
WITH spilling AS (
    SELECT s.dbid, s.userid, s.toplevel, s.shape, s.queryid, s.database, s.username, s.calls, s.total_exec_time,
           s.temp_blks_written, s.first_seen, s.last_seen,
           current_setting('block_size')::float8 / 1024 * s.temp_blks_written / s.calls AS kb_per_call,
           -- what is written is read again; blocks of tables are mostly in memory
           s.total_exec_time * 2 * s.temp_blks_written
               / (2 * s.temp_blks_written + s.shared_blks_hit + s.shared_blks_read) AS cost
    FROM judged_plans s
    WHERE s.temp_blks_written > 0
), gone AS (
    SELECT g.userid, g.toplevel, g.shape FROM statements_of_gone((SELECT array_agg(shape) FROM spilling)) g
), present AS (
    -- what the statements had, as far as can be known: who looks may have set more
    SELECT min(pg_size_bytes(v.value || s.unit)) FILTER (WHERE s.name = 'work_mem') / 1024 AS work_mem_kb,
           min(v.value::float8) FILTER (WHERE s.name = 'hash_mem_multiplier') AS hash_mem
    FROM pg_settings s CROSS JOIN LATERAL (VALUES (s.setting), (s.reset_val)) v (value)
    WHERE s.name IN ('work_mem', 'hash_mem_multiplier')
), nodes AS (
    -- the node that writes most
    SELECT DISTINCT ON (n.userid, n.toplevel, n.shape) n.userid, n.toplevel, n.shape, n.type, n.spills, n.spill_max_kb, n.rows / nullif(n.sampled, 0) AS rows,
           n.path LIKE '%Gather%' AS parallel,
           -- In memory a sort has some 60 bytes beside each row; of a hash join
           -- only what was written is known, not the batch that stayed; an
           -- aggregate writes rows, and keeps groups.
           CASE n.type
               WHEN 'Sort' THEN n.spill_max_kb
                   + greatest(n.est_rows, coalesce(n.rows / nullif(n.loops, 0), 0)) * 60 / 1024
               WHEN 'Hash Join' THEN n.spill_max_kb * 2 / (SELECT hash_mem FROM present)
               ELSE greatest(n.spill_max_kb, greatest(n.est_rows, coalesce(n.rows / nullif(n.loops, 0), 0)) * 128 / 1024)
           END * 1.1 AS need_kb
    FROM node_facts((SELECT array_agg(shape) FROM spilling)) n
    WHERE n.spills > 0
    ORDER BY n.userid, n.toplevel, n.shape, n.spill_max_kb DESC
), likely AS (
    -- the others are not seen to write, nor are the workers of parallel plans:
    -- the one that handles most rows
    SELECT DISTINCT ON (n.userid, n.toplevel, n.shape) n.userid, n.toplevel, n.shape, n.type AS likely_type, n.rows / nullif(n.sampled, 0) AS likely_rows
    FROM node_facts((SELECT array_agg(shape) FROM spilling)) n
    WHERE n.is_current AND (n.type IN ('WindowAgg', 'Incremental Sort', 'Materialize', 'Function Scan')
                            OR n.type IN ('Sort', 'Hash Join', 'Aggregate') AND n.path LIKE '%Gather%')
    ORDER BY n.userid, n.toplevel, n.shape, greatest(n.rows / nullif(n.sampled, 0), n.est_rows) DESC, n.node
), sized AS (
    SELECT s.*, n.type, n.spill_max_kb, l.likely_type,
           -- it did not fit into what there is
           greatest(m.work_mem_kb * 2,
                    CASE WHEN n.type IS NULL THEN coalesce(s.kb_per_call + l.likely_rows * 80 / 1024, s.kb_per_call * 4)
                         -- one of the workers may get most of the rows
                         WHEN n.parallel THEN greatest(n.need_kb, s.kb_per_call + n.rows * 80 / 1024)
                         ELSE n.need_kb END) AS need_kb
    FROM spilling s LEFT JOIN nodes n USING (userid, toplevel, shape) LEFT JOIN likely l USING (userid, toplevel, shape)
    CROSS JOIN present m
    WHERE (s.userid, s.toplevel, s.shape) NOT IN (SELECT g.userid, g.toplevel, g.shape FROM gone g)
      AND CASE WHEN n.type IS NULL THEN s.kb_per_call >= (SELECT threshold('spill_size'))
               ELSE n.spill_max_kb >= (SELECT threshold('spill_size')) AND n.spills >= (SELECT threshold('judge_calls')) END
), whose AS (
    SELECT z.*, coalesce(z.likely_type, CASE WHEN t.query ~* E'\\mwith\\M' THEN 'CTE Scan' END) AS likely, memory_text(z.need_kb) AS work_mem,
           memory_text(max(z.need_kb) OVER (PARTITION BY z.userid)) AS role_work_mem,
           count(*) OVER (PARTITION BY z.userid) AS of_role, t.query
    FROM sized z CROSS JOIN LATERAL (SELECT statement_text(z.dbid, z.userid, z.toplevel, z.shape) AS query) t
)
SELECT finding_id('spill_to_disk', w.query) AS finding_id,
       severity(w.cost, w.cost / w.calls) AS severity,
       'spill_to_disk' AS kind,
       NULL::regclass AS relation,
       CASE WHEN w.type IS NULL
            THEN coalesce(w.likely || ', it seems, does not fit into memory: writes', 'Writes')
                || format(' %s kB to temporary files an execution', count_text(w.kb_per_call))
            ELSE format('%s does not fit into memory and writes up to %s kB to disk; %s kB an execution in all',
                        w.type, count_text(w.spill_max_kb), count_text(w.kb_per_call)) END AS summary,
       CASE WHEN w.need_kb > 1024 * 1024
            THEN format('It would take a work_mem of %s: let it sort or collect fewer rows or columns, or filter earlier.', w.work_mem)
            WHEN NOT w.toplevel
            THEN format('About %s of work_mem would hold it: SET work_mem for the function that runs it (ALTER FUNCTION ... SET work_mem = %L).',
                        w.work_mem, w.work_mem)
            WHEN w.type IS NULL AND w.likely IS NULL
            THEN format('If it is fetched from a cursor, fetch fewer rows at a time: what is fetched at once is kept until it is sent. Else SET LOCAL work_mem = %L; -- in its transaction, before it', w.work_mem)
            WHEN w.of_role >= 3
            THEN format('%s; -- %s of its statements spill; not for the whole server, since each sort or hash of each session may take as much',
                        set_for_role(w.username, format('work_mem = %L', w.role_work_mem)), w.of_role)
            ELSE format('SET LOCAL work_mem = %L; -- in its transaction, before it: not for the whole server, since each sort or hash of each session may take as much',
                        w.work_mem) END AS suggestion,
       w.cost AS impact_ms,
       w.calls AS occurrences,
       w.database::text, w.username, NULL::text AS application,
       w.queryid, w.query, NULL::bigint AS parent_queryid, NULL::text AS parent_query,
       jsonb_strip_nulls(jsonb_build_object(
           'node', coalesce(w.type, w.likely), 'spill_max_kb', w.spill_max_kb, 'temp_kb_per_call', round(w.kb_per_call),
           'work_mem', w.work_mem, 'calls', w.calls, 'exec_ms', round(w.total_exec_time::numeric, 3))) AS evidence,
       w.first_seen, w.last_seen
FROM whose w;
COMMENT ON VIEW detect_spill_to_disk IS 'Findings of kind spill_to_disk.';

