-- leading_wildcard is silent where there is a trigram index of what is looked at: which indexes are.  Operator classes of the
-- names that pg_trgm's have serve, so that it need not be there.
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS perfaudit;
RESET client_min_messages;
CREATE SCHEMA trigram_guards;
SET search_path = trigram_guards;
SET max_parallel_workers_per_gather = 0;
SET perfaudit.sample_budget = 1;
SET perfaudit.judge_calls = 1;
SET perfaudit.judge_time = 0;
SET perfaudit.large_table_rows = 2000;
CREATE OPERATOR CLASS gin_trgm_ops FOR TYPE text USING btree AS OPERATOR 1 <, OPERATOR 2 <=, OPERATOR 3 =, OPERATOR 4 >=, OPERATOR 5 >, FUNCTION 1 bttextcmp(text, text);
CREATE OPERATOR CLASS gist_trgm_ops FOR TYPE text USING btree AS OPERATOR 1 <, OPERATOR 2 <=, OPERATOR 3 =, OPERATOR 4 >=, OPERATOR 5 >, FUNCTION 1 bttextcmp(text, text);
CREATE TABLE texts (id int, a text, b text);
INSERT INTO texts SELECT i, 'a' || i, 'b' || i FROM generate_series(1, 2000) i;
CREATE TABLE others AS TABLE texts;
CREATE INDEX ON others (a gin_trgm_ops);
ANALYZE texts, others;
\set found 'SELECT relation, query FROM perfaudit.findings WHERE kind = ''leading_wildcard'' ORDER BY query COLLATE "C";'
\o /dev/null
SELECT perfaudit.reset();
SELECT id FROM texts WHERE a LIKE '%77';
\o
-- none; another table's; another column's; without trigrams
:found
CREATE INDEX other_column ON texts (b gin_trgm_ops);
CREATE INDEX no_trigrams ON texts (a text_pattern_ops);
:found
-- of the column, by either class
CREATE INDEX by_gin ON texts (a gin_trgm_ops);
:found
DROP INDEX by_gin;
:found
CREATE INDEX by_gist ON texts (a gist_trgm_ops);
:found
-- which was not built to its end
UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'by_gist'::regclass;
:found
DROP INDEX by_gist;
-- of an expression, which may be the one
CREATE INDEX by_expression ON texts (lower(a) gin_trgm_ops);
:found
SET client_min_messages = warning;
DROP SCHEMA trigram_guards CASCADE;
