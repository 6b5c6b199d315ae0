-- What planning executes leaves nothing behind that a rollback does not undo: the statement is skipped.
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS perfaudit;
RESET client_min_messages;
CREATE SCHEMA trust_traces;
SET search_path = trust_traces;
CREATE ROLE regress_traces;
GRANT USAGE, CREATE ON SCHEMA trust_traces TO regress_traces;
CREATE TABLE t (id int, v int, filler text);
INSERT INTO t SELECT i, i, repeat('x', 100) FROM generate_series(1, 20000) i;
ANALYZE t;
GRANT SELECT ON t TO regress_traces;
SET ROLE regress_traces;
-- each does something once it is told to
CREATE FUNCTION seeds() RETURNS int IMMUTABLE LANGUAGE plpgsql AS $$ BEGIN IF current_setting('traces.act', true) = 'on' THEN PERFORM setseed(0.9); END IF; RETURN 5; END $$;
CREATE FUNCTION cancels() RETURNS int IMMUTABLE LANGUAGE plpgsql AS $$ BEGIN IF current_setting('traces.act', true) = 'on' THEN PERFORM pg_cancel_backend(pg_backend_pid()); END IF; RETURN 5; END $$;
CREATE FUNCTION ends() RETURNS int IMMUTABLE LANGUAGE plpgsql AS $$ BEGIN IF current_setting('traces.act', true) = 'on' THEN PERFORM pg_terminate_backend(pg_backend_pid()); END IF; RETURN 5; END $$;
CREATE FUNCTION emits() RETURNS int IMMUTABLE LANGUAGE plpgsql AS $$ BEGIN IF current_setting('traces.act', true) = 'on' THEN PERFORM pg_logical_emit_message(false, 'a', 'b'); END IF; RETURN 5; END $$;
CREATE FUNCTION locks() RETURNS int IMMUTABLE LANGUAGE plpgsql AS $$ BEGIN IF current_setting('traces.act', true) = 'on' THEN PERFORM pg_advisory_lock(77); END IF; RETURN 5; END $$;
CREATE FUNCTION prepares() RETURNS int IMMUTABLE LANGUAGE plpgsql AS $$ BEGIN IF current_setting('traces.act', true) = 'on' THEN EXECUTE 'PREPARE traces AS SELECT 1'; END IF; RETURN 5; END $$;
CREATE FUNCTION sets() RETURNS int IMMUTABLE LANGUAGE plpgsql AS $$ BEGIN IF current_setting('traces.act', true) = 'on' THEN PERFORM set_config('work_mem', '64kB', false); END IF; RETURN 5; END $$;
CREATE FUNCTION listens() RETURNS int IMMUTABLE LANGUAGE plpgsql AS $$ BEGIN IF current_setting('traces.act', true) = 'on' THEN EXECUTE 'LISTEN traces'; END IF; RETURN 5; END $$;
CREATE FUNCTION holds() RETURNS int IMMUTABLE LANGUAGE plpgsql AS $$ BEGIN IF current_setting('traces.act', true) = 'on' THEN EXECUTE 'DECLARE traces CURSOR WITH HOLD FOR SELECT 1'; END IF; RETURN 5; END $$;
RESET ROLE;
SELECT perfaudit.reset() IS NOT NULL AS reset;
SET ROLE regress_traces;
\o /dev/null
SELECT format('SELECT id FROM t WHERE v = trust_traces.%s() AND %s = %s', f, n, n) FROM unnest('{seeds,cancels,ends,emits,locks,prepares,sets,listens,holds}'::text[]) f, generate_series(1, 2) n \gexec
\o
RESET ROLE;
SET traces.act = on;
SELECT setseed(0.3);
SELECT random() AS first \gset
SELECT setseed(0.3);
CREATE TEMPORARY TABLE advice AS SELECT * FROM perfaudit.suggest_indexes(max_ms => 60000);
SELECT random() = :first AS seed_kept;
SELECT substring(s.query FROM 'trust_traces\.(\w+)') AS function, k->>'sqlstate' AS sqlstate
FROM advice, jsonb_array_elements(evidence->'skipped') k JOIN perfaudit.statements s ON s.queryid = (k->>'queryid')::bigint WHERE action = 'note' ORDER BY 1;
SELECT (SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid()) AS locks, (SELECT count(*) FROM pg_prepared_statements WHERE name = 'traces') AS prepared,
    (SELECT count(*) FROM pg_listening_channels()) AS listening, (SELECT count(*) FROM pg_cursors WHERE name = 'traces') AS cursors, current_setting('work_mem') = '64kB' AS set;
-- told to do nothing, all are planned
SET traces.act = off;
SELECT count(*) FILTER (WHERE action = 'create') AS advised, max(n_queries) > 5 AS of_them, count(*) FILTER (WHERE evidence ? 'skipped') AS skipped FROM perfaudit.suggest_indexes(max_ms => 60000);
SELECT perfaudit.reset() IS NOT NULL AS reset;
SET client_min_messages = warning;
DROP SCHEMA trust_traces CASCADE;
DROP ROLE regress_traces;
