-- Facts about indexes: from the catalogs and the server's own counters, for
-- every finding about indexes.  Nothing here takes a lock on a table or index,
-- unless definition, columns or predicate are asked for.

-- When it was installed, and the transaction that did it: what was there before
-- is at least that old.
CREATE TABLE installation (
    at timestamptz NOT NULL,
    transaction xid8 NOT NULL
);
INSERT INTO installation VALUES (now(), pg_current_xact_id());
COMMENT ON TABLE installation IS 'When CREATE EXTENSION ran in this database: how old an index is at least follows from it.';
COMMENT ON COLUMN installation.at IS 'Time of CREATE EXTENSION.';
COMMENT ON COLUMN installation.transaction IS 'Its transaction.';

/*
 * Moments of which a transaction is known: what an older transaction made was
 * there by then.  ANALYZE leaves both its time and its transaction, the one in
 * the statistics, the other on the rows that it wrote; one table a day is
 * enough.
 */
CREATE VIEW known_moments AS
SELECT i.at, age(i.transaction::xid) AS transactions FROM installation i WHERE this_database() IS NOT NULL
UNION ALL
SELECT d.at, (SELECT min(age(s.xmin)) FROM pg_statistic s WHERE s.starelid = d.relid)
FROM (SELECT DISTINCT ON (least(floor(extract(epoch FROM now() - a.at) / 86400), 60)) a.relid, a.at
      FROM (SELECT c.oid AS relid, greatest(pg_stat_get_last_analyze_time(c.oid),
                                            pg_stat_get_last_autoanalyze_time(c.oid)) AS at
            FROM pg_class c WHERE c.relkind IN ('r', 'm') AND c.relpersistence <> 't' AND c.reltuples > 0) a
      WHERE a.at IS NOT NULL AND this_database() IS NOT NULL
      ORDER BY least(floor(extract(epoch FROM now() - a.at) / 86400), 60), a.at DESC) d;
COMMENT ON VIEW known_moments IS 'Moments of which a transaction is known: what older transactions made was there by then.';
COMMENT ON COLUMN known_moments.at IS 'The moment.';
COMMENT ON COLUMN known_moments.transactions IS 'How many transactions ago, at most.';

CREATE VIEW index_definitions_now AS
SELECT i.indexrelid AS indexid, i.indrelid AS relid, am.amname AS method,
       c.relkind = 'I' AS partitioned, c.relispartition AS attached,
       i.indisunique AS is_unique, i.indimmediate AS immediate, i.indnullsnotdistinct AS nulls_not_distinct,
       i.indisvalid AND i.indisready AND i.indislive AS usable, i.indisready AS written,
       i.indisreplident OR i.indisprimary AND t.relreplident = 'd' AS replica_identity,
       i.indisclustered AS clustered,
       (i.indkey::int2[])[0:i.indnkeyatts - 1] AS attnums,
       (i.indkey::int2[])[i.indnkeyatts:] AS included,
       (i.indclass::oid[])[0:i.indnkeyatts - 1] AS opclasses,
       (i.indcollation::oid[])[0:i.indnkeyatts - 1] AS collations,
       (i.indoption::int2[])[0:i.indnkeyatts - 1] AS options,
       -- where in the text they stood does not matter
       regexp_replace(i.indexprs::text, ':location -?[0-9]+', '', 'g') AS expressions,
       regexp_replace(i.indpred::text, ':location -?[0-9]+', '', 'g') AS predicate,
       CASE WHEN am.amname NOT IN ('btree', 'hash') THEN c.reloptions END AS storage,
       CASE WHEN am.amname <> 'btree' THEN
           (SELECT array_agg(a.attoptions::text ORDER BY a.attnum) FROM pg_attribute a WHERE a.attrelid = i.indexrelid)
       END AS class_options,
       (SELECT o.conname FROM pg_constraint o
        WHERE o.conindid = i.indexrelid AND o.conrelid = i.indrelid AND o.contype IN ('p', 'u', 'x')) AS constraint_name,
       EXISTS (SELECT FROM pg_constraint o WHERE o.conindid = i.indexrelid AND o.contype = 'f') AS referenced,
       c.relname AS index_name,
       CASE WHEN age(i.xmin) < 0 THEN 2147483647 ELSE age(i.xmin) END AS transactions
FROM pg_index i
JOIN pg_class c ON c.oid = i.indexrelid
JOIN pg_class t ON t.oid = i.indrelid
JOIN pg_namespace n ON n.oid = t.relnamespace
JOIN pg_am am ON am.oid = c.relam
WHERE t.relpersistence <> 't' AND n.nspname NOT IN ('pg_catalog', 'pg_toast', 'information_schema')
  -- says so if perfaudit is not preloaded, as all views do
  AND this_database() IS NOT NULL;
COMMENT ON VIEW index_definitions_now IS 'What index_definitions shows, read from the catalogs.';

-- Several kinds of findings ask: one reading for all of them.
CREATE FUNCTION index_definitions_once() RETURNS SETOF index_definitions_now
AS 'MODULE_PATHNAME', 'perfaudit_rows_once_1_0'
LANGUAGE C STRICT VOLATILE PARALLEL RESTRICTED COST 1000 ROWS 500
SET search_path = pg_catalog, pg_temp SET jit = off;
COMMENT ON FUNCTION index_definitions_once() IS 'Rows of index_definitions_now, read once a query.';

CREATE VIEW index_definitions AS SELECT * FROM index_definitions_once();
COMMENT ON VIEW index_definitions IS 'Every index of the current database as the catalogs define it, those of partitions too; building block of index_facts.';
COMMENT ON COLUMN index_definitions.indexid IS 'Index.';
COMMENT ON COLUMN index_definitions.relid IS 'Its table.';
COMMENT ON COLUMN index_definitions.method IS 'Access method.';
COMMENT ON COLUMN index_definitions.partitioned IS 'True: of a partitioned table.';
COMMENT ON COLUMN index_definitions.attached IS 'True: a partition of such an index.';
COMMENT ON COLUMN index_definitions.is_unique IS 'True: keeps values unique.';
COMMENT ON COLUMN index_definitions.immediate IS 'False: uniqueness is checked at the end of the transaction.';
COMMENT ON COLUMN index_definitions.nulls_not_distinct IS 'True: nulls are equal.';
COMMENT ON COLUMN index_definitions.usable IS 'True: queries may use it.';
COMMENT ON COLUMN index_definitions.written IS 'True: every write keeps it up to date.';
COMMENT ON COLUMN index_definitions.replica_identity IS 'True: logical replication finds rows by it.';
COMMENT ON COLUMN index_definitions.clustered IS 'True: CLUSTER sorts the table by it.';
COMMENT ON COLUMN index_definitions.attnums IS 'Key columns; 0: the next of the expressions.';
COMMENT ON COLUMN index_definitions.included IS 'Columns of INCLUDE.';
COMMENT ON COLUMN index_definitions.opclasses IS 'Operator class of each key column.';
COMMENT ON COLUMN index_definitions.collations IS 'Collation of each key column.';
COMMENT ON COLUMN index_definitions.options IS 'Each key column: 1 descending, 2 nulls first.';
COMMENT ON COLUMN index_definitions.expressions IS 'Expressions, as the server keeps them, to be compared only.';
COMMENT ON COLUMN index_definitions.predicate IS 'Condition of a partial index, likewise.';
COMMENT ON COLUMN index_definitions.storage IS 'Storage parameters that change what it finds (BRIN, GIN and others).';
COMMENT ON COLUMN index_definitions.class_options IS 'Options of operator classes.';
COMMENT ON COLUMN index_definitions.constraint_name IS 'Constraint of its table that it enforces.';
COMMENT ON COLUMN index_definitions.referenced IS 'True: foreign keys point at it.';
COMMENT ON COLUMN index_definitions.index_name IS 'Name.';
COMMENT ON COLUMN index_definitions.transactions IS 'Age of its definition in transactions.';

CREATE VIEW index_facts_now AS
WITH RECURSIVE definitions AS MATERIALIZED (
    SELECT d.*, d.constraint_name IS NOT NULL OR d.replica_identity OR d.referenced OR d.clustered OR d.attached AS has_role
    FROM index_definitions d
), parts AS (
    SELECT d.indexid AS root, d.indexid, d.relid FROM definitions d WHERE NOT d.attached
    UNION ALL
    SELECT p.root, d.indexid, d.relid
    FROM parts p
    JOIN pg_inherits h ON h.inhparent = p.indexid
    JOIN definitions d ON d.indexid = h.inhrelid
), tables AS (
    SELECT d.relid, pg_stat_get_numscans(d.relid) + sum(pg_stat_get_numscans(d.indexid)) AS reads
    FROM definitions d GROUP BY d.relid
), sums AS (
    SELECT p.root, count(*) AS leaves, array_agg(p.indexid) AS parts,
           sum(i.relpages::bigint) * current_setting('block_size')::bigint AS size,
           sum(pg_stat_get_numscans(p.indexid)) AS scans,
           sum(pg_stat_get_tuples_returned(p.indexid)) AS rows_read,
           sum(pg_stat_get_tuples_inserted(p.relid) + pg_stat_get_tuples_updated(p.relid)
               - pg_stat_get_tuples_hot_updated(p.relid)) AS writes,
           sum(t.reads) AS table_reads,
           sum(greatest(c.reltuples, 0)) AS table_rows
    FROM parts p
    JOIN pg_class i ON i.oid = p.indexid AND i.relkind = 'i'
    JOIN pg_class c ON c.oid = p.relid
    JOIN tables t ON t.relid = p.relid
    GROUP BY p.root
), covers AS (
    -- all that a does b does as well; of equals one remains
    SELECT DISTINCT ON (a.indexid) a.indexid, b.indexid AS covered_by,
           CASE WHEN cardinality(a.attnums) = cardinality(b.attnums) THEN 'same' ELSE 'prefix' END AS coverage
    FROM definitions a
    JOIN definitions b ON b.relid = a.relid AND b.method = a.method AND b.indexid <> a.indexid
    CROSS JOIN LATERAL (SELECT cardinality(a.attnums) AS n,
                               cardinality(a.attnums) = cardinality(b.attnums) AND a.is_unique = b.is_unique
                               AND a.included @> b.included AND a.included <@ b.included AS equals) x
    WHERE a.usable AND b.usable
      AND a.attnums = b.attnums[1:n] AND a.opclasses = b.opclasses[1:n] AND a.collations = b.collations[1:n]
      AND (n = cardinality(b.attnums) OR a.method = 'btree' AND NOT a.is_unique)
      -- a b-tree is read in both directions
      AND (SELECT count(DISTINCT o.a # o.b) = 1 AND min(o.a # o.b) IN (0, 3)
           FROM unnest(a.options, b.options[1:n]) o (a, b))
      AND (NOT 0 = ANY (a.attnums)
           OR left(a.expressions, -1) = left(b.expressions, length(a.expressions) - 1))
      AND a.predicate IS NOT DISTINCT FROM b.predicate
      AND a.storage IS NOT DISTINCT FROM b.storage AND a.class_options IS NOT DISTINCT FROM b.class_options
      AND a.included <@ (b.attnums || b.included)
      AND (NOT a.is_unique OR b.is_unique AND a.nulls_not_distinct = b.nulls_not_distinct AND a.immediate = b.immediate)
      AND (NOT x.equals OR (NOT b.has_role, b.index_name) < (NOT a.has_role, a.index_name))
    ORDER BY a.indexid, x.equals, n = cardinality(b.attnums) DESC, NOT b.has_role, b.index_name
), serves AS (
    -- foreign keys of its table whose columns it leads with
    SELECT d.indexid, array_agg(f.conname ORDER BY f.conname) AS foreign_keys
    FROM definitions d
    JOIN pg_constraint f ON f.conrelid = d.relid AND f.contype = 'f' AND f.conparentid = 0
    WHERE d.usable AND d.attnums[1:cardinality(f.conkey)] @> f.conkey
      AND d.attnums[1:cardinality(f.conkey)] <@ f.conkey
    GROUP BY d.indexid
), moments AS MATERIALIZED (
    SELECT m.at, m.transactions FROM known_moments m
)
SELECT d.relid::regclass AS relation, d.indexid::regclass AS index, d.method::text AS method,
       d.is_unique, d.usable, d.written,
       CASE WHEN d.partitioned THEN coalesce(s.leaves, 0) END AS partitions,
       coalesce(s.size, 0)::bigint AS size,
       coalesce(s.scans, 0)::bigint AS scans,
       coalesce(s.rows_read, 0)::bigint AS rows_read,
       s.parts,
       coalesce(s.table_reads, 0)::bigint AS table_reads,
       coalesce(s.table_rows, 0)::bigint AS table_rows,
       coalesce(s.writes, 0)::bigint AS writes,
       coalesce(s.writes, 0)::float8 / greatest(extract(epoch FROM now() - r.counted_since)::float8 / 86400, 1 / 24.0) AS writes_per_day,
       r.counted_since,
       (SELECT min(m.at) FROM moments m WHERE m.transactions < d.transactions
        AND m.transactions < (SELECT CASE WHEN age(b.xmin) < 0 THEN 2147483647 ELSE age(b.xmin) END
                              FROM pg_database b WHERE b.datname = current_database())) AS known_since,
       d.constraint_name, d.replica_identity, d.referenced, d.clustered,
       v.foreign_keys,
       c.covered_by::regclass AS covered_by, c.coverage,
       d.attnums,
       d.predicate IS NOT NULL AS partial,
       d.expressions IS NOT NULL AS has_expressions
FROM definitions d
CROSS JOIN (SELECT greatest(b.stats_reset, w.stats_reset) AS counted_since
            FROM pg_stat_database b, pg_stat_bgwriter w WHERE b.datname = current_database()) r
LEFT JOIN sums s ON s.root = d.indexid
LEFT JOIN covers c ON c.indexid = d.indexid
LEFT JOIN serves v ON v.indexid = d.indexid
WHERE NOT d.attached;
COMMENT ON VIEW index_facts_now IS 'What index_facts shows, read from the catalogs and counters, but for what takes a lock.';
COMMENT ON COLUMN index_facts_now.parts IS 'The indexes with storage that it is made of: itself, or those of the partitions.';
COMMENT ON COLUMN index_facts_now.attnums IS 'Key columns; 0: the next of the expressions.';

CREATE FUNCTION index_facts_once() RETURNS SETOF index_facts_now
AS 'MODULE_PATHNAME', 'perfaudit_rows_once_1_0'
LANGUAGE C STRICT VOLATILE PARALLEL RESTRICTED COST 2000 ROWS 500
SET search_path = pg_catalog, pg_temp SET jit = off;
COMMENT ON FUNCTION index_facts_once() IS 'Rows of index_facts_now, read once a query.';

CREATE VIEW index_facts AS
SELECT f.relation, f.index, f.method, f.is_unique, f.usable, f.written, f.partitions, f.size, f.scans, f.rows_read,
       (SELECT max((to_jsonb(u) ->> 'last_idx_scan')::timestamptz) FROM pg_stat_all_indexes u
        WHERE u.indexrelid = ANY (f.parts)) AS last_used,
       f.table_reads, f.table_rows, f.writes, f.writes_per_day, f.counted_since, f.known_since,
       f.constraint_name, f.replica_identity, f.referenced, f.clustered, f.foreign_keys, f.covered_by, f.coverage,
       (SELECT array_agg(CASE WHEN k.attnum = 0 THEN pg_get_indexdef(f.index, k.n::int, true)
                              ELSE quote_ident(column_name(f.relation, k.attnum)) END ORDER BY k.n)
        FROM unnest(f.attnums) WITH ORDINALITY k (attnum, n)) AS columns,
       f.partial, f.has_expressions,
       pg_get_indexdef(f.index) AS definition
FROM index_facts_once() f;
COMMENT ON VIEW index_facts IS 'Indexes of the current database: size, use, writes, what they are there for, and which others do the same. An index of a partitioned table is one row, with its partitions'' figures. Use and writes are counted by this server only: a standby has counters of its own.';
COMMENT ON COLUMN index_facts.relation IS 'Table.';
COMMENT ON COLUMN index_facts.index IS 'Index.';
COMMENT ON COLUMN index_facts.method IS 'Access method.';
COMMENT ON COLUMN index_facts.is_unique IS 'True: keeps values unique.';
COMMENT ON COLUMN index_facts.usable IS 'True: queries may use it.';
COMMENT ON COLUMN index_facts.written IS 'True: every write keeps it up to date.';
COMMENT ON COLUMN index_facts.partitions IS 'Partitions that have it; NULL: the table is not partitioned.';
COMMENT ON COLUMN index_facts.size IS 'Bytes, as of the last VACUUM, ANALYZE or build.';
COMMENT ON COLUMN index_facts.scans IS 'Times it was used since counted_since.';
COMMENT ON COLUMN index_facts.rows_read IS 'Entries that these scans read.';
COMMENT ON COLUMN index_facts.last_used IS 'When it was last used; PostgreSQL 16 and later.';
COMMENT ON COLUMN index_facts.table_reads IS 'Times that the table was read, by whatever index or none.';
COMMENT ON COLUMN index_facts.table_rows IS 'Rows of the table, estimated by the server.';
COMMENT ON COLUMN index_facts.writes IS 'Entries written to it if it was there since counted_since: rows inserted, and updated other than HOT.';
COMMENT ON COLUMN index_facts.writes_per_day IS 'The same, a day.';
COMMENT ON COLUMN index_facts.counted_since IS 'Since when the server counts scans and writes.';
COMMENT ON COLUMN index_facts.known_since IS 'It is at least that old; NULL: nothing is known. PostgreSQL does not keep the time an index was built.';
COMMENT ON COLUMN index_facts.constraint_name IS 'Constraint that it enforces.';
COMMENT ON COLUMN index_facts.replica_identity IS 'True: logical replication finds rows by it.';
COMMENT ON COLUMN index_facts.referenced IS 'True: foreign keys of other tables point at it.';
COMMENT ON COLUMN index_facts.clustered IS 'True: CLUSTER sorts the table by it.';
COMMENT ON COLUMN index_facts.foreign_keys IS 'Foreign keys of the table whose columns it leads with.';
COMMENT ON COLUMN index_facts.covered_by IS 'Another index that does all that it does; of equal ones, one is covered by none.';
COMMENT ON COLUMN index_facts.coverage IS 'same: the same columns; prefix: the other has more behind them.';
COMMENT ON COLUMN index_facts.columns IS 'Key columns and expressions.';
COMMENT ON COLUMN index_facts.partial IS 'True: has a WHERE.';
COMMENT ON COLUMN index_facts.has_expressions IS 'True: has expressions, of which ANALYZE keeps statistics.';
COMMENT ON COLUMN index_facts.definition IS 'As CREATE INDEX spells it.';

-- The same column, the same words.
DO $$
DECLARE
    c record;
BEGIN
    FOR c IN
        SELECT v.oid::regclass AS view, a.attname, col_description(m.attrelid, m.attnum) AS words
        FROM (VALUES ('perfaudit.index_definitions_now'::regclass, 'perfaudit.index_definitions'::regclass),
                     ('perfaudit.index_facts_now', 'perfaudit.index_facts')) v (oid, model)
        JOIN pg_attribute a ON a.attrelid = v.oid AND a.attnum > 0
        JOIN pg_attribute m ON m.attrelid = v.model AND m.attname = a.attname
        WHERE col_description(v.oid, a.attnum) IS NULL
    LOOP
        EXECUTE format('COMMENT ON COLUMN %s.%I IS %L', c.view, c.attname, c.words);
    END LOOP;
END
$$;

--
-- Plans of recorded statements under certain settings (src/advise/planned_with.c).
--

CREATE FUNCTION planned_now(userid oid, toplevel bool, shape bigint,
    OUT cost float8, OUT indexes oid[], OUT skipped text)
AS 'MODULE_PATHNAME', 'perfaudit_planned_with_1_0'
LANGUAGE C STRICT VOLATILE PARALLEL UNSAFE COST 10000
SET enable_seqscan = on SET enable_indexscan = on SET enable_indexonlyscan = on SET enable_bitmapscan = on;
COMMENT ON FUNCTION planned_now(oid, bool, bigint) IS
'Planner cost of a recorded statement shape, planned now with every kind of scan allowed, and the indexes that the plan has; with the values recorded. Nothing is executed. For those who have the privileges of the role that ran it, and if that is another one, what is called must be of superusers; else, or when it cannot be planned, skipped says why.';

CREATE FUNCTION planned_on_ssd(userid oid, toplevel bool, shape bigint,
    OUT cost float8, OUT indexes oid[], OUT skipped text)
AS 'MODULE_PATHNAME', 'perfaudit_planned_with_1_0'
LANGUAGE C STRICT VOLATILE PARALLEL UNSAFE COST 10000
SET enable_seqscan = on SET enable_indexscan = on SET enable_indexonlyscan = on SET enable_bitmapscan = on
SET random_page_cost = 1.1;
COMMENT ON FUNCTION planned_on_ssd(oid, bool, bigint) IS 'The same as planned_now() with random_page_cost = 1.1.';


CREATE FUNCTION drop_proof(indexes regclass[], OUT indexid oid, OUT statements_checked integer, OUT statements_using integer,
    OUT statements_skipped integer, OUT worst_pct float8, OUT complete boolean)
RETURNS SETOF record
AS 'MODULE_PATHNAME', 'perfaudit_drop_proof_1_0'
LANGUAGE C STRICT VOLATILE PARALLEL UNSAFE COST 100000 ROWS 10;
COMMENT ON FUNCTION drop_proof(regclass[]) IS
'What recorded statements would cost without an index: how many that read its table were planned again, how many plans have the index, how many could not be planned (by the reader, or because functions of other roles or foreign tables are in them), and the planner cost that the worst of them gains without it, percent. complete: there was time for all, else for those that take most. Each index alone; nothing is dropped or executed.';

CREATE FUNCTION idle_indexes() RETURNS SETOF index_facts
LANGUAGE sql STABLE PARALLEL RESTRICTED ROWS 10
BEGIN ATOMIC
    SELECT f.* FROM index_facts f
    WHERE f.scans = 0 AND f.usable
      -- what has a role is there for that; what is covered is a duplicate_index
      AND NOT (f.is_unique OR f.replica_identity OR f.referenced OR f.clustered)
      AND f.constraint_name IS NULL AND f.foreign_keys IS NULL AND f.covered_by IS NULL
      AND f.size >= (SELECT threshold('index_report_size')) * 1024
      AND f.table_reads >= (SELECT threshold('unused_index_reads'))
      AND now() - f.counted_since >= (SELECT threshold('unused_index_age')) * interval '1 second'
      AND now() - f.known_since >= (SELECT threshold('unused_index_age')) * interval '1 second'
      -- a standby knows nothing of the primary's reads
      AND NOT pg_is_in_recovery();
END;
COMMENT ON FUNCTION idle_indexes() IS 'Indexes that the server has not used once while their table was read, for as long as both are known to be watched.';
