-- What seq_scan_large_table, function_on_column and leading_wildcard judge: large
-- tables that a statement reads from end to end to keep few rows.  Read once for
-- all of them.

-- "materialised view x" where it is no plain table.
CREATE FUNCTION table_text(relid oid) RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
    SELECT CASE c.relkind WHEN 'm' THEN 'materialised view ' WHEN 'f' THEN 'foreign table ' ELSE '' END
        || format('%I.%I', n.nspname, c.relname)
    FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
    WHERE c.oid = table_text.relid;
END;
COMMENT ON FUNCTION table_text(oid) IS 'relation_name() for people: says of what is no table what it is.';

-- Results and counts may come from elsewhere, too.
CREATE FUNCTION named_table(relid oid) RETURNS oid
AS 'MODULE_PATHNAME', 'perfaudit_named_table_1_0'
LANGUAGE C STRICT STABLE PARALLEL SAFE COST 10;
COMMENT ON FUNCTION named_table(oid) IS 'judged_table(), foreign tables included.';

CREATE FUNCTION main_tables(shapes bigint[], OUT userid oid, OUT toplevel bool, OUT shape bigint, OUT relid oid, OUT tables bigint)
RETURNS SETOF record
LANGUAGE sql STABLE PARALLEL RESTRICTED ROWS 10
BEGIN ATOMIC
    -- partitions together; NULL: it is gone
    SELECT DISTINCT ON (t.userid, t.toplevel, t.shape) t.userid, t.toplevel, t.shape, t.relid,
           count(*) OVER (PARTITION BY t.userid, t.toplevel, t.shape)
    FROM (SELECT n.userid, n.toplevel, n.shape, named_table(n.relid) AS relid, sum(n.est_rows) AS rows
          FROM node_facts(shapes) n
          WHERE n.is_current AND n.relid IS NOT NULL
          GROUP BY 1, 2, 3, 4) t
    ORDER BY t.userid, t.toplevel, t.shape, t.relid IS NULL, t.rows DESC, t.relid;
END;
COMMENT ON FUNCTION main_tables(bigint[]) IS
'Of each of these statement shapes the table that its plan reads most of, and how many tables it reads; relid NULL: all are gone.';

CREATE FUNCTION share_text(share float8) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
BEGIN ATOMIC
    SELECT CASE WHEN share = 0 THEN 'none of them' WHEN share < 0.001 THEN 'less than 0.1%'
                ELSE round((share * 100)::numeric, 1)::text || '%' END;
END;
COMMENT ON FUNCTION share_text(float8) IS 'A share, 0 to 1, for people.';

-- What an index would hold of a column or function of one; a name only if the
-- whole expression is known and can be in an index.
CREATE FUNCTION index_key(funcid oid, attname name, nested bool) RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
    SELECT CASE WHEN index_key.funcid IS NULL THEN quote_ident(attname)
                WHEN nested THEN NULL
                WHEN index_key.funcid = 'pg_catalog.textout'::regproc THEN format('(%I::text)', attname)
                ELSE (SELECT CASE WHEN p.pronamespace = 'pg_catalog'::regnamespace THEN '' ELSE p.pronamespace::regnamespace || '.' END
                             || format('%I(%I)', p.proname, attname)
                      FROM pg_catalog.pg_proc p
                      WHERE p.oid = index_key.funcid AND p.provolatile = 'i' AND p.prokind = 'f' AND NOT p.proretset
                        AND p.pronargs = 1) END;
END;
COMMENT ON FUNCTION index_key(oid, name, bool) IS
'A column, or a function of it, as CREATE INDEX takes it; NULL when no index can hold it, or not all of it is known.';

CREATE FUNCTION function_variant(funcid oid, key text, nested bool, type oid) RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
    SELECT CASE WHEN p.proname IN ('date', 'date_trunc') AND p.pronamespace = 'pg_catalog'::regnamespace THEN 'time'
                WHEN p.proname IN ('date_part', 'extract') AND p.pronamespace = 'pg_catalog'::regnamespace THEN 'part'
                WHEN EXISTS (SELECT FROM pg_catalog.pg_operator o WHERE o.oprcode = p.oid AND o.oprname IN ('->', '->>', '#>', '#>>')
                             AND o.oprleft IN ('json'::regtype, 'jsonb'::regtype)) THEN 'json'
                WHEN p.oid = 'pg_catalog.textout'::regproc OR EXISTS (SELECT FROM pg_catalog.pg_cast ca WHERE ca.castfunc = p.oid)
                THEN CASE WHEN NOT nested THEN 'cast' WHEN type IN ('json'::regtype, 'jsonb'::regtype) THEN 'json' ELSE 'expression' END
                WHEN EXISTS (SELECT FROM pg_catalog.pg_operator o WHERE o.oprcode = p.oid) THEN 'operator'
                WHEN key IS NOT NULL THEN 'index'
                WHEN nested AND p.provolatile = 'i' THEN 'expression'
                ELSE 'function' END
    FROM pg_catalog.pg_proc p WHERE p.oid = function_variant.funcid;
END;
COMMENT ON FUNCTION function_variant(oid, text, bool, oid) IS
'What becomes of a function of a column that is compared: time and cast (the column itself can be compared), part (of a date), json, operator, index (what it would hold is key), expression (more than is known) or function; nested: it is given more than the column, of this type.';

CREATE FUNCTION compare_text(variant text, attname name, type text) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
BEGIN ATOMIC
    SELECT CASE variant
        WHEN 'time' THEN format('Compare %1$I itself, with a range: WHERE %1$I >= (its begin) AND %1$I < (its end)', attname)
        WHEN 'part' THEN format('Compare %1$I itself, with a range, if there is one that means the same, as of a year', attname)
        WHEN 'cast' THEN format('Pass a value of the column''s type, %s, and do not cast %I', type, attname)
        WHEN 'operator' THEN format('Leave %I alone on its side of the comparison', attname) END;
END;
COMMENT ON FUNCTION compare_text(text, name, text) IS 'How to compare a column itself instead of a function of it; NULL where that is no matter of how it is written.';

CREATE FUNCTION has_expression(relid oid, funcid oid) RETURNS bool
LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
    SELECT EXISTS (
        SELECT FROM pg_catalog.pg_index i
        WHERE i.indrelid = has_expression.relid AND i.indisvalid AND i.indexprs IS NOT NULL
          AND (i.indexprs::text ~ format(E':funcid %s\\M', has_expression.funcid)
               OR EXISTS (SELECT FROM pg_catalog.pg_operator o
                          WHERE o.oprcode = has_expression.funcid AND i.indexprs::text ~ format(E':opno %s\\M', o.oid))));
END;
COMMENT ON FUNCTION has_expression(oid, oid) IS 'Whether a table has an index of an expression with this function, or the operator that it stands for.';

CREATE FUNCTION has_index(relid oid, names name[], method text DEFAULT 'btree') RETURNS bool
LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
    SELECT EXISTS (SELECT FROM pg_catalog.pg_index i
                   JOIN pg_catalog.pg_class c ON c.oid = i.indexrelid
                   JOIN pg_catalog.pg_am am ON am.oid = c.relam AND am.amname = method
                   WHERE i.indrelid = has_index.relid AND i.indisvalid AND i.indpred IS NULL
                     AND ARRAY(SELECT a.attname FROM pg_catalog.pg_attribute a
                               WHERE a.attrelid = i.indrelid AND a.attnum = ANY (i.indkey[0:cardinality(names) - 1])) @> names);
END;
COMMENT ON FUNCTION has_index(oid, name[], text) IS 'Whether a table has an index of all rows that begins with these columns, in whatever order.';

CREATE FUNCTION has_trigrams(relid oid, attname name, funcid oid, nested bool, filtered name[]) RETURNS bool
LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
    SELECT EXISTS (
        SELECT FROM pg_catalog.pg_index i
        CROSS JOIN LATERAL unnest(i.indclass::oid[], i.indkey::int2[]) k (opclass, attnum)
        JOIN pg_catalog.pg_opclass oc ON oc.oid = k.opclass AND oc.opcname IN ('gin_trgm_ops', 'gist_trgm_ops')
        JOIN pg_catalog.pg_attribute a ON a.attrelid = i.indrelid AND a.attname = has_trigrams.attname
        WHERE i.indrelid = has_trigrams.relid AND i.indisvalid
          AND CASE WHEN k.attnum <> 0 THEN k.attnum = a.attnum AND has_trigrams.funcid IS NULL
                   WHEN i.indexprs::text !~ format(E':varattno %s\\M', a.attnum) THEN false
                   WHEN has_trigrams.funcid IS NULL THEN nested OR i.indexprs::text ~ E'^\\({RELABELTYPE :arg {VAR '
                   -- one of the user's own may come to the same
                   ELSE i.indexprs::text ~ format(E':funcid (%s|[0-9]{6,}|[2-9][0-9]{4}|1[6-9][0-9]{3})\\M', has_trigrams.funcid)
                        OR has_trigrams.funcid = 'pg_catalog.textout'::regproc
                        OR EXISTS (SELECT FROM pg_catalog.pg_operator o
                                   WHERE o.oprcode = has_trigrams.funcid AND i.indexprs::text ~ format(E':opno %s\\M', o.oid)) END
          -- one of part of the rows serves those that choose by the same columns, if any
          AND (i.indpred IS NULL
               OR ARRAY(SELECT column_name(i.indrelid, m[1]::int)
                        FROM regexp_matches(i.indpred::text, ':varattno ([0-9]+)', 'g') m) <@ filtered));
END;
COMMENT ON FUNCTION has_trigrams(oid, name, oid, bool, name[]) IS
'Whether a table has a trigram index that may serve patterns in a column, or in a function of it (nested: an expression of more than the column), of a statement that filters by these columns.';

CREATE VIEW wasteful_scans_now AS
WITH chosen AS (
    SELECT ARRAY[s.userid::bigint, s.toplevel::int, s.shape] AS statement, s.shape, s.queryid, s.query, s.database,
           s.username, s.calls, s.total_exec_time, s.seq_rows_read, s.first_seen, s.last_seen
    FROM judged_plans s WHERE s.seq_rows_read / s.calls >= (SELECT threshold('large_table_rows'))
), large AS (
    -- partitions together.  One array instead of four columns: the planner expects
    -- a match for it, and does not compare all rows with all
    SELECT ARRAY[f.userid::bigint, f.toplevel::int, f.shape, t.relid::bigint] AS scan, t.relid, f.shape,
           sum(f.rows_read)::bigint AS rows_read, sum(f.scans)::bigint AS scan_count
    FROM scan_facts() f
    CROSS JOIN LATERAL (SELECT judged_table(f.relid) AS relid) t
    WHERE f.shape IN (SELECT chosen.shape FROM chosen) AND t.relid IS NOT NULL
    GROUP BY 1, 2, 3
), former AS (
    -- their former plan has not run since the present one came: what it read is past
    SELECT p.userid, p.toplevel, p.shape FROM plan_facts((SELECT array_agg(shape) FROM large)) p
    GROUP BY 1, 2, 3
    HAVING max(p.last_seen) FILTER (WHERE NOT p.is_current) <= min(p.first_seen) FILTER (WHERE p.is_current)
), kept AS (
    SELECT ARRAY[n.userid::bigint, n.toplevel::int, n.shape, judged_table(n.relid)::bigint] AS scan,
           sum(n.rows) AS rows_kept, sum(n.rows + n.rows_removed) AS rows_read,
           -- no statistics yet: it was just filled, and will be planned anew
           bool_or(r.reltuples >= 0) AS analyzed,
           bool_or(n.is_current) AS is_current,
           -- values differ: what most executions looked for
           2 * sum(n.searched) >= sum(n.sampled) AS searches,
           -- scanned again and again: see nested_loop_rescan
           bool_and(n.loops >= 10 * n.sampled
                    AND n.rows + n.rows_removed >= n.sampled * (SELECT threshold('rescan_rows'))) AS rescans
    FROM node_facts((SELECT array_agg(shape) FROM large)) n
    JOIN pg_class r ON r.oid = n.relid
    WHERE n.type IN ('Seq Scan', 'Sample Scan') AND n.sampled > 0
      AND (n.is_current OR (n.userid, n.toplevel, n.shape) NOT IN (SELECT f.userid, f.toplevel, f.shape FROM former f))
    GROUP BY 1
), guarded AS (
    -- a policy comes first: an index serves what is leakproof, and nothing else
    SELECT l.scan FROM large l
    JOIN pg_class c ON c.oid = l.relid AND c.relrowsecurity
    JOIN pg_roles r ON r.oid = l.scan[1] AND NOT r.rolsuper AND NOT r.rolbypassrls
    WHERE c.relforcerowsecurity OR NOT pg_has_role(r.oid, c.relowner, 'USAGE')
), compared AS (
    -- by the plan that scans: a statement may run by two in turns
    SELECT k.scan, p.relid, p.attnum, p.opno, p.funcid, p.nested, p.list, p.nulltest, p.negated, p.inside_or,
           p.prefix AND NOT (p.unanchored AND k.searches) AS prefix, p.unanchored AND k.searches AS unanchored, p.by_position, p.open_or, p.collated
    FROM (SELECT f.*, ARRAY[f.userid::bigint, f.toplevel::int, f.shape, judged_table(f.relid)::bigint] AS scan
          FROM predicate_facts((SELECT array_agg(shape) FROM large)) f WHERE f.kind = 'filter') p
    JOIN kept k ON k.scan = p.scan AND k.is_current = p.is_current
), operators AS MATERIALIZED (
    -- equal or range by a b-tree with a usual operator class, gin or gist by such an index
    SELECT DISTINCT ON (o.oid) o.oid, o.oprname, o.oprnamespace, o.oprleft, f.proleakproof AS leakproof,
           -- the planner makes a range of a network
           CASE WHEN o.oid IN ('pg_catalog.<<(inet,inet)'::regoperator, 'pg_catalog.<<=(inet,inet)'::regoperator) THEN 'range'
                WHEN am.amname <> 'btree' THEN am.amname::text WHEN ao.amopstrategy = 3 THEN 'equal'
                WHEN am.amname = 'btree' THEN 'range' END AS served
    FROM pg_operator o
    JOIN pg_proc f ON f.oid = o.oprcode
    LEFT JOIN (pg_amop ao
               JOIN pg_am am ON am.oid = ao.amopmethod AND am.amname IN ('btree', 'gin', 'gist')
               JOIN pg_opclass oc ON oc.opcmethod = am.oid AND oc.opcfamily = ao.amopfamily AND oc.opcdefault)
        ON ao.amopopr = o.oid AND ao.amoppurpose = 's'
    WHERE o.oid = ANY (ARRAY(SELECT DISTINCT compared.opno FROM compared))
    ORDER BY o.oid, am.amname, ao.amopstrategy
), conditions AS (
    -- served: member: compared with the members of an array
    SELECT scan, a.attname, a.atttypid, a.atttypmod, p.funcid, p.nested, p.inside_or, p.prefix, p.unanchored, p.by_position, p.open_or,
           o.oprname, o.oprnamespace, o.oprleft, index_key(p.funcid, a.attname, p.nested) AS key,
           g.scan IS NOT NULL AS guarded,
           -- a usual index has the collation of its column, as name = current_user has not
           CASE WHEN p.collated OR g.scan IS NOT NULL AND (p.funcid IS NOT NULL OR NOT coalesce(o.leakproof, p.nulltest)) THEN NULL
                -- NULL, or not, as most rows are
                WHEN p.nulltest AND coalesce(CASE WHEN p.negated THEN s.not_null_share ELSE 1 - s.not_null_share END, 0) > (SELECT threshold('scan_kept_share')) THEN NULL
                WHEN p.nulltest THEN CASE WHEN NOT p.negated THEN 'equal' ELSE 'not null' END
                WHEN p.list AND p.funcid IS NULL AND o.oprleft <> a.atttypid AND o.oprleft <> 'anyarray'::regtype
                     AND (SELECT t.typcategory = 'A' FROM pg_type t WHERE t.oid = a.atttypid) THEN 'member'
                WHEN p.negated AND p.opno <> 'pg_catalog.=(bool,bool)'::regoperator THEN NULL
                ELSE o.served END AS served,
           -- an equality that by itself keeps too many rows for an index, by the number of different values
           coalesce(s.n_distinct * (SELECT threshold('scan_kept_share')) < 1, false) AS few_values
    FROM compared p
    -- LIMIT: each has one, the planner need not guess
    CROSS JOIN LATERAL (SELECT a.attname, a.atttypid, a.atttypmod FROM pg_attribute a
                        WHERE a.attrelid = p.relid AND a.attnum = p.attnum AND NOT a.attisdropped LIMIT 1) a
    LEFT JOIN LATERAL (SELECT CASE WHEN t.stadistinct < 0 THEN -t.stadistinct * r.reltuples ELSE t.stadistinct END AS n_distinct,
                              1 - t.stanullfrac AS not_null_share
                       FROM pg_statistic t JOIN pg_class r ON r.oid = t.starelid
                       WHERE t.starelid = p.relid AND t.staattnum = p.attnum AND NOT t.stainherit LIMIT 1) s ON true
    LEFT JOIN operators o ON o.oid = p.opno
    LEFT JOIN guarded g USING (scan)
), filters AS (
    SELECT c.scan,
           array_agg(DISTINCT CASE WHEN c.funcid IS NULL THEN quote_ident(c.attname)
                                   ELSE format('%s(%I)', f.proname, c.attname) END) AS columns,
           array_agg(DISTINCT c.attname) FILTER (WHERE c.served = 'equal' AND c.funcid IS NULL AND NOT c.inside_or) AS equal_columns,
           array_agg(DISTINCT c.attname) FILTER (WHERE c.served = 'range' AND c.funcid IS NULL AND NOT c.inside_or) AS range_columns,
           coalesce(bool_or((c.served = 'range' OR c.served = 'equal' AND NOT c.few_values) AND c.funcid IS NULL AND NOT c.inside_or), false) AS chooses,
           (array_agg(c.attname ORDER BY c.attname) FILTER (WHERE c.served = 'not null' AND c.funcid IS NULL AND NOT c.inside_or))[1] AS not_null,
           coalesce(bool_or(c.open_or), false) AS open_or,
           -- each arm of an OR with an index of its own
           CASE WHEN bool_and(c.inside_or AND c.funcid IS NULL AND coalesce(c.served IN ('equal', 'range'), false))
                THEN array_agg(DISTINCT c.attname) END AS or_columns,
           (array_agg(ARRAY[c.served, c.attname] ORDER BY c.served, c.attname)
               FILTER (WHERE c.served IN ('gin', 'gist', 'member') AND c.funcid IS NULL AND NOT c.inside_or))[1:1] AS special,
           bool_or(c.guarded) AS guarded,
           bool_or(c.oprname IN ('~~', '~~*', '~', '~*')) AS pattern,
           -- LIKE 'x%'
           min(c.key || CASE WHEN c.oprleft = 'bpchar'::regtype THEN ' bpchar_pattern_ops' ELSE ' text_pattern_ops' END)
               FILTER (WHERE c.prefix AND NOT c.inside_or) AS prefix_key,
           -- text search
           (array_agg(c.attname ORDER BY c.attname) FILTER (WHERE c.oprname = '@@' AND f.proname = 'to_tsvector' AND NOT c.inside_or))[1] AS document,
           bool_or(c.funcid IS NOT NULL) AS wrapped,
           (array_agg(c.attname ORDER BY c.attname) FILTER (WHERE w.compared))[1] AS name,
           (array_agg(format_type(c.atttypid, c.atttypmod) ORDER BY c.attname) FILTER (WHERE w.compared))[1] AS type,
           (array_agg(c.funcid ORDER BY c.attname) FILTER (WHERE w.compared))[1] AS funcid,
           (array_agg(c.key ORDER BY c.attname) FILTER (WHERE w.compared))[1] AS function_key,
           (array_agg(c.nested ORDER BY c.attname) FILTER (WHERE w.compared))[1] AS nested,
           (array_agg(c.atttypid ORDER BY c.attname) FILTER (WHERE w.compared))[1] AS typid,
           -- joined by OR, all must be such
           bool_or(c.unanchored AND NOT c.inside_or) OR bool_and(c.unanchored) AS unanchored,
           array_agg(DISTINCT c.attname) FILTER (WHERE c.unanchored) AS searched,
           array_agg(DISTINCT c.key) FILTER (WHERE c.unanchored) AS search_keys,
           coalesce(bool_or(c.unanchored AND c.by_position), false) AS by_position,
           -- no trigram index serves char(n), nor the operators of other types
           bool_and(c.oprleft <> 'bpchar'::regtype AND c.oprnamespace = 'pg_catalog'::regnamespace)
               FILTER (WHERE c.unanchored) AS trigrams,
           jsonb_agg(jsonb_build_object('attname', c.attname, 'funcid', c.funcid, 'nested', c.nested, 'inside_or', c.inside_or))
               FILTER (WHERE c.unanchored) AS searches,
           array_agg(c.attname) AS filtered
    FROM conditions c
    CROSS JOIN LATERAL (SELECT c.funcid IS NOT NULL AND c.served IN ('equal', 'range') AND NOT c.inside_or AS compared) w
    LEFT JOIN pg_proc f ON f.oid = c.funcid
    GROUP BY 1
), wasteful AS (
    SELECT l.scan, l.relid, l.rows_read, l.scan_count, l.rows_read / c.calls AS rows_per_call, k.rows_kept / k.rows_read AS kept_share,
           k.rescans, c.queryid, c.query, c.database, c.username, c.calls, c.total_exec_time, c.seq_rows_read, c.first_seen, c.last_seen
    FROM large l
    JOIN chosen c ON c.statement = l.scan[1:3]
    JOIN kept k USING (scan)
    WHERE l.rows_read / c.calls >= (SELECT threshold('large_table_rows'))
      AND k.rows_read > 0 AND k.rows_kept <= k.rows_read * (SELECT threshold('scan_kept_share')) AND k.analyzed
)
SELECT l.queryid, l.query, l.database, l.username, l.calls, l.total_exec_time, l.first_seen, l.last_seen,
       l.relid, relation_name(l.relid) AS table_name, table_text(l.relid) AS table_label, l.rows_read, l.scan_count,
       l.rows_per_call, l.kept_share, l.total_exec_time * (1 - l.kept_share) * least(1, l.rows_read / l.seq_rows_read::float8) AS cost,
       l.rescans,
       -- each is told as one kind
       CASE WHEN f.guarded AND NOT f.chooses THEN NULL
            WHEN f.chooses OR f.special IS NOT NULL OR f.prefix_key IS NOT NULL THEN 'seq_scan_large_table'
            WHEN f.funcid IS NOT NULL THEN 'function_on_column'
            WHEN f.unanchored THEN 'leading_wildcard'
            ELSE 'seq_scan_large_table' END AS told_as,
       f.columns, f.equal_columns || f.range_columns AS compared, f.equal_columns || f.range_columns[1:1] AS key,
       f.or_columns, f.open_or, f.not_null, f.special[1][1] AS special_by, f.special[1][2] AS special_column, f.prefix_key, f.pattern, f.document, f.wrapped,
       f.name, f.type, f.typid, f.funcid, f.function_key, f.nested, f.searched, f.search_keys, f.by_position, f.trigrams, f.searches,
       f.filtered
FROM wasteful l
-- a left join that is never done row by row, whatever the planner expects: none
-- of wasteful is without table
FULL JOIN filters f USING (scan)
WHERE coalesce(l.relid, 0) <> 0;
COMMENT ON VIEW wasteful_scans_now IS 'What wasteful_scans shows, read from the facts.';

-- Several kinds of findings ask: one reading for all of them.
CREATE FUNCTION wasteful_scans_once() RETURNS SETOF wasteful_scans_now
AS 'MODULE_PATHNAME', 'perfaudit_rows_once_1_0'
LANGUAGE C STRICT VOLATILE PARALLEL RESTRICTED COST 1000 ROWS 100
SET search_path = pg_catalog, pg_temp SET jit = off;
COMMENT ON FUNCTION wasteful_scans_once() IS 'Rows of wasteful_scans_now, read once a query.';

CREATE VIEW wasteful_scans AS SELECT * FROM wasteful_scans_once();
COMMENT ON VIEW wasteful_scans IS 'Large tables that statements read from end to end to keep few rows; building block of detectors. Partitions are one table.';

DO $do$
DECLARE
    c record;
BEGIN
    FOR c IN SELECT v.name, w.name AS view, v.words FROM (VALUES
        ('queryid', 'Query id of the statement.'),
        ('query', 'Its normalised text.'),
        ('database', 'Database.'),
        ('username', 'Role that ran it.'),
        ('calls', 'Executions.'),
        ('total_exec_time', 'Their time, milliseconds.'),
        ('first_seen', 'First execution.'),
        ('last_seen', 'Last execution.'),
        ('relid', 'Table; of partitions the partitioned table.'),
        ('table_name', 'Its name, quoted.'),
        ('table_label', 'The same for people: materialised views are called so.'),
        ('rows_read', 'Rows read by sequential scans of it, in all executions.'),
        ('scan_count', 'These scans.'),
        ('rows_per_call', 'Rows read an execution.'),
        ('kept_share', 'Share of them that its conditions kept, 0 to 1, in sampled executions.'),
        ('cost', 'Time for those that they did not keep, milliseconds.'),
        ('rescans', 'True: scanned again and again in an execution.'),
        ('told_as', 'Kind of finding; NULL: a policy keeps any index from serving it.'),
        ('columns', 'Columns filtered by, functions of them shown.'),
        ('compared', 'Columns compared in a way that b-trees serve.'),
        ('key', 'Those of one b-tree: equalities, then a range.'),
        ('or_columns', 'Columns of the arms of an OR, if b-trees serve all.'),
        ('open_or', 'True: an arm of it has no column.'),
        ('not_null', 'A column that must not be NULL.'),
        ('special_by', 'Index method that serves special_column, or member: of an array.'),
        ('special_column', 'A column that no b-tree serves, but another index.'),
        ('prefix_key', 'What an index for patterns with a fixed beginning would hold.'),
        ('pattern', 'True: compared with a pattern.'),
        ('document', 'Column that is made a document for text search.'),
        ('wrapped', 'True: a function of a column is compared.'),
        ('name', 'Column in the function that is compared.'),
        ('type', 'Its type.'),
        ('typid', 'The same, as an oid.'),
        ('funcid', 'That function.'),
        ('function_key', 'What an index of it would hold.'),
        ('nested', 'True: it is given more than the column alone.'),
        ('searched', 'Columns in which a pattern without a fixed beginning is looked for.'),
        ('search_keys', 'What an index of them would hold; a NULL among them: not known.'),
        ('by_position', 'True: looked for by position().'),
        ('trigrams', 'True: a trigram index serves them.'),
        ('searches', 'Each of them: attname, funcid of the function of it, nested: given more than the column, inside_or: in an OR.'),
        ('filtered', 'Columns filtered by, in whatever way.')) v (name, words)
        CROSS JOIN (VALUES ('wasteful_scans_now'), ('wasteful_scans')) w (name)
    LOOP
        EXECUTE format('COMMENT ON COLUMN %I.%I IS %L', c.view, c.name, c.words);
    END LOOP;
END
$do$;

