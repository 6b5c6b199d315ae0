-- cacheable_statement: asked again and again with the same few values, of tables
-- that hardly change.  Values are counted in few executions; changes are those
-- that were recorded, since the server's own counters are older than ours.

INSERT INTO detector_list VALUES ('cacheable_statement',
    'A statement is asked very often for the same few values, which hardly ever change.',
    '{perfaudit.cacheable_calls, perfaudit.cacheable_time, perfaudit.cacheable_changes}',
    'docs/findings.md#cacheable_statement',
    '{ordinary>=1, calls>=cacheable_calls, total_exec_time>=cacheable_time}');

CREATE VIEW detect_cacheable_statement AS
WITH chosen AS (
    SELECT s.dbid, s.userid, s.toplevel, s.shape, s.queryid, s.database, s.username, s.calls, s.total_exec_time,
           s.first_seen, s.last_seen, d.sampled, greatest(1, round(d.distinct_values::numeric)) AS distinct_values, d.units
    FROM distinct_facts() d
    JOIN needed_statements s ON s.userid = d.userid AND s.toplevel AND s.shape = d.shape
    -- at least five times each, of those looked at
    WHERE d.sampled >= 20 AND d.units >= 5 AND d.distinct_values * 5 <= d.sampled AND d.distinct_values <= 100
      AND s.operation = 'select' AND NOT s.catalog_only AND NOT s.temporary
      AND s.calls >= (SELECT threshold('cacheable_calls')) AND s.total_exec_time >= (SELECT threshold('cacheable_time'))
      -- who mostly gets nothing asks whether something has come
      AND s.rows * 2 >= s.calls
), plans AS (
    SELECT p.userid, p.shape, p.plan_id FROM plan_facts((SELECT array_agg(shape) FROM chosen)) p
    WHERE p.toplevel AND p.is_current AND NOT p.truncated
), tables AS (
    SELECT DISTINCT n.userid, n.shape, n.relid, judged_table(n.relid) AS root
    FROM node_facts((SELECT array_agg(shape) FROM chosen)) n JOIN plans p USING (userid, shape, plan_id)
    WHERE n.toplevel AND n.relid IS NOT NULL
), writes AS (
    SELECT judged_table(w.relid) AS root, sum(s.rows) AS rows
    FROM (SELECT DISTINCT n.userid, n.toplevel, n.shape, n.relid FROM node_facts() n
          WHERE n.type = 'ModifyTable' AND (SELECT count(*) > 0 FROM chosen)) w
    JOIN judged_statements s USING (userid, toplevel, shape)
    GROUP BY 1
), utilities AS (
    -- COPY, TRUNCATE and the like; what pg_dump copies changes nothing
    SELECT s.query FROM judged_statements s
    WHERE s.operation = 'utility' AND (SELECT count(*) > 0 FROM chosen)
      AND s.query ~* E'^\\s*(truncate|alter|refresh|copy\\s+[^(]*(\\([^)]*\\))?\\s*from)\\M'
), changes AS (
    SELECT t.userid, t.shape, min(t.root) AS root, count(DISTINCT t.root) AS tables,
           string_agg(DISTINCT relation_name(t.root), ', ') AS names,
           -- who does not see what others write goes by the server's counters
           max(greatest(coalesce(w.rows, 0),
                        CASE WHEN NOT pg_has_role('pg_read_all_stats', 'USAGE')
                             THEN pg_stat_get_tuples_inserted(t.relid) + pg_stat_get_tuples_updated(t.relid) + pg_stat_get_tuples_deleted(t.relid)
                             ELSE 0 END)) AS rows,
           bool_or(t.root IS NULL) AS unknown, bool_or(c.relrowsecurity) AS by_role,
           bool_or(EXISTS (SELECT FROM utilities u WHERE position(c.relname IN u.query) > 0)) AS altered
    FROM tables t
    LEFT JOIN pg_class c ON c.oid = t.root
    LEFT JOIN writes w ON w.root = t.root
    GROUP BY t.userid, t.shape
), judged AS (
    SELECT c.*, h.root, h.tables, h.names, h.rows AS changed, statement_text(c.dbid, c.userid, c.toplevel, c.shape) AS query,
           c.total_exec_time * (1 - c.distinct_values::float8 / c.calls) AS cost
    FROM chosen c JOIN changes h USING (userid, shape)
    WHERE NOT h.unknown AND NOT h.by_role AND NOT h.altered AND h.rows <= c.calls * (SELECT threshold('cacheable_changes'))
)
SELECT finding_id('cacheable_statement', j.query) AS finding_id,
       severity(j.cost, j.cost / j.calls) AS severity,
       'cacheable_statement' AS kind,
       j.root::regclass AS relation,
       format('Asked %s times with about %s of values; %s meanwhile in %s', count_text(j.calls),
              CASE WHEN j.distinct_values = 1 THEN 'one set' ELSE count_text(j.distinct_values) || ' sets' END,
              CASE WHEN j.changed = 0 THEN 'no row was changed' ELSE format('%s rows were changed', count_text(j.changed)) END, j.names) AS summary,
       format('Keep its results in the application: %s, dropped when %s is written or after a while.',
              CASE WHEN j.distinct_values = 1 THEN 'one entry' ELSE format('about %s entries', count_text(j.distinct_values)) END, j.names) AS suggestion,
       j.cost AS impact_ms,
       j.calls AS occurrences,
       j.database::text, j.username, NULL::text AS application,
       j.queryid, j.query, NULL::bigint AS parent_queryid, NULL::text AS parent_query,
       jsonb_build_object(
           'distinct_values', j.distinct_values, 'sampled', j.sampled, 'units', j.units, 'rows_changed', j.changed,
           'tables', j.names, 'calls', j.calls, 'exec_ms', round(j.total_exec_time::numeric, 3)) AS evidence,
       j.first_seen, j.last_seen
FROM judged j
-- what depends on the moment, the session or chance
WHERE j.query !~* E'\\m(now\\s*\\(|(current_(date|time|timestamp|user|role|catalog|schema|setting)|session_user|localtime|localtimestamp|pg_\\w+|inet_\\w+|txid_\\w+)\\M)'
  AND NOT EXISTS (SELECT FROM regexp_matches(j.query, E'"?([[:alnum:]_]+)"?\\s*\\(', 'g') m
                  JOIN pg_proc f ON f.proname IN (m[1], lower(m[1])) AND f.provolatile = 'v');
COMMENT ON VIEW detect_cacheable_statement IS 'Findings of kind cacheable_statement.';

