-- suggest_indexes_for(): which indexes are chosen where not all can be had, and partial ones beside a full one.
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS perfaudit;
RESET client_min_messages;
CREATE SCHEMA suggest_search;
SET search_path = suggest_search;
SET max_parallel_workers_per_gather = 0;
-- scans of one cost twice those of the other, its index takes nine times as much
CREATE TABLE many (id int PRIMARY KEY, k int, filler text);
CREATE TABLE wide (id int PRIMARY KEY, k int, filler text);
ALTER TABLE wide ALTER filler SET STORAGE PLAIN;
INSERT INTO many SELECT i, i * 7, repeat('x', 200) FROM generate_series(1, 60000) i;
INSERT INTO wide SELECT i, i * 7, repeat('x', 1500) FROM generate_series(1, 6000) i;
CREATE TABLE outgoing (id int PRIMARY KEY, topic text, sent timestamp);
INSERT INTO outgoing SELECT i, 'topic ' || i % 8, CASE WHEN i % 600 <> 0 THEN timestamp '2026-01-01' END FROM generate_series(1, 60000) i;
VACUUM ANALYZE many, wide, outgoing;
\set both 'SELECT m.filler, w.filler FROM many m, wide w WHERE m.k = 700 AND w.k = 77'
\set advised 'SELECT "table", columns, predicate FROM perfaudit.suggest_indexes_for'

-- room for both
:advised(:'both', max_ms => 60000) WHERE action = 'create' ORDER BY 1;
-- for one: the one that gains more, not the one that gains more a megabyte
:advised(:'both', max_ms => 60000, max_indexes => 1) WHERE action = 'create';
-- the same where the larger fits, and both do not; and where only the smaller does
:advised(:'both', max_ms => 60000, storage_budget => 1400000) WHERE action = 'create';
:advised(:'both', max_ms => 60000, storage_budget => 1000000) WHERE action = 'create';

-- a hundredth of what an index gains may be most of what is left: no smaller one then
CREATE TABLE lines (part int, supplier int, note text);
INSERT INTO lines SELECT i / 30, i % 30, repeat('x', 400) FROM generate_series(1, 60000) i;
VACUUM ANALYZE lines;
:advised('SELECT id, (SELECT count(note) FROM lines WHERE part = w.id AND supplier = w.k) FROM wide w', max_ms => 60000) WHERE action = 'create';

-- the primary key gives the order, but few rows of it are wanted
SELECT perfaudit.reset() >= 0 AS reset;
\o /dev/null
SELECT id, topic FROM outgoing WHERE sent IS NULL ORDER BY id LIMIT 10;
SELECT id, topic FROM outgoing WHERE sent IS NULL ORDER BY id LIMIT 10;
\o
SELECT "table", columns, predicate FROM perfaudit.suggest_indexes(max_ms => 60000) WHERE action = 'create';
SET client_min_messages = warning;
DROP SCHEMA suggest_search CASCADE;
