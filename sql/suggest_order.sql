-- suggest_indexes(): orders that are no plain columns: expressions, distances; GiST behind equalities, an extension's classes; no key too many.
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS perfaudit;
CREATE SCHEMA suggest_order;
SET search_path = suggest_order, public;
CREATE EXTENSION btree_gist;
CREATE EXTENSION hstore;
RESET client_min_messages;
SET max_parallel_workers_per_gather = 0;
CREATE TABLE songs (id int PRIMARY KEY, num int, artist int, title text, meta jsonb, plays int, gone boolean, filler text);
INSERT INTO songs SELECT i, i, (i * 7919) % 2000, 'T' || md5(i::text), jsonb_build_object('sku', md5((i + 7)::text)), i % 9000, i % 50 > 0, repeat('x', 100) FROM generate_series(1, 20000) i;
CREATE TABLE spots (id int PRIMARY KEY, pos point, filler text);
INSERT INTO spots SELECT i, point(i * 7919 % 1009, i * 31 % 997), repeat('x', 100) FROM generate_series(1, 20000) i;
CREATE TABLE bookings (id int PRIMARY KEY, room int, during int4range, filler text);
INSERT INTO bookings SELECT i, i % 200, int4range(i, i + 400), repeat('x', 100) FROM generate_series(1, 20000) i;
CREATE TABLE bags (id int PRIMARY KEY, bag hstore, filler text);
INSERT INTO bags SELECT i, hstore('k' || i % 3000, i::text), repeat('x', 100) FROM generate_series(1, 20000) i;
VACUUM ANALYZE;
\set advice 'SELECT ddl, cost_after < cost_before / 10 AS cheaper, n_queries FROM perfaudit.suggest_indexes(max_ms => 60000) WHERE action = ''create'' ORDER BY ddl;'
\set for 'SELECT ddl FROM perfaudit.suggest_indexes_for'

-- the order of an expression, alone, behind what is compared and of the rows of a partial index
:for('SELECT id FROM songs ORDER BY lower(title) LIMIT 10');
:for('SELECT id FROM songs WHERE artist = 7 ORDER BY lower(title) DESC, num LIMIT 1');
:for('SELECT id FROM songs WHERE NOT gone ORDER BY meta ->> ''sku'' DESC NULLS LAST LIMIT 10');
-- that of no table, or of none that could be kept
:for('SELECT id FROM songs ORDER BY random() LIMIT 10');
:for('SELECT id FROM songs ORDER BY abs(plays - $1) LIMIT 10');
:for('SELECT s.id FROM songs s JOIN spots p USING (id) ORDER BY s.num + p.id LIMIT 10');

-- what is nearest, written either way; not what is farthest, nor all of it
:for('SELECT id FROM spots ORDER BY pos <-> point(7, 7) LIMIT 5');
:for('SELECT id, $1 <-> s.pos AS far FROM (SELECT * FROM spots) s ORDER BY far LIMIT 5');
:for('SELECT id FROM spots ORDER BY pos <-> point(7, 7) DESC LIMIT 5');
:for('SELECT id FROM spots ORDER BY pos <-> point(7, 7)');
-- beside a condition, the same index
:for('SELECT id FROM spots WHERE pos <@ box ''((0,0),(400,400))'' ORDER BY pos <-> point(7, 7) LIMIT 5');

-- a room's bookings: one index, as an exclusion constraint has it
:for('SELECT id FROM bookings WHERE room = 8 AND during && int4range(7000, 7200)');
-- classes of extensions serve their own operators, not <> of integers
:for('SELECT id FROM bags WHERE bag @> ''k7=>7''');
:for('SELECT id FROM bags WHERE bag ? ''k7''');
:for('SELECT id FROM songs WHERE num <> 7');

-- a key that nobody needs is none, though its column took no more room
SELECT perfaudit.reset() >= 0 AS reset;
\o /dev/null
\set ECHO none
SELECT format('SELECT id FROM songs WHERE num = %s OR artist = %s', i, i + 7) FROM generate_series(1, 20) i \gexec
SELECT format('SELECT id, plays FROM songs WHERE artist = %s ORDER BY plays DESC LIMIT 3', i) FROM generate_series(1, 20) i \gexec
SELECT format('WITH s AS (SELECT num FROM songs WHERE artist = %s) SELECT count(*) FROM bookings b JOIN s ON s.num = b.room', i) FROM generate_series(1, 5) i \gexec
\set ECHO all
\o
SELECT columns, cost_after < cost_before / 10 AS cheaper, n_queries FROM perfaudit.suggest_indexes(max_ms => 60000) WHERE ddl ~ 'songs_num';

-- a literal that each text has another one for is in no index
SELECT perfaudit.reset() >= 0 AS reset;
\o /dev/null
\set ECHO none
SELECT format('SELECT id FROM songs ORDER BY abs(plays - %s) LIMIT 5', i) FROM generate_series(1, 100) i \gexec
SELECT format('SELECT id FROM songs WHERE substr(title, %s, 3) = %L', 1 + i % 9, 'x' || i) FROM generate_series(1, 100) i \gexec
SELECT format('SELECT id FROM songs WHERE upper(left(title, 4)) = %L', 'x' || i) FROM generate_series(1, 100) i \gexec
\set ECHO all
\o
:advice

SET client_min_messages = warning;
DROP SCHEMA suggest_order CASCADE;
