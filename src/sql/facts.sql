-- Facts: what C recorded, with names instead of OIDs.  Nothing is judged here.

CREATE FUNCTION statement_facts(slow_ms float8, in_database oid DEFAULT 0, texts bool DEFAULT true,
    min_calls bigint DEFAULT 0, min_time float8 DEFAULT 0, needed bool DEFAULT false,
    OUT dbid oid, OUT userid oid, OUT toplevel bool, OUT shape bigint, OUT visible bool,
    OUT queryids bigint[], OUT operation text, OUT catalog_only bool, OUT temporary bool,
    OUT aggregate bool, OUT asks_existence bool, OUT has_limit bool, OUT query text,
    OUT calls bigint, OUT errors bigint, OUT rows bigint,
    OUT total_exec_time float8, OUT mean_exec_time float8, OUT min_exec_time float8,
    OUT max_exec_time float8, OUT p50_exec_time float8, OUT p95_exec_time float8,
    OUT p99_exec_time float8,
    OUT plans bigint, OUT total_plan_time float8, OUT max_plan_time float8,
    OUT generic_calls bigint, OUT custom_calls bigint,
    OUT shared_blks_hit bigint, OUT shared_blks_read bigint, OUT temp_blks_written bigint,
    OUT seq_rows_read bigint,
    OUT unbounded_calls bigint, OUT unbounded_rows bigint, OUT unbounded_rows_max bigint,
    OUT offset_calls bigint, OUT offset_rows bigint, OUT offset_rows_max bigint,
    OUT offset_rows_returned bigint, OUT offset_time float8,
    OUT slow_calls bigint, OUT slow_time float8,
    OUT plan_id bigint,
    OUT hour_calls bigint, OUT hour_time float8,
    OUT previous_hour_calls bigint, OUT previous_hour_time float8,
    OUT first_seen timestamptz, OUT last_seen timestamptz,
    OUT cancelled bigint, OUT statement_timeouts bigint, OUT lock_timeouts bigint,
    OUT terminated bigint, OUT error_classes jsonb,
    OUT jit_calls bigint, OUT jit_time float8, OUT jit_functions bigint,
    OUT hour_rows bigint, OUT hour_p95_exec_time float8,
    OUT previous_hour_rows bigint, OUT previous_hour_p95_exec_time float8,
    OUT self_exec_time float8,
    OUT parent_userid oid, OUT parent_toplevel bool, OUT parent_shape bigint,
    OUT parent_queryid bigint, OUT invoked_by text, OUT several_parents bool,
    OUT counts bool,
    OUT callers bigint, OUT calls_per_caller_max bigint)
RETURNS SETOF record
AS 'MODULE_PATHNAME', 'perfaudit_statement_facts_1_0'
LANGUAGE C STRICT VOLATILE PARALLEL RESTRICTED ROWS 5000;
COMMENT ON FUNCTION statement_facts(float8, oid, bool, bigint, float8, bool) IS
'Recorded statement shapes, of all databases unless in_database is given; times in milliseconds; slow_calls and slow_time: executions above slow_ms and the time they spent above it. Other roles'' texts and ids are hidden. texts: false leaves query NULL, for statement_text() to be asked where it is shown. min_calls, min_time: only those with as many executions, and as much execution time in all (milliseconds). callers: executions of other statements inside which a nested one ran, calls_per_caller_max: most often in one of them. needed: only those that meet what the detector needs, while findings runs it.';

CREATE FUNCTION statement_text(dbid oid, userid oid, toplevel bool, shape bigint) RETURNS text
AS 'MODULE_PATHNAME', 'perfaudit_statement_text_1_0'
LANGUAGE C STRICT STABLE PARALLEL RESTRICTED COST 100;
COMMENT ON FUNCTION statement_text(oid, oid, bool, bigint) IS
'The normalised text of one recorded statement, as query of statement_facts(): hidden if another role''s; NULL when it is not kept any more.';

-- What views of one database give statement_facts().
CREATE FUNCTION this_database() RETURNS oid
AS 'MODULE_PATHNAME', 'perfaudit_this_database_1_0'
LANGUAGE C STRICT STABLE PARALLEL SAFE;
COMMENT ON FUNCTION this_database() IS 'OID of the current database.';

CREATE FUNCTION scan_facts(
    OUT dbid oid, OUT userid oid, OUT toplevel bool, OUT shape bigint,
    OUT relid oid, OUT rows_read bigint, OUT scans bigint)
RETURNS SETOF record
AS 'MODULE_PATHNAME', 'perfaudit_scan_facts_1_0'
LANGUAGE C STRICT VOLATILE PARALLEL RESTRICTED ROWS 5000;
COMMENT ON FUNCTION scan_facts() IS
'Rows that sequential scans read, by statement shape and relation, in the current database: exact, before any filter; statements that expect to read a single page so are left out. scans counts rescans and parallel workers.';

CREATE FUNCTION scan_facts(min_rows float8,
    OUT dbid oid, OUT userid oid, OUT toplevel bool, OUT shape bigint,
    OUT relid oid, OUT rows_read bigint, OUT scans bigint)
RETURNS SETOF record
AS 'MODULE_PATHNAME', 'perfaudit_scan_facts_1_0'
LANGUAGE C STRICT VOLATILE PARALLEL RESTRICTED ROWS 100;
COMMENT ON FUNCTION scan_facts(float8) IS
'scan_facts() of those that read at least min_rows rows an execution of their statement.';

CREATE FUNCTION plan_facts(
    OUT dbid oid, OUT userid oid, OUT toplevel bool, OUT shape bigint,
    OUT plan_id bigint, OUT is_current bool, OUT calls bigint, OUT total_exec_time float8,
    OUT mean_exec_time float8, OUT max_exec_time float8, OUT est_cost float8,
    OUT sampled bigint, OUT truncated bool, OUT first_seen timestamptz, OUT last_seen timestamptz,
    OUT plan_text text, OUT p50_exec_time float8, OUT p95_exec_time float8, OUT generic_calls bigint)
RETURNS SETOF record
AS 'MODULE_PATHNAME', 'perfaudit_plan_facts_1_0'
LANGUAGE C STRICT VOLATILE PARALLEL RESTRICTED ROWS 5000;
COMMENT ON FUNCTION plan_facts() IS
'The current and the previous plan of each statement shape of the current database; times in milliseconds; sampled: executions whose rows were counted at every node; plan_text: the plan as a tree, made of facts, without any constant; percentiles within 25 percent; generic_calls: executions of a plan without values.';

CREATE FUNCTION node_facts(
    OUT dbid oid, OUT userid oid, OUT toplevel bool, OUT shape bigint,
    OUT plan_id bigint, OUT is_current bool, OUT node int, OUT parent int, OUT type text,
    OUT relid oid, OUT indexid oid, OUT est_rows float8, OUT est_cost float8,
    OUT sampled bigint, OUT rows float8, OUT loops float8, OUT rows_removed float8,
    OUT spills bigint, OUT spill_max_kb bigint,
    OUT cache_hits bigint, OUT cache_misses bigint, OUT cache_evictions bigint,
    OUT exact_pages bigint, OUT lossy_pages bigint,
    OUT path text, OUT inner_side bool, OUT parent_rows float8, OUT parent_removed float8,
    OUT searched bigint)
RETURNS SETOF record
AS 'MODULE_PATHNAME', 'perfaudit_node_facts_1_0'
LANGUAGE C STRICT VOLATILE PARALLEL RESTRICTED ROWS 20000;
COMMENT ON FUNCTION node_facts() IS
'Nodes of recorded plans of the current database; rows, loops, rows_removed, and what Memoize and Bitmap Heap Scan count, are sums over sampled executions, NULL when none was sampled; est_rows is the planner''s figure for one loop, the mean of these executions; path: types from the top of the plan down to this node; inner_side: run for each row of the other side of a nested loop; parent_rows, parent_removed: rows and rows_removed of its parent; searched: of a sequential scan, the sampled executions in which it looked for a pattern that has no fixed beginning, and for nothing else that a b-tree could serve.';

CREATE FUNCTION predicate_facts(
    OUT dbid oid, OUT userid oid, OUT toplevel bool, OUT shape bigint,
    OUT plan_id bigint, OUT is_current bool, OUT node int, OUT kind text,
    OUT relid oid, OUT attnum int, OUT funcid oid, OUT opno oid,
    OUT key_position int, OUT descending bool, OUT list bool, OUT nulltest bool, OUT inside_or bool,
    OUT negated bool, OUT nulls_first bool, OUT literal bool, OUT parameter bool, OUT collated bool, OUT prefix bool,
    OUT rows_read float8, OUT rows_kept float8, OUT sampled bigint,
    OUT unanchored bool, OUT other_relid oid, OUT other_attnum int, OUT nested bool, OUT by_position bool,
    OUT open_or bool)
RETURNS SETOF record
AS 'MODULE_PATHNAME', 'perfaudit_predicate_facts_1_0'
LANGUAGE C STRICT VOLATILE PARALLEL RESTRICTED ROWS 20000;
COMMENT ON FUNCTION predicate_facts() IS
'Columns by which recorded plans of the current database filter, use an index, join, group or sort; funcid: a function or cast around the column; literal, parameter: what it is compared with; collated: by another collation than the column''s; prefix: LIKE with a first character that is no wildcard, in a sampled execution at least; rows_read and rows_kept: of its node, summed over the sampled executions; unanchored: compared with a pattern that has no fixed beginning, in a sampled execution at least; other_relid, other_attnum: the column of another relation that it is compared with, by a join or the index of a nested loop''s inner side; nested: the function is given something else than the column alone; by_position: looked for by position() or strpos(), told as the LIKE that means the same; open_or: inside an OR of which an arm names no column, so that no index serves it.';

-- The same of a few statements: with the same columns, whatever comes to them.
DO $do$
DECLARE
    f record;
BEGIN
    FOR f IN SELECT p.oid, p.proname, v.rows FROM (VALUES ('plan_facts', 200), ('node_facts', 20000), ('predicate_facts', 20000)) v (name, rows)
             JOIN pg_catalog.pg_proc p ON p.oid = pg_catalog.to_regproc(v.name)
    LOOP
        EXECUTE format($f$CREATE FUNCTION %1$I(shapes bigint[], %2$s) RETURNS SETOF record
            AS 'MODULE_PATHNAME', 'perfaudit_%1$s_1_0' LANGUAGE C STRICT VOLATILE PARALLEL RESTRICTED ROWS %3$s$f$,
            f.proname, pg_catalog.pg_get_function_arguments(f.oid), f.rows);
        EXECUTE format($f$COMMENT ON FUNCTION %1$I(bigint[]) IS '%1$s() of these statement shapes alone, for less; no rows for NULL.'$f$, f.proname);
    END LOOP;
END
$do$;

CREATE FUNCTION unit_facts(
    OUT dbid oid, OUT userid oid, OUT application text, OUT scope text,
    OUT units bigint, OUT statements bigint, OUT statements_max bigint,
    OUT exec_time float8, OUT gap_time float8,
    OUT first_seen timestamptz, OUT last_seen timestamptz, OUT tags jsonb)
RETURNS SETOF record
AS 'MODULE_PATHNAME', 'perfaudit_unit_facts_1_0'
LANGUAGE C STRICT VOLATILE PARALLEL RESTRICTED ROWS 100;
COMMENT ON FUNCTION unit_facts() IS
'Ended units of work (explicit transactions, bursts) by role, application and tags; times in milliseconds; gap_time: waiting in a unit, client and network: between its statements, of a transaction from its begin to its end.';

CREATE FUNCTION pause_facts(pause_ms float8,
    OUT userid oid, OUT application text, OUT units bigint, OUT after_write bigint,
    OUT pause_time float8, OUT pause_max float8, OUT pause_shape bigint,
    OUT all_units bigint, OUT exec_time float8, OUT gap_time float8,
    OUT first_seen timestamptz, OUT last_seen timestamptz, OUT tags jsonb)
RETURNS SETOF record
AS 'MODULE_PATHNAME', 'perfaudit_pause_facts_1_0'
LANGUAGE C STRICT VOLATILE PARALLEL RESTRICTED ROWS 20;
COMMENT ON FUNCTION pause_facts(float8) IS
'Transactions of the current database that waited for their client, in pauses longer than perfaudit.burst_gap that add up to pause_ms (0.5, 1, 2, 5, 20 s, or the next of these) or more each, by role, application and tags; times in milliseconds. after_write: of these, how many had written or locked rows before a pause; pause_max: the longest single pause; pause_shape: that ran before it; all_units, exec_time, gap_time: of all transactions, as in unit_facts().';

CREATE FUNCTION repeat_facts(
    OUT dbid oid, OUT userid oid, OUT toplevel bool, OUT shape bigint,
    OUT kind text, OUT scope text, OUT application text, OUT parent_shape bigint,
    OUT child_relid oid, OUT child_attnum int, OUT parent_relid oid, OUT parent_attnum int,
    OUT parent_resno int, OUT units bigint, OUT n_total bigint, OUT n_min bigint,
    OUT n_median bigint, OUT n_max bigint, OUT distinct_values bigint, OUT same_values bigint,
    OUT compared bigint, OUT covered bigint, OUT parent_rows bigint, OUT rows bigint,
    OUT exec_time float8, OUT gap_time float8, OUT saved_time float8,
    OUT first_seen timestamptz, OUT last_seen timestamptz, OUT others_vary bool,
    OUT tags jsonb, OUT returned_relid oid, OUT connections int)
RETURNS SETOF record
AS 'MODULE_PATHNAME', 'perfaudit_repeat_facts_1_0'
LANGUAGE C STRICT VOLATILE PARALLEL RESTRICTED ROWS 1000;
COMMENT ON FUNCTION repeat_facts() IS
'Shapes repeated inside units of work of the current database, open units included; kind: child (values came from a parent''s column), orphan (parent unknown), duplicate (same values), write (one row changed an execution); saved_time: milliseconds beyond the first execution in each unit, of writes half of the execution time; others_vary: other values than the parent''s differ too; returned_relid: the table whose rows the statement returns, which may be another than that of its column; connections: of a pool, that a list and its children were spread over, 0 if over one.';

CREATE FUNCTION makeup_facts(
    OUT userid oid, OUT variant text, OUT scope text, OUT application text, OUT unit text, OUT tags jsonb,
    OUT units bigint, OUT statements bigint, OUT n_total bigint, OUT n_min bigint, OUT n_max bigint,
    OUT shapes bigint, OUT most bigint, OUT example_shapes bigint[], OUT example_relids oid[],
    OUT exec_time float8, OUT gap_time float8,
    OUT first_seen timestamptz, OUT last_seen timestamptz)
RETURNS SETOF record
AS 'MODULE_PATHNAME', 'perfaudit_makeup_facts_1_0'
LANGUAGE C STRICT VOLATILE PARALLEL RESTRICTED ROWS 100;
COMMENT ON FUNCTION makeup_facts() IS
'Units of work of the current database, current ones included, that are made of many statements: of aggregates or of look-ups by lists one after the other (at least three shapes), or of many shapes (at least fifteen, half of the statements or more; those of a burst without name or tags are left out). By role, application, tags and first shape. n: executions that are told of, in one unit; of the largest unit shapes (different ones), most (executions of one), examples in order; exec_time, gap_time: of these statements and between them, milliseconds.';

CREATE FUNCTION distinct_facts(
    OUT userid oid, OUT shape bigint, OUT sampled bigint, OUT distinct_values float8, OUT units bigint,
    OUT last_seen timestamptz)
RETURNS SETOF record
AS 'MODULE_PATHNAME', 'perfaudit_distinct_facts_1_0'
LANGUAGE C STRICT VOLATILE PARALLEL RESTRICTED ROWS 500;
COMMENT ON FUNCTION distinct_facts() IS
'How many different combinations of values the SELECTs of the current database are asked with, at top level: an estimate within a fifth, from one of 32 executions of each session; sampled: executions looked at; units: units of work that they were in. Of the 512 shapes asked most and latest.';

CREATE FUNCTION backend_facts(
    OUT pid int, OUT dbid oid, OUT userid oid, OUT application text, OUT unit text,
    OUT scope text, OUT unit_start timestamptz, OUT unit_statements bigint,
    OUT unit_exec_time float8, OUT unit_gap_time float8,
    OUT running_shape bigint, OUT repeated_shape bigint, OUT repeated_n bigint,
    OUT connected timestamptz, OUT statements bigint, OUT errors bigint,
    OUT exec_time float8, OUT p95_exec_time float8, OUT tags jsonb, OUT plan_id bigint)
RETURNS SETOF record
AS 'MODULE_PATHNAME', 'perfaudit_backend_facts_1_0'
LANGUAGE C STRICT VOLATILE PARALLEL RESTRICTED ROWS 100;
COMMENT ON FUNCTION backend_facts() IS
'What each recorded backend is doing now and did since it connected; times in milliseconds. plan_id: as the server knows it, of the statement that runs or ran last; from PostgreSQL 18 on.';

CREATE FUNCTION info_facts(OUT area text, OUT item text, OUT value bigint,
    OUT capacity bigint, OUT unit text)
RETURNS SETOF record
AS 'MODULE_PATHNAME', 'perfaudit_info_facts_1_0'
LANGUAGE C STRICT VOLATILE PARALLEL RESTRICTED ROWS 30;
COMMENT ON FUNCTION info_facts() IS
'What the recorder holds and uses; what it has from the run before (area restored); what it had to let go since the server was started.';

CREATE FUNCTION recorded_since() RETURNS timestamptz
AS 'MODULE_PATHNAME', 'perfaudit_since_1_0'
LANGUAGE C STRICT STABLE PARALLEL RESTRICTED;
COMMENT ON FUNCTION recorded_since() IS 'When recording began or all statistics were reset; a restart that restores them does not count.';

CREATE FUNCTION threshold(name text) RETURNS float8
AS 'MODULE_PATHNAME', 'perfaudit_threshold_1_0'
LANGUAGE C STRICT STABLE PARALLEL SAFE;
COMMENT ON FUNCTION threshold(text) IS
'The value of the setting perfaudit.<name> in its base unit (milliseconds, rows).';

CREATE FUNCTION reset_facts(dbid oid, userid oid, shape bigint) RETURNS bigint
AS 'MODULE_PATHNAME', 'perfaudit_reset_1_0'
LANGUAGE C STRICT VOLATILE PARALLEL RESTRICTED;
COMMENT ON FUNCTION reset_facts(oid, oid, bigint) IS
'Forgets statements, plans and repeats; 0 stands for all. Use perfaudit.reset().';

CREATE FUNCTION reset(database name DEFAULT NULL, username name DEFAULT NULL, queryid bigint DEFAULT NULL)
RETURNS bigint
LANGUAGE plpgsql VOLATILE PARALLEL RESTRICTED
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    db oid := 0;
    role oid := 0;
    removed bigint := 0;
    s record;
BEGIN
    IF database IS NOT NULL THEN
        SELECT d.oid INTO db FROM pg_database d WHERE d.datname = database;
        IF NOT FOUND THEN
            RAISE EXCEPTION 'database "%" does not exist', database USING ERRCODE = 'invalid_catalog_name';
        END IF;
    END IF;
    IF username IS NOT NULL THEN
        SELECT r.oid INTO role FROM pg_roles r WHERE r.rolname = username;
        IF NOT FOUND THEN
            RAISE EXCEPTION 'role "%" does not exist', username USING ERRCODE = 'undefined_object';
        END IF;
    END IF;
    IF queryid IS NULL THEN
        RETURN perfaudit.reset_facts(db, role, 0);
    END IF;
    FOR s IN SELECT DISTINCT f.shape FROM perfaudit.statement_facts(0, 0, false) f
             WHERE queryid = ANY (f.queryids) OR f.shape = queryid
    LOOP
        removed := removed + perfaudit.reset_facts(db, role, s.shape);
    END LOOP;
    RETURN removed;
END
$$;
COMMENT ON FUNCTION reset(name, name, bigint) IS
'Forgets what was recorded: everything, or only one database''s, role''s or query''s. Returns the number of statements forgotten.';

-- One line for people: schema-qualified, quoted where needed.
CREATE FUNCTION relation_name(relid oid) RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
    SELECT format('%I.%I', n.nspname, c.relname)
    FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
    WHERE c.oid = relid;
END;
COMMENT ON FUNCTION relation_name(oid) IS 'Schema-qualified, quoted name of a relation; NULL when it is gone.';

CREATE FUNCTION column_name(relid oid, attnum int) RETURNS name
LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
    SELECT a.attname FROM pg_catalog.pg_attribute a
    WHERE a.attrelid = relid AND a.attnum = column_name.attnum AND NOT a.attisdropped;
END;
COMMENT ON FUNCTION column_name(oid, int) IS 'Name of a column; NULL when it is gone.';

CREATE VIEW statements AS
SELECT d.datname AS database, pg_get_userbyid(f.userid) AS username, f.toplevel,
       f.queryids[1] AS queryid, f.queryids, f.operation, f.query,
       f.calls, f.errors, f.rows,
       f.total_exec_time, f.mean_exec_time, f.min_exec_time, f.max_exec_time,
       f.p50_exec_time, f.p95_exec_time, f.p99_exec_time,
       f.plans, f.total_plan_time, f.max_plan_time,
       f.shared_blks_hit, f.shared_blks_read, f.temp_blks_written,
       f.seq_rows_read, f.generic_calls, f.custom_calls, f.plan_id,
       f.hour_calls, f.hour_time, f.previous_hour_calls, f.previous_hour_time,
       f.first_seen, f.last_seen,
       f.cancelled, f.statement_timeouts, f.lock_timeouts, f.terminated, f.error_classes,
       f.jit_calls, f.jit_time, f.jit_functions,
       f.hour_rows, f.hour_p95_exec_time, f.previous_hour_rows, f.previous_hour_p95_exec_time,
       f.self_exec_time, f.parent_queryid,
       statement_text(f.dbid, f.parent_userid, f.parent_toplevel, coalesce(f.parent_shape, 0)) AS parent_query,
       f.invoked_by, f.several_parents
FROM statement_facts(0) f LEFT JOIN pg_database d ON d.oid = f.dbid;

CREATE VIEW plans AS
SELECT pg_get_userbyid(p.userid) AS username, p.toplevel, s.queryids[1] AS queryid, p.plan_id,
       p.is_current, p.calls, p.total_exec_time, p.mean_exec_time, p.max_exec_time,
       p.est_cost, p.sampled, p.truncated, p.first_seen, p.last_seen,
       statement_text(p.dbid, p.userid, p.toplevel, p.shape) AS query, p.plan_text,
       p.p50_exec_time, p.p95_exec_time, p.generic_calls
FROM plan_facts() p
JOIN statement_facts(0, this_database(), false) s USING (userid, toplevel, shape);

CREATE VIEW plan_nodes AS
SELECT pg_get_userbyid(n.userid) AS username, n.toplevel, s.queryids[1] AS queryid, n.plan_id,
       n.is_current, n.node, n.parent, n.type, n.relid::regclass AS relation,
       n.indexid::regclass AS index, n.est_rows,
       n.rows / nullif(n.loops, 0) AS actual_rows, n.loops, n.rows, n.rows_removed, n.sampled,
       n.spills, n.spill_max_kb, n.est_cost,
       n.cache_hits, n.cache_misses, n.cache_evictions, n.exact_pages, n.lossy_pages
FROM node_facts() n
JOIN statement_facts(0, this_database(), false) s USING (userid, toplevel, shape);

CREATE VIEW predicates AS
SELECT p.relid::regclass AS relation, a.attname AS "column",
       p.funcid::regprocedure AS function, p.kind, p.opno::regoperator AS operator,
       c.opcname AS operator_class,
       p.key_position, p.descending, p.list,
       p.rows_read, p.rows_kept, p.sampled,
       s.calls, s.queryids[1] AS queryid, p.plan_id, p.is_current, s.query
FROM predicate_facts() p
JOIN statement_facts(0, this_database()) s USING (userid, toplevel, shape)
LEFT JOIN pg_attribute a ON a.attrelid = p.relid AND a.attnum = p.attnum AND NOT a.attisdropped
LEFT JOIN (SELECT ao.amopopr, min(oc.opcname) AS opcname
           FROM pg_am am
           JOIN pg_opclass oc ON oc.opcmethod = am.oid AND oc.opcdefault
           JOIN pg_amop ao ON ao.amopfamily = oc.opcfamily AND ao.amopmethod = oc.opcmethod
               AND ao.amoplefttype = oc.opcintype
           WHERE am.amname = 'btree'
           GROUP BY ao.amopopr) c ON c.amopopr = p.opno;

CREATE VIEW units AS
SELECT d.datname AS database, pg_get_userbyid(u.userid) AS username, u.application, u.tags, u.scope,
       u.units, u.statements, u.statements::float8 / nullif(u.units, 0) AS statements_mean,
       u.statements_max, u.exec_time, u.gap_time, u.first_seen, u.last_seen
FROM unit_facts() u LEFT JOIN pg_database d ON d.oid = u.dbid;

CREATE VIEW repeats AS
SELECT pg_get_userbyid(r.userid) AS username, r.application, r.tags, r.scope, r.kind,
       r.child_relid::regclass AS child_table,
       column_name(r.child_relid, r.child_attnum) AS child_column,
       r.parent_relid::regclass AS parent_table,
       column_name(r.parent_relid, r.parent_attnum) AS parent_column,
       r.units, r.n_total, r.n_min, r.n_median, r.n_max, r.distinct_values, r.same_values,
       r.compared, r.covered, r.exec_time, r.gap_time, r.saved_time,
       c.queryids[1] AS queryid, statement_text(c.dbid, c.userid, c.toplevel, c.shape) AS query,
       p.queryids[1] AS parent_queryid, statement_text(p.dbid, p.userid, p.toplevel, p.shape) AS parent_query,
       r.first_seen, r.last_seen
FROM repeat_facts() r
LEFT JOIN statement_facts(0, this_database(), false) c USING (userid, toplevel, shape)
LEFT JOIN statement_facts(0, this_database(), false) p ON p.userid = r.userid
    AND p.toplevel AND p.shape = r.parent_shape;

CREATE VIEW backends AS
SELECT b.pid, d.datname AS database, pg_get_userbyid(b.userid) AS username, b.application,
       b.unit, b.tags, b.scope, b.unit_start, b.unit_statements, b.unit_exec_time, b.unit_gap_time,
       statement_text(r.dbid, r.userid, r.toplevel, r.shape) AS running_query,
       statement_text(m.dbid, m.userid, m.toplevel, m.shape) AS most_repeated_query, b.repeated_n AS most_repeated_n,
       b.connected, b.statements, b.errors, b.exec_time, b.p95_exec_time, b.plan_id
FROM backend_facts() b
LEFT JOIN pg_database d ON d.oid = b.dbid
LEFT JOIN statement_facts(0, 0, false) r ON r.dbid = b.dbid AND r.userid = b.userid
    AND r.toplevel AND r.shape = b.running_shape
LEFT JOIN statement_facts(0, 0, false) m ON m.dbid = b.dbid AND m.userid = b.userid
    AND m.toplevel AND m.shape = b.repeated_shape;
