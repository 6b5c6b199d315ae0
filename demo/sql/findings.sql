-- The findings of this moment with their remedies, worst first; of those alike in kind and table the worst one only.
-- Must only read.
\pset footer off
\pset linestyle old-ascii
WITH ranked AS (
    SELECT *, row_number() OVER () AS place FROM perfaudit.findings
), worst AS (
    SELECT *, row_number() OVER alike AS nth, count(*) OVER (PARTITION BY kind, relation) AS alike
      FROM ranked WINDOW alike AS (PARTITION BY kind, relation ORDER BY place)
)
SELECT severity, round(impact_ms) AS impact_ms, occurrences AS times, alike,
       kind || E'\n' || coalesce(relation::text, '') AS "kind, relation",
       demo.wrapped(summary || coalesce(E'\n-> ' || suggestion, ''), 56) AS "what is wrong -> what to do"
  FROM worst WHERE nth = 1 ORDER BY place;

SELECT format('%s findings in all.', count(*))
  FROM perfaudit.findings \g (format=unaligned tuples_only=on)
