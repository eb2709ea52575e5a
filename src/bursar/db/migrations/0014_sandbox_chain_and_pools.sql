-- The sandbox's chains. `made` counts the blocks ever made, those that were replaced later included.
CREATE TABLE sandbox_chain (
    chain_id text PRIMARY KEY,
    made bigint NOT NULL DEFAULT 0
);
GRANT SELECT, INSERT, UPDATE ON sandbox_chain TO bursar_app;

CREATE TABLE sandbox_block (
    chain_id text NOT NULL,
    hash text NOT NULL,
    height bigint NOT NULL CHECK (height >= 0),
    parent_hash text NOT NULL,
    at timestamptz NOT NULL,
    orphaned boolean NOT NULL DEFAULT false,
    PRIMARY KEY (chain_id, hash)
);
-- The chain as it is now: one block at each height.
CREATE UNIQUE INDEX sandbox_block_height ON sandbox_block (chain_id, height) WHERE NOT orphaned;
GRANT SELECT, INSERT, UPDATE (orphaned) ON sandbox_block TO bursar_app;

-- What was sent to a sandbox chain; one transaction moves one amount. Waiting ones are taken up in the order of `seq`.
CREATE TABLE sandbox_chain_transaction (
    seq bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    chain_id text NOT NULL,
    hash text NOT NULL,
    sender text NOT NULL,
    recipient text NOT NULL,
    coin text NOT NULL,
    native boolean NOT NULL,
    units numeric(78, 0) NOT NULL CHECK (units > 0),
    fee_units numeric(78, 0) NOT NULL CHECK (fee_units >= 0),
    nonce bigint,
    attempt integer NOT NULL,
    from_outside boolean NOT NULL,
    sent_at timestamptz NOT NULL,
    expires_at timestamptz,
    state text NOT NULL CHECK (state IN ('waiting', 'succeeded', 'failed', 'dropped')),
    block_height bigint,
    block_hash text,
    position integer,
    CONSTRAINT sandbox_chain_transaction_hash UNIQUE (chain_id, hash),
    CHECK ((block_hash IS NOT NULL) = (state IN ('succeeded', 'failed')))
) WITH (fillfactor = 70);
-- What stands in some blocks.
CREATE INDEX sandbox_chain_transaction_block ON sandbox_chain_transaction (chain_id, block_height, position);
-- What waits to be taken up.
CREATE INDEX sandbox_chain_transaction_waiting ON sandbox_chain_transaction (chain_id, seq) WHERE state = 'waiting';
-- What an address has received, and what it has sent.
CREATE INDEX sandbox_chain_transaction_recipient ON sandbox_chain_transaction (chain_id, recipient);
CREATE INDEX sandbox_chain_transaction_sender ON sandbox_chain_transaction (chain_id, sender, nonce);
GRANT SELECT, INSERT, UPDATE (state, block_height, block_hash, position) ON sandbox_chain_transaction TO bursar_app;

-- A coin on a chain: whether it is paid out, and the platform's limits and fee, in minor units. Null limits: none are
-- configured.
CREATE TABLE wallet_pool (
    coin text NOT NULL,
    chain_id text NOT NULL,
    withdrawable boolean NOT NULL,
    config jsonb,
    blocked_senders text[] NOT NULL DEFAULT '{}',
    PRIMARY KEY (chain_id, coin)
);
GRANT SELECT, INSERT, UPDATE ON wallet_pool TO bursar_app;

-- What one withdrawal of a merchant's wallet may be, by coin; and how long a new address waits for its first one.
ALTER TABLE merchant
    ADD COLUMN wallet_limits jsonb NOT NULL DEFAULT '{}',
    ADD COLUMN cooling_off_s integer NOT NULL DEFAULT 0 CHECK (cooling_off_s >= 0);
