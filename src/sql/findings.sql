-- All detectors together; a new one needs no change here.

DO $$
DECLARE
    parts text;
BEGIN
    SELECT string_agg(format('SELECT * FROM perfaudit.%I', 'detect_' || kind), ' UNION ALL ' ORDER BY kind)
    INTO STRICT parts FROM perfaudit.detector_list;
    EXECUTE 'CREATE VIEW perfaudit.findings AS '
        || 'SELECT finding_id, severity, kind, relation, summary, suggestion, '
        || 'round(impact_ms::numeric, 3)::float8 AS impact_ms, occurrences, '
        || 'database, username, application, queryid, query, parent_queryid, parent_query, '
        || 'evidence, first_seen, last_seen FROM (' || parts || ') AS f '
        || 'ORDER BY perfaudit.severity_rank(severity), impact_ms DESC';
END
$$;
COMMENT ON VIEW findings IS 'What is wrong in the current database, worst first; one row a problem.';
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

