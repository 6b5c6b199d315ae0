-- Plans: nodes with rows, loops and rows removed, predicates, spills.
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS perfaudit;
RESET client_min_messages;
CREATE SCHEMA plans;
SET search_path = plans;
CREATE TABLE customers (id int PRIMARY KEY, city text, since date);
CREATE TABLE orders (id int PRIMARY KEY, customer_id int REFERENCES customers, total int, note text);
CREATE INDEX orders_customer ON orders (customer_id);
INSERT INTO customers SELECT i, 'city ' || i % 10, date '2026-01-01' + i FROM generate_series(1, 200) i;
INSERT INTO orders SELECT i, 1 + i % 200, i % 50, repeat('n', 100) FROM generate_series(1, 2000) i;
ANALYZE customers, orders;
SET max_parallel_workers_per_gather = 0;
-- every execution is sampled
SET perfaudit.sample_budget = 1;
\set nodes 'SELECT n.type, n.relation, n.index, n.actual_rows, n.rows, n.loops, n.rows_removed AS removed, n.sampled, n.est_rows > 0 AS est, n.est_cost > 0 AS cost FROM perfaudit.plan_nodes n JOIN perfaudit.statements s USING (queryid, toplevel) WHERE s.query !~ ''perfaudit'' AND s.query ~ ''customers|orders'' ORDER BY s.query COLLATE "C", n.node;'
\set predicates 'SELECT relation, "column", function, kind, operator, operator_class, key_position, descending, list, rows_read, rows_kept, calls FROM perfaudit.predicates WHERE query !~ ''perfaudit'' AND query ~ ''customers|orders'' ORDER BY query COLLATE "C", kind, key_position, relation::text, "column", operator::text;'

-- sequential scan with a filter, twice
\o /dev/null
SELECT perfaudit.reset();
SELECT * FROM customers WHERE city = 'city 3' AND since > '2026-02-01';
SELECT * FROM customers WHERE city = 'city 4' AND since > '2026-02-01';
\o
:nodes
:predicates
SELECT calls, sampled, is_current, truncated, est_cost > 0 AS cost, mean_exec_time > 0 AS time, plan_id <> 0 AS id, query
FROM perfaudit.plans WHERE query ~ 'FROM customers';

-- a nested loop with an index scan inside; conditions of the index, of the join
SET enable_hashjoin = off;
SET enable_mergejoin = off;
SET enable_memoize = off;
SET enable_bitmapscan = off;
SET enable_material = off;
SET enable_seqscan = on;
\o /dev/null
SELECT perfaudit.reset();
SELECT c.id, o.total FROM customers c JOIN orders o ON o.customer_id = c.id WHERE c.id <= 5 AND o.total < 10;
\o
:nodes
:predicates
RESET enable_hashjoin;
RESET enable_mergejoin;
RESET enable_memoize;
RESET enable_bitmapscan;
RESET enable_material;

-- grouping and sorting, directions
SET enable_hashagg = off;
SET enable_indexscan = off;
SET enable_bitmapscan = off;
SET enable_indexonlyscan = off;
SET enable_incremental_sort = off;
\o /dev/null
SELECT perfaudit.reset();
SELECT * FROM orders ORDER BY total DESC, customer_id LIMIT 5;
SELECT city, count(*) FROM customers GROUP BY city;
SELECT * FROM customers ORDER BY since DESC NULLS LAST, lower(city);
\o
:nodes
:predicates
RESET enable_hashagg;
RESET enable_indexscan;
RESET enable_bitmapscan;
RESET enable_indexonlyscan;
RESET enable_incremental_sort;

-- operators and functions around columns
SET enable_indexscan = off;
SET enable_bitmapscan = off;
SET enable_indexonlyscan = off;
\o /dev/null
SELECT perfaudit.reset();
SELECT id FROM customers WHERE lower(city) = 'city 3';
SELECT id FROM customers WHERE city LIKE 'city%';
SELECT id FROM customers WHERE since IS NULL;
SELECT id FROM customers WHERE id IN (1, 2, 3);
SELECT id FROM customers WHERE id = 1 OR city = 'x';
SELECT id FROM customers WHERE NOT (city = 'city 3');
SELECT id FROM customers WHERE 5 > id;
\o
:predicates
RESET enable_indexscan;
RESET enable_bitmapscan;
RESET enable_indexonlyscan;

-- a sort, a hash and an aggregate that spill are noticed, sampled or not
SET perfaudit.sample_budget = 0;
SET perfaudit.sample_first = 0;
SET work_mem = '64kB';
SET hash_mem_multiplier = 1;
\o /dev/null
SELECT perfaudit.reset();
SELECT * FROM orders ORDER BY note, total, id;
\o
SELECT n.type, n.spills, n.spill_max_kb > 64 AS written, n.sampled, n.rows FROM perfaudit.plan_nodes n
JOIN perfaudit.statements s USING (queryid, toplevel) WHERE s.query ~ 'ORDER BY note' AND n.type = 'Sort';
SELECT temp_blks_written > 0 AS written FROM perfaudit.statements WHERE query ~ 'ORDER BY note, total, id' AND toplevel;
CREATE TABLE wide AS SELECT i AS id, repeat(md5(i::text), 4) AS note FROM generate_series(1, 20000) i;
ANALYZE wide;
SET enable_nestloop = off;
SET enable_mergejoin = off;
SET enable_sort = off;
\o /dev/null
SELECT perfaudit.reset();
SELECT count(*) FROM wide a JOIN wide b USING (id, note);
SELECT note, count(*) FROM wide GROUP BY note;
\o
SELECT n.type, bool_or(n.spills > 0 AND n.spill_max_kb > 64) AS spilled FROM perfaudit.plan_nodes n
JOIN perfaudit.statements s USING (queryid, toplevel)
WHERE s.query ~ 'FROM wide' AND (n.type = 'Hash Join' OR (n.type = 'Aggregate' AND s.query ~ 'GROUP BY')) GROUP BY 1 ORDER BY 1;
RESET enable_nestloop;
RESET enable_mergejoin;
RESET enable_sort;
RESET work_mem;
RESET hash_mem_multiplier;
-- unsampled: the plan is known, the rows are not
\o /dev/null
SELECT perfaudit.reset();
SELECT count(*) FROM orders WHERE total = 7;
\o
:nodes
RESET perfaudit.sample_first;
RESET perfaudit.sample_budget;

-- the first executions of a plan are sampled
\o /dev/null
SELECT perfaudit.reset();
SET perfaudit.sample_budget = 0;
SELECT format('SELECT id FROM orders WHERE total = %s AND note <> ''a''', i) FROM generate_series(1, 8) i \gexec
\o
SELECT DISTINCT n.sampled, s.calls FROM perfaudit.plan_nodes n JOIN perfaudit.statements s USING (queryid, toplevel)
WHERE s.query ~ 'note <>';
RESET perfaudit.sample_budget;

-- a plan that changes: both are kept
\o /dev/null
SELECT perfaudit.reset();
SET enable_bitmapscan = off;
SELECT note FROM orders WHERE customer_id = 5;
SELECT note FROM orders WHERE customer_id = 6;
DROP INDEX orders_customer;
SELECT note FROM orders WHERE customer_id = 7;
\o
RESET enable_bitmapscan;
SELECT p.calls, n.type, n.relation FROM perfaudit.plans p
JOIN perfaudit.plan_nodes n USING (queryid, plan_id, toplevel, is_current)
WHERE p.query ~ 'note FROM orders' ORDER BY n.type;
SELECT count(DISTINCT plan_id), count(DISTINCT is_current) FROM perfaudit.plans WHERE query ~ 'note FROM orders';

-- a plan with more nodes than are kept says so
\o /dev/null
SELECT perfaudit.reset();
SELECT 'SELECT count(*) FROM customers' || string_agg(format(' UNION ALL SELECT count(*) FROM customers WHERE id > %s', i), '')
FROM generate_series(1, 12) i \gexec
\o
SELECT bool_and(truncated) AS truncated FROM perfaudit.plans WHERE query ~ 'UNION ALL';

-- what was expected is the mean of the executions sampled: their values differ
CREATE TABLE skewed AS SELECT CASE WHEN i <= 900 THEN 1 ELSE i END AS v FROM generate_series(1, 1000) i;
ANALYZE skewed;
\o /dev/null
SELECT perfaudit.reset();
SELECT * FROM skewed WHERE v = 1000;
SELECT * FROM skewed WHERE v = 1;
\o
SELECT n.est_rows, n.rows, n.sampled FROM perfaudit.plan_nodes n JOIN perfaudit.statements s USING (queryid) WHERE s.query ~ 'FROM skewed';

-- facts of some shapes alone: theirs, and all of them
\o /dev/null
SELECT * FROM skewed WHERE v = 3 ORDER BY v DESC NULLS LAST;
SELECT * FROM customers WHERE city IS NOT NULL ORDER BY since DESC;
\o
SELECT array_agg(DISTINCT shape) AS shapes FROM perfaudit.node_facts() WHERE relid = 'skewed'::regclass \gset
SELECT count(DISTINCT shape), bool_and(relid = 'skewed'::regclass OR type = 'Sort') AS theirs FROM perfaudit.node_facts(:'shapes');
SELECT 'nodes' AS other FROM ((SELECT n FROM perfaudit.node_facts() n WHERE shape = ANY (:'shapes'))
    EXCEPT ALL SELECT n FROM perfaudit.node_facts(array_append(:'shapes'::bigint[], NULL)) n) x
UNION ALL SELECT 'predicates' FROM ((SELECT p FROM perfaudit.predicate_facts() p WHERE shape = ANY (:'shapes'))
    EXCEPT ALL SELECT p FROM perfaudit.predicate_facts(:'shapes') p) x
UNION ALL SELECT 'plans' FROM ((SELECT p FROM perfaudit.plan_facts() p WHERE shape = ANY (:'shapes'))
    EXCEPT ALL SELECT p FROM perfaudit.plan_facts(:'shapes') p) x;
SELECT (SELECT count(*) FROM perfaudit.node_facts('{}')) AS of_none, (SELECT count(*) FROM perfaudit.node_facts(NULL)) AS of_null,
       (SELECT count(*) FROM perfaudit.plan_facts('{1,2,3}')) AS unknown;
SELECT perfaudit.column_name(relid, attnum) AS "column", kind, descending, nulls_first, negated
FROM perfaudit.predicate_facts() WHERE kind = 'sort' OR negated ORDER BY 1, 2;

-- where in its plan a node stands, and which side of a nested loop it is
SET enable_hashjoin = off;
SET enable_mergejoin = off;
SET enable_material = off;
SET enable_indexscan = off;
SET enable_bitmapscan = off;
\o /dev/null
SELECT perfaudit.reset();
SELECT c.id, o.id FROM customers c JOIN orders o ON o.total = c.id WHERE c.id <= 3 AND o.id <= 20;
SET enable_material = on;
SELECT c.since, o.id FROM customers c JOIN orders o ON o.total = c.id WHERE c.id <= 3 AND o.id <= 20;
SELECT (SELECT max(o.total) FROM orders o WHERE o.customer_id = c.id) FROM customers c WHERE c.id < 3;
\o
SELECT n.path, n.inner_side, n.relid::regclass, n.rows, n.loops, n.parent_rows, n.parent_removed
FROM perfaudit.node_facts() n WHERE n.path ~ 'Nested|Aggregate/Seq' ORDER BY n.path COLLATE "C", n.rows, n.loops;
