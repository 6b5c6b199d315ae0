-- What findings about plans suggest, done: the same statement, on the same data, is not found again.
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS perfaudit;
CREATE SCHEMA plan_repairs;
RESET client_min_messages;
SET search_path = plan_repairs;
CREATE DOMAIN code AS text;
CREATE TYPE mood AS ENUM ('sad', 'ok', 'happy');
CREATE TABLE t (gone int, id int, kind int, "Note" text, name varchar(40), fixed char(20), code code, at timestamp, ok bool,
    tags text[], doc jsonb, span int4range, mood mood, price numeric, missing int);
INSERT INTO t SELECT 0, i, i % 100, 'note ' || i, 'Name ' || i, 'f' || i, 'c' || i, timestamp '2026-01-01' + i * interval '1 hour',
    i % 50 = 0, ARRAY['t' || i, 'all'], jsonb_build_object('k', i), int4range(i, i + 1), CASE WHEN i % 40 = 0 THEN 'sad' ELSE 'ok' END::mood, i, nullif(i % 30, 0)
    FROM generate_series(1, 3000) i;
ALTER TABLE t DROP COLUMN gone;
CREATE TABLE k (id int PRIMARY KEY, kind int, at timestamp, note text);
INSERT INTO k SELECT i, i % 2, timestamp '2026-01-01' + i / 3 * interval '1 hour', 'n' || i % 100 FROM generate_series(1, 3000) i;
CREATE INDEX k_kind ON k (kind);
ANALYZE t, k;
SET max_parallel_workers_per_gather = 0;
SET perfaudit.large_table_rows = 2000;
SET perfaudit.unbounded_rows = 2000;
SET perfaudit.deep_offset_rows = 2000;
SET perfaudit.count_rows = 2000;
SET perfaudit.sort_rows = 1000;
SET perfaudit.index_scan_removed = 1000;
SET perfaudit.judge_calls = 1;
SET perfaudit.judge_time = 0;
SET perfaudit.sample_budget = 1;
-- rewritten, and with an index of one's own, where the suggestion says so
CREATE TEMPORARY TABLE asked (n int PRIMARY KEY, statement text, rewritten text, ddl text);
INSERT INTO asked VALUES
    (1, $$SELECT id FROM t WHERE kind = 7$$, NULL, NULL),
    (2, $$SELECT id FROM t WHERE kind = 7 AND at < '2026-03-02' AND "Note" <> 'x'$$, NULL, NULL),
    (3, $$SELECT id FROM t WHERE kind IN (7, 8)$$, NULL, NULL),
    (4, $$SELECT id FROM t WHERE missing IS NULL$$, NULL, NULL),
    (5, $$SELECT id FROM t WHERE ok$$, NULL, NULL),
    (6, $$SELECT id FROM t WHERE NOT ok AND mood = 'sad'$$, NULL, NULL),
    (7, $$SELECT id FROM t WHERE kind = 7 OR missing = 8$$, NULL, NULL),
    (8, $$SELECT id FROM t WHERE tags @> '{t7}'$$, NULL, NULL),
    (9, $$SELECT id FROM t WHERE 't7' = ANY (tags)$$, $$SELECT id FROM t WHERE tags @> ARRAY['t7']$$, NULL),
    (10, $$SELECT id FROM t WHERE doc @> '{"k": 7}'$$, NULL, NULL),
    (11, $$SELECT id FROM t WHERE span && int4range(7, 9)$$, NULL, NULL),
    (12, $$SELECT id FROM t WHERE "Note" LIKE 'note 77%'$$, NULL, NULL),
    (13, $$SELECT id FROM t WHERE lower(name) LIKE 'name 77%'$$, NULL, NULL),
    (14, $$SELECT id FROM t WHERE fixed LIKE 'f77%'$$, NULL, NULL),
    (15, $$SELECT id FROM t WHERE code = 'c7'$$, NULL, NULL),
    (17, $$SELECT id FROM t WHERE mood = 'sad'$$, NULL, NULL),
    (18, $$SELECT id FROM t WHERE price BETWEEN 7 AND 9$$, NULL, NULL),
    (20, $$SELECT id FROM t WHERE lower("Note") = 'note 7'$$, NULL, NULL),
    (21, $$SELECT id FROM t WHERE md5(name) = 'x'$$, NULL, NULL),
    (22, $$SELECT id FROM t WHERE at::date = '2026-01-02' AND kind <> 5$$, $$SELECT id FROM t WHERE at >= '2026-01-02' AND at < '2026-01-03' AND kind <> 5$$, 'CREATE INDEX ON t (at)'),
    (23, $$SELECT id FROM t WHERE id::text = '7'$$, $$SELECT id FROM t WHERE id = 7$$, 'CREATE INDEX ON t (id)'),
    (24, $$SELECT id FROM t WHERE id + 1 = 8$$, $$SELECT id FROM t WHERE id = 8 - 1$$, NULL),
    (25, $$SELECT id FROM t WHERE lower(trim(name)) = 'name 7'$$, NULL, 'CREATE INDEX ON t (lower(trim(name)))'),
    (26, $$SELECT id FROM t WHERE doc ->> 'k' = '7'$$, NULL, $$CREATE INDEX ON t ((doc ->> 'k'))$$),
    (27, $$SELECT id FROM t WHERE id % 100 = 7$$, NULL, 'CREATE INDEX ON t ((id % 100))'),
    (28, $$SELECT id FROM t WHERE date_trunc('day', at) = '2026-01-04'$$, $$SELECT id FROM t WHERE at >= '2026-01-04' AND at < '2026-01-05'$$, NULL),
    (60, $$SELECT name FROM t ORDER BY at DESC LIMIT 5$$, NULL, NULL),
    (61, $$SELECT ok FROM t WHERE kind > -1 ORDER BY name, at DESC NULLS LAST LIMIT 5$$, NULL, NULL),
    (62, $$SELECT id FROM t WHERE mood = 'ok' ORDER BY at LIMIT 5 FOR UPDATE SKIP LOCKED$$, NULL, NULL),
    (70, $$SELECT id, note FROM k$$, $$SELECT id, note FROM k WHERE id > 100 ORDER BY id LIMIT 100$$, NULL),
    (71, $$SELECT note FROM k ORDER BY at LIMIT 5 OFFSET 2500$$, $$SELECT note FROM k WHERE (at, id) > ('2026-02-01', 7) ORDER BY at, id LIMIT 5$$, 'CREATE INDEX ON k (at, id)'),
    (72, $$SELECT count(*) FROM k$$, $$SELECT count(*) FROM (SELECT FROM k LIMIT 1001) x$$, NULL),
    (80, 'SET enable_seqscan = off', NULL, NULL),
    (81, $$SELECT id FROM k WHERE kind = 1 AND note = 'n7'$$, NULL, NULL);
\o /dev/null
SELECT perfaudit.reset();
SELECT statement FROM asked ORDER BY n \gexec
\o
-- what was asked is found by its text, without the values
CREATE TEMPORARY TABLE told AS
SELECT f.kind, f.query, f.suggestion FROM perfaudit.findings f
WHERE relation IN ('t'::regclass, 'k'::regclass) AND kind NOT IN ('cacheable_statement', 'slow_statement', 'chatty_unit', 'n_plus_one', 'duplicate_statement');
SELECT kind, query, suggestion FROM told ORDER BY kind, query COLLATE "C";
SELECT count(*) FROM asked WHERE statement !~ '^SET';

-- done
SELECT DISTINCT m[1] AS ddl FROM told, regexp_matches(replace(suggestion, ' CONCURRENTLY', ''), 'CREATE INDEX (?:[^;"]|"[^"]*")*;', 'g') m
WHERE m[1] !~ '\.\.\.|the key' ORDER BY 1 \gexec
SELECT ddl FROM asked WHERE ddl IS NOT NULL ORDER BY n \gexec
ANALYZE t, k;
SELECT pg_stat_force_next_flush() \g /dev/null
-- whether the indexes serve is asked, not what they cost
SET enable_seqscan = off;
SET enable_sort = off;
\o /dev/null
SELECT perfaudit.reset();
SELECT coalesce(rewritten, statement) FROM asked ORDER BY n \gexec
\o
SELECT f.kind, f.query, f.summary, f.suggestion FROM perfaudit.findings f JOIN told USING (kind)
WHERE f.relation IN ('t'::regclass, 'k'::regclass) GROUP BY 1, 2, 3, 4 ORDER BY 1, 2;
SET client_min_messages = warning;
DROP SCHEMA plan_repairs CASCADE;
