-- How the queries of a workload are sent and what they cost.

-- One text with its values: literals, as a simple driver sends them.
CREATE FUNCTION bench.instance(q bench.queries) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    result text := q.query;
    params text[] := string_to_array(q.params, '; ');
    value text;
BEGIN
    FOR n IN REVERSE cardinality(params) .. 1 LOOP
        EXECUTE 'SELECT (' || params[n] || ')::text' INTO value;
        result := replace(result, '$' || n, quote_literal(value));
    END LOOP;
    RETURN result;
END $$;

-- The same for EXECUTE.
CREATE FUNCTION bench.arguments(q bench.queries) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    result text[];
    params text[] := string_to_array(q.params, '; ');
    value text;
BEGIN
    FOR n IN 1 .. cardinality(params) LOOP
        EXECUTE 'SELECT (' || params[n] || ')::text' INTO value;
        result := result || quote_literal(value);
    END LOOP;
    RETURN coalesce('(' || array_to_string(result, ', ') || ')', '');
END $$;

-- Every query with the values of some of its executions.
CREATE TABLE bench.instances (id int GENERATED ALWAYS AS IDENTITY, name text, weight float8, query text);
SELECT setseed(0.75);
INSERT INTO bench.instances (name, weight, query)
    SELECT q.name, q.weight / 3.0, bench.instance(q) FROM bench.queries q, generate_series(1, 3) WHERE q.params <> ''
    UNION ALL
    SELECT q.name, q.weight, q.query FROM bench.queries q WHERE q.params = '';

-- Planner cost of an instance.
CREATE FUNCTION bench.cost(query text) RETURNS float8 LANGUAGE plpgsql AS $$
DECLARE
    plan json;
BEGIN
    EXECUTE 'EXPLAIN (FORMAT JSON) ' || query INTO plan;
    RETURN (plan -> 0 -> 'Plan' ->> 'Total Cost')::float8;
END $$;

-- Milliseconds that this process has worked, where the system tells, so that other work of the machine does not count; else the time.
-- The system brings its figure up to date when a process sleeps, and else some hundred times a second only.
CREATE FUNCTION bench.clock() RETURNS float8 LANGUAGE plpgsql VOLATILE AS $$
BEGIN
    PERFORM pg_sleep(0.0005);
    RETURN coalesce(nullif(split_part(pg_read_file('/proc/self/schedstat', 0, 100, true), ' ', 1)::float8, 0) / 1e6,
                    extract(epoch FROM clock_timestamp()) * 1000);
END $$;
-- Milliseconds that an instance takes once its pages are in memory: the best of some runs. What it writes is undone.
CREATE FUNCTION bench.ms(query text) RETURNS float8 LANGUAGE plpgsql AS $$
DECLARE
    started float8;
    this float8;
    best float8 := 'Infinity';
    total float8 := 0;
BEGIN
    FOR i IN 1 .. 7 LOOP
        BEGIN
            started := bench.clock();
            EXECUTE query;
            this := bench.clock() - started;
            RAISE SQLSTATE 'BENCH';
        EXCEPTION WHEN SQLSTATE 'BENCH' THEN
            best := least(best, this);
            total := total + this;
        END;
        EXIT WHEN total > 300 AND (i > 1 OR total > 3000);
    END LOOP;
    RETURN best;
END $$;
CREATE TABLE bench.measured (label text, id int, ms float8);
-- what is to be measured: ddl is null in a set without any index
CREATE TABLE bench.sets (id int GENERATED ALWAYS AS IDENTITY, label text, ddl text);
CREATE TABLE bench.results (id int GENERATED ALWAYS AS IDENTITY, label text, indexes int, bytes bigint, cost float8, ms float8, cut int);
