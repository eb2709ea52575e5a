-- How many more addresses may be given out for a coin on a chain; null: as many as are prepared.
ALTER TABLE wallet_pool ADD COLUMN addresses_left integer;
ALTER TABLE wallet_pool ADD CONSTRAINT wallet_pool_addresses_left CHECK (addresses_left >= 0);

-- Deposit addresses, prepared ahead and given out once. Whose one is, is found by the address alone, without knowing the
-- merchant: this table stays on one node when others are distributed.
CREATE TABLE wallet_address (
    id bigint PRIMARY KEY,
    chain_id text NOT NULL,
    number bigint NOT NULL CHECK (number >= 0), -- the child of the chain's extended key
    address text NOT NULL,
    status text NOT NULL CHECK (status IN ('free', 'taken', 'spoilt')),
    merchant_id bigint,
    application_id bigint,
    taken_at timestamptz,
    CONSTRAINT wallet_address_number UNIQUE (chain_id, number),
    CONSTRAINT wallet_address_text UNIQUE (chain_id, address),
    CHECK ((status = 'taken') = (merchant_id IS NOT NULL))
) WITH (fillfactor = 70);
-- What can be given out.
CREATE INDEX wallet_address_free ON wallet_address (chain_id, number) WHERE status = 'free';
-- A merchant's addresses, newest first, and those of one application.
CREATE INDEX wallet_address_taken ON wallet_address (merchant_id, taken_at DESC, id DESC) WHERE merchant_id IS NOT NULL;
GRANT SELECT, INSERT, UPDATE (status, merchant_id, application_id, taken_at) ON wallet_address TO bursar_app;

CREATE TABLE wallet_address_count (
    merchant_id bigint PRIMARY KEY,
    used bigint NOT NULL,
    allowed bigint NOT NULL,
    CONSTRAINT wallet_address_count_quota CHECK (used <= allowed)
);
GRANT SELECT, INSERT, UPDATE ON wallet_address_count TO bursar_app;

-- How far each chain was read; `version` counts moves, so that of two readers only one moves on.
CREATE TABLE wallet_scan (
    chain_id text PRIMARY KEY,
    height bigint NOT NULL,
    head_height bigint NOT NULL,
    version bigint NOT NULL DEFAULT 0
);
GRANT SELECT, INSERT, UPDATE ON wallet_scan TO bursar_app;

-- The newest blocks that were read, to notice when the chain says otherwise.
CREATE TABLE wallet_scan_block (
    chain_id text NOT NULL,
    height bigint NOT NULL,
    hash text NOT NULL,
    PRIMARY KEY (chain_id, height)
);
GRANT SELECT, INSERT, DELETE ON wallet_scan_block TO bursar_app;

-- Coins that arrived at an address of a merchant's, in one version of the chain; merchant 0: at the hot address. `units` as
-- the chain counts, `amount` in minor units of the ledger.
CREATE TABLE wallet_deposit (
    merchant_id bigint NOT NULL,
    id bigint NOT NULL,
    coin text NOT NULL,
    chain_id text NOT NULL,
    sender text NOT NULL,
    recipient text NOT NULL,
    tx_hash text NOT NULL,
    log_index bigint NOT NULL,
    block_height bigint NOT NULL,
    block_hash text NOT NULL,
    units numeric(78, 0) NOT NULL CHECK (units > 0),
    amount numeric(38, 0) NOT NULL CHECK (amount > 0),
    status text NOT NULL CHECK (
        status IN ('confirming', 'credited', 'too_small', 'held', 'returning', 'returned', 'orphaned', 'taken_back')
    ),
    reason text,
    refund_hash text,
    version integer NOT NULL, -- counts what has happened to it
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    PRIMARY KEY (merchant_id, id),
    CONSTRAINT wallet_deposit_sighting UNIQUE (merchant_id, chain_id, block_hash, tx_hash, log_index)
) WITH (fillfactor = 70);
-- Lists, newest first.
CREATE INDEX wallet_deposit_created ON wallet_deposit (merchant_id, created_at DESC, id DESC);
-- What waits for more blocks, of all merchants.
CREATE INDEX wallet_deposit_confirming ON wallet_deposit (chain_id, block_height) WHERE status = 'confirming';
-- What stands on blocks that another version of the chain does not have.
CREATE INDEX wallet_deposit_block ON wallet_deposit (chain_id, block_height);
GRANT SELECT, INSERT, UPDATE (status, reason, refund_hash, version, updated_at) ON wallet_deposit TO bursar_app;

-- What should never happen and somebody has to look at.
CREATE TABLE wallet_alarm (
    merchant_id bigint NOT NULL,
    id bigint NOT NULL,
    kind text NOT NULL,
    subject text NOT NULL,
    detail jsonb NOT NULL,
    at timestamptz NOT NULL,
    PRIMARY KEY (merchant_id, id)
);
GRANT SELECT, INSERT ON wallet_alarm TO bursar_app;
