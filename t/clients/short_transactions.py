"""psycopg2 and SQLAlchemy with a transaction, or a session, for each call."""

import random

import psycopg2
import psycopg2.errors
from psycopg2.extensions import ISOLATION_LEVEL_SERIALIZABLE
from sqlalchemy import Column, Integer, Text, create_engine, select
from sqlalchemy.orm import Session, declarative_base

from scenarios import dsn, main, scenario, url

Base = declarative_base()


class Customer(Base):
    __tablename__ = "customers"
    id = Column(Integer, primary_key=True)
    name = Column(Text)
    email = Column(Text)
    country_code = Column(Text)


class Country(Base):
    __tablename__ = "countries"
    code = Column(Text, primary_key=True)
    name = Column(Text)


class Note(Base):
    __tablename__ = "notes"
    id = Column(Integer, primary_key=True)
    object_type = Column(Text)
    object_id = Column(Text)
    body = Column(Text)


def call(connection, *statements, end="commit"):
    """A call of a data access layer: begins, works, ends."""
    with connection.cursor() as c:
        for text, *values in statements:
            c.execute(text, values or None)
            rows = c.fetchall() if c.description else []
    getattr(connection, end)()
    return rows


LIST = ("SELECT id, name FROM customers ORDER BY id LIMIT 20",)
ORDERS = "SELECT * FROM orders WHERE customer_id = %s"


def run(name, work):
    connection = psycopg2.connect(dsn(name))
    work(connection)
    connection.close()


# -- a list, then a transaction for each of its rows -----------------------------------

@scenario("n_plus_one orders.customer_id <- customers.id")
def committed_after_each_call():
    def work(c):
        for id, name in call(c, LIST):
            call(c, (ORDERS, id))
    run("committed_after_each_call", work)


@scenario("n_plus_one orders.customer_id <- customers.id count")
def rolled_back_after_each_call():
    def work(c):
        for id, name in call(c, LIST, end="rollback"):
            call(c, ("SELECT count(*) FROM orders WHERE customer_id = %s", id), end="rollback")
    run("rolled_back_after_each_call", work)


@scenario("n_plus_one orders.customer_id <- customers.id", "n_plus_one addresses.customer_id <- customers.id",
          "duplicate_statement settings")
def read_only_transactions_of_three():
    def work(c):
        c.set_session(readonly=True)
        for id, name in call(c, LIST):
            call(c, ("SELECT value FROM settings WHERE key = 'currency'",), (ORDERS, id),
                 ("SELECT city FROM addresses WHERE customer_id = %s", id))
    run("read_only_transactions_of_three", work)


@scenario("n_plus_one orders.customer_id <- customers.id", "n_plus_one order_lines.order_id <- orders.id")
def two_levels():
    def work(c):
        for id, name in call(c, LIST):
            for order, *rest in call(c, (ORDERS, id)):
                call(c, ("SELECT * FROM order_lines WHERE order_id = %s", order))
    run("two_levels", work)


@scenario("n_plus_one orders.customer_id <- customers.id")
def list_outside_of_a_transaction():
    def work(c):
        c.autocommit = True
        rows = call(c, LIST)
        c.autocommit = False
        for id, name in rows:
            call(c, (ORDERS, id))
    run("list_outside_of_a_transaction", work)


@scenario("n_plus_one countries.code <- customers.country_code")
def session_for_each_call():
    engine = create_engine(url("postgresql+psycopg2", "session_for_each_call"))
    with Session(engine) as session:
        customers = session.scalars(select(Customer).order_by(Customer.id).limit(20)).all()
    for customer in customers:
        with Session(engine) as session:
            session.get(Country, customer.country_code)
    engine.dispose()


@scenario("row_by_row_write notes insert")
def session_for_each_save():
    engine = create_engine(url("postgresql+psycopg2", "session_for_each_save"))
    for i in range(60):
        with Session(engine) as session:
            session.add(Note(object_type="customer", object_id=str(1000 + i), body="x"))
            session.commit()
    engine.dispose()


# -- done well -----------------------------------------------------------------------------

@scenario()
def requests_each_a_transaction():
    """A person who clicks: the list, one of its rows, the list, another row."""
    def work(c):
        for user in random.Random(3).sample(range(1, 20), 15):
            call(c, LIST)
            call(c, ("SELECT * FROM customers WHERE id = %s", user), (ORDERS, user))
    run("requests_each_a_transaction", work)


@scenario()
def unrelated_requests():
    def work(c):
        call(c, ("SELECT id, name FROM customers ORDER BY id LIMIT 50",))
        for i in range(40):
            call(c, ("SELECT * FROM customers WHERE id = %s", 1 + (i * 37) % 60))
            if i % 3 == 0:
                call(c, (ORDERS, 1 + (i * 23) % 60))
    run("unrelated_requests", work)


@scenario()
def requests_of_one_user():
    def work(c):
        for i in range(30):
            call(c, ("SELECT * FROM customers WHERE id = %s", 7))
    run("requests_of_one_user", work)


@scenario()
def counts_for_whoever_asks():
    def work(c):
        for table in ("orders", "payments", "reviews", "addresses", "audit", "notes", "jobs", "products"):
            call(c, (f"SELECT count(*) FROM {table}",))
    run("counts_for_whoever_asks", work)


@scenario()
def jobs_of_a_list():
    """Each reads what it needs and writes, all or nothing."""
    def work(c):
        for id, name in call(c, ("SELECT id, payload FROM jobs ORDER BY id LIMIT 20",)):
            call(c, ("SELECT * FROM customers WHERE id = %s", id), ("UPDATE jobs SET state = 'done' WHERE id = %s", id))
    run("jobs_of_a_list", work)


@scenario()
def events_as_they_come():
    """A log that requests of all sorts write to."""
    def work(c):
        for i in range(60):
            call(c, ("SELECT * FROM customers WHERE id = %s", 1 + (i * 37) % 190),
                 ("INSERT INTO audit (customer_id, message) VALUES (%s, 'seen')", 1 + (i * 37) % 190))
    run("events_as_they_come", work)


@scenario()
def tried_again():
    """Each by itself, until it works."""
    first, second = (psycopg2.connect(dsn("tried_again")) for i in range(2))
    first.set_session(isolation_level=ISOLATION_LEVEL_SERIALIZABLE)
    second.set_session(isolation_level=ISOLATION_LEVEL_SERIALIZABLE)
    for attempt in range(15):
        with first.cursor() as a, second.cursor() as b:
            a.execute("SELECT n FROM counters WHERE id = 3")
            [(n,)] = a.fetchall()
            if attempt < 14:
                b.execute("UPDATE counters SET n = n + 1 WHERE id = 3")
                second.commit()
            try:
                a.execute("UPDATE counters SET n = %s WHERE id = 3", (n + 1,))
                first.commit()
            except psycopg2.errors.SerializationFailure:
                first.rollback()
    first.close()
    second.close()


@scenario()
def pages_by_key():
    def work(c):
        last = 0
        for page in range(15):
            rows = call(c, ("SELECT id, customer_id FROM orders WHERE id > %s ORDER BY id LIMIT 30", last))
            last = rows[-1][0]
    run("pages_by_key", work)


@scenario()
def lists_of_keys():
    def work(c):
        ids = [id for id, name in call(c, ("SELECT id, name FROM customers ORDER BY id LIMIT 120",))]
        for at in range(0, 120, 10):
            call(c, ("SELECT * FROM orders WHERE customer_id = ANY (%s)", ids[at:at + 10]))
    run("lists_of_keys", work)


main()
