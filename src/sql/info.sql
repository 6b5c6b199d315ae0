-- The recorder itself: what it holds and lost, what it lacks, and what to do about it.

CREATE VIEW info AS
WITH pgss AS (
    SELECT (SELECT extversion FROM pg_extension WHERE extname = 'pg_stat_statements') AS version,
           (SELECT nspname FROM pg_extension e JOIN pg_namespace n ON n.oid = e.extnamespace WHERE extname = 'pg_stat_statements') AS schema,
           EXISTS (SELECT FROM pg_settings WHERE name = 'pg_stat_statements.max') AS loaded
)
SELECT f.area, f.item, f.value::text || CASE f.unit WHEN 'bytes' THEN ' bytes' ELSE '' END
           || coalesce(' of ' || f.capacity, '') AS value,
       CASE WHEN f.area = 'lost' AND f.value > 0 THEN
           CASE WHEN f.item LIKE 'statements evicted%' OR f.item LIKE 'plans evicted%'
                THEN 'Raise perfaudit.max_statements and restart.'
                WHEN f.item LIKE 'repeats evicted%'
                THEN 'There is room for 2,048: those seen longest ago went. Look at findings more often, and reset() what is done with.'
                WHEN f.item LIKE '%text_memory%' THEN 'Raise perfaudit.text_memory and restart.'
                WHEN f.item LIKE 'statements not recorded%'
                THEN 'More statements of a session were under way at once than are recorded, cursors included: close cursors that are not needed. The oldest cursor is counted without what it read afterwards; what was nested deeper is part of the statement around it.'
                WHEN f.item LIKE 'relations of scans%'
                THEN 'Of one statement, eight tables are told apart. The rows of others are in seq_rows_read, but findings do not know of them.'
                WHEN f.item LIKE 'scans of parallel workers%'
                THEN 'The rows they read are missing in seq_rows_read; nothing else is.'
                WHEN f.item LIKE 'executions dropped%'
                THEN 'Too many statements were new at once: raise perfaudit.max_statements and restart.'
                WHEN f.item LIKE 'statements prepared%'
                THEN 'Recording was off when they were parsed, or very many others have come since: lists of different lengths are statements of their own, until they are prepared again.'
                WHEN f.item LIKE 'executions without a query id%'
                THEN 'Set compute_query_id to auto or on.'
                WHEN f.item LIKE 'failures not attributed%'
                THEN 'They are in no statement''s errors; the server''s log has them.'
                WHEN f.item LIKE 'units of work with more shapes%'
                THEN 'Of a unit 48 are kept. Those that neither repeated nor ran of late made room: what repeats only now and then among very many others is not found. If such a unit is several pieces of work, name them by perfaudit.unit or tags.'
                WHEN f.item LIKE 'units of work with more repeats%'
                THEN 'Of a unit the values of twelve repeated SELECTs are followed, and sixteen repeats are told: others are missing in findings until those are repaired. If such a unit is several pieces of work, name them by perfaudit.unit or tags.'
           END
       WHEN f.area = 'restored' AND f.value > 0 THEN
           CASE f.item
                WHEN 'statements without room'
                THEN 'The least used were left out: raise perfaudit.max_statements and restart.'
                WHEN 'files refused'
                THEN 'The server''s log says why; the file is kept as pg_stat/perfaudit.stat.rejected.'
           END END AS advice
FROM info_facts() f
UNION ALL
SELECT 'recording', 'since', to_char(recorded_since(), 'YYYY-MM-DD HH24:MI:SS TZ'), NULL
UNION ALL
SELECT 'recording', substr(s.name, 11), current_setting(s.name),
       CASE WHEN NOT current_setting(s.name)::bool THEN s.without || ': set ' || s.name || ' to on.' END
FROM (VALUES
    ('perfaudit.enabled', 'Nothing is recorded'),
    ('perfaudit.track_nested', 'Statements inside functions and triggers are not recorded'),
    ('perfaudit.track_utility', 'Utility statements are not recorded'),
    ('perfaudit.provenance', 'Repeated statements are told without their parent'),
    ('perfaudit.sample_values', 'Index advice has no values of parameters to plan with'),
    ('perfaudit.save', 'The next restart begins anew')
) AS s (name, without)
UNION ALL
SELECT 'recording', 'sample_first, sample_budget',
       current_setting('perfaudit.sample_first') || ', ' || current_setting('perfaudit.sample_budget'),
       CASE WHEN current_setting('perfaudit.sample_first')::int = 0 AND current_setting('perfaudit.sample_budget')::float8 = 0
            THEN 'Rows are not counted at plan nodes, so that seq_scan_large_table is silent and index advice has no evidence: raise perfaudit.sample_first.' END
UNION ALL
SELECT 'prerequisite', 'compute_query_id', current_setting('compute_query_id'),
       CASE WHEN current_setting('compute_query_id') = 'off'
            THEN 'Without query ids nothing is recorded: set it to auto or on.' END
UNION ALL
SELECT 'prerequisite', 'track_counts', current_setting('track_counts'),
       CASE WHEN NOT current_setting('track_counts')::bool
            THEN 'Without it rows read by sequential scans are not known: set it to on.' END
UNION ALL
SELECT 'prerequisite', 'autovacuum', current_setting('autovacuum'),
       CASE WHEN NOT current_setting('autovacuum')::bool
            THEN 'Tables are analyzed by nobody but you, and estimates and index advice rest on that: set it to on.' END
WHERE NOT pg_is_in_recovery()
UNION ALL
SELECT 'recording', 'standby', 'yes',
       'What runs on the primary, writes above all, is recorded and counted there: look there too, also before an index is dropped. ignore() and new indexes are for the primary.'
WHERE pg_is_in_recovery()
UNION ALL
-- what sessions of others begin with is not seen in one's own
SELECT 'prerequisite', format('%s of %s', split_part(c.setting, '=', 1), c.target), split_part(c.setting, '=', 2),
       format('%s: ALTER %s RESET %s;', CASE split_part(c.setting, '=', 1)
                  WHEN 'track_counts' THEN 'Rows that its sequential scans read are not known'
                  WHEN 'compute_query_id' THEN 'Without query ids nothing of it is recorded'
                  ELSE 'Nothing of it is recorded; if that is not what is wanted' END, c.target, split_part(c.setting, '=', 1))
FROM (SELECT setting, concat_ws(' IN ', 'ROLE ' || CASE WHEN r.setrole = 0 AND r.setdatabase = 0 THEN 'ALL' WHEN r.setrole <> 0 THEN quote_ident(pg_get_userbyid(r.setrole)) END,
                                'DATABASE ' || (SELECT quote_ident(datname) FROM pg_database WHERE oid = r.setdatabase)) AS target
      FROM pg_db_role_setting r, unnest(r.setconfig) setting WHERE r.setdatabase IN (0, this_database())) c
WHERE c.setting ~* '^(track_counts|compute_query_id|perfaudit.enabled)=(off?|f.*|no?|0)$'
UNION ALL
SELECT 'prerequisite', 'pg_read_all_stats', CASE WHEN pg_has_role('pg_read_all_stats', 'USAGE') THEN 'yes' ELSE 'no' END,
       CASE WHEN NOT pg_has_role('pg_read_all_stats', 'USAGE')
            THEN format('Texts and findings of other roles are hidden from you: GRANT pg_read_all_stats TO %I;', current_user) END
UNION ALL
SELECT 'prerequisite', 'pg_stat_statements',
       CASE WHEN version IS NULL THEN 'not installed here' WHEN NOT loaded THEN 'not loaded' ELSE version END,
       CASE WHEN version IS NULL OR NOT loaded THEN 'Only statement_io() needs it, and has no rows without: '
                || concat_ws('; ', CASE WHEN NOT loaded
                       THEN 'add it to shared_preload_libraries, before perfaudit, and restart' END,
                   CASE WHEN version IS NULL THEN 'CREATE EXTENSION pg_stat_statements' END) || '.'
            WHEN NOT has_schema_privilege(schema, 'USAGE')
            THEN format('You may not use its schema, so that statement_io() fails: GRANT USAGE ON SCHEMA %I TO %I;', schema, current_user)
            WHEN current_setting('pg_stat_statements.track') = 'none'
            THEN 'It tracks nothing, so that statement_io() has nothing new: set pg_stat_statements.track to top or all.' END
FROM pgss
UNION ALL
SELECT 'prerequisite', 'track_io_timing', current_setting('track_io_timing'),
       CASE WHEN NOT current_setting('track_io_timing')::bool
            THEN 'Times of reading and writing blocks in statement_io() are zero: set it to on where pg_test_timing finds the clock fast.' END
FROM pgss WHERE version IS NOT NULL AND loaded
UNION ALL
-- shown to whom the server shows it
SELECT 'prerequisite', s.name, s.setting,
       CASE WHEN s.setting ~ 'perfaudit.*pg_stat_statements'
            THEN 'pg_stat_statements takes the query ids of utility statements away before perfaudit sees them: put perfaudit after it and restart.' END
FROM pg_settings s WHERE s.name = 'shared_preload_libraries'
UNION ALL
SELECT 'not recorded', what, 'no', why
FROM (VALUES
    ('lock waits', 'Execution time includes them; see pg_stat_activity and log_lock_waits.'),
    ('parse errors, errors in Bind and at COMMIT',
     'The statement is not known yet, or over: unknown names, values that do not fit, deferred constraints, serialization failures at COMMIT.'),
    ('walsenders, autovacuum, background workers', 'Only client backends, and parallel workers under their leader.'),
    ('statements inside parallel workers', 'Functions that run queries there: their scans are not attributed.'),
    ('executions that never end', 'A cursor rolled back, a crash of the server: they are counted at their end only.'),
    ('EXPLAIN', 'It is no workload, nor is what EXPLAIN ANALYZE runs.'),
    ('functions with BEGIN ATOMIC', 'The server gives their statements no query id; their time is that of the statement that calls them.'),
    ('scripts of extensions', 'What CREATE EXTENSION and ALTER EXTENSION UPDATE run.')
) AS n (what, why);
