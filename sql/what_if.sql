-- what_if(): what the planner would make of indexes that do not exist.
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS perfaudit;
RESET client_min_messages;
CREATE SCHEMA what_if;
SET search_path = what_if;
SET max_parallel_workers_per_gather = 0;
CREATE TABLE wi (id int PRIMARY KEY, a int, b text, c int, d int, nul int, ts timestamptz);
INSERT INTO wi
SELECT i, i % 1000, 'user' || i || '@example.org', (i * 7919) % 50000, i % 30,
       CASE WHEN i % 10 = 0 THEN i END, timestamptz '2024-01-01 00:00+00' + i * interval '1 minute'
FROM generate_series(1, 50000) i;
CREATE TABLE wi2 (wi_id int, note text, big numeric(12,2));
INSERT INTO wi2 SELECT i, 'note ' || i, i / 3.0 FROM generate_series(1, 20000) i;
VACUUM ANALYZE wi;
VACUUM ANALYZE wi2;

-- one row, and what is in it
SELECT cost_after < cost_before / 5 AS cheaper, gain_pct > 80 AS gains, used,
       est_size BETWEEN 100000 AND 1000000 AS sized, plan_before, plan_after
FROM perfaudit.what_if('SELECT * FROM wi WHERE a = 5', ARRAY['CREATE INDEX ON wi (a)']);
SELECT cost_before > 0 AS b, cost_after = cost_before AS same, gain_pct, used, est_size
FROM perfaudit.what_if('SELECT * FROM wi WHERE a = 5');
-- plan text only when asked for, with the index named by what it is
SELECT regexp_replace(plan_before, '\s+\(cost[^)]*\)', '', 'g') AS before,
       regexp_replace(plan_after, '\s+\(cost[^)]*\)', '', 'g') AS after
FROM perfaudit.what_if('SELECT * FROM wi WHERE c = 5', ARRAY['CREATE INDEX ON wi (c)'], plan_text => true);

-- of several the ones that the plan uses
SELECT used FROM perfaudit.what_if('SELECT * FROM wi WHERE a = $1 AND ts > $2 ORDER BY ts LIMIT 10',
    ARRAY['CREATE INDEX ON wi (d)', 'CREATE INDEX ON wi (a, ts DESC)', 'CREATE INDEX ON wi (ts)']);
-- order, direction, nulls
SELECT used FROM perfaudit.what_if('SELECT * FROM wi ORDER BY a DESC NULLS LAST, b LIMIT 10',
    ARRAY['CREATE INDEX one ON wi (a DESC, b)', 'CREATE INDEX two ON wi (a DESC NULLS LAST, b)']);
-- expression and predicate, also when the table is not the first of the query
SELECT used FROM perfaudit.what_if('SELECT * FROM wi2, wi WHERE lower(wi.b) = wi2.note AND wi2.wi_id = 7',
    ARRAY['CREATE INDEX ON wi (lower(b))', 'CREATE INDEX ON wi2 (wi_id)']);
SELECT used FROM perfaudit.what_if('SELECT * FROM wi2 JOIN wi ON wi.c = wi2.wi_id WHERE wi.nul IS NOT NULL AND wi2.wi_id = 5',
    ARRAY['CREATE INDEX ON wi (c) WHERE nul IS NOT NULL', 'CREATE INDEX ON wi (c) WHERE nul IS NULL']);
SELECT used, est_size < 500000 AS small FROM perfaudit.what_if('SELECT * FROM wi WHERE c = 5 AND d = 3',
    ARRAY['CREATE INDEX ON wi (c) WHERE d = 3']);
-- an expression has as many values as its column, not 200
SELECT used, cost_after < 20 AS one_row FROM perfaudit.what_if('SELECT * FROM wi WHERE lower(b) = ''user7@example.org''',
    ARRAY['CREATE INDEX ON wi (lower(b))']);
-- INCLUDE: the table is not visited
SELECT regexp_replace(plan_after, '\s+\(cost[^)]*\)', '', 'g') AS after
FROM perfaudit.what_if('SELECT c, d FROM wi WHERE c BETWEEN 5 AND 50',
    ARRAY['CREATE INDEX ON wi (c) INCLUDE (d)'], plan_text => true);
-- operator class
SELECT used FROM perfaudit.what_if('SELECT * FROM wi WHERE b LIKE ''user77%''',
    ARRAY['CREATE INDEX ON wi (b text_pattern_ops)']);
-- a unique index makes the join superfluous
SELECT plan_after LIKE 'Seq Scan on wi%' AS join_removed
FROM perfaudit.what_if('SELECT wi.* FROM wi LEFT JOIN wi2 ON wi2.wi_id = wi.id',
    ARRAY['CREATE UNIQUE INDEX ON wi2 (wi_id)'], plan_text => true);
-- data changing statements, generic and not
SELECT used FROM perfaudit.what_if('UPDATE wi SET a = 1 WHERE c = $1', ARRAY['CREATE INDEX ON wi (c)']);
SELECT used FROM perfaudit.what_if('DELETE FROM wi WHERE c = 4', ARRAY['CREATE INDEX CONCURRENTLY IF NOT EXISTS x ON wi USING hash (c)']);
SELECT used FROM perfaudit.what_if('INSERT INTO wi2 SELECT id, b FROM wi WHERE c = 4', ARRAY['CREATE INDEX ON wi (c)']);
SELECT used FROM perfaudit.what_if('MERGE INTO wi USING (VALUES (1)) v(x) ON c = x WHEN MATCHED THEN UPDATE SET a = 1',
    ARRAY['CREATE INDEX ON wi (c)']);
SELECT count(*) FROM wi;

-- hiding an index that exists
CREATE INDEX wi_c ON wi (c);
SELECT cost_after > 5 * cost_before AS dearer, used FROM perfaudit.what_if('SELECT * FROM wi WHERE c = 5', hide => ARRAY['wi_c'::regclass]);
SELECT cost_after BETWEEN 0.95 * cost_before AND 1.05 * cost_before AS same, used
FROM perfaudit.what_if('SELECT * FROM wi WHERE c = 5', ARRAY['CREATE INDEX ON wi (c)'], ARRAY['wi_c'::regclass]);
DROP INDEX wi_c;

-- partitions, one with its columns in another order
CREATE TABLE wp (a int, b int, c text) PARTITION BY RANGE (a);
CREATE TABLE wp1 PARTITION OF wp FOR VALUES FROM (0) TO (1000);
CREATE TABLE wp2 (c text, gone int, b int, a int);
ALTER TABLE wp2 DROP COLUMN gone;
ALTER TABLE wp ATTACH PARTITION wp2 FOR VALUES FROM (1000) TO (2000);
INSERT INTO wp SELECT i % 2000, i, 'x' || i FROM generate_series(1, 40000) i;
ANALYZE wp;
SELECT regexp_replace(plan_after, '\s+\(cost[^)]*\)', '', 'g') AS after
FROM perfaudit.what_if('SELECT * FROM wp WHERE b = 7', ARRAY['CREATE INDEX ON wp (b)'], plan_text => true);
SELECT regexp_replace(plan_after, '\s+\(cost[^)]*\)', '', 'g') AS after
FROM perfaudit.what_if('SELECT * FROM wp WHERE a = $1 AND upper(c) = $2', ARRAY['CREATE INDEX ON wp (upper(c))'], plan_text => true);
SELECT used FROM perfaudit.what_if('SELECT * FROM wp2 WHERE c = ''x1500''', ARRAY['CREATE INDEX ON wp (c)']);
CREATE INDEX wp_b ON wp (b);
SELECT cost_after > 5 * cost_before AS dearer FROM perfaudit.what_if('SELECT * FROM wp WHERE b = 7', hide => ARRAY['wp_b'::regclass]);
-- a materialised view
CREATE MATERIALIZED VIEW wm AS SELECT * FROM wi;
ANALYZE wm;
SELECT used FROM perfaudit.what_if('SELECT * FROM wm WHERE c = 5', ARRAY['CREATE INDEX ON wm (c)']);

-- the prediction against the real index: cost within 5 %, size within 30 %
CREATE FUNCTION fidelity(query text, ddl text) RETURNS TABLE (of text, cost_ok boolean, size_ok boolean, used_ok boolean)
LANGUAGE plpgsql AS $$
DECLARE
  said record;
  plan json;
  real_cost float8;
  real_size bigint;
BEGIN
  SELECT * INTO said FROM perfaudit.what_if(query, ARRAY[ddl]);
  EXECUTE ddl;
  EXECUTE 'EXPLAIN (FORMAT json) ' || query INTO plan;
  real_cost := plan->0->'Plan'->>'Total Cost';
  SELECT pg_relation_size('fidelity_idx') INTO real_size;
  DROP INDEX fidelity_idx;
  RETURN QUERY SELECT substr(ddl, position(' ON ' IN ddl) + 4),
    said.cost_after BETWEEN real_cost * 0.95 - 0.02 AND real_cost * 1.05 + 0.02,
    said.est_size BETWEEN real_size * 0.7 AND real_size * 1.3,
    said.used = ARRAY[ddl] AND plan::text LIKE '%fidelity_idx%';
END $$;
SELECT f.* FROM (VALUES
  ('SELECT * FROM wi WHERE c = 5', 'CREATE INDEX fidelity_idx ON wi (c)'),
  ('SELECT * FROM wi WHERE a = 5', 'CREATE INDEX fidelity_idx ON wi (a)'),
  ('SELECT count(*) FROM wi WHERE d = 5', 'CREATE INDEX fidelity_idx ON wi (d)'),
  ('SELECT * FROM wi WHERE b = ''user7@example.org''', 'CREATE INDEX fidelity_idx ON wi (b)'),
  ('SELECT * FROM wi WHERE nul = 50', 'CREATE INDEX fidelity_idx ON wi (nul)'),
  ('SELECT * FROM wi WHERE a = 5 ORDER BY ts DESC LIMIT 1', 'CREATE INDEX fidelity_idx ON wi (a, ts)'),
  ('SELECT * FROM wi ORDER BY ts DESC, id LIMIT 10', 'CREATE INDEX fidelity_idx ON wi (ts DESC, id)'),
  ('SELECT c, d FROM wi WHERE c < 100', 'CREATE INDEX fidelity_idx ON wi (c) INCLUDE (d)'),
  ('SELECT * FROM wi WHERE c < 5000 AND d = 3', 'CREATE INDEX fidelity_idx ON wi (c) WHERE d = 3'),
  ('SELECT * FROM wi2 WHERE big = 5', 'CREATE INDEX fidelity_idx ON wi2 (big)'),
  ('SELECT * FROM wi JOIN wi2 ON wi2.wi_id = wi.c WHERE wi.id BETWEEN 10 AND 20', 'CREATE INDEX fidelity_idx ON wi2 (wi_id)'),
  ('SELECT max(c) FROM wi', 'CREATE INDEX fidelity_idx ON wi (c)'),
  ('SELECT * FROM wi WHERE c = 5', 'CREATE INDEX fidelity_idx ON wi USING hash (c)'),
  ('SELECT * FROM wi WHERE ts > ''2024-01-05'' AND ts < ''2024-01-06''', 'CREATE INDEX fidelity_idx ON wi (ts) WITH (fillfactor = 50)')
) v(query, ddl), fidelity(query, ddl) f;

-- access methods that the planner can cost without the index
CREATE TABLE wg (tags text[], j jsonb, r int4range, t tsvector);
INSERT INTO wg SELECT ARRAY['t' || i % 500, 'u' || i % 71], jsonb_build_object('k', i % 900),
                      int4range(i, i + 5), to_tsvector('simple', 'word' || i % 800) FROM generate_series(1, 20000) i;
VACUUM ANALYZE wg;
SELECT used FROM perfaudit.what_if('SELECT * FROM wg WHERE tags @> ARRAY[''t5'']', ARRAY['CREATE INDEX ON wg USING gin (tags)']);
SELECT used FROM perfaudit.what_if('SELECT * FROM wg WHERE j @> ''{"k": 5}''', ARRAY['CREATE INDEX ON wg USING gin (j jsonb_path_ops)']);
SELECT used FROM perfaudit.what_if('SELECT * FROM wg WHERE t @@ ''word5''', ARRAY['CREATE INDEX ON wg USING gin (t)']);
SELECT used FROM perfaudit.what_if('SELECT * FROM wg WHERE r @> $1::int', ARRAY['CREATE INDEX ON wg USING gist (r)']);
SET enable_seqscan = off;
SELECT used FROM perfaudit.what_if('SELECT * FROM wi WHERE ts > ''2024-01-05''', ARRAY['CREATE INDEX ON wi USING brin (ts)']);
RESET enable_seqscan;

-- row security guards the statistics that a predicate is estimated from
CREATE ROLE regress_wi_spy;
GRANT USAGE ON SCHEMA perfaudit TO regress_wi_spy;
GRANT USAGE, CREATE ON SCHEMA what_if TO regress_wi_spy;
CREATE TABLE guarded (id int, owner name, secret text);
INSERT INTO guarded SELECT i, 'somebody', 'secret' || i % 10 FROM generate_series(1, 5000) i;
ANALYZE guarded;
ALTER TABLE guarded ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON guarded USING (owner = current_user);
GRANT SELECT ON guarded TO regress_wi_spy;
SET ROLE regress_wi_spy;
CREATE FUNCTION leak(text, text) RETURNS boolean IMMUTABLE LANGUAGE plpgsql AS
$$ BEGIN RAISE NOTICE 'leaked %', $1; RETURN false; END $$;
CREATE OPERATOR ==> (FUNCTION = leak, LEFTARG = text, RIGHTARG = text, RESTRICT = eqsel);
SELECT est_size > 0 AS sized FROM perfaudit.what_if('SELECT 1', ARRAY['CREATE INDEX ON guarded (id) WHERE secret ==> ''x''']);
-- nobody holds a lock on an index whose table he may not read
SELECT perfaudit.what_if('SELECT 1', hide => ARRAY['wp_b'::regclass]);
RESET ROLE;
DROP OWNED BY regress_wi_spy;
REVOKE USAGE ON SCHEMA perfaudit FROM regress_wi_spy;
DROP ROLE regress_wi_spy;

-- bad input: a clear error each
SELECT perfaudit.what_if('SELECT 1', ARRAY['DROP TABLE wi']);
SELECT perfaudit.what_if('SELECT 1', ARRAY['CREATE INDEX ON nowhere (a)']);
SELECT perfaudit.what_if('SELECT 1', ARRAY['CREATE INDEX ON wi (nothing)']);
SELECT perfaudit.what_if('SELECT 1', ARRAY['CREATE INDEX ON wi (a); CREATE INDEX ON wi (b)']);
SELECT perfaudit.what_if('SELECT 1', ARRAY['CREATE INDEX ON wi (a']);
SELECT perfaudit.what_if('SELECT 1', ARRAY['']);
SELECT perfaudit.what_if('SELECT 1', ARRAY['CREATE INDEX ON wi (ctid)']);
SELECT perfaudit.what_if('SELECT 1', ARRAY['CREATE INDEX ON wi (a) WHERE tableoid = 5']);
SELECT perfaudit.what_if('SELECT 1', ARRAY['CREATE INDEX ON wi ((tableoid::int8))']);
SELECT perfaudit.what_if('SELECT 1', ARRAY['CREATE UNIQUE INDEX ON wp (b)']);
SELECT est_size > 0 AS sized FROM perfaudit.what_if('SELECT 1', ARRAY['CREATE UNIQUE INDEX ON wp (b, a)']);
SELECT perfaudit.what_if('SELECT 1', ARRAY['CREATE INDEX ON wi ((random()))']);
SELECT perfaudit.what_if('SELECT 1', ARRAY['CREATE INDEX ON wi (a) WHERE b = current_user']);
SELECT perfaudit.what_if('SELECT 1', ARRAY['CREATE INDEX ON wi (b int4_ops)']);
SELECT perfaudit.what_if('SELECT 1', ARRAY['CREATE INDEX ON wi (a COLLATE "C")']);
SELECT perfaudit.what_if('SELECT 1', ARRAY['CREATE INDEX ON wi USING hash (a, b)']);
SELECT perfaudit.what_if('SELECT 1', ARRAY['CREATE INDEX ON wi USING hash (a DESC)']);
SELECT perfaudit.what_if('SELECT 1', ARRAY['CREATE INDEX ON wi (a) WITH (fillfactor = 1000)']);
SELECT perfaudit.what_if('SELECT 1', ARRAY['CREATE INDEX ON wi USING spgist (b)']);
SELECT perfaudit.what_if('SELECT 1', ARRAY['CREATE INDEX ON wi USING nothing (b)']);
SELECT perfaudit.what_if('SELECT 1', ARRAY['CREATE INDEX ON ONLY wp (b)']);
SELECT perfaudit.what_if('SELECT 1', ARRAY['CREATE INDEX ON pg_class (relpages)']);
CREATE VIEW wv AS SELECT * FROM wi;
SELECT perfaudit.what_if('SELECT 1', ARRAY['CREATE INDEX ON wv (a)']);
CREATE FOREIGN DATA WRAPPER wi_dummy;
CREATE SERVER wi_server FOREIGN DATA WRAPPER wi_dummy;
CREATE FOREIGN TABLE wf (a int) SERVER wi_server;
SELECT perfaudit.what_if('SELECT 1', ARRAY['CREATE INDEX ON wf (a)']);
SELECT perfaudit.what_if('SELECT * FROM wi; SELECT 2');
SELECT perfaudit.what_if('SELECT * FRM wi');
SELECT perfaudit.what_if('SELECT nothing FROM wi');
SELECT perfaudit.what_if('SELECT * FROM nowhere');
SELECT perfaudit.what_if('');
SELECT perfaudit.what_if('VACUUM wi');
SELECT perfaudit.what_if('EXPLAIN SELECT 1');
SELECT perfaudit.what_if('CREATE TABLE wx AS SELECT 1');
SELECT perfaudit.what_if('SELECT 1 INTO wx');
SELECT perfaudit.what_if(NULL);
SELECT perfaudit.what_if('SELECT 1', NULL);
SELECT perfaudit.what_if('SELECT 1', ARRAY[NULL::text]);
SELECT perfaudit.what_if('SELECT 1', hide => ARRAY[NULL::regclass]);
SELECT perfaudit.what_if('SELECT 1', hide => ARRAY['wi'::regclass]);
SELECT perfaudit.what_if('SELECT 1', hide => ARRAY['wi_pkey'::regclass]);
SELECT perfaudit.what_if('SELECT 1', hide => ARRAY[4000000000::regclass]);
CREATE RULE wr AS ON INSERT TO wv DO INSTEAD (INSERT INTO wi2 VALUES (NEW.id, NEW.b); INSERT INTO wi2 VALUES (NEW.id, NEW.b));
SELECT perfaudit.what_if('INSERT INTO wv (id) VALUES (1)');

-- privileges are those of the caller
CREATE ROLE regress_wi_reader;
GRANT USAGE ON SCHEMA perfaudit, what_if TO regress_wi_reader;
SET ROLE regress_wi_reader;
SELECT perfaudit.what_if('SELECT * FROM wi WHERE a = 5');
SELECT perfaudit.what_if('SELECT 1', ARRAY['CREATE INDEX ON wi (a)']);
RESET ROLE;
GRANT SELECT (a) ON wi TO regress_wi_reader;
SET ROLE regress_wi_reader;
SELECT used FROM perfaudit.what_if('SELECT a FROM wi WHERE a = 5', ARRAY['CREATE INDEX ON wi (a)']);
SELECT perfaudit.what_if('SELECT a FROM wi WHERE a = 5', ARRAY['CREATE INDEX ON wi (a) WHERE c = 3']);
RESET ROLE;

-- nothing is left behind: not after success, error or cancel, not in a cached plan
PREPARE cached (int) AS SELECT * FROM wi WHERE c = $1;
SET plan_cache_mode = force_generic_plan;
EXPLAIN (COSTS off) EXECUTE cached(5);
SELECT used FROM perfaudit.what_if('SELECT * FROM wi WHERE c = $1', ARRAY['CREATE INDEX ON wi (c)']);
EXPLAIN (COSTS off) EXECUTE cached(5);
EXPLAIN (COSTS off) SELECT * FROM wi WHERE c = 5;
RESET plan_cache_mode;
-- statements that planning runs see real indexes only
CREATE FUNCTION planned_call(x int) RETURNS int IMMUTABLE LANGUAGE plpgsql AS
$$ DECLARE n int; BEGIN SELECT count(*) INTO n FROM wi WHERE c = x; RETURN n; END $$;
SELECT used FROM perfaudit.what_if('SELECT * FROM wi WHERE c = planned_call(5)', ARRAY['CREATE INDEX ON wi (c)']);
SELECT planned_call(5);
-- an error and a cancel while the index is supposed: the second time it is planned
CREATE SEQUENCE times;
CREATE FUNCTION planned_error(x int) RETURNS int IMMUTABLE LANGUAGE plpgsql AS
$$ BEGIN IF nextval('times') > 1 THEN RAISE EXCEPTION 'planned error'; END IF; RETURN x; END $$;
SELECT perfaudit.what_if('SELECT * FROM wi WHERE c = planned_error(5)', ARRAY['CREATE INDEX ON wi (c)']);
SELECT last_value FROM times;
EXPLAIN (COSTS off) SELECT * FROM wi WHERE c = 5;
CREATE FUNCTION planned_sleep(x int) RETURNS int IMMUTABLE LANGUAGE plpgsql AS
$$ BEGIN IF nextval('times') > 1 THEN PERFORM pg_sleep(60); END IF; RETURN x; END $$;
SELECT setval('times', 1, false);
SET statement_timeout = '200ms';
\set VERBOSITY terse
SELECT perfaudit.what_if('SELECT * FROM wi WHERE c = planned_sleep(5)', ARRAY['CREATE INDEX ON wi (c)']);
\set VERBOSITY default
RESET statement_timeout;
EXPLAIN (COSTS off) SELECT * FROM wi WHERE c = 5;
SELECT count(*) AS indexes FROM pg_index WHERE indrelid IN ('wi'::regclass, 'wi2'::regclass, 'wg'::regclass, 'wm'::regclass);

DROP SERVER wi_server CASCADE;
DROP FOREIGN DATA WRAPPER wi_dummy;
REVOKE USAGE ON SCHEMA perfaudit FROM regress_wi_reader;
SET client_min_messages = warning;
DROP SCHEMA what_if CASCADE;
DROP ROLE regress_wi_reader;
