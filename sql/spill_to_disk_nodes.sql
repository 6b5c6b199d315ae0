-- spill_to_disk: each node that can write to disk is named, and the work_mem that it asks for holds it.
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS perfaudit;
RESET client_min_messages;
CREATE SCHEMA spill_to_disk_nodes;
SET search_path = spill_to_disk_nodes;
CREATE TABLE parts (id int, k int, "Name; --" text) PARTITION BY RANGE (id);
CREATE TABLE parts_1 PARTITION OF parts FOR VALUES FROM (0) TO (10000);
CREATE TABLE parts_2 PARTITION OF parts DEFAULT;
INSERT INTO parts SELECT i, i % 3, 'name ' || i FROM generate_series(1, 20000) i;
CREATE INDEX ON parts (k);
ANALYZE parts;
CREATE FUNCTION spills(statement text, VARIADIC settings text[] DEFAULT '{}',
    OUT node text, OUT said text, OUT suggested text, OUT wrote_before bool, OUT wrote_after bigint) LANGUAGE plpgsql
SET work_mem = '64kB' SET perfaudit.judge_time = 0 SET perfaudit.spill_size = '64kB' SET perfaudit.sample_budget = 1
SET max_parallel_workers_per_gather = 0 AS $$
DECLARE
    s text;
    memory text;
    written CONSTANT text := 'SELECT sum(temp_blks_written) FROM perfaudit.statements WHERE query ~ ''"Name; --"'' AND query !~ ''perfaudit|spills''';
BEGIN
    FOREACH s IN ARRAY settings LOOP
        EXECUTE 'SET LOCAL ' || s;
    END LOOP;
    PERFORM perfaudit.reset();
    FOR i IN 1 .. 5 LOOP
        EXECUTE statement;
    END LOOP;
    SELECT f.evidence->>'node', regexp_replace(f.summary, '[0-9][0-9,]*', 'N', 'g'), regexp_replace(f.suggestion, '[0-9]+MB', '... MB', 'g'),
           f.evidence->>'work_mem'
    INTO node, said, suggested, memory FROM perfaudit.findings f WHERE f.kind = 'spill_to_disk';
    EXECUTE written INTO wrote_after;
    wrote_before := wrote_after > 0;
    PERFORM set_config('work_mem', memory, true), perfaudit.reset();
    FOR i IN 1 .. 5 LOOP
        EXECUTE statement;
    END LOOP;
    EXECUTE written INTO wrote_after;
END $$;
\x on
SELECT * FROM spills('SELECT count(*) FROM (SELECT "Name; --" FROM parts ORDER BY "Name; --" OFFSET 0) x');
SELECT * FROM spills('SELECT count(*) FROM (SELECT k, "Name; --", id FROM parts ORDER BY k, "Name; --" OFFSET 0) x', 'enable_sort = off', 'enable_seqscan = off', 'enable_bitmapscan = off');
SELECT * FROM spills('SELECT count(*) FROM parts a JOIN parts b ON a."Name; --" = b."Name; --"', 'enable_mergejoin = off', 'enable_nestloop = off');
SELECT * FROM spills('SELECT count(*) FROM (SELECT "Name; --", count(*) FROM parts GROUP BY 1 OFFSET 0) x', 'enable_sort = off');
SELECT * FROM spills('SELECT count(x.s) FROM (SELECT "Name; --", sum(id) OVER () AS s FROM parts OFFSET 0) x');
SELECT * FROM spills('WITH c AS MATERIALIZED (SELECT "Name; --" FROM parts) SELECT count(*) FROM c x, (SELECT count(*) FROM c) y');
SELECT * FROM spills('SELECT count("Name; --") FROM generate_series(1, 20000) AS g ("Name; --") WHERE EXISTS (SELECT FROM parts)');
-- of which the leader may have written nothing
SELECT node, wrote_before, wrote_after FROM spills('SELECT count(*) FROM (SELECT "Name; --" FROM parts ORDER BY "Name; --" DESC OFFSET 0) x', 'max_parallel_workers_per_gather = 2', 'parallel_setup_cost = 0',
    'parallel_tuple_cost = 0', 'min_parallel_table_scan_size = 0');
\x off
-- who looks may have more work_mem than the statements had
SET work_mem = '64kB';
SET max_parallel_workers_per_gather = 0;
SET perfaudit.judge_time = 0;
SET perfaudit.spill_size = '64kB';
\o /dev/null
SELECT perfaudit.reset();
SELECT 'SELECT * FROM parts ORDER BY "Name; --"' FROM generate_series(1, 5) \gexec
\o
SELECT evidence->>'work_mem' AS work_mem FROM perfaudit.findings WHERE kind = 'spill_to_disk' \gset
SET work_mem = '1GB';
SELECT evidence->>'work_mem' = :'work_mem' OR evidence->>'work_mem' = '8MB' AS same FROM perfaudit.findings WHERE kind = 'spill_to_disk';
-- a table that is gone
DROP TABLE parts;
SELECT count(*) FROM perfaudit.findings WHERE kind = 'spill_to_disk';
SET client_min_messages = warning;
DROP SCHEMA spill_to_disk_nodes CASCADE;
