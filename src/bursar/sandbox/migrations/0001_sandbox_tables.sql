-- compatible_from: 0
-- All that plays the outside world, as one list of its own. Installs from before this list have these tables, from the
-- migrations of every install: they are taken over with their rows, and only what is missing is made.
GRANT SELECT ON sandbox_migration TO bursar_app;

-- The business clock, by how far it was moved, and the faults that a tester has planted; all processes share them.
CREATE TABLE IF NOT EXISTS sandbox_clock (
    only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
    moved_by interval NOT NULL
);
INSERT INTO sandbox_clock (moved_by) VALUES ('0') ON CONFLICT DO NOTHING;
GRANT SELECT, UPDATE ON sandbox_clock TO bursar_app;

CREATE TABLE IF NOT EXISTS sandbox_fault (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    place text NOT NULL,
    outcome text NOT NULL,
    times integer NOT NULL CHECK (times >= 0)
);
GRANT SELECT, INSERT, UPDATE, DELETE ON sandbox_fault TO bursar_app;

-- Faults on the sender's side of webhooks, by merchant. `left_over` pushes still have the fault; null means every push
-- until it is changed.
CREATE TABLE IF NOT EXISTS sandbox_webhook_fault (
    merchant_id bigint NOT NULL,
    fault text NOT NULL,
    left_over integer CHECK (left_over > 0),
    delay_s double precision,
    PRIMARY KEY (merchant_id, fault)
);
-- Pushes that are held back until an instant of the business clock.
CREATE TABLE IF NOT EXISTS sandbox_webhook_held (
    merchant_id bigint NOT NULL,
    delivery_id bigint NOT NULL,
    held_until timestamptz NOT NULL,
    to_be_overtaken boolean NOT NULL,
    PRIMARY KEY (merchant_id, delivery_id)
);
GRANT SELECT, INSERT, UPDATE, DELETE ON sandbox_webhook_fault, sandbox_webhook_held TO bursar_app;

-- The issuer's memory: a serial for each card it was asked for, from which number and CVV are made again, and its state.
CREATE TABLE IF NOT EXISTS sandbox_issued_card (
    reference text PRIMARY KEY,
    bin text NOT NULL,
    serial bigint GENERATED ALWAYS AS IDENTITY,
    issued_on date NOT NULL,
    state text NOT NULL DEFAULT 'active' CHECK (state IN ('inactive', 'active', 'locked', 'cancelled'))
);
GRANT SELECT, INSERT, UPDATE ON sandbox_issued_card TO bursar_app;

-- Mail and messages that would have gone out, with everything in them, for whoever tests.
CREATE TABLE IF NOT EXISTS sandbox_message (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    channel text NOT NULL CHECK (channel IN ('mail', 'sms')),
    recipient text NOT NULL,
    text text NOT NULL,
    code text,
    at timestamptz NOT NULL
);
-- Those that are old enough to forget.
CREATE INDEX IF NOT EXISTS sandbox_message_age ON sandbox_message (at);
GRANT SELECT, INSERT, DELETE ON sandbox_message TO bursar_app;

-- The bank's memory: the payments that it was asked for, by our reference, and its decision.
CREATE TABLE IF NOT EXISTS sandbox_payment (
    reference text PRIMARY KEY,
    state text NOT NULL CHECK (state IN ('accepted', 'cancelled')),
    outcome text CHECK (outcome IN ('paid', 'failed'))
);
GRANT SELECT, INSERT, UPDATE (reference) ON sandbox_payment TO bursar_app;

-- The chains. `made` counts the blocks ever made, those that were replaced later included.
CREATE TABLE IF NOT EXISTS sandbox_chain (
    chain_id text PRIMARY KEY,
    made bigint NOT NULL DEFAULT 0
);
GRANT SELECT, INSERT, UPDATE ON sandbox_chain TO bursar_app;

CREATE TABLE IF NOT EXISTS sandbox_block (
    chain_id text NOT NULL,
    hash text NOT NULL,
    height bigint NOT NULL CHECK (height >= 0),
    parent_hash text NOT NULL,
    at timestamptz NOT NULL,
    orphaned boolean NOT NULL DEFAULT false,
    PRIMARY KEY (chain_id, hash)
);
-- The chain as it is now: one block at each height.
CREATE UNIQUE INDEX IF NOT EXISTS sandbox_block_height ON sandbox_block (chain_id, height) WHERE NOT orphaned;
GRANT SELECT, INSERT, UPDATE (orphaned) ON sandbox_block TO bursar_app;

-- Transactions sent to a chain; each moves one amount. Waiting ones are taken up in the order of `seq`. Coins that a
-- contract sends (`by_contract`) are moved by no transaction of their own.
CREATE TABLE IF NOT EXISTS sandbox_chain_transaction (
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
    by_contract boolean NOT NULL DEFAULT false,
    CONSTRAINT sandbox_chain_transaction_hash UNIQUE (chain_id, hash),
    CHECK ((block_hash IS NOT NULL) = (state IN ('succeeded', 'failed')))
) WITH (fillfactor = 70);
-- The transactions of some blocks.
CREATE INDEX IF NOT EXISTS sandbox_chain_transaction_block
    ON sandbox_chain_transaction (chain_id, block_height, position);
-- Those that wait to be taken up.
CREATE INDEX IF NOT EXISTS sandbox_chain_transaction_waiting
    ON sandbox_chain_transaction (chain_id, seq) WHERE state = 'waiting';
-- Those that an address has received, and those that it has sent.
CREATE INDEX IF NOT EXISTS sandbox_chain_transaction_recipient ON sandbox_chain_transaction (chain_id, recipient);
CREATE INDEX IF NOT EXISTS sandbox_chain_transaction_sender ON sandbox_chain_transaction (chain_id, sender, nonce);
GRANT SELECT, INSERT, UPDATE (state, block_height, block_hash, position) ON sandbox_chain_transaction TO bursar_app;

-- A table that was there is taken over only in the shape above: columns in order, constraints and indexes by name.
DO $$
DECLARE
    strange text;
BEGIN
    SELECT string_agg(name, ', ') INTO strange
    FROM (
        VALUES
            (
                'sandbox_clock',
                'only_row boolean NOT NULL DEFAULT, moved_by interval NOT NULL',
                'sandbox_clock_only_row_check, sandbox_clock_pkey'
            ),
            (
                'sandbox_fault',
                'id bigint NOT NULL IDENTITY, place text NOT NULL, outcome text NOT NULL, times integer NOT NULL',
                'sandbox_fault_pkey, sandbox_fault_times_check'
            ),
            (
                'sandbox_webhook_fault',
                'merchant_id bigint NOT NULL, fault text NOT NULL, left_over integer, delay_s double precision',
                'sandbox_webhook_fault_left_over_check, sandbox_webhook_fault_pkey'
            ),
            (
                'sandbox_webhook_held',
                'merchant_id bigint NOT NULL, delivery_id bigint NOT NULL,'
                ' held_until timestamp with time zone NOT NULL, to_be_overtaken boolean NOT NULL',
                'sandbox_webhook_held_pkey'
            ),
            (
                'sandbox_issued_card',
                'reference text NOT NULL, bin text NOT NULL, serial bigint NOT NULL IDENTITY, issued_on date NOT NULL,'
                ' state text NOT NULL DEFAULT',
                'sandbox_issued_card_pkey, sandbox_issued_card_state_check'
            ),
            (
                'sandbox_message',
                'id bigint NOT NULL IDENTITY, channel text NOT NULL, recipient text NOT NULL, text text NOT NULL,'
                ' code text, at timestamp with time zone NOT NULL',
                'sandbox_message_age, sandbox_message_channel_check, sandbox_message_pkey'
            ),
            (
                'sandbox_payment',
                'reference text NOT NULL, state text NOT NULL, outcome text',
                'sandbox_payment_outcome_check, sandbox_payment_pkey, sandbox_payment_state_check'
            ),
            (
                'sandbox_chain',
                'chain_id text NOT NULL, made bigint NOT NULL DEFAULT',
                'sandbox_chain_pkey'
            ),
            (
                'sandbox_block',
                'chain_id text NOT NULL, hash text NOT NULL, height bigint NOT NULL, parent_hash text NOT NULL,'
                ' at timestamp with time zone NOT NULL, orphaned boolean NOT NULL DEFAULT',
                'sandbox_block_height, sandbox_block_height_check, sandbox_block_pkey'
            ),
            (
                'sandbox_chain_transaction',
                'seq bigint NOT NULL IDENTITY, chain_id text NOT NULL, hash text NOT NULL, sender text NOT NULL,'
                ' recipient text NOT NULL, coin text NOT NULL, native boolean NOT NULL, units numeric(78,0) NOT NULL,'
                ' fee_units numeric(78,0) NOT NULL, nonce bigint, attempt integer NOT NULL,'
                ' from_outside boolean NOT NULL, sent_at timestamp with time zone NOT NULL,'
                ' expires_at timestamp with time zone, state text NOT NULL, block_height bigint, block_hash text,'
                ' position integer, by_contract boolean NOT NULL DEFAULT',
                'sandbox_chain_transaction_block, sandbox_chain_transaction_check,'
                ' sandbox_chain_transaction_fee_units_check, sandbox_chain_transaction_hash,'
                ' sandbox_chain_transaction_pkey, sandbox_chain_transaction_recipient,'
                ' sandbox_chain_transaction_sender, sandbox_chain_transaction_state_check,'
                ' sandbox_chain_transaction_units_check, sandbox_chain_transaction_waiting'
            )
    ) AS expected (name, columns, keys)
    WHERE columns IS DISTINCT FROM (
            SELECT string_agg(
                attname || ' ' || format_type(atttypid, atttypmod)
                || CASE WHEN attnotnull THEN ' NOT NULL' ELSE '' END
                || CASE WHEN atthasdef THEN ' DEFAULT' ELSE '' END
                || CASE WHEN attidentity = 'a' THEN ' IDENTITY' ELSE '' END,
                ', ' ORDER BY attnum
            )
            FROM pg_attribute
            WHERE attrelid = to_regclass(expected.name) AND attnum > 0 AND NOT attisdropped
        )
        OR keys IS DISTINCT FROM (
            SELECT string_agg(key, ', ' ORDER BY key COLLATE "C")
            FROM (
                SELECT conname::text AS key
                FROM pg_constraint
                WHERE conrelid = to_regclass(expected.name) AND contype IN ('c', 'p', 'u')
                UNION
                SELECT relname::text FROM pg_index JOIN pg_class ON pg_class.oid = indexrelid
                WHERE indrelid = to_regclass(expected.name)
            ) AS keys
        );
    IF strange IS NOT NULL THEN
        RAISE EXCEPTION 'these tables have another shape than the sandbox''s: %', strange;
    END IF;
END
$$;
