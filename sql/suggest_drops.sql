-- suggest_indexes(): indexes to drop and to replace, each proved; and what it is limited to.
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS perfaudit;
RESET client_min_messages;
CREATE SCHEMA suggest_drops;
SET search_path = suggest_drops;
SET max_parallel_workers_per_gather = 0;
SET perfaudit.index_report_size = 0;
CREATE TABLE accounts (id int PRIMARY KEY);
INSERT INTO accounts SELECT generate_series(1, 100);
CREATE TABLE posts (id int PRIMARY KEY, account_id int REFERENCES accounts, author int, state text, at timestamp, code text UNIQUE, "Odd" int, filler text);
INSERT INTO posts SELECT i, 1 + i % 100, (i * 7919) % 300, 's' || i % 3, timestamp '2026-01-01' + ((i::bigint * 7919) % 30000) * interval '1 minute', 'c' || i, i % 500, repeat('x', 100)
FROM generate_series(1, 30000) i;
CREATE TABLE others (id int PRIMARY KEY, word text, filler text);
INSERT INTO others SELECT i, md5(i::text), repeat('x', 100) FROM generate_series(1, 20000) i;
CREATE INDEX posts_author ON posts (author);               -- what is advised does its work
CREATE INDEX "Posts same" ON posts ("Odd");                -- the same twice
CREATE INDEX posts_same ON posts ("Odd");
CREATE INDEX posts_account ON posts (account_id, state);   -- covers the next
CREATE INDEX posts_account_short ON posts (account_id);
CREATE INDEX posts_cluster ON posts ("Odd");               -- sorts the table
ALTER TABLE posts CLUSTER ON posts_cluster;
CREATE INDEX posts_at ON posts (at);                       -- used
CREATE INDEX posts_at_state ON posts (at, state);          -- covers it, but is dearer to read
VACUUM ANALYZE accounts, posts, others;

\set dropped 'SELECT action, ddl, "table", columns, verified, write_ms_per_day <= 0 AS saves, warnings FROM perfaudit.suggest_indexes(max_ms => 60000, include_drops => true) WHERE action IN (''drop'', ''replace'') ORDER BY ddl COLLATE "C";'
SELECT perfaudit.reset() >= 0 AS reset;
\o /dev/null
SELECT * FROM posts WHERE author = 5 ORDER BY at DESC LIMIT 5;
SELECT * FROM posts WHERE author = 6 ORDER BY at DESC LIMIT 5;
SELECT count(*) FROM posts WHERE at < '2026-01-08';
SELECT count(*) FROM posts WHERE at < '2026-01-09';
SELECT * FROM others WHERE word = 'abc';
SELECT * FROM others WHERE word = 'abd';
\o
:dropped
-- the proof: posts_at has to stay
SELECT e->>'index' AS index, e->>'reason' AS reason, CASE WHEN e->>'kept' IS NULL THEN e->>'statements_checked' END AS checked, e->>'statements_using' AS using,
  (e->>'worst_pct')::numeric > 2 AS dearer, e->>'kept' AS kept
FROM (SELECT CASE action WHEN 'drop' THEN evidence WHEN 'replace' THEN evidence->'replaces'->0 ELSE evidence->'kept_indexes'->0 END AS e
      FROM perfaudit.suggest_indexes(max_ms => 60000, include_drops => true) WHERE action <> 'create') x WHERE e IS NOT NULL ORDER BY e->>'index' COLLATE "C";
-- not asked for, nothing of the kind
SELECT action, columns FROM perfaudit.suggest_indexes(max_ms => 60000) WHERE action <> 'note' ORDER BY ddl;
-- what is said can be done, and then there is nothing more to say
SELECT replace(s, 'CONCURRENTLY ', '') AS run
FROM perfaudit.suggest_indexes(max_ms => 60000, include_drops => true), regexp_split_to_table(ddl, '; ') s WHERE action <> 'note' ORDER BY s COLLATE "C" \gexec
:dropped

-- limited to tables, a partition standing for its root, and to statements
CREATE TABLE parted (id int, word text, filler text) PARTITION BY RANGE (id);
CREATE TABLE parted_1 PARTITION OF parted FOR VALUES FROM (0) TO (30000);
INSERT INTO parted SELECT i, md5(i::text), repeat('x', 100) FROM generate_series(1, 20000) i;
ANALYZE parted;
DROP INDEX others_word_idx;
\o /dev/null
SELECT * FROM parted WHERE word = 'abc';
SELECT * FROM parted WHERE word = 'abd';
SELECT * FROM parted WHERE word = 'abe' AND id > 5;
\o
SELECT "table" FROM perfaudit.suggest_indexes(max_ms => 60000) WHERE action = 'create' ORDER BY 1;
SELECT "table" FROM perfaudit.suggest_indexes(max_ms => 60000, tables => '{others}') WHERE action = 'create';
SELECT "table" FROM perfaudit.suggest_indexes(max_ms => 60000, tables => '{parted_1,posts}') WHERE action = 'create';
SELECT "table", n_queries FROM perfaudit.suggest_indexes(max_ms => 60000,
  queryids => ARRAY(SELECT unnest(queryids) FROM perfaudit.statements WHERE query ~ 'FROM others')) WHERE action = 'create';
-- what ran once counts when it is asked for
SELECT "table", n_queries FROM perfaudit.suggest_indexes(max_ms => 60000,
  queryids => ARRAY(SELECT unnest(queryids) FROM perfaudit.statements WHERE query ~ 'FROM parted .* AND')) WHERE action = 'create';
SELECT count(*) FROM perfaudit.suggest_indexes(queryids => '{0}');
SELECT perfaudit.suggest_indexes(tables => '{}');
SELECT perfaudit.suggest_indexes(tables => ARRAY[NULL]::regclass[]);
SELECT perfaudit.suggest_indexes(tables => '{posts_at}');
SELECT perfaudit.suggest_indexes(tables => '{1}');
SELECT perfaudit.suggest_indexes(queryids => '{}');
SELECT perfaudit.suggest_indexes(queryids => '{NULL}');
SELECT perfaudit.suggest_indexes(queryids => '{1}', include_drops => true);
SELECT perfaudit.suggest_indexes(include_drops => NULL);

SELECT pg_stat_force_next_flush();
-- never used, where the table is; not what a foreign key needs
SET perfaudit.unused_index_age = 0;
SET perfaudit.unused_index_reads = 1;
SELECT DISTINCT regexp_replace(ddl, 'CONCURRENTLY ', '') AS ddl, evidence->>'reason' AS reason FROM perfaudit.suggest_indexes(max_ms => 60000, include_drops => true, tables => '{posts}') WHERE action = 'drop' ORDER BY 1;
-- on a table that no recorded statement uses
CREATE TABLE unused (id int, a int);
INSERT INTO unused SELECT i, i FROM generate_series(1, 20000) i;
CREATE INDEX unused_a ON unused (a);
CREATE INDEX unused_b ON unused (a);
ANALYZE unused;
SELECT perfaudit.reset() >= 0 AS reset;
SELECT action, ddl, evidence->>'statements_checked' AS checked, write_ms_per_day <= 0 AS saves FROM perfaudit.suggest_indexes(max_ms => 60000, include_drops => true, tables => '{unused}') WHERE action = 'drop';
SET client_min_messages = warning;
DROP SCHEMA suggest_drops CASCADE;
