-- For test suites and CI of applications: fails when there are findings.

CREATE FUNCTION perfaudit.check(min_severity text DEFAULT 'low', kinds text[] DEFAULT NULL,
                                application text DEFAULT NULL) RETURNS text
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    max_rank CONSTANT int := perfaudit.severity_rank(min_severity);
    in_detail CONSTANT int := 20;
    wrong text;
    n bigint;
    lines text;
    scope text;
BEGIN
    IF max_rank IS NULL THEN
        RAISE EXCEPTION 'perfaudit: % is no severity', coalesce(quote_literal(left(min_severity, 64)), 'null')
            USING ERRCODE = 'invalid_parameter_value',
            DETAIL = 'min_severity is the least that makes check() fail.',
            HINT = 'Available values: low, medium, high, critical.';
    END IF;
    SELECT string_agg(coalesce(quote_literal(left(k, 64)), 'null'), ', ') INTO wrong
    FROM unnest(kinds) k WHERE k IS NULL OR NOT EXISTS (SELECT FROM perfaudit.detector_list d WHERE d.kind = k);
    IF wrong IS NOT NULL OR cardinality(kinds) = 0 THEN
        RAISE EXCEPTION 'perfaudit: %', coalesce('no such kind of finding: ' || wrong, 'kinds is empty')
            USING ERRCODE = 'invalid_parameter_value',
            DETAIL = 'kinds are those that make check() fail; null stands for all.',
            HINT = 'SELECT kind, meaning FROM perfaudit.detectors shows them.';
    END IF;
    scope := format('of severity %s%s%s', min_severity,
                    CASE WHEN min_severity <> 'critical' THEN ' or worse' ELSE '' END,
                    CASE WHEN application IS NOT NULL THEN format(', of application %L', application) ELSE '' END);
    SELECT count(*), string_agg(f.line, E'\n' ORDER BY f.place) FILTER (WHERE f.place <= in_detail) INTO n, lines
    FROM (SELECT row_number() OVER (ORDER BY perfaudit.severity_rank(s.severity), s.impact_ms DESC, s.finding_id) AS place,
                 format('%s %s %s%s: %s', s.finding_id, s.severity, s.kind, ' on ' || s.relation::text, s.summary) AS line
          FROM perfaudit.findings s
          WHERE perfaudit.severity_rank(s.severity) <= max_rank
            AND (kinds IS NULL OR s.kind = ANY (kinds))
            AND ($3 IS NULL OR s.application = $3)) f;
    IF n > 0 THEN
        RAISE EXCEPTION 'perfaudit: % finding% %', n, CASE WHEN n > 1 THEN 's' ELSE '' END, scope
            USING ERRCODE = 'PA003',
            DETAIL = lines || CASE WHEN n > in_detail THEN format(E'\nand %s more', n - in_detail) ELSE '' END,
            HINT = 'SELECT perfaudit.explain(finding_id) shows one at length; perfaudit.ignore(finding_id, reason) mutes one.';
    END IF;
    RETURN format('no findings %s, among %s recorded statements%s%s', scope,
                  (SELECT count(*) FROM perfaudit.judged_statements),
                  CASE WHEN NOT pg_has_role('pg_read_all_stats', 'USAGE')
                      THEN format(' that role %I may see', current_user) ELSE '' END,
                  (SELECT ', ' || count(*) || ' muted' FROM perfaudit.ignored i WHERE i.active HAVING count(*) > 0));
END;
$$;
COMMENT ON FUNCTION perfaudit.check(text, text[], text) IS
'Raises an error (SQLSTATE PA003) that lists the findings of this database, if there are any of at least this severity, of these kinds, of this application; for test suites.';

