-- Walks through a tree: what a statement asks for next is what it has returned before.
-- Times decide nothing here: no burst ends by itself, no repeat is told for its time.
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS perfaudit;
RESET client_min_messages;
SET perfaudit.burst_gap = '60s';
SET perfaudit.burst_max_time = '1h';
SET perfaudit.repeat_report_time = '1h';
CREATE SCHEMA trees;
SET search_path = trees;

CREATE TABLE categories (id int PRIMARY KEY, name text, parent_id int REFERENCES categories);
INSERT INTO categories SELECT i, 'Category ' || i, CASE WHEN i > 3 THEN i / 3 END FROM generate_series(1, 40) i;
-- many have a single child
CREATE TABLE comments (id int PRIMARY KEY, answers int REFERENCES comments, author text);
INSERT INTO comments SELECT i, CASE WHEN i > 4 THEN i - 1 - (hashint4(i) & 3) END, 'Author' FROM generate_series(1, 50) i;
-- in which order they are walked through
CREATE TABLE walks AS
WITH RECURSIVE walk AS (
    SELECT 'categories' AS tree, id, ARRAY[id] AS path FROM categories WHERE parent_id IS NULL
    UNION ALL
    SELECT w.tree, c.id, w.path || c.id FROM walk w JOIN categories c ON c.parent_id = w.id AND w.tree = 'categories'
), answers AS (
    SELECT 'comments' AS tree, id, ARRAY[id] AS path FROM comments WHERE answers IS NULL
    UNION ALL
    SELECT w.tree, c.id, w.path || c.id FROM answers w JOIN comments c ON c.answers = w.id
)
SELECT * FROM walk UNION ALL SELECT * FROM answers;
\set found 'SELECT summary, evidence->>''parent_table'' AS parent, parent_query = query AS its_own FROM perfaudit.findings WHERE kind = ''n_plus_one'' ORDER BY query;'
\set roots 'SELECT * FROM categories WHERE parent_id IS NULL ORDER BY id;'
\set children 'SELECT format(''SELECT * FROM categories WHERE parent_id = %s ORDER BY id'', id) FROM walks WHERE tree = ''categories'' ORDER BY'

\set ECHO none
\echo Found:
\echo - into the depth
SET perfaudit.unit = 'depth';
\o /dev/null
SELECT perfaudit.reset();
:roots
:children path \gexec
\o
:found
SELECT suggestion FROM perfaudit.findings WHERE kind = 'n_plus_one';
\echo - level by level
SET perfaudit.unit = 'levels';
\o /dev/null
SELECT perfaudit.reset();
:roots
:children cardinality(path), path \gexec
\o
:found
\echo - through a join, as some ORMs ask
SET perfaudit.unit = 'join';
\o /dev/null
SELECT perfaudit.reset();
:roots
SELECT format('SELECT k.id, k.name FROM categories k JOIN categories c ON k.parent_id = c.id WHERE c.id = %s ORDER BY k.id', id) FROM walks WHERE tree = 'categories' ORDER BY path \gexec
\o
:found
\echo - in a transaction, many rows with a single child
\o /dev/null
SELECT perfaudit.reset();
BEGIN;
SELECT * FROM comments WHERE answers IS NULL ORDER BY id;
SELECT format('SELECT * FROM comments WHERE answers = %s ORDER BY id', id) FROM walks WHERE tree = 'comments' ORDER BY path \gexec
COMMIT;
\o
SELECT relation, occurrences, evidence->>'n_max' AS n, (evidence->>'covered')::numeric > 0.9 AS covered FROM perfaudit.findings WHERE kind = 'n_plus_one';
\echo - and others after it, which do not count
SET perfaudit.unit = 'after';
\o /dev/null
SELECT perfaudit.reset();
:roots
:children path \gexec
:children hashint4(id) LIMIT 15 \gexec
\o
SELECT relation, occurrences, (evidence->>'n_max')::int BETWEEN 36 AND 40 AS n FROM perfaudit.findings WHERE kind = 'n_plus_one';

\echo Silent:
\echo - branches that are opened here and there
SET perfaudit.unit = 'random';
\o /dev/null
SELECT perfaudit.reset();
:roots
:children hashint4(id) \gexec
\o
:found
\echo - backwards
SET perfaudit.unit = 'backwards';
\o /dev/null
SELECT perfaudit.reset();
:roots
:children path DESC \gexec
\o
:found
\echo - the same ones again and again
SET perfaudit.unit = 'again';
\o /dev/null
SELECT perfaudit.reset();
:roots
SELECT format('SELECT * FROM categories WHERE parent_id = %s ORDER BY id', id) FROM walks, generate_series(1, 2) i WHERE tree = 'categories' AND id < 13 ORDER BY path, i \gexec
\o
:found
\echo - pages of rows that are asked for by what they all have
SET perfaudit.unit = 'pages';
\o /dev/null
SELECT perfaudit.reset();
:roots
SELECT format('SELECT * FROM categories WHERE parent_id = %s ORDER BY id OFFSET %s LIMIT 2', id, i) FROM categories c, generate_series(0, 2) i WHERE id < 8 ORDER BY hashint4(id), i \gexec
SELECT format('SELECT * FROM comments WHERE author = %L ORDER BY id OFFSET %s LIMIT 4', 'Author', i) FROM generate_series(0, 15) i \gexec
\o
:found
\set ECHO all
SET client_min_messages = warning;
DROP SCHEMA trees CASCADE;
