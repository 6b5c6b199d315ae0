-- suggest_indexes(): functions that planning executes take no longer than there is time, and leave nothing behind.
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS perfaudit;
RESET client_min_messages;
CREATE SCHEMA suggest_slow;
SET search_path = suggest_slow;
SET max_parallel_workers_per_gather = 0;
CREATE TABLE t AS SELECT i AS a, i % 500 AS b, i % 700 AS c, repeat('x', 100) AS filler FROM generate_series(1, 20000) i;
ANALYZE t;
CREATE FUNCTION sleepy() RETURNS bool STABLE LANGUAGE sql AS $$ SELECT coalesce(current_setting('suggest_slow.sleepy', true), '') = 'on' $$;
-- of a superuser: they are trusted
CREATE FUNCTION slow(x int) RETURNS int IMMUTABLE LANGUAGE plpgsql AS $$
BEGIN
    IF suggest_slow.sleepy() THEN PERFORM pg_sleep(7200); END IF;
    RETURN x;
END $$;
-- whoever cancels it, it goes on; but not for ever
CREATE FUNCTION stubborn(x int) RETURNS int IMMUTABLE LANGUAGE plpgsql AS $$
BEGIN
    FOR i IN 1 .. 3 LOOP
        BEGIN
            IF suggest_slow.sleepy() THEN PERFORM pg_sleep(7200); END IF;
        EXCEPTION WHEN query_canceled THEN NULL;
        END;
    END LOOP;
    RETURN x;
END $$;
-- planning does not execute it, measuring an index does
CREATE FUNCTION slow_expression(x int) RETURNS int IMMUTABLE LANGUAGE plpgsql COST 1 AS $$
BEGIN
    IF suggest_slow.sleepy() THEN PERFORM pg_sleep(7200); END IF;
    RETURN x % 900;
END $$;
-- locks of the session are not rolled back
CREATE FUNCTION locks(x int) RETURNS int IMMUTABLE LANGUAGE plpgsql AS $$
BEGIN
    IF suggest_slow.sleepy() THEN PERFORM pg_advisory_lock(4712, 1); END IF;
    RETURN x;
END $$;
CREATE FUNCTION tries_locks(x int) RETURNS int IMMUTABLE LANGUAGE plpgsql AS $$
BEGIN
    IF suggest_slow.sleepy() THEN
        FOR i IN 2 .. 5 LOOP
            BEGIN
                EXECUTE format('SELECT %s(4712, %s)', (ARRAY['pg_try_advisory_lock', 'pg_advisory_lock_shared', 'pg_try_advisory_lock_shared', 'pg_advisory_unlock'])[i - 1], i);
            EXCEPTION WHEN OTHERS THEN NULL;
            END;
        END LOOP;
    END IF;
    RETURN x;
END $$;
CREATE FUNCTION unlocks(x int) RETURNS int IMMUTABLE LANGUAGE plpgsql AS $$
BEGIN
    IF suggest_slow.sleepy() THEN PERFORM pg_advisory_unlock_all(); END IF;
    RETURN x;
END $$;
-- nor is a sequence
CREATE SEQUENCE numbers;
CREATE FUNCTION counts(x int) RETURNS int IMMUTABLE LANGUAGE plpgsql AS $$
BEGIN
    IF suggest_slow.sleepy() THEN
        PERFORM set_config('transaction_read_only', 'off', true);
        PERFORM nextval('suggest_slow.numbers');
    END IF;
    RETURN x;
END $$;
SELECT perfaudit.reset() >= 0 AS reset;
\o /dev/null
SELECT format('SELECT a FROM t WHERE a = %s(%s)', f, i)
FROM unnest('{slow,stubborn,locks,tries_locks,unlocks,counts}'::text[]) f, generate_series(1, 3) i \gexec
SELECT format('SELECT a FROM t WHERE slow_expression(c) = %s', i) FROM generate_series(1, 3) i \gexec
SELECT format('SELECT a FROM t WHERE b = %s', i) FROM generate_series(1, 3) i \gexec
\o
SET suggest_slow.sleepy = on;
SELECT pg_advisory_lock(4712, 5);
SELECT clock_timestamp() AS began \gset
CREATE TEMPORARY TABLE advice AS SELECT * FROM perfaudit.suggest_indexes(max_ms => 10000);
SELECT ddl FROM advice WHERE action = 'create' ORDER BY ddl;
SELECT substring(t.query FROM E'= (\\w+)') AS function, s->>'reason' AS reason, s->>'sqlstate' AS sqlstate
FROM advice, jsonb_array_elements(evidence->'skipped') s, perfaudit.statements t
WHERE action = 'note' AND (s->>'queryid')::bigint = ANY (t.queryids) ORDER BY 1;
-- what the caller held, and nothing else
SELECT objid, mode FROM pg_locks WHERE locktype = 'advisory' AND classid = 4712 AND pid = pg_backend_pid() ORDER BY 1, 2;
SELECT is_called FROM numbers;

-- the user's own cancellation is his
SET statement_timeout = 200;
SELECT count(*) FROM perfaudit.suggest_indexes(max_ms => 7200000);
-- also when a function swallows it, and would sleep on
SELECT count(*) FROM perfaudit.suggest_indexes(max_ms => 7200000, queryids => (SELECT queryids FROM perfaudit.statements WHERE query ~ '^SELECT a FROM t WHERE a = stubborn'));
RESET statement_timeout;
-- it cannot have slept for more than a moment in each
SELECT clock_timestamp() - :'began' < interval '10 minutes' AS in_time;

-- a query of one's own
\set VERBOSITY terse
SELECT count(*) FROM perfaudit.suggest_indexes_for('SELECT a FROM t WHERE a = slow(5)', max_ms => 200);
\set VERBOSITY default
-- nor does a finding or its explanation wait, whose index is measured
SELECT cost IS NULL AS not_planned, skipped FROM perfaudit.judged_statements s, perfaudit.planned_now(userid, toplevel, shape) WHERE query ~ '^SELECT a FROM t WHERE a = slow';
SELECT cost_before > 0 AS before, cost_after > 0 AS after, skipped FROM perfaudit.judged_statements s, perfaudit.plan_again(userid, toplevel, shape, '{CREATE INDEX ON suggest_slow.t (suggest_slow.slow_expression(c))}') WHERE query ~ '^SELECT a FROM t WHERE slow_';

SELECT perfaudit.reset() >= 0 AS reset;
SELECT pg_advisory_unlock_all();
SET client_min_messages = warning;
DROP SCHEMA suggest_slow CASCADE;
