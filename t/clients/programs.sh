#!/bin/sh
# PostgreSQL's own programs: psql, pgbench in each protocol, pg_dump, vacuumdb.
# Labels as in scenarios.py.
set -eu

fifteen='1 2 3 4 5 6 7 8 9 10 11 12 13 14 15'
script=$(mktemp -d "${TMPDIR:-/tmp}/programs.XXXXXX")
trap 'rm -rf "$script"' EXIT

# application NAME: what runs next is this scenario
application() { PGAPPNAME=programs/$1; export PGAPPNAME; }
# done_with NAME [LABEL...]
done_with() {
    echo "scenario programs/$1"
    shift
    for label in "$@"; do echo "  $label"; done
}
query() { psql -qAtX "$@" >/dev/null; }
bench() { pgbench -n "$@" >/dev/null 2>&1; }

application psql_loop
{
    echo "SELECT id, name FROM customers ORDER BY id LIMIT 15;"
    for id in $fifteen; do echo "SELECT count(*) FROM orders WHERE customer_id = $id;"; done
} | query
done_with psql_loop 'n_plus_one orders.customer_id <- customers.id count'

application psql_gexec
query <<'SQL'
BEGIN;
SELECT id FROM orders WHERE status = 'done' ORDER BY id LIMIT 20;
SELECT format('SELECT * FROM payments WHERE order_id = %s', id) FROM orders WHERE status = 'done' ORDER BY id LIMIT 20 \gexec
COMMIT;
SQL
done_with psql_gexec 'n_plus_one payments.order_id <- orders.id'

application psql_cursor
query <<'SQL'
BEGIN;
DECLARE list CURSOR FOR SELECT id, customer_id FROM orders ORDER BY id;
FETCH 20 FROM list;
SELECT format('SELECT name FROM customers WHERE id = %s', customer_id) FROM (SELECT * FROM orders ORDER BY id LIMIT 20) o \gexec
COMMIT;
SQL
done_with psql_cursor 'n_plus_one customers.id <- orders.customer_id'

# the list, then its children as a client of the extended or the prepared protocol sends them
{
    echo "SELECT id, name FROM customers ORDER BY id LIMIT 15;"
    for id in $fifteen; do printf '\\set id %s\nSELECT * FROM orders WHERE customer_id = :id;\n' "$id"; done
} >"$script/children"
for protocol in simple extended prepared; do
    application "pgbench_children_$protocol"
    bench -M $protocol -t 1 -f "$script/children"
    done_with "pgbench_children_$protocol" 'n_plus_one orders.customer_id <- customers.id'
done

{
    echo "SELECT id, name FROM customers ORDER BY id LIMIT 15;"
    printf '%s\n' '\startpipeline'
    for id in $fifteen; do printf '\\set id %s\nSELECT * FROM orders WHERE customer_id = :id;\n' "$id"; done
    printf '%s\n' '\endpipeline'
} >"$script/pipeline"
application pgbench_pipeline
bench -M extended -t 1 -f "$script/pipeline"
done_with pgbench_pipeline 'n_plus_one orders.customer_id <- customers.id'

# -- done well ---------------------------------------------------------------------------

application pgbench_init
pgbench -i -I dtgvpf -q >/dev/null 2>&1
for protocol in simple extended prepared; do
    application "pgbench_$protocol"
    bench -M $protocol -c 4 -t 100
    bench -M $protocol -c 2 -t 100 -b select-only
    bench -M $protocol -c 2 -t 100 -b simple-update
    done_with "pgbench_$protocol"
done
application pgbench_reconnecting
bench -C -t 20 -b select-only
done_with pgbench_reconnecting
application pgbench_init
pgbench -i -I d -q >/dev/null 2>&1
done_with pgbench_init

application pg_dump
pg_dump >/dev/null
pg_dump --inserts --table=orders --rows-per-insert=1 >/dev/null
pg_dump --schema-only >/dev/null
done_with pg_dump

application psql_describe
query -c '\d orders' -c '\d+ customers' -c '\d' -c '\df perfaudit.*' -c '\dt+' -c '\di+' -c '\dn' -c '\du'
done_with psql_describe

application maintenance
query -c 'ANALYZE' -c 'VACUUM orders' -c 'REINDEX TABLE payments' -c 'CHECKPOINT'
vacuumdb -q -t orders -t payments -t customers
reindexdb -q -t orders
done_with maintenance

application migration
query <<'SQL'
BEGIN;
CREATE TABLE moved (id int PRIMARY KEY, customer_id int REFERENCES customers, city text);
INSERT INTO moved SELECT id, customer_id, city FROM addresses;
ALTER TABLE moved ADD COLUMN country text DEFAULT 'x', ADD COLUMN b int, ADD COLUMN c int;
CREATE INDEX ON moved (customer_id);
UPDATE moved SET country = 'y' WHERE id <= 20;
SELECT format('UPDATE moved SET b = %s WHERE id = %s', i, i) FROM generate_series(1, 20) i \gexec
SELECT format('ALTER TABLE moved ADD COLUMN x%s int', i) FROM generate_series(1, 12) i \gexec
DROP TABLE moved;
COMMIT;
SQL
done_with migration

application explain
query <<'SQL'
SELECT id FROM customers ORDER BY id LIMIT 20;
SELECT format('EXPLAIN SELECT * FROM orders WHERE customer_id = %s', i) FROM generate_series(1, 20) i \gexec
SELECT format('EXPLAIN ANALYZE SELECT * FROM orders WHERE customer_id = %s', i) FROM generate_series(1, 20) i \gexec
SQL
done_with explain

application foreign_keys
query <<'SQL'
BEGIN;
INSERT INTO customers (id, name) SELECT i, 'passing ' || i FROM generate_series(7001, 7040) i;
SELECT format('INSERT INTO orders (customer_id, status) VALUES (%s, ''new'')', i) FROM generate_series(7001, 7040) i \gexec
DELETE FROM orders WHERE customer_id > 7000;
SELECT format('DELETE FROM customers WHERE id = %s', i) FROM generate_series(7001, 7040) i \gexec
COMMIT;
SQL
done_with foreign_keys 'row_by_row_write orders insert' 'row_by_row_write customers.id delete'
