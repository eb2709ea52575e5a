-- What the payout API needs to know of a merchant. The system's private key is sealed for the merchant.
CREATE TABLE payout_merchant (
    merchant_id bigint PRIMARY KEY,
    public_key text,
    system_key bytea NOT NULL,
    min_api_version smallint NOT NULL CHECK (min_api_version > 0),
    product_names text[] NOT NULL,
    user_agent_deny text[] NOT NULL,
    auto_review boolean NOT NULL,
    fee_id bigint NOT NULL
);

-- What a payout cost the merchant from when on. Orders refer to a row, so rows stay.
CREATE TABLE payout_fee (
    merchant_id bigint NOT NULL,
    id bigint NOT NULL,
    rate numeric NOT NULL CHECK (rate >= 0),
    fixed numeric NOT NULL CHECK (fixed >= 0),
    minimum numeric NOT NULL CHECK (minimum >= 0),
    bearer text NOT NULL CHECK (bearer IN ('payee', 'merchant')),
    since timestamptz NOT NULL,
    PRIMARY KEY (merchant_id, id)
);

-- The currencies that a merchant pays out from. What stands on an account is the ledger's; a currency without a row has
-- no account, whatever its book still holds.
CREATE TABLE payout_account (
    merchant_id bigint NOT NULL,
    currency text NOT NULL,
    status text NOT NULL CHECK (status IN ('active', 'frozen', 'closed')),
    PRIMARY KEY (merchant_id, currency)
);

-- Units of `target` for one unit of `source`; the install's own, the same for all merchants.
CREATE TABLE exchange_rate (
    source text NOT NULL,
    target text NOT NULL,
    rate numeric NOT NULL CHECK (rate > 0),
    updated_at timestamptz NOT NULL,
    PRIMARY KEY (source, target)
);

-- Nonces of requests that were let in, so that none is let in twice while its timestamp is fresh.
CREATE TABLE api_nonce (
    merchant_id bigint NOT NULL,
    nonce text NOT NULL,
    used_at timestamptz NOT NULL,
    PRIMARY KEY (merchant_id, nonce)
);
-- What is old enough to forget.
CREATE INDEX api_nonce_used ON api_nonce (used_at);

GRANT SELECT, INSERT, UPDATE ON payout_merchant, exchange_rate TO bursar_app;
GRANT SELECT, INSERT ON payout_fee TO bursar_app;
GRANT SELECT, INSERT, UPDATE, DELETE ON payout_account, api_nonce TO bursar_app;
