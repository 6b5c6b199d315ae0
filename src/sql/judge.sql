-- What all detectors share: the list of kinds, the scale of severity, finding ids.

CREATE TABLE detector_list (
    kind text PRIMARY KEY,
    meaning text NOT NULL,
    settings text[] NOT NULL,
    documentation text NOT NULL,
    needs text[] NOT NULL DEFAULT '{}'
);
COMMENT ON TABLE detector_list IS 'Every kind of finding; each detector puts its own row.';
COMMENT ON COLUMN detector_list.kind IS 'Kind of finding; the view detect_<kind> finds it.';
COMMENT ON COLUMN detector_list.meaning IS 'What is wrong, in a sentence.';
COMMENT ON COLUMN detector_list.settings IS 'Settings that it looks at.';
COMMENT ON COLUMN detector_list.documentation IS 'Where it is explained at length.';
COMMENT ON COLUMN detector_list.needs IS 'What a statement must meet to be found, each "fact>=setting" or "fact>=number": findings shows the view no others, and does not even plan it when none does.';

CREATE VIEW detectors AS
SELECT d.kind, d.meaning,
       (SELECT coalesce(jsonb_object_agg(s.name, s.setting || coalesce(' ' || nullif(s.unit, ''), '')), '{}')
        FROM pg_settings s WHERE s.name = ANY (d.settings)) AS settings,
       d.documentation
FROM detector_list d;

/*
 * The one scale.  impact_ms is the time that a problem cost since the
 * statistics were reset; unit_ms is what it cost one execution or unit of work
 * (a person waiting).  A problem is as severe as the load it puts on the server
 * or the wait it causes, whichever is worse, but small sums are never more than
 * low: little was lost so far.
 *
 *              share of the time observed      or   one wait   and   lost so far
 *   critical   10 %                                 1 s              10 s
 *   high       1 %                                  100 ms           1 s
 *   medium     0.1 %                                10 ms            50 ms
 *
 * A share counts from the first second lost.  lower takes off notches, for
 * findings that are less certain.
 */
CREATE FUNCTION severity(impact_ms float8, unit_ms float8, lower int DEFAULT 0) RETURNS text
LANGUAGE sql STABLE PARALLEL RESTRICTED
BEGIN ATOMIC
    SELECT (ARRAY['low', 'medium', 'high', 'critical'])[greatest(1, 1 - lower + greatest(
        CASE WHEN impact_ms < 1000 THEN 0
             WHEN share >= 0.1 THEN 3 WHEN share >= 0.01 THEN 2 WHEN share >= 0.001 THEN 1 ELSE 0 END,
        CASE WHEN unit_ms >= 1000 AND impact_ms >= 10000 THEN 3
             WHEN unit_ms >= 100 AND impact_ms >= 1000 THEN 2
             WHEN unit_ms >= 10 AND impact_ms >= 50 THEN 1 ELSE 0 END))]
    FROM (SELECT impact_ms / greatest(1000 * extract(epoch FROM now() - recorded_since())::float8, 60000)
          AS share) s;
END;
COMMENT ON FUNCTION severity(float8, float8, int) IS
'low, medium, high or critical from what a problem cost since the reset (ms) and what it cost one execution or unit (ms); the same for all kinds.';

CREATE FUNCTION severity_rank(severity text) RETURNS int
LANGUAGE sql IMMUTABLE PARALLEL SAFE
BEGIN ATOMIC
    SELECT array_position(ARRAY['critical', 'high', 'medium', 'low'], severity);
END;
COMMENT ON FUNCTION severity_rank(text) IS '1 for critical to 4 for low.';

/*
 * A statement without what differs from text to text of one shape: comments, white
 * space, case where no name is quoted.  Anything else stays as it is.
 */
CREATE FUNCTION bare_statement(part text) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
BEGIN ATOMIC
    SELECT CASE WHEN part !~* E'^\\s*([(]|/[*]|--|(select|insert|update|delete|merge|with|values|table)\\M)' THEN part
                WHEN position('"' IN bare) > 0 THEN bare
                ELSE lower(bare) END
    FROM regexp_replace(part, E'("[^"]*"|\\u0027[^\\u0027]*\\u0027)|/[*][^*]*[*]+(?:[^/*][^*]*[*]+)*/|--[^\n]*|\\s+|;\\s*$', E'\\1', 'g') bare;
END;
COMMENT ON FUNCTION bare_statement(text) IS 'A statement by which a finding is known, whatever comments and white space its text has; other text as it is.';

/*
 * The same with one mark for all that may be a constant: a text that is taken from a
 * statement which nobody parses any more, as after a reset, has others of them marked,
 * in another order, and its lists are as long as they were.
 */
CREATE FUNCTION known_statement(part text) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
BEGIN ATOMIC
    SELECT CASE WHEN part !~* E'^\\s*([(]|/[*]|--|(select|insert|update|delete|merge|with|values|table)\\M)' THEN part
                ELSE bare_statement(regexp_replace(rows, E'\\mextract\\s*[(]\\s*([?]|\\w+)\\s+from\\M', 'extract(?from', 'gi')) END
    FROM regexp_replace(part, E'("[^"]*"|\\u0027[^\\u0027]*\\u0027)|/[*][^*]*[*]+(?:[^/*][^*]*[*]+)*/|--[^\n]*', E'\\1 ', 'g') told,
         -- IS NULL is no constant
         regexp_replace(told, E'\\m(is(\\s+not)?)\\s+(null|true|false)\\M', E'\\1_\\3', 'gi') asked,
         regexp_replace(asked, E'-?\\s*([$]\\d+|\\m\\d+([.]\\d+)?(e[-+]?\\d+)?\\M|\\u0027[^\\u0027]*\\u0027|\\m(null|true|false)\\M)', ' ?', 'gi') marked,
         regexp_replace(marked, E'([?](\\s*::\\s*[\\w.]+)*)(\\s*,\\s*[?](\\s*::\\s*[\\w.]+)*)+', E'\\1', 'g') lists,
         regexp_replace(lists, E'(\\mvalues\\s*|[(]\\s*)([(](?:[^()]|[(](?:[^()]|[(][^()]*[)])*[)])*[)])(?:\\s*,\\s*[(](?:[^()]|[(](?:[^()]|[(][^()]*[)])*[)])*[)])+', E'\\1\\2', 'gi') rows;
END;
COMMENT ON FUNCTION known_statement(text) IS 'A statement by which a finding is known, whichever of its constants and list elements are placeholders; other text as it is.';

-- Not md5(), which fails where only algorithms approved for FIPS are allowed.
CREATE FUNCTION finding_id(kind text, VARIADIC parts text[]) RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
    SELECT left(encode(sha256(convert_to(concat_ws(E'\x01', kind, array_to_string(
               ARRAY(SELECT known_statement(p.part) FROM unnest(parts) WITH ORDINALITY p (part, i) ORDER BY p.i), E'\x01', '')),
                                         getdatabaseencoding())), 'hex'), 16);
END;
COMMENT ON FUNCTION finding_id(text, text[]) IS
'The same for the same problem after a restart or a restore: made of kind, names and normalised texts, no OIDs.';

CREATE FUNCTION ms_text(ms float8) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
BEGIN ATOMIC
    SELECT CASE WHEN ms >= 100000 THEN round((ms / 1000)::numeric)::text || ' s'
                WHEN ms >= 10000 THEN round((ms / 1000)::numeric, 1)::text || ' s'
                WHEN ms >= 100 THEN round(ms::numeric)::text || ' ms'
                ELSE round(ms::numeric, 1)::text || ' ms' END;
END;
COMMENT ON FUNCTION ms_text(float8) IS 'A duration in milliseconds, for people.';

CREATE FUNCTION from_tags(tags jsonb) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
BEGIN ATOMIC
    SELECT coalesce(' from ' || CASE
        WHEN tags ? 'controller' AND tags ? 'action' THEN (tags ->> 'controller') || '#' || (tags ->> 'action')
        ELSE coalesce(tags ->> 'route', tags ->> 'job', tags ->> 'controller', tags ->> 'action') END, '');
END;
COMMENT ON FUNCTION from_tags(jsonb) IS
'Where in the application work comes from, to be put behind a word: " from users#index"; empty when the tags do not say.';

CREATE FUNCTION count_text(n float8) RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
    SELECT trim(to_char(n, '999,999,999,999,999,999'));
END;
COMMENT ON FUNCTION count_text(float8) IS 'A count with separators, for people.';

-- A report of every night is nobody's problem, however often the night was.
CREATE FUNCTION is_seldom(calls bigint, first_seen timestamptz, last_seen timestamptz) RETURNS bool
LANGUAGE sql IMMUTABLE PARALLEL SAFE
BEGIN ATOMIC
    SELECT extract(epoch FROM last_seen - first_seen)::float8 >= (calls - 1) * 43200::float8 AND calls > 1;
END;
COMMENT ON FUNCTION is_seldom(bigint, timestamptz, timestamptz) IS 'Whether a statement runs twice a day or less.';

-- Statements of the current database that the reader may see, with one list of
-- columns: judged_statements, all of them; needed_statements, those that meet
-- what the detector needs (detector_list) while findings runs it, all of them
-- otherwise; judged_plans, those of the latter whose plans are worth a look, so
-- few that all kinds that judge plans together cost little.  Texts are asked for
-- only of those that are left when a detector has chosen.
DO $do$
DECLARE
    columns CONSTANT text := $columns$
SELECT f.dbid, f.userid, f.toplevel, f.shape, f.visible, f.queryids, f.operation, f.catalog_only, f.temporary,
       f.aggregate, f.asks_existence, f.has_limit,
       statement_text(f.dbid, f.userid, f.toplevel, f.shape) AS query,
       f.calls, f.errors, f.rows, f.total_exec_time, f.mean_exec_time, f.min_exec_time, f.max_exec_time,
       f.p50_exec_time, f.p95_exec_time, f.p99_exec_time, f.plans, f.total_plan_time, f.max_plan_time,
       f.generic_calls, f.custom_calls, f.shared_blks_hit, f.shared_blks_read, f.temp_blks_written,
       f.seq_rows_read, f.unbounded_calls, f.unbounded_rows, f.unbounded_rows_max, f.offset_calls,
       f.offset_rows, f.offset_rows_max, f.offset_rows_returned, f.offset_time, f.slow_calls, f.slow_time,
       f.plan_id, f.hour_calls, f.hour_time, f.previous_hour_calls, f.previous_hour_time, f.first_seen,
       f.last_seen, f.cancelled, f.statement_timeouts, f.lock_timeouts, f.terminated, f.error_classes,
       f.jit_calls, f.jit_time, f.jit_functions,
       f.hour_rows, f.hour_p95_exec_time, f.previous_hour_rows, f.previous_hour_p95_exec_time,
       f.self_exec_time, f.parent_userid, f.parent_toplevel, f.parent_shape, f.parent_queryid,
       f.invoked_by, f.several_parents,
       f.queryids[1] AS queryid, current_database() AS database,
       pg_get_userbyid(f.userid) AS username, f.counts, f.callers, f.calls_per_caller_max
$columns$;
BEGIN
    EXECUTE 'CREATE VIEW judged_statements AS' || columns || $view$
        FROM statement_facts(threshold('slow_statement'), this_database(), false) f
        WHERE f.visible $view$;
    EXECUTE 'CREATE VIEW needed_statements AS' || columns || $view$
        FROM statement_facts(threshold('slow_statement'), this_database(), false, 0, 0, true) f
        WHERE f.visible $view$;
    EXECUTE 'CREATE VIEW judged_plans AS' || columns || $view$
        FROM statement_facts(threshold('slow_statement'), this_database(), false,
                             threshold('judge_calls')::bigint, threshold('judge_time'), true) f
        WHERE f.visible AND f.operation <> 'utility' AND NOT f.catalog_only
          AND NOT is_seldom(f.calls, f.first_seen, f.last_seen) $view$;
END
$do$;

/*
 * One statement for all values instead of one a value.  Done on the normalised
 * text, for reading: = ANY for plain look-ups, GROUP BY for counts, LATERAL for
 * what has its own order and limit.  E'...' is the same whatever
 * standard_conforming_strings was when the script ran.
 */
CREATE FUNCTION batched_query(query text, child_column name, variant text) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
BEGIN ATOMIC
    SELECT CASE
        WHEN query IS NULL OR child_column IS NULL OR param IS NULL THEN NULL
        -- nobody knows which of several values is the child's; nor has an UPDATE a place for one that it has twice
        WHEN more OR again AND query !~* E'^\\s*(?:select|with)\\M' THEN NULL
        WHEN query ~* E'\\m(limit|offset|fetch|distinct|group)\\M' OR variant = 'exists'
            OR variant = 'count' AND query ~* E'\\m(having|order)\\M' OR again THEN
            format('SELECT k.v, c.* FROM unnest(%s) AS k (v) CROSS JOIN LATERAL (%s) AS c',
                   param, regexp_replace(regexp_replace(query, wanted, E'\\1 = k.v'), E'\\' || param || E'\\M', 'k.v', 'g'))
        WHEN variant = 'count' THEN
            regexp_replace(regexp_replace(query, wanted, E'\\1 = ANY (\\2\\3)'),
                           E'^\\s*select\\s+', replace(format('SELECT %s, ', substring(query FROM wanted)), E'\\', E'\\\\'), 'i')
            || format(' GROUP BY %s', substring(query FROM wanted))
        ELSE regexp_replace(query, wanted, E'\\1 = ANY (\\2\\3)')
    END
    FROM (SELECT wanted, param, -- not in a name that has the same characters in it
                 regexp_replace(query, '"[^"]*"', '', 'g') ~ (E'\\' || param || E'\\M.*\\' || param || E'\\M') AS again,
                 (SELECT count(DISTINCT coalesce(m[2], m[3])) > 1 FROM regexp_matches(query, wanted, 'g') m) AS more
          FROM (SELECT wanted, (SELECT coalesce(m[2], m[3]) FROM regexp_match(query, wanted) m) AS param
    FROM (SELECT E'((?:[[:alnum:]_"]+\\.)*"?\\m'
                 || regexp_replace(child_column, '([^[:alnum:]_])', E'\\\\\\1', 'g')
                 || E'\\M"?)\\s*(?:=\\s*(\\$[0-9]+\\M)' || kind
                 -- all of it: no operator goes on from there
                 || E'(?!\\s*(?:[-+*|%&^#<>=~!:([]|/[^*]))'
                 -- what ORMs make of one key
                 || E'|\\m[iI][nN]\\s*\\(\\s*(\\$[0-9]+\\M)' || kind || E'\\s*\\))' AS wanted
          FROM (VALUES (E'(?:::[[:alnum:]_.]+\\M(?: varying| precision| with(?:out)? time zone)?(?:\\([$0-9]+\\))?)?')) c (kind)) w) x) y;
END;
COMMENT ON FUNCTION batched_query(text, name, text) IS
'A repeated look-up rewritten for all values at once; NULL when its text has neither "column = $n" nor "column IN ($n)", or several of them.';


/*
 * What an index costs the recorded statements that write to its table, roughly:
 * their time in even shares for the table and each of its indexes, but not more
 * than 50 microseconds a row, since finding the row is in that time too.
 */
CREATE VIEW index_write_times AS
SELECT w.relid::regclass AS relation,
       sum(least(s.total_exec_time / (1 + w.indexes), 0.05 * s.rows)) AS ms_per_index
FROM (SELECT DISTINCT n.userid, n.toplevel, n.shape, n.relid,
             (SELECT count(*) FROM pg_index i WHERE i.indrelid = n.relid AND i.indisready) AS indexes
      FROM node_facts() n WHERE n.type = 'ModifyTable') w
JOIN judged_statements s USING (userid, toplevel, shape)
GROUP BY w.relid;
COMMENT ON VIEW index_write_times IS 'What one index costs the recorded statements that write to its table, estimated.';
COMMENT ON COLUMN index_write_times.relation IS 'Table.';
COMMENT ON COLUMN index_write_times.ms_per_index IS 'Milliseconds since the statistics were reset: an even share of their time for the table and each index, at most 0.05 a row.';
-- Whole numbers of MB, a few steps of them: nobody sets 13.7 MB.
CREATE FUNCTION memory_text(kb float8) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
BEGIN ATOMIC
    SELECT (CASE WHEN kb <= 16 * 1024 THEN greatest(1, ceil(kb / 1024))
                 WHEN kb <= 64 * 1024 THEN 4 * ceil(kb / 4096)
                 ELSE 32 * ceil(kb / 32768) END)::text || 'MB';
END;
COMMENT ON FUNCTION memory_text(float8) IS 'A size for a setting like work_mem, at least as large as kb kilobytes.';

-- Facts speak of partitions and of tables that inherit, people of the table.
CREATE FUNCTION judged_table(relid oid) RETURNS oid
AS 'MODULE_PATHNAME', 'perfaudit_judged_table_1_0'
LANGUAGE C STRICT STABLE PARALLEL SAFE COST 10;
COMMENT ON FUNCTION judged_table(oid) IS
'The table to act on for a relation: of a partition the partitioned table, of one that inherits the one it inherits from; NULL for catalogs, TOAST, temporary and foreign tables, and what is gone.';

CREATE FUNCTION is_equality(opno oid) RETURNS bool
LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
    SELECT min(ao.amopstrategy) = 3 FROM pg_catalog.pg_amop ao
    JOIN pg_catalog.pg_am am ON am.oid = ao.amopmethod AND am.amname = 'btree'
    WHERE ao.amopopr = opno AND ao.amoppurpose = 's';
END;
COMMENT ON FUNCTION is_equality(oid) IS
'Whether an operator that b-tree indexes serve means equal, or a range; NULL when they do not serve it.';

CREATE FUNCTION index_text(relid oid, columns text, method text DEFAULT NULL) RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
    -- names are put together here: a function in a function is planned anew each time
    SELECT CASE WHEN c.relkind = 'p'
        THEN format('CREATE INDEX ON %I.%I%s (%s); -- locks out writes; or CONCURRENTLY on each partition, then on the table;',
                    n.nspname, c.relname, ' USING ' || method, columns)
        WHEN c.relhassubclass
        THEN (WITH RECURSIVE tables AS (
                  SELECT c.oid AS relid
                  UNION
                  SELECT h.inhrelid FROM tables t JOIN pg_catalog.pg_inherits h ON h.inhparent = t.relid)
              SELECT string_agg(format('CREATE INDEX CONCURRENTLY ON %I.%I%s (%s);', tn.nspname, tc.relname, ' USING ' || method, columns), ' '
                                ORDER BY tc.oid <> c.oid, tn.nspname, tc.relname) || ' --'
              FROM tables t
              JOIN pg_catalog.pg_class tc ON tc.oid = t.relid AND tc.relkind = 'r'
              JOIN pg_catalog.pg_namespace tn ON tn.oid = tc.relnamespace)
        ELSE format('CREATE INDEX CONCURRENTLY ON %I.%I%s (%s); --', n.nspname, c.relname, ' USING ' || method, columns) END
        || ' perfaudit.suggest_indexes() weighs it against the whole workload'
    FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace WHERE c.oid = relid;
END;
COMMENT ON FUNCTION index_text(oid, text, text) IS 'The statements that build an index on columns, quoted where needed, of a table and those that inherit from it.';

-- What was just filled will be planned anew.
CREATE FUNCTION was_analyzed(relid oid) RETURNS bool
LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
    WITH RECURSIVE tables AS (
        SELECT was_analyzed.relid AS relid
        UNION
        SELECT h.inhrelid FROM tables t JOIN pg_catalog.pg_inherits h ON h.inhparent = t.relid)
    SELECT EXISTS (SELECT FROM tables t JOIN pg_catalog.pg_class c ON c.oid = t.relid WHERE c.reltuples >= 0);
END;
COMMENT ON FUNCTION was_analyzed(oid) IS 'Whether the server has statistics of a table, or of one that belongs to it.';

CREATE FUNCTION leads_index(relid oid, names name[]) RETURNS bool
LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
    SELECT EXISTS (SELECT FROM pg_catalog.pg_index i
                   JOIN pg_catalog.pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = i.indkey[0]
                   WHERE i.indrelid = relid AND i.indisvalid AND i.indpred IS NULL AND a.attname = ANY (names)
                     AND EXISTS (SELECT FROM pg_catalog.pg_opclass oc JOIN pg_catalog.pg_amop ao ON ao.amopfamily = oc.opcfamily
                                 WHERE oc.oid = i.indclass[0] AND ao.amoppurpose = 's' AND is_equality(ao.amopopr)));
END;
COMMENT ON FUNCTION leads_index(oid, name[]) IS 'Whether a table has an index of all rows that begins with one of these columns and can find equal ones.';

CREATE FUNCTION is_unique(relid oid, attnums int[]) RETURNS bool
LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
    SELECT EXISTS (SELECT FROM pg_catalog.pg_index i
                   WHERE i.indrelid = relid AND i.indisunique AND i.indisvalid
                     AND i.indpred IS NULL AND i.indexprs IS NULL
                     AND (SELECT bool_and(i.indkey[k] = ANY (attnums)) FROM generate_series(0, i.indnkeyatts - 1) k));
END;
COMMENT ON FUNCTION is_unique(oid, int[]) IS 'Whether a unique index lets a table have one row at most for each combination of values of these columns.';

CREATE FUNCTION set_for_role(username name, setting text) RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
    -- work is remembered for longer than who did it
    SELECT CASE WHEN EXISTS (SELECT FROM pg_roles r WHERE r.rolname = username)
                THEN format('ALTER ROLE %I IN DATABASE %I SET %s', username, current_database(), setting)
                ELSE format('ALTER DATABASE %I SET %s', current_database(), setting) END;
END;
COMMENT ON FUNCTION set_for_role(name, text) IS 'The statement that makes a setting for a role in this database; for the database when the role is gone.';


-- What sessions of a role begin with, if somebody has made it so.
CREATE FUNCTION role_setting(userid oid, name text) RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
    SELECT substr(c.line, length(role_setting.name) + 2)
    FROM pg_catalog.pg_db_role_setting d CROSS JOIN LATERAL unnest(d.setconfig) c (line)
    WHERE d.setdatabase IN (0, this_database()) AND d.setrole IN (0, userid) AND starts_with(c.line, role_setting.name || '=')
    ORDER BY d.setrole = 0, d.setdatabase = 0 LIMIT 1;
END;
COMMENT ON FUNCTION role_setting(oid, text) IS 'A setting made by ALTER ROLE or ALTER DATABASE for a role in this database, as it was written; NULL when there is none.';

-- What cannot be sent any more needs no repair.
CREATE FUNCTION statements_of_gone(shapes bigint[], OUT userid oid, OUT toplevel bool, OUT shape bigint) RETURNS SETOF record
LANGUAGE sql STABLE PARALLEL RESTRICTED ROWS 10
BEGIN ATOMIC
    SELECT n.userid, n.toplevel, n.shape
    FROM node_facts(shapes) n LEFT JOIN pg_catalog.pg_class c ON c.oid = n.relid
    WHERE n.relid IS NOT NULL
    GROUP BY 1, 2, 3 HAVING bool_and(c.oid IS NULL);
END;
COMMENT ON FUNCTION statements_of_gone(bigint[]) IS 'Of these statement shapes those whose plans name relations, of which none is there any more.';

-- Of what never ran to its end, no plan is known.
CREATE FUNCTION names_gone(query text) RETURNS bool
AS 'MODULE_PATHNAME', 'perfaudit_names_gone_1_0'
LANGUAGE C STRICT STABLE PARALLEL UNSAFE COST 1000;
COMMENT ON FUNCTION names_gone(text) IS 'Whether a normalised statement names a relation or function that is not there any more; one without schema is looked for in all of them.';

-- ANALYZE of a partitioned table sees to its partitions; that of a table which
-- others inherit from leaves them alone before PostgreSQL 18.
CREATE FUNCTION analyze_text(relid oid) RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
    WITH RECURSIVE down AS (
        SELECT c.oid AS relid, 0 AS depth, relation_name(c.oid) AS name FROM pg_catalog.pg_class c WHERE c.oid = analyze_text.relid
        UNION ALL
        SELECT h.inhrelid, d.depth + 1, relation_name(h.inhrelid)
        FROM down d JOIN pg_catalog.pg_inherits h ON h.inhparent = d.relid
        JOIN pg_catalog.pg_class c ON c.oid = d.relid AND c.relkind = 'r' WHERE d.depth < 16)
    SELECT 'ANALYZE ' || string_agg(d.name, ', ' ORDER BY d.depth, d.name) FROM (SELECT DISTINCT depth, name FROM down ORDER BY 1, 2 LIMIT 50) d;
END;
COMMENT ON FUNCTION analyze_text(oid) IS 'The statement that analyzes a table with all that belongs to it.';

CREATE FUNCTION statistics_text(relid oid, member oid, kinds text, names name[], expression text DEFAULT NULL) RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
    -- eight columns are the most it takes
    SELECT format('CREATE STATISTICS %I.%I%s ON %s FROM %s;', n.nspname, left(w.words, CASE WHEN octet_length(left(w.words, 50)) <= 50 THEN 50 ELSE 12 END) || '_' || member, kinds,
                  coalesce(expression, (SELECT string_agg(quote_ident(c), ', ' ORDER BY c) FROM unnest(names[1:8]) c)), relation_name(member))
    FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
    CROSS JOIN LATERAL (SELECT array_to_string(names, '_') AS words) w WHERE c.oid = relid;
END;
COMMENT ON FUNCTION statistics_text(oid, oid, text, name[], text) IS
'The statement that makes extended statistics of columns, or of an expression, for a table or one of its partitions (member).';

