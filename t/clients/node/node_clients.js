// node: pg with and without its pool, Sequelize, Knex and Drizzle. Labels as in scenarios.py.
'use strict';

const { Client, Pool } = require('pg');
const Cursor = require('pg-cursor');
const { Sequelize, DataTypes } = require('sequelize');
const knex = require('knex');
const { drizzle } = require('drizzle-orm/node-postgres');
const { eq, inArray, relations } = require('drizzle-orm');
const { pgTable, integer, text } = require('drizzle-orm/pg-core');

const env = process.env;
const scenarios = [];
const application = (name) => `node_clients/${name}`;
const settings = (name) => ({
  host: env.PGHOST, port: Number(env.PGPORT), user: env.PGUSER, database: env.PGDATABASE, application_name: application(name),
});

// work(resource) with a client, pool ... of the scenario's name
const scenario = (name, label, open, work) => scenarios.push({ name, label, open, work });

// -- what they work with ---------------------------------------------------------------

const client = async (name) => {
  const c = new Client(settings(name));
  await c.connect();
  return [c, () => c.end()];
};
const pool = (max) => async (name) => {
  const p = new Pool({ ...settings(name), max });
  return [p, () => p.end()];
};
const knexed = async (name) => {
  const k = knex({ client: 'pg', connection: settings(name), pool: { min: 0, max: 1 } });
  return [k, () => k.destroy()];
};

const customers = pgTable('customers', { id: integer('id').primaryKey(), name: text('name') });
const orders = pgTable('orders', { id: integer('id').primaryKey(), customerId: integer('customer_id'), status: text('status') });
const schema = {
  customers,
  orders,
  customersRelations: relations(customers, ({ many }) => ({ orders: many(orders) })),
  ordersRelations: relations(orders, ({ one }) => ({ customer: one(customers, { fields: [orders.customerId], references: [customers.id] }) })),
};
const drizzled = async (name) => {
  const p = new Pool({ ...settings(name), max: 1 });
  return [drizzle(p, { schema }), () => p.end()];
};

const sequelized = (max) => async (name) => {
  const s = new Sequelize(env.PGDATABASE, env.PGUSER, undefined, {
    dialect: 'postgres', host: env.PGHOST, port: Number(env.PGPORT), logging: false,
    define: { timestamps: false, underscored: true },
    pool: { max, min: 0 }, dialectOptions: { application_name: application(name) },
  });
  const Customer = s.define('Customer', { name: DataTypes.TEXT, email: DataTypes.TEXT, active: DataTypes.BOOLEAN }, { tableName: 'customers' });
  const Order = s.define('Order', { status: DataTypes.TEXT }, { tableName: 'orders' });
  const Payment = s.define('Payment', { amount: DataTypes.INTEGER }, { tableName: 'payments' });
  const Review = s.define('Review', { stars: DataTypes.INTEGER }, { tableName: 'reviews' });
  const Setting = s.define('Setting', { key: { type: DataTypes.TEXT, primaryKey: true }, value: DataTypes.TEXT }, { tableName: 'settings' });
  Customer.hasMany(Order, { foreignKey: 'customer_id', as: 'orders' });
  Order.belongsTo(Customer, { foreignKey: 'customer_id', as: 'customer' });
  Order.hasMany(Payment, { foreignKey: 'order_id', as: 'payments' });
  Customer.hasMany(Review, { foreignKey: 'customer_id', as: 'reviews' });
  return [{ s, Customer, Order, Payment, Review, Setting }, () => s.close()];
};

const one = (c, text, ...values) => c.query(text, values).then((result) => result.rows);
const each = async (list, work) => { for (const element of list) await work(element); };
const all = (list, work) => Promise.all(list.map(work));
const users = [3, 58, 12, 50, 3, 9, 41, 28, 57, 40, 33, 5, 51, 18, 24, 36, 7, 2, 44, 19];

// -- pg ------------------------------------------------------------------------------------

scenario('pg_loop', ['n_plus_one orders.customer_id <- customers.id'], client, async (c) => {
  await each(await one(c, 'SELECT id, name FROM customers ORDER BY id LIMIT 20'),
    (row) => one(c, 'SELECT * FROM orders WHERE customer_id = $1', row.id));
});
scenario('pg_all_at_once_on_one_client', ['n_plus_one orders.customer_id <- customers.id count'], client, async (c) => {
  await all(await one(c, 'SELECT id, name FROM customers ORDER BY id LIMIT 20'),
    (row) => one(c, 'SELECT count(*) FROM orders WHERE customer_id = $1', row.id));
});
scenario('pg_named_statement', ['n_plus_one countries.code <- customers.country_code'], client, async (c) => {
  await each(await one(c, 'SELECT id, country_code FROM customers ORDER BY id LIMIT 24'),
    (row) => c.query({ name: 'country', text: 'SELECT name FROM countries WHERE code = $1', values: [row.country_code] }));
});
scenario('pg_text_with_values', ['n_plus_one orders.customer_id <- customers.id'], client, async (c) => {
  await c.query('BEGIN');
  await each(await one(c, 'SELECT id FROM customers ORDER BY id LIMIT 20'),
    (row) => one(c, `SELECT * FROM orders WHERE customer_id = ${row.id}`));
  await c.query('COMMIT');
});
scenario('pg_cursor', ['n_plus_one orders.customer_id <- customers.id'], client, async (c) => {
  const cursor = c.query(new Cursor('SELECT id, name FROM customers ORDER BY id LIMIT 30'));
  const rows = await cursor.read(20);
  await cursor.close();
  await each(rows, (row) => one(c, 'SELECT * FROM orders WHERE customer_id = $1', row.id));
});
scenario('pg_loader_of_one', ['n_plus_one orders.customer_id <- customers.id'], client, async (c) => {
  await each(await one(c, 'SELECT id, name FROM customers ORDER BY id LIMIT 20'),
    (row) => one(c, 'SELECT * FROM orders WHERE customer_id = ANY ($1)', [row.id]));
});
scenario('pg_chain', ['n_plus_one customers.id <- orders.customer_id', 'n_plus_one countries.code <- customers.country_code'], client, async (c) => {
  await each(await one(c, 'SELECT id, customer_id FROM orders ORDER BY id LIMIT 40'), async (row) => {
    const [customer] = await one(c, 'SELECT * FROM customers WHERE id = $1', row.customer_id);
    await one(c, 'SELECT * FROM countries WHERE code = $1', customer.country_code);
  });
});
scenario('pg_pool_all_at_once', ['n_plus_one orders.customer_id <- customers.id'], pool(5), async (p) => {
  await all(await one(p, 'SELECT id, name FROM customers ORDER BY id LIMIT 40'),
    (row) => one(p, 'SELECT * FROM orders WHERE customer_id = $1', row.id));
});
scenario('pg_pool_one_by_one', ['n_plus_one orders.customer_id <- customers.id'], pool(5), async (p) => {
  await each(await one(p, 'SELECT id, name FROM customers ORDER BY id LIMIT 20'),
    (row) => one(p, 'SELECT * FROM orders WHERE customer_id = $1', row.id));
});
scenario('pg_pool_counts', ['n_plus_one addresses.customer_id <- customers.id count'], pool(4), async (p) => {
  await all(await one(p, 'SELECT id, name FROM customers ORDER BY name LIMIT 60'),
    (row) => one(p, 'SELECT count(*) FROM addresses WHERE customer_id = $1', row.id));
});
scenario('pg_pool_by_uuid', ['n_plus_one readings.device_id <- devices.id'], pool(4), async (p) => {
  await all(await one(p, 'SELECT id FROM devices ORDER BY name LIMIT 60'),
    (row) => one(p, 'SELECT value FROM readings WHERE device_id = $1', row.id));
});
scenario('pg_pool_list_of_others', [], pool(4), async (p) => {
  const other = new Client(settings('pg_pool_list_of_others'));
  await other.connect();
  await one(other, 'SELECT id, name FROM products ORDER BY id LIMIT 60');
  await all([...Array(40).keys()], (i) => one(p, 'SELECT name FROM customers WHERE id = $1', i + 1));
  await other.end();
});
scenario('pg_pool_beside_a_dashboard', [], pool(4), async (p) => {
  const look = (k) => each([...Array(12).keys()], async (i) => {
    await one(p, 'SELECT name FROM customers WHERE id = $1', 1 + (k * 31 + i * 29) % 60);
    await one(p, 'SELECT id, status FROM orders WHERE customer_id = $1', 1 + (k * 17 + i * 23) % 60);
  });
  const list = () => each([1, 2, 3], () => one(p, 'SELECT id, name FROM customers ORDER BY id LIMIT 60'));
  await Promise.all([list(), look(0), look(1), look(2), look(3)]);
});
scenario('pg_pool_list_of_another_application', [], pool(4), async (p) => {
  const other = new Client(settings('pg_pool_list_of_another_application beside it'));
  await other.connect();
  const rows = await one(other, 'SELECT id, name FROM customers ORDER BY id LIMIT 40');
  await all(rows, (row) => one(p, 'SELECT id, status FROM orders WHERE customer_id = $1', row.id));
  await other.end();
});
scenario('pg_batch', [], client, async (c) => {
  const ids = (await one(c, 'SELECT id FROM customers ORDER BY id LIMIT 60')).map((row) => row.id);
  await one(c, 'SELECT * FROM orders WHERE customer_id = ANY ($1)', ids);
  for (let at = 0; at < 60; at += 4) await one(c, 'SELECT * FROM orders WHERE customer_id = ANY ($1)', ids.slice(at, at + 4));
});
scenario('pg_pool_of_requests', [], pool(4), async (p) => {
  await one(p, 'SELECT id, name FROM customers ORDER BY id LIMIT 60');
  await all(users, async (user) => {
    await one(p, 'SELECT * FROM customers WHERE id = $1', user);
    await one(p, 'SELECT id, status FROM orders WHERE customer_id = $1', user);
  });
});
scenario('pg_pool_of_one_for_requests', [], pool(1), async (p) => {
  await one(p, 'SELECT id, name FROM customers ORDER BY id LIMIT 60');
  await all(users, async (user) => {
    await one(p, 'SELECT * FROM customers WHERE id = $1', user);
    await one(p, 'SELECT id, status FROM orders WHERE customer_id = $1', user);
  });
});
scenario('pg_cursor_in_portions', [], client, async (c) => {
  const cursor = c.query(new Cursor('SELECT id, customer_id FROM orders ORDER BY id'));
  while ((await cursor.read(40)).length > 0);
  await cursor.close();
});

scenario('pg_requests_of_one_user', [], client, async (c) => {
  for (let i = 0; i < 25; i++) {
    await one(c, 'SELECT value FROM settings WHERE key = $1', 'customer:7');
    await one(c, 'SELECT * FROM customers WHERE id = $1', 7);
  }
});
scenario('pg_few_children', [], client, async (c) => {
  await all(await one(c, 'SELECT id FROM customers ORDER BY id LIMIT 6'), (row) => one(c, 'SELECT * FROM orders WHERE customer_id = $1', row.id));
});
scenario('pg_transactions_of_a_pool', [], pool(3), async (p) => {
  await all(users, async (user) => {
    const c = await p.connect();
    await c.query('BEGIN');
    await one(c, 'SELECT * FROM customers WHERE id = $1', user);
    await one(c, 'INSERT INTO audit (customer_id, message) VALUES ($1, $2)', user, 'node');
    await c.query('COMMIT');
    c.release();
  });
});
scenario('pg_keyset_pages', [], client, async (c) => {
  let last = 0;
  for (let page = 0; page < 14; page++) {
    const rows = await one(c, 'SELECT id, customer_id FROM orders WHERE id > $1 ORDER BY id LIMIT 40', last);
    last = rows[rows.length - 1].id;
  }
});

// -- Sequelize ---------------------------------------------------------------------------------

scenario('sequelize_lazy', ['n_plus_one orders.customer_id <- customers.id'], sequelized(1), async ({ Customer }) => {
  await each(await Customer.findAll({ order: ['id'], limit: 20 }), (customer) => customer.getOrders());
});
scenario('sequelize_lazy_all_at_once', ['n_plus_one orders.customer_id <- customers.id'], sequelized(1), async ({ Customer }) => {
  await all(await Customer.findAll({ order: ['id'], limit: 20 }), (customer) => customer.getOrders());
});
scenario('sequelize_lazy_in_transaction', ['n_plus_one customers.id <- orders.customer_id'], sequelized(5), async ({ s, Order }) => {
  await s.transaction(async (transaction) => {
    await all(await Order.findAll({ order: ['id'], limit: 20, transaction }), (order) => order.getCustomer({ transaction }));
  });
});
scenario('sequelize_lazy_over_a_pool', ['n_plus_one orders.customer_id <- customers.id'], sequelized(5), async ({ Customer }) => {
  await all(await Customer.findAll({ order: ['id'], limit: 40 }), (customer) => customer.getOrders());
});
scenario('sequelize_nested', ['n_plus_one orders.customer_id <- customers.id', 'n_plus_one payments.order_id <- orders.id'], sequelized(1), async ({ Customer }) => {
  await each(await Customer.findAll({ order: ['id'], limit: 15 }), async (customer) => each(await customer.getOrders(), (order) => order.getPayments()));
});
scenario('sequelize_count', ['n_plus_one orders.customer_id <- customers.id count'], sequelized(1), async ({ Customer }) => {
  await each(await Customer.findAll({ where: { active: true }, order: ['name'], limit: 20 }), (customer) => customer.countOrders());
});
scenario('sequelize_find_by_key', ['n_plus_one customers.id <- orders.customer_id'], sequelized(1), async ({ Customer, Order }) => {
  await each(await Order.findAll({ attributes: ['customer_id'], order: ['id'], limit: 30, raw: true }), (order) => Customer.findByPk(order.customer_id));
});
scenario('sequelize_include', [], sequelized(1), async ({ Customer, Order }) => {
  await Customer.findAll({ include: [{ association: 'orders', include: ['payments'] }], limit: 40 });
  await Customer.findAll({ include: [{ association: 'orders', separate: true }, { association: 'reviews', separate: true }], limit: 40 });
  await Order.findAll({ include: ['customer'], limit: 40 });
  await Order.findAndCountAll({ limit: 20 });
});
scenario('sequelize_find_or_create', [], sequelized(1), async ({ Setting }) => {
  await each(users, (user) => Setting.findOrCreate({ where: { key: `sequelize:${user}` }, defaults: { value: '1' } }));
  await each(users, (user) => Setting.upsert({ key: `sequelize too:${user}`, value: '1' }));
});
scenario('sequelize_pages', [], sequelized(1), async ({ Order }) => {
  for (let page = 0; page < 14; page++) await Order.findAll({ order: ['id'], offset: page * 40, limit: 40 });
});
scenario('sequelize_sync', [], sequelized(1), async ({ s }) => {
  s.define('Added', { title: DataTypes.STRING, n: DataTypes.INTEGER }, { tableName: 'sequelize_added' });
  await s.models.Added.sync({ alter: true });
  await s.models.Added.sync({ alter: true });
  await s.models.Added.bulkCreate([...Array(100).keys()].map((n) => ({ n })));
  await s.getQueryInterface().describeTable('orders');
  await s.models.Added.drop();
});

scenario('sequelize_requests', [], sequelized(2), async ({ Customer }) => {
  await Customer.findAll({ order: ['id'], limit: 60 });
  await each(users, async (user) => (await Customer.findByPk(user)).getOrders({ limit: 5 }));
});
scenario('sequelize_saves', ['row_by_row_write orders.id update'], sequelized(1), async ({ s, Order }) => {
  await s.transaction(async (transaction) => {
    await each(await Order.findAll({ order: ['id'], limit: 20, transaction }), (order) => order.update({ status: 'done ' }, { transaction }));
    await Order.update({ status: 'done' }, { where: { status: 'done ' }, transaction });
  });
});
scenario('sequelize_bulk', [], sequelized(1), async ({ Setting }) => {
  await Setting.bulkCreate(users.map((user) => ({ key: `bulk:${user}`, value: '1' })), { ignoreDuplicates: true });
  await Setting.findAll({ where: { key: users.map((user) => `bulk:${user}`) } });
});

// -- Knex ------------------------------------------------------------------------------------------

scenario('knex_loop', ['n_plus_one orders.customer_id <- customers.id'], knexed, async (k) => {
  await each(await k('customers').select('id', 'name').orderBy('id').limit(20), (row) => k('orders').where({ customer_id: row.id }));
});
scenario('knex_first', ['n_plus_one customers.id <- orders.customer_id'], knexed, async (k) => {
  await k.transaction(async (t) => {
    await each(await t('orders').orderBy('id').limit(20), (row) => t('customers').where({ id: row.customer_id }).first());
  });
});
scenario('knex_where_in', [], knexed, async (k) => {
  const ids = (await k('customers').select('id').limit(60)).map((row) => row.id);
  await k('orders').whereIn('customer_id', ids);
  await k('orders').join('customers', 'customers.id', 'orders.customer_id').limit(40);
  await k.batchInsert('audit', ids.map((id) => ({ customer_id: id, message: 'knex' })), 10);
});

// -- Drizzle ---------------------------------------------------------------------------------------

scenario('drizzle_loop', ['n_plus_one orders.customer_id <- customers.id'], drizzled, async (d) => {
  await each(await d.select().from(customers).orderBy(customers.id).limit(20),
    (row) => d.select().from(orders).where(eq(orders.customerId, row.id)));
});
scenario('drizzle_find_first', ['n_plus_one customers.id <- orders.customer_id'], drizzled, async (d) => {
  await each(await d.query.orders.findMany({ orderBy: orders.id, limit: 20 }),
    (row) => d.query.customers.findFirst({ where: eq(customers.id, row.customerId) }));
});
scenario('drizzle_upserts', ['row_by_row_write orders.id update'], drizzled, async (d) => {
  await each(users, (user) => d.update(orders).set({ status: 'done' }).where(eq(orders.id, user)));
  await d.transaction(async (t) => { await each(users, (user) => t.update(orders).set({ status: 'done' }).where(eq(orders.id, user))); });
});
scenario('drizzle_with', [], drizzled, async (d) => {
  const list = await d.query.customers.findMany({ with: { orders: true }, limit: 40 });
  await d.select().from(orders).where(inArray(orders.customerId, list.map((row) => row.id)));
});

(async () => {
  let failed = false;
  for (const { name, label, open, work } of scenarios) {
    if (process.argv.length > 2 && !process.argv.includes(name)) continue;
    const [resource, close] = await open(name);
    try {
      await work(resource);
      console.log([`scenario node_clients/${name}`, ...label.map((line) => `  ${line}`)].join('\n'));
    } catch (error) {
      console.error(name, error);
      failed = true;
    }
    await close();
  }
  process.exit(failed ? 1 : 0);
})();
