-- An application's schema with the indexes that its framework made, and what it asks. :scale 1 is 5 million rows.
CREATE EXTENSION IF NOT EXISTS pg_trgm;
CREATE TABLE countries (code text PRIMARY KEY, name text NOT NULL, region text NOT NULL);
CREATE TABLE categories (id int PRIMARY KEY, parent_id int, name text NOT NULL, visible boolean NOT NULL);
CREATE TABLE tenants (id int PRIMARY KEY, slug text UNIQUE NOT NULL, plan text NOT NULL);
CREATE TABLE users (id int PRIMARY KEY, tenant_id int NOT NULL REFERENCES tenants, email text NOT NULL, name text NOT NULL,
    role text NOT NULL, active boolean NOT NULL, invited_by int, settings jsonb NOT NULL, created_at timestamptz NOT NULL,
    deleted_at timestamptz);
CREATE TABLE articles (id int PRIMARY KEY, tenant_id int NOT NULL, author_id int NOT NULL, title text NOT NULL, slug text NOT NULL,
    body text NOT NULL, tags text[] NOT NULL, search tsvector NOT NULL, status text NOT NULL, views int NOT NULL,
    published_at timestamptz NOT NULL, deleted_at timestamptz) WITH (fillfactor = 80);
CREATE TABLE comments (id int PRIMARY KEY, article_id int NOT NULL REFERENCES articles, user_id int NOT NULL,
    body text NOT NULL, flagged boolean NOT NULL, created_at timestamptz NOT NULL);
CREATE INDEX comments_article_id ON comments (article_id, created_at);
CREATE TABLE products (id int PRIMARY KEY, sku text UNIQUE NOT NULL, name text NOT NULL, category_id int NOT NULL,
    price numeric NOT NULL, attributes jsonb NOT NULL, discontinued boolean NOT NULL);
CREATE TABLE orders (id int PRIMARY KEY, tenant_id int NOT NULL, user_id int NOT NULL, status text NOT NULL, reference text NOT NULL,
    total numeric NOT NULL, placed_at timestamptz NOT NULL, shipped_at timestamptz);
CREATE TABLE order_items (id int PRIMARY KEY, order_id int NOT NULL, product_id int NOT NULL, quantity int NOT NULL, price numeric NOT NULL);
CREATE TABLE jobs (id int PRIMARY KEY, queue text NOT NULL, state text NOT NULL, run_at timestamptz NOT NULL, attempts int NOT NULL,
    heartbeat_at timestamptz NOT NULL, worker int, payload jsonb NOT NULL) WITH (fillfactor = 70);
CREATE TABLE sessions (token text PRIMARY KEY, user_id int NOT NULL, seen_at timestamptz NOT NULL, data text NOT NULL) WITH (fillfactor = 70);
CREATE TABLE events (id bigint NOT NULL, tenant_id int NOT NULL, kind text NOT NULL, entity_id int NOT NULL, payload jsonb NOT NULL,
    created_at timestamptz NOT NULL, PRIMARY KEY (id, created_at)) PARTITION BY RANGE (created_at);
SELECT format('CREATE TABLE events_%s PARTITION OF events FOR VALUES FROM (%L) TO (%L)', to_char(m, 'YYYY_MM'), m, m + interval '1 month')
    FROM generate_series(timestamptz '2024-01-01', '2024-06-01', interval '1 month') m \gexec

SELECT setseed(0.5);
\set tenants 'greatest(2000 * :scale, 200)::int'
\set users '(400000 * :scale)::int'
\set articles '(300000 * :scale)::int'
\set products '(200000 * :scale)::int'
\set n_orders '(800000 * :scale)::int'
INSERT INTO countries SELECT 'C' || i, 'Country ' || i, 'R' || i % 5 FROM generate_series(1, 250) i;
INSERT INTO categories SELECT i, nullif(i / 10, 0), 'Category ' || i, i % 7 > 0 FROM generate_series(1, 200) i;
INSERT INTO tenants SELECT i, 'tenant-' || i, 'P' || i % 4 FROM generate_series(1, :tenants) i;
INSERT INTO users SELECT i, 1 + floor(random() * :tenants)::int, CASE WHEN random() < 0.2 THEN 'User' ELSE 'user' END || i || '@example.org',
    'Name ' || md5((i / 3)::text), (ARRAY['member', 'member', 'member', 'editor', 'admin'])[1 + floor(random() * 5)::int], random() < 0.9,
    CASE WHEN random() < 0.3 THEN 1 + floor(random() * :users)::int END,
    jsonb_build_object('theme', 'T' || i % 3, 'external_id', md5(i::text)), timestamptz '2020-01-01' + random() * interval '4 years',
    CASE WHEN random() < 0.03 THEN timestamptz '2024-01-01' + random() * interval '100 days' END
    FROM generate_series(1, :users) i;
INSERT INTO articles SELECT i, 1 + floor(random() * :tenants)::int, 1 + floor(random() * :users / 20)::int,
    'Title ' || md5(i::text) || ' ' || md5((i / 5)::text), 'slug-' || i, repeat(md5(i::text), 6),
    ARRAY['t' || floor(random() * 500)::int, 't' || floor(random() * 3000)::int],
    to_tsvector('simple', 'w' || floor(random() * 5000)::int || ' w' || floor(random() * 5000)::int || ' w' || floor(random() * 50)::int),
    CASE WHEN random() < 0.95 THEN 'published' WHEN random() < 0.7 THEN 'draft' ELSE 'review' END, random() * 10000,
    timestamptz '2022-01-01' + random() * interval '900 days', CASE WHEN random() < 0.4 THEN now() END
    FROM generate_series(1, :articles) i;
INSERT INTO comments SELECT i, 1 + floor(random() * :articles)::int, 1 + floor(random() * :users)::int, md5(i::text), random() < 0.004,
    timestamptz '2022-01-01' + random() * interval '900 days' FROM generate_series(1, 3 * :articles) i;
INSERT INTO products SELECT i, 'SKU-' || i, 'Product ' || md5(i::text), 1 + floor(random() * 200)::int, (1 + random() * 500)::numeric(10, 2),
    jsonb_build_object('color', 'c' || floor(random() * 40)::int, 'size', floor(random() * 50)::int, 'ean', md5(i::text)), random() < 0.3
    FROM generate_series(1, :products) i;
INSERT INTO orders SELECT i, 1 + floor(random() * :tenants)::int, 1 + floor(random() * :users)::int,
    CASE WHEN random() < 0.97 THEN 'done' WHEN random() < 0.5 THEN 'pending' WHEN random() < 0.5 THEN 'paid' ELSE 'failed' END,
    'R' || upper(md5(i::text)), (random() * 1000)::numeric(10, 2), timestamptz '2022-01-01' + i * interval '1 minute',
    CASE WHEN random() < 0.98 THEN timestamptz '2022-01-02' + i * interval '1 minute' END FROM generate_series(1, :n_orders) i;
INSERT INTO order_items SELECT i, 1 + (i / 2.5)::int, 1 + floor(random() * :products)::int, 1 + floor(random() * 9)::int, (random() * 300)::numeric(10, 2)
    FROM generate_series(1, (2.5 * :n_orders)::int) i;
INSERT INTO jobs SELECT i, 'q' || i % 6, CASE WHEN random() < 0.985 THEN 'done' ELSE 'ready' END, timestamptz '2024-01-01' + i * interval '20 seconds', 0,
    timestamptz '2024-01-01', NULL, '{"n": 1}' FROM generate_series(1, :n_orders / 4) i;
INSERT INTO sessions SELECT md5(i::text), 1 + floor(random() * :users)::int, timestamptz '2024-01-01' + random() * interval '60 days', repeat('d', 120)
    FROM generate_series(1, :users / 2) i;
INSERT INTO events SELECT i, 1 + floor(random() * :tenants)::int, 'k' || floor(random() * 12)::int, 1 + floor(random() * 60000)::int,
    jsonb_build_object('ip', md5(i::text), 'n', i % 100), timestamptz '2024-01-01' + random() * interval '180 days'
    FROM generate_series(1, :n_orders) i;
VACUUM ANALYZE;

CREATE SCHEMA bench;
-- params: an SQL expression each, with semicolons between
CREATE TABLE bench.queries (id int GENERATED ALWAYS AS IDENTITY, name text, weight int, query text, params text);
CREATE TABLE bench.sizes AS SELECT :tenants AS tenants, :users AS users, :articles AS articles, :products AS products, :n_orders AS orders;
-- n(x): from 1 to the x of bench.sizes
CREATE FUNCTION bench.n(int) RETURNS int LANGUAGE sql AS 'SELECT 1 + floor(random() * $1)::int';
CREATE FUNCTION bench.tenant() RETURNS int LANGUAGE sql AS 'SELECT bench.n(tenants) FROM bench.sizes';
CREATE FUNCTION bench.usr() RETURNS int LANGUAGE sql AS 'SELECT bench.n(users) FROM bench.sizes';
CREATE FUNCTION bench.article() RETURNS int LANGUAGE sql AS 'SELECT bench.n(articles) FROM bench.sizes';
CREATE FUNCTION bench.product() RETURNS int LANGUAGE sql AS 'SELECT bench.n(products) FROM bench.sizes';
CREATE FUNCTION bench.ord() RETURNS int LANGUAGE sql AS 'SELECT bench.n(orders) FROM bench.sizes';
INSERT INTO bench.queries (name, weight, query, params) VALUES
-- by key: served already
('user_by_id', 30, 'SELECT * FROM users WHERE id = $1', 'bench.usr()'),
('tenant_by_slug', 20, 'SELECT * FROM tenants WHERE slug = $1', $$'tenant-' || bench.tenant()$$),
('product_by_sku', 20, 'SELECT * FROM products WHERE sku = $1', $$'SKU-' || bench.product()$$),
('session', 40, 'SELECT user_id, data FROM sessions WHERE token = $1', 'md5(bench.usr()::text)'),
('touch_session', 40, 'UPDATE sessions SET seen_at = now() WHERE token = $1', 'md5(bench.usr()::text)'),
('comments_of_article', 20, 'SELECT id, body FROM comments WHERE article_id = $1 ORDER BY created_at', 'bench.article()'),
('country', 20, 'SELECT name FROM countries WHERE region = $1', $$'R' || bench.n(4)$$),
('category_children', 20, 'SELECT id, name FROM categories WHERE parent_id = $1 AND visible', 'bench.n(19)'),
('tenants_of_plan', 10, 'SELECT id, slug FROM tenants WHERE plan = $1', $$'P' || bench.n(3)$$),
-- users
('login', 20, 'SELECT id, name FROM users WHERE lower(email) = lower($1)', $$'USER' || bench.usr() || '@example.org'$$),
('members', 10, 'SELECT id, name, email FROM users WHERE tenant_id = $1 AND deleted_at IS NULL ORDER BY name LIMIT 50', 'bench.tenant()'),
('members_count', 6, 'SELECT count(*) FROM users WHERE tenant_id = $1', 'bench.tenant()'),
('active_admins', 5, 'SELECT id, email FROM users WHERE tenant_id = $1 AND role = $2 AND active', $$bench.tenant(); 'admin'$$),
('user_search', 6, 'SELECT id, name FROM users WHERE name ILIKE $1 LIMIT 10', $$'%' || substr(md5((bench.usr() / 3)::text), 4, 6) || '%'$$),
('by_external_id', 6, $$SELECT id FROM users WHERE settings ->> 'external_id' = $1$$, 'md5(bench.usr()::text)'),
('invited', 5, 'SELECT u.id, u.name FROM users u JOIN users i ON i.id = u.invited_by WHERE i.id = $1', 'bench.usr()'),
('themes', 2, $$SELECT count(*) FROM users WHERE settings ->> 'theme' = $1$$, $$'T' || bench.n(2)$$),
('inactive_users', 2, 'SELECT count(*) FROM users WHERE active', ''),
('deleted_users', 3, 'SELECT id, deleted_at FROM users WHERE deleted_at IS NOT NULL ORDER BY deleted_at DESC LIMIT 20', ''),
-- articles
('article_by_slug', 20, 'SELECT id, title, body FROM articles WHERE tenant_id = $1 AND slug = $2', $$bench.tenant(); 'slug-' || bench.article()$$),
('front_page', 10, $$SELECT id, title FROM articles WHERE tenant_id = $1 AND status = 'published' AND deleted_at IS NULL ORDER BY published_at DESC LIMIT 20$$, 'bench.tenant()'),
('by_author', 8, 'SELECT id, title FROM articles WHERE author_id = $1 ORDER BY published_at DESC LIMIT 10', 'bench.usr() / 20'),
('by_tag', 8, 'SELECT id, title FROM articles WHERE tags @> ARRAY[$1]', $$'t' || bench.n(2900)$$),
('full_text', 8, $$SELECT id, title FROM articles WHERE search @@ to_tsquery('simple', $1)$$, $$'w' || bench.n(4900)$$),
('title_search', 5, 'SELECT id, title FROM articles WHERE title LIKE $1 LIMIT 20', $$'%' || substr(md5(bench.article()::text), 5, 8) || '%'$$),
('review_queue', 5, $$SELECT id, title FROM articles WHERE status = 'review' ORDER BY published_at LIMIT 50$$, ''),
('count_view', 40, 'UPDATE articles SET views = views + 1 WHERE id = $1', 'bench.article()'),
('most_viewed', 1, 'SELECT id, title FROM articles WHERE tenant_id = $1 ORDER BY views DESC LIMIT 5', 'bench.tenant()'),
('articles_by_author_status', 3, $$SELECT count(*) FROM articles WHERE author_id = $1 AND status = $2$$, $$bench.usr() / 20; 'published'$$),
-- comments
('comments_of_user', 8, 'SELECT id, article_id, body FROM comments WHERE user_id = $1 ORDER BY created_at DESC LIMIT 20', 'bench.usr()'),
('flagged', 5, 'SELECT id, body FROM comments WHERE flagged ORDER BY created_at LIMIT 50', ''),
('comment_counts', 5, 'SELECT a.id, count(*) FROM articles a JOIN comments c ON c.article_id = a.id WHERE a.author_id = $1 GROUP BY a.id', 'bench.usr() / 20'),
('not_flagged', 1, 'SELECT count(*) FROM comments WHERE NOT flagged', ''),
('add_comment', 20, $$INSERT INTO comments VALUES ((SELECT max(id) + 1 FROM comments), $1, $2, 'x', false, now())$$, 'bench.article(); bench.usr()'),
-- products
('by_category', 8, 'SELECT id, name, price FROM products WHERE category_id = $1 AND NOT discontinued ORDER BY price LIMIT 24', 'bench.n(200)'),
('by_color', 5, 'SELECT id, name FROM products WHERE attributes @> $1::jsonb', $$'{"color": "c' || bench.n(39) || '", "size": ' || bench.n(49) || '}'$$),
('product_search', 5, 'SELECT id, name FROM products WHERE name ILIKE $1 LIMIT 20', $$'%' || substr(md5(bench.product()::text), 7, 6) || '%'$$),
('by_price', 2, 'SELECT id, name FROM products WHERE price BETWEEN $1 AND $2 ORDER BY price LIMIT 50', 'bench.n(400); 420'),
('discontinued', 1, 'SELECT count(*) FROM products WHERE discontinued', ''),
-- orders
('orders_of_user', 10, 'SELECT id, total, status FROM orders WHERE user_id = $1 ORDER BY placed_at DESC LIMIT 10', 'bench.usr()'),
('order_by_reference', 10, 'SELECT * FROM orders WHERE reference = $1', $$'R' || upper(md5(bench.ord()::text))$$),
('reference_prefix', 4, 'SELECT id, reference FROM orders WHERE reference LIKE $1 ORDER BY id LIMIT 10', $$'R' || upper(substr(md5(bench.ord()::text), 1, 7)) || '%'$$),
('pending_orders', 6, $$SELECT id, user_id FROM orders WHERE status = 'pending' ORDER BY placed_at LIMIT 100$$, ''),
('tenant_orders', 8, 'SELECT id, total FROM orders WHERE tenant_id = $1 AND placed_at >= $2 ORDER BY placed_at DESC LIMIT 50', $$bench.tenant(); timestamptz '2022-01-01' + 0.9 * bench.ord() * interval '1 minute'$$),
('tenant_order_status', 4, 'SELECT count(*) FROM orders WHERE tenant_id = $1 AND status = $2', $$bench.tenant(); (ARRAY['done','pending','paid'])[bench.n(3)]$$),
('unshipped', 4, 'SELECT id FROM orders WHERE shipped_at IS NULL ORDER BY placed_at LIMIT 50', ''),
('pay_order', 10, $$UPDATE orders SET status = 'paid' WHERE id = $1$$, 'bench.ord()'),
('done_orders', 1, $$SELECT count(*) FROM orders WHERE status = 'done'$$, ''),
('items_of_order', 20, 'SELECT product_id, quantity, price FROM order_items WHERE order_id = $1', 'bench.ord()'),
('items_of_orders', 6, 'SELECT order_id, product_id FROM order_items WHERE order_id IN ($1, $2, $3)', 'bench.ord(); bench.ord(); bench.ord()'),
('order_with_items', 8, 'SELECT o.id, i.quantity, p.name FROM orders o JOIN order_items i ON i.order_id = o.id JOIN products p ON p.id = i.product_id WHERE o.user_id = $1', 'bench.usr()'),
('sales_of_product', 5, 'SELECT sum(quantity) FROM order_items WHERE product_id = $1', 'bench.product()'),
('big_lines', 1, 'SELECT count(*) FROM order_items WHERE order_id = $1 AND quantity > $2', 'bench.ord(); bench.n(8)'),
-- jobs
('next_job', 15, $$SELECT id FROM jobs WHERE queue = $1 AND state = 'ready' ORDER BY run_at LIMIT 1 FOR UPDATE SKIP LOCKED$$, $$'q' || bench.n(5)$$),
('heartbeat', 80, 'UPDATE jobs SET heartbeat_at = now() WHERE id = $1', 'bench.ord() / 4'),
('stuck_jobs', 1, 'SELECT id FROM jobs WHERE heartbeat_at < $1', $$timestamptz '2020-01-01'$$),
('stale_sessions', 1, 'DELETE FROM sessions WHERE seen_at < $1', $$timestamptz '2000-01-01'$$),
-- events
('entity_events', 8, 'SELECT id, kind FROM events WHERE entity_id = $1 ORDER BY created_at DESC LIMIT 20', 'bench.n(60000)'),
('tenant_events', 6, 'SELECT id, kind, created_at FROM events WHERE tenant_id = $1 AND kind = $2 AND created_at >= $3 AND created_at < $4', $$bench.tenant(); 'k' || bench.n(11); '2024-02-03'; '2024-02-20'$$),
('either', 4, 'SELECT id FROM orders WHERE user_id = $1 OR reference = $2', $$bench.usr(); 'R' || upper(md5(bench.ord()::text))$$),
('sender_or_inviter', 4, 'SELECT id FROM users WHERE invited_by = $1 OR email = $2', $$bench.usr(); 'user' || bench.usr() || '@example.org'$$);

-- What a good DBA builds (needed), might build (fine), and would refuse; keys as suggest_indexes.columns, joined by ', '.
CREATE TABLE bench.answers (verdict text, name text, "table" regclass, method text, keys text, predicate text DEFAULT '');
INSERT INTO bench.answers VALUES
('needed', 'login', 'users', 'btree', 'lower\(email\)', ''),
('needed', 'members', 'users', 'btree', 'tenant_id(, (name|role|email).*)?', ''),
('needed', 'user_search', 'users', 'gin', 'name gin_trgm_ops', ''),
('needed', 'by_external_id', 'users', 'btree', '.*settings ->> ''external_id''.*', ''),
('needed', 'invited', 'users', 'btree', 'invited_by', ''),
('needed', 'deleted_users', 'users', 'btree', 'deleted_at', ''),
('needed', 'sender_or_inviter', 'users', 'btree', 'email', ''),
('needed', 'article_by_slug', 'articles', 'btree', '(tenant_id, slug|slug|slug, tenant_id)', ''),
('needed', 'front_page', 'articles', 'btree', 'tenant_id, (status, |deleted_at, )*published_at.*', ''),
('needed', 'by_author', 'articles', 'btree', 'author_id(, status)?(, published_at.*)?', ''),
('needed', 'by_tag', 'articles', 'gin', 'tags', ''),
('needed', 'full_text', 'articles', 'gin', 'search', ''),
('needed', 'title_search', 'articles', 'gin', 'title gin_trgm_ops', ''),
('needed', 'review_queue', 'articles', 'btree', '(published_at|status, published_at)', ''),
('needed', 'comments_of_user', 'comments', 'btree', 'user_id(, created_at.*)?', ''),
('needed', 'flagged', 'comments', 'btree', '(created_at|flagged, created_at)', '.*flagged.*'),
('needed', 'by_category', 'products', 'btree', 'category_id(, price)?', ''),
('needed', 'by_color', 'products', 'gin', 'attributes( jsonb_path_ops)?', ''),
('needed', 'product_search', 'products', 'gin', 'name gin_trgm_ops', ''),
('needed', 'by_price', 'products', 'btree', 'price', ''),
('needed', 'orders_of_user', 'orders', 'btree', 'user_id(, placed_at.*)?', ''),
('needed', 'order_by_reference', 'orders', 'btree', 'reference', ''),
('needed', 'pending_orders', 'orders', 'btree', '(placed_at|status, placed_at|id)', ''),
('needed', 'tenant_orders', 'orders', 'btree', 'tenant_id, (status, )?placed_at.*', ''),
-- both are compared for equality, so that either may lead; with status in front it serves done_orders as well, which takes a third less by it
('fine', 'tenant_order_status', 'orders', 'btree', 'tenant_id(, status)?|status, tenant_id', ''),
('needed', 'unshipped', 'orders', 'btree', '(placed_at|shipped_at, placed_at)', '.*'),
('needed', 'items_of_order', 'order_items', 'btree', 'order_id(, .*)?', ''),
('needed', 'sales_of_product', 'order_items', 'btree', 'product_id(, quantity)?', ''),
('needed', 'next_job', 'jobs', 'btree', '(queue, run_at|run_at|queue, state, run_at|state, queue, run_at|state, run_at)', ''),
('needed', 'entity_events', 'events', 'btree', 'entity_id(, created_at.*)?', ''),
('needed', 'tenant_events', 'events', 'btree', '(tenant_id, kind|kind, tenant_id|tenant_id)(, created_at)?(, .*)?', '');
