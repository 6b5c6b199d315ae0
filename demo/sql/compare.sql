-- Statements and latency per request: as written, with the advised indexes, repaired. Must only read.
\pset footer off
WITH measured AS (
    SELECT endpoint, phase, min(id) AS place, round(avg(statements)) AS statements,
           percentile_cont(0.50) WITHIN GROUP (ORDER BY ms) AS p50,
           percentile_cont(0.95) WITHIN GROUP (ORDER BY ms) AS p95
      FROM demo.requests GROUP BY endpoint, phase
)
SELECT endpoint,
       before.statements || ' → ' || repaired.statements AS statements,
       to_char(before.p50, '99990.0') AS "p50 before",
       to_char(indexes.p50, '99990.0') AS "indexes",
       to_char(repaired.p50, '99990.0') AS "repaired",
       to_char(before.p95, '99990.0') AS "p95 before",
       to_char(indexes.p95, '99990.0') AS "indexes",
       to_char(repaired.p95, '99990.0') AS "repaired",
       to_char(before.p50 / repaired.p50, '9990.0') || ' ×' AS "p50 faster"
  FROM measured AS before
  JOIN measured AS indexes USING (endpoint)
  JOIN measured AS repaired USING (endpoint)
 WHERE before.phase = 'before' AND indexes.phase = 'indexes' AND repaired.phase = 'repaired'
 ORDER BY before.place;
