-- Statements that look like what a kind of finding means, and are not it, and some that are and do not look like it.
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS perfaudit;
RESET client_min_messages;
CREATE SCHEMA look_alikes;
SET search_path = look_alikes;
CREATE TABLE buyer (id int PRIMARY KEY, name text, email text UNIQUE);
INSERT INTO buyer SELECT i, 'name ' || i, 'u' || i || '@x.org' FROM generate_series(1, 300) i;
CREATE TABLE ordered (id bigint PRIMARY KEY, buyer int, status text, email text, at timestamptz, day date, amount numeric, tags text[], doc jsonb,
    span tstzrange, done bool, removed timestamptz, note text, code varchar(30), uid uuid, address inet, late date);
INSERT INTO ordered
SELECT i, i % 300, (ARRAY['new', 'paid', 'sent', 'done'])[1 + least(3, (i % 97) / 4)], 'u' || i || '@x.org', timestamptz '2026-01-01 00:00+00' + i * interval '1 minute',
       date '2020-01-01' + i % 500, i % 777 + 0.5, ARRAY['t' || i % 50], jsonb_build_object('k', i), tstzrange(timestamptz '2026-01-01 00:00+00' + i * interval '1 minute', NULL),
       i % 100 <> 0, CASE WHEN i % 50 = 0 THEN timestamptz '2026-02-01 00:00+00' END, 'lorem ' || i || ' ipsum', 'c' || i, md5(i::text)::uuid, inet '10.0.0.0' + i, CASE WHEN i % 60 = 0 THEN date '2026-01-01' END
FROM generate_series(1, 3000) i;
CREATE INDEX ON ordered (buyer);
CREATE INDEX ON ordered (at, id);
CREATE INDEX ON ordered (id) WHERE removed IS NOT NULL;
CREATE TABLE small AS SELECT i AS id, 'c' || i AS code FROM generate_series(1, 30) i;
CREATE TABLE log (at timestamptz, msg text) PARTITION BY RANGE (at);
CREATE TABLE log_1 PARTITION OF log FOR VALUES FROM ('2026-01-01 00:00+00') TO ('2026-01-02 00:00+00');
CREATE TABLE log_2 PARTITION OF log DEFAULT;
INSERT INTO log SELECT timestamptz '2026-01-01 00:00+00' + i * interval '1 minute', 'm' || i FROM generate_series(1, 3000) i;
CREATE INDEX ON log (at);
SELECT pg_stat_force_next_flush() \g /dev/null
VACUUM ANALYZE buyer, ordered, small, log;
SET max_parallel_workers_per_gather = 0;
SET random_page_cost = 1.1;
SET jit = off;
SET perfaudit.sample_budget = 1;
SET perfaudit.judge_calls = 2;
SET perfaudit.judge_time = 0;
SET perfaudit.large_table_rows = 2000;
SET perfaudit.unbounded_rows = 2000;
SET perfaudit.deep_offset_rows = 1000;
SET perfaudit.count_rows = 2000;
SET perfaudit.sort_rows = 1000;
SET perfaudit.rescan_rows = 10000;
SET perfaudit.index_scan_removed = 500;
SET perfaudit.misestimate_rows = 500;
SET perfaudit.spill_size = '64kB';
SET perfaudit.slow_statement = '1h';
SET perfaudit.planning_overhead_time = '1h';
\set found 'SELECT kind, evidence->>''variant'' AS variant, relation, regexp_replace(suggestion, ''ROLE .* IN DATABASE [^ ]+'', ''ROLE ... IN DATABASE ...'') AS suggestion, query FROM perfaudit.findings WHERE kind IN (SELECT kind FROM perfaudit.detectors WHERE settings ? ''perfaudit.judge_calls'' OR settings ? ''perfaudit.deep_offset_rows'') AND kind <> ''stale_statistics'' ORDER BY query COLLATE "C", kind;'
CREATE TEMPORARY TABLE asked (n int GENERATED ALWAYS AS IDENTITY, statement text);

--
-- Good ones
--
INSERT INTO asked (statement) VALUES
    ('SELECT * FROM ordered WHERE id = %s'),
    ('SELECT * FROM ordered WHERE buyer = %s ORDER BY at DESC LIMIT 10'),
    ('SELECT id FROM ordered WHERE removed IS NOT NULL ORDER BY id LIMIT %s FOR UPDATE SKIP LOCKED'),
    ('SELECT status, count(*), sum(amount) FROM ordered WHERE id > -%s GROUP BY status'),
    ('SELECT id, note FROM ordered WHERE id > %s ORDER BY id LIMIT 100'),
    ('SELECT id FROM ordered WHERE (at, id) > (timestamptz ''2026-01-02 00:00+00'', %s) ORDER BY at, id LIMIT 10'),
    ('SELECT EXISTS (SELECT FROM ordered WHERE buyer = %s)'),
    ('SELECT * FROM small WHERE code = ''c%s'''),
    ('SELECT max(note) FROM ordered WHERE removed IS NULL AND id > -%s'),
    ('SELECT max(note) FROM ordered WHERE status <> ''nothing %s'''),
    ('SELECT b.name, sum(o.amount) FROM ordered o JOIN buyer b ON b.id = o.buyer WHERE b.id > -%s GROUP BY 1'),
    ('SELECT o.id FROM small s JOIN ordered o ON o.buyer = s.id WHERE s.id <= %s'),
    ('SELECT b.id, l.id FROM (SELECT id FROM buyer WHERE id <= %s * 5) b CROSS JOIN LATERAL (SELECT id FROM ordered o WHERE o.buyer = b.id ORDER BY at DESC LIMIT 3) l'),
    ('SELECT b.id FROM buyer b LEFT JOIN ordered o ON o.buyer = b.id WHERE o.id IS NULL AND b.id > -%s'),
    ('SELECT count(*) FROM log WHERE at >= ''2026-01-01 00:00+00'' AND at < ''2026-01-01 0%s:00+00'''),
    ('SELECT min(at), max(at) FROM ordered WHERE id > -%s'),
    ('UPDATE ordered SET done = done WHERE id BETWEEN %s AND 2 + %1$s'),
    ('SELECT id FROM ordered WHERE id IN (1, 2, 3, 5, 8, 13, 21, 34, 55, %s)'),
    ('SELECT id FROM ordered WHERE buyer = %s OR id = %1$s'),
    ('SELECT id FROM ordered WHERE buyer = %s ORDER BY amount LIMIT 20'),
    ('SELECT id FROM ordered WHERE note LIKE ''lorem%%'' AND buyer = %s'),
    ('SELECT note FROM ordered WHERE id > -%s LIMIT 1'),
    ('SELECT id FROM buyer WHERE email = ''u%s@x.org'' FOR UPDATE'),
    ('INSERT INTO buyer VALUES (%s, ''x'', ''u%1$s@x.org'') ON CONFLICT (id) DO UPDATE SET name = buyer.name || ''x'''),
    ('WITH RECURSIVE r AS (SELECT %s AS n UNION ALL SELECT n + 1 FROM r WHERE n < 2500) SELECT count(*) FROM r'),
    ('SELECT count(*) FROM small s JOIN ordered o ON o.code = s.code WHERE s.id > -%s'),
    ('SELECT pg_advisory_xact_lock(%s)'),
    ('CREATE TEMPORARY TABLE copy_%s AS SELECT * FROM ordered'),
    ('SELECT * FROM copy_%s WHERE code = ''c7'''),
    ('COPY (SELECT * FROM ordered WHERE id > -%s) TO ''/dev/null''');
\set ECHO none
\o /dev/null
SELECT perfaudit.reset();
SELECT format(statement, i) FROM asked, generate_series(1, 3) i ORDER BY n, i \gexec
BEGIN;
DECLARE all_of_it CURSOR FOR SELECT * FROM ordered;
FETCH 50 FROM all_of_it;
FETCH 50 FROM all_of_it;
COMMIT;
\o
\set ECHO all
:found

--
-- Bad ones
--
DELETE FROM asked;
INSERT INTO asked (statement) VALUES
    -- what an index of a column cannot serve, and what can
    ('SELECT id FROM ordered WHERE (doc ->> ''k'')::int = %s'),
    ('SELECT id FROM ordered WHERE lower(trim(email)) = ''u%s@x.org'''),
    ('SELECT id FROM ordered WHERE left(code, 4) = ''c12%s'''),
    ('SELECT note FROM ordered WHERE date_trunc(''hour'', at AT TIME ZONE ''UTC'') = timestamp ''2026-01-01 0%s:00'''),
    ('SELECT note FROM ordered WHERE extract(hour FROM at) = %s'),
    ('SELECT id FROM ordered WHERE uid::text = ''x%s'''),
    ('SELECT note FROM ordered WHERE timestamptz ''2026-01-01 00:00+00'' - at > interval ''%s hours'''),
    ('SELECT id FROM ordered WHERE code SIMILAR TO ''%%(12|13)%s'''),
    ('SELECT id FROM ordered WHERE code ~ ''^(?:.*)12%s$'''),
    ('SELECT id FROM ordered WHERE to_tsvector(''simple'', note) @@ to_tsquery(''simple'', ''12%s'')'),
    ('SELECT id FROM ordered WHERE address << inet ''10.0.%s.0/28'''),
    ('SELECT id FROM ordered WHERE ''t%s'' = ANY (tags)'),
    ('SELECT id FROM ordered WHERE buyer = %s OR code = ''c%1$s'''),
    ('SELECT id FROM ordered WHERE code IN (''c1'', ''c2'', ''c%s'')'),
    ('UPDATE ordered SET done = done WHERE email = ''u%s@x.org'''),
    -- what an index gives to throw most away, by a function of what is in it
    ('SELECT id FROM ordered WHERE date_trunc(''hour'', at) = timestamptz ''2026-01-01 0%s:00+00'''),
    ('SELECT max(note) FROM ordered WHERE late IS NOT NULL'),
    -- counts of which nobody knows the number
    ('SELECT count(*) FROM (SELECT day FROM ordered WHERE id > -%s GROUP BY day OFFSET 0) x'),
    ('SELECT count(DISTINCT code) FROM ordered'),
    ('SELECT count(*) FROM ordered'),
    ('SELECT count(*) FROM ordered o JOIN buyer b ON b.id = o.buyer WHERE o.id > -%s'),
    -- the rest
    ('SELECT id FROM ordered WHERE (day, id) > (date ''2020-01-05'', %s) ORDER BY day, id LIMIT 10'),
    ('SELECT s.id, l.id FROM small s CROSS JOIN LATERAL (SELECT id FROM ordered o WHERE o.code = s.code AND o.id > -%s ORDER BY at DESC LIMIT 3) l');
\set ECHO none
\o /dev/null
SELECT perfaudit.reset();
SELECT format(statement, i) FROM asked, generate_series(1, 3) i ORDER BY n, i \gexec
-- a condition that is there only when its parameter is: no index serves the plan for all values
SET plan_cache_mode = force_generic_plan;
PREPARE perhaps(text) AS SELECT id FROM ordered WHERE $1 IS NULL OR code = $1;
EXECUTE perhaps('c7');
EXECUTE perhaps('c8');
RESET plan_cache_mode;
-- all at once from a cursor: it is kept until it is sent
SET work_mem = '64kB';
BEGIN;
DECLARE all_of_it CURSOR FOR SELECT * FROM ordered;
FETCH ALL FROM all_of_it;
COMMIT;
BEGIN;
DECLARE all_of_it CURSOR FOR SELECT * FROM ordered;
FETCH ALL FROM all_of_it;
COMMIT;
\o
\set ECHO all
:found

--
-- Repaired, and not reset: the former plan does not run any more
--
\set ECHO none
\o /dev/null
SELECT perfaudit.reset();
SELECT format('SELECT note FROM ordered WHERE email = ''u%s@x.org''', i) FROM generate_series(1, 5) i \gexec
SELECT format('SELECT note FROM ordered WHERE lower(code) = ''c%s''', i) FROM generate_series(1, 5) i \gexec
\o
\set ECHO all
SELECT kind, query FROM perfaudit.findings WHERE relation = 'ordered'::regclass AND kind IN ('seq_scan_large_table', 'function_on_column') ORDER BY query COLLATE "C";
CREATE INDEX ON ordered (email);
CREATE INDEX ON ordered (lower(code));
ANALYZE ordered;
-- until it has run by it
SELECT kind, query FROM perfaudit.findings WHERE relation = 'ordered'::regclass AND kind IN ('seq_scan_large_table', 'function_on_column', 'index_not_used') ORDER BY query COLLATE "C";
\o /dev/null
SELECT note FROM ordered WHERE email = 'u7@x.org';
SELECT note FROM ordered WHERE lower(code) = 'c7';
\o
SELECT kind, query FROM perfaudit.findings WHERE relation = 'ordered'::regclass AND kind IN ('seq_scan_large_table', 'function_on_column', 'index_not_used') ORDER BY query COLLATE "C";
SET client_min_messages = warning;
DROP SCHEMA look_alikes CASCADE;
