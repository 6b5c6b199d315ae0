-- The keys of an update are looked at in its first executions only: those of short
-- transactions before the one that becomes a unit of its own do not count there.
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS perfaudit;
RESET client_min_messages;
CREATE TABLE counted (id int PRIMARY KEY, n int);
INSERT INTO counted SELECT i, 0 FROM generate_series(1, 1000) i;
SET perfaudit.burst_gap = '60s';
SELECT perfaudit.reset() >= 0 AS reset;
\set ECHO none
SELECT c FROM generate_series(1, 8) i,
	unnest(ARRAY['BEGIN', format('UPDATE counted SET n = n + 1 WHERE id = %s', i * 13), 'COMMIT']) c
UNION ALL SELECT 'BEGIN'
UNION ALL SELECT format('UPDATE counted SET n = n + 1 WHERE id = %s', i * 7 + 1) FROM generate_series(1, 120) i
UNION ALL SELECT 'COMMIT' \gexec
\set ECHO all
SELECT evidence->>'scope' AS scope, evidence->>'n_max' AS n FROM perfaudit.findings WHERE kind = 'row_by_row_write';
DROP TABLE counted;
