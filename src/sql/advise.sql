
--
-- Index advice (src/advise).
--

CREATE FUNCTION what_if(query text, ddl text[] DEFAULT '{}',
    hide regclass[] DEFAULT '{}', plan_text boolean DEFAULT false,
    OUT cost_before float8, OUT cost_after float8, OUT gain_pct float8,
    OUT used text[], OUT est_size bigint, OUT plan_before text, OUT plan_after text)
RETURNS SETOF record
AS 'MODULE_PATHNAME', 'perfaudit_what_if_1_0'
LANGUAGE C VOLATILE PARALLEL UNSAFE ROWS 1;

COMMENT ON FUNCTION what_if(text, text[], regclass[], boolean) IS
'What the planner would make of a query (one SELECT, INSERT, UPDATE, DELETE or MERGE, of which $n parameters stay open) if the indexes of the CREATE INDEX statements ddl existed and those of hide did not. Nothing is executed or created. cost_before, cost_after: planner cost; gain_pct: percent of cost_before saved; used: the elements of ddl whose index the plan uses; est_size: bytes of all indexes of ddl together; plan_before, plan_after: EXPLAIN''s text if plan_text is true. The query is planned as the caller, with his privileges.';

CREATE VIEW drop_candidates AS
SELECT f.index::oid AS indexid, f.relation::oid AS relid, relation_name(f.index) AS index_name, f.method, f.columns, f.size,
       f.partitions IS NOT NULL AS partitioned, f.writes_per_day,
       CASE WHEN d.index_name IS NOT NULL THEN 'another index does all that it does'
            WHEN u.index_name IS NOT NULL THEN 'it was never used' END AS reason,
       jsonb_strip_nulls(jsonb_build_object('index', relation_name(f.index), 'scans', f.scans, 'table_reads', f.table_reads,
           'writes_per_day', round(f.writes_per_day), 'counted_since', f.counted_since,
           'covered_by', relation_name(f.covered_by),
           'standbys', (SELECT count(*) FROM pg_stat_replication)))::text AS facts
FROM index_facts f
LEFT JOIN (SELECT evidence ->> 'index' AS index_name FROM detect_unused_index) u ON u.index_name = relation_name(f.index)
LEFT JOIN (SELECT evidence ->> 'index' AS index_name FROM detect_duplicate_index) d ON d.index_name = relation_name(f.index)
-- what has a role stays; a foreign key needs the last of those that lead with its columns
WHERE f.usable AND NOT (f.is_unique OR f.replica_identity OR f.referenced OR f.clustered) AND f.constraint_name IS NULL
ORDER BY d.index_name IS NULL, f.relation::oid, f.index::oid;
COMMENT ON VIEW drop_candidates IS 'Indexes without a role, for suggest_indexes() to prove that nobody would miss them.';
COMMENT ON COLUMN drop_candidates.indexid IS 'Index.';
COMMENT ON COLUMN drop_candidates.relid IS 'Its table.';
COMMENT ON COLUMN drop_candidates.index_name IS 'Name, qualified and quoted.';
COMMENT ON COLUMN drop_candidates.method IS 'Access method.';
COMMENT ON COLUMN drop_candidates.columns IS 'Key columns and expressions.';
COMMENT ON COLUMN drop_candidates.size IS 'Bytes.';
COMMENT ON COLUMN drop_candidates.partitioned IS 'True: of a partitioned table.';
COMMENT ON COLUMN drop_candidates.writes_per_day IS 'Entries written to it a day.';
COMMENT ON COLUMN drop_candidates.reason IS 'Why it may go, by the findings unused_index and duplicate_index; NULL: only if an index that is advised does its work.';
COMMENT ON COLUMN drop_candidates.facts IS 'What is known of it, as JSON.';

CREATE FUNCTION suggest_indexes(max_indexes integer DEFAULT 100,
    storage_budget bigint DEFAULT NULL, max_ms integer DEFAULT 2000,
    min_gain float8 DEFAULT 10, tables regclass[] DEFAULT NULL,
    queryids bigint[] DEFAULT NULL, include_drops boolean DEFAULT false,
    OUT rank integer, OUT action text, OUT ddl text, OUT "table" regclass,
    OUT method text, OUT columns text[], OUT predicate text, OUT est_size bigint,
    OUT benefit_ms_per_day float8, OUT write_ms_per_day float8, OUT net_pct float8,
    OUT cost_before float8, OUT cost_after float8, OUT n_queries integer,
    OUT queryids bigint[], OUT confidence real, OUT verified text,
    OUT warnings text[], OUT evidence jsonb)
RETURNS SETOF record
AS 'MODULE_PATHNAME', 'perfaudit_suggest_indexes_1_0'
LANGUAGE C VOLATILE PARALLEL UNSAFE ROWS 10;

COMMENT ON FUNCTION suggest_indexes(integer, bigint, integer, float8, regclass[], bigint[], boolean) IS
'Indexes that would help the recorded statements of this database, each checked by the planner; nothing is created. Arguments: max_indexes; storage_budget: bytes for all of them together, null: no limit; max_ms: time the search may take, milliseconds; min_gain: percent of a statement''s cost that an index must save; tables: advice on these only; queryids: advice for these statements only; include_drops: existing indexes that nobody would miss as well.
Result: rank: best first; action: create, replace (create it, then drop what it stands in for), drop (write_ms_per_day is then what is saved, below zero, n_queries the statements that were planned without it, of which none gets more than 2 percent dearer), or note (something to know, in ddl, warnings and evidence); ddl: what to run (of replace, and of a note that needs an extension, two statements, to be sent one by one); table, method, columns, predicate: the index; est_size: bytes; benefit_ms_per_day: execution time saved, milliseconds (a statement that uses several of the indexes counts once); write_ms_per_day: time it costs writes, milliseconds; net_pct: both together, percent of the time of the statements that use the table; cost_before, cost_after: planner cost of one execution of each statement that gains, summed, as things are and with all that is advised; n_queries, queryids: these statements; confidence: 0 to 1, more when it is advised again in other hours; verified: how the planner was asked (custom: with recorded values or literals, generic: with parameters, custom+generic, rule: not at all); warnings; evidence: per statement calls, times, the nodes of its recorded plan down to the table (node_path), rows read and kept, costs; the table''s size and writes; since when these arguments got this advice (advised_since) and in how many hours of the clock (advised_hours); what was rejected and why. What was advised before is kept until something gains more than perfaudit.advice_hold percent more. Statements of roles whose privileges the caller does not have are skipped.';

CREATE FUNCTION suggest_indexes_for(query text, max_indexes integer DEFAULT 10,
    storage_budget bigint DEFAULT NULL, max_ms integer DEFAULT 2000,
    min_gain float8 DEFAULT 10,
    OUT rank integer, OUT action text, OUT ddl text, OUT "table" regclass,
    OUT method text, OUT columns text[], OUT predicate text, OUT est_size bigint,
    OUT benefit_ms_per_day float8, OUT write_ms_per_day float8, OUT net_pct float8,
    OUT cost_before float8, OUT cost_after float8, OUT n_queries integer,
    OUT queryids bigint[], OUT confidence real, OUT verified text,
    OUT warnings text[], OUT evidence jsonb)
RETURNS SETOF record
AS 'MODULE_PATHNAME', 'perfaudit_suggest_indexes_for_1_0'
LANGUAGE C VOLATILE PARALLEL UNSAFE ROWS 10;

COMMENT ON FUNCTION suggest_indexes_for(text, integer, bigint, integer, float8) IS
'Indexes that would help one query (a SELECT, INSERT, UPDATE, DELETE or MERGE, of which $n parameters may stay open), be it recorded or not: planned as the caller, with his privileges; nothing is executed or created. Arguments and result are those of suggest_indexes(); nobody knows how often the query comes, so milliseconds a day and net_pct are null, and what an index costs writes does not speak against it.';

CREATE FUNCTION advice_progress_facts(OUT pid integer, OUT dbid oid, OUT userid oid, OUT phase text,
    OUT statements integer, OUT statements_planned integer, OUT statements_skipped integer,
    OUT indexes_tried integer, OUT indexes_chosen integer, OUT plans integer,
    OUT started timestamptz, OUT deadline timestamptz)
RETURNS SETOF record
AS 'MODULE_PATHNAME', 'perfaudit_advice_progress_facts_1_0'
LANGUAGE C VOLATILE PARALLEL UNSAFE ROWS 1;
COMMENT ON FUNCTION advice_progress_facts() IS 'Runs of suggest_indexes() and suggest_indexes_for() under way: all for who may read other roles'' statistics, else one''s own.';

CREATE VIEW advice_progress AS
SELECT f.pid, d.datname AS database, pg_get_userbyid(f.userid) AS username, f.phase,
       f.statements, f.statements_planned, f.statements_skipped, f.indexes_tried, f.indexes_chosen, f.plans,
       f.started, f.deadline
FROM advice_progress_facts() f LEFT JOIN pg_database d ON d.oid = f.dbid;
COMMENT ON VIEW advice_progress IS 'How far runs of suggest_indexes() and suggest_indexes_for() are that are under way, of all databases.';
COMMENT ON COLUMN advice_progress.pid IS 'Process of the session.';
COMMENT ON COLUMN advice_progress.database IS 'Its database.';
COMMENT ON COLUMN advice_progress.username IS 'Who asked.';
COMMENT ON COLUMN advice_progress.phase IS 'reading statements, planning statements, finding candidates, searching, proving drops, checking.';
COMMENT ON COLUMN advice_progress.statements IS 'Recorded statements to look at.';
COMMENT ON COLUMN advice_progress.statements_planned IS 'Of them those that were planned as things are.';
COMMENT ON COLUMN advice_progress.statements_skipped IS 'Of them those that cannot be planned again.';
COMMENT ON COLUMN advice_progress.indexes_tried IS 'Candidates.';
COMMENT ON COLUMN advice_progress.indexes_chosen IS 'Of them those that are advised so far.';
COMMENT ON COLUMN advice_progress.plans IS 'Times the planner was asked.';
COMMENT ON COLUMN advice_progress.started IS 'When the run began.';
COMMENT ON COLUMN advice_progress.deadline IS 'When max_ms is up.';
