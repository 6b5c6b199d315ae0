-- The extensions, and tables for what the demonstration measures. Must come before the first client.
CREATE EXTENSION pg_stat_statements;
CREATE EXTENSION perfaudit;
CREATE SCHEMA demo;

CREATE FUNCTION demo.wrapped(value text, width int) RETURNS text LANGUAGE sql IMMUTABLE
RETURN rtrim(regexp_replace(value, format('(.{1,%s})( +|\n|$)', width), E'\\1\n', 'gn'), E'\n');
COMMENT ON FUNCTION demo.wrapped IS 'breaks lines between words';

CREATE TABLE demo.requests (
    id         bigint GENERATED ALWAYS AS IDENTITY,
    phase      text NOT NULL,
    endpoint   text NOT NULL,
    statements int NOT NULL,
    ms         float8 NOT NULL
);
CREATE TABLE demo.times (phase text, queryid bigint, calls bigint, total_ms float8);
CREATE TABLE demo.findings (phase text, LIKE perfaudit.findings);
CREATE TABLE demo.advice AS SELECT * FROM perfaudit.suggest_indexes() WITH NO DATA;
ALTER TABLE demo.advice ADD applied bool NOT NULL DEFAULT false;

-- What is planted in each endpoint: the finding it must raise, and by what its statement is known.
CREATE TABLE demo.planted (
    id       int GENERATED ALWAYS AS IDENTITY,
    endpoint text NOT NULL,
    kind     text NOT NULL,
    relation regclass,                  -- NULL: any
    variant  text,
    pattern  text NOT NULL              -- a regular expression for the text of the statement
);
INSERT INTO demo.planted (endpoint, kind, relation, variant, pattern) VALUES
    ('conversation_list', 'n_plus_one', 'messages', 'select', 'ORDER BY messages.id DESC'),
    ('unread_counts', 'n_plus_one', 'messages', 'count', 'messages.id >'),
    ('collection_counts', 'n_plus_one', 'collections', 'count', 'collection_artifacts.artifact_id'),
    ('checkout', 'duplicate_statement', 'users', NULL, 'users.email'),
    ('queue_position', 'unbounded_result', 'queue_sessions', NULL, 'queue_sessions.joined_at'),
    ('dashboard', 'seq_scan_large_table', 'orders', NULL, 'orders.created_at >='),
    ('dashboard', 'chatty_unit', NULL, NULL, 'orders'),
    ('message_feed', 'deep_offset', 'messages', NULL, 'OFFSET'),
    ('history', 'unbounded_result', 'messages', NULL, 'messages.conversation_id ='),
    ('search_user', 'function_on_column', 'users', NULL, 'lower\(users.name\)'),
    ('search_artifact', 'leading_wildcard', 'artifacts', NULL, 'LIKE'),
    ('delivery_receipt', 'seq_scan_large_table', 'messages', NULL, 'messages.gateway_id ='),
    ('gateway_lookup', 'seq_scan_large_table', 'messages', NULL, ' gateway_id ='),
    ('daily_report', 'slow_statement', 'messages', NULL, 'to_char\(');
