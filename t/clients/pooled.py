"""Clients behind a real pgbouncer, in transaction and in statement pooling, several of
them in turns on one server connection."""

import os

import psycopg2

from scenarios import application, main, scenario


def connect(pool, name):
    connection = psycopg2.connect(host=os.environ["PERFAUDIT_BOUNCER_HOST"], port=os.environ["PERFAUDIT_BOUNCER_PORT"],
                                  dbname=pool, user=os.environ["PGUSER"], application_name=application(name))
    connection.autocommit = True
    return connection


def rows(cursor, text, *values):
    cursor.execute(text, values or None)
    return cursor.fetchall()


def loop(c, low, n=20):
    """A generator, so that several clients can take turns: one statement each."""
    ids = rows(c, "SELECT id, name FROM customers WHERE id >= %s ORDER BY id LIMIT %s", low, n)
    yield
    for id, name in ids:
        rows(c, "SELECT id, status FROM orders WHERE customer_id = %s", id)
        yield


def in_turns(*generators):
    waiting = list(generators)
    while waiting:
        for generator in list(waiting):
            if next(generator, "end") == "end":
                waiting.remove(generator)


def clients(pool, name, job, n=3):
    connections = [connect(pool, name) for i in range(n)]
    in_turns(*[job(i, connection.cursor()) for i, connection in enumerate(connections)])
    for connection in connections:
        connection.close()


@scenario("n_plus_one orders.customer_id <- customers.id")
def alone_by_transaction():
    clients("by_transaction", "alone_by_transaction", lambda i, c: loop(c, 1), 1)


@scenario("n_plus_one orders.customer_id <- customers.id")
def alone_by_statement():
    clients("by_statement", "alone_by_statement", lambda i, c: loop(c, 1), 1)


@scenario("n_plus_one orders.customer_id <- customers.id")
def same_page_in_turns():
    clients("by_statement", "same_page_in_turns", lambda i, c: loop(c, 1))


@scenario("n_plus_one orders.customer_id <- customers.id")
def other_pages_in_turns():
    clients("by_transaction", "other_pages_in_turns", lambda i, c: loop(c, 1 + 40 * i))


@scenario("n_plus_one orders.customer_id <- customers.id")
def another_page_begins_later():
    def job(i, c):
        for k in range(3 * i):
            yield
        yield from loop(c, 1 + 40 * i)
    clients("by_statement", "another_page_begins_later", job)


@scenario("n_plus_one orders.customer_id <- customers.id")
def transactions_in_turns():
    def job(i, c):
        c.execute("BEGIN")
        for step in loop(c, 1 + 40 * i):
            pass
        c.execute("COMMIT")
        yield
    clients("by_transaction", "transactions_in_turns", job)


@scenario("n_plus_one orders.customer_id <- customers.id")
def beside_unrelated_requests():
    def other(c):
        for user in (3, 77, 12, 150, 3, 9, 61, 28, 77, 140, 33, 5, 91, 18, 64):
            rows(c, "SELECT * FROM customers WHERE id = %s", user)
            yield
            rows(c, "SELECT city FROM addresses WHERE customer_id = %s", user)
            yield
    clients("by_transaction", "beside_unrelated_requests", lambda i, c: loop(c, 1) if i == 0 else other(c))


# -- done well ---------------------------------------------------------------------------

def unrelated(i, c):
    users = [1 + (i * 61 + k * 37) % 90 for k in range(15)]
    if i == 0:
        rows(c, "SELECT id, name FROM customers ORDER BY id LIMIT 90")
        yield
    for user in users:
        rows(c, "SELECT * FROM customers WHERE id = %s", user)
        yield
        rows(c, "SELECT id, status FROM orders WHERE customer_id = %s LIMIT 5", user)
        yield


@scenario()
def unrelated_look_ups_by_transaction():
    clients("by_transaction", "unrelated_look_ups_by_transaction", unrelated)


@scenario()
def unrelated_look_ups_by_statement():
    clients("by_statement", "unrelated_look_ups_by_statement", unrelated)


@scenario()
def small_transactions_in_turns():
    def job(i, c):
        for k in range(15):
            user = 1 + (i * 61 + k * 37) % 90
            c.execute("BEGIN")
            rows(c, "SELECT * FROM customers WHERE id = %s", user)
            orders = rows(c, "SELECT id FROM orders WHERE customer_id = %s", user)
            rows(c, "SELECT * FROM order_lines WHERE order_id = ANY (%s)", [id for (id,) in orders])
            c.execute("COMMIT")
            yield
    clients("by_transaction", "small_transactions_in_turns", job)


@scenario()
def batches_in_turns():
    def job(i, c):
        ids = [id for (id,) in rows(c, "SELECT id FROM customers ORDER BY id LIMIT 60")]
        yield
        for at in range(0, 60, 5):
            rows(c, "SELECT * FROM orders WHERE customer_id = ANY (%s)", ids[at:at + 5])
            yield
    clients("by_statement", "batches_in_turns", job)


@scenario()
def requests_of_one_user_in_turns():
    def job(i, c):
        for k in range(10):
            rows(c, "SELECT value FROM settings WHERE key = %s", "customer:7")
            yield
            rows(c, "SELECT * FROM customers WHERE id = %s", 7)
            yield
    clients("by_statement", "requests_of_one_user_in_turns", job)


@scenario()
def lists_and_details_in_turns():
    def job(i, c):
        for k in range(8):
            rows(c, "SELECT id, name FROM customers ORDER BY id LIMIT 50")
            yield
            rows(c, "SELECT id, status FROM orders WHERE customer_id = %s", 1 + (i * 17 + k * 23) % 50)
            yield
    clients("by_transaction", "lists_and_details_in_turns", job)


main()
