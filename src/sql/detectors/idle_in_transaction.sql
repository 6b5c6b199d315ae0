-- idle_in_transaction: transactions stay open while the client does something
-- else.  A pause is longer than any round trip (src/unit_pauses.c).

INSERT INTO detector_list VALUES ('idle_in_transaction',
    'Transactions are kept open while the client does something else.',
    '{perfaudit.idle_in_transaction, perfaudit.idle_share, perfaudit.idle_single}',
    'docs/findings.md#idle_in_transaction');

CREATE VIEW detect_idle_in_transaction AS
WITH pauses AS (
    SELECT p.*, pg_get_userbyid(p.userid) AS username,
           CASE WHEN p.after_write > 0 THEN 'after_write' ELSE 'read_only' END AS variant
    FROM pause_facts((SELECT threshold('idle_in_transaction'))) p
    WHERE p.pause_time >= (SELECT threshold('idle_share')) * (p.exec_time + p.gap_time)
)
SELECT finding_id('idle_in_transaction', p.application, p.username::text, p.tags::text) AS finding_id,
       -- nobody need have waited for it: what is lost is a connection, and maybe locks; one may be chance
       severity(p.pause_time, p.pause_time / p.units,
                CASE WHEN p.units = 1 AND p.pause_time < (SELECT threshold('idle_single')) THEN 3
                     WHEN p.variant = 'after_write' THEN 1 ELSE 2 END) AS severity,
       'idle_in_transaction' AS kind,
       NULL::regclass AS relation,
       format('%s of %s transactions%s waited for their client for %s on average, at most %s at once%s',
              count_text(p.units), count_text(p.all_units), from_tags(p.tags), ms_text(p.pause_time / p.units),
              ms_text(p.pause_max),
              CASE WHEN p.after_write > 0 THEN format('; %s of them held what they had locked', count_text(p.after_write)) ELSE '' END) AS summary,
       'End the transaction before the client does anything else (asks another service, computes, waits for a person), and begin another one after it'
       || CASE WHEN s.queryid IS NOT NULL THEN '; the longest pause came after the statement shown. ' ELSE '. ' END
       || 'idle_in_transaction_session_timeout, set for the role, ends what is forgotten.' AS suggestion,
       p.pause_time AS impact_ms,
       p.units AS occurrences,
       current_database()::text AS database, p.username, p.application,
       s.queryid, s.query, NULL::bigint AS parent_queryid, NULL::text AS parent_query,
       jsonb_strip_nulls(jsonb_build_object(
           'variant', p.variant, 'scope', 'transaction', 'tags', p.tags,
           'units', p.units, 'units_in_all', p.all_units, 'after_write', p.after_write,
           'idle_ms', round(p.pause_time::numeric, 3), 'idle_max_ms', round(p.pause_max::numeric, 3),
           'gap_ms', round(p.gap_time::numeric, 3), 'exec_ms', round(p.exec_time::numeric, 3))) AS evidence,
       p.first_seen, p.last_seen
FROM pauses p
LEFT JOIN judged_statements s ON s.userid = p.userid AND s.toplevel AND s.shape = p.pause_shape;
COMMENT ON VIEW detect_idle_in_transaction IS 'Findings of kind idle_in_transaction.';

