"""psycopg 3: the extended protocol, unnamed and prepared statements, binary values,
pipelines, cursors on the server's and on the client's side."""

import threading

import psycopg
from psycopg import ClientCursor
from psycopg.rows import tuple_row

from scenarios import dsn, main, scenario


def connect(name, **options):
    return psycopg.connect(dsn(name), **options)


def works(*label, **options):
    def register(job):
        def run():
            with connect(job.__name__, **options) as connection:
                job(connection)
        run.__name__ = job.__name__
        return scenario(*label)(run)
    return register


def ids_of(c, n=20):
    return [id for (id, name) in c.execute("SELECT id, name FROM customers ORDER BY id LIMIT %s", (n,)).fetchall()]


@works("n_plus_one orders.customer_id <- customers.id")
def parameters_in_transaction(c):
    for id in ids_of(c):
        c.execute("SELECT * FROM orders WHERE customer_id = %s", (id,)).fetchall()


@works("n_plus_one orders.customer_id <- customers.id", autocommit=True)
def parameters_in_burst(c):
    for id in ids_of(c):
        c.execute("SELECT * FROM orders WHERE customer_id = %s", (id,)).fetchall()


@works("n_plus_one orders.customer_id <- customers.id", autocommit=True, prepare_threshold=0)
def prepared_from_the_start(c):
    for id in ids_of(c):
        c.execute("SELECT * FROM orders WHERE customer_id = %s", (id,)).fetchall()


@works("n_plus_one orders.customer_id <- customers.id count", autocommit=True)
def binary_values(c):
    for id in ids_of(c):
        c.execute("SELECT count(*) FROM orders WHERE customer_id = %b", (id,), binary=True).fetchone()


@works("n_plus_one countries.code <- customers.country_code", autocommit=True)
def text_values(c):
    for (code,) in c.execute("SELECT country_code FROM customers WHERE id < 25").fetchall():
        c.execute("SELECT name FROM countries WHERE code = %s", (code,)).fetchone()


@works("n_plus_one readings.device_id <- devices.id", autocommit=True)
def uuid_values(c):
    for (id,) in c.execute("SELECT id FROM devices ORDER BY name LIMIT 20", binary=True).fetchall():
        c.execute("SELECT value FROM readings WHERE device_id = %s", (id,)).fetchall()


@works("n_plus_one orders.customer_id <- customers.id", autocommit=True)
def array_of_one(c):
    for id in ids_of(c):
        c.execute("SELECT * FROM orders WHERE customer_id = ANY (%s)", ([id],)).fetchall()


@works("n_plus_one orders.customer_id <- customers.id")
def pipeline(c):
    ids = ids_of(c)
    with c.pipeline():
        cursors = [c.cursor().execute("SELECT * FROM orders WHERE customer_id = %s", (id,)) for id in ids]
        for cursor in cursors:
            cursor.fetchall()


@works("n_plus_one orders.customer_id <- customers.id", autocommit=True)
def pipeline_in_burst(c):
    ids = ids_of(c)
    with c.pipeline():
        for id in ids:
            c.execute("SELECT * FROM orders WHERE customer_id = %s", (id,))


@works("n_plus_one orders.customer_id <- customers.id")
def server_cursor(c):
    with c.cursor(name="list") as parent:
        parent.itersize = 7
        for (id,) in parent.execute("SELECT id FROM customers ORDER BY id LIMIT 30"):
            c.execute("SELECT * FROM orders WHERE customer_id = %s", (id,)).fetchall()


@works("n_plus_one orders.customer_id <- customers.id", autocommit=True)
def values_in_the_text(c):
    cursor = ClientCursor(c)
    for id in ids_of(c):
        cursor.execute("SELECT * FROM orders WHERE customer_id = %s", (id,)).fetchall()


@works("n_plus_one orders.customer_id <- customers.id", "n_plus_one order_lines.order_id <- orders.id", autocommit=True)
def two_levels(c):
    for id in ids_of(c, 12):
        for (order, status) in c.execute("SELECT id, status FROM orders WHERE customer_id = %s", (id,)).fetchall():
            c.execute("SELECT * FROM order_lines WHERE order_id = %s", (order,)).fetchall()


@works("duplicate_statement settings", autocommit=True)
def same_setting(c):
    for i in range(20):
        c.execute("SELECT value FROM settings WHERE key = %s", ("site",)).fetchone()


@works("n_plus_one orders.customer_id <- customers.id")
def each_in_a_savepoint(c):
    for id in ids_of(c):
        with c.transaction():
            c.execute("SELECT * FROM orders WHERE customer_id = %s", (id,)).fetchall()


# -- done well ----------------------------------------------------------------------------

@works()
def executemany(c):
    with c.cursor() as cursor:
        cursor.executemany("INSERT INTO audit (customer_id, message) VALUES (%s, %s)", [(i, "x") for i in range(1, 60)])
        cursor.executemany("INSERT INTO audit (customer_id, message) VALUES (%s, %s) RETURNING id",
                           [(i, "x") for i in range(1, 60)], returning=True)
        with c.pipeline():
            for i in range(1, 40):
                cursor.execute("UPDATE audit SET message = %s WHERE id = %s", ("y", i))


@works()
def copy(c):
    with c.cursor() as cursor:
        with cursor.copy("COPY audit (customer_id, message) FROM STDIN") as rows:
            for i in range(1, 100):
                rows.write_row((i, "copied"))
        with cursor.copy("COPY (SELECT * FROM orders) TO STDOUT") as rows:
            for row in rows:
                pass


@works()
def arrays_in_chunks(c):
    ids = [id for (id,) in c.execute("SELECT id FROM orders ORDER BY id").fetchall()]
    for at in range(0, len(ids), 30):
        c.execute("SELECT * FROM order_lines WHERE order_id = ANY (%s)", (ids[at:at + 30],)).fetchall()


@works(autocommit=True)
def keyset_pages(c):
    last = 0
    while last is not None:
        rows = c.execute("SELECT id, customer_id FROM orders WHERE id > %s ORDER BY id LIMIT 40", (last,)).fetchall()
        last = rows[-1][0] if rows else None


@works()
def server_cursor_in_portions(c):
    with c.cursor(name="export") as cursor:
        cursor.itersize = 20
        for row in cursor.execute("SELECT * FROM orders"):
            pass


@works(autocommit=True)
def pipeline_of_different_statements(c):
    with c.pipeline():
        for table in ("orders", "payments", "reviews", "addresses", "audit", "notes", "jobs", "customers", "products"):
            c.execute(f"SELECT * FROM {table} WHERE id = %s", (5,))
            c.execute(f"SELECT count(*) FROM {table}")


@scenario()
def requests_of_several_users():
    """Threads that take turns on one connection, each with look-ups of its own."""
    turn = threading.Lock()
    with connect("requests_of_several_users", autocommit=True) as c:
        c.execute("SELECT id, name FROM customers ORDER BY id LIMIT 100").fetchall()

        def request(user):
            for text in ("SELECT * FROM customers WHERE id = %s", "SELECT id, status FROM orders WHERE customer_id = %s"):
                with turn:
                    c.cursor(row_factory=tuple_row).execute(text, (user,)).fetchall()
        threads = [threading.Thread(target=request, args=(1 + i * 37 % 100,)) for i in range(25)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()


@works(autocommit=True)
def requests_of_one_user(c):
    for i in range(25):
        c.execute("SELECT value FROM settings WHERE key = %s", ("customer:7",)).fetchone()
        c.execute("SELECT * FROM customers WHERE id = %s", (7,)).fetchone()


@works(autocommit=True)
def few_children(c):
    for id in ids_of(c, 6):
        c.execute("SELECT * FROM orders WHERE customer_id = %s", (id,)).fetchall()


@works()
def inserts_in_savepoints(c):
    for i in range(20):
        try:
            with c.transaction():
                c.execute("INSERT INTO countries VALUES (%s, 'x')", (f"C{i}",))
        except psycopg.errors.UniqueViolation:
            pass
    c.rollback()


@works(autocommit=True)
def chunks_in_pipeline(c):
    ids = ids_of(c, 90)
    with c.pipeline():
        for at in range(0, 90, 6):
            c.execute("SELECT * FROM orders WHERE customer_id = ANY (%s)", (ids[at:at + 6],))


main()
