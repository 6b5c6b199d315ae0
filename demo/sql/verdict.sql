-- Was each planted mistake found, and is it gone after the repair? Fails when one that perfaudit has a detector for was
-- missed or is still found. Must only read.
\pset footer off
\set VERBOSITY terse
CREATE TEMPORARY TABLE verdict AS
SELECT planted.*,
       EXISTS (SELECT FROM perfaudit.detectors WHERE detectors.kind = planted.kind) AS detectable,
       coalesce(bool_or(findings.phase = 'before'), false) AS caught,
       coalesce(bool_or(findings.phase = 'repaired'), false) AS remains
  FROM demo.planted
  LEFT JOIN demo.findings
         ON findings.kind = planted.kind AND findings.query ~ planted.pattern
        AND (planted.relation IS NULL OR findings.relation = planted.relation)
        AND (planted.variant IS NULL OR findings.evidence ->> 'variant' = planted.variant)
 GROUP BY planted.id, planted.endpoint, planted.kind, planted.relation, planted.variant, planted.pattern;

SELECT endpoint, kind AS expected, relation, variant,
       CASE WHEN NOT detectable THEN 'no detector yet' WHEN caught THEN 'found' ELSE 'MISSED' END AS "as written",
       CASE WHEN NOT detectable THEN '' WHEN remains THEN 'STILL FOUND' ELSE 'gone' END AS repaired
  FROM verdict ORDER BY id;

SELECT format('%s of the %s planted mistakes that have a detector were found, %s of them after the repair too; '
              'findings of any kind: %s, then %s.',
              count(*) FILTER (WHERE caught), count(*) FILTER (WHERE detectable), count(*) FILTER (WHERE remains),
              (SELECT count(*) FROM demo.findings WHERE phase = 'before'),
              (SELECT count(*) FROM demo.findings WHERE phase = 'repaired'))
  FROM verdict \g (format=unaligned tuples_only=on)
SELECT bool_and(caught AND NOT remains) AS proven FROM verdict WHERE detectable \gset
\if :proven
\else
    DO $$ BEGIN RAISE EXCEPTION 'the demonstration did not show what it promises'; END $$;
\endif
