-- row_by_row_function: a statement inside a function or a trigger runs again and
-- again for one execution of the statement that calls it.

INSERT INTO detector_list VALUES ('row_by_row_function',
    'A statement inside a function or trigger runs again and again for one calling statement.',
    '{perfaudit.row_function_calls, perfaudit.judge_time}',
    'docs/findings.md#row_by_row_function');

/*
 * The functions in whose source a recorded statement stands, white space, values
 * and PL/pgSQL's INTO aside; NULL when there is none, for what is put together
 * when it runs stands nowhere.
 */
CREATE FUNCTION functions_of(query text) RETURNS oid[]
LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
    SELECT array_agg(p.oid ORDER BY p.oid)
    FROM (SELECT regexp_replace(regexp_replace(regexp_replace(regexp_replace(query,
                     E'^\\s*select\\s+|\\s+$', '', 'gi'),
                     E'([][(){}.*+?^|\\\\])', E'\\\\\\1', 'g'),
                     '[$][0-9]+', '(?:[-+]?[0-9][0-9a-z_.]*|[a-z&]*''[^'']*''|true|false|null|[$][0-9]+)', 'g'),
                     E'\\s+', E'\\\\s+(?:into\\\\s+[^;]*\\\\s+)?', 'g') AS pattern) w,
         pg_catalog.pg_proc p JOIN pg_catalog.pg_language l ON l.oid = p.prolang
    WHERE length(query) <= 2000 AND p.oid >= 16384 AND l.lanname NOT IN ('c', 'internal') AND p.prosrc ~* pattern;
END;
COMMENT ON FUNCTION functions_of(text) IS
'Functions in whose source a statement stands, by its normalised text; NULL when none is found.';

CREATE VIEW detect_row_by_row_function AS
WITH nested AS (
    SELECT s.userid, s.shape, s.queryid, s.query, s.operation, s.database, s.username, s.calls, s.rows,
           s.callers, s.calls_per_caller_max, s.total_exec_time, s.parent_queryid, s.invoked_by,
           statement_text(s.dbid, s.parent_userid, s.parent_toplevel, s.parent_shape) AS parent_query,
           s.total_exec_time * (1 - s.callers::float8 / s.calls) AS cost, s.first_seen, s.last_seen
    FROM judged_statements s
    WHERE NOT s.toplevel AND s.callers > 0 AND s.invoked_by IN ('function', 'trigger')
      AND s.operation <> 'utility' AND NOT s.catalog_only AND NOT s.temporary
      AND s.calls >= s.callers * (SELECT threshold('row_function_calls'))
      AND s.total_exec_time >= (SELECT threshold('judge_time'))
      -- portions of many rows are no rows
      AND s.rows <= 10 * s.calls
), tables AS (
    SELECT DISTINCT ON (n.userid, n.shape) n.userid, n.shape, judged_table(n.relid) AS relid
    FROM node_facts((SELECT array_agg(shape) FROM nested)) n
    WHERE NOT n.toplevel AND n.is_current AND judged_table(n.relid) IS NOT NULL
    ORDER BY n.userid, n.shape, n.node
), named AS (
    SELECT n.*, t.relid, f.functions, f.names
    FROM nested n
    LEFT JOIN tables t USING (userid, shape)
    LEFT JOIN LATERAL (
        SELECT array_agg(p.oid) AS functions,
               string_agg(format('%I.%I(%s)', pn.nspname, p.proname, pg_get_function_identity_arguments(p.oid)), ', '
                          ORDER BY pn.nspname, p.proname, pg_get_function_identity_arguments(p.oid)) AS names
        FROM unnest(functions_of(n.query)) o JOIN pg_proc p ON p.oid = o JOIN pg_namespace pn ON pn.oid = p.pronamespace) f ON true
    WHERE coalesce(n.parent_query, '') !~* E'^\\s*do\\M'
       -- nobody rewrites those of an extension
      AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_proc'::regclass AND d.objid = ANY (f.functions) AND d.deptype = 'e')
)
SELECT finding_id('row_by_row_function', n.username::text, n.query) AS finding_id,
       severity(n.cost, n.cost / n.callers) AS severity,
       'row_by_row_function' AS kind,
       n.relid::regclass AS relation,
       format('Runs %s times (%s in all) inside one execution of the statement that calls it%s%s',
              count_text(n.calls / n.callers), ms_text(n.total_exec_time / n.callers),
              CASE WHEN n.calls_per_caller_max > 2 * n.calls / n.callers
                   THEN format(', at most %s times', count_text(n.calls_per_caller_max)) ELSE '' END,
              CASE n.invoked_by WHEN 'trigger' THEN ', in a trigger' ELSE ', in a function' END
              || coalesce(': ' || n.names, '')) AS summary,
       CASE WHEN n.invoked_by = 'trigger'
           THEN 'Do it once for all rows: a trigger FOR EACH STATEMENT with a transition table (REFERENCING NEW TABLE AS new_rows) that is joined, instead of FOR EACH ROW.'
           WHEN n.operation = 'select'
           THEN 'Ask once for all rows: join the table in the query that is looped over or that calls the function, instead of a look-up for each row.'
           ELSE 'Write once for all rows: INSERT ... SELECT, UPDATE ... FROM or DELETE ... USING with the query that is looped over, instead of a statement for each row.' END AS suggestion,
       n.cost AS impact_ms,
       n.callers AS occurrences,
       n.database::text, n.username, NULL::text AS application,
       n.queryid, n.query, n.parent_queryid, n.parent_query,
       jsonb_strip_nulls(jsonb_build_object(
           'variant', n.invoked_by, 'child_table', relation_name(n.relid), 'functions', n.names,
           'calls', n.calls, 'units', n.callers, 'n_max', n.calls_per_caller_max, 'rows', n.rows,
           'exec_ms', round(n.total_exec_time::numeric, 3))) AS evidence,
       n.first_seen, n.last_seen
FROM named n;
COMMENT ON VIEW detect_row_by_row_function IS 'Findings of kind row_by_row_function.';

