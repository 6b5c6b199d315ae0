-- failing_statement: a statement that clients send fails again and again.  Told
-- by what ended it; some failures are part of the work, so there must be many,
-- and a share of all executions.

INSERT INTO detector_list VALUES ('failing_statement',
    'A statement fails again and again.',
    '{perfaudit.failing_errors, perfaudit.failing_share}',
    'docs/findings.md#failing_statement',
    '{errors>=failing_errors}');

CREATE VIEW detect_failing_statement AS
WITH failing AS (
    SELECT s.dbid, s.userid, s.toplevel, s.shape, s.queryid, s.database, s.username, s.calls, s.errors,
           s.cancelled, s.statement_timeouts, s.lock_timeouts, s.terminated, s.error_classes, s.temporary, s.first_seen, s.last_seen,
           s.errors::float8 / (s.calls + s.errors) AS share,
           -- failures are not timed: one takes what a success takes, or, when a
           -- timeout ends it, no less than the longest of them, or what the role is
           -- given when it never succeeds
           s.statement_timeouts * CASE WHEN s.calls > 0 THEN s.max_exec_time ELSE coalesce(t.timeout, 0) END
               + (s.errors - s.statement_timeouts) * s.mean_exec_time AS cost
    FROM needed_statements s
    LEFT JOIN LATERAL (
        SELECT CASE WHEN r.value IS NULL
                    THEN (SELECT setting::float8 FROM pg_settings WHERE name = 'statement_timeout' AND source = 'configuration file')
                    ELSE substring(r.value, E'^\\s*(\\d+)\\s*(?:us|ms|s|min|h|d)?\\s*$')::float8
                         * CASE substring(r.value, '[a-z]*$') WHEN 's' THEN 1000 WHEN 'min' THEN 60000 WHEN 'h' THEN 3600000 WHEN 'd' THEN 86400000
                                WHEN 'us' THEN 0.001 ELSE 1 END END AS timeout
        FROM role_setting(s.userid, 'statement_timeout') r (value)) t ON s.statement_timeouts > 0 AND s.calls = 0
    WHERE s.toplevel AND s.errors >= (SELECT threshold('failing_errors'))
      -- DO blocks are all of one shape, whatever is in them
      AND NOT (s.operation = 'utility' AND statement_text(s.dbid, s.userid, s.toplevel, s.shape) ~* E'^do\\M')
      AND s.errors >= (SELECT threshold('failing_share')) * (s.calls + s.errors)
), classes AS (
    -- the class of most failures that have not ended for a reason of their own
    SELECT f.*, c.class, c.n AS in_class
    FROM failing f
    LEFT JOIN LATERAL (
        SELECT e.key AS class, e.value::bigint
                   - CASE e.key WHEN '57' THEN f.cancelled + f.statement_timeouts + f.terminated
                                WHEN '55' THEN f.lock_timeouts ELSE 0 END AS n
        FROM jsonb_each_text(f.error_classes) e ORDER BY 2 DESC, 1 LIMIT 1) c ON true
), reasons AS (
    SELECT c.*, r.n AS in_reason,
           CASE WHEN r.reason = 'error' THEN CASE c.class
                    WHEN '23' THEN 'constraint' WHEN '40' THEN 'serialization' WHEN '42' THEN 'definition'
                    WHEN '22' THEN 'data' WHEN '53' THEN 'resources' WHEN '55' THEN 'lock' ELSE 'error' END
                ELSE r.reason END AS variant
    FROM classes c
    CROSS JOIN LATERAL (
        SELECT v.reason, v.n FROM (VALUES ('error', c.in_class), ('statement_timeout', c.statement_timeouts),
            ('lock_timeout', c.lock_timeouts), ('cancelled', c.cancelled), ('terminated', c.terminated)) v (reason, n)
        ORDER BY v.n DESC NULLS LAST LIMIT 1) r
    WHERE (c.userid, c.toplevel, c.shape) NOT IN (SELECT g.userid, g.toplevel, g.shape FROM statements_of_gone((SELECT array_agg(shape) FROM failing)) g)
      -- sent again, it would not come so far; a temporary table comes again
      AND (c.temporary OR names_gone(statement_text(c.dbid, c.userid, c.toplevel, c.shape)) IS NOT TRUE)
)
SELECT finding_id('failing_statement', statement_text(r.dbid, r.userid, r.toplevel, r.shape)) AS finding_id,
       severity(r.cost, r.cost / r.errors) AS severity,
       'failing_statement' AS kind,
       NULL::regclass AS relation,
       format('%s of %s executions failed, most of them (%s) %s', count_text(r.errors),
              count_text(r.calls + r.errors), count_text(r.in_reason),
              CASE r.variant
                  WHEN 'statement_timeout' THEN 'ended by statement_timeout'
                  WHEN 'lock_timeout' THEN 'ended by lock_timeout'
                  WHEN 'cancelled' THEN 'cancelled on request'
                  WHEN 'terminated' THEN 'with the end of their session'
                  WHEN 'constraint' THEN 'at a constraint (SQLSTATE class 23)'
                  WHEN 'serialization' THEN 'by a serialization failure or a deadlock (SQLSTATE class 40)'
                  WHEN 'definition' THEN 'at a missing privilege or object (SQLSTATE class 42)'
                  WHEN 'data' THEN 'at the data given (SQLSTATE class 22)'
                  WHEN 'resources' THEN 'for want of resources (SQLSTATE class 53)'
                  WHEN 'lock' THEN 'for want of a lock (SQLSTATE class 55)'
                  ELSE 'with SQLSTATE class ' || r.class END) AS summary,
       CASE r.variant
           WHEN 'statement_timeout' THEN 'It does not end in time: see the other findings of this statement, and its plan in perfaudit.plans. A longer timeout only hides it.'
           WHEN 'lock_timeout' THEN 'It waits for locks: shorten the transactions that hold them, and look for changes of the table''s definition in pg_stat_activity and pg_locks.'
           WHEN 'cancelled' THEN 'Clients give up waiting, or their drivers do: make it faster (see the other findings of this statement), or do not ask before it is needed.'
           WHEN 'terminated' THEN 'Connections are lost or terminated in the middle of it: look at idle and socket timeouts of the pooler and the client, and at the server''s log.'
           WHEN 'constraint' THEN 'Do not find out by failing: INSERT ... ON CONFLICT or a look-up before where a key is taken or missing; check values before they are sent where they may not be. A failure ends its transaction, and may leave a dead row behind.'
           WHEN 'serialization' THEN 'Make transactions shorter, and let them change rows in one order; take the row first with SELECT ... FOR UPDATE where many change the same one.'
           WHEN 'definition' THEN 'Grant what is missing, let a policy of row-level security allow it, or correct the statement: the server''s log has the message.'
           WHEN 'data' THEN 'Check values before they are sent: the server''s log has the message.'
           WHEN 'resources' THEN 'Look at max_connections, memory and disk space of the server: its log has the message.'
           WHEN 'lock' THEN 'With NOWAIT this is wanted; else use SKIP LOCKED, or shorter transactions.'
           ELSE 'The server''s log has the message.' END AS suggestion,
       r.cost AS impact_ms,
       r.errors AS occurrences,
       r.database::text, r.username, NULL::text AS application,
       r.queryid, statement_text(r.dbid, r.userid, r.toplevel, r.shape) AS query,
       NULL::bigint AS parent_queryid, NULL::text AS parent_query,
       jsonb_strip_nulls(jsonb_build_object(
           'variant', r.variant, 'calls', r.calls, 'errors', r.errors, 'error_classes', r.error_classes,
           'cancelled', nullif(r.cancelled, 0), 'statement_timeouts', nullif(r.statement_timeouts, 0),
           'lock_timeouts', nullif(r.lock_timeouts, 0), 'terminated', nullif(r.terminated, 0))) AS evidence,
       r.first_seen, r.last_seen
FROM reasons r;
COMMENT ON VIEW detect_failing_statement IS 'Findings of kind failing_statement.';

