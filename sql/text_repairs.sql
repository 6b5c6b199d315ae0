-- What is suggested for patterns, done: the same statement, on the same data, is not found again.  For installations that
-- have pg_trgm and citext.
SELECT count(*) < 2 AS missing FROM pg_available_extensions WHERE name IN ('pg_trgm', 'citext') \gset
\if :missing
\quit
\endif
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS perfaudit;
CREATE EXTENSION IF NOT EXISTS pg_trgm;
CREATE EXTENSION IF NOT EXISTS citext;
CREATE SCHEMA text_repairs;
RESET client_min_messages;
SET search_path = text_repairs, public;
CREATE DOMAIN code AS text;
CREATE TABLE t (gone int, id int, kind int, "Note" text, name varchar(40), fixed char(20), ci citext, code code, at timestamp, missing int);
INSERT INTO t SELECT 0, i, i % 100, 'note ' || i, 'Name ' || i, 'f' || i, 'C' || i, 'c' || i, timestamp '2026-01-01' + i * interval '1 hour', nullif(i % 30, 0)
    FROM generate_series(1, 3000) i;
ALTER TABLE t DROP COLUMN gone;
ANALYZE t;
SET max_parallel_workers_per_gather = 0;
SET perfaudit.large_table_rows = 2000;
SET perfaudit.judge_calls = 1;
SET perfaudit.judge_time = 0;
SET perfaudit.sample_budget = 1;
-- rewritten, and with an index of one's own, where the suggestion says so
CREATE TEMPORARY TABLE asked (n int PRIMARY KEY, statement text, rewritten text, ddl text);
INSERT INTO asked VALUES
    (16, $$SELECT id FROM t WHERE ci = 'c7'$$, NULL, NULL),
    (40, $$SELECT id FROM t WHERE "Note" NOT LIKE 'x%' AND name LIKE '%e 777'$$, NULL, NULL),
    (41, $$SELECT id FROM t WHERE "Note" ILIKE 'NOTE 777%'$$, NULL, NULL),
    (42, $$SELECT id FROM t WHERE name ~ 'e 777'$$, NULL, NULL),
    (43, $$SELECT id FROM t WHERE upper(name::text) LIKE upper('%e 777%')$$, NULL, NULL),
    (44, $$SELECT id FROM t WHERE id::text LIKE '%777%'$$, NULL, NULL),
    (45, $$SELECT id FROM t WHERE upper(id::text) LIKE '%777%'$$, NULL, 'CREATE INDEX ON t USING gin (upper(id::text) gin_trgm_ops)'),
    (46, $$SELECT id FROM t WHERE fixed LIKE '%f777%' AND kind <> 7$$, $$SELECT id FROM t WHERE fixed::text LIKE '%f777%'$$, NULL),
    (47, $$SELECT id FROM t WHERE ci LIKE '%c777%'$$, $$SELECT id FROM t WHERE ci::text ILIKE '%c777%'$$, NULL),
    (48, $$SELECT id FROM t WHERE code LIKE '%c777%'$$, NULL, NULL),
    (49, $$SELECT id FROM t WHERE position('e 777' IN "Note") > 0$$, $$SELECT id FROM t WHERE "Note" LIKE '%' || 'e 777' || '%'$$, NULL),
    (50, $$SELECT id FROM t WHERE strpos(lower(name), 'e 777') <> 0$$, $$SELECT id FROM t WHERE lower(name) LIKE '%' || 'e 777' || '%'$$, NULL),
    (51, $$SELECT id FROM t WHERE "Note" LIKE '%e 777' OR name LIKE '%e 777'$$, NULL, NULL);
\o /dev/null
SELECT perfaudit.reset();
SELECT statement FROM asked ORDER BY n \gexec
\o
-- what was asked is found by its text, without the values
CREATE TEMPORARY TABLE told AS
SELECT f.kind, f.query, f.suggestion FROM perfaudit.findings f
WHERE relation = 't'::regclass AND kind NOT IN ('cacheable_statement', 'slow_statement', 'chatty_unit', 'n_plus_one', 'duplicate_statement');
SELECT kind, query, suggestion FROM told ORDER BY kind, query COLLATE "C";
SELECT count(*) FROM asked WHERE statement !~ '^SET';

-- done
SELECT DISTINCT m[1] AS ddl FROM told, regexp_matches(replace(suggestion, ' CONCURRENTLY', ''), 'CREATE INDEX (?:[^;"]|"[^"]*")*;', 'g') m
WHERE m[1] !~ '\.\.\.|the key' ORDER BY 1 \gexec
SELECT ddl FROM asked WHERE ddl IS NOT NULL ORDER BY n \gexec
ANALYZE t;
SELECT pg_stat_force_next_flush() \g /dev/null
-- whether the indexes serve is asked, not what they cost
SET enable_seqscan = off;
SET enable_sort = off;
\o /dev/null
SELECT perfaudit.reset();
SELECT coalesce(rewritten, statement) FROM asked ORDER BY n \gexec
\o
SELECT f.kind, f.query, f.summary, f.suggestion FROM perfaudit.findings f JOIN told USING (kind)
WHERE f.relation = 't'::regclass GROUP BY 1, 2, 3, 4 ORDER BY 1, 2;
-- where the extension is in a schema of its own
CREATE SCHEMA "Text Search";
ALTER EXTENSION pg_trgm SET SCHEMA "Text Search";
CREATE TABLE elsewhere AS SELECT id, "Note" FROM t;
ANALYZE elsewhere;
\o /dev/null
SELECT perfaudit.reset();
SELECT id FROM elsewhere WHERE "Note" LIKE '%777%';
SELECT id FROM elsewhere WHERE "Note" LIKE '%777%';
\o
SELECT suggestion FROM perfaudit.findings WHERE kind = 'leading_wildcard';
-- an index of some of its rows: told once, as what keeps it from serving, or what is missing
CREATE INDEX ON elsewhere USING gin ("Note" "Text Search".gin_trgm_ops) WHERE id > 100;
SELECT kind, suggestion FROM perfaudit.findings WHERE relation = 'elsewhere'::regclass;
\o /dev/null
SELECT perfaudit.reset();
SELECT id FROM elsewhere WHERE "Note" LIKE '%777%' OR "Note" ILIKE '%778%';
SELECT id FROM elsewhere WHERE "Note" LIKE '%777%' OR "Note" ILIKE '%779%';
\o
SELECT kind, suggestion FROM perfaudit.findings WHERE relation = 'elsewhere'::regclass;
-- of all
CREATE INDEX ON elsewhere USING gist ("Note" "Text Search".gist_trgm_ops);
SELECT kind, suggestion FROM perfaudit.findings WHERE relation = 'elsewhere'::regclass;
SET client_min_messages = warning;
DROP SCHEMA text_repairs CASCADE;
DROP EXTENSION pg_trgm, citext;
DROP SCHEMA "Text Search";
