"""asyncpg: prepared statements, binary values, portals with a row limit, pools."""

import asyncio
import os

import asyncpg

from scenarios import application, main, scenario


async def connect(name):
    return await asyncpg.connect(host=os.environ["PGHOST"], port=int(os.environ["PGPORT"]), user=os.environ["PGUSER"],
                                 database=os.environ["PGDATABASE"], server_settings={"application_name": application(name)})


def works(*label):
    def register(job):
        def run():
            async def work():
                connection = await connect(job.__name__)
                try:
                    await job(connection)
                finally:
                    await connection.close()
            asyncio.run(work())
        run.__name__ = job.__name__
        return scenario(*label)(run)
    return register


def pooled(size, *label):
    def register(job):
        def run():
            async def work():
                async with asyncpg.create_pool(
                        host=os.environ["PGHOST"], port=int(os.environ["PGPORT"]), user=os.environ["PGUSER"],
                        database=os.environ["PGDATABASE"], min_size=size, max_size=size,
                        server_settings={"application_name": application(job.__name__)}) as pool:
                    await job(pool)
            asyncio.run(work())
        run.__name__ = job.__name__
        return scenario(*label)(run)
    return register


@works("n_plus_one orders.customer_id <- customers.id")
async def in_burst(c):
    for row in await c.fetch("SELECT id, name FROM customers ORDER BY id LIMIT 20"):
        await c.fetch("SELECT * FROM orders WHERE customer_id = $1", row["id"])


@works("n_plus_one orders.customer_id <- customers.id")
async def in_transaction(c):
    async with c.transaction():
        for row in await c.fetch("SELECT id, name FROM customers ORDER BY id LIMIT 20"):
            await c.fetch("SELECT * FROM orders WHERE customer_id = $1", row["id"])


@works("n_plus_one customers.id <- orders.customer_id")
async def one_row_of_each(c):
    """fetchrow() asks for one row: its portal ends after the next statement began."""
    for row in await c.fetch("SELECT id, customer_id FROM orders ORDER BY id LIMIT 20"):
        await c.fetchrow("SELECT * FROM customers WHERE id = $1", row["customer_id"])


@works("n_plus_one orders.customer_id <- customers.id count")
async def value_of_each(c):
    for row in await c.fetch("SELECT id FROM customers ORDER BY id LIMIT 20"):
        await c.fetchval("SELECT count(*) FROM orders WHERE customer_id = $1", row["id"])


@works("n_plus_one orders.customer_id <- customers.id")
async def cursor_as_parent(c):
    async with c.transaction():
        async for row in c.cursor("SELECT id FROM customers ORDER BY id LIMIT 40", prefetch=15):
            await c.fetch("SELECT id FROM orders WHERE customer_id = $1", row["id"])


@works("n_plus_one readings.device_id <- devices.id")
async def by_uuid(c):
    for row in await c.fetch("SELECT id, name FROM devices ORDER BY name LIMIT 20"):
        await c.fetch("SELECT value FROM readings WHERE device_id = $1", row["id"])


@works("n_plus_one customers.id <- orders.customer_id", "n_plus_one countries.code <- customers.country_code")
async def chain_of_references(c):
    for row in await c.fetch("SELECT id, customer_id FROM orders ORDER BY id LIMIT 40"):
        customer = await c.fetchrow("SELECT id, name, country_code FROM customers WHERE id = $1", row["customer_id"])
        await c.fetchval("SELECT name FROM countries WHERE code = $1", customer["country_code"])


@works("n_plus_one orders.customer_id <- customers.id")
async def loader_of_one(c):
    for row in await c.fetch("SELECT id, name FROM customers ORDER BY id LIMIT 20"):
        await c.fetch("SELECT * FROM orders WHERE customer_id = ANY ($1::int[])", [row["id"]])


@works("duplicate_statement settings")
async def same_setting(c):
    for i in range(20):
        await c.fetchval("SELECT value FROM settings WHERE key = $1", "site")


@works()
async def batch(c):
    ids = [row["id"] for row in await c.fetch("SELECT id FROM customers ORDER BY id LIMIT 60")]
    await c.fetch("SELECT * FROM orders WHERE customer_id = ANY ($1::int[])", ids)
    for at in range(0, 60, 4):
        await c.fetch("SELECT * FROM addresses WHERE customer_id = ANY ($1::int[])", ids[at:at + 4])


@works()
async def executemany(c):
    await c.executemany("INSERT INTO audit (customer_id, message) VALUES ($1, $2)", [(i, "x") for i in range(1, 60)])
    await c.copy_records_to_table("audit", records=[(i, "x") for i in range(1, 60)], columns=["customer_id", "message"])


@works()
async def cursor_in_portions(c):
    async with c.transaction():
        cursor = await c.cursor("SELECT id, customer_id FROM orders")
        while await cursor.fetch(30):
            pass


@works()
async def introspection_of_types(c):
    for type in ("status", "mood", "level"):
        await c.execute(f"CREATE TYPE asyncpg_{type} AS ENUM ('a', 'b')")
        await c.fetch(f"SELECT 'a'::asyncpg_{type}, ARRAY['a']::asyncpg_{type}[]")


@works()
async def few_children(c):
    for row in await c.fetch("SELECT id FROM customers ORDER BY id LIMIT 6"):
        await c.fetch("SELECT * FROM orders WHERE customer_id = $1", row["id"])


@works()
async def keyset_pages(c):
    last = 0
    for page in range(15):
        rows = await c.fetch("SELECT id, customer_id FROM orders WHERE id > $1 ORDER BY id LIMIT 40", last)
        last = rows[-1]["id"]


@works()
async def requests_of_one_user(c):
    for i in range(25):
        await c.fetchval("SELECT value FROM settings WHERE key = $1", "customer:7")
        await c.fetchrow("SELECT * FROM customers WHERE id = $1", 7)


@pooled(1)
async def pool_of_one(pool):
    await pool.fetch("SELECT id, name FROM customers ORDER BY id LIMIT 100")

    async def request(user):
        await pool.fetchrow("SELECT * FROM customers WHERE id = $1", user)
        await pool.fetch("SELECT id, status FROM orders WHERE customer_id = $1", user)
    await asyncio.gather(*(request(1 + i * 37 % 100) for i in range(30)))


@pooled(4)
async def pool_of_four(pool):
    async def request(user):
        await pool.fetchrow("SELECT * FROM customers WHERE id = $1", user)
        await pool.fetch("SELECT id, status FROM orders WHERE customer_id = $1", user)
        await pool.fetch("SELECT id, city FROM addresses WHERE customer_id = $1", user)
    await asyncio.gather(*(request(1 + i * 37 % 100) for i in range(40)))


@pooled(4, "n_plus_one orders.customer_id <- customers.id")
async def one_request_over_a_pool(pool):
    rows = await pool.fetch("SELECT id, name FROM customers ORDER BY id LIMIT 60")
    await asyncio.gather(*(pool.fetch("SELECT id, status FROM orders WHERE customer_id = $1", row["id"]) for row in rows))


@pooled(4, "n_plus_one addresses.customer_id <- customers.id count")
async def counts_over_a_pool(pool):
    async def count(id):
        async with pool.acquire() as c:
            return await c.fetchval("SELECT count(*) FROM addresses WHERE customer_id = $1", id)
    rows = await pool.fetch("SELECT id, name FROM customers ORDER BY id LIMIT 60")
    await asyncio.gather(*(count(row["id"]) for row in rows))


@pooled(3, "n_plus_one orders.customer_id <- customers.id")
async def loop_over_a_pool(pool):
    """The pool resets the connection after each: what follows is a unit of its own."""
    for row in await pool.fetch("SELECT id, name FROM customers ORDER BY id LIMIT 30"):
        await pool.fetch("SELECT id, status FROM orders WHERE customer_id = $1", row["id"])


@pooled(4)
async def dashboard_beside_look_ups(pool):
    """What is looked up stands in the list, but was not asked for because of it."""
    async def dashboard():
        for i in range(4):
            await pool.fetch("SELECT id, name FROM customers ORDER BY id LIMIT 60")
            await asyncio.sleep(0.01)

    async def worker(k):
        for i in range(15):
            await pool.fetch("SELECT id, status FROM orders WHERE customer_id = $1", 1 + (k * 17 + i * 23) % 60)
            await pool.fetchrow("SELECT * FROM customers WHERE id = $1", 1 + (k * 31 + i * 29) % 60)
    await asyncio.gather(dashboard(), *(worker(k) for k in range(3)))


@pooled(4)
async def list_of_others_over_a_pool(pool):
    """The numbers stand in the list read before, as all small numbers do."""
    await pool.fetch("SELECT id, name FROM products ORDER BY id LIMIT 60")
    await asyncio.gather(*(pool.fetchrow("SELECT name FROM customers WHERE id = $1", id) for id in range(1, 41)))


@pooled(4)
async def batches_over_a_pool(pool):
    ids = [row["id"] for row in await pool.fetch("SELECT id, name FROM customers ORDER BY id LIMIT 60")]
    await asyncio.gather(*(pool.fetch("SELECT * FROM orders WHERE customer_id = ANY ($1::int[])", ids[at:at + 3])
                           for at in range(0, 60, 3)))


main()
