-- The best indexes, at most two, by real execution: fills bench.exhaustive with the cost and the time of every one and every
-- pair (with at least one of those that are best alone) of the candidates, which are all single columns, all two columns
-- that a statement has of one table, and those of bench.advice_simple. All are really built, and all but two made invalid, so that the planner leaves them alone. A statement is
-- executed once for each set of them that its plan uses; so it ends in minutes.
\set QUIET on
SET client_min_messages = error;
SET plan_cache_mode = force_custom_plan;
SET perfaudit.enabled = off;
DROP TABLE IF EXISTS bench.exhaustive, bench.candidates, bench.executed, bench.tries;
CREATE TABLE bench.candidates (id int GENERATED ALWAYS AS IDENTITY, tab text, ddl text UNIQUE, oid oid);
INSERT INTO bench.candidates (tab, ddl)
WITH used AS (
    SELECT DISTINCT i.id, a.attrelid::regclass::text AS tab, a.attname::text AS col
    FROM pg_class r JOIN pg_attribute a ON a.attrelid = r.oid JOIN bench.instances i
         ON i.query ~ ('\m' || r.relname || '\M') AND regexp_replace(i.query, '^SELECT .*? FROM ', '') ~ ('\m' || a.attname || '\M')
    WHERE r.relkind IN ('r', 'p') AND NOT r.relispartition AND r.relnamespace = 'public'::regnamespace AND a.attnum > 0 AND r.reltuples > 1000
      AND EXISTS (SELECT FROM pg_opclass o JOIN pg_am m ON m.oid = o.opcmethod WHERE m.amname = 'btree' AND o.opcdefault
                  AND (o.opcintype = a.atttypid OR a.atttypid = 'varchar'::regtype)))
SELECT tab, format('CREATE INDEX ON %s (%s)', tab, col) FROM used
UNION
SELECT a.tab, format('CREATE INDEX ON %s (%s, %s)', a.tab, a.col, b.col) FROM used a JOIN used b ON b.id = a.id AND b.tab = a.tab AND b.col <> a.col
UNION
SELECT "table"::text, regexp_replace(replace(ddl, ' CONCURRENTLY', ''), '^CREATE INDEX \S+', 'CREATE INDEX') FROM bench.advice_simple WHERE action = 'create'
ORDER BY 1, 2;
CREATE FUNCTION pg_temp.build() RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    c bench.candidates;
BEGIN
    FOR c IN SELECT * FROM bench.candidates LOOP
        BEGIN
            EXECUTE regexp_replace(c.ddl, '^CREATE INDEX', 'CREATE INDEX bench_candidate_' || c.id);
            UPDATE bench.candidates SET oid = to_regclass('bench_candidate_' || id) WHERE id = c.id;
        EXCEPTION WHEN program_limit_exceeded THEN
            DELETE FROM bench.candidates WHERE id = c.id;
        END;
    END LOOP;
    UPDATE pg_index SET indisvalid = false WHERE indexrelid IN (SELECT oid FROM bench.candidates);
END $$;
SELECT pg_temp.build();
CREATE TABLE bench.executed (query int, used int[], ms float8, PRIMARY KEY (query, used));
-- what a set of (one or two) candidates makes of each statement: the plan's own part of the set
CREATE TABLE bench.tries (a int, b int, query int, used int[], cost float8);
CREATE INDEX ON bench.tries (a, b, query);
CREATE FUNCTION pg_temp.look(first int, second int) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    q bench.instances;
    plan text;
    part int[];
BEGIN
    -- of one table, an index that a statement leaves alone does not combine with another
    IF first <> second AND (SELECT count(DISTINCT tab) FROM bench.candidates WHERE id IN (first, second)) = 1 THEN
        INSERT INTO bench.tries
        SELECT first, second, x.query, x.used, x.cost FROM bench.tries x JOIN bench.tries y ON y.query = x.query
        WHERE x.a = x.b AND y.a = y.b AND (x.a = first AND y.a = second AND y.used = '{}' OR x.a = second AND y.a = first AND x.used <> '{}' AND y.used = '{}');
    END IF;
    FOR q IN SELECT i.* FROM bench.instances i WHERE NOT EXISTS (SELECT FROM bench.tries t WHERE t.a = first AND t.b = second AND t.query = i.id) AND (first IS NULL
             OR EXISTS (SELECT FROM bench.candidates c WHERE c.id IN (first, second) AND i.query ~ ('\m' || c.tab || '\M'))) LOOP
        EXECUTE 'EXPLAIN (FORMAT JSON) ' || q.query INTO plan;
        part := ARRAY(SELECT m[1]::int FROM regexp_matches(plan, 'bench_candidate_(\d+)\M', 'g') m GROUP BY 1 ORDER BY 1);
        INSERT INTO bench.tries VALUES (first, second, q.id, part, (plan::json -> 0 -> 'Plan' ->> 'Total Cost')::float8);
        IF NOT EXISTS (SELECT FROM bench.executed e WHERE e.query = q.id AND e.used = part) THEN
            INSERT INTO bench.executed VALUES (q.id, part, bench.ms(q.query));
        END IF;
    END LOOP;
END $$;
CREATE PROCEDURE pg_temp.try() LANGUAGE plpgsql AS $$
DECLARE
    a bench.candidates;
    b bench.candidates;
BEGIN
    PERFORM pg_temp.look(NULL, NULL);
    -- alone: one that no plan uses takes part in no pair
    FOR a IN SELECT * FROM bench.candidates ORDER BY id LOOP
        UPDATE pg_index SET indisvalid = true WHERE indexrelid = a.oid;
        PERFORM pg_temp.look(a.id, a.id);
        UPDATE pg_index SET indisvalid = false WHERE indexrelid = a.oid;
        COMMIT;
    END LOOP;
    CREATE TEMP TABLE useful AS SELECT c.* FROM bench.candidates c WHERE EXISTS (SELECT FROM bench.tries t WHERE t.a = c.id AND used <> '{}');
    CREATE TEMP TABLE alone AS
        SELECT t.a AS id, sum(i.weight * (e.ms - n.ms)) AS ms, sum(i.weight * (t.cost - o.cost)) AS cost
        FROM bench.tries t JOIN bench.executed e ON e.query = t.query AND e.used = t.used JOIN bench.instances i ON i.id = t.query
             JOIN bench.tries o ON o.query = t.query AND o.a IS NULL JOIN bench.executed n ON n.query = o.query AND n.used = o.used
        WHERE t.a IN (SELECT id FROM useful) GROUP BY t.a;
    CREATE TEMP TABLE good AS (SELECT id FROM alone ORDER BY ms LIMIT 15) UNION (SELECT id FROM alone ORDER BY cost LIMIT 15);
    FOR a IN SELECT * FROM useful ORDER BY id LOOP
        UPDATE pg_index SET indisvalid = true WHERE indexrelid = a.oid;
        -- of two tables that no statement joins each has what it has alone
        FOR b IN SELECT * FROM useful u WHERE u.id > a.id AND (a.id IN (SELECT id FROM good) OR u.id IN (SELECT id FROM good)) AND EXISTS (SELECT FROM bench.instances i WHERE i.query ~ ('\m' || a.tab || '\M') AND i.query ~ ('\m' || u.tab || '\M')) ORDER BY id LOOP
            UPDATE pg_index SET indisvalid = true WHERE indexrelid = b.oid;
            PERFORM pg_temp.look(a.id, b.id);
            UPDATE pg_index SET indisvalid = false WHERE indexrelid = b.oid;
        END LOOP;
        UPDATE pg_index SET indisvalid = false WHERE indexrelid = a.oid;
        COMMIT;
    END LOOP;
END $$;
CALL pg_temp.try();
CREATE TABLE bench.exhaustive (a int, b int, cost float8, ms float8);
CREATE FUNCTION pg_temp.sum_up() RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    TRUNCATE bench.exhaustive;
    INSERT INTO bench.exhaustive
    WITH base AS (SELECT i.id, i.weight, t.cost, e.ms FROM bench.instances i JOIN bench.tries t ON t.query = i.id AND t.a IS NULL JOIN bench.executed e ON e.query = i.id AND e.used = t.used)
    SELECT t.a, t.b, (SELECT sum(weight * cost) FROM base) + sum(b.weight * (t.cost - b.cost)) AS cost,
           (SELECT sum(weight * ms) FROM base) + sum(b.weight * (e.ms - b.ms)) AS ms
    FROM bench.tries t JOIN base b ON b.id = t.query JOIN bench.executed e ON e.query = t.query AND e.used = t.used
    WHERE t.a IS NOT NULL GROUP BY t.a, t.b;
    -- those of tables that have nothing to do with each other
    INSERT INTO bench.exhaustive
    SELECT x.a, y.a, x.cost + y.cost - n.cost, x.ms + y.ms - n.ms
    FROM bench.exhaustive x JOIN bench.exhaustive y ON x.a < y.a AND x.a = x.b AND y.a = y.b,
         (SELECT sum(i.weight * t.cost) AS cost, sum(i.weight * e.ms) AS ms FROM bench.instances i JOIN bench.tries t ON t.query = i.id AND t.a IS NULL JOIN bench.executed e ON e.query = i.id AND e.used = t.used) n
    WHERE NOT EXISTS (SELECT FROM bench.exhaustive z WHERE z.a = x.a AND z.b = y.a)
      AND (x.a IN (SELECT id FROM good) OR y.a IN (SELECT id FROM good))
      AND EXISTS (SELECT FROM bench.tries t WHERE t.a = x.a AND t.used <> '{}') AND EXISTS (SELECT FROM bench.tries t WHERE t.a = y.a AND t.used <> '{}');
END $$;
-- The best of so many by what was measured once are partly those that were lucky: where plans of the best forty differ, they
-- are executed again, in turns.
CREATE PROCEDURE pg_temp.again() LANGUAGE plpgsql AS $$
DECLARE
    part int[];
BEGIN
    CREATE TEMP TABLE close AS
        WITH best AS (SELECT * FROM bench.exhaustive ORDER BY ms LIMIT 40),
             parts AS (SELECT DISTINCT i.id AS query, coalesce(t.used, nullif(x.used, '{}'), y.used, '{}') AS used
                       FROM best CROSS JOIN bench.instances i LEFT JOIN bench.tries t ON t.a = best.a AND t.b = best.b AND t.query = i.id
                            LEFT JOIN bench.tries x ON x.a = best.a AND x.b = best.a AND x.query = i.id LEFT JOIN bench.tries y ON y.a = best.b AND y.b = best.b AND y.query = i.id)
        SELECT * FROM parts p WHERE EXISTS (SELECT FROM parts o WHERE o.query = p.query AND o.used <> p.used);
    FOR round IN 1 .. 3 LOOP
        FOR part IN SELECT DISTINCT used FROM close ORDER BY 1 LOOP
            UPDATE pg_index SET indisvalid = true WHERE indexrelid IN (SELECT c.oid FROM bench.candidates c WHERE c.id = ANY (part));
            UPDATE bench.executed e SET ms = least(e.ms, bench.ms(i.query)) FROM close c, bench.instances i
            WHERE c.used = part AND e.query = c.query AND e.used = c.used AND i.id = c.query;
            UPDATE pg_index SET indisvalid = false WHERE indexrelid IN (SELECT c.oid FROM bench.candidates c WHERE c.id = ANY (part));
            COMMIT;
        END LOOP;
    END LOOP;
END $$;
SELECT pg_temp.sum_up();
CALL pg_temp.again();
SELECT pg_temp.sum_up();
SELECT format('DROP INDEX %s', oid::regclass) FROM bench.candidates \gexec
