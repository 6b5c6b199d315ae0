-- suggest_indexes(): tables and statements that are larger than anybody's.
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS perfaudit;
RESET client_min_messages;
CREATE SCHEMA suggest_extremes;
SET search_path = suggest_extremes;
SET max_parallel_workers_per_gather = 0;
SELECT perfaudit.reset() >= 0 AS reset;

-- as many columns as there can be, some of them dropped
DO $$ BEGIN
    EXECUTE (SELECT 'CREATE TABLE wide (' || string_agg(format('c%s int', i), ', ') || ')' FROM generate_series(1, 1600) i);
    EXECUTE 'INSERT INTO wide (c1, c800, c1599) SELECT i, i % 5000, i FROM generate_series(1, 8000) i';
    EXECUTE 'ALTER TABLE wide DROP COLUMN c2, DROP COLUMN c1600';
END $$;
ANALYZE wide;
\o /dev/null
SELECT c1 FROM wide WHERE c800 = 5 AND c1599 = 5;
SELECT c1 FROM wide WHERE c800 = 6 AND c1599 = 6;
\o
-- names of 63 bytes, with all that needs quotes; names of indexes that are alike when cut
CREATE TABLE "Long; -- name ""of"" 63 bytes äöü 9012345678901234567890123456" (id int,
    "Column; -- ""of"" 63 bytes äöü 901234567890123456789012345 one" int, "Column; -- ""of"" 63 bytes äöü 901234567890123456789012345 two" int, filler text);
INSERT INTO "Long; -- name ""of"" 63 bytes äöü 9012345678901234567890123456" SELECT i, i, i, repeat('x', 100) FROM generate_series(1, 15000) i;
ANALYZE "Long; -- name ""of"" 63 bytes äöü 9012345678901234567890123456";
\o /dev/null
SELECT id FROM "Long; -- name ""of"" 63 bytes äöü 9012345678901234567890123456" WHERE "Column; -- ""of"" 63 bytes äöü 901234567890123456789012345 one" = 5;
SELECT id FROM "Long; -- name ""of"" 63 bytes äöü 9012345678901234567890123456" WHERE "Column; -- ""of"" 63 bytes äöü 901234567890123456789012345 one" = 6;
-- far more often than by the other: the first of its like to be advised
\set ECHO none
SELECT format('SELECT id FROM "Long; -- name ""of"" 63 bytes äöü 9012345678901234567890123456" WHERE "Column; -- ""of"" 63 bytes äöü 901234567890123456789012345 one" = %s', i) FROM generate_series(1, 60) i \gexec
\set ECHO all
SELECT id FROM "Long; -- name ""of"" 63 bytes äöü 9012345678901234567890123456" WHERE "Column; -- ""of"" 63 bytes äöü 901234567890123456789012345 two" = 5;
SELECT id FROM "Long; -- name ""of"" 63 bytes äöü 9012345678901234567890123456" WHERE "Column; -- ""of"" 63 bytes äöü 901234567890123456789012345 two" = 6;
\o
-- statistics that are stored out of line
CREATE TABLE fat (id int, v text, kind text);
ALTER TABLE fat ALTER v SET STATISTICS 1000, ALTER kind SET STATISTICS 1000;
INSERT INTO fat SELECT i, (SELECT string_agg(md5(i || ':' || j), '') FROM generate_series(1, 10) j), 'k' || md5((i % 900)::text) FROM generate_series(1, 9000) i;
ANALYZE fat;
SELECT max(pg_column_size(stavalues1)) > 2000 AS large FROM pg_statistic WHERE starelid = 'fat'::regclass;
\o /dev/null
SELECT id FROM fat WHERE v = 'x' AND kind = 'k1';
SELECT id FROM fat WHERE v = 'y' AND kind = 'k2';
SELECT id FROM fat WHERE lower(kind) = 'x';
SELECT id FROM fat WHERE lower(kind) = 'y';
\o
-- forty tables joined
SELECT format('CREATE TABLE j%s AS SELECT i AS id, i %% 3000 AS r FROM generate_series(1, 3000) i', n) FROM generate_series(1, 40) n
\o /dev/null
\gexec
SELECT format('ALTER TABLE j%s ADD PRIMARY KEY (id)', n) FROM generate_series(2, 40) n \gexec
ANALYZE;
SELECT 'SELECT j1.id FROM j1 ' || string_agg(format('JOIN j%s ON j%s.id = j%s.r', n, n, n - 1), ' ' ORDER BY n) || ' WHERE j1.r = ' || i FROM generate_series(2, 40) n, generate_series(1, 2) i GROUP BY i \gexec
\o
CREATE TEMPORARY TABLE advice AS SELECT * FROM perfaudit.suggest_indexes(max_ms => 600000);
SELECT ddl FROM advice WHERE action = 'create' ORDER BY ddl COLLATE "C";
SELECT evidence->'skipped' AS skipped FROM advice WHERE action = 'note';
-- what is advised can be run as it is
SELECT replace(ddl, 'CONCURRENTLY ', '') FROM advice WHERE action = 'create' ORDER BY ddl COLLATE "C"
\o /dev/null
\gexec
\o
SELECT count(*) FROM pg_indexes WHERE schemaname = 'suggest_extremes' AND indexname !~ '_pkey$';
SELECT count(*) FROM perfaudit.suggest_indexes(max_ms => 600000) WHERE action = 'create' AND "table"::text !~ '^j';
-- what has been changed since is planned as it is now
ALTER TABLE wide DROP COLUMN c800;
ALTER TABLE fat ALTER id TYPE bigint;
SELECT count(*) FROM perfaudit.suggest_indexes(max_ms => 600000) WHERE action = 'create' AND "table" IN ('wide'::regclass, 'fat'::regclass);
SELECT perfaudit.reset() >= 0 AS reset;
SET client_min_messages = warning;
DROP SCHEMA suggest_extremes CASCADE;
