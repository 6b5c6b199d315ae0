-- suggest_indexes(): advice from what was recorded, checked by the planner.
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS perfaudit;
RESET client_min_messages;
CREATE SCHEMA suggest;
SET search_path = suggest;
SET max_parallel_workers_per_gather = 0;
CREATE TABLE users (id int PRIMARY KEY, email text, name text, active boolean, country text, bio text);
CREATE TABLE conversations (id int PRIMARY KEY, user_id int, title text, created timestamp);
CREATE TABLE messages (id bigint PRIMARY KEY, conversation_id int, sender int, body text, created timestamp, "Unread" boolean);
CREATE TABLE tiny (id int, k text);
INSERT INTO users SELECT i, 'u' || i || '@example.org', 'Name' || i, i % 2 = 0, 'c' || i % 4, md5(i::text) || md5((i + 1)::text)
FROM generate_series(1, 20000) i;
INSERT INTO conversations SELECT i, (i * 7) % 20000, 'title ' || i, timestamp '2026-01-01' + i * interval '1 minute'
FROM generate_series(1, 20000) i;
INSERT INTO messages SELECT i, (i * 13) % 20000, (i * 17) % 5000, 'message ' || i,
  timestamp '2026-01-01' + ((i::bigint * 7919) % 500000) * interval '1 second', i % 10 = 0 FROM generate_series(1, 60000) i;
INSERT INTO tiny SELECT i, 'k' || i FROM generate_series(1, 500) i;
VACUUM ANALYZE users, conversations, messages, tiny;

\set advice 'SELECT action, ddl, method, columns, est_size > 0 AS sized, benefit_ms_per_day > 0 AS gains, write_ms_per_day >= 0 AS writes, cost_after < cost_before AS cheaper, n_queries, cardinality(queryids) AS ids, verified FROM perfaudit.suggest_indexes(max_ms => 60000) WHERE action = ''create'' ORDER BY ddl;'
-- nothing recorded, nothing advised
SELECT perfaudit.reset() >= 0 AS reset;
SELECT count(*) FROM perfaudit.suggest_indexes();

-- one equality, with literals; twice, because what ran once is no workload
\o /dev/null
SELECT * FROM users WHERE email = 'u5@example.org';
SELECT * FROM users WHERE email = 'u6@example.org';
\o
:advice
-- what the evidence says: exact counts
SELECT q->>'calls' AS calls, q->>'rows_read' AS rows_read, q->>'rows_kept' AS rows_kept, q->>'measured' AS measured,
  q->>'planned_with' AS planned_with, (q->>'queryid')::bigint = queryids[1] AS same_id,
  evidence->'table'->>'rows' AS table_rows, confidence > 0.8 AS sure, warnings, q->'node_path' AS path,
  (q->>'mean_ms')::float8 > 0 AS timed, (q->>'cost_before')::float8 > (q->>'cost_after')::float8 AS costs
FROM perfaudit.suggest_indexes(max_ms => 60000), jsonb_array_elements(evidence->'queries') q WHERE action = 'create';
-- the planner says the same when asked by hand, and the real index keeps the promise
SELECT w.cost_after < w.cost_before / 10 AS what_if, s.cost_after BETWEEN w.cost_after * 0.95 AND w.cost_after * 1.05 AS same
FROM perfaudit.suggest_indexes(max_ms => 60000) s,
  LATERAL perfaudit.what_if('SELECT * FROM users WHERE email = ''u7@example.org''', ARRAY[s.ddl]) w
WHERE s.action = 'create';
SELECT replace(ddl, 'CONCURRENTLY ', '') AS build FROM perfaudit.suggest_indexes(max_ms => 60000) WHERE action = 'create' \gexec
-- what exists is not advised again
:advice

-- an application: last message a conversation, counts, newest first, joins, expressions, prefixes
SELECT perfaudit.reset() >= 0 AS reset;
\o /dev/null
SELECT * FROM messages WHERE conversation_id = 5 ORDER BY created DESC LIMIT 1;
SELECT * FROM messages WHERE conversation_id = 6 ORDER BY created DESC LIMIT 1;
SELECT count(*) FROM messages WHERE conversation_id = 6 AND "Unread";
SELECT count(*) FROM messages WHERE conversation_id = 7 AND "Unread";
SELECT * FROM messages ORDER BY created DESC LIMIT 20;
SELECT * FROM messages ORDER BY created DESC LIMIT 20;
SELECT c.title, m.body FROM conversations c JOIN messages m ON m.conversation_id = c.id WHERE c.user_id = 70;
SELECT c.title, m.body FROM conversations c JOIN messages m ON m.conversation_id = c.id WHERE c.user_id = 77;
SELECT * FROM users WHERE lower(name) = 'name55';
SELECT * FROM users WHERE lower(name) = 'name56';
SELECT * FROM users WHERE name LIKE 'Name777%';
SELECT * FROM users WHERE name LIKE 'Name778%';
-- what no index is built for: most rows, few values, small tables, primary keys
SELECT * FROM users WHERE active;
SELECT * FROM users WHERE active;
SELECT count(*) FROM users WHERE country = 'c1';
SELECT count(*) FROM users WHERE country = 'c2';
SELECT * FROM tiny WHERE k = 'k5';
SELECT * FROM tiny WHERE k = 'k6';
SELECT * FROM users WHERE id = 5;
SELECT * FROM users WHERE id = 6;
\o
:advice
SELECT warnings, evidence->'refused_tables' AS refused, evidence->'skipped' AS skipped
FROM perfaudit.suggest_indexes(max_ms => 60000) WHERE action = 'note' AND ddl IS NULL;
-- each with the way that its plan takes to the table
SELECT bool_and(q->'node_path' ? 'Seq Scan') AS all_scans, bool_or(q->'node_path' = '["Limit", "Sort", "Seq Scan"]') AS some_sorts
FROM perfaudit.suggest_indexes(max_ms => 60000), jsonb_array_elements(evidence->'queries') q WHERE action = 'create';
-- what was tried and is not advised, with the reason; small tables, with theirs
SELECT count(*) > 0 AS rejected, bool_and(r->>'reason' <> '' AND jsonb_array_length(r->'columns') > 0) AS told
FROM perfaudit.suggest_indexes(max_ms => 60000), jsonb_array_elements(evidence->'rejected') r;
SELECT r->>'table' AS "table", r->>'reason' AS reason FROM perfaudit.suggest_indexes(max_ms => 60000), jsonb_array_elements(evidence->'refused_tables') r WHERE action = 'note' ORDER BY 1;
-- the same twice
SELECT count(*) AS different FROM (
  (SELECT rank, ddl FROM perfaudit.suggest_indexes(max_ms => 60000) EXCEPT SELECT rank, ddl FROM perfaudit.suggest_indexes(max_ms => 60000))) d;
-- planned with the search_path that was recorded, not that of the caller
SET search_path = pg_catalog;
SELECT count(*) FROM perfaudit.suggest_indexes(max_ms => 60000) WHERE action = 'create';
SET search_path = suggest;
-- arguments
SELECT count(*) FROM perfaudit.suggest_indexes(max_indexes => 2, max_ms => 60000) WHERE action = 'create';
SELECT sum(est_size) <= 1500000 AS within, count(*) > 0 AS some FROM perfaudit.suggest_indexes(storage_budget => 1500000, max_ms => 60000) WHERE action = 'create';
SELECT count(*) FROM perfaudit.suggest_indexes(storage_budget => 0, max_ms => 60000) WHERE action = 'create';
SELECT count(*) FROM perfaudit.suggest_indexes(min_gain => 100, max_ms => 60000) WHERE action = 'create';
-- a deadline that is too short is no error
SELECT count(*) >= 0 AS ok FROM perfaudit.suggest_indexes(max_ms => 1);
-- no lock stays
BEGIN;
SELECT count(*) FROM perfaudit.suggest_indexes(max_ms => 60000) WHERE action = 'create';
SELECT count(*) AS locks FROM pg_locks WHERE pid = pg_backend_pid() AND relation IN ('users'::regclass, 'messages'::regclass, 'conversations'::regclass);
COMMIT;
SELECT perfaudit.suggest_indexes(max_indexes => -1);
SELECT perfaudit.suggest_indexes(max_indexes => NULL);
SELECT perfaudit.suggest_indexes(storage_budget => -1);
SELECT perfaudit.suggest_indexes(max_ms => 0);
SELECT perfaudit.suggest_indexes(min_gain => -1);
SELECT perfaudit.suggest_indexes(min_gain => 'NaN');

-- inside a text only trigrams help; without the extension that is all that is said
SELECT perfaudit.reset() >= 0 AS reset;
\o /dev/null
SELECT * FROM users WHERE bio LIKE '%abcdef%';
SELECT * FROM users WHERE bio LIKE '%abcdee%';
\o
SELECT action, ddl, method, columns, verified, warnings FROM perfaudit.suggest_indexes(max_ms => 60000);

-- nor for types that it has no operators for, nor concurrently on partitions
SELECT perfaudit.reset() >= 0 AS reset;
CREATE TABLE parted_text (id int, ch char(40), nm name, doc text) PARTITION BY RANGE (id);
CREATE TABLE parted_text_1 PARTITION OF parted_text FOR VALUES FROM (0) TO (20001);
INSERT INTO parted_text SELECT i, md5(i::text), md5(i::text), md5(i::text) FROM generate_series(1, 20000) i;
ANALYZE parted_text;
\o /dev/null
SELECT * FROM parted_text WHERE ch LIKE '%abcdef%';
SELECT * FROM parted_text WHERE ch LIKE '%abcdef%';
SELECT * FROM parted_text WHERE nm LIKE '%abcdef%';
SELECT * FROM parted_text WHERE nm LIKE '%abcdef%';
SELECT * FROM parted_text WHERE doc LIKE '%abcdef%';
SELECT * FROM parted_text WHERE doc LIKE '%abcdef%';
\o
SELECT action, ddl, warnings FROM perfaudit.suggest_indexes(max_ms => 60000);
-- no lock stays on partitions either
BEGIN;
SELECT count(*) FROM perfaudit.suggest_indexes(max_ms => 60000);
SELECT count(*) AS locks FROM pg_locks WHERE pid = pg_backend_pid() AND relation IN ('parted_text'::regclass, 'parted_text_1'::regclass);
COMMIT;

-- values that do not fit into an index, also when stored out of line; what is beside them does
SELECT perfaudit.reset() >= 0 AS reset;
CREATE TABLE documents (id int, kind int, body text, filler text);
INSERT INTO documents SELECT i, i % 500, (SELECT string_agg(md5(i || ':' || j), '') FROM generate_series(1, 120) j), repeat(md5(i::text), 20) FROM generate_series(1, 2500) i;
ANALYZE documents;
\o /dev/null
SELECT id FROM documents WHERE body = 'x';
SELECT id FROM documents WHERE body = 'y';
SELECT id FROM documents WHERE lower(body) = 'x';
SELECT id FROM documents WHERE lower(body) = 'y';
\o
SELECT ddl FROM perfaudit.suggest_indexes(max_ms => 60000) WHERE action = 'create';
\o /dev/null
SELECT id FROM documents WHERE body = 'x' AND kind = 5;
SELECT id FROM documents WHERE body = 'y' AND kind = 6;
\o
SELECT ddl FROM perfaudit.suggest_indexes(max_ms => 60000) WHERE action = 'create';

-- a cast that the server made is spelled out, where the column has no index; outer joins are none of the index's business
SELECT perfaudit.reset() >= 0 AS reset;
\o /dev/null
SELECT * FROM messages WHERE id = 5.0;
SELECT * FROM messages WHERE id = 6.0;
SELECT * FROM messages WHERE sender = 5.0;
SELECT * FROM messages WHERE sender = 6.0;
SELECT c.id FROM conversations c LEFT JOIN users u ON u.id = c.user_id WHERE lower(u.name) = 'name7';
SELECT c.id FROM conversations c LEFT JOIN users u ON u.id = c.user_id WHERE lower(u.name) = 'name8';
\o
SELECT ddl FROM perfaudit.suggest_indexes(max_ms => 60000) WHERE action = 'create' ORDER BY ddl;

-- a column that a recorded plan had and that is gone
SELECT perfaudit.reset() >= 0 AS reset;
CREATE TABLE shrinking AS SELECT i AS id, i AS old, i AS k, repeat('x', 50) AS filler FROM generate_series(1, 20000) i;
ANALYZE shrinking;
CREATE VIEW shrinking_view AS SELECT id, k FROM shrinking WHERE old > 0;
\o /dev/null
SELECT * FROM shrinking_view WHERE k = 5;
SELECT * FROM shrinking_view WHERE k = 6;
\o
CREATE OR REPLACE VIEW shrinking_view AS SELECT id, k FROM shrinking;
ALTER TABLE shrinking DROP COLUMN old;
SELECT ddl FROM perfaudit.suggest_indexes(max_ms => 60000) WHERE action = 'create';

-- an index that exists is not advised, be it ever so bloated
SELECT perfaudit.reset() >= 0 AS reset;
CREATE INDEX bloated ON messages (sender) WITH (fillfactor = 10, deduplicate_items = off);
\o /dev/null
SELECT * FROM messages WHERE sender BETWEEN 5 AND 800 AND body ~ '99999$';
SELECT * FROM messages WHERE sender BETWEEN 6 AND 805 AND body ~ '99999$';
\o
SELECT action, ddl FROM perfaudit.suggest_indexes(max_ms => 60000) WHERE columns = ARRAY['sender'];
SELECT cost_after < cost_before * 0.85 AS though_it_would_gain
FROM perfaudit.what_if('SELECT * FROM messages WHERE sender BETWEEN 5 AND 800 AND body ~ ''99999$''', ARRAY['CREATE INDEX ON messages (sender)']);
DROP INDEX bloated;

-- parameters: recorded values, checked against the generic plan
SELECT perfaudit.reset() >= 0 AS reset;
PREPARE by_sender (int) AS SELECT * FROM messages WHERE sender = $1;
\o /dev/null
EXECUTE by_sender(5);
EXECUTE by_sender(6);
EXECUTE by_sender(7);
\o
SELECT ddl, verified FROM perfaudit.suggest_indexes(max_ms => 60000) WHERE action = 'create';

-- statements of a PL/pgSQL function, whose variables are no columns
SELECT perfaudit.reset() >= 0 AS reset;
SET perfaudit.track_nested = on;
CREATE FUNCTION sent_by(who int) RETURNS bigint LANGUAGE plpgsql AS
$$ DECLARE n bigint; BEGIN SELECT count(*) INTO n FROM messages m WHERE m.sender = who; RETURN n; END $$;
\o /dev/null
SELECT sent_by(5);
SELECT sent_by(6);
\o
SELECT ddl, verified FROM perfaudit.suggest_indexes(max_ms => 60000) WHERE action = 'create';
RESET perfaudit.track_nested;

-- quoting; a name that is taken; a partitioned table; data changing statements
SELECT perfaudit.reset() >= 0 AS reset;
CREATE TABLE "Odd ""name" (id int PRIMARY KEY, "Select" int, filler text);
INSERT INTO "Odd ""name" SELECT i, i, repeat('x', 50) FROM generate_series(1, 20000) i;
CREATE TABLE "Odd ""name_Select_idx" ();
CREATE TABLE parted (id int, k int, filler text) PARTITION BY RANGE (id);
CREATE TABLE parted_1 PARTITION OF parted FOR VALUES FROM (0) TO (20000);
CREATE TABLE parted_2 PARTITION OF parted FOR VALUES FROM (20000) TO (50000);
INSERT INTO parted SELECT i, i % 4000, repeat('x', 50) FROM generate_series(1, 40000) i;
VACUUM ANALYZE "Odd ""name", parted;
\o /dev/null
UPDATE "Odd ""name" SET filler = 'y' WHERE "Select" = 5;
UPDATE "Odd ""name" SET filler = 'y' WHERE "Select" = 6;
SELECT * FROM parted WHERE k = 5;
SELECT * FROM parted WHERE k = 6;
\o
:advice
SELECT "table", warnings FROM perfaudit.suggest_indexes(max_ms => 60000) WHERE action = 'create' AND warnings <> '{}';

-- heap-only updates that would end are told
SELECT perfaudit.reset() >= 0 AS reset;
CREATE TABLE queue (id int PRIMARY KEY, state int, filler text) WITH (fillfactor = 40);
INSERT INTO queue SELECT i, i, repeat('x', 60) FROM generate_series(1, 20000) i;
VACUUM ANALYZE queue;
\o /dev/null
UPDATE queue SET state = -1 WHERE id = 5;
UPDATE queue SET state = -1 WHERE id = 500;
SELECT * FROM queue WHERE state = 77;
SELECT * FROM queue WHERE state = 78;
SELECT pg_stat_force_next_flush();
\o
SELECT columns, warnings[1] ~ '^hot_loss: some [0-9]+ updates a day' AS hot_loss, (evidence->'table'->>'hot_share')::float = 1 AS all_hot
FROM perfaudit.suggest_indexes(max_ms => 60000) WHERE action = 'create';

-- other roles: planned as the role that ran it, only for who may act as it
SELECT perfaudit.reset() >= 0 AS reset;
CREATE ROLE regress_suggest_app;
CREATE ROLE regress_suggest_reader;
GRANT pg_read_all_stats TO regress_suggest_reader;
GRANT USAGE ON SCHEMA perfaudit, suggest TO regress_suggest_app, regress_suggest_reader;
GRANT CREATE ON SCHEMA suggest TO regress_suggest_app;
GRANT SELECT ON conversations TO regress_suggest_app;
CREATE TABLE stolen (by_whom text);
GRANT INSERT ON stolen TO PUBLIC;
SET ROLE regress_suggest_app;
CREATE FUNCTION spy(x int) RETURNS int IMMUTABLE LANGUAGE plpgsql AS
$$ BEGIN
    -- tells by the code of an error, which is in the evidence
    IF current_setting('suggest.spy', true) = 'on' THEN
        RAISE EXCEPTION 'spy runs as %', current_user
            USING ERRCODE = CASE WHEN current_user <> 'regress_suggest_app' OR current_setting('transaction_read_only') = 'off' THEN 'XX666' ELSE 'XX001' END;
    END IF;
    RETURN x;
END $$;
\o /dev/null
SELECT * FROM conversations WHERE user_id = spy(5);
SELECT * FROM conversations WHERE user_id = spy(6);
\o
RESET ROLE;
SELECT ddl FROM perfaudit.suggest_indexes(max_ms => 60000, max_indexes => 1) WHERE action = 'create';
SET suggest.spy = on;
SELECT evidence->'skipped'->0->>'sqlstate' AS ran_as_app_read_only FROM perfaudit.suggest_indexes(max_ms => 60000);
RESET suggest.spy;
SELECT current_user = session_user AS still_me, current_setting('transaction_read_only') AS read_only, current_setting('search_path') AS path;
SET ROLE regress_suggest_reader;
SELECT action, ddl, evidence->'skipped'->0->>'reason' AS reason FROM perfaudit.suggest_indexes();
RESET ROLE;
REVOKE pg_read_all_stats FROM regress_suggest_reader;
SET ROLE regress_suggest_reader;
SELECT action, ddl, evidence->'skipped' AS skipped, evidence->'skipped_of_other_roles' AS others FROM perfaudit.suggest_indexes();
RESET ROLE;
-- what a superuser ran is not planned with functions of others in it
SELECT perfaudit.reset() >= 0 AS reset;
\o /dev/null
SELECT * FROM conversations WHERE user_id = spy(5);
SELECT * FROM conversations WHERE user_id = spy(6);
\o
SET suggest.spy = on;
SELECT action, ddl, evidence->'skipped'->0->>'reason' AS reason, evidence->'skipped'->0->>'sqlstate' AS ran FROM perfaudit.suggest_indexes();
RESET suggest.spy;
-- not even analysed, where that checks a literal against the domain of another role
SELECT perfaudit.reset() >= 0 AS reset;
SET ROLE regress_suggest_app;
CREATE FUNCTION spy_check(x int) RETURNS boolean IMMUTABLE LANGUAGE plpgsql SET client_min_messages = notice AS
$$ BEGIN IF current_setting('suggest.spy', true) = 'on' THEN RAISE NOTICE 'spy_check runs as %', current_user; END IF; RETURN true; END $$;
CREATE DOMAIN spied AS int CHECK (spy_check(VALUE));
RESET ROLE;
\o /dev/null
SELECT * FROM conversations WHERE user_id = ANY ('{5}'::spied[]);
SELECT * FROM conversations WHERE user_id = ANY ('{6}'::spied[]);
\o
SET suggest.spy = on;
SELECT action, ddl, evidence->'skipped'->0->>'reason' AS reason FROM perfaudit.suggest_indexes();
RESET suggest.spy;
-- no literal of a recorded statement is in what is said
SELECT count(*) AS literals FROM perfaudit.suggest_indexes() s WHERE s::text ~ 'u5@example|abcdef|name55';
-- what cannot be planned any more is listed with its SQLSTATE
SELECT perfaudit.reset() >= 0 AS reset;
CREATE TABLE gone AS SELECT i AS id, i AS k FROM generate_series(1, 50000) i;
\o /dev/null
SELECT * FROM gone WHERE k = 5;
SELECT * FROM gone WHERE k = 6;
\o
DROP TABLE gone;
SELECT evidence->'skipped'->0->>'reason' AS reason, evidence->'skipped'->0->>'sqlstate' AS sqlstate FROM perfaudit.suggest_indexes();
SET client_min_messages = warning;
DROP SCHEMA suggest CASCADE;
REVOKE USAGE ON SCHEMA perfaudit FROM regress_suggest_app, regress_suggest_reader;
DROP ROLE regress_suggest_app, regress_suggest_reader;
