"""psycopg2: the simple protocol, values written into the text by the client."""

import random
import threading
import time

import psycopg2
import psycopg2.errors
import psycopg2.extras
from psycopg2.extensions import ISOLATION_LEVEL_SERIALIZABLE
from psycopg2.pool import ThreadedConnectionPool

from scenarios import dsn, main, scenario


def connect(name, autocommit=False):
    connection = psycopg2.connect(dsn(name))
    connection.autocommit = autocommit
    return connection


def rows(cursor, text, *values):
    cursor.execute(text, values or None)
    return cursor.fetchall()


def run(name, work, autocommit=False):
    connection = connect(name, autocommit)
    with connection.cursor() as cursor:
        work(cursor)
    if not autocommit:
        connection.commit()
    connection.close()


# -- a list, then a statement for each of its rows ------------------------------

def orders_of_customers(c):
    for (id,) in rows(c, "SELECT id FROM customers ORDER BY id LIMIT 20"):
        rows(c, "SELECT * FROM orders WHERE customer_id = %s", id)


@scenario("n_plus_one orders.customer_id <- customers.id")
def select_in_transaction():
    run("select_in_transaction", orders_of_customers)


@scenario("n_plus_one orders.customer_id <- customers.id")
def select_in_burst():
    run("select_in_burst", orders_of_customers, autocommit=True)


@scenario("n_plus_one orders.customer_id <- customers.id count")
def count():
    def work(c):
        for id, name in rows(c, "SELECT id, name FROM customers WHERE active ORDER BY name LIMIT 20"):
            rows(c, "SELECT count(*) FROM orders WHERE customer_id = %s AND status = 'open'", id)
    run("count", work, autocommit=True)


@scenario("n_plus_one reviews.product_id <- products.id exists")
def exists():
    def work(c):
        for id, sku in rows(c, "SELECT id, sku FROM products ORDER BY price DESC LIMIT 20"):
            rows(c, "SELECT EXISTS (SELECT 1 FROM reviews WHERE product_id = %s AND stars > 4)", id)
    run("exists", work, autocommit=True)


@scenario("n_plus_one customers.id <- orders.customer_id")
def many_to_one_with_identity_map():
    def work(c):
        known = {}
        for id, customer in rows(c, "SELECT id, customer_id FROM orders ORDER BY id LIMIT 40"):
            if customer not in known:
                known[customer] = rows(c, "SELECT id, name, email FROM customers WHERE id = %s", customer)
    run("many_to_one_with_identity_map", work, autocommit=True)


def two_levels(c):
    for id, name in rows(c, "SELECT id, name FROM customers ORDER BY id LIMIT 12"):
        for order, status in rows(c, "SELECT id, status FROM orders WHERE customer_id = %s", id):
            rows(c, "SELECT * FROM order_lines WHERE order_id = %s", order)


@scenario("n_plus_one orders.customer_id <- customers.id", "n_plus_one order_lines.order_id <- orders.id")
def two_levels_in_transaction():
    run("two_levels_in_transaction", two_levels)


@scenario("n_plus_one orders.customer_id <- customers.id", "n_plus_one order_lines.order_id <- orders.id")
def two_levels_in_burst():
    run("two_levels_in_burst", two_levels, autocommit=True)


@scenario("n_plus_one orders.customer_id <- customers.id", "n_plus_one order_lines.order_id <- orders.id",
          "n_plus_one products.id <- order_lines.product_id")
def three_levels():
    def work(c):
        for id, name in rows(c, "SELECT id, name FROM customers ORDER BY id LIMIT 12"):
            for order, status in rows(c, "SELECT id, status FROM orders WHERE customer_id = %s", id):
                for no, product in rows(c, "SELECT line_no, product_id FROM order_lines WHERE order_id = %s", order):
                    rows(c, "SELECT name, price FROM products WHERE id = %s", product)
    run("three_levels", work, autocommit=True)


@scenario("n_plus_one addresses.customer_id <- customers.id", "n_plus_one orders.customer_id <- customers.id",
          "n_plus_one reviews.customer_id <- customers.id", "n_plus_one devices.customer_id <- customers.id",
          "n_plus_one audit.customer_id <- customers.id", "n_plus_one countries.code <- customers.country_code",
          "n_plus_one customers.referrer_id <- customers.id", "n_plus_one wide.customer_id <- customers.id",
          "n_plus_one notes.object_id <- customers.id")
def many_children_interleaved():
    def work(c):
        for id, country in rows(c, "SELECT id, country_code FROM customers ORDER BY id LIMIT 15"):
            rows(c, "SELECT id, city FROM addresses WHERE customer_id = %s", id)
            rows(c, "SELECT id, status FROM orders WHERE customer_id = %s", id)
            rows(c, "SELECT id, stars FROM reviews WHERE customer_id = %s", id)
            rows(c, "SELECT id, name FROM devices WHERE customer_id = %s", id)
            rows(c, "SELECT id, message FROM audit WHERE customer_id = %s", id)
            rows(c, "SELECT name FROM countries WHERE code = %s", country)
            rows(c, "SELECT id, name FROM customers WHERE referrer_id = %s", id)
            rows(c, "SELECT id, c1 FROM wide WHERE customer_id < 1000 AND customer_id = %s", id)
            rows(c, "SELECT id, body FROM notes WHERE object_type = 'customer' AND object_id = %s", str(id))
    run("many_children_interleaved", work, autocommit=True)


@scenario("n_plus_one shipments.order_id <- order_lines.order_id")
def composite_key():
    def work(c):
        for order, line in rows(c, "SELECT order_id, line_no FROM order_lines WHERE product_id = 7"):
            rows(c, "SELECT carrier FROM shipments WHERE order_id = %s AND line_no = %s", order, line)
    run("composite_key", work, autocommit=True)


@scenario("n_plus_one countries.code <- customers.country_code")
def text_key():
    def work(c):
        for id, country in rows(c, "SELECT id, country_code FROM customers WHERE id <= 20"):
            rows(c, "SELECT name FROM countries WHERE code = %s", country)
    run("text_key", work, autocommit=True)


@scenario("n_plus_one readings.device_id <- devices.id")
def uuid_key():
    def work(c):
        for id, name in rows(c, "SELECT id, name FROM devices ORDER BY customer_id LIMIT 20"):
            rows(c, "SELECT value FROM readings WHERE device_id = %s ORDER BY id DESC LIMIT 1", id)
    run("uuid_key", work, autocommit=True)


@scenario("n_plus_one orders.placed_on <- days.day count")
def date_key():
    def work(c):
        for (day,) in rows(c, "SELECT day FROM days ORDER BY day LIMIT 20"):
            rows(c, "SELECT count(*) FROM orders WHERE placed_on = %s", day)
    run("date_key", work, autocommit=True)


@scenario("n_plus_one notes.object_id <- customers.id")
def number_written_as_text():
    def work(c):
        for (id,) in rows(c, "SELECT id FROM customers ORDER BY id LIMIT 20"):
            rows(c, "SELECT body FROM notes WHERE object_type = 'customer' AND object_id = %s", str(id))
    run("number_written_as_text", work, autocommit=True)


@scenario("n_plus_one settings.key <- ?")
def derived_value():
    def work(c):
        for (id,) in rows(c, "SELECT id FROM customers ORDER BY id LIMIT 20"):
            rows(c, "SELECT value FROM settings WHERE key = %s", f"customer:{id}")
    run("derived_value", work)


@scenario("n_plus_one customers.email <- ?")
def value_in_an_expression():
    def work(c):
        for (name,) in rows(c, "SELECT name FROM customers ORDER BY id LIMIT 20"):
            rows(c, "SELECT id FROM customers WHERE lower(email) = lower(%s)", name.replace("Customer ", "C") + "@example.org")
    run("value_in_an_expression", work)


@scenario("n_plus_one customers.name <- customers.name")
def column_in_an_expression():
    def work(c):
        for id, name in rows(c, "SELECT id, name FROM customers ORDER BY id LIMIT 20"):
            rows(c, "SELECT id FROM customers WHERE upper(name) = upper(%s)", name)
    run("column_in_an_expression", work, autocommit=True)


@scenario("n_plus_one orders.customer_id <- customers.id")
def named_cursor():
    connection = connect("named_cursor")
    parent = connection.cursor("list")
    parent.itersize = 15
    child = connection.cursor()
    parent.execute("SELECT id, name FROM customers WHERE id <= 40 ORDER BY id")
    for id, name in parent:
        rows(child, "SELECT * FROM orders WHERE customer_id = %s", id)
    connection.commit()
    connection.close()


@scenario("n_plus_one orders.customer_id <- customers.id")
def cursor_with_hold():
    connection = connect("cursor_with_hold", autocommit=True)
    parent = connection.cursor("list", withhold=True)
    parent.itersize = 15
    child = connection.cursor()
    parent.execute("SELECT id, name FROM customers WHERE id <= 40 ORDER BY id")
    for id, name in parent:
        rows(child, "SELECT * FROM orders WHERE customer_id = %s", id)
    parent.close()
    connection.close()


@scenario("n_plus_one audit.customer_id <- audit.customer_id count")
def rows_returned_by_an_insert():
    def work(c):
        c.execute("INSERT INTO audit (customer_id, message) SELECT id, 'x' FROM customers ORDER BY id LIMIT 20 RETURNING customer_id")
        for (id,) in c.fetchall():
            rows(c, "SELECT count(*) FROM audit WHERE customer_id = %s", id)
    run("rows_returned_by_an_insert", work, autocommit=True)


@scenario("n_plus_one customers.id <- orders.customer_id")
def rows_returned_by_an_update():
    def work(c):
        c.execute("UPDATE orders SET status = 'done' WHERE id <= 20 RETURNING id, customer_id")
        for id, customer in c.fetchall():
            rows(c, "SELECT email FROM customers WHERE id = %s", customer)
    run("rows_returned_by_an_update", work)


@scenario("n_plus_one orders.customer_id <- customers.id")
def children_as_execute():
    def work(c):
        c.execute("PREPARE child (int) AS SELECT * FROM orders WHERE customer_id = $1")
        for (id,) in rows(c, "SELECT id FROM customers ORDER BY id LIMIT 20"):
            rows(c, "EXECUTE child (%s)", id)
    run("children_as_execute", work, autocommit=True)


@scenario("n_plus_one orders.customer_id <- customers.id")
def text_that_differs():
    def work(c):
        forms = ("SELECT id FROM orders WHERE customer_id = {}", "select id from orders where customer_id={}",
                 "SELECT id FROM orders WHERE customer_id = '{}'", "SELECT /* request {} */ id FROM orders WHERE customer_id = {}",
                 "SELECT id\n  FROM orders\n WHERE (customer_id = {}) -- row {}", 'SELECT "id" FROM public.orders WHERE customer_id = {}')
        for i, (id,) in enumerate(rows(c, "SELECT id FROM customers ORDER BY id LIMIT 24")):
            c.execute(forms[i % len(forms)].format(id, id))
            c.fetchall()
    run("text_that_differs", work, autocommit=True)


@scenario("n_plus_one orders.customer_id <- customers.id")
def rows_in_another_order():
    def work(c):
        ids = [id for (id,) in rows(c, "SELECT id FROM customers WHERE country_code < 'C15'")]
        random.Random(1).shuffle(ids)
        for id in ids:
            rows(c, "SELECT * FROM orders WHERE customer_id = %s", id)
    run("rows_in_another_order", work, autocommit=True)


@scenario("n_plus_one addresses.customer_id <- orders.customer_id")
def siblings_of_one_key():
    def work(c):
        for id, customer in rows(c, "SELECT id, customer_id FROM orders WHERE status = 'open' ORDER BY id LIMIT 30"):
            rows(c, "SELECT city FROM addresses WHERE customer_id = %s", customer)
    run("siblings_of_one_key", work, autocommit=True)


@scenario("n_plus_one orders.customer_id <- wide.customer_id")
def key_behind_many_numbers():
    def work(c):
        for row in rows(c, "SELECT * FROM wide ORDER BY id LIMIT 20"):
            rows(c, "SELECT * FROM orders WHERE customer_id = %s", row[-1])
    run("key_behind_many_numbers", work, autocommit=True)


@scenario("n_plus_one orders.customer_id <- customers.id")
def few_rows_of_a_long_list():
    def work(c):
        for id, name in rows(c, "SELECT id, name FROM customers ORDER BY id"):
            if id % 4 == 0:
                rows(c, "SELECT * FROM orders WHERE customer_id = %s", id)
    run("few_rows_of_a_long_list", work, autocommit=True)


@scenario("n_plus_one reviews.customer_id <- customers.id")
def key_among_other_conditions():
    def work(c):
        for (id,) in rows(c, "SELECT id FROM customers ORDER BY id LIMIT 20"):
            rows(c, "SELECT id FROM reviews WHERE stars = 3 AND body = 'body' AND product_id = 3 AND stars <> 9 AND customer_id = %s", id)
    run("key_among_other_conditions", work, autocommit=True)


@scenario("n_plus_one orders.customer_id <- customers.id")
def list_of_one():
    def work(c):
        for (id,) in rows(c, "SELECT id FROM customers ORDER BY id LIMIT 20"):
            rows(c, "SELECT * FROM orders WHERE customer_id = ANY (%s)", [id])
    run("list_of_one", work, autocommit=True)


@scenario("n_plus_one customers.id <- orders.customer_id")
def parent_is_grouped():
    def work(c):
        for customer, n in rows(c, "SELECT customer_id, count(*) FROM orders GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT 20"):
            rows(c, "SELECT name FROM customers WHERE id = %s", customer)
    run("parent_is_grouped", work, autocommit=True)


@scenario("n_plus_one orders.customer_id <- active_customers.id")
def parent_is_a_view():
    def work(c):
        for id, name in rows(c, "SELECT id, name FROM active_customers ORDER BY name LIMIT 20"):
            rows(c, "SELECT * FROM orders WHERE customer_id = %s", id)
    run("parent_is_a_view", work, autocommit=True)


@scenario("n_plus_one orders.customer_id <- customers.id", "chatty_unit - many_shapes")
def after_many_other_statements():
    def work(c):
        for i in range(60):
            rows(c, f"SELECT {', '.join(['id'] * (1 + i % 30))} FROM products LIMIT {2 if i < 30 else '2 + 0'}")
        orders_of_customers(c)
    run("after_many_other_statements", work)


@scenario("n_plus_one orders.customer_id <- customers.id", "n_plus_one payments.order_id <- orders.id count")
def with_look_ups_around():
    def work(c):
        for id, name in rows(c, "SELECT id, name FROM customers ORDER BY id LIMIT 12"):
            rows(c, "SELECT value FROM settings WHERE key = 'currency'") if id % 4 == 0 else None
            for (order,) in rows(c, "SELECT id FROM orders WHERE customer_id = %s", id):
                rows(c, "SELECT sum(amount) FROM payments WHERE order_id = %s", order)
    run("with_look_ups_around", work, autocommit=True)


# -- the same again -----------------------------------------------------------------

@scenario("duplicate_statement settings")
def same_setting_in_transaction():
    def work(c):
        for i in range(20):
            rows(c, "SELECT value FROM settings WHERE key = %s", "currency")
    run("same_setting_in_transaction", work)


@scenario("duplicate_statement customers")
def same_user_in_burst():
    def work(c):
        for i in range(20):
            rows(c, "SELECT * FROM customers WHERE id = %s", 5)
            rows(c, f"SELECT {i} AS page, id FROM orders LIMIT 5") if i % 5 == 0 else None
    run("same_user_in_burst", work, autocommit=True)


# -- done well ----------------------------------------------------------------------

@scenario()
def cache_of_countries_filled():
    """All of a small table, one by one, after a list that has all of them."""
    def work(c):
        rows(c, "SELECT id, country_code FROM customers ORDER BY id LIMIT 60")
        for i in range(1, 26):
            rows(c, "SELECT name FROM countries WHERE code = %s", f"C{i}")
    run("cache_of_countries_filled", work, autocommit=True)


@scenario("n_plus_one customers.id <- ?")
def customers_of_messages():
    """In the transaction that reads a page, but it is the messages that name them."""
    def work(c):
        rows(c, "SELECT id, customer_id FROM orders ORDER BY id LIMIT 60")
        for i in range(40):
            rows(c, "SELECT name FROM customers WHERE id = %s", 1 + i * 67 % 200)
    run("customers_of_messages", work)


@scenario()
def batch():
    def work(c):
        ids = [id for (id,) in rows(c, "SELECT id FROM customers ORDER BY id LIMIT 60")]
        rows(c, "SELECT * FROM orders WHERE customer_id = ANY (%s)", ids)
        rows(c, "SELECT * FROM addresses WHERE customer_id IN %s", tuple(ids))
    run("batch", work)


@scenario()
def lists_in_chunks():
    def work(c):
        ids = [id for (id,) in rows(c, "SELECT id FROM orders ORDER BY id")]
        for at in range(0, len(ids), 25):
            rows(c, "SELECT * FROM order_lines WHERE order_id = ANY (%s)", ids[at:at + 25])
        for at in range(0, len(ids), 25):
            rows(c, "SELECT * FROM payments WHERE order_id IN %s", tuple(ids[at:at + 25]))
    run("lists_in_chunks", work)
    run("lists_in_chunks", work, autocommit=True)


@scenario("row_by_row_write audit insert")
def writes_in_batches():
    """executemany sends one statement after the other; the others do not."""
    def work(c):
        c.executemany("INSERT INTO audit (customer_id, message) VALUES (%s, %s)", [(i, "m") for i in range(1, 31)])
        psycopg2.extras.execute_values(c, "INSERT INTO audit (customer_id, message) VALUES %s",
                                       [(i, "m") for i in range(1, 200)], page_size=20)
        psycopg2.extras.execute_batch(c, "UPDATE audit SET message = %s WHERE id = %s", [("n", i) for i in range(1, 40)])
    run("writes_in_batches", work)


@scenario()
def copy():
    import io

    def work(c):
        ids = [id for (id,) in rows(c, "SELECT id FROM customers ORDER BY id LIMIT 30")]
        for at in range(12):
            c.copy_expert("COPY audit (customer_id, message) FROM STDIN", io.StringIO("".join(f"{i}\tx\n" for i in ids)))
            c.copy_expert(f"COPY (SELECT * FROM orders WHERE customer_id = {ids[at]}) TO STDOUT", io.StringIO())
    run("copy", work)


@scenario()
def keyset_pages():
    def work(c):
        last = 0
        while True:
            page = rows(c, "SELECT id, customer_id FROM orders WHERE id > %s ORDER BY id LIMIT 40", last)
            if not page:
                break
            last = page[-1][0]
        day, last = "2024-01-01", 0
        for i in range(14):
            page = rows(c, "SELECT placed_on, id FROM orders WHERE (placed_on, id) > (%s, %s) ORDER BY placed_on, id LIMIT 40", day, last)
            if page:
                day, last = page[-1]
    run("keyset_pages", work, autocommit=True)
    run("keyset_pages", work)


@scenario()
def keyset_pages_by_descending_key():
    def work(c):
        ids = rows(c, "SELECT id FROM orders ORDER BY id DESC LIMIT 40")
        for i in range(14):
            ids = rows(c, "SELECT id FROM orders WHERE id < %s ORDER BY id DESC LIMIT 40", ids[-1][0])
    run("keyset_pages_by_descending_key", work, autocommit=True)


@scenario()
def offset_pages():
    def work(c):
        for page in range(15):
            rows(c, "SELECT id FROM orders ORDER BY id LIMIT 40 OFFSET %s", page * 40)
            rows(c, "SELECT count(*) FROM orders") if page == 0 else None
    run("offset_pages", work)


@scenario()
def ranges_of_a_scan():
    def work(c):
        low, high = rows(c, "SELECT min(id), max(id) FROM orders")[0]
        for at in range(low, high, 40):
            rows(c, "SELECT id, customer_id FROM orders WHERE id >= %s AND id < %s", at, at + 40)
            rows(c, "SELECT id FROM payments WHERE order_id BETWEEN %s AND %s", at, at + 39)
    run("ranges_of_a_scan", work)


@scenario()
def named_cursor_in_portions():
    connection = connect("named_cursor_in_portions")
    with connection.cursor("export") as cursor:
        cursor.itersize = 20
        cursor.execute("SELECT * FROM orders")
        for row in cursor:
            pass
    connection.commit()
    connection.close()


@scenario()
def pool_of_unrelated_look_ups():
    random.seed(4)
    pool = ThreadedConnectionPool(1, 1, dsn("pool_of_unrelated_look_ups"))
    requests = [("SELECT id, name FROM customers ORDER BY id LIMIT 50", None)]
    for i in range(60):
        if i % 20 == 10:
            requests.append(("SELECT id, name FROM customers ORDER BY id LIMIT 50", None))
        requests.append(("SELECT * FROM customers WHERE id = %s", random.randint(1, 60)))
        if i % 3 == 0:
            requests.append(("SELECT id, status FROM orders WHERE customer_id = %s", random.randint(1, 60)))
    for text, value in requests:
        connection = pool.getconn()
        connection.autocommit = True
        with connection.cursor() as c:
            c.execute(text, value and (value,))
            c.fetchall()
        pool.putconn(connection)
    pool.closeall()


@scenario()
def requests_of_few_statements():
    random.seed(5)
    connection = connect("requests_of_few_statements", autocommit=True)
    with connection.cursor() as c:
        for request in range(30):
            user = random.randint(1, 200)
            rows(c, "SELECT * FROM customers WHERE id = %s", user)
            orders = rows(c, "SELECT id, customer_id FROM orders WHERE customer_id = %s ORDER BY id DESC LIMIT 10", user)
            rows(c, "SELECT * FROM order_lines WHERE order_id = ANY (%s)", [order for order, x in orders])
    connection.close()


@scenario()
def one_row_then_its_children():
    connection = connect("one_row_then_its_children", autocommit=True)
    with connection.cursor() as c:
        for user in random.Random(6).sample(range(1, 200), 20):
            [(id, country)] = rows(c, "SELECT id, country_code FROM customers WHERE email = %s", f"c{user}@example.org")
            rows(c, "SELECT * FROM orders WHERE customer_id = %s", id)
            rows(c, "SELECT * FROM countries WHERE code = %s", country)
    connection.close()


@scenario()
def independent_look_ups_in_a_transaction():
    def work(c):
        rows(c, "SELECT id, name FROM customers LIMIT 30")
        for table in ("orders", "payments", "reviews", "addresses", "audit", "notes", "jobs"):
            rows(c, f"SELECT * FROM {table} WHERE id = %s", 7)
            rows(c, f"SELECT * FROM {table} WHERE id = %s", 9)
        for key in ("site", "currency", "language"):
            rows(c, "SELECT value FROM settings WHERE key = %s", key)
    run("independent_look_ups_in_a_transaction", work)


@scenario()
def polling():
    connection = psycopg2.connect(dsn("polling", "-c perfaudit.burst_gap=1"))
    connection.autocommit = True
    with connection.cursor() as c:
        for i in range(15):
            rows(c, "SELECT state FROM jobs WHERE id = %s", 7)
            rows(c, "SELECT id FROM jobs WHERE state = 'failed'")
            time.sleep(0.003)
    connection.close()


@scenario()
def queue():
    connection = connect("queue")
    with connection.cursor() as c:
        for i in range(20):
            [(id, payload)] = rows(c, "SELECT id, payload FROM jobs WHERE state = 'new' ORDER BY id LIMIT 1 FOR UPDATE SKIP LOCKED")
            c.execute("UPDATE jobs SET state = 'done' WHERE id = %s", (id,))
            connection.commit()
        for i in range(20):
            [(id,)] = rows(c, "SELECT id FROM jobs WHERE state = 'new' ORDER BY id LIMIT 1 FOR UPDATE SKIP LOCKED")
            c.execute("UPDATE jobs SET state = 'done' WHERE id = %s", (id,))
        connection.commit()
    connection.close()


@scenario()
def sequences_and_locks():
    def work(c):
        for i in range(20):
            rows(c, "SELECT nextval('audit_id_seq')")
            rows(c, "SELECT pg_advisory_xact_lock(%s)", i)
            rows(c, "SELECT now(), %s", i)
            rows(c, "SELECT 1")
            rows(c, "SELECT set_config('app.user', %s, true)", str(i))
    run("sequences_and_locks", work)


@scenario()
def validated_inserts():
    def work(c):
        for i in range(20):
            if not rows(c, "SELECT 1 FROM customers WHERE email = %s LIMIT 1", f"new{i}@example.org"):
                c.execute("INSERT INTO customers (name, email) VALUES (%s, %s)", (f"New {i}", f"new{i}@example.org"))
    run("validated_inserts", work)


@scenario()
def insert_or_fetch():
    """get_or_create in a savepoint; half of the rows are there already."""
    def work(c):
        for i in range(24):
            key = f"customer:{i if i % 2 else i + 300}"
            if rows(c, "SELECT value FROM settings WHERE key = %s", key):
                continue
            c.execute("SAVEPOINT s")
            c.execute("INSERT INTO settings VALUES (%s, 'x')", (key,))
            c.execute("RELEASE s")
    run("insert_or_fetch", work)


@scenario()
def validated_updates():
    def work(c):
        for i, (id, email) in enumerate(rows(c, "SELECT id, email FROM customers ORDER BY id LIMIT 20 FOR UPDATE")):
            rows(c, "SELECT 1 FROM customers WHERE email = %s AND id <> %s LIMIT 1", f"changed{i}@example.org", id)
            c.execute("UPDATE customers SET email = %s WHERE id = %s", (f"changed{i}@example.org", id))
        c.execute("UPDATE customers SET email = 'c' || id || '@example.org' WHERE id <= 20")
    run("validated_updates", work)


@scenario()
def savepoints():
    def work(c):
        for i in range(20):
            c.execute("SAVEPOINT s")
            c.execute("INSERT INTO audit (customer_id, message) VALUES (%s, 'x')", (i + 1,))
            c.execute("RELEASE s" if i % 2 else "ROLLBACK TO s")
    run("savepoints", work)


@scenario()
def retries_after_serialization_failures():
    first, second = connect("retries_after_serialization_failures"), connect("retries_after_serialization_failures")
    for connection in first, second:
        connection.set_session(isolation_level=ISOLATION_LEVEL_SERIALIZABLE)
    a, b = first.cursor(), second.cursor()
    for attempt in range(12):
        [(n,)] = rows(a, "SELECT n FROM counters WHERE id = %s", 1)
        if attempt < 11:
            b.execute("UPDATE counters SET n = n + 1 WHERE id = 1")
            second.commit()
        try:
            a.execute("UPDATE counters SET n = %s WHERE id = 1", (n + 1,))
            first.commit()
        except psycopg2.errors.SerializationFailure:
            first.rollback()
    first.close()
    second.close()


@scenario()
def explain():
    def work(c):
        for (id,) in rows(c, "SELECT id FROM customers ORDER BY id LIMIT 20"):
            rows(c, "EXPLAIN (ANALYZE) SELECT * FROM orders WHERE customer_id = %s", id)
    run("explain", work)


@scenario()
def cascades_and_foreign_keys():
    def work(c):
        c.execute("INSERT INTO customers (id, name) SELECT i, 'temporary ' || i FROM generate_series(5001, 5040) i")
        c.execute("INSERT INTO audit (customer_id, message) SELECT i, 'x' FROM generate_series(5001, 5040) i")
        c.execute("DELETE FROM customers WHERE id BETWEEN 5001 AND 5040")
    run("cascades_and_foreign_keys", work)


@scenario()
def rows_of_a_function():
    def work(c):
        c.execute("""CREATE FUNCTION pg_temp.totals() RETURNS SETOF int LANGUAGE plpgsql AS $$
            DECLARE r record;
            BEGIN FOR r IN SELECT id FROM customers ORDER BY id LIMIT 30 LOOP
                RETURN QUERY SELECT count(*)::int FROM orders WHERE customer_id = r.id; END LOOP; END $$""")
        rows(c, "SELECT * FROM pg_temp.totals()")
    run("rows_of_a_function", work)


@scenario()
def one_schema_a_tenant():
    connection = connect("one_schema_a_tenant", autocommit=True)
    with connection.cursor() as c:
        for tenant in range(15):
            c.execute(f"CREATE SCHEMA tenant_{tenant}")
            c.execute(f"CREATE TABLE tenant_{tenant}.items (id int, name text)")
            c.execute(f"INSERT INTO tenant_{tenant}.items VALUES (1, 'a'), (2, 'b')")
        for tenant in range(15):
            c.execute(f"SET search_path = tenant_{tenant}")
            rows(c, "SELECT id, name FROM items ORDER BY id")
            rows(c, "SELECT name FROM items WHERE id = %s", 1)
    connection.close()


@scenario()
def threads_of_a_pool():
    """Requests of their own, at the same time, each on a connection of a pool."""
    pool = ThreadedConnectionPool(3, 3, dsn("threads_of_a_pool"))
    lock = threading.Semaphore(3)

    def request(user):
        with lock:
            connection = pool.getconn()
            with connection, connection.cursor() as c:
                rows(c, "SELECT * FROM customers WHERE id = %s", user)
                rows(c, "SELECT id, status FROM orders WHERE customer_id = %s", user)
                rows(c, "SELECT id, city FROM addresses WHERE customer_id = %s", user)
            pool.putconn(connection)
    threads = [threading.Thread(target=request, args=(1 + i * 7 % 200,)) for i in range(45)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    pool.closeall()


@scenario()
def polling_without_rest():
    """Every 30 ms: well within what is one burst."""
    connection = psycopg2.connect(dsn("polling_without_rest", "-c perfaudit.burst_gap=100ms"))
    connection.autocommit = True
    with connection.cursor() as c:
        for i in range(15):
            rows(c, "SELECT state FROM jobs WHERE id = %s", 7)
            time.sleep(0.03)
    connection.close()


@scenario()
def requests_of_one_user():
    """Each looks up the same session and the same user; nothing says where one ends."""
    connection = connect("requests_of_one_user", autocommit=True)
    with connection.cursor() as c:
        for request in range(25):
            rows(c, "SELECT value FROM settings WHERE key = %s", "customer:7")
            rows(c, "SELECT * FROM customers WHERE id = %s", 7)
            rows(c, "SELECT id, status FROM orders WHERE customer_id = %s", 7)
    connection.close()


@scenario()
def list_then_a_detail_again_and_again():
    """A person who clicks: the list, one of its rows, the list, another row."""
    connection = connect("list_then_a_detail_again_and_again", autocommit=True)
    with connection.cursor() as c:
        for user in random.Random(8).sample(range(1, 50), 20):
            rows(c, "SELECT id, name FROM customers ORDER BY id LIMIT 50")
            rows(c, "SELECT * FROM customers WHERE id = %s", user)
            rows(c, "SELECT id, status FROM orders WHERE customer_id = %s", user)
    connection.close()


@scenario()
def few_children():
    def work(c):
        for id, name in rows(c, "SELECT id, name FROM customers ORDER BY id LIMIT 6"):
            rows(c, "SELECT * FROM orders WHERE customer_id = %s", id)
    run("few_children", work)
    run("few_children", work, autocommit=True)


@scenario("chatty_unit - sequential_aggregates")
def counters_of_a_dashboard():
    def work(c):
        for table in ("orders", "payments", "reviews", "addresses"):
            rows(c, f"SELECT count(*) FROM {table}")
        for status in ("open", "done", "late"):
            rows(c, "SELECT count(*) FROM orders WHERE status = %s", status)
    run("counters_of_a_dashboard", work)


@scenario()
def days_of_a_report_as_ranges():
    def work(c):
        for day in range(20):
            rows(c, "SELECT sum(id) FROM orders WHERE placed_on >= date '2024-01-01' + %s AND placed_on < date '2024-01-02' + %s", day, day)
    run("days_of_a_report_as_ranges", work)


@scenario()
def temporary_tables():
    def work(c):
        for i in range(12):
            c.execute("CREATE TEMP TABLE picked (id int) ON COMMIT DROP")
            c.execute("INSERT INTO picked SELECT id FROM orders WHERE id %% 12 = %s", (i,))
            rows(c, "SELECT o.* FROM orders o JOIN picked USING (id)")
            c.execute("DROP TABLE picked")
    run("temporary_tables", work)


@scenario()
def locked_one_by_one():
    def work(c):
        for id, in rows(c, "SELECT id FROM products ORDER BY id LIMIT 20"):
            rows(c, "SELECT stock FROM products WHERE id = %s FOR UPDATE", id)
            c.execute("UPDATE products SET stock = stock - 1 WHERE id = %s", (id,))
    run("locked_one_by_one", work)


@scenario()
def read_after_write():
    """The same question after each change: the answer is another one."""
    def work(c):
        for i in range(20):
            c.execute("UPDATE counters SET n = n + 1 WHERE id = 2")
            rows(c, "SELECT n FROM counters WHERE id = 2")
    run("read_after_write", work)


@scenario("row_by_row_write products.id update")
def import_with_look_ups():
    """Rows of a file; each is looked up by its natural key, then written."""
    def work(c):
        for i in range(20):
            found = rows(c, "SELECT id FROM products WHERE sku = %s", f"SKU-{90 + i}")
            if found:
                c.execute("UPDATE products SET name = %s WHERE id = %s", (f"Product {90 + i}", found[0][0]))
            else:
                c.execute("INSERT INTO products (sku, name) VALUES (%s, 'x')", (f"SKU-{90 + i}",))
    run("import_with_look_ups", work)
    run("import_with_look_ups", work, autocommit=True)


@scenario()
def jobs_of_a_worker():
    """Jobs one after the other on one connection, each a transaction with look-ups of its own."""
    connection = connect("jobs_of_a_worker")
    with connection.cursor() as c:
        for job in random.Random(9).sample(range(1, 190), 25):
            rows(c, "SELECT * FROM customers WHERE id = %s", job)
            rows(c, "SELECT id, status FROM orders WHERE customer_id = %s", job)
            c.execute("INSERT INTO audit (customer_id, message) VALUES (%s, 'mailed')", (job,))
            connection.commit()
    connection.close()


@scenario()
def jobs_that_fail():
    connection = connect("jobs_that_fail")
    with connection.cursor() as c:
        for job in range(1, 16):
            rows(c, "SELECT * FROM customers WHERE id = %s", job)
            try:
                c.execute("INSERT INTO countries VALUES ('C1', 'again')")
            except psycopg2.errors.UniqueViolation:
                connection.rollback()
    connection.close()


@scenario()
def loader_with_lists_of_changing_length():
    def work(c):
        ids = [id for (id,) in rows(c, "SELECT id FROM customers ORDER BY id LIMIT 120")]
        at = 0
        for n in (1, 2, 3, 5, 8, 13, 21, 3, 4, 5, 6, 7, 8, 9, 10):
            rows(c, "SELECT * FROM orders WHERE customer_id = ANY (%s)", ids[at:at + n])
            at += n
    run("loader_with_lists_of_changing_length", work, autocommit=True)


main()
