-- Builds the best of the advised indexes. Must not run inside a transaction: they are built concurrently.
UPDATE demo.advice SET applied = true
 WHERE rank IN (SELECT rank FROM demo.advice WHERE action = 'create' ORDER BY rank LIMIT 6);
SELECT ddl FROM demo.advice WHERE applied ORDER BY rank \gexec
ANALYZE users, conversations, memberships, messages, artifacts, collection_artifacts, queue_sessions, orders;
