-- row_by_row_function: fires on statements that functions and triggers run for
-- each row; silent on what only looks like it.
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS perfaudit;
RESET client_min_messages;
CREATE SCHEMA row_by_row_function;
SET search_path = row_by_row_function;
-- no time is too short
SET perfaudit.judge_time = 0;

CREATE TABLE orders (id int PRIMARY KEY, customer int, total int);
CREATE TABLE lines (order_id int, price int);
CREATE TABLE log (order_id int, what text);
INSERT INTO orders SELECT i, i % 10, 0 FROM generate_series(1, 300) i;
INSERT INTO lines SELECT i, 5 FROM generate_series(1, 300) i;
CREATE INDEX ON lines (order_id);
ANALYZE orders, lines, log;

CREATE FUNCTION total_of(k int) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    result bigint;
BEGIN
    SELECT sum(l.price) INTO STRICT result
    FROM lines l
    WHERE l.order_id = k AND l.price > 0;
    RETURN result;
END $$;
CREATE PROCEDURE fill(n int) LANGUAGE plpgsql AS $$
DECLARE
    o record;
BEGIN
    FOR o IN SELECT * FROM orders WHERE id <= n LOOP
        INSERT INTO log VALUES (o.id, 'order');
        PERFORM total_of(o.id);
    END LOOP;
END $$;
CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN UPDATE orders SET total = total + NEW.price WHERE id = NEW.order_id; RETURN NEW; END $$;

\set found 'SELECT relation, evidence->>''variant'' AS variant, occurrences AS callers, evidence->>''calls'' AS calls, evidence->>''n_max'' AS n_max, evidence->>''functions'' AS functions, query, parent_query FROM perfaudit.findings WHERE kind = ''row_by_row_function'' ORDER BY query COLLATE "C";'

--
-- Fires
--

-- a function called for each row of a query
\o /dev/null
SELECT perfaudit.reset();
SELECT id, total_of(id) FROM orders WHERE id <= 100;
SELECT id, total_of(id) FROM orders WHERE id <= 200;
\o
:found
SELECT perfaudit.severity_rank(severity) > 0 AS ranked, regexp_replace(summary, '[0-9.]+ ms', '... ms') AS summary, suggestion,
       database = current_database() AS here, username = current_user AS mine, application, impact_ms > 0 AS cost,
       impact_ms < (evidence->>'exec_ms')::float8 AS saves, parent_queryid IS NOT NULL AS parent, finding_id ~ '^[0-9a-f]{16}$' AS id
FROM perfaudit.findings WHERE kind = 'row_by_row_function';
SELECT jsonb_object_keys(evidence) AS evidence FROM perfaudit.findings WHERE kind = 'row_by_row_function' ORDER BY 1;

-- a loop that writes, and calls the function
\o /dev/null
SELECT perfaudit.reset();
CALL fill(100);
\o
:found
SELECT suggestion FROM perfaudit.findings WHERE kind = 'row_by_row_function' ORDER BY query COLLATE "C";
-- as much with another one that does little
\o /dev/null
CALL fill(110);
CALL fill(90);
\o
:found
SELECT substring(summary, 'statement that.*') AS summary FROM perfaudit.findings WHERE kind = 'row_by_row_function' ORDER BY query COLLATE "C";

-- a trigger for each row
CREATE TRIGGER note AFTER INSERT ON lines FOR EACH ROW EXECUTE FUNCTION note();
\o /dev/null
SELECT perfaudit.reset();
INSERT INTO lines SELECT i, 1 FROM generate_series(1, 100) i;
\o
:found
SELECT substring(summary, 'statement that.*') AS summary, suggestion FROM perfaudit.findings WHERE kind = 'row_by_row_function';

-- what is put together when it runs stands in no function
CREATE FUNCTION dynamic(n int) RETURNS void LANGUAGE plpgsql AS $$ BEGIN FOR i IN 1..n LOOP EXECUTE format('INSERT INTO log VALUES (%s)', i); END LOOP; END $$;
\o /dev/null
SELECT perfaudit.reset();
SELECT dynamic(100);
\o
:found

--
-- Silent
--

-- one below the threshold
\o /dev/null
SELECT perfaudit.reset();
SELECT id, total_of(id) FROM orders WHERE id <= 99;
CALL fill(99);
INSERT INTO lines SELECT i, 1 FROM generate_series(1, 99) i;
\o
:found
SET perfaudit.row_function_calls = 99;
SELECT count(*) FROM perfaudit.findings WHERE kind = 'row_by_row_function';
RESET perfaudit.row_function_calls;
-- too quick to matter
\o /dev/null
SELECT id, total_of(id) FROM orders;
\o
SET perfaudit.judge_time = '1h';
:found
SET perfaudit.judge_time = 0;

-- repaired: a statement for all rows; a trigger for each statement
DROP TRIGGER note ON lines;
CREATE FUNCTION note_all() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE orders o SET total = o.total + n.price FROM new_lines n WHERE o.id = n.order_id;
    RETURN NULL;
END $$;
CREATE TRIGGER note_all AFTER INSERT ON lines REFERENCING NEW TABLE AS new_lines FOR EACH STATEMENT EXECUTE FUNCTION note_all();
CREATE FUNCTION fill_all(n int) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO log SELECT id, 'order' FROM orders WHERE id <= n;
    PERFORM sum(l.price) FROM orders o JOIN lines l ON l.order_id = o.id WHERE o.id <= n GROUP BY o.id;
END $$;
-- inlined
CREATE FUNCTION lines_of(k int) RETURNS SETOF lines LANGUAGE sql STABLE AS 'SELECT * FROM lines WHERE order_id = k';
\o /dev/null
SELECT perfaudit.reset();
INSERT INTO lines SELECT i, 1 FROM generate_series(1, 200) i;
SELECT fill_all(200);
SELECT o.id, l.price FROM orders o, lines_of(o.id) l;
\o
:found
DROP TRIGGER note_all ON lines;

-- called often, with one statement each
\o /dev/null
SELECT perfaudit.reset();
\set ECHO none
SELECT format('SELECT total_of(%s)', i) FROM generate_series(1, 150) i \gexec
\set ECHO all
\o
:found

-- a trigger for each of many statements: the loop is to be told, not the trigger
CREATE TRIGGER note AFTER INSERT ON lines FOR EACH ROW EXECUTE FUNCTION note();
CREATE FUNCTION add_lines(n int) RETURNS void LANGUAGE plpgsql AS $$ BEGIN FOR i IN 1..n LOOP INSERT INTO lines VALUES (i, 1); END LOOP; END $$;
\o /dev/null
SELECT perfaudit.reset();
SELECT add_lines(100);
\o
:found
DROP TRIGGER note ON lines;

-- foreign keys: their checks, and what they cascade to
CREATE TABLE parents (id int PRIMARY KEY);
CREATE TABLE children (parent int REFERENCES parents ON DELETE CASCADE);
CREATE INDEX ON children (parent);
\o /dev/null
SELECT perfaudit.reset();
INSERT INTO parents SELECT i FROM generate_series(1, 200) i;
INSERT INTO children SELECT i FROM generate_series(1, 200) i;
DELETE FROM parents;
\o
:found

-- portions of many rows; temporary tables; catalogs; a block that somebody runs once
CREATE FUNCTION in_portions(n int) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    FOR i IN 1..n LOOP
        INSERT INTO log SELECT j FROM generate_series(1, 20) j;
    END LOOP;
END $$;
CREATE FUNCTION scratch(n int) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    CREATE TEMP TABLE scratch (id int);
    FOR i IN 1..n LOOP
        INSERT INTO scratch VALUES (i);
        PERFORM count(*) FROM pg_class WHERE oid = i;
        PERFORM i + 1;
    END LOOP;
END $$;
\o /dev/null
SELECT perfaudit.reset();
SELECT in_portions(100);
SELECT scratch(100);
DO $$
BEGIN
    FOR i IN 1..100 LOOP
        INSERT INTO log VALUES (i, 'once');
    END LOOP;
END $$;
\o
:found

SET client_min_messages = warning;
DROP SCHEMA row_by_row_function CASCADE;
