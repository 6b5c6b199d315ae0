-- The findings of this moment, briefly. Must only read.
\pset linestyle old-ascii
SELECT severity, round(impact_ms) AS impact_ms, occurrences AS times, kind, relation,
       demo.wrapped(summary, 40) AS summary
  FROM perfaudit.findings;
