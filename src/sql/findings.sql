-- All detectors together; a new one needs no change here.

/*
 * The view of one kind, planned and run by itself.  Not compiled: what the
 * planner thinks that views of many functions cost says little.  Unsafe in
 * parallel: index_not_used plans statements, in subtransactions.
 */
CREATE FUNCTION findings_of(kind text, needs text[],
    OUT finding_id text, OUT severity text, OUT relation regclass, OUT summary text, OUT suggestion text,
    OUT impact_ms float8, OUT occurrences bigint, OUT database text, OUT username name, OUT application text,
    OUT queryid bigint, OUT query text, OUT parent_queryid bigint, OUT parent_query text, OUT evidence jsonb,
    OUT first_seen timestamptz, OUT last_seen timestamptz)
RETURNS SETOF record
AS 'MODULE_PATHNAME', 'perfaudit_findings_of_1_0'
LANGUAGE C STRICT VOLATILE PARALLEL UNSAFE COST 100000 ROWS 10
SET search_path = pg_catalog, pg_temp SET jit = off;
COMMENT ON FUNCTION findings_of(text, text[]) IS
'Rows of the view detect_<kind> over the statements that meet needs, if any. In one query all kinds judge the same facts. Use perfaudit.findings.';

CREATE VIEW findings AS
SELECT f.finding_id, f.severity, d.kind, f.relation, f.summary, f.suggestion,
       round(f.impact_ms::numeric, 3)::float8 AS impact_ms, f.occurrences,
       f.database, f.username, f.application, f.queryid, f.query, f.parent_queryid, f.parent_query,
       f.evidence, f.first_seen, f.last_seen
FROM detector_list d CROSS JOIN LATERAL findings_of(d.kind, d.needs) f
WHERE NOT EXISTS (SELECT FROM ignored_findings i
                  WHERE i.finding_id = f.finding_id AND (i.until IS NULL OR i.until > now()))
ORDER BY severity_rank(f.severity), f.impact_ms DESC, d.kind, f.finding_id;
COMMENT ON VIEW findings IS 'What is wrong in the current database, worst first; one row a problem that is not muted.';
COMMENT ON COLUMN findings.finding_id IS 'The same for the same problem, also after a restart.';
COMMENT ON COLUMN findings.severity IS 'critical, high, medium or low; the same scale for all kinds.';
COMMENT ON COLUMN findings.kind IS 'Kind of problem; see perfaudit.detectors.';
COMMENT ON COLUMN findings.relation IS 'The table to act on.';
COMMENT ON COLUMN findings.summary IS 'What was seen.';
COMMENT ON COLUMN findings.suggestion IS 'What to do: a sentence or SQL.';
COMMENT ON COLUMN findings.impact_ms IS 'Milliseconds that this problem cost since the statistics were reset.';
COMMENT ON COLUMN findings.occurrences IS 'How often it happened: executions, or units of work.';
COMMENT ON COLUMN findings.database IS 'Database.';
COMMENT ON COLUMN findings.username IS 'Role that ran it.';
COMMENT ON COLUMN findings.application IS 'application_name, where the finding is about units of work.';
COMMENT ON COLUMN findings.queryid IS 'The server''s query id, as in pg_stat_statements.';
COMMENT ON COLUMN findings.query IS 'Normalised text; no literal is shown.';
COMMENT ON COLUMN findings.parent_queryid IS 'Query id of the statement whose rows caused the repeats.';
COMMENT ON COLUMN findings.parent_query IS 'Its normalised text.';
COMMENT ON COLUMN findings.evidence IS 'The figures behind it, in one vocabulary across kinds.';
COMMENT ON COLUMN findings.first_seen IS 'When it was first seen.';
COMMENT ON COLUMN findings.last_seen IS 'When it was last seen.';

