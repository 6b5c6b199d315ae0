-- stale_statistics: more than half of a table that statements read was changed
-- since it was last analyzed, long ago or never.  What it costs is not known:
-- where a plan suffers, that is row_misestimate.

INSERT INTO detector_list VALUES ('stale_statistics',
    'Most of a table was changed since it was last analyzed, long ago or never.',
    '{perfaudit.stale_rows, perfaudit.stale_age, perfaudit.judge_calls, perfaudit.judge_time}',
    'docs/findings.md#stale_statistics',
    '{ordinary>=1, calls>=judge_calls, total_exec_time>=judge_time}');

CREATE VIEW detect_stale_statistics AS
WITH chosen AS (
    SELECT s.userid, s.toplevel, s.shape, s.calls, s.first_seen, s.last_seen FROM judged_plans s
), used AS (
    SELECT n.relid, count(DISTINCT c.shape) AS statements, sum(c.calls) AS calls,
           min(c.first_seen) AS first_seen, max(c.last_seen) AS last_seen
    FROM node_facts((SELECT array_agg(shape) FROM chosen)) n
    JOIN chosen c USING (userid, toplevel, shape)
    WHERE n.is_current AND n.relid IS NOT NULL
    GROUP BY n.relid
), tables AS (
    SELECT u.*, judged_table(u.relid) AS judged, pg_stat_get_mod_since_analyze(u.relid) AS modified,
           pg_stat_get_live_tuples(u.relid) AS live,
           greatest(pg_stat_get_last_analyze_time(u.relid), pg_stat_get_last_autoanalyze_time(u.relid)) AS analyzed
    FROM used u
), stale AS (
    -- partitions are analyzed one by one, and told together
    SELECT t.judged AS relid, relation_name(t.judged) AS table_name, max(t.statements) AS statements, max(t.calls) AS calls,
           sum(t.modified)::bigint AS modified, sum(t.live)::bigint AS live, min(t.analyzed) AS analyzed,
           bool_or(t.analyzed IS NULL) AS never, min(t.first_seen) AS first_seen, max(t.last_seen) AS last_seen
    FROM tables t
    WHERE t.judged IS NOT NULL
    GROUP BY t.judged
    HAVING bool_or(t.modified >= (SELECT threshold('stale_rows')) AND t.modified > t.live / 2
                   AND coalesce(t.analyzed, t.first_seen) <= now() - (SELECT threshold('stale_age')) * interval '1 minute')
)
SELECT finding_id('stale_statistics', s.table_name) AS finding_id,
       severity(0, 0) AS severity,
       'stale_statistics' AS kind,
       s.relid::regclass AS relation,
       format('%s rows of %s were changed since it was last analyzed%s, and it has %s', count_text(s.modified), table_text(s.relid),
              CASE WHEN s.never THEN ', which it never was' ELSE format(' (%s)', to_char(s.analyzed, 'YYYY-MM-DD HH24:MI')) END,
              count_text(s.live)) AS summary,
       format('%s; -- and look why autovacuum does not: autovacuum and track_counts off, autovacuum_enabled of the table, long transactions, too few workers',
              analyze_text(s.relid)) AS suggestion,
       0::float8 AS impact_ms,
       s.calls::bigint AS occurrences,
       current_database()::text AS database, NULL::name AS username, NULL::text AS application,
       NULL::bigint AS queryid, NULL::text AS query, NULL::bigint AS parent_queryid, NULL::text AS parent_query,
       jsonb_build_object('rows_modified', s.modified, 'rows_live', s.live, 'statements', s.statements, 'calls', s.calls) AS evidence,
       s.first_seen, s.last_seen
FROM stale s;
COMMENT ON VIEW detect_stale_statistics IS 'Findings of kind stale_statistics.';

