-- The table of what was measured, and the gates.
\set QUIET on
\pset tuples_only on
\pset format unaligned
SELECT E'\n| built | indexes | size | planner cost | of no index | time | of no index | cut off |\n|---|---:|---:|---:|---:|---:|---:|---:|';
SELECT format('| %s | %s | %s | %s | %s %% | %s ms | %s %% | %s |', r.label, r.indexes, pg_size_pretty(r.bytes), to_char(r.cost, 'FM999,999,999,999'),
              round((100 * r.cost / n.cost)::numeric, 1), to_char(r.ms, 'FM999,999,999,990.0'), round((100 * r.ms / n.ms)::numeric, 1), coalesce(nullif(r.cut, 0)::text, ''))
FROM bench.results r, bench.results n WHERE n.label = 'no index' ORDER BY r.id;
SELECT E'\nGates:\n';
SELECT format('- %s: no dearer than %s: %s (cost %s, time %s of it)', a.label, r.label,
              CASE WHEN a.cost <= r.cost * 1.005 AND a.ms <= r.ms * 1.05 THEN '**kept**' ELSE '**broken**' END,
              round((a.cost / r.cost)::numeric, 2), round((a.ms / r.ms)::numeric, 2))
FROM bench.results a JOIN bench.results r ON a.label LIKE 'advice, 1/%' AND r.label IN (replace(a.label, 'advice', 'Extend'), replace(a.label, 'advice', 'pairs')) ORDER BY r.id;
SELECT format('- advice, two indexes: within 5 %% of the best two: %s (time %s of it; of what these save, the advice saves %s %%, the best two by cost %s %%)',
              CASE WHEN a.ms <= r.ms * 1.05 THEN '**kept**' ELSE '**broken**' END, round((a.ms / r.ms)::numeric, 2),
              round((100 * (n.ms - a.ms) / (n.ms - r.ms))::numeric, 1), round((100 * (n.ms - c.ms) / (n.ms - r.ms))::numeric, 1))
FROM bench.results a, bench.results r, bench.results c, bench.results n
WHERE a.label = 'advice, two indexes' AND r.label = 'the best two by time' AND c.label = 'the best two by cost' AND n.label = 'no index';
-- Where that is decided: the statements whose plans differ, the most expensive difference first.
SELECT format('  - %s: %s ms (cost %s); with the best two by time %s ms (cost %s), by cost %s ms (cost %s)', name, round(a_ms, 1), round(a_cost), round(r_ms, 1), round(r_cost), round(c_ms, 1), round(c_cost))
FROM (SELECT i.name, sum(i.weight * t.cost) FILTER (WHERE t.label = 'advice, two indexes')::numeric AS a_cost, sum(i.weight * t.ms) FILTER (WHERE t.label = 'advice, two indexes')::numeric AS a_ms,
             sum(i.weight * t.cost) FILTER (WHERE t.label = 'the best two by time')::numeric AS r_cost, sum(i.weight * t.ms) FILTER (WHERE t.label = 'the best two by time')::numeric AS r_ms,
             sum(i.weight * t.cost) FILTER (WHERE t.label = 'the best two by cost')::numeric AS c_cost, sum(i.weight * t.ms) FILTER (WHERE t.label = 'the best two by cost')::numeric AS c_ms
      FROM bench.instances i, (SELECT p.id, p.label, p.cost, min(m.ms) AS ms FROM bench.plans p JOIN bench.plans o USING (id, plan) JOIN bench.measured m ON m.label = o.label AND m.id = o.id GROUP BY p.id, p.label, p.cost) t
      WHERE t.id = i.id GROUP BY i.name) x,
     (SELECT ms FROM bench.results WHERE label = 'the best two by time') r
WHERE abs(a_ms - r_ms) > 0.005 * r.ms ORDER BY a_ms - r_ms DESC;
