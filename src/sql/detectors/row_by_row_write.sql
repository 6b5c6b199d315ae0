-- row_by_row_write: rows are inserted, updated or deleted one at a time in one
-- unit of work.  What comes in one message or in a pipeline, what a migration
-- does and what mostly finds nothing is left out while it happens
-- (src/unit_writes.c): here only thresholds, words and cost.

INSERT INTO detector_list VALUES ('row_by_row_write',
    'Rows are written one by one, each with a statement and a round trip of its own.',
    '{perfaudit.repeat_threshold, perfaudit.row_write_report, perfaudit.row_write_burst, perfaudit.row_write_burst_gap}',
    'docs/findings.md#row_by_row_write');

/*
 * A write of one row, by its normalised text, for all rows at once; NULL when it
 * is none of the plain forms.  Arrays of arrays cannot be unnested.
 */
CREATE FUNCTION array_query(query text, relid oid) RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
    WITH parts AS (
        SELECT 'insert' AS operation, m[1] AS head, string_to_array(m[2], ',') AS names,
               string_to_array(m[3], ',') AS params, m[4] AS tail
        FROM regexp_match(query, E'^\\s*(insert\\s+into\\s+[^()]+?\\s*\\([^()]+\\))\\s*values\\s*\\(\\s*(\\$[0-9]+(?:\\s*,\\s*\\$[0-9]+)*)\\s*\\)(.*)$', 'is') i,
             regexp_match(i[1], E'\\(([^()]+)\\)$') n,
             LATERAL (SELECT ARRAY[i[1], n[1], i[2], i[3]] AS m) l
        UNION ALL
        SELECT 'update', i[1], array_agg(s[1] ORDER BY o) || i[3], array_agg(s[2] ORDER BY o) || i[4], i[3]
        FROM regexp_match(query, E'^\\s*update\\s+(?:only\\s+)?([^\\s,()]+)\\s+set\\s+(.*?)\\s+where\\s+([^\\s=,()]+)\\s*=\\s*(\\$[0-9]+)\\s*$', 'is') i,
             unnest(string_to_array(i[2], ',')) WITH ORDINALITY a (assignment, o)
             LEFT JOIN LATERAL regexp_match(a.assignment, E'^\\s*("(?:[^"]|"")+"|\\w+)\\s*=\\s*(\\$[0-9]+)\\s*$') s ON true
        WHERE i IS NOT NULL
        GROUP BY i
        HAVING bool_and(s IS NOT NULL)
    ), columns AS (
        SELECT p.operation, p.head, p.tail, cardinality(p.names) AS n, cardinality(p.params) AS m,
               string_agg(format('$%s::%s[]', c.o, format_type(a.atttypid, NULL)), ', ' ORDER BY c.o) AS arrays,
               string_agg(quote_ident(a.attname), ', ' ORDER BY c.o) AS list,
               string_agg(format('%1$I = v.%1$I', a.attname), ', ' ORDER BY c.o) FILTER (WHERE c.o < cardinality(p.names)) AS sets,
               max(a.attname) FILTER (WHERE c.o = cardinality(p.names)) AS key,
               count(a.attname) FILTER (WHERE t.typcategory <> 'A') AS known
        FROM parts p
        CROSS JOIN LATERAL unnest(p.names) WITH ORDINALITY c (name, o)
        LEFT JOIN LATERAL (SELECT regexp_replace(btrim(c.name, E' \t\n'), E'^.*\\.', '') AS name) b ON true
        LEFT JOIN pg_catalog.pg_attribute a ON a.attrelid = relid AND a.attnum > 0 AND NOT a.attisdropped
            AND a.attname = CASE WHEN b.name LIKE '"%"' THEN replace(substr(b.name, 2, length(b.name) - 2), '""', '"')
                                 ELSE lower(b.name) END
        LEFT JOIN pg_catalog.pg_type t ON t.oid = a.atttypid
        GROUP BY p.operation, p.head, p.tail, p.names, p.params
    )
    SELECT CASE operation
               WHEN 'insert' THEN format('%s SELECT * FROM unnest(%s)%s', head, arrays, tail)
               ELSE format('UPDATE %s SET %s FROM unnest(%s) AS v (%s) WHERE %s.%I = v.%I', relation_name(relid), sets,
                           arrays, list, relation_name(relid), key, key) END
    FROM columns WHERE n = m AND known = n AND coalesce(tail, '') !~ E'\\$[0-9]'
    LIMIT 1;
END;
COMMENT ON FUNCTION array_query(text, oid) IS
'A statement that inserts or updates one row of a table, rewritten to take an array for each column; NULL when its text is not that plain.';

CREATE VIEW detect_row_by_row_write AS
WITH writes AS (
    SELECT r.*, c.query, c.queryid, c.operation,
           relation_name(r.child_relid) AS child_table,
           column_name(r.child_relid, r.child_attnum) AS child_column
    FROM repeat_facts() r
    JOIN judged_statements c USING (userid, toplevel, shape)
    WHERE r.kind = 'write' AND NOT c.temporary
      AND r.n_max >= CASE r.scope WHEN 'transaction' THEN (SELECT threshold('row_write_report'))
                                  ELSE (SELECT threshold('row_write_burst')) END
      AND (r.scope = 'transaction' OR r.gap_time <= r.n_total * (SELECT threshold('row_write_burst_gap')))
), worded AS (
    SELECT w.*, array_query(w.query, w.child_relid) AS batched,
           -- one key alone tells the row
           CASE WHEN w.operation IN ('update', 'delete') AND w.query !~* E'\\mwhere\\M.*\\$[0-9].*\\$[0-9]' THEN batched_query(w.query, w.child_column, 'select') END AS listed
    FROM writes w
    WHERE w.child_table IS NOT NULL
      -- a queue's worker takes its rows one by one
      AND w.query !~* E'\\mskip\\s+locked\\M'
)
SELECT finding_id('row_by_row_write', w.application, w.child_table,
                  concat_ws(' ', w.query, w.tags::text)) AS finding_id,
       severity(w.saved_time, w.saved_time / w.units) AS severity,
       'row_by_row_write' AS kind,
       w.child_relid::regclass AS relation,
       format('%s %ss of one row each, of %s, in one %s%s: %s of execution and %s of waiting between them%s',
              CASE WHEN w.n_min = w.n_max THEN w.n_max::text ELSE 'Up to ' || w.n_max END,
              upper(w.operation), w.child_table, w.scope, from_tags(w.tags),
              ms_text(w.exec_time / w.units), ms_text(w.gap_time / w.units),
              CASE w.scope WHEN 'burst' THEN ', each in a transaction of its own' ELSE '' END) AS summary,
       CASE w.operation
           WHEN 'insert' THEN 'Write many rows at once: '
               || coalesce(w.batched || ', or one INSERT with many rows of VALUES', 'one INSERT with many rows of VALUES, or from unnest() of an array for each column')
               || CASE WHEN w.query ~* E'\\mon\\s+conflict\\M' THEN '; no key twice in one statement.'
                       WHEN w.query ~* E'\\mreturning\\M' THEN '.'
                       ELSE '; COPY for thousands.' END
           WHEN 'update' THEN 'Write many rows at once: '
               || coalesce(w.batched, 'UPDATE ... FROM unnest() of an array for each value and key')
               || coalesce('; where all get the same values: ' || w.listed, '') || '.'
           WHEN 'delete' THEN 'Delete many rows at once: '
               || coalesce(w.listed, format('DELETE ... WHERE %s = ANY ($1)', coalesce(quote_ident(w.child_column), 'key'))) || '.'
           ELSE 'Write many rows at once: MERGE with a source of many rows, from unnest() of an array for each column.' END
       || CASE w.scope WHEN 'burst' THEN ' If it must be one by one: in one transaction, and pipelined.'
                       ELSE ' If it must be one by one: pipelined.' END AS suggestion,
       w.saved_time AS impact_ms,
       w.units AS occurrences,
       current_database()::text AS database,
       pg_get_userbyid(w.userid) AS username,
       w.application,
       w.queryid, w.query, NULL::bigint AS parent_queryid, NULL::text AS parent_query,
       jsonb_strip_nulls(jsonb_build_object(
           'variant', w.operation, 'scope', w.scope, 'tags', w.tags,
           'child_table', w.child_table, 'child_column', w.child_column,
           'n_min', w.n_min, 'n_median', w.n_median, 'n_max', w.n_max, 'units', w.units,
           'exec_ms', round(w.exec_time::numeric, 3), 'gap_ms', round(w.gap_time::numeric, 3))) AS evidence,
       w.first_seen, w.last_seen
FROM worded w;
COMMENT ON VIEW detect_row_by_row_write IS 'Findings of kind row_by_row_write.';

