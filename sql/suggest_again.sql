-- What is recorded is planned again from its normalised text, whatever stands in it; what cannot be is told with its SQLSTATE.
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS perfaudit;
RESET client_min_messages;
CREATE SCHEMA suggest_again;
SET search_path = suggest_again;
SET max_parallel_workers_per_gather = 0;
CREATE TYPE mood AS ENUM ('sad', 'ok', 'happy');
CREATE DOMAIN positive AS int CHECK (VALUE > 0);
CREATE TABLE t (id int PRIMARY KEY, at timestamptz, day date, span interval, name text, code varchar(20), n numeric(10,2), tags text[], doc jsonb,
    m mood, p positive, u uuid, ip inet, b bytea, bits bit(4), r int4range, filler text);
INSERT INTO t SELECT i, timestamptz '2026-01-01' + i * interval '1 minute', date '2026-01-01' + i % 365, i * interval '1 hour', 'name ' || i, 'c' || i, i / 7.0,
    ARRAY['a' || i % 50], jsonb_build_object('k', i, 'l', jsonb_build_array(i)), CASE WHEN i % 3 = 0 THEN 'sad'::mood ELSE 'ok' END, i, md5(i::text)::uuid,
    ('10.0.0.' || i % 250)::inet, decode(md5(i::text), 'hex'), b'0101', int4range(i, i + 5), repeat('x', 100) FROM generate_series(1, 5000) i;
ANALYZE t;
CREATE VIEW v AS SELECT id, name, at FROM t WHERE m = 'ok';
SELECT perfaudit.reset() >= 0 AS reset;

\o /dev/null
-- typed literals, casts, units of time
SELECT id FROM t WHERE at > timestamptz '2026-01-02 03:04' AND day = DATE '2026-01-05';
SELECT id FROM t WHERE at BETWEEN '2026-01-02'::timestamptz AND CAST('2026-01-03' AS timestamptz) + interval '1 day';
SELECT id FROM t WHERE span > INTERVAL '3' HOUR AND span < interval '2 days 3 hours' AND span <> interval(0) '5 seconds';
SELECT id FROM t WHERE at > now() - '1 day'::interval * 3 OR at < timestamp '2026-01-01' AT TIME ZONE 'Europe/Berlin';
SELECT EXTRACT(year FROM at), EXTRACT(EPOCH FROM span), date_part('dow', day), date_trunc('month', at) FROM t WHERE EXTRACT(month FROM at) = 3;
SELECT date_trunc('day', at AT TIME ZONE 'UTC'), count(*) FROM t GROUP BY date_trunc('day', at AT TIME ZONE 'UTC') HAVING count(*) > 5 ORDER BY 1 LIMIT 5 OFFSET 2;
SELECT id FROM t WHERE m = 'sad' AND m IN ('sad', 'ok') AND p = 5::positive AND u = 'c4ca4238-a0b9-2382-0dcc-509a6f75849b' AND ip << '10.0.0.0/8' AND b = '\xdead' AND bits = b'0101' AND n = 5.25::numeric(10,2);
SELECT id FROM t WHERE r @> 5 AND tags @> ARRAY['a5']::text[] AND tags && '{a1,a2}' AND doc @> '{"k": 5}' AND doc->'l'->>0 = '5' AND doc #>> '{k}' = '5' AND doc @? '$.k ? (@ > 5)';
SELECT id, 'text'::text, E'a\tb', U&'\0041', $$dollar$$, 1e5, .5, NULL::int, true, -id FROM t WHERE name LIKE 'na%' ESCAPE '!' AND name ILIKE 'NAME%' AND name SIMILAR TO 'n%' AND name ~ '^n' AND code = 'c5'::varchar(20);
SELECT substring(name FROM 2 FOR 3), overlay(name PLACING 'x' FROM 1 FOR 2), position('a' IN name), trim(BOTH 'x' FROM name), COLLATION FOR (name), name COLLATE "C" FROM t WHERE id = ANY ('{1,2,3}'::int[]);
-- lists, rows, sub-selects, CTEs, windows, sets, sampling, locks
SELECT id FROM t WHERE id IN (1, 2, 3, 4) AND (id, name) IN ((1, 'a'), (2, 'b')) AND (id, name) > (1, 'a');
WITH RECURSIVE w (n) AS (VALUES (1) UNION ALL SELECT n + 1 FROM w WHERE n < 5) SELECT t.id FROM w JOIN t ON t.id = w.n WHERE t.name <> ALL (ARRAY['a', 'b']);
SELECT id, rank() OVER (PARTITION BY m ORDER BY at ROWS BETWEEN 5 PRECEDING AND CURRENT ROW), sum(id) FILTER (WHERE id > 5) OVER (ORDER BY id RANGE BETWEEN 3 PRECEDING AND 2 FOLLOWING) FROM t WHERE id < 50;
SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY id), string_agg(name, ', ' ORDER BY id), mode() WITHIN GROUP (ORDER BY m) FROM t GROUP BY GROUPING SETS ((m), (day), ()) HAVING GROUPING(m) = 0;
SELECT id FROM t WHERE id < 5 UNION ALL SELECT 7 EXCEPT SELECT 8 INTERSECT (SELECT 9) ORDER BY 1 FETCH FIRST 5 ROWS WITH TIES;
SELECT id FROM t TABLESAMPLE SYSTEM (50) REPEATABLE (1) WHERE id = 5 FOR UPDATE SKIP LOCKED;
SELECT x.* FROM t, LATERAL jsonb_to_recordset('[{"a": 1}]') AS x (a int), generate_series(1, 3) WITH ORDINALITY g (n, o), unnest(ARRAY[1, 2], ARRAY['a']) u (p, q), ROWS FROM (generate_series(1, 2), generate_series(1, 3)) AS f (g1, g2) WHERE t.id = 5;
SELECT CASE WHEN id > 5 THEN 'big' ELSE 'small' END, coalesce(name, 'none'), nullif(id, 5), greatest(id, 5), least(id, 7) FROM v WHERE at > '2026-01-01' AND EXISTS (SELECT FROM t t2 WHERE t2.id = v.id AND t2.name = 'x');
SELECT xmlelement(name foo, 'bar'), current_date, current_user, localtime(2) FROM t WHERE id = 5;
-- what writes
INSERT INTO t (id, name, m, at) SELECT id + 100000, 'x', 'happy', '2026-01-01' FROM t WHERE id < 3 ON CONFLICT (id) DO UPDATE SET name = excluded.name || 'y' WHERE t.id > 5 RETURNING id, 'z';
UPDATE t SET (name, n) = ('x', 5.5), at = at + interval '1 hour', doc['k'] = '5' WHERE id = 5 AND name = 'y' RETURNING *;
UPDATE t SET name = s.name FROM (VALUES (1, 'a'), (2, 'b')) AS s (id, name) WHERE t.id = s.id AND t.id > 1;
DELETE FROM t USING (SELECT 100001 AS id) d WHERE t.id = d.id AND t.name = 'x';
MERGE INTO t USING (VALUES (100002, 'm')) AS s (id, name) ON t.id = s.id WHEN MATCHED AND t.id > 5 THEN UPDATE SET name = 'q' WHEN NOT MATCHED THEN INSERT (id, name) VALUES (s.id, 'r');
-- prepared, cursors, functions
PREPARE one (int, text, timestamptz) AS SELECT id FROM t WHERE id > $1 AND name = $2 AND at > $3::timestamptz - interval '1 day' LIMIT 5;
EXECUTE one (5, 'x', '2026-01-01');
EXECUTE one (5, NULL, NULL);
BEGIN;
DECLARE c CURSOR FOR SELECT id FROM t WHERE name > 'name 5' ORDER BY at;
FETCH 5 FROM c;
COMMIT;
CREATE FUNCTION in_sql(x int) RETURNS bigint LANGUAGE sql AS $$ SELECT count(*) FROM suggest_again.t WHERE id > x AND name <> 'y' $$;
CREATE FUNCTION in_plpgsql(x int, y text) RETURNS int LANGUAGE plpgsql AS $$
DECLARE z int; row record; first date := '2026-01-01';
BEGIN
    SELECT id INTO z FROM t WHERE id > x AND name <> y AND day > first LIMIT 1;
    FOR row IN SELECT id, name FROM t WHERE id BETWEEN x AND x + 5 LOOP
        PERFORM 1 FROM t WHERE id = row.id AND name = row.name;
    END LOOP;
    EXECUTE format('SELECT id FROM t WHERE %I = $1', 'id') INTO z USING x;
    RETURN z;
END $$;
SELECT in_sql(5), in_plpgsql(5, 'x');
CREATE TABLE copied AS SELECT id FROM t WHERE id < 5 AND name > 'a';
COPY (SELECT id, name FROM t WHERE id < 5 AND at > '2026-01-01') TO STDOUT;
EXPLAIN ANALYZE SELECT id FROM t WHERE name = 'explained' AND id < 5;
\o
-- all of them, from the text as it was sent and from the normalised one
SELECT count(*) >= 30 AS many, count(*) FILTER (WHERE NOT s.toplevel) >= 4 AS of_functions, count(*) FILTER (WHERE a.skipped IS NOT NULL) AS not_planned
FROM perfaudit.judged_statements s, perfaudit.plan_again(s.userid, s.toplevel, s.shape, '{}') a
WHERE s.operation <> 'utility' AND s.query ~ E'\\m(t|v|w)\\M' AND s.query !~ 'perfaudit|pg_';
SELECT a.skipped, left(s.query, 200) AS query
FROM perfaudit.judged_statements s, perfaudit.plan_again(s.userid, s.toplevel, s.shape, '{}') a
WHERE s.operation <> 'utility' AND a.skipped IS NOT NULL AND s.query ~ E'\\m(t|v|w)\\M' AND s.query !~ 'perfaudit|pg_' ORDER BY 2;
SELECT evidence->'skipped' AS skipped FROM perfaudit.suggest_indexes(max_ms => 600000, queryids => (SELECT array_agg(q) FROM perfaudit.statements, unnest(queryids) q WHERE query !~ 'perfaudit|pg_')) WHERE action = 'note' AND ddl IS NULL;

SELECT perfaudit.reset() >= 0 AS reset;
-- what cannot be: each with its SQLSTATE
CREATE TABLE gone AS SELECT i AS id, i AS k, i AS l FROM generate_series(1, 5000) i;
CREATE FUNCTION gone_function(x int) RETURNS int IMMUTABLE LANGUAGE plpgsql AS $$ BEGIN RETURN x; END $$;
CREATE TABLE log (id int);
CREATE RULE twice AS ON UPDATE TO gone DO ALSO INSERT INTO log VALUES (1);
\o /dev/null
SELECT id FROM gone WHERE k = 5;
SELECT id FROM gone WHERE l = 5;
SELECT id FROM t WHERE name = 'x' AND id > gone_function(5);
SELECT id FROM t WHERE code = 'x' AND id > 5;
UPDATE gone SET k = 5 WHERE id = 5;
SELECT id FROM copied WHERE id = 7;
\o
ALTER TABLE gone DROP COLUMN l;
DROP FUNCTION gone_function;
ALTER TABLE t ALTER code TYPE int USING 5;
DROP TABLE copied CASCADE;
SELECT s.query, k->>'reason' AS reason, k->>'sqlstate' AS sqlstate
FROM perfaudit.suggest_indexes(max_ms => 600000, queryids => (SELECT array_agg(q) FROM perfaudit.statements, unnest(queryids) q WHERE query ~ 'FROM (gone|t|copied) WHERE|^UPDATE gone' AND query !~ 'perfaudit')), jsonb_array_elements(evidence->'skipped') k
JOIN perfaudit.statements s ON (k->>'queryid')::bigint = ANY (s.queryids) WHERE action = 'note' AND ddl IS NULL ORDER BY s.query COLLATE "C";
SELECT perfaudit.reset() >= 0 AS reset;
SET client_min_messages = warning;
DROP SCHEMA suggest_again CASCADE;
