-- Forgetting: everything, one database, one role, one statement.
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS perfaudit;
RESET client_min_messages;
\set VERBOSITY terse
CREATE SCHEMA forget;
SET search_path = forget;
CREATE TABLE t (id int PRIMARY KEY, n int);
INSERT INTO t SELECT i, i % 10 FROM generate_series(1, 100) i;
ANALYZE t;
CREATE ROLE regress_perfaudit_reset;
GRANT USAGE ON SCHEMA forget TO regress_perfaudit_reset;
GRANT SELECT ON t TO regress_perfaudit_reset;
\set statements 'SELECT username = current_user AS mine, calls, query FROM perfaudit.statements WHERE query ~ ''FROM t'' AND query !~ ''perfaudit'' ORDER BY query COLLATE "C", 1;'
\set work 'SELECT count(*) FROM t; SELECT n FROM t WHERE id = 1; SET ROLE regress_perfaudit_reset; SELECT n FROM t WHERE id = 1; RESET ROLE;'

-- everything
SELECT perfaudit.recorded_since() AS since \gset
\o /dev/null
:work
\o
SELECT perfaudit.reset() > 3 AS reset;
:statements
SELECT perfaudit.recorded_since() > :'since' AS since;
SELECT count(*) FROM perfaudit.plans WHERE query ~ 'FROM t';
SELECT count(*) FROM perfaudit.plan_nodes WHERE relation = 't'::regclass;
SELECT count(*) FROM perfaudit.repeats;
SELECT count(*) FROM perfaudit.units;

-- the statements go on being recorded, with their texts
\o /dev/null
:work
\o
:statements

-- one role
SELECT perfaudit.reset(username => 'regress_perfaudit_reset');
:statements
SELECT perfaudit.reset(username => 'regress_perfaudit_reset');

-- one statement, of all roles; by any of its ids
\o /dev/null
:work
\o
SELECT perfaudit.reset(queryid => queryid) FROM perfaudit.statements
WHERE query = 'SELECT n FROM t WHERE id = $1' AND username = current_user;
:statements
SELECT perfaudit.reset(queryid => 0);
SELECT perfaudit.reset(queryid => -12345);

-- of one role
\o /dev/null
:work
\o
SELECT perfaudit.reset(username => 'regress_perfaudit_reset', queryid => queryid) FROM perfaudit.statements
WHERE query = 'SELECT n FROM t WHERE id = $1' AND username = current_user;
:statements

-- another database: nothing of ours
SELECT perfaudit.reset(database => 'template1');
:statements
SELECT perfaudit.reset(database => current_database()) > 0 AS reset;
:statements

-- unknown names; NULL is all
SELECT perfaudit.reset(database => 'no such database');
SELECT perfaudit.reset(username => 'no such role');
SELECT perfaudit.reset(NULL, NULL, NULL) >= 0 AS reset;

-- inside a transaction, rolled back: forgotten all the same
\o /dev/null
:work
BEGIN;
SELECT perfaudit.reset();
ROLLBACK;
\o
:statements
-- while a cursor is open
BEGIN;
DECLARE c CURSOR FOR SELECT id FROM t ORDER BY id;
FETCH 1 FROM c;
SELECT perfaudit.reset() >= 0 AS reset;
FETCH 1 FROM c;
COMMIT;
SELECT count(*) FROM t;
:statements
DROP OWNED BY regress_perfaudit_reset;
DROP ROLE regress_perfaudit_reset;
