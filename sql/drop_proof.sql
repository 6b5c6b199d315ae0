-- unused_index and duplicate_index prove by planning that no recorded statement gets dearer without the index.
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS perfaudit;
RESET client_min_messages;
CREATE SCHEMA drop_proof;
SET search_path = drop_proof;
SET max_parallel_workers_per_gather = 0;
SET perfaudit.index_report_size = 0;
SET perfaudit.unused_index_age = 0;
SET perfaudit.unused_index_reads = 1;
CREATE ROLE regress_proof_app;
CREATE ROLE regress_proof_reader IN ROLE pg_read_all_stats;
GRANT USAGE, CREATE ON SCHEMA drop_proof TO regress_proof_app;
GRANT USAGE ON SCHEMA drop_proof TO regress_proof_reader;
CREATE TABLE t (a int, b text, c int, d int, filler text);
INSERT INTO t SELECT (i::bigint * 7919) % 20000, md5(i::text), i % 300, i, repeat('x', 100) FROM generate_series(1, 20000) i;
CREATE INDEX t_twin ON t (c);
CREATE INDEX t_other_twin ON t (c);
CREATE INDEX t_a ON t (a);
CREATE UNIQUE INDEX t_a_b ON t (a, b);
CREATE INDEX t_d ON t (d);
CREATE TABLE p (id int, k int, filler text) PARTITION BY RANGE (id);
CREATE TABLE p1 PARTITION OF p FOR VALUES FROM (0) TO (10000);
CREATE TABLE p2 PARTITION OF p FOR VALUES FROM (10000) TO (30000);
INSERT INTO p SELECT i, i % 500, repeat('x', 100) FROM generate_series(1, 20000) i;
CREATE INDEX p_k ON p (k);
CREATE INDEX p_k_again ON p (k);
GRANT SELECT ON t, p TO regress_proof_app;
VACUUM ANALYZE t, p;
\set found 'SELECT kind, evidence->>''index'' AS index, evidence->>''statements_checked'' AS checked, evidence->>''statements_skipped'' AS skipped, evidence->>''worst_pct'' AS worst, evidence->>''all_checked'' AS complete FROM perfaudit.findings WHERE kind = ''duplicate_index'' AND relation = ''t''::regclass OR evidence->>''index'' = ''drop_proof.t_d'' ORDER BY 2;'

-- nothing recorded that reads the tables
SELECT count(*) FROM t WHERE filler = 'y';
SELECT pg_stat_force_next_flush();
SELECT perfaudit.reset() >= 0 AS reset;
:found

-- what is recorded is planned without: a range is dearer to read by the wider index
\o /dev/null
SELECT filler FROM t WHERE c = 5;
SELECT count(*) FROM t WHERE a < 5000;
SELECT filler FROM p WHERE k = 7;
SELECT count(*) FROM t WHERE filler = 'x';
SELECT pg_stat_force_next_flush();
\o
SELECT p.indexid::regclass AS index, statements_checked, statements_using, statements_skipped, worst_pct > 2 AS dearer, complete
FROM perfaudit.drop_proof('{t_a,t_d}') p ORDER BY p.indexid::regclass::text COLLATE "C";
-- one of two twins is used, on partitions as well, and nobody would miss it
SELECT i.indrelid::regclass AS "table", min(statements_checked) AS checked, sum(statements_using) AS using, max(worst_pct) AS worst
FROM perfaudit.drop_proof('{t_twin,t_other_twin,p_k,p_k_again}') p JOIN pg_index i ON i.indexrelid = p.indexid GROUP BY i.indrelid ORDER BY i.indrelid::regclass::text;
-- so t_a is none of the findings
:found
SELECT e FROM (SELECT finding_id FROM perfaudit.findings WHERE kind = 'duplicate_index' AND relation = 't'::regclass) f, LATERAL perfaudit.explain(finding_id) e WHERE e ~ '(planned|dearer|time for all|DROP)';
-- without that statement it is
SELECT perfaudit.reset() >= 0 AS reset;
\o /dev/null
SELECT filler FROM t WHERE c = 5;
SELECT filler FROM t WHERE a = 5;
\o
SELECT p.indexid::regclass AS index, statements_using, worst_pct <= 2 AS cheap FROM perfaudit.drop_proof('{t_a}') p;
SELECT evidence->>'index' AS index FROM perfaudit.findings WHERE kind = 'duplicate_index' AND relation = 't'::regclass ORDER BY 1;

-- with each of the values that were recorded: one of them needs it
SELECT perfaudit.reset() >= 0 AS reset;
\o /dev/null
SELECT count(*) FROM t WHERE a < 1;
SELECT count(*) FROM t WHERE a < 7000;
\o
SELECT p.indexid::regclass AS index, statements_checked, worst_pct > 2 AS dearer FROM perfaudit.drop_proof('{t_a}') p;

-- what another role ran with functions of its own is not planned for who only reads findings
SELECT perfaudit.reset() >= 0 AS reset;
SET ROLE regress_proof_app;
CREATE FUNCTION own(x int) RETURNS int IMMUTABLE LANGUAGE plpgsql AS $$ BEGIN RETURN x; END $$;
\o /dev/null
SELECT filler FROM t WHERE c = own(5);
SELECT filler FROM t WHERE c = 5;
\o
RESET ROLE;
:found
SET ROLE regress_proof_app;
SELECT indexid::regclass AS index, statements_checked, statements_skipped FROM perfaudit.drop_proof('{t_twin}');
-- nor anything for who may not act as that role
SET ROLE regress_proof_reader;
SELECT indexid::regclass AS index, statements_checked, statements_skipped FROM perfaudit.drop_proof('{drop_proof.t_twin}');
RESET ROLE;
-- who acts on all findings keeps one of two: that which is used
CREATE TABLE both_kept AS SELECT i % 300 AS a, i AS b, i % 301 AS c, repeat('x', 100) AS filler FROM generate_series(1, 20000) i;
CREATE INDEX both_a ON both_kept (a);
CREATE INDEX both_a_b ON both_kept (a, b);
CREATE INDEX both_c ON both_kept (c);
CREATE INDEX both_c_again ON both_kept (c);
VACUUM ANALYZE both_kept;
SET enable_seqscan = off;
\o /dev/null
SELECT filler FROM both_kept WHERE a = 5;
SELECT filler FROM both_kept WHERE c = 5;
SELECT pg_stat_force_next_flush();
\o
RESET enable_seqscan;
SELECT f.evidence->>'index' ~ '_c' AS twin, count(*) AS told, sum((f.evidence->>'scans')::int) AS scans
FROM perfaudit.findings f WHERE kind IN ('duplicate_index', 'unused_index') AND relation = 'both_kept'::regclass GROUP BY 1 ORDER BY 1;
-- what is not an index, or nothing
SELECT * FROM perfaudit.drop_proof('{t}');
SELECT * FROM perfaudit.drop_proof('{1}');
SELECT * FROM perfaudit.drop_proof('{NULL}');
SELECT * FROM perfaudit.drop_proof('{}');
SELECT * FROM perfaudit.drop_proof(NULL);
SELECT perfaudit.reset() >= 0 AS reset;
SET client_min_messages = warning;
DROP SCHEMA drop_proof CASCADE;
DROP ROLE regress_proof_app, regress_proof_reader;
