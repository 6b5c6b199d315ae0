"""Writes one by one and at once, functions and triggers, open transactions, what is worth
keeping: psycopg2, psycopg 3, asyncpg, SQLAlchemy."""

import asyncio
import threading
import time

import asyncpg
import psycopg
import psycopg2
import psycopg2.extras
from sqlalchemy import Column, Integer, Text, create_engine, insert, select, update
from sqlalchemy.orm import Session, declarative_base

from scenarios import application, dsn, main, scenario, url

Base = declarative_base()


class Note(Base):
    __tablename__ = "notes"
    id = Column(Integer, primary_key=True)
    object_type = Column(Text)
    object_id = Column(Text)
    body = Column(Text)


INSERT = "INSERT INTO audit (customer_id, message) VALUES (%s, %s)"
ROWS = [(i, "x") for i in range(1, 61)]


def works(*label, module=psycopg2, autocommit=False):
    """A job with a connection of psycopg2 or psycopg 3, and a cursor."""
    def register(job):
        def run():
            connection = module.connect(dsn(job.__name__))
            connection.autocommit = autocommit
            with connection.cursor() as cursor:
                job(cursor)
            connection.commit()
            connection.close()
        run.__name__ = job.__name__
        return scenario(*label)(run)
    return register


def orm(*label):
    def register(job):
        def run():
            engine = create_engine(url("postgresql+psycopg2", job.__name__))
            with Session(engine) as session:
                job(session)
                session.commit()
            engine.dispose()
        run.__name__ = job.__name__
        return scenario(*label)(run)
    return register


def with_asyncpg(*label):
    def register(job):
        def run():
            async def work():
                connection = await asyncpg.connect(server_settings={"application_name": application(job.__name__)})
                await job(connection)
                await connection.close()
            asyncio.run(work())
        run.__name__ = job.__name__
        return scenario(*label)(run)
    return register


# -- one by one ------------------------------------------------------------------------

@works("row_by_row_write audit insert")
def inserts_in_transaction(c):
    for row in ROWS:
        c.execute(INSERT, row)


@works("row_by_row_write audit insert", autocommit=True)
def inserts_in_burst(c):
    for row in ROWS:
        c.execute(INSERT, row)


@works("row_by_row_write audit insert", module=psycopg)
def inserts_of_psycopg3(c):
    for row in ROWS:
        c.execute(INSERT, row)


@works("row_by_row_write payments.id update", "row_by_row_write shipments.id delete")
def updates_and_deletes(c):
    for i in range(20):
        c.execute("UPDATE payments SET amount = amount + %s WHERE id = %s", (i, 1 + i))
        c.execute("DELETE FROM shipments WHERE id = %s", (1700 + i,))


@works("row_by_row_write settings insert")
def upserts(c):
    for i in range(20):
        c.execute("INSERT INTO settings VALUES (%s, '1') ON CONFLICT (key) DO UPDATE SET value = excluded.value", (f"upsert:{i}",))


@works("row_by_row_write orders insert", "row_by_row_write payments insert")
def parents_with_children(c):
    for i in range(20):
        c.execute("INSERT INTO orders (customer_id, status) VALUES (%s, 'new') RETURNING id", (i + 1,))
        [(order,)] = c.fetchall()
        c.execute("INSERT INTO payments (order_id, amount) VALUES (%s, 1)", (order,))


@with_asyncpg("row_by_row_write audit insert")
async def inserts_of_asyncpg(c):
    async with c.transaction():
        for row in ROWS:
            await c.execute("INSERT INTO audit (customer_id, message) VALUES ($1, $2)", *row)


@orm("row_by_row_write notes insert")
def flushed_one_by_one(session):
    for i in range(20):
        session.add(Note(object_type="flushed", object_id=str(i), body="x"))
        session.flush()


@orm("row_by_row_write notes.id update")
def changed_and_flushed_at_once(session):
    """SQLAlchemy's executemany of an UPDATE is psycopg2's: a statement for each."""
    for i, note in enumerate(session.scalars(select(Note).where(Note.object_type == "customer").order_by(Note.id).limit(20))):
        note.body = f"changed {i}"
    session.flush()


# -- at once, or for a reason ------------------------------------------------------------

@works()
def pages_of_values(c):
    psycopg2.extras.execute_values(c, "INSERT INTO audit (customer_id, message) VALUES %s", ROWS * 4, page_size=20)
    psycopg2.extras.execute_batch(c, INSERT, ROWS * 4, page_size=20)


@works(autocommit=True)
def arrays(c):
    for i in range(15):
        c.execute("INSERT INTO audit (customer_id, message) SELECT * FROM unnest(%s::int[], %s::text[])",
                  ([1, 2, 3], ["x", "y", "z"]))
    c.execute("DELETE FROM audit WHERE message = ANY (%s)", (["y", "z"],))


@works(module=psycopg)
def pipelined(c):
    c.executemany(INSERT, ROWS)
    c.executemany("UPDATE audit SET message = %s WHERE customer_id = %s AND message = 'z'", [(y, x) for x, y in ROWS])
    with c.connection.pipeline():
        for row in ROWS:
            c.execute(INSERT, row)
    with c.copy("COPY audit (customer_id, message) FROM STDIN") as copy:
        for row in ROWS:
            copy.write_row(row)


@with_asyncpg()
async def batches_of_asyncpg(c):
    text = "INSERT INTO audit (customer_id, message) VALUES ($1, $2)"
    await c.executemany(text, ROWS)
    async with c.transaction():
        await c.executemany(text, ROWS)
    await c.copy_records_to_table("audit", records=ROWS, columns=["customer_id", "message"])


@orm()
def added_at_once(session):
    session.add_all([Note(object_type="added", object_id=str(i), body="x") for i in range(60)])
    session.flush()
    session.execute(insert(Note), [{"object_type": "added", "object_id": str(i), "body": "y"} for i in range(60)])
    session.execute(update(Note).where(Note.object_type == "added").values(body="z"))


@works(autocommit=True)
def few_writes(c):
    for row in ROWS[:20]:
        c.execute(INSERT, row)


@works()
def fewer_in_transaction(c):
    for row in ROWS[:9]:
        c.execute(INSERT, row)


@works()
def savepoint_for_each(c):
    for row in ROWS[:20]:
        c.execute("SAVEPOINT one")
        c.execute(INSERT, row)
        c.execute("RELEASE one")


@works()
def one_counter(c):
    for i in range(20):
        c.execute("UPDATE counters SET n = n + %s WHERE id = 4", (i,))


@works()
def state_of_a_job(c):
    for state in ("new", "begun", "fetched", "parsed", "checked", "mapped", "loaded", "indexed", "mailed", "logged", "done", "kept"):
        c.execute("UPDATE jobs SET state = %s WHERE id = 7", (state,))


@works()
def counters_and_their_new_values(c):
    for i in range(20):
        c.execute("UPDATE counters SET n = n + 1 WHERE id = %s RETURNING n", (1 + i % 2,))
        c.fetchall()


# -- functions and triggers ----------------------------------------------------------------

@works("row_by_row_function orders function")
def function_with_a_loop(c):
    c.execute("""CREATE FUNCTION totals_of_customers() RETURNS bigint LANGUAGE plpgsql AS $$
        DECLARE c record; n bigint; total bigint = 0;
        BEGIN FOR c IN SELECT id FROM customers WHERE id <= 200 LOOP
            SELECT count(*) INTO n FROM orders WHERE customer_id = c.id; total = total + n; END LOOP;
        RETURN total; END $$""")
    c.execute("SELECT totals_of_customers()")


@works("row_by_row_function reviews trigger")
def trigger_for_each_row(c):
    c.execute("""CREATE TABLE ratings (product_id bigint, stars int);
        CREATE TABLE rated (product_id bigint, stars numeric);
        CREATE FUNCTION rate() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN NEW.stars = (SELECT avg(stars) FROM reviews WHERE product_id = NEW.product_id); RETURN NEW; END $$;
        CREATE TRIGGER rate BEFORE INSERT ON ratings FOR EACH ROW EXECUTE FUNCTION rate()""")
    c.execute("INSERT INTO ratings SELECT i, 0 FROM generate_series(1, 200) i")


@works()
def trigger_for_each_statement(c):
    c.execute("""CREATE TABLE sales (product_id bigint);
        CREATE FUNCTION sell() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN UPDATE products p SET stock = stock - 1 FROM sold s WHERE p.id = s.product_id; RETURN NULL; END $$;
        CREATE TRIGGER sell AFTER INSERT ON sales REFERENCING NEW TABLE AS sold FOR EACH STATEMENT EXECUTE FUNCTION sell()""")
    c.execute("INSERT INTO sales SELECT i FROM generate_series(1, 100) i")


@works()
def trigger_once_for_each_statement_of_one_row(c):
    c.execute("""CREATE TABLE visits (customer_id int);
        CREATE FUNCTION visit() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN INSERT INTO audit (customer_id, message) VALUES (NEW.customer_id, 'visit'); RETURN NEW; END $$;
        CREATE TRIGGER visit BEFORE INSERT ON visits FOR EACH ROW EXECUTE FUNCTION visit()""")
    for i in range(8):
        c.execute("INSERT INTO visits VALUES (%s)", (i + 1,))


@works()
def function_with_one_query(c):
    c.execute("""CREATE FUNCTION orders_of_customers() RETURNS TABLE (id int, n bigint) LANGUAGE sql STABLE
        AS 'SELECT customer_id, count(*) FROM orders GROUP BY 1'""")
    for i in range(3):
        c.execute("SELECT * FROM orders_of_customers()")
        c.fetchall()


# -- open transactions -----------------------------------------------------------------------

def at_once(name, job, n=2):
    """The same on several connections; what longer than 50 ms is no round trip."""
    threads = [threading.Thread(target=job, args=(psycopg2.connect(dsn(name, "-c perfaudit.burst_gap=50ms")), i))
               for i in range(n)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


@scenario("idle_in_transaction - after_write")
def calls_another_service():
    def job(connection, i):
        with connection.cursor() as c:
            c.execute("UPDATE orders SET status = 'paying' WHERE id = %s", (500 + i,))
            time.sleep(2.1)
            c.execute("UPDATE orders SET status = 'paid' WHERE id = %s", (500 + i,))
        connection.commit()
        connection.close()
    at_once("calls_another_service", job)


@scenario("idle_in_transaction - read_only")
def renders_in_transaction():
    def job(connection, i):
        with connection.cursor() as c:
            c.execute("SELECT * FROM orders WHERE id = %s", (500 + i,))
            time.sleep(2.1)
        connection.commit()
        connection.close()
    at_once("renders_in_transaction", job)


@scenario()
def works_between_transactions():
    def job(connection, i):
        with connection.cursor() as c:
            c.execute("SELECT * FROM orders WHERE id = %s", (500 + i,))
            connection.commit()
            time.sleep(2.1)
            c.execute("UPDATE orders SET status = 'paid' WHERE id = %s", (500 + i,))
        connection.commit()
        connection.close()
    at_once("works_between_transactions", job)


@scenario()
def slow_on_the_server():
    def job(connection, i):
        with connection.cursor() as c:
            c.execute("SELECT pg_sleep(2.1)")
            c.execute("UPDATE orders SET status = 'paid' WHERE id = %s", (500 + i,))
        connection.commit()
        connection.close()
    at_once("slow_on_the_server", job)


# -- worth keeping ------------------------------------------------------------------------------

@works("cacheable_statement days", autocommit=True)
def labels_of_days(c):
    """In each of many requests, of which nobody knows where one ends."""
    for i in range(4000):
        c.execute("SELECT label FROM days WHERE day = date '2024-01-01' + %s", (i % 3,))
        c.execute("SELECT city FROM addresses WHERE id = %s", (1 + i * 37 % 399,))


@works(autocommit=True)
def stock_that_changes(c):
    for i in range(3000):
        c.execute("SELECT stock FROM products WHERE id = %s", (1 + i % 3,))
        if i % 20 == 0:
            c.execute("UPDATE products SET stock = stock - 1 WHERE id = %s", (1 + i % 3,))
        c.execute("SELECT name FROM countries WHERE code = %s AND name <> %s", (f"C{i % 25}", f"{i}"))


main()
