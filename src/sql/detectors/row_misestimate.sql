-- row_misestimate: a scan or a grouping gives very many more rows than the
-- planner expects, below a join or in a plan that spills, so that the plan is
-- made for another amount.  Too few rows are no proof: a LIMIT, a join that ends
-- early or a cursor may have stopped the node.

INSERT INTO detector_list VALUES ('row_misestimate',
    'The planner expects few rows and gets very many, and plans for few.',
    '{perfaudit.misestimate_factor, perfaudit.misestimate_rows, perfaudit.judge_calls, perfaudit.judge_time}',
    'docs/findings.md#row_misestimate',
    '{ordinary>=1, calls>=judge_calls, total_exec_time>=judge_time}');

-- Materialized where it saves planning, which all in one would make dear.
CREATE VIEW detect_row_misestimate AS
WITH chosen AS (
    SELECT s.dbid, s.userid, s.toplevel, s.shape, s.queryid, s.database, s.username, s.calls, s.total_exec_time,
           s.generic_calls, s.custom_calls, s.first_seen, s.last_seen
    FROM judged_plans s
), nodes AS (
    SELECT n.userid, n.toplevel, n.shape, n.node, n.parent, n.type, n.path, n.relid, n.est_rows,
           n.rows / nullif(n.loops, 0) AS rows_actual, n.rows / nullif(n.sampled, 0) AS rows_execution,
           sum(n.spills) OVER (PARTITION BY n.userid, n.toplevel, n.shape) > 0 AS spills,
           -- partitions, and tables that inherit, are one table
           CASE WHEN n.relid IS NOT NULL AND n.path ~ 'Append/[^/]*$' THEN judged_table(n.relid) END AS root
    FROM node_facts((SELECT array_agg(shape) FROM chosen)) n
    WHERE n.is_current
), places AS (
    SELECT n.userid, n.toplevel, n.shape, min(n.node) AS node, min(n.parent) AS parent, min(n.path) AS path, bool_or(n.spills) AS spills,
           CASE WHEN min(n.type) = max(n.type) THEN min(n.type) ELSE 'Append' END AS type,
           array_agg(n.node) AS members, array_agg(n.relid ORDER BY n.rows_execution DESC NULLS LAST, n.node) AS relids,
           sum(n.est_rows) FILTER (WHERE n.rows_actual IS NOT NULL) AS est_rows,
           sum(n.rows_actual) AS rows_actual, sum(n.rows_execution) AS rows_execution
    FROM nodes n
    GROUP BY n.userid, n.toplevel, n.shape, n.root, CASE WHEN n.root IS NULL THEN n.node ELSE n.parent END
), wrong AS (
    SELECT n.* FROM places n
    WHERE n.rows_execution >= (SELECT threshold('misestimate_rows'))
      AND n.rows_actual >= greatest(n.est_rows, 1) * (SELECT threshold('misestimate_factor'))
), lowest AS MATERIALIZED (
    SELECT DISTINCT ON (w.userid, w.toplevel, w.shape) w.*
    FROM wrong w
    WHERE (w.type IN ('Seq Scan', 'Index Scan', 'Index Only Scan', 'Bitmap Heap Scan', 'Aggregate') OR w.type = 'Append' AND cardinality(w.members) > 1)
      AND (w.spills OR w.path ~ '(Nested Loop|Hash Join|Merge Join)/')
      -- not taken over from below
      AND NOT EXISTS (SELECT FROM wrong b
                      WHERE (b.userid, b.toplevel, b.shape, b.parent) = (w.userid, w.toplevel, w.shape, w.node))
    ORDER BY w.userid, w.toplevel, w.shape, w.rows_actual / greatest(w.est_rows, 1) DESC
), preds AS MATERIALIZED (
    SELECT l.userid, l.toplevel, l.shape, l.node, min(p.relid) AS relid, array_agg(DISTINCT a.name) AS names,
           bool_or(p.funcid IS NOT NULL) AS wrapped, min(p.funcid) AS funcid,
           min(a.name) FILTER (WHERE p.funcid IS NOT NULL) AS wrapped_name,
           array_agg(DISTINCT a.name) FILTER (WHERE is_equality(p.opno)) AS equal_names,
           -- estimates that no statistics change
           bool_or(o.oprrest IN (0, 'contsel'::regproc, 'areasel'::regproc, 'positionsel'::regproc)) AS guessed
    FROM lowest l
    JOIN predicate_facts((SELECT array_agg(shape) FROM lowest)) p
        ON (p.userid, p.toplevel, p.shape) = (l.userid, l.toplevel, l.shape) AND p.node = ANY (l.members)
    CROSS JOIN LATERAL (SELECT column_name(p.relid, p.attnum) AS name) a
    LEFT JOIN pg_operator o ON o.oid = p.opno AND p.kind <> 'group'
    WHERE p.is_current AND p.kind IN ('filter', 'index', 'group') AND a.name IS NOT NULL
    GROUP BY 1, 2, 3, 4
    HAVING count(DISTINCT p.relid) <= cardinality((array_agg(l.relids))[1:1])
), tables AS MATERIALIZED (
    SELECT l.userid, l.toplevel, l.shape, l.type, l.est_rows, l.rows_actual, judged_table(r.first) AS reloid, p.names, p.wrapped,
           p.funcid, p.wrapped_name, p.guessed, m.*, CASE WHEN l.type = 'Aggregate' THEN p.names ELSE k.keys END AS keys
    FROM lowest l
    LEFT JOIN preds p USING (userid, toplevel, shape, node)
    CROSS JOIN LATERAL (SELECT coalesce(l.relids[1], p.relid) AS first) r
    JOIN pg_class c ON c.oid = judged_table(r.first)
    CROSS JOIN LATERAL (
        -- what the planner looks at: each of the partitions for their scans
        SELECT array_agg(x.oid ORDER BY t.place) AS members, sum(x.reltuples) AS reltuples, min(x.reltuples) AS fewest,
               sum(pg_stat_get_mod_since_analyze(x.oid)) AS modified
        FROM unnest(CASE WHEN l.relids[1] IS NULL THEN ARRAY[CASE c.relkind WHEN 'p' THEN c.oid ELSE r.first END] ELSE l.relids END) WITH ORDINALITY t (relid, place)
        JOIN pg_class x ON x.oid = t.relid) m
    CROSS JOIN LATERAL (
        -- Combinations that can be common: not of what is different in almost
        -- every row, with which statistics are worse than without.
        SELECT array_agg(k.name ORDER BY k.name) AS keys
        FROM (SELECT n.name, n.name = ANY (p.equal_names) AS equal, count(*) FILTER (WHERE n.name = ANY (p.equal_names)) OVER () AS equals
              FROM unnest(p.names) n (name)
              JOIN pg_attribute a ON a.attrelid = m.members[1] AND a.attname = n.name
              JOIN pg_statistic st ON st.starelid = a.attrelid AND st.staattnum = a.attnum AND NOT st.stainherit
              JOIN pg_class x ON x.oid = a.attrelid
              WHERE CASE WHEN st.stadistinct < 0 THEN -st.stadistinct <= 0.2 ELSE st.stadistinct <= x.reltuples / 5 END) k
        WHERE k.equal OR k.equals < 2) k
    -- without statistics there is nothing to be wrong about yet
    WHERE m.fewest >= 0
), remedies AS MATERIALIZED (
    SELECT t.*, s.dbid, s.queryid, s.database, s.username, s.calls, s.total_exec_time, s.first_seen, s.last_seen,
           statement_text(s.dbid, s.userid, s.toplevel, s.shape) AS query, relation_name(t.reloid) AS table_name,
           (SELECT string_agg(quote_ident(n), ', ' ORDER BY n) FROM unnest(t.names) n) AS columns,
           -- most of the rows that were not expected are new, or much is new
           CASE WHEN t.modified > 50 + least(t.reltuples / 10, (t.rows_actual - t.est_rows) / 2) THEN 'analyze'
                WHEN s.generic_calls > s.custom_calls THEN 'generic'
                WHEN t.names IS NULL OR t.guessed THEN NULL
                WHEN t.wrapped THEN 'expression'
                WHEN cardinality(t.keys) > 1 THEN CASE WHEN e.without IS NOT NULL THEN 'create' WHEN e.low IS NOT NULL THEN 'extend' END
                WHEN t.type = 'Aggregate' THEN NULL
                -- what the statistics of one column can miss: more must come from a condition that is not known
                WHEN t.rows_actual - t.est_rows <= 0.1 * t.reltuples
                     AND EXISTS (SELECT FROM pg_attribute a WHERE a.attrelid = ANY (t.members) AND a.attname = coalesce(t.keys[1], t.names[1])
                                 AND (t.keys IS NOT NULL OR cardinality(t.names) = 1) AND coalesce(a.attstattarget, -1) < 1000) THEN 'target' END AS remedy,
           e.without, e.low
    FROM tables t
    JOIN chosen s USING (userid, toplevel, shape)
    CROSS JOIN LATERAL (
        SELECT array_agg(m.relid ORDER BY m.place) FILTER (WHERE x.name IS NULL AND c.reltuples > 0) AS without, min(x.name) FILTER (WHERE x.target < 1000) AS low
        FROM unnest(t.members) WITH ORDINALITY m (relid, place)
        JOIN pg_class c ON c.oid = m.relid
        LEFT JOIN LATERAL (
            SELECT format('%I.%I', n.nspname, x.stxname) AS name, coalesce(x.stxstattarget, -1) AS target
            FROM pg_statistic_ext x JOIN pg_namespace n ON n.oid = x.stxnamespace
            WHERE x.stxrelid = m.relid
              AND x.stxkeys::int2[] @> ARRAY(SELECT a.attnum FROM pg_attribute a WHERE a.attrelid = m.relid AND a.attname = ANY (t.keys))
              AND CASE t.type WHEN 'Aggregate' THEN 'd' = ANY (x.stxkind)
                       ELSE 'f' = ANY (x.stxkind) OR 'm' = ANY (x.stxkind) END LIMIT 1) x ON true) e
), judged AS MATERIALIZED (
    SELECT r.*, f.call, analyze_text(r.reloid) AS analyze
    FROM remedies r
    -- the expression, when it is a function of the column alone
    LEFT JOIN LATERAL (
        SELECT format('%s(%I)', CASE WHEN p.pronamespace = 'pg_catalog'::regnamespace THEN '' ELSE p.pronamespace::regnamespace || '.' END || quote_ident(p.proname),
                      r.wrapped_name) AS call,
               -- as it is written in a statement or shown by the server
               format(E'\\m"?%s"?\\(+([[:alnum:]_"]+\\.)?"?%s"?\\)*(::[a-z ]+\\)*)?\\)', regexp_replace(p.proname, E'(\\W)', E'\\\\\\1', 'g'),
                      regexp_replace(r.wrapped_name, E'(\\W)', E'\\\\\\1', 'g')) AS written
        FROM pg_proc p WHERE p.oid = r.funcid AND p.provolatile = 'i' AND p.pronargs = 1 AND p.prokind = 'f' AND cardinality(r.members) = 1) fp ON true
    CROSS JOIN LATERAL (SELECT CASE WHEN r.query ~* fp.written THEN fp.call END AS call) f
    WHERE r.remedy IS NOT NULL
      -- there are statistics of it, and they do not help
      AND NOT (r.remedy = 'expression' AND (
          EXISTS (SELECT FROM pg_statistic_ext x WHERE x.stxrelid = ANY (r.members) AND x.stxexprs IS NOT NULL
                    AND pg_get_statisticsobjdef(x.oid) ~ regexp_replace(r.wrapped_name, E'(\\W)', E'\\\\\\1', 'g'))
          OR EXISTS (SELECT FROM pg_index i WHERE i.indrelid = ANY (r.members) AND i.indexprs IS NOT NULL AND pg_get_indexdef(i.indexrelid) ~* fp.written)))
)
SELECT finding_id('row_misestimate', j.table_name, j.query) AS finding_id,
       severity(j.total_exec_time, j.total_exec_time / j.calls, 1) AS severity,
       'row_misestimate' AS kind,
       j.reloid::regclass AS relation,
       format('%s of %s gives %s rows where the planner expects %s%s', j.type, table_text(j.reloid), count_text(j.rows_actual),
              count_text(j.est_rows), coalesce(' (by ' || j.columns || ')', '')) AS summary,
       CASE j.remedy
           WHEN 'analyze' THEN format('%s; -- %s rows were changed since the last time', j.analyze, count_text(j.modified::float8))
           WHEN 'generic' THEN format('Its plan is made without values. %s; -- or only around it',
                                      set_for_role(j.username, 'plan_cache_mode = force_custom_plan'))
           WHEN 'expression' THEN
               CASE WHEN j.call IS NULL
                    THEN format('The planner knows nothing of functions of columns: compare %s itself, or CREATE STATISTICS a_name ON (the expression) FROM %s, then %s.',
                                quote_ident(j.wrapped_name), j.table_name, j.analyze)
                    ELSE format('%s %s; -- or compare %s itself: the planner knows nothing of functions of columns',
                                statistics_text(j.reloid, j.members[1], '', ARRAY[j.wrapped_name], '(' || j.call || ')'), j.analyze, quote_ident(j.wrapped_name)) END
           WHEN 'create' THEN format('%s %s; -- so that the planner knows their combinations%s',
                                     (SELECT string_agg(statistics_text(j.reloid, m.relid, CASE j.type WHEN 'Aggregate' THEN ' (ndistinct)' ELSE ' (dependencies, mcv)' END,
                                                                        j.keys), ' ' ORDER BY m.place)
                                      FROM unnest(j.without[1:8]) WITH ORDINALITY m (relid, place)),
                                     j.analyze, CASE WHEN cardinality(j.without) > 8 THEN '; the same for each of its partitions' ELSE '' END)
           WHEN 'extend' THEN format('ALTER STATISTICS %s SET STATISTICS 1000; %s;', j.low, j.analyze)
           WHEN 'target' THEN format('ALTER TABLE %s ALTER COLUMN %I SET STATISTICS 1000; %s;', j.table_name, coalesce(j.keys[1], j.names[1]), j.analyze)
       END AS suggestion,
       j.total_exec_time AS impact_ms,
       j.calls AS occurrences,
       j.database::text, j.username, NULL::text AS application,
       j.queryid, j.query, NULL::bigint AS parent_queryid, NULL::text AS parent_query,
       jsonb_strip_nulls(jsonb_build_object(
           'node', j.type, 'variant', j.remedy, 'rows_estimated', round(j.est_rows), 'rows_actual', round(j.rows_actual),
           'columns', to_jsonb(j.names), 'rows_modified', nullif(j.modified, 0),
           'calls', j.calls, 'exec_ms', round(j.total_exec_time::numeric, 3))) AS evidence,
       j.first_seen, j.last_seen
FROM judged j;
COMMENT ON VIEW detect_row_misestimate IS 'Findings of kind row_misestimate.';

