-- index_not_used: LIKE and the collation of a database.
CREATE DATABASE index_not_used_like TEMPLATE template0 ENCODING 'UTF8' LOCALE_PROVIDER icu ICU_LOCALE 'en' LOCALE 'C.UTF-8';
SELECT current_database() AS here \gset
\c index_not_used_like
SET client_min_messages = warning;
CREATE EXTENSION perfaudit;
RESET client_min_messages;
SET max_parallel_workers_per_gather = 0;
SET perfaudit.judge_calls = 1;
SET perfaudit.judge_time = 0;
SET perfaudit.sample_budget = 1;
CREATE TABLE t (id int, org int, code text, plain text COLLATE "C", filler text);
INSERT INTO t SELECT i, i % 5000, 'C' || i, 'C' || i, repeat('x', 60) FROM generate_series(1, 20000) i;
CREATE INDEX t_org ON t (org);
CREATE INDEX t_code ON t (code);
CREATE INDEX t_plain ON t (plain);
VACUUM ANALYZE t;
\o /dev/null
SELECT perfaudit.reset();
SET enable_indexscan = off;
SET enable_bitmapscan = off;
SELECT * FROM t WHERE code LIKE 'C777%';
SELECT * FROM t WHERE plain LIKE 'C778%';
RESET enable_indexscan;
RESET enable_bitmapscan;
SELECT * FROM t WHERE org = 7.0;
SELECT * FROM t WHERE org = 8.0;
\o
SELECT suggestion, query FROM perfaudit.findings WHERE kind = 'index_not_used' ORDER BY query;
-- the prefix needs an index of its own here; the number's type is what must change
SELECT columns FROM perfaudit.suggest_indexes(max_ms => 60000) WHERE action = 'create';
SELECT columns FROM perfaudit.suggest_indexes_for('SELECT * FROM t WHERE code LIKE ''C777%''') WHERE action = 'create';
SELECT columns FROM perfaudit.suggest_indexes_for('SELECT * FROM t WHERE org = 7.0') WHERE action = 'create';
-- where no index has the column
DROP INDEX t_org;
SELECT columns FROM perfaudit.suggest_indexes_for('SELECT * FROM t WHERE org = 7.0') WHERE action = 'create';
\c :here
DROP DATABASE index_not_used_like;
