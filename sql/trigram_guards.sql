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
-- of an expression, which is another
CREATE INDEX by_expression ON texts (lower(a) gin_trgm_ops);
:found
DROP INDEX by_expression, other_column, no_trigrams;

-- which serves which of several: all arms of an OR must be served, one of what is joined by AND
CREATE FUNCTION own(text) RETURNS text LANGUAGE sql IMMUTABLE AS 'SELECT lower($1)';
ALTER TABLE texts ADD c char(8), ADD v varchar;
UPDATE texts SET c = a, v = a;
CREATE FUNCTION serves(columns text) RETURNS SETOF text LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE format('CREATE INDEX tried ON texts (%s', columns);
    RETURN QUERY SELECT t.query FROM told t
    EXCEPT SELECT f.query FROM perfaudit.findings f WHERE f.kind = 'leading_wildcard' ORDER BY 1;
    DROP INDEX tried;
END $$;
\o /dev/null
SELECT perfaudit.reset();
SELECT id FROM texts WHERE a LIKE '%77';
SELECT id FROM texts WHERE lower(a) LIKE '%77';
SELECT id FROM texts WHERE lower(a || 'x') LIKE '%77x';
SELECT id FROM texts WHERE a LIKE '%77' OR b LIKE '%77';
SELECT id FROM texts WHERE a LIKE '%77' AND b LIKE '%77';
SELECT id FROM texts WHERE a LIKE '%77' AND id <> 5;
SELECT id FROM texts WHERE c LIKE '%77%';
SELECT id FROM texts WHERE v LIKE '%77';
SELECT id FROM texts WHERE id::text LIKE '%77';
\o
CREATE TABLE told AS SELECT query FROM perfaudit.findings WHERE kind = 'leading_wildcard' AND query ~ '^SELECT id FROM texts';
SELECT query FROM told ORDER BY query COLLATE "C";
SELECT i AS index, array_agg(regexp_replace(s, '^.*WHERE ', '') ORDER BY s COLLATE "C") AS silences
FROM unnest(ARRAY['a gin_trgm_ops)', 'b gin_trgm_ops)', 'a gin_trgm_ops, b gin_trgm_ops)', 'a text_ops, b gin_trgm_ops)', 'a gin_trgm_ops) INCLUDE (b)',
                  'lower(a) gin_trgm_ops)', 'upper(a) gin_trgm_ops)', 'lower(b) gin_trgm_ops)', 'own(a) gin_trgm_ops)', 'lower(a || ''x'') gin_trgm_ops)',
                  '(c::text) gin_trgm_ops)', '(v::text) gin_trgm_ops)', 'v gin_trgm_ops)', 'own(id::text) gin_trgm_ops)', '(id::text) gin_trgm_ops)',
                  'a gin_trgm_ops) WHERE id > 0', 'a gin_trgm_ops) WHERE b IS NOT NULL', 'a gin_trgm_ops) WHERE v <> ''''']) WITH ORDINALITY x (i, n)
LEFT JOIN LATERAL serves(i) s ON true
GROUP BY n, i ORDER BY n;
SET client_min_messages = warning;
DROP SCHEMA trigram_guards CASCADE;
