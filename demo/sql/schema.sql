-- The shop's schema: customers chat with agents, collect artifacts, wait in a queue and order.
-- Indexes are those an ORM and a careful first developer would have made; what is missing is missing on purpose.
-- Must never refer to perfaudit: the application does not know that it is watched.

CREATE TABLE users (
    id          bigint PRIMARY KEY,
    name        text NOT NULL,
    name_folded text NOT NULL GENERATED ALWAYS AS (lower(name)) STORED,
    email       text NOT NULL,
    country     text NOT NULL,
    created_at  timestamptz NOT NULL
);

CREATE TABLE conversations (
    id         bigint PRIMARY KEY,
    title      text NOT NULL,
    updated_at timestamptz NOT NULL
);

CREATE TABLE memberships (
    user_id         bigint NOT NULL,
    conversation_id bigint NOT NULL,
    last_read_id    bigint NOT NULL,
    PRIMARY KEY (user_id, conversation_id)
);

CREATE TABLE messages (
    id              bigint PRIMARY KEY,
    conversation_id bigint NOT NULL,
    sender_id       bigint NOT NULL,
    gateway_id      bigint NOT NULL,      -- the id the SMS and e-mail gateways know a message by
    body            text NOT NULL,
    created_at      timestamptz NOT NULL
);

CREATE TABLE artifacts (
    id          bigint PRIMARY KEY,
    owner_id    bigint NOT NULL,
    title       text NOT NULL,
    title_words tsvector NOT NULL GENERATED ALWAYS AS (to_tsvector('simple', title)) STORED,
    price       numeric(10, 2) NOT NULL
);

CREATE TABLE collections (
    id       bigint PRIMARY KEY,
    owner_id bigint NOT NULL,
    name     text NOT NULL
);

CREATE TABLE collection_artifacts (
    collection_id bigint NOT NULL,
    artifact_id   bigint NOT NULL,
    PRIMARY KEY (collection_id, artifact_id)
);

CREATE TABLE queue_sessions (
    id        bigint PRIMARY KEY,
    user_id   bigint NOT NULL,
    status    text NOT NULL,
    joined_at timestamptz NOT NULL
);

CREATE TABLE orders (
    id         bigint PRIMARY KEY,
    user_id    bigint NOT NULL,
    status     text NOT NULL,
    total      numeric(10, 2) NOT NULL,
    created_at timestamptz NOT NULL
);
