-- Each kind of finding about plans, on each kind of table: partitions and those that inherit are one table, a materialised
-- view is called so; in functions and triggers; temporary tables and catalogs are left out.
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS perfaudit;
RESET client_min_messages;
CREATE SCHEMA plan_tables;
SET search_path = plan_tables;
CREATE FUNCTION filled(n1 int, n2 int, OUT id int, OUT kind int, OUT grp int, OUT at timestamp, OUT note text) RETURNS SETOF record LANGUAGE sql AS
$$ SELECT i, i % 100, i % 2, timestamp '2026-01-01' + i * interval '1 minute', 'note ' || i FROM generate_series(n1, n2) i $$;
-- none of the parts is large by itself, and they have their columns in other places
CREATE TABLE parted (gone int, id int NOT NULL, kind int, grp int, at timestamp, note text) PARTITION BY RANGE (id);
ALTER TABLE parted DROP COLUMN gone;
CREATE TABLE parted_1 (note text, at timestamp, grp int, old int, kind int, id int NOT NULL);
ALTER TABLE parted_1 DROP COLUMN old;
ALTER TABLE parted ATTACH PARTITION parted_1 FOR VALUES FROM (1) TO (1501);
CREATE TABLE parted_2 PARTITION OF parted FOR VALUES FROM (1501) TO (3001);
INSERT INTO parted (id, kind, grp, at, note) SELECT id, kind, grp, at, note FROM filled(1, 3000);
CREATE TABLE heirs (id int, kind int, grp int, at timestamp, note text);
CREATE TABLE heirs_1 () INHERITS (heirs);
CREATE TABLE "Heirs 2" (more int) INHERITS (heirs);
INSERT INTO heirs_1 SELECT * FROM filled(1, 1500);
INSERT INTO "Heirs 2" SELECT f.*, 0 FROM filled(1501, 3000) f;
CREATE MATERIALIZED VIEW "Mat View" AS SELECT * FROM filled(1, 3000);
CREATE TABLE plain AS SELECT * FROM filled(1, 3000);
CREATE TEMPORARY TABLE temporary AS SELECT * FROM filled(1, 3000);
CREATE INDEX ON parted (grp);
CREATE INDEX ON heirs (grp);
CREATE INDEX ON heirs_1 (grp);
CREATE INDEX ON "Heirs 2" (grp);
CREATE INDEX ON "Mat View" (grp);
CREATE INDEX ON plain (grp);
CREATE INDEX ON temporary (grp);
CREATE UNIQUE INDEX ON "Mat View" (id);
CREATE UNIQUE INDEX ON parted (id);
ANALYZE parted, parted_1, parted_2, heirs, heirs_1, "Heirs 2", "Mat View", plain, temporary;
SET max_parallel_workers_per_gather = 0;
SET enable_bitmapscan = off;
SET perfaudit.large_table_rows = 3000;
SET perfaudit.unbounded_rows = 3000;
SET perfaudit.deep_offset_rows = 2500;
SET perfaudit.count_rows = 3000;
SET perfaudit.sort_rows = 3000;
SET perfaudit.index_scan_removed = 1400;
SET perfaudit.judge_calls = 2;
SET perfaudit.judge_time = 0;
SET perfaudit.sample_budget = 1;
SET perfaudit.unit = 'plan tables';
CREATE TEMPORARY TABLE asked (n int PRIMARY KEY, kind text, setting text, statement text);
INSERT INTO asked VALUES
    (1, 'seq_scan_large_table', 'off', 'SELECT id FROM %s WHERE kind = 7'),
    (2, 'function_on_column', 'off', $$SELECT at FROM %s WHERE lower(note) = 'note 7'$$),
    (3, 'leading_wildcard', 'off', $$SELECT id FROM %s WHERE note LIKE '%%777'$$),
    (4, 'unbounded_result', 'off', 'SELECT id, note FROM %s'),
    (5, 'deep_offset', 'off', 'SELECT kind FROM %s ORDER BY at, id LIMIT 5 OFFSET 2500'),
    (6, 'expensive_count', 'off', 'SELECT count(*) FROM %s'),
    (7, 'sort_without_index', 'off', 'SELECT kind FROM %s ORDER BY at DESC LIMIT 5'),
    (8, 'inefficient_index_scan', 'on', $$SELECT at FROM %s WHERE grp = 1 AND note = 'note 7'$$);
CREATE VIEW found AS SELECT kind, relation, count(*) AS findings, min(substring(summary FROM 'materialised view|foreign table')) AS called, min(suggestion) AS suggestion
FROM perfaudit.findings WHERE kind IN ('seq_scan_large_table', 'function_on_column', 'leading_wildcard', 'unbounded_result', 'deep_offset', 'expensive_count', 'sort_without_index', 'inefficient_index_scan', 'index_not_used') GROUP BY 1, 2;

\o /dev/null
SELECT perfaudit.reset();
SELECT CASE WHEN setting = 'on' THEN 'SET enable_indexscan = on; SET enable_seqscan = off; ' ELSE 'SET enable_indexscan = off; SET enable_indexonlyscan = off; SET enable_seqscan = on; ' END,
       format(statement, t), format(statement, t)
FROM asked, (VALUES ('parted'), ('heirs'), ('"Mat View"'), ('plain'), ('temporary')) v (t) ORDER BY n \gexec
SET enable_seqscan = on;
SET enable_indexscan = off;
-- of TOAST and catalogs
SELECT 'SELECT relname FROM pg_class ORDER BY relname OFFSET 100' FROM generate_series(1, 2) \gexec
\o
SELECT f.kind, f.relation, f.findings, f.called, f.suggestion FROM found f JOIN asked a USING (kind) ORDER BY a.n, relation::text COLLATE "C";
SELECT count(*) AS others FROM found WHERE kind NOT IN (SELECT asked.kind FROM asked);

-- from functions and triggers; what a function reads goes to no client
CREATE TABLE fired (id int);
CREATE FUNCTION in_trigger() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM id FROM plain WHERE kind = 8;
    PERFORM at FROM plain WHERE lower(note) = 'note 8';
    PERFORM id FROM plain WHERE note LIKE '%888';
    PERFORM id, kind FROM plain;
    PERFORM kind FROM plain ORDER BY note, id LIMIT 5 OFFSET 2500;
    PERFORM count(*) FROM plain;
    PERFORM note FROM plain ORDER BY at LIMIT 5;
    SET LOCAL enable_seqscan = off;
    SET LOCAL enable_indexscan = on;
    PERFORM at FROM plain WHERE grp = 1 AND note = 'note 9';
    SET LOCAL enable_seqscan = on;
    SET LOCAL enable_indexscan = off;
    RETURN NEW;
END $$;
CREATE TRIGGER fire BEFORE INSERT ON fired FOR EACH ROW EXECUTE FUNCTION in_trigger();
\o /dev/null
SELECT perfaudit.reset();
INSERT INTO fired VALUES (1);
INSERT INTO fired VALUES (2);
\o
SELECT f.kind, f.relation, f.findings FROM found f ORDER BY f.kind;

-- behind row-level security, what is not leakproof cannot be looked up before the policy: no index helps
CREATE ROLE regress_perfaudit_reader;
CREATE TABLE guarded AS SELECT f.*, CASE WHEN f.id % 2 = 0 THEN 'regress_perfaudit_reader' ELSE 'x' END AS owner FROM filled(1, 6000) f;
CREATE INDEX ON guarded (grp);
ANALYZE guarded;
ALTER TABLE guarded ENABLE ROW LEVEL SECURITY;
CREATE POLICY mine ON guarded USING (owner = current_user);
GRANT USAGE ON SCHEMA plan_tables TO regress_perfaudit_reader;
GRANT SELECT ON guarded TO regress_perfaudit_reader;
CREATE TEMPORARY TABLE guarded_asked (statement text);
INSERT INTO guarded_asked VALUES
    ('SELECT id FROM guarded WHERE kind = 8'), ($$SELECT at FROM guarded WHERE lower(note) = 'note 8'$$),
    ($$SELECT id FROM guarded WHERE note LIKE '%888'$$), ($$SELECT id FROM guarded WHERE note LIKE 'note 88%' AND note <> ''$$),
    ('SELECT id, note FROM guarded'), ('SELECT kind FROM guarded ORDER BY at, id LIMIT 5 OFFSET 2500'),
    ('SELECT count(*) FROM guarded'), ('SELECT kind FROM guarded ORDER BY at DESC LIMIT 5');
GRANT SELECT ON guarded_asked TO regress_perfaudit_reader;
\o /dev/null
SELECT perfaudit.reset();
SET ROLE regress_perfaudit_reader;
SELECT statement FROM guarded_asked, generate_series(1, 2) \gexec
SET enable_seqscan = off;
SET enable_indexscan = on;
SELECT $$SELECT at FROM guarded WHERE grp = 0 AND note = 'note 8'$$ FROM generate_series(1, 2) \gexec
SET enable_seqscan = on;
SET enable_indexscan = off;
RESET ROLE;
\o
SELECT f.kind, f.relation, f.findings, f.suggestion FROM found f ORDER BY f.kind;
-- indeed
CREATE INDEX ON guarded (lower(note));
CREATE INDEX ON guarded (note text_pattern_ops);
CREATE FUNCTION scans(statement text) RETURNS SETOF text LANGUAGE plpgsql AS $$
DECLARE
    l text;
BEGIN
    FOR l IN EXECUTE 'EXPLAIN (COSTS off) ' || statement LOOP
        RETURN NEXT substring(l, 'Seq Scan|Index Scan|Bitmap Index Scan');
    END LOOP;
END $$;
SET enable_seqscan = off;
SET enable_indexscan = on;
SET ROLE regress_perfaudit_reader;
SELECT s FROM guarded_asked, scans(statement) s WHERE statement ~ 'lower|note 88' AND s IS NOT NULL;
RESET ROLE;
SELECT DISTINCT s FROM guarded_asked, scans(statement) s WHERE statement ~ 'lower|note 88' AND s IS NOT NULL;

-- gone
DROP TABLE guarded, plain, parted, heirs, heirs_1, "Heirs 2", fired;
DROP MATERIALIZED VIEW "Mat View";
SELECT count(*) FROM found;
SET client_min_messages = warning;
DROP SCHEMA plan_tables CASCADE;
DROP TABLE guarded_asked;
DROP ROLE regress_perfaudit_reader;
