-- What is asked for in no order, and a list that has most of it: where there are but few
-- values, by chance; where there are many, or one follows the list, because it came from there.
-- Times decide nothing here: no burst ends by itself, no repeat is told for its time.
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS perfaudit;
RESET client_min_messages;
SET perfaudit.burst_gap = '60s';
SET perfaudit.burst_max_time = '1h';
SET perfaudit.repeat_report_time = '1h';
CREATE SCHEMA values_by_chance;
SET search_path = values_by_chance;

-- Keys with gaps; rooms has few rows, guests many.
CREATE TABLE rooms (id text PRIMARY KEY, name text);
CREATE TABLE guests (id bigint PRIMARY KEY, name text);
CREATE TABLE halls (id int PRIMARY KEY, name text);
CREATE TABLE stays (id int PRIMARY KEY, room_id text REFERENCES rooms, guest_id bigint REFERENCES guests);
CREATE TABLE events (id int PRIMARY KEY, hall_id int REFERENCES halls, other_id int REFERENCES halls);
INSERT INTO rooms SELECT 'room ' || i, 'Room' FROM generate_series(1, 12) i;
INSERT INTO guests SELECT 1000 + i * 37, 'Guest' FROM generate_series(1, 300) i;
INSERT INTO halls SELECT i, 'Hall' FROM generate_series(1, 40) i;
INSERT INTO stays SELECT i, 'room ' || 1 + abs(hashint4(i) % 12), 1037 + 37 * abs(hashint4(i + 7) % 300) FROM generate_series(1, 48) i;
INSERT INTO events SELECT i, 1 + abs(hashint4(i + 3) % 40), 1 + abs(hashint4(i + 90) % 40) FROM generate_series(1, 60) i;
CREATE TABLE shows (id int PRIMARY KEY, hall_id int REFERENCES halls);
INSERT INTO shows SELECT i, 1 + abs(hashint4(i) % 12) FROM generate_series(1, 48) i;
CREATE TABLE lots (id text PRIMARY KEY, name text) WITH (autovacuum_enabled = off);
CREATE TABLE cars (id int PRIMARY KEY, lot_id text REFERENCES lots);
INSERT INTO lots SELECT 'lot ' || i, 'Lot' FROM generate_series(1, 12) i;
INSERT INTO cars SELECT i, 'lot ' || 1 + abs(hashint4(i) % 12) FROM generate_series(1, 48) i;
CREATE TABLE berths (id text PRIMARY KEY, name text) WITH (autovacuum_enabled = off);
CREATE TABLE ships (id int PRIMARY KEY, berth_id text REFERENCES berths, old_berth_id text REFERENCES berths);
INSERT INTO berths SELECT 'berth ' || i, 'Berth' FROM generate_series(1, 300) i;
INSERT INTO ships SELECT i, 'berth ' || 1 + abs(hashint4(i) % 300), 'berth ' || 1 + abs(hashint4(i + 90) % 300) FROM generate_series(1, 40) i;
ANALYZE rooms, guests;
\set stays 'SELECT id, room_id, guest_id FROM stays ORDER BY id;'
\set found 'SELECT relation, coalesce((evidence->>''parent_table'') || ''.'' || (evidence->>''parent_column''), ''unknown'') AS parent, evidence->>''n_max'' AS n FROM perfaudit.findings WHERE kind = ''n_plus_one'' ORDER BY query;'
\set room 'SELECT format(''SELECT name FROM rooms WHERE id = %L'', id)'
\set lot 'SELECT format(''SELECT name FROM lots WHERE id = %L'', id)'
\set berth 'SELECT format(''SELECT name FROM berths WHERE id = %L'', id)'
\set guest 'SELECT format(''SELECT name FROM guests WHERE id = %s'', id)'
\set hall 'SELECT format(''SELECT name FROM halls WHERE id = %s'', id)'

\set ECHO none
\echo From the list:
\echo - some of very many, as a set has them
SET perfaudit.unit = 'set';
\o /dev/null
SELECT perfaudit.reset();
BEGIN;
:stays
:guest FROM (SELECT DISTINCT guest_id AS id FROM stays) s ORDER BY hashint8(id) \gexec
COMMIT;
\o
:found
\echo - some of those of a table that was never analysed: the server has counted its rows as they were written; in a burst, too
SET perfaudit.unit = 'never analysed, many';
\o /dev/null
SELECT perfaudit.reset();
SELECT id, berth_id FROM ships ORDER BY id;
:berth FROM (SELECT DISTINCT berth_id AS id FROM ships) s ORDER BY hashtext(id) \gexec
\o
:found
\echo - of each row, in any order
SET perfaudit.unit = 'shuffled';
\o /dev/null
SELECT perfaudit.reset();
BEGIN;
:stays
:guest FROM (SELECT id AS row, guest_id AS id FROM stays) s ORDER BY hashint4(row) \gexec
COMMIT;
\o
:found
\echo - of few, each when it is first met, as a client that keeps what it got has them; in a burst, too
SET perfaudit.unit = 'kept';
\o /dev/null
SELECT perfaudit.reset();
BEGIN;
:stays
:room FROM (SELECT room_id AS id, min(id) AS row FROM stays GROUP BY 1) s ORDER BY row \gexec
COMMIT;
\o
:found
SET perfaudit.unit = 'kept in a burst';
\o /dev/null
SELECT perfaudit.reset();
SELECT id, hall_id FROM shows ORDER BY id;
:hall FROM (SELECT hall_id AS id, min(id) AS row FROM shows GROUP BY 1) s ORDER BY row \gexec
\o
:found
\echo - of short lists, each once; the column that has them all, not the one that has some
SET perfaudit.unit = 'short lists';
\o /dev/null
SELECT perfaudit.reset();
BEGIN;
SELECT query FROM (SELECT id AS row, 0 AS n, format('SELECT id, other_id, hall_id FROM events WHERE id BETWEEN %s AND %s ORDER BY id', id, id + 2) AS query FROM events WHERE id % 3 = 1
    UNION ALL SELECT min(id), 1, format('SELECT name FROM halls WHERE id = %s', hall_id) FROM events GROUP BY hall_id) s ORDER BY (row - 1) / 3, n, row \gexec
COMMIT;
\o
:found

\echo By chance, no parent is named:
\echo - one of few, again and again
SET perfaudit.unit = 'few';
\o /dev/null
SELECT perfaudit.reset();
BEGIN;
:stays
:room FROM (SELECT i, 'room ' || 1 + abs(hashint4(i + 600) % 12) AS id FROM generate_series(1, 60) i) s ORDER BY i \gexec
COMMIT;
\o
:found
\echo - all of a table, each once; in a burst, nothing is said
SET perfaudit.unit = 'all';
\o /dev/null
SELECT perfaudit.reset();
BEGIN;
:stays
:room FROM rooms ORDER BY hashtext(id) \gexec
COMMIT;
\o
:found
SET perfaudit.unit = 'all in a burst';
\o /dev/null
SELECT perfaudit.reset();
:stays
:room FROM rooms ORDER BY hashtext(id) \gexec
\o
:found
\echo - also where it is not known that it is all
SET perfaudit.unit = 'a cache is filled';
\o /dev/null
SELECT perfaudit.reset();
SELECT id, lot_id FROM cars ORDER BY id;
:lot FROM lots ORDER BY length(id), id \gexec
\o
:found
\echo - nor in one transaction: the server knows how many rows there are without ANALYZE, be they of this transaction
SET perfaudit.unit = 'never analysed';
\o /dev/null
SELECT perfaudit.reset();
BEGIN;
SELECT id, lot_id FROM cars ORDER BY id;
:lot FROM lots ORDER BY hashtext(id) \gexec
COMMIT;
\o
:found
SET perfaudit.unit = 'emptied and filled';
\o /dev/null
SELECT perfaudit.reset();
BEGIN;
TRUNCATE lots, cars;
INSERT INTO lots SELECT 'lot ' || i, 'Lot' FROM generate_series(1, 9) i;
SAVEPOINT more;
INSERT INTO lots SELECT 'lot ' || i, 'Lot' FROM generate_series(10, 12) i;
INSERT INTO cars SELECT i, 'lot ' || 1 + abs(hashint4(i) % 12) FROM generate_series(1, 48) i;
SELECT id, lot_id FROM cars ORDER BY id;
:lot FROM lots ORDER BY hashtext(id) \gexec
COMMIT;
\o
:found
\echo - some of which a list that is read now and then has some
SET perfaudit.unit = 'now and then';
\o /dev/null
SELECT perfaudit.reset();
BEGIN;
SELECT CASE WHEN n = 0 THEN 'SELECT id, hall_id FROM events WHERE id <= 12 ORDER BY id' ELSE format('SELECT name FROM halls WHERE id = %s', 1 + abs(hashint4(i + 40) % 40)) END
FROM generate_series(1, 60) i, generate_series(0, 1) n WHERE n = 1 OR i IN (1, 14, 21, 43, 45) ORDER BY i, n \gexec
COMMIT;
\o
:found
\echo - of a long list of which not all is kept, three of four
SET perfaudit.unit = 'long';
\o /dev/null
SELECT perfaudit.reset();
BEGIN;
SELECT id, hall_id, other_id, id + 1000, id + 2000 FROM events ORDER BY id;
:hall FROM (SELECT i, 1 + abs(hashint4(i + 640) % 40) AS id FROM generate_series(1, 60) i) s ORDER BY i \gexec
COMMIT;
\o
:found
\set ECHO all
SET client_min_messages = warning;
DROP SCHEMA values_by_chance CASCADE;
