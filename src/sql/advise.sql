
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
