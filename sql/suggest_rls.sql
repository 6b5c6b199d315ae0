-- suggest_indexes(): row-level security and missing rights give the plans of the role that ran the statement, and nothing
-- of rows that it may not see is told: not by advice, not by what functions are called with.
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS perfaudit;
RESET client_min_messages;
CREATE SCHEMA suggest_rls;
SET search_path = suggest_rls;
SET max_parallel_workers_per_gather = 0;
CREATE ROLE regress_rls_one;
CREATE ROLE regress_rls_two;
CREATE ROLE regress_rls_stats IN ROLE pg_read_all_stats;
GRANT USAGE ON SCHEMA suggest_rls TO PUBLIC;
GRANT CREATE ON SCHEMA suggest_rls TO regress_rls_one;
CREATE TABLE docs (id int, owner name, k int, state text, body text, filler text);
INSERT INTO docs SELECT i, CASE WHEN i % 100 = 0 THEN 'regress_rls_one' ELSE 'regress_rls_two' END, i % 2000,
    CASE WHEN i % 100 = 0 THEN 'open' WHEN i % 250 = 1 THEN 'hushhush' ELSE 'normal' END,
    CASE WHEN i % 100 = 0 THEN 'mine' ELSE 'Secret' || i % 20 END, repeat('x', 100) FROM generate_series(1, 20000) i;
ALTER TABLE docs ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON docs USING (owner = current_user);
GRANT SELECT ON docs TO regress_rls_one, regress_rls_two;
ANALYZE docs;
-- tells what it is called with, whatever the client asked for
SET ROLE regress_rls_one;
CREATE FUNCTION leak(a text, b text) RETURNS bool IMMUTABLE COST 0.0001 LANGUAGE plpgsql SET client_min_messages = notice AS $$
BEGIN
    IF a ~* 'secret|hush' THEN RAISE NOTICE 'seen by %: %', current_user, a; END IF;
    RETURN a = b;
END $$;
CREATE OPERATOR <=?=> (FUNCTION = leak, LEFTARG = text, RIGHTARG = text, RESTRICT = eqsel);
RESET ROLE;
SELECT perfaudit.reset() IS NOT NULL AS reset;
SET ROLE regress_rls_one;
\o /dev/null
SELECT count(*) FROM docs WHERE k = 100;
SELECT count(*) FROM docs WHERE k = 300;
SELECT count(*) FROM docs WHERE lower(body) = 'mine' AND lower(body) OPERATOR(suggest_rls.<=?=>) 'x';
SELECT count(*) FROM docs WHERE lower(body) = 'mine' AND lower(body) OPERATOR(suggest_rls.<=?=>) 'y';
SELECT count(*) FROM docs WHERE body OPERATOR(suggest_rls.<=?=>) 'x' AND filler = 'x';
SELECT count(*) FROM docs WHERE body OPERATOR(suggest_rls.<=?=>) 'y' AND filler = 'y';
SET ROLE regress_rls_two;
SELECT id FROM docs WHERE state = 'hushhush' AND k = 7;
SELECT id FROM docs WHERE state = 'hushhush' AND k = 8;
SELECT id FROM docs WHERE lower(body) = 'secret77';
SELECT id FROM docs WHERE lower(body) = 'secret78';
RESET ROLE;
\o

-- the superuser has all of it planned as who ran it: their policy is in the plans, the index that it wants is advised
SELECT bool_or(columns[1] = 'k') AS by_k, bool_or('lower(body)' = ANY (columns)) AS by_expression FROM perfaudit.suggest_indexes(max_ms => 60000) WHERE action = 'create';
SELECT s.username, s.query, p.plan_before ~ 'owner = CURRENT_USER' AS policy, p.plan_after ~ 'owner = CURRENT_USER' AS policy_after
FROM perfaudit.judged_statements s, perfaudit.plan_again(s.userid, s.toplevel, s.shape, '{CREATE INDEX ON suggest_rls.docs (k)}') p
WHERE s.query ~ 'FROM docs WHERE k' ORDER BY 1, 2;
-- with an index supposed that would tell the hidden values, had the planner's estimate them for the function
SELECT p.cost_after > 0 AS planned FROM perfaudit.judged_statements s, perfaudit.plan_again(s.userid, s.toplevel, s.shape, '{CREATE INDEX ON suggest_rls.docs (lower(body))}') p
WHERE s.query ~ 'lower.body. = ' AND s.username = 'regress_rls_one';

-- each of them: advice for what he ran, nothing of the other's
SET ROLE regress_rls_one;
SELECT bool_or(columns[1] = 'k') AS by_k, bool_or('lower(body)' = ANY (columns)) AS by_expression FROM perfaudit.suggest_indexes(max_ms => 60000) WHERE action = 'create';
SELECT count(*) AS told FROM perfaudit.suggest_indexes(max_ms => 60000, include_drops => true) s WHERE s::text ~* 'secret|hush|regress_rls_two';
SELECT evidence->'skipped' AS skipped, evidence->'skipped_of_other_roles' AS others FROM perfaudit.suggest_indexes(max_ms => 60000) WHERE action = 'note';
SELECT count(*) AS told FROM perfaudit.suggest_indexes_for('SELECT id FROM suggest_rls.docs WHERE lower(body) = $1 AND k = $2') s WHERE s::text ~* 'secret|hush';
SET ROLE regress_rls_two;
SELECT count(*) AS told FROM perfaudit.suggest_indexes(max_ms => 60000) s WHERE s::text ~* 'mine|regress_rls_one|leak';
-- who reads all statistics may not act as either
SET ROLE regress_rls_stats;
SELECT action, ddl, (SELECT array_agg(DISTINCT x->>'reason') FROM jsonb_array_elements(evidence->'skipped') x) AS reasons, s::text ~* 'secret|hush|mine' AS told
FROM perfaudit.suggest_indexes(max_ms => 60000) s;
RESET ROLE;

-- rights that are taken away: still planned as that role, without what it may not see any more
REVOKE SELECT ON docs FROM regress_rls_one;
SELECT bool_or(columns[1] = 'k') AS by_k, bool_or('lower(body)' = ANY (columns)) AS by_expression FROM perfaudit.suggest_indexes(max_ms => 60000) WHERE action = 'create';
SET ROLE regress_rls_one;
SELECT count(*) AS told FROM perfaudit.suggest_indexes(max_ms => 60000) s WHERE s::text ~* 'secret|hush';
SELECT perfaudit.suggest_indexes_for('SELECT id FROM suggest_rls.docs WHERE k = 5');
RESET ROLE;
-- nor the schema
REVOKE USAGE ON SCHEMA suggest_rls FROM PUBLIC;
REVOKE CREATE ON SCHEMA suggest_rls FROM regress_rls_one;
SELECT DISTINCT x->>'reason' AS reason, x->>'sqlstate' AS sqlstate
FROM perfaudit.suggest_indexes(max_ms => 60000), jsonb_array_elements(evidence->'skipped') x WHERE action = 'note' ORDER BY 1;
-- the messages do come
SELECT leak('Secret', 'x');

SELECT perfaudit.reset() IS NOT NULL AS reset;
SET client_min_messages = warning;
DROP SCHEMA suggest_rls CASCADE;
DROP ROLE regress_rls_one, regress_rls_two, regress_rls_stats;
