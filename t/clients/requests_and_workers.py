"""What resolvers, workers and requests send between their look-ups: settings, locks, health checks,
statements prepared anew, pages, portions of a queue."""

import random

import psycopg
from psycopg.rows import dict_row

from scenarios import dsn, main, scenario


def works(*label, **options):
    def register(job):
        def run():
            with psycopg.connect(dsn(job.__name__), row_factory=dict_row, **options) as connection:
                job(connection)
        run.__name__ = job.__name__
        return scenario(*label)(run)
    return register


def rows(c, text, *values):
    cursor = c.execute(text, values)
    return cursor.fetchall() if cursor.description else []


ORDERS = "SELECT id, customer_id, status FROM orders ORDER BY id LIMIT 25"


@works("n_plus_one customers.id <- orders.customer_id", "n_plus_one payments.order_id <- orders.id", autocommit=True)
def resolvers_of_each_field(c):
    for order in rows(c, ORDERS):
        rows(c, "SELECT name FROM customers WHERE id = %s", order["customer_id"])
        rows(c, "SELECT amount FROM payments WHERE order_id = %s ORDER BY id", order["id"])


@works("n_plus_one notes.object_id <- customers.id", autocommit=True)
def permission_for_each_object(c):
    for customer in rows(c, "SELECT id, name FROM customers ORDER BY id LIMIT 25"):
        rows(c, "SELECT 1 FROM notes WHERE body = %s AND object_type = 'customer' AND object_id = %s", "note", str(customer["id"]))


@works("n_plus_one customers.id <- orders.customer_id", prepare_threshold=None)
def prepared_anew_for_each_row(c):
    for order in rows(c, ORDERS):
        c.execute("PREPARE customer AS SELECT name FROM customers WHERE id = $1")
        c.execute(f"EXECUTE customer ({order['customer_id']})").fetchall()
        c.execute("DEALLOCATE customer")


@works("n_plus_one customers.id <- orders.customer_id")
def fetched_one_by_one(c):
    c.execute("DECLARE list CURSOR FOR " + ORDERS)
    while order := c.execute("FETCH 1 FROM list").fetchall():
        rows(c, "SELECT name FROM customers WHERE id = %s", order[0]["customer_id"])


@works("n_plus_one customers.id <- orders.customer_id", autocommit=True)
def look_ups_for_each_page(c):
    last = 0
    for _ in range(5):
        page = rows(c, "SELECT id, customer_id FROM orders WHERE id > %s ORDER BY id LIMIT 12", last)
        last = page[-1]["id"]
        for order in page:
            rows(c, "SELECT name FROM customers WHERE id = %s", order["customer_id"])


@works("n_plus_one addresses.customer_id <- customers.id")
def setting_for_each_row(c):
    for customer in rows(c, "SELECT id, name FROM customers ORDER BY name LIMIT 20"):
        rows(c, "SELECT set_config('app.customer', %s, true)", str(customer["id"]))
        rows(c, "SELECT city FROM addresses WHERE customer_id = %s", customer["id"])


@works("n_plus_one orders.customer_id <- customers.id", autocommit=True)
def counts_by_windows(c):
    for customer in rows(c, "SELECT id, name FROM customers ORDER BY name LIMIT 25"):
        rows(c, "SELECT id, count(*) OVER () AS n FROM orders WHERE customer_id = %s LIMIT 1", customer["id"])


@works("n_plus_one customers.id <- orders.customer_id", "row_by_row_write orders.id update")
def portion_of_a_queue(c):
    for order in rows(c, "SELECT id, customer_id FROM orders WHERE status = 'open' ORDER BY id LIMIT 20 FOR UPDATE SKIP LOCKED"):
        rows(c, "SELECT name FROM customers WHERE id = %s", order["customer_id"])
        rows(c, "UPDATE orders SET status = 'open' WHERE id = %s", order["id"])


@works()
def queue_one_by_one(c):
    for _ in range(20):
        [job] = rows(c, "SELECT id, customer_id FROM orders WHERE status = 'open' ORDER BY id LIMIT 1 FOR UPDATE SKIP LOCKED")
        rows(c, "SELECT name FROM customers WHERE id = %s", job["customer_id"])
        rows(c, "UPDATE orders SET status = 'sent' WHERE id = %s", job["id"])
        c.commit()


@works(autocommit=True)
def pages_with_lists(c):
    last = 0
    for _ in range(10):
        page = rows(c, "SELECT id, customer_id FROM orders WHERE id > %s ORDER BY id LIMIT 25", last)
        last = page[-1]["id"]
        rows(c, "SELECT name FROM customers WHERE id = ANY (%s)", [order["customer_id"] for order in page])


@works(autocommit=True)
def settings_and_health_checks_of_requests(c):
    of = random.Random(2)
    for i in range(40):
        rows(c, "SELECT 1")
        rows(c, "SELECT set_config('app.tenant', %s, false)", str(of.randint(1, 5)))
        if i % 10 == 0:
            rows(c, ORDERS)
        rows(c, "SELECT name FROM customers WHERE id = %s", of.randint(1, 200))
        rows(c, "SELECT status FROM orders WHERE id = %s", of.randint(1, 600))


@works(autocommit=True, prepare_threshold=None)
def prepared_anew_by_each_request(c):
    of = random.Random(8)
    for _ in range(30):
        c.execute("PREPARE a AS SELECT id, status FROM orders WHERE customer_id = $1")
        c.execute("PREPARE b AS SELECT city FROM addresses WHERE customer_id = $1")
        c.execute(f"EXECUTE a ({of.randint(1, 200)})").fetchall()
        c.execute(f"EXECUTE b ({of.randint(1, 200)})").fetchall()
        c.execute("DEALLOCATE ALL")


@works(autocommit=True)
def notified_worker(c):
    of = random.Random(31)
    rows(c, "LISTEN orders")
    for _ in range(30):
        rows(c, "SELECT pg_notify('orders', 'x')")
        rows(c, "SELECT customer_id, status FROM orders WHERE id = %s", of.randint(1, 600))
        rows(c, "SELECT name FROM customers WHERE id = %s", of.randint(1, 200))


main()
