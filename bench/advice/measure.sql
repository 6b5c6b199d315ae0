-- What the sets of indexes in bench.sets (label, ddl) are worth, in bench.results. All indexes of all sets are built once; those
-- of the other sets are made invisible and left alone by writes. Each set is measured in turn, several times over, so that all
-- meet the same machine. A statement that takes longer than :cap milliseconds counts as that. Where its plan is the same under
-- several sets, what was measured under any of them is measured of all.
\set QUIET on
\pset tuples_only on
\pset format unaligned
SET perfaudit.enabled = off;
SET client_min_messages = error;
DROP TABLE IF EXISTS bench.built;
CREATE TABLE bench.built (n int GENERATED ALWAYS AS IDENTITY, ddl text UNIQUE, oids oid[], bytes bigint);
UPDATE bench.sets SET ddl = regexp_replace(replace(ddl, ' CONCURRENTLY', ''), '^CREATE INDEX .*?ON (ONLY )?', 'CREATE INDEX ON ');
INSERT INTO bench.built (ddl) SELECT DISTINCT ddl FROM bench.sets WHERE ddl IS NOT NULL ORDER BY 1;
-- pg_qualstats' advisor proposes some that cannot be built
\set ON_ERROR_STOP off
SELECT regexp_replace(ddl, '^CREATE INDEX ', 'CREATE INDEX bench_set_' || n || ' ') FROM bench.built ORDER BY n \gexec
\set ON_ERROR_STOP on
UPDATE bench.built SET oids = ARRAY(SELECT relid FROM pg_partition_tree(to_regclass('bench_set_' || n)) UNION SELECT to_regclass('bench_set_' || n)) WHERE to_regclass('bench_set_' || n) IS NOT NULL;
UPDATE bench.built SET bytes = (SELECT sum(pg_relation_size(o)) FROM unnest(oids) o);
-- once for all: each sample is another
SELECT DISTINCT format('ANALYZE %s', i.indrelid::regclass) FROM bench.built b JOIN pg_index i ON i.indexrelid = ANY (b.oids) JOIN pg_class c ON c.oid = i.indrelid WHERE i.indexprs IS NOT NULL AND NOT c.relispartition \gexec
CREATE OR REPLACE FUNCTION bench.use(set_label text, all_of_them boolean DEFAULT false) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    UPDATE pg_index i SET indisvalid = u.used, indisready = u.used, indislive = u.used
    FROM (SELECT o, all_of_them OR EXISTS (SELECT FROM bench.sets s WHERE s.ddl = b.ddl AND s.label = set_label) AS used FROM bench.built b, unnest(b.oids) o) u
    WHERE i.indexrelid = u.o AND i.indislive <> u.used;
    -- sessions read their lists of indexes again
    UPDATE pg_class SET relpages = relpages WHERE oid IN (SELECT indrelid FROM pg_index WHERE indexrelid IN (SELECT unnest(oids) FROM bench.built));
END $$;
CREATE TEMP TABLE labels AS SELECT row_number() OVER () AS pos, label FROM (SELECT label, min(id) FROM bench.sets GROUP BY label ORDER BY 2) l;
DROP TABLE IF EXISTS bench.plans;
CREATE TABLE bench.plans (label text, id int, cost float8, plan text, PRIMARY KEY (label, id));
CREATE FUNCTION pg_temp.plan(query text) RETURNS json LANGUAGE plpgsql AS $$
DECLARE
    plan json;
BEGIN
    EXECUTE 'EXPLAIN (FORMAT JSON) ' || query INTO plan;
    RETURN plan;
END $$;
-- The same plan takes the same time under every set; what writes has all indexes of its own set to write to.
SELECT CASE step WHEN 0 THEN format('SELECT bench.use(%L)', label)
       ELSE format('INSERT INTO bench.plans SELECT %1$L, id, (p -> 0 -> ''Plan'' ->> ''Total Cost'')::float8, md5(p::text || CASE WHEN query ~* ''^SELECT'' THEN '''' ELSE %1$L END) FROM bench.instances, pg_temp.plan(query) p', label) END
FROM labels, generate_series(0, 1) step ORDER BY pos, step \gexec
SELECT format('SET statement_timeout = %s', :cap) \gexec
\set ON_ERROR_STOP off
SELECT CASE step WHEN 0 THEN format('SELECT bench.use(%L)', label)
       ELSE format('INSERT INTO bench.measured SELECT %1$L, id, bench.ms(query) FROM bench.instances i WHERE id = %2$s AND (%3$s = 1 OR EXISTS (SELECT FROM bench.measured m WHERE m.id = i.id AND m.label = %1$L AND m.ms < 3000))', label, step, round) END
FROM generate_series(1, :rounds) round, labels, generate_series(0, (SELECT max(id) FROM bench.instances)) step ORDER BY round, pos, step \gexec
-- Sets of two indexes are close to each other: where their plans differ, more often.
CREATE TEMP TABLE differing AS SELECT id FROM bench.plans WHERE label ~ '\mtwo\M' GROUP BY id HAVING count(DISTINCT plan) > 1;
SELECT CASE WHEN d.id IS NULL THEN format('SELECT bench.use(%L)', label)
       ELSE format('INSERT INTO bench.measured SELECT %1$L, id, bench.ms(query) FROM bench.instances i WHERE id = %2$s AND EXISTS (SELECT FROM bench.measured m WHERE m.id = i.id AND m.label = %1$L AND m.ms < 3000)', label, d.id) END
FROM generate_series(1, 6) round, labels, (SELECT NULL AS id UNION ALL SELECT id FROM differing) d WHERE label ~ '\mtwo\M' ORDER BY round, pos, d.id NULLS FIRST \gexec
\set ON_ERROR_STOP on
RESET statement_timeout;
INSERT INTO bench.results (label, indexes, bytes, cost, ms, cut)
    SELECT l.label, (SELECT count(*) FROM bench.sets s JOIN bench.built b USING (ddl) WHERE s.label = l.label AND b.oids IS NOT NULL),
           (SELECT coalesce(sum(b.bytes), 0) FROM bench.sets s JOIN bench.built b USING (ddl) WHERE s.label = l.label), t.cost, t.ms, t.cut
    FROM labels l,
         LATERAL (SELECT sum(i.weight * p.cost) AS cost, sum(i.weight * coalesce(b.ms, :cap)) AS ms, count(*) FILTER (WHERE b.ms IS NULL) AS cut
                  FROM bench.instances i JOIN bench.plans p ON p.label = l.label AND p.id = i.id
                       LEFT JOIN (SELECT id, plan, min(m.ms) AS ms FROM bench.measured m JOIN bench.plans USING (label, id) GROUP BY id, plan) b ON b.id = i.id AND b.plan = p.plan) t
    ORDER BY l.pos;
SELECT bench.use('', true);
SELECT format('DROP INDEX %s', oids[1]::regclass) FROM (SELECT (SELECT array_agg(o) FROM unnest(oids) o JOIN pg_class c ON c.oid = o WHERE NOT c.relispartition) AS oids FROM bench.built) b WHERE oids IS NOT NULL \gexec
