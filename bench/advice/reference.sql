-- The reference: Extend over HypoPG. Starts with single columns, then adds the single column, or the column behind an index
-- chosen before, that saves most planner cost a byte, until nothing saves or :budget is full. Fills bench.reference.
\set QUIET on
CREATE TABLE IF NOT EXISTS bench.reference (budget bigint, step int, ddl text, size bigint, cost float8);
CREATE OR REPLACE FUNCTION bench.extend(budget bigint, max_width int DEFAULT 4) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    chosen text[] := '{}';      -- 'table(column, ...)'
    chosen_size bigint := 0;
    current_cost float8;
    best text; best_ratio float8; best_cost float8; best_size bigint; best_old text;
    c record; k text; total float8; size bigint; this float8; q record; step int := 0;
BEGIN
    DROP TABLE IF EXISTS pg_temp.extend_columns, pg_temp.extend_costs;
    CREATE TEMP TABLE extend_columns AS
        SELECT DISTINCT a.attrelid::regclass::text AS tab, a.attname::text AS col FROM pg_attribute a JOIN pg_class r ON r.oid = a.attrelid
        WHERE r.relkind = 'r' AND r.relnamespace = 'public'::regnamespace AND a.attnum > 0 AND NOT a.attisdropped
          AND EXISTS (SELECT FROM bench.instances i WHERE i.query ~ ('\m' || a.attname || '\M') AND i.query ~ ('\m' || r.relname || '\M'));
    PERFORM hypopg_reset();
    CREATE TEMP TABLE extend_costs AS SELECT name, query, weight, bench.cost(query) AS cost FROM bench.instances;
    LOOP
        SELECT sum(weight * cost) INTO current_cost FROM extend_costs;
        best := NULL; best_ratio := 0;
        FOR c IN SELECT tab, tab || '(' || col || ')' AS ddl, NULL AS old FROM extend_columns
                 UNION ALL
                 SELECT e.tab, rtrim(o, ')') || ', ' || col || ')', o FROM extend_columns e, unnest(chosen) o
                 WHERE o LIKE e.tab || '(%' AND o !~ ('\m' || col || '\M') AND array_length(string_to_array(o, ','), 1) < max_width
        LOOP
            CONTINUE WHEN c.ddl = ANY (chosen);
            PERFORM hypopg_reset();
            size := 0;
            FOREACH k IN ARRAY array_append(array_remove(chosen, c.old), c.ddl) LOOP
                SELECT size + hypopg_relation_size(indexrelid) INTO size FROM hypopg_create_index('CREATE INDEX ON ' || k);
            END LOOP;
            CONTINUE WHEN size > budget;
            total := 0;
            FOR q IN SELECT * FROM extend_costs LOOP
                IF q.query ~ ('\m' || c.tab || '\M') THEN total := total + q.weight * bench.cost(q.query);
                ELSE total := total + q.weight * q.cost; END IF;
            END LOOP;
            IF (current_cost - total) / greatest(size - chosen_size, 8192) > best_ratio AND total < current_cost * 0.999 THEN
                best := c.ddl; best_old := c.old; best_ratio := (current_cost - total) / greatest(size - chosen_size, 8192);
                best_cost := total; best_size := size;
            END IF;
        END LOOP;
        EXIT WHEN best IS NULL;
        chosen := array_append(array_remove(chosen, best_old), best);
        chosen_size := best_size;
        step := step + 1;
        PERFORM hypopg_reset();
        PERFORM hypopg_create_index('CREATE INDEX ON ' || x) FROM unnest(chosen) x;
        UPDATE extend_costs SET cost = bench.cost(query);
    END LOOP;
    PERFORM hypopg_reset();
    INSERT INTO bench.reference SELECT budget, n, 'CREATE INDEX ON ' || x, NULL, current_cost FROM unnest(chosen) WITH ORDINALITY u(x, n);
END $$;
