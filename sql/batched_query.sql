-- What n_plus_one suggests to run instead: the statement for all values, or nothing where its text does not say how.
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS perfaudit;
RESET client_min_messages;
\pset tuples_only on
\pset format unaligned
SELECT coalesce(perfaudit.batched_query(query, child, variant), 'none: ' || query) FROM (VALUES
    (1, 'SELECT * FROM t WHERE id = $1', 'id', 'select'),
    (2, 'SELECT * FROM t WHERE t.id IN ($1)', 'id', 'select'),
    (3, 'SELECT * FROM t WHERE "t"."The id" = $1::character varying(20) AND at < $2', 'The id', 'select'),
    (4, 'SELECT count(*) FROM t WHERE t.id = $11', 'id', 'count'),
    (5, 'SELECT 1 FROM t WHERE id = $1', 'id', 'exists'),
    -- the values are those of the right parameter
    (6, 'SELECT * FROM t WHERE kind = $1 AND id = $2 LIMIT $3', 'id', 'select'),
    (7, 'SELECT * FROM t WHERE kind = $1 AND id IN ($2) LIMIT $3', 'id', 'select'),
    -- GROUP BY comes before these
    (8, 'SELECT count(*) FROM t WHERE id = $1 HAVING count(*) > $2', 'id', 'count'),
    (9, 'SELECT count(*) FROM t WHERE id = $1 ORDER BY 1', 'id', 'count'),
    -- compared with more than the parameter, or with a list already
    (10, 'SELECT * FROM t WHERE id = $1 + $2', 'id', 'select'),
    (11, 'SELECT * FROM t WHERE id = $1 || $2', 'id', 'select'),
    (12, 'SELECT * FROM t WHERE ids = $1::int[]', 'ids', 'select'),
    (13, 'SELECT * FROM t WHERE id IN ($1, $2)', 'id', 'select'),
    (14, 'SELECT * FROM t WHERE id <> $1 AND parent_id = $2', 'id', 'select'),
    -- a comment is nothing
    (15, 'SELECT * FROM t WHERE id = $1 /* x */ AND kind = 1', 'id', 'select'),
    -- all places of the parameter, and of no other; one column with several
    (16, 'SELECT * FROM t WHERE id = $1 OR parent_id = $1 AND kind = $12', 'id', 'select'),
    (17, 'SELECT * FROM t WHERE kind > $2 AND parent_id IN ($1) AND (SELECT max(id) FROM t WHERE kind = $1::int) > $2', 'parent_id', 'select'),
    (18, 'SELECT count(*) FROM t WHERE id = $1 AND $1 < $2', 'id', 'count'),
    (19, 'SELECT * FROM t JOIN u ON u.id = $2 WHERE t.id = $1', 'id', 'select'),
    (20, 'UPDATE t SET parent_id = $1 WHERE id = $1', 'id', 'select'),
    (21, 'SELECT * FROM t WHERE id = $1 LIMIT $1', 'id', 'select')) v (n, query, child, variant) ORDER BY n;
