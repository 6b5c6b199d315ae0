
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

CREATE FUNCTION suggest_indexes(max_indexes integer DEFAULT 10,
    storage_budget bigint DEFAULT NULL, max_ms integer DEFAULT 2000,
    min_gain float8 DEFAULT 10,
    OUT rank integer, OUT action text, OUT ddl text, OUT "table" regclass,
    OUT method text, OUT columns text[], OUT predicate text, OUT est_size bigint,
    OUT benefit_ms_per_day float8, OUT write_ms_per_day float8, OUT net_pct float8,
    OUT cost_before float8, OUT cost_after float8, OUT n_queries integer,
    OUT queryids bigint[], OUT confidence real, OUT verified text,
    OUT warnings text[], OUT evidence jsonb)
RETURNS SETOF record
AS 'MODULE_PATHNAME', 'perfaudit_suggest_indexes_1_0'
LANGUAGE C VOLATILE PARALLEL UNSAFE ROWS 10;

COMMENT ON FUNCTION suggest_indexes(integer, bigint, integer, float8) IS
'Indexes that would help the recorded statements of this database, each checked by the planner; nothing is created. Arguments: max_indexes; storage_budget: bytes for all of them together, null: no limit; max_ms: time the search may take, milliseconds; min_gain: percent of a statement''s cost that an index must save.
Result: rank: best first; action: create, or note (something to know, in ddl, warnings and evidence); ddl: the statement to run; table, method, columns, predicate: the index; est_size: bytes; benefit_ms_per_day: execution time saved, milliseconds (a statement that uses several of the indexes counts once); write_ms_per_day: time it costs writes, milliseconds; net_pct: both together, percent of the time of the statements that use the table; cost_before, cost_after: planner cost of one execution of each statement that gains, summed, as things are and with all that is advised; n_queries, queryids: these statements; confidence: 0 to 1; verified: how the planner was asked (custom: with recorded values or literals, generic: with parameters, custom+generic, rule: not at all); warnings; evidence: per statement calls, times, rows read and kept, costs; the table''s size and writes; what was rejected and why. Statements of roles whose privileges the caller does not have are skipped.';
