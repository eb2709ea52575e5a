-- Payments on chains: one for each cause, for ever. The id alone is the key, as it is of jobs: the transactions of one
-- sender are numbered across merchants, so this table stays on one node when others are distributed.
CREATE TABLE wallet_payment (
    id bigint PRIMARY KEY,
    merchant_id bigint NOT NULL,
    purpose text NOT NULL,
    subject_id bigint NOT NULL,
    chain_id text NOT NULL,
    sender text NOT NULL,
    key_purpose text NOT NULL CHECK (key_purpose IN ('hot', 'deposit')),
    key_index bigint NOT NULL CHECK (key_index >= 0),
    recipient text NOT NULL,
    coin text NOT NULL,
    contract text,
    units numeric(78, 0) NOT NULL CHECK (units > 0),
    status text NOT NULL CHECK (status IN ('queued', 'preparing', 'signed', 'paid', 'failed', 'cancelled')),
    reason text,
    nonce bigint CHECK (nonce >= 0),
    attempts integer NOT NULL DEFAULT 0,
    tx_hash text,
    mined_height bigint,
    head_height bigint,
    fee_units numeric(78, 0),
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    CONSTRAINT wallet_payment_cause_key UNIQUE (purpose, subject_id),
    CHECK ((tx_hash IS NOT NULL) OR status NOT IN ('signed', 'paid')),
    CHECK ((mined_height IS NOT NULL AND fee_units IS NOT NULL) OR status <> 'paid')
) WITH (fillfactor = 70);
-- A sender's transactions have different numbers; those that can never be taken up have given theirs back.
CREATE UNIQUE INDEX wallet_payment_nonce_key ON wallet_payment (chain_id, sender, nonce) WHERE nonce IS NOT NULL;
-- One lane for each sender: whatever is to be signed next is alone.
CREATE UNIQUE INDEX wallet_payment_lane_key ON wallet_payment (chain_id, sender) WHERE status = 'preparing';
-- What a sender has under way.
CREATE INDEX wallet_payment_under_way ON wallet_payment (chain_id, sender)
    WHERE status IN ('queued', 'preparing', 'signed');
GRANT SELECT, INSERT, UPDATE (
    status, reason, nonce, attempts, tx_hash, mined_height, head_height, fee_units, updated_at
) ON wallet_payment TO bursar_app;

-- What was signed for a payment, kept before it is sent, as it is sent. `offers` counts, beforehand, how often it was.
CREATE TABLE wallet_payment_attempt (
    payment_id bigint NOT NULL REFERENCES wallet_payment (id),
    number integer NOT NULL CHECK (number >= 0),
    nonce bigint,
    tx_hash text NOT NULL,
    raw bytea NOT NULL,
    fee_max_units numeric(78, 0) NOT NULL,
    expires_at timestamptz,
    signed_at timestamptz NOT NULL,
    offers integer NOT NULL DEFAULT 0,
    CONSTRAINT wallet_payment_attempt_pkey PRIMARY KEY (payment_id, number)
) WITH (fillfactor = 90);
GRANT SELECT, INSERT, UPDATE (offers) ON wallet_payment_attempt TO bursar_app;

-- Withdrawals, in minor units of the coin. What was withdrawn before, within an hour and within a day, stands in the row:
-- it is computed by the statement that writes it, while the merchant's account is held, so that limits cannot be passed.
CREATE TABLE withdrawal (
    merchant_id bigint NOT NULL,
    id bigint NOT NULL,
    third_order_no text,
    coin text NOT NULL,
    chain_id text NOT NULL,
    address text NOT NULL,
    amount numeric(38, 0) NOT NULL CHECK (amount > 0),
    fee numeric(38, 0) NOT NULL CHECK (fee >= 0),
    status text NOT NULL CHECK (
        status IN (
            'awaiting_initial_review', 'awaiting_review', 'awaiting_withdrawal', 'confirming', 'succeeded', 'failed',
            'rejected', 'withdrawal_rejected', 'returned'
        )
    ),
    reason text,
    payment_id bigint,
    used_1h numeric(38, 0) NOT NULL,
    used_24h numeric(38, 0) NOT NULL,
    limit_1h numeric(38, 0),
    limit_24h numeric(38, 0),
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    PRIMARY KEY (merchant_id, id),
    CONSTRAINT withdrawal_third_order_no_key UNIQUE (merchant_id, third_order_no),
    CONSTRAINT withdrawal_within_1h CHECK (used_1h + amount <= limit_1h),
    CONSTRAINT withdrawal_within_24h CHECK (used_24h + amount <= limit_24h),
    CHECK (payment_id IS NOT NULL OR status NOT IN ('awaiting_withdrawal', 'confirming', 'succeeded', 'returned'))
) WITH (fillfactor = 80);
-- Lists, newest first.
CREATE INDEX withdrawal_created ON withdrawal (merchant_id, created_at DESC, id DESC);
-- Rolling limits, and whether an address was ever withdrawn to.
CREATE INDEX withdrawal_rolling ON withdrawal (merchant_id, chain_id, coin, created_at);
CREATE INDEX withdrawal_address ON withdrawal (merchant_id, chain_id, address);
GRANT SELECT, INSERT, UPDATE (status, reason, payment_id, updated_at) ON withdrawal TO bursar_app;

-- When an address was first asked for while new ones had to cool off, whatever became of the request.
CREATE TABLE withdrawal_address_use (
    merchant_id bigint NOT NULL,
    chain_id text NOT NULL,
    address text NOT NULL,
    first_at timestamptz NOT NULL,
    PRIMARY KEY (merchant_id, chain_id, address)
);
GRANT SELECT, INSERT ON withdrawal_address_use TO bursar_app;

-- Addresses that nothing is paid to, whoever asks; the operator's list.
CREATE TABLE withdrawal_address_block (
    chain_id text NOT NULL,
    address text NOT NULL,
    reason text NOT NULL,
    at timestamptz NOT NULL,
    PRIMARY KEY (chain_id, address)
);
GRANT SELECT, INSERT, DELETE ON withdrawal_address_block TO bursar_app;
