-- What is said of the advice in bench.advice: recall and precision by bench.answers.
\set QUIET on
\pset tuples_only on
\pset format unaligned
CREATE TEMP VIEW judged AS
SELECT a.rank, a."table", a.method, array_to_string(a.columns, ', ') AS keys, a.predicate, a.ddl,
       (SELECT array_agg(w.verdict || ' ' || w.name) FROM bench.answers w WHERE w."table" = a."table" AND a.method ~ ('^(' || w.method || ')$')
          AND regexp_replace(array_to_string(a.columns, ', '), '"|::text| DESC| text_pattern_ops', '', 'g') ~ ('^(' || w.keys || ')$')
          AND coalesce(a.predicate, '') ~ w.predicate) AS matched
FROM bench.advice a WHERE a.action = 'create';
SELECT '  - not an answer: ' || concat_ws(' ', "table", method, '(' || keys || ')', 'WHERE ' || predicate) FROM judged WHERE matched IS NULL ORDER BY rank;
SELECT '  - missed: ' || w.name FROM bench.answers w WHERE verdict = 'needed'
    AND NOT EXISTS (SELECT FROM judged WHERE matched @> ARRAY['needed ' || w.name]);
SELECT format('  - recall %s of %s, precision %s of %s', count(*) FILTER (WHERE EXISTS (SELECT FROM judged WHERE matched @> ARRAY['needed ' || w.name])), count(*),
    (SELECT count(*) FROM judged WHERE matched IS NOT NULL), (SELECT count(*) FROM judged))
    FROM bench.answers w WHERE verdict = 'needed';
