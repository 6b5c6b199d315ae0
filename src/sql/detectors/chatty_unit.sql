-- chatty_unit: many statements in one unit of work though no single one is
-- repeated: aggregates one by one, lists loaded for lists, or just very many.
-- What units are made of is recorded as it happens (src/makeup.c); outside of a
-- transaction, without a name or tags, only what stands in a row counts, since
-- a burst of a pool may be several requests.

INSERT INTO detector_list VALUES ('chatty_unit',
    'One unit of work sends many different statements, one after the other.',
    '{perfaudit.chatty_run, perfaudit.chatty_statements}',
    'docs/findings.md#chatty_unit');

CREATE VIEW detect_chatty_unit AS
WITH units AS (
    SELECT m.*, m.scope = 'transaction' OR m.unit IS NOT NULL OR m.tags IS NOT NULL AS bounded,
           cardinality(m.example_relids) AS tables, cardinality(m.example_shapes) AS examples
    FROM makeup_facts() m
), chosen AS (
    SELECT u.* FROM units u
    WHERE (u.bounded OR u.application !~ '^(psql|pgbench|pg_dump|pg_restore|pgAdmin|DBeaver|DataGrip)')
      AND CASE u.variant
          WHEN 'sequential_aggregates' THEN
              -- one shape with other values each time is n_plus_one's
              u.n_max >= (SELECT threshold('chatty_run')) AND 2 * u.most <= u.n_max
              AND u.shapes >= (SELECT threshold('chatty_run')) * CASE WHEN u.bounded THEN 0.6 ELSE 1 END
          WHEN 'eager_cascade' THEN u.shapes >= (SELECT threshold('chatty_run'))
          ELSE u.n_max >= (SELECT threshold('chatty_statements')) END
), keys AS (
    -- lists of keys, and not of states and the like
    SELECT p.userid, p.shape
    FROM predicate_facts((SELECT array_agg(e) FROM chosen c, unnest(c.example_shapes) e WHERE c.variant = 'eager_cascade')) p
    JOIN pg_attribute a ON a.attrelid = p.relid AND a.attnum = p.attnum
    WHERE p.toplevel AND p.list
      AND (a.atttypid IN ('int8'::regtype, 'int4'::regtype, 'uuid'::regtype) OR leads_index(p.relid, ARRAY[a.attname])
           OR EXISTS (SELECT FROM pg_constraint k WHERE k.conrelid = p.relid AND k.contype = 'f' AND k.conkey[1] = p.attnum))
    GROUP BY p.userid, p.shape
), judged AS (
    SELECT c.*, s.queryid, s.query,
           CASE WHEN c.tables = 1 THEN judged_table(c.example_relids[1]) END AS relid,
           (SELECT string_agg(t.name, ', ' ORDER BY t.i)
            FROM (SELECT relation_name(e.relid) AS name, e.i FROM unnest(c.example_relids) WITH ORDINALITY e (relid, i)) t) AS names,
           CASE c.variant
               -- what one statement for all would not wait for and not read again
               WHEN 'sequential_aggregates' THEN c.gap_time + c.exec_time * greatest(0, 1 - c.tables::float8 / c.n_max)
               WHEN 'eager_cascade' THEN c.gap_time
               -- ten statements are nothing to complain about
               ELSE c.gap_time * greatest(0, 1 - 10.0 / c.n_max) END AS cost,
           CASE WHEN c.n_min = c.n_max THEN c.n_max::text ELSE 'Up to ' || c.n_max END
           || CASE c.variant WHEN 'sequential_aggregates' THEN ' aggregates'
                             WHEN 'eager_cascade' THEN ' look-ups by lists'
                             ELSE ' statements' END
           || format(' of %s shapes', c.shapes) AS seen,
           format('in one %s%s', CASE WHEN c.unit IS NOT NULL THEN format('%s "%s"', c.scope, c.unit) ELSE c.scope END, from_tags(c.tags)) AS place
    FROM chosen c
    JOIN judged_statements s ON s.userid = c.userid AND s.toplevel AND s.shape = c.example_shapes[1]
    WHERE c.variant <> 'eager_cascade'
       OR 4 * (SELECT count(*) FROM keys k WHERE k.userid = c.userid AND k.shape = ANY (c.example_shapes)) >= 3 * c.examples
)
SELECT finding_id('chatty_unit', j.variant, j.application, j.scope, coalesce(j.tags::text, ''), j.query) AS finding_id,
       severity(j.cost, j.cost / j.units, CASE WHEN j.bounded AND j.variant <> 'many_shapes' THEN 0 ELSE 1 END) AS severity,
       'chatty_unit' AS kind,
       j.relid::regclass AS relation,
       CASE j.variant
           WHEN 'many_shapes' THEN format('%s %s: no single one is repeated', j.seen, j.place)
           ELSE format('%s, one right after the other, %s, over %s', j.seen, j.place, coalesce(j.names, 'tables that are gone')) END AS summary,
       CASE j.variant
           WHEN 'sequential_aggregates' THEN
               CASE WHEN j.relid IS NOT NULL
                    THEN format('Ask once, with one scan for all: SELECT count(*) FILTER (WHERE ...), sum(...) FILTER (WHERE ...) FROM %s', j.names)
                    ELSE 'Ask once: SELECT (SELECT count(*) FROM ...), (SELECT sum(...) FROM ...); those of one table by one scan, with FILTER (WHERE ...)' END
           WHEN 'eager_cascade' THEN
               'Load what is shown, not all that belongs to it; join what each row has one of, and take lists of lists with json_agg or LATERAL, or send what does not depend on each other in one round trip (pipeline).'
           ELSE 'Load together what belongs together (joins, json_agg), keep for longer what hardly changes, send what does not depend on each other in one round trip (pipeline).'
       END AS suggestion,
       j.cost AS impact_ms,
       j.units AS occurrences,
       current_database()::text AS database,
       pg_get_userbyid(j.userid) AS username,
       j.application,
       j.queryid, j.query, NULL::bigint AS parent_queryid, NULL::text AS parent_query,
       jsonb_strip_nulls(jsonb_build_object(
           'variant', j.variant, 'scope', j.scope, 'unit', j.unit, 'tags', j.tags,
           'n_min', j.n_min, 'n_max', j.n_max, 'units', j.units, 'shapes', j.shapes,
           'statements', round(j.statements::numeric / j.units, 1), 'tables', j.names,
           'queries', (SELECT jsonb_agg(statement_text(this_database(), j.userid, true, e.shape) ORDER BY e.i)
                       FROM unnest(j.example_shapes) WITH ORDINALITY e (shape, i)),
           'exec_ms', round(j.exec_time::numeric, 3), 'gap_ms', round(j.gap_time::numeric, 3))) AS evidence,
       j.first_seen, j.last_seen
FROM judged j;
COMMENT ON VIEW detect_chatty_unit IS 'Findings of kind chatty_unit.';

