-- Every setting that a session can change, changed in the middle of things, to each end of what it may be: nothing fails,
-- no frame is left, and what comes afterwards is recorded as ever.
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS perfaudit;
RESET client_min_messages;
CREATE SCHEMA switched_settings;
SET search_path = switched_settings;
CREATE TABLE t (id int PRIMARY KEY, n int);
INSERT INTO t SELECT i, i % 10 FROM generate_series(1, 100) i;
ANALYZE t;
CREATE FUNCTION inner_one() RETURNS bigint LANGUAGE plpgsql AS $$ BEGIN RETURN (SELECT count(*) AS inside FROM t); END $$;
-- inside of a statement that has begun, in one that is caught, beside a cursor that stays open
CREATE FUNCTION changed(name text, value text) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE c refcursor; r record; BEGIN
    OPEN c FOR EXECUTE 'SELECT id FROM t ORDER BY id';
    FETCH c INTO r;
    PERFORM set_config(name, value, false) FROM t WHERE id = 1;
    FETCH c INTO r;
    BEGIN PERFORM inner_one(), 1 / (n - 1) FROM t WHERE id < 3; EXCEPTION WHEN division_by_zero THEN PERFORM inner_one(); END;
    RETURN inner_one();
END $$;
CREATE TABLE turns AS SELECT row_number() OVER (ORDER BY name COLLATE "C", v.value) AS turn, name, v.value
FROM pg_settings s, LATERAL (SELECT unnest(CASE vartype WHEN 'bool' THEN '{on,off}' WHEN 'enum' THEN enumvals WHEN 'string' THEN '{a,"",b c}' ELSE ARRAY[min_val, max_val, boot_val] END) AS value) v
WHERE name LIKE 'perfaudit.%' AND context IN ('superuser', 'user') AND v.value IS NOT NULL;
SELECT count(DISTINCT name) > 50 AS settings, count(*) > 150 AS turns FROM turns;
SELECT value AS deep FROM perfaudit.info_facts() WHERE item = 'statements not recorded: nested too deeply' \gset
-- what is told has its own tests
SET client_min_messages = error;
\o /dev/null
\set ECHO none
SELECT 'BEGIN', 'DECLARE c CURSOR FOR SELECT n FROM t ORDER BY id', 'FETCH 2 FROM c', format('SELECT changed(%L, %L)', name, value), 'FETCH 2 FROM c', 'SELECT n FROM t WHERE id = ' || turn % 90,
    CASE turn % 3 WHEN 0 THEN 'COMMIT' WHEN 1 THEN 'ROLLBACK' ELSE 'COMMIT AND CHAIN' END, format('SELECT changed(%L, %L) FROM t WHERE id < 3', name, value),
    format('UPDATE t SET n = n WHERE id = %s', turn % 90), 'COMMIT', format('RESET %s', name)
FROM turns ORDER BY turn \gexec
-- one after the other without going back, but for those that fail statements or end recording
SELECT format('SELECT changed(%L, %L)', name, value), 'SELECT n FROM t WHERE id = ' || turn % 90, 'BEGIN', 'SELECT count(*) FROM t WHERE n = 3', 'ROLLBACK'
FROM turns WHERE name NOT IN ('perfaudit.notice', 'perfaudit.enabled') ORDER BY hashtext(name || value) \gexec
SELECT format('RESET %s', name) FROM turns GROUP BY name \gexec
\o
\set ECHO all
RESET client_min_messages;
SELECT name, setting FROM pg_settings WHERE name LIKE 'perfaudit.%' AND setting IS DISTINCT FROM reset_val;
SELECT perfaudit.reset() > -1 AS again;
SELECT inner_one() AS outside FROM t WHERE id = 1;
SELECT toplevel, calls, query FROM perfaudit.statements WHERE query ~ '(in|out)side' AND query !~ 'perfaudit' AND operation <> 'utility' ORDER BY query COLLATE "C";
SELECT value - :deep AS lost FROM perfaudit.info_facts() WHERE item = 'statements not recorded: nested too deeply';
SELECT count(*) <= 12 AS contexts, sum(total_bytes) < 1024 * 1024 AS bytes FROM pg_backend_memory_contexts WHERE name ~ 'perfaudit';
SET client_min_messages = warning;
DROP SCHEMA switched_settings CASCADE;
