-- Data keys, wrapped by the install's master key. Merchant 0 is the install itself.
CREATE TABLE vault_key (
    merchant_id bigint NOT NULL,
    generation smallint NOT NULL,
    wrapped bytea NOT NULL,
    PRIMARY KEY (merchant_id, generation)
);
GRANT SELECT, INSERT ON vault_key TO bursar_app;

-- Who saw a secret in clear, when and why.
CREATE TABLE vault_reveal (
    merchant_id bigint NOT NULL,
    id bigint NOT NULL,
    purpose text NOT NULL,
    object text NOT NULL,
    actor text NOT NULL,
    reason text NOT NULL,
    at timestamptz NOT NULL,
    PRIMARY KEY (merchant_id, id)
);
GRANT SELECT, INSERT ON vault_reveal TO bursar_app;

-- The install's own key pairs; private keys sealed for merchant 0.
CREATE TABLE platform_key (
    name text PRIMARY KEY,
    sealed bytea NOT NULL
);
GRANT SELECT, INSERT ON platform_key TO bursar_app;

CREATE TABLE merchant (
    merchant_id bigint PRIMARY KEY,
    name text NOT NULL,
    status text NOT NULL CHECK (status IN ('active', 'suspended', 'closed')),
    permissions text[] NOT NULL,
    ip_allow_list text[] NOT NULL,
    quotas jsonb NOT NULL,
    rate_limits jsonb NOT NULL,
    card_secret bytea NOT NULL,
    card_public_key text NOT NULL,
    created_at timestamptz NOT NULL
);
GRANT SELECT, INSERT, UPDATE ON merchant TO bursar_app;

-- Finds the merchant of a key; the one table of merchants that is not keyed by merchant.
CREATE TABLE api_key (
    api text NOT NULL CHECK (api IN ('card', 'payout')),
    key text NOT NULL,
    merchant_id bigint NOT NULL,
    PRIMARY KEY (api, key)
);
GRANT SELECT, INSERT ON api_key TO bursar_app;

-- Answers to requests that change something, by the request's id, so that a repeat gets the same one.
CREATE TABLE api_request (
    merchant_id bigint NOT NULL,
    request_id text NOT NULL,
    fingerprint bytea NOT NULL,
    started_at timestamptz NOT NULL,
    running_until timestamptz NOT NULL,
    answer jsonb,
    PRIMARY KEY (merchant_id, request_id)
) WITH (fillfactor = 70);
-- What is old enough to forget.
CREATE INDEX api_request_started ON api_request (started_at);
GRANT SELECT, INSERT, UPDATE, DELETE ON api_request TO bursar_app;

-- The sandbox's clock and faults, shared by all processes.
CREATE TABLE sandbox_clock (
    only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
    moved_by interval NOT NULL
);
INSERT INTO sandbox_clock (moved_by) VALUES ('0');
CREATE TABLE sandbox_fault (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    place text NOT NULL,
    outcome text NOT NULL,
    times integer NOT NULL CHECK (times >= 0)
);
GRANT SELECT, UPDATE ON sandbox_clock TO bursar_app;
GRANT SELECT, INSERT, UPDATE, DELETE ON sandbox_fault TO bursar_app;
