-- Severity and impact on a mixed workload: the first row is what to repair first, and what its repair saves is about its
-- impact. The worst problem takes many times what the others do, so that no machine is slow enough to change that.
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS perfaudit;
RESET client_min_messages;
CREATE SCHEMA impact;
SET search_path = impact;
CREATE TABLE customers (id int PRIMARY KEY, name text);
INSERT INTO customers SELECT i, 'customer ' || i FROM generate_series(1, 2000) i;
CREATE TABLE orders (id int PRIMARY KEY, customer int REFERENCES customers, day date, state int, note text);
INSERT INTO orders SELECT i, 1 + i % 2000, date '2020-01-01' + i % 1000, i % 7, 'Note ' || i || repeat('x', 300) FROM generate_series(1, 40000) i;
CREATE INDEX ON orders (state);
ANALYZE customers, orders;
SET max_parallel_workers_per_gather = 0;
SET jit = off;
SET perfaudit.judge_time = 0;
SET perfaudit.index_scan_removed = 100;
SET perfaudit.slow_statement = '1h';
SET perfaudit.burst_gap = '60s';
SET perfaudit.burst_max_time = '1h';
SET perfaudit.unit = 'mixed';
CREATE VIEW work AS SELECT s.statement, i FROM (VALUES
    -- the dearest, and the most often
    (1, 60, 'SELECT id FROM orders WHERE lower(note) = ''note %s'''),
    (2, 10, 'SELECT id, day FROM orders WHERE id > 28000 + %s ORDER BY day DESC, id LIMIT 5'),
    -- quick, and not often
    (3, 6, 'SELECT * FROM orders WHERE customer = %s'),
    -- cheap ones
    (4, 6, 'SELECT id FROM orders WHERE state = 3 AND day = ''2020-01-01'' AND id > %s'),
    (5, 20, 'SELECT name FROM customers WHERE id = %s'),
    (6, 8, 'SELECT max(id) FROM customers')) s (place, n, statement), generate_series(1, s.n) i
    ORDER BY s.place;
\set run 'SELECT format(statement, i) FROM work \\gexec'
\set top 'SELECT kind, relation, left(query, 50) AS query FROM perfaudit.findings LIMIT 1;'
\set of 'FROM (SELECT * FROM perfaudit.findings LIMIT 1) f JOIN perfaudit.statements s ON s.queryid = f.queryid AND s.toplevel AND s.username = f.username'

-- first
\set ECHO none
\o /dev/null
SELECT perfaudit.reset();
:run
\o
\set ECHO all
:top
SELECT f.impact_ms AS impact, s.total_exec_time AS before, s.queryid AS first :of LIMIT 1 \gset
-- in the order of what they cost, and all of them are told
SELECT kind, relation FROM perfaudit.findings ORDER BY kind;
SELECT bool_and(impact_ms <= before) AS ordered FROM (SELECT impact_ms, lag(impact_ms) OVER (ORDER BY perfaudit.severity_rank(severity), impact_ms DESC) AS before, severity, lag(severity) OVER (ORDER BY perfaudit.severity_rank(severity), impact_ms DESC) AS former FROM perfaudit.findings) f WHERE severity = former;

-- repaired, it is gone, and about so much time with it
\set repaired 'SELECT (:before - total_exec_time) / :impact BETWEEN 0.5 AND 1.5 AS saved FROM perfaudit.statements WHERE queryid = :first;'
CREATE INDEX ON orders (lower(note));
ANALYZE orders;
\set ECHO none
\o /dev/null
SELECT perfaudit.reset();
:run
\o
\set ECHO all
:repaired
-- the rest, of which none matters much
CREATE INDEX ON orders (day DESC, id);
CREATE INDEX ON orders (customer);
CREATE INDEX ON orders (state, day);
\set ECHO none
\o /dev/null
SELECT perfaudit.reset();
:run
\o
\set ECHO all
SELECT kind, relation FROM perfaudit.findings;
SET client_min_messages = warning;
DROP SCHEMA impact CASCADE;
