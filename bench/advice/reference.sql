-- The reference over HypoPG: bench.extend(budget) fills bench.reference. Extend: starts with single columns, then adds the
-- single column, or the column behind an index chosen before, that saves most planner cost a byte, until nothing saves or
-- the budget is full. With pairs, instead: single columns and all two of them, those that save most a byte first.
-- Sizes are HypoPG's, or, with bench.real_sizes, those of the index really built, once.
\set QUIET on
CREATE TABLE IF NOT EXISTS bench.reference (label text, budget bigint, step int, ddl text, cost float8);
CREATE TABLE IF NOT EXISTS bench.index_sizes (ddl text PRIMARY KEY, bytes bigint);
CREATE OR REPLACE FUNCTION bench.index_size(ddl text, hypothetical bigint) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    result bigint;
BEGIN
    IF current_setting('bench.real_sizes', true) IS DISTINCT FROM 'on' THEN RETURN hypothetical; END IF;
    SELECT bytes INTO result FROM bench.index_sizes s WHERE s.ddl = index_size.ddl;
    IF result IS NULL THEN
        BEGIN
            EXECUTE 'CREATE INDEX bench_index_size ON ' || ddl;
            SELECT sum(pg_relation_size(oid)) INTO result FROM pg_class WHERE oid IN (SELECT relid FROM pg_partition_tree('bench_index_size') UNION SELECT 'bench_index_size'::regclass);
            DROP INDEX bench_index_size;
        EXCEPTION WHEN program_limit_exceeded THEN -- rows too wide
            result := 1e15;
        END;
        INSERT INTO bench.index_sizes VALUES (ddl, result);
    END IF;
    RETURN result;
END $$;
CREATE OR REPLACE FUNCTION bench.extend(label text, budget bigint, pairs boolean DEFAULT false, max_width int DEFAULT 4) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    chosen text[] := '{}';      -- 'table (column, ...)'
    chosen_size bigint := 0;
    current_cost float8;
    best text; best_ratio float8; best_size bigint; best_old text;
    c record; k text; total float8; size bigint; q record;
BEGIN
    SET LOCAL client_min_messages = warning;
    SET LOCAL perfaudit.enabled = off;
    DROP TABLE IF EXISTS pg_temp.extend_columns, pg_temp.extend_costs;
    CREATE TEMP TABLE extend_columns AS
        SELECT DISTINCT a.attrelid::regclass::text AS tab, a.attname::text AS col FROM pg_attribute a JOIN pg_class r ON r.oid = a.attrelid
        WHERE r.relkind IN ('r', 'p') AND NOT r.relispartition AND r.relnamespace = 'public'::regnamespace AND a.attnum > 0 AND NOT a.attisdropped
          AND EXISTS (SELECT FROM pg_opclass o JOIN pg_am m ON m.oid = o.opcmethod WHERE m.amname = 'btree' AND o.opcdefault
                      AND (o.opcintype = a.atttypid OR a.atttypid IN ('varchar'::regtype, 'text[]'::regtype)))
          AND EXISTS (SELECT FROM bench.instances i WHERE i.query ~ ('\m' || a.attname || '\M') AND i.query ~ ('\m' || r.relname || '\M'));
    PERFORM hypopg_reset();
    CREATE TEMP TABLE extend_costs AS SELECT name, query, weight, bench.cost(query) AS cost FROM bench.instances;
    LOOP
        SELECT sum(weight * cost) INTO current_cost FROM extend_costs;
        best := NULL; best_ratio := 0;
        FOR c IN SELECT tab, tab || ' (' || col || ')' AS ddl, NULL AS old FROM extend_columns
                 UNION ALL
                 SELECT e.tab, rtrim(o, ')') || ', ' || col || ')', o FROM extend_columns e, unnest(chosen) o
                 WHERE NOT pairs AND o LIKE e.tab || ' (%' AND o !~ ('\m' || col || '\M') AND array_length(string_to_array(o, ','), 1) < max_width
                 UNION ALL
                 SELECT a.tab, a.tab || ' (' || a.col || ', ' || b.col || ')', NULL FROM extend_columns a JOIN extend_columns b ON b.tab = a.tab AND b.col <> a.col
                 WHERE pairs
        LOOP
            CONTINUE WHEN c.ddl = ANY (chosen);
            PERFORM hypopg_reset();
            size := 0;
            FOREACH k IN ARRAY array_append(array_remove(chosen, c.old), c.ddl) LOOP
                SELECT size + bench.index_size(k, hypopg_relation_size(indexrelid)) INTO size FROM hypopg_create_index('CREATE INDEX ON ' || k);
            END LOOP;
            CONTINUE WHEN size > budget;
            total := 0;
            FOR q IN SELECT * FROM extend_costs LOOP
                IF q.query ~ ('\m' || c.tab || '\M') THEN total := total + q.weight * bench.cost(q.query);
                ELSE total := total + q.weight * q.cost; END IF;
            END LOOP;
            IF (current_cost - total) / greatest(size - chosen_size, 8192) > best_ratio AND total < current_cost * 0.999 THEN
                best := c.ddl; best_old := c.old; best_ratio := (current_cost - total) / greatest(size - chosen_size, 8192);
                best_size := size;
            END IF;
        END LOOP;
        EXIT WHEN best IS NULL;
        chosen := array_append(array_remove(chosen, best_old), best);
        chosen_size := best_size;
        PERFORM hypopg_reset();
        PERFORM hypopg_create_index('CREATE INDEX ON ' || x) FROM unnest(chosen) x;
        UPDATE extend_costs SET cost = bench.cost(query);
    END LOOP;
    PERFORM hypopg_reset();
    INSERT INTO bench.reference SELECT label, budget, n, 'CREATE INDEX ON ' || x, current_cost FROM unnest(chosen) WITH ORDINALITY u(x, n);
END $$;
