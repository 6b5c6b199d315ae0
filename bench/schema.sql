-- The benchmark's own tables, beside those of pgbench -i.

-- The list and the look-ups of the 1 + 50 transaction: batch b holds orders 50 b + 1 to
-- 50 b + 50; bench/workloads knows the formula of user_id.
CREATE TABLE users (id int PRIMARY KEY, name text NOT NULL, email text NOT NULL);
INSERT INTO users
SELECT i, 'user ' || i, 'user' || i || '@example.com' FROM generate_series(1, 100000) AS i;

CREATE TABLE orders (id int PRIMARY KEY, batch int NOT NULL, user_id int NOT NULL, amount int NOT NULL);
INSERT INTO orders
SELECT i, (i - 1) / 50, (i * 7919) % 100000 + 1, i % 1000 FROM generate_series(1, 100000) AS i;
CREATE INDEX ON orders (batch);

-- The scan.
CREATE TABLE readings (id int, device int, kind int, value float8);
INSERT INTO readings
SELECT i, i % 1000, i % 7, (i::bigint * 37 % 1000) / 10.0 FROM generate_series(1, 1000000) AS i;

CREATE TABLE devices (id int PRIMARY KEY, kind int NOT NULL);
INSERT INTO devices SELECT i, i % 10 FROM generate_series(0, 999) AS i;

-- Wide results: all columns may be keys.
CREATE TABLE wide (id int PRIMARY KEY, a int, b int, c int, d bigint, e bigint, f int, g int, h text, i text, j date, k uuid,
    l int, m int, n int, o int, p text, q text, r int, s int);
INSERT INTO wide
SELECT i, i, i, i, i, i, i, i, 'text ' || i, 'text', date '2020-01-01' + i % 1000, md5(i::text)::uuid,
       i, i, i, i, 'more', 'still more', i, i FROM generate_series(1, 10010) AS i;

-- Distinct shapes choose among these columns.
CREATE TABLE items (id int PRIMARY KEY, c0 int, c1 int, c2 int, c3 int, c4 int, c5 int, c6 int,
    c7 int, c8 int, c9 int);
INSERT INTO items
SELECT i, i, i, i, i, i, i, i, i, i, i FROM generate_series(1, 1000) AS i;

-- A function that runs n statements.
CREATE FUNCTION total_of(n int) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    total bigint := 0;
    balance int;
BEGIN
    FOR i IN 1 .. n LOOP
        SELECT abalance INTO balance FROM pgbench_accounts WHERE aid = i;
        total := total + balance;
    END LOOP;
    RETURN total;
END
$$;

VACUUM (FREEZE, ANALYZE);
CHECKPOINT;
