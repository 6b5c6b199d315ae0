-- Fifty tables of an application, ten statements on each, of which most lack an index.
SELECT format('CREATE TABLE t%s (id int PRIMARY KEY, account_id int NOT NULL, parent_id int, state text NOT NULL, email text NOT NULL, name text NOT NULL,
    amount numeric NOT NULL, flags jsonb NOT NULL, tags text[] NOT NULL, created_at timestamptz NOT NULL, deleted_at timestamptz)', n)
    FROM generate_series(1, 50) n \gexec
SELECT format($$INSERT INTO t%s SELECT i, i %% 700, (i * 7919) %% 20000, (ARRAY['new', 'paid', 'sent', 'done'])[1 + i %% 4], 'user' || i || '@example.org', md5(i::text),
    i %% 1000, jsonb_build_object('k', i %% 900), ARRAY['t' || i %% 300], timestamptz '2026-01-01' + i * interval '1 minute', CASE WHEN i %% 50 > 0 THEN now() END
    FROM generate_series(1, 20000) i$$, n)
    FROM generate_series(1, 50) n \gexec
VACUUM ANALYZE;
CREATE EXTENSION IF NOT EXISTS perfaudit;
SELECT perfaudit.reset();
SELECT format(q, n, 1 + n % 50, 1 + (n * 7) % 50, i * 3)
FROM generate_series(1, 50) n, generate_series(1, 2) i, (VALUES
    ('SELECT * FROM t%1$s WHERE email = ''user%4$s@example.org'''),
    ('SELECT * FROM t%1$s WHERE account_id = %4$s ORDER BY created_at DESC LIMIT 20'),
    ('SELECT * FROM t%1$s WHERE lower(name) = ''abc%4$s'''),
    ('SELECT count(*) FROM t%1$s WHERE account_id = %4$s AND state = ''new'' AND deleted_at IS NULL'),
    ('SELECT x.id, y.name FROM t%1$s x JOIN t%2$s y ON y.account_id = x.account_id AND y.deleted_at IS NULL WHERE x.parent_id = %4$s'),
    ('SELECT x.id, y.name, z.email FROM t%1$s x JOIN t%2$s y ON y.parent_id = x.id JOIN t%3$s z ON z.id = y.account_id
      WHERE x.created_at > ''2026-01-10'' AND x.state = ''paid'' ORDER BY x.created_at LIMIT 10'),
    ('SELECT * FROM t%1$s WHERE tags @> ARRAY[''t%4$s'']'),
    ('SELECT * FROM t%1$s WHERE flags @> ''{"k": %4$s}'''),
    ('UPDATE t%1$s SET amount = amount + 1 WHERE parent_id = %4$s AND state = ''sent'''),
    ('SELECT date_trunc(''day'', created_at), sum(amount) FROM t%1$s WHERE created_at BETWEEN ''2026-01-05'' AND ''2026-01-06'' GROUP BY 1 ORDER BY 1')
) v (q) \gexec
-- told in a note, and so what the run took
CREATE TABLE passing AS SELECT 1 AS id;
SELECT format('SELECT count(*) FROM passing, generate_series(1, 300000) WHERE id = %s', i) FROM generate_series(1, 2) i \gexec
DROP TABLE passing;
