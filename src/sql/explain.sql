--
-- One finding at length.
--

CREATE FUNCTION plan_again(userid oid, toplevel bool, shape bigint, ddl text[],
    OUT cost_before float8, OUT cost_after float8, OUT plan_before text, OUT plan_after text, OUT skipped text)
RETURNS SETOF record
AS 'MODULE_PATHNAME', 'perfaudit_plan_again_1_0'
LANGUAGE C STRICT VOLATILE PARALLEL UNSAFE ROWS 1;
COMMENT ON FUNCTION plan_again(oid, bool, bigint, text[]) IS
'The plan that a recorded statement shape gets now, from its normalised text, and the one it would get if the indexes of the CREATE INDEX statements ddl existed. Nothing is executed or created. For those who have the privileges of the role that ran it; else, or when it cannot be planned, skipped says why. The plans are NULL where literals would be in them.';

-- The thresholds are those of questions, not of findings.
CREATE FUNCTION why_not_used(index regclass, OUT reason text, OUT explanation text, OUT suggestion text,
    OUT kept_share float8, OUT calls bigint, OUT username name, OUT queryid bigint, OUT query text, OUT evidence jsonb)
RETURNS SETOF record
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE ROWS 5
SET search_path = pg_catalog, pg_temp
SET perfaudit.scan_kept_share = 1 SET perfaudit.large_table_rows = 1
SET perfaudit.judge_calls = 1 SET perfaudit.judge_time = 0
AS $$
#variable_conflict use_column
BEGIN
    IF NOT EXISTS (SELECT FROM pg_class c WHERE c.oid = why_not_used.index AND c.relkind IN ('i', 'I')) THEN
        RAISE EXCEPTION 'perfaudit: % is not an index', coalesce(why_not_used.index::text, 'null') USING ERRCODE = 'wrong_object_type',
            HINT = 'SELECT index FROM perfaudit.index_facts shows them.';
    END IF;
    RETURN QUERY SELECT f.evidence ->> 'variant', f.summary, f.suggestion, (f.evidence ->> 'kept_share')::float8, f.occurrences,
           f.username, f.queryid, f.query, f.evidence
    FROM perfaudit.detect_index_not_used f
    WHERE f.evidence ->> 'index' IN (SELECT perfaudit.relation_name(p.relid) FROM pg_partition_tree(why_not_used.index) p
                                     UNION SELECT perfaudit.relation_name(why_not_used.index))
    ORDER BY f.impact_ms DESC, f.query;
END
$$;
COMMENT ON FUNCTION why_not_used(regclass) IS
'Why recorded statements that read the table of an index from end to end did not use it, though it is on what they choose rows by: reason as evidence.variant of index_not_used, told for tables of any size and whatever share of the rows is kept.';

-- The key of one of the evidence, and its value, in words.
CREATE FUNCTION evidence_text(key text, value jsonb) RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
    SELECT coalesce(w.words, replace(regexp_replace(key, E'_(ms|kb)(_|$)', E'\\2'), '_', ' ')) || ': '
        || CASE WHEN jsonb_typeof(value) = 'array' THEN (SELECT string_agg(e, ', ') FROM jsonb_array_elements_text(value) e)
                WHEN jsonb_typeof(value) = 'object' THEN (SELECT string_agg(e.key || ' = ' || e.value, ', ' ORDER BY e.key) FROM jsonb_each_text(value) e)
                WHEN jsonb_typeof(value) <> 'number' THEN value #>> '{}'
                WHEN key ~ '_ms' THEN ms_text((value #>> '{}')::float8)
                WHEN key ~ '_kb' THEN count_text((value #>> '{}')::float8) || ' kB'
                WHEN key ~ 'size$' THEN pg_size_pretty((value #>> '{}')::numeric)
                WHEN value #>> '{}' ~ '[.]' THEN value #>> '{}'
                ELSE count_text((value #>> '{}')::float8) END
    FROM (SELECT (SELECT v.words FROM (VALUES
        ('variant', 'what exactly'), ('scope', 'inside one'), ('calls', 'executions'), ('units', 'units of work'),
        ('n_min', 'executions in a unit, at least'), ('n_median', 'executions in a unit, mostly'),
        ('n_max', 'executions in a unit, at most'), ('distinct_values', 'different values'),
        ('same_values', 'executions with values seen before in their unit'),
        ('compared', 'executions whose values were looked at'), ('covered', 'share of them found in the parent''s column'),
        ('exec_ms', 'execution time in all'), ('gap_ms', 'waiting between the executions (client and network)'),
        ('plan_ms', 'planning time in all'), ('inside_ms', 'of it in statements that functions run'),
        ('rows_read', 'rows read'), ('rows_kept', 'of them kept'), ('rows_read_per_call', 'rows read an execution'),
        ('rows_sent', 'rows sent to the client'), ('rows_sent_max', 'at most at once'),
        ('rows_discarded', 'rows discarded'), ('rows_discarded_max', 'at most at once'),
        ('rows_estimated', 'rows the planner expected'), ('rows_actual', 'rows that came'),
        ('p50_ms', 'half of the executions take no longer than'), ('p95_ms', '95 percent take no longer than'),
        ('p99_ms', '99 percent take no longer than'), ('node', 'plan node'), ('columns', 'columns'),
        ('statements_checked', 'recorded statements on the table planned without it'), ('statements_using', 'of them those whose plan has it now'),
        ('statements_skipped', 'statements that could not be planned'), ('worst_pct', 'percent that the worst of them gets dearer'),
        ('all_checked', 'there was time for all'),
        ('succeeded', 'executions that succeeded'), ('errors', 'executions that failed'), ('error_classes', 'of them by SQLSTATE class'),
        ('calls_before', 'with the former plan'), ('mean_ms', 'an execution on average'), ('mean_ms_before', 'with the former plan'),
        ('p50_ms_before', 'with the former plan'), ('p95_ms_before', 'with the former plan'), ('rows', 'rows found by an execution'),
        ('rows_before', 'with the former plan'), ('rows_read_before', 'with the former plan'), ('work_mem', 'work_mem that would hold it'),
        ('spill_max_kb', 'written to disk by the node, at most'), ('temp_kb_per_call', 'temporary files an execution')
    ) v (key, words) WHERE v.key = evidence_text.key) AS words) w;
END;
COMMENT ON FUNCTION evidence_text(text, jsonb) IS 'One figure of a finding''s evidence, for people.';

CREATE FUNCTION side_by_side(heading text, plan text, other_heading text, other_plan text) RETURNS SETOF text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
BEGIN ATOMIC
    WITH lines AS (
        SELECT coalesce(a.n, b.n) AS n, coalesce(a.line, '') AS line, coalesce(b.line, '') AS other
        FROM unnest(heading || regexp_split_to_array('  ' || replace(plan, E'\n', E'\n  '), E'\n')) WITH ORDINALITY a (line, n)
        FULL JOIN unnest(other_heading || regexp_split_to_array('  ' || replace(other_plan, E'\n', E'\n  '), E'\n')) WITH ORDINALITY b (line, n)
            ON a.n = b.n
    ), size AS (
        SELECT max(length(l.line)) AS width, max(length(l.line)) + max(length(l.other)) <= 200 AS fits, max(l.n) AS n FROM lines l
    )
    SELECT t.line
    FROM (SELECT l.n, rtrim(rpad(l.line, z.width) || ' | ' || l.other) AS line FROM lines l CROSS JOIN size z WHERE z.fits
          UNION ALL
          SELECT l.n, l.line FROM lines l CROSS JOIN size z WHERE NOT z.fits AND (l.line <> '' OR l.n = 1)
          UNION ALL
          SELECT z.n + 1, '' FROM size z WHERE NOT z.fits
          UNION ALL
          SELECT z.n + 1 + l.n, l.other FROM lines l CROSS JOIN size z WHERE NOT z.fits AND (l.other <> '' OR l.n = 1)) t
    ORDER BY t.n;
END;
COMMENT ON FUNCTION side_by_side(text, text, text, text) IS
'Two plans with headings, beside each other; one below the other where that would be wider than 200 characters.';

CREATE FUNCTION explain(finding_id text) RETURNS SETOF text
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    f record;
    d record;
    s record;
    p record;
    muted record;
    key text;
    value jsonb;
    ddl text;
    seconds float8;
BEGIN
    PERFORM perfaudit.valid_finding_id(explain.finding_id);
    -- muted ones too
    SELECT l.kind, v.* INTO f FROM perfaudit.detector_list l CROSS JOIN LATERAL perfaudit.findings_of(l.kind, l.needs) v
    WHERE v.finding_id = explain.finding_id LIMIT 1;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'there is no finding with the id "%"', finding_id USING ERRCODE = 'undefined_object',
            HINT = 'SELECT finding_id, kind, summary FROM perfaudit.findings shows those that there are. A finding goes when its cause is gone, when thresholds are set higher, with perfaudit.reset(), and when the statement made room for others.';
    END IF;
    SELECT * INTO d FROM perfaudit.detectors k WHERE k.kind = f.kind;
    seconds := extract(epoch FROM now() - perfaudit.recorded_since());

    RETURN NEXT format('%s: %s%s', f.severity, f.kind, coalesce(' on ' || f.relation::text, ''));
    RETURN NEXT d.meaning;
    RETURN NEXT '';
    RETURN NEXT 'Seen';
    RETURN NEXT '  ' || f.summary;
    RETURN NEXT format('  %s, from %s to %s',
                       CASE WHEN f.occurrences = 1 THEN 'once' ELSE perfaudit.count_text(f.occurrences) || ' times' END,
                       to_char(f.first_seen, 'YYYY-MM-DD HH24:MI:SS'), to_char(f.last_seen, 'YYYY-MM-DD HH24:MI:SS'));
    RETURN NEXT format('  database %s%s%s', f.database, coalesce(', role ' || f.username, ''),
                       coalesce(', application ' || nullif(f.application, ''), ''));
    RETURN NEXT '';
    RETURN NEXT 'Cost';
    RETURN NEXT CASE WHEN f.impact_ms > 0
        THEN format('  %s since %s, %s percent of that time', perfaudit.ms_text(f.impact_ms),
                    to_char(perfaudit.recorded_since(), 'YYYY-MM-DD HH24:MI:SS'),
                    round((f.impact_ms / 10 / greatest(seconds, 1))::numeric, 2))
        ELSE '  not known' END;
    RETURN NEXT '';
    RETURN NEXT 'Evidence';
    FOR key, value IN SELECT e.key, e.value FROM jsonb_each(f.evidence) e WHERE e.key !~ '^plan_(before|after)$'
        -- what is of another behind it
        ORDER BY CASE e.key WHEN 'rows_kept' THEN 'rows_read_kept' WHEN 'statements_using' THEN 'statements_checked_using' WHEN 'all_checked' THEN 'statements_time'
                          WHEN 'error_classes' THEN 'errors_classes' ELSE e.key END LOOP
        RETURN NEXT '  ' || perfaudit.evidence_text(CASE WHEN f.kind = 'failing_statement' AND key = 'calls' THEN 'succeeded' ELSE key END, value);
    END LOOP;

    IF f.query IS NOT NULL THEN
        RETURN NEXT '';
        RETURN NEXT format('Statement (query id %s)', f.queryid);
        RETURN QUERY SELECT '  ' || l FROM regexp_split_to_table(f.query, E'\n') l;
    END IF;
    IF f.parent_query IS NOT NULL THEN
        RETURN NEXT '';
        RETURN NEXT format('The statement whose rows it repeats for (query id %s)', f.parent_queryid);
        RETURN QUERY SELECT '  ' || l FROM regexp_split_to_table(f.parent_query, E'\n') l;
    END IF;

    SELECT j.userid, j.toplevel, j.shape INTO s FROM perfaudit.judged_statements j
    WHERE f.queryid = ANY (j.queryids) AND j.username = f.username ORDER BY j.total_exec_time DESC LIMIT 1;
    IF f.evidence ? 'plan_before' THEN
        RETURN NEXT '';
        RETURN QUERY SELECT * FROM perfaudit.side_by_side('The former plan', f.evidence ->> 'plan_before', 'The present plan', f.evidence ->> 'plan_after');
    ELSE
        SELECT r.plan_text INTO p FROM perfaudit.plan_facts(ARRAY[s.shape]) r
        WHERE (r.userid, r.toplevel) = (s.userid, s.toplevel) AND r.is_current;
        IF p.plan_text IS NOT NULL THEN
            RETURN NEXT '';
            RETURN NEXT 'Its plan, with what was counted in sampled executions';
            RETURN QUERY SELECT '  ' || l FROM regexp_split_to_table(p.plan_text, E'\n') l;
        END IF;
    END IF;

    -- quoted names may have a semicolon in them
    ddl := substring(f.suggestion FROM '^(CREATE INDEX ([^;"'']|"[^"]*"|''[^'']*'')*);');
    IF ddl IS NOT NULL AND s.shape IS NOT NULL THEN
        RETURN NEXT '';
        BEGIN
            SELECT a.* INTO p FROM perfaudit.plan_again(s.userid, s.toplevel, s.shape, ARRAY[ddl]) a;
            IF p.skipped IS NOT NULL THEN
                RETURN NEXT format('The index was not tried: %s.', p.skipped);
            ELSIF p.cost_after > p.cost_before * 0.99 THEN
                RETURN NEXT format('With the index, if it existed, the planner would do the same today (cost %s): look whether its amounts have changed.',
                                   round(p.cost_after::numeric, 1));
            ELSIF p.plan_after IS NULL THEN
                RETURN NEXT format('With the index, if it existed, the planner''s cost is %s instead of %s. (The plan has literals in it.)',
                                   round(p.cost_after::numeric, 1), round(p.cost_before::numeric, 1));
            ELSE
                RETURN NEXT format('With the index, if it existed (planner cost %s instead of %s)',
                                   round(p.cost_after::numeric, 1), round(p.cost_before::numeric, 1));
                RETURN QUERY SELECT '  ' || l FROM regexp_split_to_table(p.plan_after, E'\n') l;
            END IF;
        EXCEPTION WHEN insufficient_privilege OR undefined_object OR undefined_table OR undefined_column OR feature_not_supported
                       OR lock_not_available OR invalid_parameter_value OR syntax_error THEN
            RETURN NEXT format('The index was not tried: %s.', SQLERRM);
        END;
    END IF;

    RETURN NEXT '';
    RETURN NEXT 'Repair';
    RETURN QUERY SELECT '  ' || l FROM regexp_split_to_table(f.suggestion, E'\n') l;
    IF d.settings <> '{}' THEN
        RETURN NEXT '';
        RETURN NEXT 'Settings that decide what is told';
        RETURN QUERY SELECT format('  %s = %s', t.key, t.value) FROM jsonb_each_text(d.settings) t ORDER BY t.key;
    END IF;
    RETURN NEXT '';
    SELECT i.reason, i.until INTO muted FROM perfaudit.ignored_findings i
    WHERE i.finding_id = explain.finding_id AND (i.until IS NULL OR i.until > now());
    IF FOUND THEN
        RETURN NEXT format('It is muted%s: %s', coalesce(' until ' || to_char(muted.until, 'YYYY-MM-DD HH24:MI:SS'), ''), muted.reason);
    ELSE
        RETURN NEXT format('To mute it: SELECT perfaudit.ignore(%L, ''the reason'');', f.finding_id);
    END IF;
    RETURN NEXT format('When to ignore it, and more: %s', d.documentation);
END
$$;
COMMENT ON FUNCTION explain(text) IS
'One finding at length: what was seen and what it costs, the evidence in words, the statement, its plan, the plan it would get with the suggested index, the repair, the settings and where the documentation has more.';
