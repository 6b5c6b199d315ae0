"""Threads of one application, each statement on whatever connection is free: psycopg 3
and SQLAlchemy."""

import queue
import threading
from concurrent.futures import ThreadPoolExecutor

import psycopg
from sqlalchemy import create_engine, text

from scenarios import dsn, main, scenario, url


class Pool:
    """Connections that wait in line."""

    def __init__(self, name, size):
        self.free = queue.SimpleQueue()
        self.all = [psycopg.connect(dsn(name), autocommit=True) for i in range(size)]
        for connection in self.all:
            self.free.put(connection)

    def fetch(self, statement, *values):
        connection = self.free.get()
        try:
            return connection.execute(statement, values or None).fetchall()
        finally:
            self.free.put(connection)

    def close(self):
        for connection in self.all:
            connection.close()


class Engine:
    """The same of SQLAlchemy."""

    options = {"isolation_level": "AUTOCOMMIT"}

    def __init__(self, name, size):
        self.engine = create_engine(url("postgresql+psycopg2", name), pool_size=size, **self.options)

    def fetch(self, statement, *values):
        for k, value in enumerate(values):
            statement = statement.replace("%s", f":v{k}", 1)
        with self.engine.connect() as connection:
            return connection.execute(text(statement), {f"v{k}": value for k, value in enumerate(values)}).all()

    def close(self):
        self.engine.dispose()


class Transactions(Engine):
    """With a short transaction around each."""

    options = {}


def with_pool(kind, size, *label):
    def register(job):
        def run():
            pool = kind(job.__name__, size)
            with ThreadPoolExecutor(size) as threads:
                job(pool, lambda work, list: [result for result in threads.map(work, list)])
            pool.close()
        run.__name__ = job.__name__
        return scenario(*label)(run)
    return register


def customers(pool, n=40):
    return [id for (id, name) in pool.fetch("SELECT id, name FROM customers ORDER BY id LIMIT %s", n)]


def orders(pool, id):
    return pool.fetch("SELECT id, status FROM orders WHERE customer_id = %s", id)


@with_pool(Pool, 4, "n_plus_one orders.customer_id <- customers.id")
def each_in_a_thread(pool, all):
    all(lambda id: orders(pool, id), customers(pool, 60))


@with_pool(Engine, 4, "n_plus_one orders.customer_id <- customers.id")
def each_by_an_engine(pool, all):
    all(lambda id: orders(pool, id), customers(pool, 60))


@with_pool(Transactions, 4, "n_plus_one orders.customer_id <- customers.id")
def each_in_a_transaction(pool, all):
    all(lambda id: orders(pool, id), customers(pool, 60))


@with_pool(Pool, 4, "n_plus_one customers.id <- orders.customer_id")
def references_in_threads(pool, all):
    rows = pool.fetch("SELECT id, customer_id FROM orders ORDER BY id LIMIT 60")
    all(lambda row: pool.fetch("SELECT name FROM customers WHERE id = %s", row[1]), rows)


@with_pool(Pool, 4)
def requests_in_threads(pool, all):
    def request(user):
        pool.fetch("SELECT * FROM customers WHERE id = %s", user)
        orders(pool, user)
    customers(pool, 60)
    all(request, [1 + i * 37 % 60 for i in range(50)])


@with_pool(Engine, 4)
def requests_by_an_engine(pool, all):
    def request(user):
        pool.fetch("SELECT * FROM customers WHERE id = %s", user)
        orders(pool, user)
    customers(pool, 60)
    all(request, [1 + i * 37 % 60 for i in range(50)])


@with_pool(Transactions, 4)
def requests_in_transactions(pool, all):
    def request(user):
        pool.fetch("SELECT * FROM customers WHERE id = %s", user)
        orders(pool, user)
    customers(pool, 60)
    all(request, [1 + i * 37 % 60 for i in range(50)])


@with_pool(Pool, 5)
def list_in_the_middle_of_look_ups(pool, all):
    """The look-ups go through the same rows in the same order, but had begun before."""
    begun = threading.Barrier(5)
    # which goes to a look-up afterwards in the pool: those that follow there look like its loop
    other = Pool("list_in_the_middle_of_look_ups", 1)

    def work(k):
        if k == 4:
            begun.wait()
            customers(other, 60)
            other.close()
            return
        for i in range(15):
            orders(pool, 1 + 4 * i + k)
            if i == 2:
                begun.wait()
    all(work, range(5))


@with_pool(Pool, 4)
def other_lists_in_threads(pool, all):
    """On a connection that asks for nothing else: their numbers are those of the list."""
    other = Pool("other_lists_in_threads", 1)
    other.fetch("SELECT id, name FROM products ORDER BY id LIMIT 60")
    all(lambda id: pool.fetch("SELECT name FROM customers WHERE id = %s", id), range(1, 51))
    other.close()


main()
