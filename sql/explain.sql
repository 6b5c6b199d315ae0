-- explain(): one finding at length.
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS perfaudit;
CREATE ROLE regress_perfaudit_reader IN ROLE pg_read_all_stats;
CREATE ROLE regress_perfaudit_nobody;
RESET client_min_messages;
CREATE SCHEMA explained;
SET search_path = explained;
CREATE TABLE "The Orders" (id int PRIMARY KEY, "semi;colon" int, placed timestamp, note text);
INSERT INTO "The Orders" SELECT i, i, timestamp '2026-01-01' + i * interval '1 hour', 'n' FROM generate_series(1, 3000) i;
CREATE TABLE lists (id int PRIMARY KEY, orders int);
INSERT INTO lists SELECT i, i * 3 FROM generate_series(1, 20) i;
GRANT USAGE ON SCHEMA explained TO regress_perfaudit_reader;
GRANT SELECT ON "The Orders" TO regress_perfaudit_reader;
ANALYZE "The Orders", lists;
SET perfaudit.large_table_rows = 2000;
SET perfaudit.judge_time = 0;
SET perfaudit.burst_gap = '60s';
SET perfaudit.burst_max_time = '1h';
SET max_parallel_workers_per_gather = 0;
-- without what is another each time
\set explained 'SELECT regexp_replace(regexp_replace(regexp_replace(regexp_replace(l, ''^(low|medium|high|critical):|role [^ ,]*|ignore[(]....................'', ''(...)''), ''[0-9-]{10} [0-9:]{8}'', ''(time)'', ''g''), ''[0-9.]+ (ms|s)( |$)|query id [0-9-]+|[0-9.]+ percent of'', ''(figure)'', ''g''), ''cost=[0-9.]+|cost [0-9.]+ instead of [0-9.]+|cost is [0-9.]+ instead of [0-9.]+'', ''cost (figure)'', ''g'') AS explained FROM perfaudit.findings f, perfaudit.explain(f.finding_id) l WHERE f.kind = '

\o /dev/null
SELECT perfaudit.reset();
SELECT format('SELECT * FROM "The Orders" WHERE "semi;colon" = %s AND note > %L', i, 'secret') FROM generate_series(1, 6) i \gexec
\o
:explained 'seq_scan_large_table';
-- a plan without literals cannot be made: not its text
\o /dev/null
SELECT perfaudit.reset();
SELECT format('SELECT * FROM "The Orders" WHERE placed < timestamp ''2026-01-01'' + interval ''%s hours''', i) FROM generate_series(1, 6) i \gexec
\o
:explained 'seq_scan_large_table' AND l ~ 'With the index|hours';
-- with the statement that it repeats for
\o /dev/null
SELECT perfaudit.reset();
SET perfaudit.unit = 'explained';
SELECT id, orders FROM lists ORDER BY id;
SELECT format('SELECT note FROM "The Orders" WHERE id = %s', i * 3) FROM generate_series(1, 20) i \gexec
\o
:explained 'n_plus_one';

-- whoever sees the finding, but has not the privileges of the role; who does not see it
\o /dev/null
SELECT perfaudit.reset();
SELECT format('SELECT * FROM "The Orders" WHERE "semi;colon" = %s AND note > %L', i, 'secret') FROM generate_series(1, 6) i \gexec
\o
SELECT finding_id FROM perfaudit.findings WHERE kind = 'seq_scan_large_table' \gset
SELECT perfaudit.ignore(:'finding_id', 'a report') \g /dev/null
SELECT l FROM perfaudit.explain(:'finding_id') l WHERE l ~ 'mute';
SELECT perfaudit.unignore(:'finding_id') \g /dev/null
SET ROLE regress_perfaudit_reader;
:explained 'seq_scan_large_table' AND l ~ 'not tried|secret';
SET ROLE regress_perfaudit_nobody;
\set VERBOSITY sqlstate
SELECT perfaudit.explain(:'finding_id');
SELECT count(*) FROM perfaudit.plan_again((SELECT oid FROM pg_roles WHERE rolname = 'regress_perfaudit_nobody'), true, 1, '{}');
RESET ROLE;
-- figures in words
SELECT perfaudit.evidence_text(e.key, e.value) FROM jsonb_each('{"calls_before": 4000, "p50_ms_before": 0.25, "mean_ms": 12, "error_classes": {"23": 12, "57": 1},
    "some_new_ms_before": 3, "a_new_kb": 2048, "size": 8192, "tags": {"action": "index"}, "columns": ["a", "b"], "ready": true, "work_mem": "8MB", "share": 0.5}') e;
-- what is not there
SELECT perfaudit.explain('nothing');
SELECT perfaudit.explain('0123456789abcdef');
\set VERBOSITY default
SELECT perfaudit.explain(NULL);
SELECT a.* FROM perfaudit.plan_again(10, true, 1, '{}') a;
-- every kind explains itself: what is gone meanwhile is no error
DROP TABLE "The Orders";
SELECT count(*) FROM perfaudit.findings f, perfaudit.explain(f.finding_id) WHERE f.relation IS NOT NULL;
-- two plans, and two that are too wide to stand beside each other
SELECT perfaudit.side_by_side('Former', E'Sort\n  ->  Seq Scan', 'Present', 'Index Scan') AS plans;
SELECT perfaudit.side_by_side('Former', 'Index Scan', 'Present', E'Sort\n  ->  Seq Scan') AS plans;
SELECT n, length(l) FROM perfaudit.side_by_side('Former', repeat('x', 95), 'Present', repeat('y', 101)) WITH ORDINALITY w (l, n);
SELECT n, length(l) FROM perfaudit.side_by_side('Former', repeat('x', 95), 'Present', repeat('y', 102)) WITH ORDINALITY w (l, n);
SET client_min_messages = warning;
DROP SCHEMA explained CASCADE;
DROP ROLE regress_perfaudit_reader, regress_perfaudit_nobody;
