-- I/O, WAL and JIT of statement shapes, from pg_stat_statements where it is there.
-- It is looked for when the function is called, so that nothing depends on it.

CREATE FUNCTION shape_of(dbid oid, queryid bigint) RETURNS bigint
AS 'MODULE_PATHNAME', 'perfaudit_shape_of_1_0'
LANGUAGE C STRICT VOLATILE PARALLEL RESTRICTED;
COMMENT ON FUNCTION shape_of(oid, bigint) IS
'The shape that a query id of the server stands for; NULL when that is not known.';

CREATE FUNCTION statement_io(
    OUT database name, OUT username name, OUT toplevel bool, OUT queryid bigint, OUT calls bigint,
    OUT shared_blks_hit bigint, OUT shared_blks_read bigint, OUT shared_blks_dirtied bigint,
    OUT shared_blks_written bigint,
    OUT local_blks_hit bigint, OUT local_blks_read bigint, OUT local_blks_dirtied bigint,
    OUT local_blks_written bigint,
    OUT temp_blks_read bigint, OUT temp_blks_written bigint,
    OUT blk_read_time float8, OUT blk_write_time float8,
    OUT temp_blk_read_time float8, OUT temp_blk_write_time float8,
    OUT wal_records bigint, OUT wal_fpi bigint, OUT wal_bytes numeric, OUT wal_buffers_full bigint,
    OUT jit_functions bigint, OUT jit_generation_time float8, OUT jit_inlining_time float8,
    OUT jit_optimization_time float8, OUT jit_emission_time float8,
    OUT query text)
RETURNS SETOF record
LANGUAGE plpgsql VOLATILE PARALLEL RESTRICTED ROWS 1000
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    extension_schema name;
    present text[];
    sums text;
BEGIN
    -- says what is missing when this library is not preloaded
    PERFORM perfaudit.recorded_since();
    SELECT n.nspname, p.proargnames INTO extension_schema, present
    FROM pg_extension e
    JOIN pg_depend d ON d.refclassid = 'pg_extension'::regclass AND d.refobjid = e.oid
        AND d.classid = 'pg_proc'::regclass AND d.deptype = 'e'
    JOIN pg_proc p ON p.oid = d.objid AND p.proname = 'pg_stat_statements'
    JOIN pg_namespace n ON n.oid = p.pronamespace
    WHERE e.extname = 'pg_stat_statements';
    -- its functions fail unless it is preloaded; then it has this setting
    IF NOT FOUND OR NOT EXISTS (SELECT FROM pg_settings s WHERE s.name = 'pg_stat_statements.max') THEN
        RETURN;
    END IF;
    -- the columns differ from version to version: the sum of those that are there, else NULL
    SELECT string_agg(format('(%s)::%s',
               coalesce((SELECT string_agg(format('sum(p.%I)', c.name), ' + ')
                         FROM unnest(w.sources) AS c (name) WHERE c.name = ANY (present)), 'NULL'),
               w.type), ', ' ORDER BY w.place)
    INTO sums
    FROM (VALUES
        (1, 'bigint', ARRAY['calls']),
        (2, 'bigint', ARRAY['shared_blks_hit']),
        (3, 'bigint', ARRAY['shared_blks_read']),
        (4, 'bigint', ARRAY['shared_blks_dirtied']),
        (5, 'bigint', ARRAY['shared_blks_written']),
        (6, 'bigint', ARRAY['local_blks_hit']),
        (7, 'bigint', ARRAY['local_blks_read']),
        (8, 'bigint', ARRAY['local_blks_dirtied']),
        (9, 'bigint', ARRAY['local_blks_written']),
        (10, 'bigint', ARRAY['temp_blks_read']),
        (11, 'bigint', ARRAY['temp_blks_written']),
        -- up to 1.10 one figure for blocks of tables of all kinds
        (12, 'float8', ARRAY['blk_read_time', 'shared_blk_read_time', 'local_blk_read_time']),
        (13, 'float8', ARRAY['blk_write_time', 'shared_blk_write_time', 'local_blk_write_time']),
        (14, 'float8', ARRAY['temp_blk_read_time']),
        (15, 'float8', ARRAY['temp_blk_write_time']),
        (16, 'bigint', ARRAY['wal_records']),
        (17, 'bigint', ARRAY['wal_fpi']),
        (18, 'numeric', ARRAY['wal_bytes']),
        (19, 'bigint', ARRAY['wal_buffers_full']),
        (20, 'bigint', ARRAY['jit_functions']),
        (21, 'float8', ARRAY['jit_generation_time']),
        (22, 'float8', ARRAY['jit_inlining_time']),
        (23, 'float8', ARRAY['jit_optimization_time']),
        (24, 'float8', ARRAY['jit_emission_time'])
    ) AS w (place, type, sources);
    -- a shape keeps a few of its query ids only: the others are asked for one by one;
    -- false: without texts, which pg_stat_statements would read from a file
    RETURN QUERY EXECUTE format(
        'WITH p AS MATERIALIZED (SELECT *, %s AS at_top FROM %I.pg_stat_statements(false)),
              f AS MATERIALIZED (SELECT * FROM perfaudit.statement_facts(0) WHERE visible),
              ids AS (
                  SELECT f.dbid, f.shape, unnest(f.queryids) AS queryid FROM f
                  UNION
                  SELECT p.dbid, perfaudit.shape_of(p.dbid, p.queryid), p.queryid FROM p)
         SELECT d.datname, pg_get_userbyid(f.userid), f.toplevel, f.queryids[1], %s, f.query
         FROM f
         JOIN ids ON ids.dbid = f.dbid AND ids.shape = f.shape
         JOIN p ON p.userid = f.userid AND p.dbid = f.dbid AND p.queryid = ids.queryid AND p.at_top = f.toplevel
         LEFT JOIN pg_database d ON d.oid = f.dbid
         GROUP BY d.datname, f.dbid, f.userid, f.toplevel, f.shape, f.queryids, f.query',
        CASE WHEN 'toplevel' = ANY (present) THEN 'toplevel' ELSE 'true' END, extension_schema, sums);
END
$$;
COMMENT ON FUNCTION statement_io() IS
'Blocks, WAL and JIT of statement shapes of all databases, from pg_stat_statements: summed over the query ids of a shape; times in milliseconds; NULL: its version does not have it. calls: executions that it counted. blk_read_time, blk_write_time: blocks of tables, temporary ones included; zero unless track_io_timing is on. No rows without it; perfaudit.info says why.';
