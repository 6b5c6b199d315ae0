-- suggest_indexes(): an index that saves some cost and takes the order from a nested loop's look-ups is none.
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS perfaudit;
RESET client_min_messages;
CREATE SCHEMA suggest_disorder;
SET search_path = suggest_disorder;
SET max_parallel_workers_per_gather = 0;
SET enable_hashjoin = off;
SET enable_mergejoin = off;
SET enable_memoize = off;
SET enable_material = off;
-- days of the one come all over its keys, those of the other in their order
CREATE TABLE mixed (id int PRIMARY KEY, day int, filler text);
CREATE TABLE ordered (id int PRIMARY KEY, day int, filler text);
CREATE TABLE lines (id int, n int, amount int, filler text, PRIMARY KEY (id, n));
INSERT INTO mixed SELECT i, (i * 7919) % 1000, repeat('x', 250) FROM generate_series(1, 20000) i;
INSERT INTO ordered SELECT i, i / 20, repeat('x', 250) FROM generate_series(1, 20000) i;
INSERT INTO lines SELECT i, j, i % 100, repeat('x', 60) FROM generate_series(1, 20000) i, generate_series(1, 3) j;
VACUUM ANALYZE mixed, ordered, lines;
-- the planner takes both for the same: it uses either index, and saves about as much
SELECT used <> '{}' AS used, gain_pct > 12 AS gains FROM perfaudit.what_if('SELECT sum(amount) FROM mixed JOIN lines USING (id) WHERE day < 60', '{CREATE INDEX ON suggest_disorder.mixed (day) INCLUDE (id)}');
SELECT used <> '{}' AS used, gain_pct > 12 AS gains FROM perfaudit.what_if('SELECT sum(amount) FROM ordered JOIN lines USING (id) WHERE day < 60', '{CREATE INDEX ON suggest_disorder.ordered (day) INCLUDE (id)}');
SELECT perfaudit.reset() >= 0 AS reset;
\o /dev/null
SELECT sum(amount) FROM mixed JOIN lines USING (id) WHERE day < 60;
SELECT sum(amount) FROM mixed JOIN lines USING (id) WHERE day < 61;
SELECT sum(amount) FROM ordered JOIN lines USING (id) WHERE day < 60;
SELECT sum(amount) FROM ordered JOIN lines USING (id) WHERE day < 61;
\o
SELECT "table", columns FROM perfaudit.suggest_indexes(max_ms => 60000) WHERE action = 'create' ORDER BY 1;
-- what it tells of costs is what EXPLAIN says
SELECT round(s.cost_before) = round(w.cost_before) AS before, round(s.cost_after) = round(w.cost_after) AS after
FROM perfaudit.suggest_indexes(max_ms => 60000) s, perfaudit.what_if('SELECT sum(amount) FROM ordered JOIN lines USING (id) WHERE day < 60', ARRAY[s.ddl]) w
WHERE action = 'create';
-- for one row out of order it does not matter
SELECT perfaudit.reset() >= 0 AS reset;
\o /dev/null
SELECT sum(amount) FROM mixed JOIN lines USING (id) WHERE day = 100;
SELECT sum(amount) FROM mixed JOIN lines USING (id) WHERE day = 101;
\o
SELECT "table", columns FROM perfaudit.suggest_indexes(max_ms => 60000) WHERE action = 'create' ORDER BY 1;
SELECT perfaudit.reset() >= 0 AS reset;
SET client_min_messages = warning;
DROP SCHEMA suggest_disorder CASCADE;
