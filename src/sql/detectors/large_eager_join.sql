-- large_eager_join: two lists of the same rows are fetched by one join, so that
-- each element of one comes with each of the other.  Judged by rows counted in
-- sampled executions: what the tables contributed against what was returned.
-- What a table contributed is never taken for less than it may have been.

INSERT INTO detector_list VALUES ('large_eager_join',
    'A join fetches two lists of the same rows at once, and their rows multiply each other.',
    '{perfaudit.large_join_rows, perfaudit.large_join_factor}',
    'docs/findings.md#large_eager_join',
    '{ordinary>=1, mean_rows>=large_join_rows}');

CREATE VIEW detect_large_eager_join AS
WITH RECURSIVE chosen AS (
    SELECT s.dbid, s.userid, s.toplevel, s.shape, s.queryid, s.database, s.username, s.calls, s.rows,
           s.total_exec_time, s.first_seen, s.last_seen
    FROM needed_statements s
    WHERE s.toplevel AND s.operation = 'select' AND NOT s.catalog_only AND NOT s.aggregate AND s.calls > 0
      AND s.rows >= s.calls * (SELECT threshold('large_join_rows'))
), nodes AS (
    SELECT n.userid, n.shape, n.node, n.parent, n.type, n.path, n.rows / n.sampled AS rows,
           coalesce(judged_table(n.relid), n.relid) AS relid,
           n.type IN ('Nested Loop', 'Hash Join', 'Merge Join') AS is_join
    FROM node_facts((SELECT array_agg(shape) FROM chosen)) n
    JOIN plan_facts((SELECT array_agg(shape) FROM chosen)) p USING (userid, toplevel, shape, plan_id, is_current)
    WHERE n.toplevel AND n.is_current AND n.sampled > 0 AND NOT p.truncated
), plain AS (
    -- nothing but joins, sorts and what keeps rows: what is returned is what is joined
    SELECT n.userid, n.shape, max(n.rows) FILTER (WHERE n.node = 0) AS rows
    FROM nodes n GROUP BY n.userid, n.shape
    HAVING bool_and(n.is_join OR n.relid IS NOT NULL OR n.type IN ('Sort', 'Incremental Sort', 'Gather', 'Materialize', 'Memoize', 'Append', 'Function Scan'))
       AND count(*) FILTER (WHERE n.is_join) >= 2 AND max(n.rows) FILTER (WHERE n.node = 0) >= (SELECT threshold('large_join_rows'))
), sides AS (
    SELECT p.userid, p.shape, p.node, p.relid, p.attnum, p.other_relid, p.other_attnum
    FROM predicate_facts((SELECT array_agg(shape) FROM plain)) p JOIN plain USING (userid, shape)
    WHERE p.toplevel AND p.is_current AND p.kind IN ('join', 'index') AND p.other_relid IS NOT NULL
      AND p.funcid IS NULL AND NOT p.inside_or AND NOT p.negated AND is_equality(p.opno)
), pairs AS (
    SELECT s.userid, s.shape, s.node, s.relid, s.attnum, s.other_relid, s.other_attnum FROM sides s
    UNION
    SELECT s.userid, s.shape, s.node, s.other_relid, s.other_attnum, s.relid, s.attnum FROM sides s
), linked AS (
    SELECT p.userid, p.shape, p.node, p.relid, p.attnum, p.other_relid, p.other_attnum FROM pairs p
    UNION
    -- what equals the same column is joined by either
    SELECT p.userid, p.shape, p.node, p.relid, p.attnum, q.other_relid, q.other_attnum
    FROM pairs p JOIN pairs q ON (q.userid, q.shape, q.relid, q.attnum) = (p.userid, p.shape, p.other_relid, p.other_attnum)
    WHERE q.other_relid <> p.relid
), edges AS (
    -- each relation against the one that it is joined to
    SELECT p.userid, p.shape, p.node, coalesce(judged_table(p.relid), p.relid) AS relid, min(p.relid) AS leaf,
           array_agg(p.attnum) AS attnums, coalesce(judged_table(p.other_relid), p.other_relid) AS hub,
           min(p.other_relid) AS hub_leaf, array_agg(p.other_attnum) AS hub_attnums,
           is_unique(min(p.relid), array_agg(p.attnum)) AS one,
           is_unique(min(p.other_relid), array_agg(p.other_attnum)) AS of_one
    FROM linked p GROUP BY p.userid, p.shape, p.node, 4, 7
), hopeful AS (
    -- two lists of one hub: few shapes are left, for what is costly to look at
    SELECT DISTINCT e.userid, e.shape FROM edges e WHERE e.of_one AND NOT e.one AND e.hub <> e.relid
    GROUP BY e.userid, e.shape, e.hub HAVING count(DISTINCT e.relid) >= 2
), above AS (
    SELECT n.userid, n.shape, n.node, n.parent AS ancestor, n.node AS below FROM nodes n
    JOIN hopeful USING (userid, shape) WHERE n.parent IS NOT NULL
    UNION ALL
    SELECT a.userid, a.shape, a.node, n.parent, n.node FROM above a
    JOIN nodes n ON (n.userid, n.shape, n.node) = (a.userid, a.shape, a.ancestor)
    WHERE n.parent IS NOT NULL
), scans AS (
    -- what is looked up by its key adds no rows
    SELECT n.userid, n.shape, n.node, n.relid, n.rows,
           EXISTS (SELECT FROM edges e WHERE (e.userid, e.shape, e.relid) = (n.userid, n.shape, n.relid) AND e.one) AS one
    FROM nodes n JOIN hopeful USING (userid, shape)
    WHERE n.relid IS NOT NULL OR n.type = 'Function Scan'
), hubs AS (
    SELECT s.userid, s.shape, s.relid, sum(s.rows) AS rows FROM scans s WHERE s.one GROUP BY 1, 2, 3
), children AS (
    -- a list, where it meets the rows that it belongs to: rows given for each row of their side
    SELECT e.userid, e.shape, e.hub, e.hub_leaf, e.hub_attnums, e.relid, e.leaf, e.attnums, s.node, s.rows, j.rows / o.rows AS factor
    FROM edges e
    JOIN scans s ON (s.userid, s.shape, s.relid) = (e.userid, e.shape, e.relid)
    JOIN scans h ON (h.userid, h.shape, h.relid) = (e.userid, e.shape, e.hub)
    JOIN LATERAL (SELECT a.ancestor, b.below FROM above a
                  JOIN above b ON (b.userid, b.shape, b.node, b.ancestor) = (a.userid, a.shape, h.node, a.ancestor)
                  WHERE (a.userid, a.shape, a.node) = (s.userid, s.shape, s.node) AND a.below <> b.below) u ON true
    JOIN nodes j ON (j.userid, j.shape, j.node) = (e.userid, e.shape, u.ancestor)
    JOIN nodes o ON (o.userid, o.shape, o.node) = (e.userid, e.shape, u.below) AND o.rows > 0
    WHERE e.of_one AND NOT e.one AND e.hub <> e.relid
      -- not multiplied by something else before
      AND NOT EXISTS (SELECT FROM above a JOIN nodes n ON (n.userid, n.shape, n.node) = (a.userid, a.shape, a.ancestor)
                      WHERE (a.userid, a.shape, a.node) = (s.userid, s.shape, s.node) AND a.ancestor > u.ancestor
                        AND n.is_join AND n.rows > s.rows)
), lists AS (
    SELECT c.userid, c.shape, c.hub, min(c.hub_leaf) AS hub_leaf, min(c.hub_attnums) AS hub_attnums, c.relid, min(c.leaf) AS leaf, min(c.attnums) AS attnums,
           max(c.node) AS node, max(c.factor) AS factor, least(max(c.rows), max(c.factor) * h.rows) AS rows, h.rows AS hub_rows
    FROM children c JOIN hubs h ON (h.userid, h.shape, h.relid) = (c.userid, c.shape, c.hub)
    WHERE c.factor > 1
    GROUP BY c.userid, c.shape, c.hub, c.relid, h.rows
    HAVING count(DISTINCT c.node) = 1
), products AS (
    SELECT l.userid, l.shape, l.hub, min(l.hub_leaf) AS hub_leaf, min(l.hub_attnums) AS hub_attnums, l.hub_rows,
           l.hub_rows * exp(sum(ln(l.factor))) AS product, sum(l.rows) AS lists_rows, array_agg(l.node) AS nodes,
           array_agg(relation_name(l.relid) || '.' || quote_ident(column_name(l.leaf, l.attnums[1])) ORDER BY l.rows DESC, l.node) AS columns,
           string_agg(format('%s (%s)', relation_name(l.relid), count_text(l.rows)), ', ' ORDER BY l.rows DESC, l.node) AS names,
           count(*) AS lists
    FROM lists l
    GROUP BY l.userid, l.shape, l.hub, l.hub_rows
    HAVING count(*) >= 2
), weighed AS (
    SELECT DISTINCT ON (p.userid, p.shape) p.*, t.rows, p.hub_rows + p.lists_rows + coalesce(x.rows, 0) AS needed
    FROM products p
    JOIN plain t USING (userid, shape)
    CROSS JOIN LATERAL (SELECT sum(s.rows) AS rows FROM scans s
                        WHERE (s.userid, s.shape) = (p.userid, p.shape) AND NOT s.one AND s.node <> ALL (p.nodes)) x
    ORDER BY p.userid, p.shape, p.product DESC
), judged AS (
    SELECT c.*, w.rows AS rows_returned, w.needed, w.hub, w.hub_rows, w.columns, w.names, w.lists,
           relation_name(w.hub) AS hub_name, column_name(w.hub_leaf, w.hub_attnums[1]) AS hub_column,
           c.total_exec_time * (1 - w.needed / w.rows) AS cost,
           statement_text(c.dbid, c.userid, c.toplevel, c.shape) AS query
    FROM weighed w JOIN chosen c USING (userid, shape)
    WHERE least(w.rows, w.product) >= w.needed * (SELECT threshold('large_join_factor'))
)
SELECT finding_id('large_eager_join', j.hub_name, j.query) AS finding_id,
       severity(j.cost, j.cost / j.calls) AS severity,
       'large_eager_join' AS kind,
       judged_table(j.hub)::regclass AS relation,
       format('Returns %s rows for %s of %s: the rows of %s multiply each other; %s statements would return %s',
              count_text(j.rows_returned), count_text(j.hub_rows), j.hub_name, j.names, j.lists + 1, count_text(j.needed)) AS summary,
       format('Fetch each list by a statement of its own, by %s = ANY ($1) with the values of %s that were read (ORMs: selectinload, prefetch_related, preload, AsSplitQuery, separate queries); join one of them at most.',
              array_to_string(j.columns, ' = ANY ($1) and '), coalesce(j.hub_name || '.' || quote_ident(j.hub_column), j.hub_name)) AS suggestion,
       j.cost AS impact_ms,
       j.calls AS occurrences,
       j.database::text, j.username, NULL::text AS application,
       j.queryid, j.query, NULL::bigint AS parent_queryid, NULL::text AS parent_query,
       jsonb_build_object(
           'parent_table', j.hub_name, 'parent_column', j.hub_column, 'columns', to_jsonb(j.columns),
           'rows_sent', round(j.rows_returned), 'rows_needed', round(j.needed), 'rows_parent', round(j.hub_rows),
           'calls', j.calls, 'exec_ms', round(j.total_exec_time::numeric, 3)) AS evidence,
       j.first_seen, j.last_seen
FROM judged j
WHERE judged_table(j.hub) IS NOT NULL;
COMMENT ON VIEW detect_large_eager_join IS 'Findings of kind large_eager_join.';

