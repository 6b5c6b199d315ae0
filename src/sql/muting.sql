-- Findings that people have looked at and live with.  Who mutes hides something from everybody:
-- so the right to is given, and everybody sees what is muted, why and by whom.

CREATE TABLE ignored_findings (
    finding_id text PRIMARY KEY CHECK (finding_id ~ '^[0-9a-f]{16}$'),
    kind text,
    relation text,
    reason text NOT NULL CHECK (reason ~ '[^ ]'),
    until timestamptz,
    ignored_by text NOT NULL DEFAULT current_user,
    ignored_at timestamptz NOT NULL DEFAULT now()
);
SELECT pg_catalog.pg_extension_config_dump('perfaudit.ignored_findings', '');
COMMENT ON TABLE ignored_findings IS 'Findings that are not shown; perfaudit.ignore() and unignore() change it, dumps contain it.';
COMMENT ON COLUMN ignored_findings.finding_id IS 'As in findings.';
COMMENT ON COLUMN ignored_findings.kind IS 'Kind of the finding, if it was there when it was muted.';
COMMENT ON COLUMN ignored_findings.relation IS 'Its table.';
COMMENT ON COLUMN ignored_findings.reason IS 'Why it is not shown.';
COMMENT ON COLUMN ignored_findings.until IS 'When it is shown again; null: never.';
COMMENT ON COLUMN ignored_findings.ignored_by IS 'Role that muted it.';
COMMENT ON COLUMN ignored_findings.ignored_at IS 'When.';

CREATE VIEW ignored AS
SELECT i.finding_id, i.until IS NULL OR i.until > now() AS active, i.kind, i.relation, i.reason, i.until,
       i.ignored_by, i.ignored_at
FROM ignored_findings i ORDER BY i.ignored_at, i.finding_id;
COMMENT ON VIEW ignored IS 'Findings that were muted by perfaudit.ignore(): why, by whom, until when.';
COMMENT ON COLUMN ignored.finding_id IS 'As in findings.';
COMMENT ON COLUMN ignored.active IS 'False: its time is over, and findings shows it again.';
COMMENT ON COLUMN ignored.kind IS 'Kind of the finding; null: it was not there when it was muted.';
COMMENT ON COLUMN ignored.relation IS 'Its table.';
COMMENT ON COLUMN ignored.reason IS 'Why it is not shown.';
COMMENT ON COLUMN ignored.until IS 'When it is shown again; null: never.';
COMMENT ON COLUMN ignored.ignored_by IS 'Role that muted it.';
COMMENT ON COLUMN ignored.ignored_at IS 'When.';

CREATE FUNCTION valid_finding_id(finding_id text) RETURNS text
LANGUAGE plpgsql STABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF finding_id IS NULL OR finding_id !~ '^[0-9a-f]{16}$' THEN
        RAISE EXCEPTION 'perfaudit: % is not the id of a finding', coalesce(quote_literal(left(finding_id, 64)), 'null')
            USING ERRCODE = 'invalid_parameter_value',
            DETAIL = 'An id has 16 digits from 0 to f.',
            HINT = 'SELECT finding_id, kind, relation, summary FROM perfaudit.findings shows them.';
    END IF;
    RETURN finding_id;
END;
$$;
COMMENT ON FUNCTION valid_finding_id(text) IS 'The id itself; an error if it can be none.';

CREATE FUNCTION ignore(finding_id text, reason text, until timestamptz DEFAULT NULL) RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    id CONSTANT text := perfaudit.valid_finding_id(finding_id);
    found_kind text;
    found_relation text;
BEGIN
    IF reason IS NULL OR reason !~ '[^ ]' THEN
        RAISE EXCEPTION 'perfaudit: a finding is muted for a reason'
            USING ERRCODE = 'invalid_parameter_value',
            DETAIL = format('reason is %s.', CASE WHEN reason IS NULL THEN 'null' ELSE 'empty' END),
            HINT = 'Everybody reads it in perfaudit.ignored: say why this is as it should be, or who will see to it.';
    END IF;
    IF until <= now() THEN
        RAISE EXCEPTION 'perfaudit: until is over'
            USING ERRCODE = 'invalid_parameter_value',
            DETAIL = format('until is %s, and now it is %s.', until, now()),
            HINT = 'Give a time to come, or none to mute the finding for good.';
    END IF;
    SELECT f.kind, f.relation::text INTO found_kind, found_relation
    FROM perfaudit.findings f WHERE f.finding_id = id LIMIT 1;
    IF NOT FOUND THEN
        SELECT i.kind, i.relation INTO found_kind, found_relation
        FROM perfaudit.ignored_findings i WHERE i.finding_id = id;
        IF NOT FOUND THEN
            RAISE NOTICE 'perfaudit: there is no finding % at present that you may see; it is muted all the same', id;
        END IF;
    END IF;
    -- another session may mute it at the same time
    PERFORM pg_advisory_xact_lock(hashtextextended('perfaudit.ignore ' || id, 0));
    DELETE FROM perfaudit.ignored_findings i WHERE i.finding_id = id;
    INSERT INTO perfaudit.ignored_findings (finding_id, kind, relation, reason, until)
    VALUES (id, found_kind, found_relation, reason, until);
END;
$$;
COMMENT ON FUNCTION ignore(text, text, timestamptz) IS
'Mutes a finding, for a reason, for good or until some time: findings and check() leave it out, the view ignored shows it.';

CREATE FUNCTION unignore(finding_id text) RETURNS boolean
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    id CONSTANT text := perfaudit.valid_finding_id(finding_id);
BEGIN
    DELETE FROM perfaudit.ignored_findings i WHERE i.finding_id = id;
    RETURN FOUND;
END;
$$;
COMMENT ON FUNCTION unignore(text) IS 'Shows a finding again; false if it was not muted.';

REVOKE ALL ON FUNCTION ignore(text, text, timestamptz), unignore(text) FROM PUBLIC;

