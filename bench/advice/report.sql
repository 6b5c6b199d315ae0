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
SELECT format('- advice, two indexes: within 5 %% of the best two: %s (time %s of it)', CASE WHEN a.ms <= r.ms * 1.05 THEN '**kept**' ELSE '**broken**' END, round((a.ms / r.ms)::numeric, 2))
FROM bench.results a, bench.results r WHERE a.label = 'advice, two indexes' AND r.label = 'the best two by time';
