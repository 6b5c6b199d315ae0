-- Fills the shop with about 2.6 million rows, the same on every run apart from the dates, which end now.
-- Must never be run on tables that hold data: it only inserts.

SELECT setseed(0.15) \g /dev/null
SET client_min_messages = notice;

\echo users: 200,000 rows
INSERT INTO users (id, name, email, country, created_at)
SELECT id,
       (ARRAY['Ada', 'Blaise', 'Chien', 'Dorothy', 'Edsger', 'Frances', 'Grace', 'Hedy'])[1 + id % 8]
           || ' ' || initcap(translate(to_hex(id * 7919::bigint), '0123456789', 'ghijklmnop')),
       'user' || id || '@example.com',
       (ARRAY['DE', 'FR', 'IN', 'JP', 'NG', 'US'])[1 + id % 6],
       now() - interval '720 days' * (1 - id / 200000.0)
  FROM generate_series(1, 200000) AS id;

\echo conversations: 50,000 rows, two members each; the first five are channels of 20,000 messages
INSERT INTO conversations (id, title, updated_at)
SELECT id, CASE WHEN id <= 5 THEN 'channel ' ELSE 'conversation ' END || id, now() - random() * interval '90 days'
  FROM generate_series(1, 50000) AS id;

-- Users 1 to 500 are the agents; every conversation has one of them and one customer.
INSERT INTO memberships (user_id, conversation_id, last_read_id)
SELECT 1 + id % 500, id, 900000 + (random() * 100000)::bigint FROM generate_series(1, 50000) AS id
UNION ALL
SELECT 501 + floor(random() * 199500), id, 900000 + (random() * 100000)::bigint
  FROM generate_series(1, 50000) AS id;

DO $$
BEGIN
    FOR quarter IN 0..3 LOOP
        INSERT INTO messages (id, conversation_id, sender_id, gateway_id, body, created_at)
        SELECT id,
               CASE WHEN random() < 0.1 THEN 1 + floor(random() * 5) ELSE 6 + floor(random() * 49995) END,
               1 + floor(random() * 200000),
               id * 2654435761 % 4294967296,
               'Message ' || id || ': ' || repeat('the parcel is on its way. ', 1 + id % 5),
               now() - interval '180 days' * (1 - id / 1000000.0)
          FROM generate_series(quarter * 250000 + 1, (quarter + 1) * 250000) AS id;
        RAISE NOTICE 'messages: % of 1,000,000 rows', to_char((quarter + 1) * 250000, 'FM9,999,999');
    END LOOP;
END
$$;

\echo artifacts: 200,000 rows, in 20,000 collections with 600,000 links between them
INSERT INTO artifacts (id, owner_id, title, price)
SELECT id, 1 + floor(random() * 200000),
       (ARRAY['blue', 'copper', 'folded', 'heavy', 'little', 'old', 'quiet', 'round'])[1 + id % 8]
           || ' ' || (ARRAY['anchor', 'bell', 'compass', 'drum', 'easel', 'flute', 'globe'])[1 + id % 7]
           || ' q' || translate(to_hex(id * 104729::bigint), '0123456789', 'ghijklmnop') || 'z',
       1 + (random() * 500)::numeric(10, 2)
  FROM generate_series(1, 200000) AS id;
INSERT INTO collections (id, owner_id, name)
SELECT id, 1 + id % 500, 'collection ' || id FROM generate_series(1, 20000) AS id;
INSERT INTO collection_artifacts (collection_id, artifact_id)
SELECT 1 + floor(random() * 20000), 1 + floor(random() * 200000) FROM generate_series(1, 600000)
    ON CONFLICT DO NOTHING;

\echo queue sessions: 120,000 rows, every sixth still waiting; orders: 300,000 rows
INSERT INTO queue_sessions (id, user_id, status, joined_at)
SELECT id, 1 + floor(random() * 200000),
       CASE WHEN id % 6 = 0 THEN 'waiting' WHEN id % 2 = 0 THEN 'served' ELSE 'left' END,
       now() - interval '2 days' * (1 - id / 120000.0)
  FROM generate_series(1, 120000) AS id;
INSERT INTO orders (id, user_id, status, total, created_at)
SELECT id, 1 + floor(random() * 200000),
       (ARRAY['paid', 'shipped', 'returned', 'refunded', 'open'])[1 + floor(random() * 5)::int],
       5 + (random() * 400)::numeric(10, 2),
       now() - interval '180 days' * (1 - id / 300000.0)
  FROM generate_series(1, 300000) AS id;

\echo foreign keys, indexes and statistics
ALTER TABLE memberships
    ADD FOREIGN KEY (user_id) REFERENCES users,
    ADD FOREIGN KEY (conversation_id) REFERENCES conversations;
ALTER TABLE messages
    ADD FOREIGN KEY (conversation_id) REFERENCES conversations,
    ADD FOREIGN KEY (sender_id) REFERENCES users;
ALTER TABLE artifacts ADD FOREIGN KEY (owner_id) REFERENCES users;
ALTER TABLE collections ADD FOREIGN KEY (owner_id) REFERENCES users;
ALTER TABLE collection_artifacts
    ADD FOREIGN KEY (collection_id) REFERENCES collections,
    ADD FOREIGN KEY (artifact_id) REFERENCES artifacts;
ALTER TABLE queue_sessions ADD FOREIGN KEY (user_id) REFERENCES users;
ALTER TABLE orders ADD FOREIGN KEY (user_id) REFERENCES users;

CREATE INDEX ON users (name_folded);
CREATE INDEX ON messages (conversation_id);
CREATE INDEX ON messages (created_at);
CREATE INDEX ON artifacts USING gin (title_words);
CREATE INDEX ON collections (owner_id);
CREATE INDEX ON collection_artifacts (artifact_id);
CREATE INDEX ON queue_sessions (joined_at) WHERE status = 'waiting';
CREATE INDEX ON orders (user_id);

VACUUM (ANALYZE) users, conversations, memberships, messages, artifacts, collections, collection_artifacts,
    queue_sessions, orders;
