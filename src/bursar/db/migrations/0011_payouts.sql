-- Payment orders. Amounts in minor units: `set_aside` in `funds_currency`, the others in `currency`. The payee is kept as
-- it stood (`payee_version`).
CREATE TABLE payout (
    merchant_id bigint NOT NULL,
    id bigint NOT NULL,
    payee_uid text NOT NULL,
    payee_id bigint NOT NULL,
    payee_version bigint NOT NULL,
    kind text NOT NULL CHECK (kind IN ('standard', 'rapid')),
    method text NOT NULL CHECK (method IN ('bank_transfer', 'stc_pay')),
    status text NOT NULL CHECK (status IN ('pending', 'approved', 'processing', 'transferred', 'failed', 'cancelled')),
    reason text,
    currency text NOT NULL,
    amount numeric(38, 0) NOT NULL CHECK (amount > 0),
    fee numeric(38, 0) NOT NULL CHECK (fee >= 0),
    real_amount numeric(38, 0) NOT NULL CHECK (real_amount > 0),
    fee_id bigint NOT NULL,
    funds_currency text NOT NULL,
    set_aside numeric(38, 0) NOT NULL CHECK (set_aside > 0),
    rate numeric CHECK (rate > 0),
    batch_id text,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    ended_at timestamptz,
    PRIMARY KEY (merchant_id, id),
    CONSTRAINT payout_payee_uid_key UNIQUE (merchant_id, payee_uid),
    CONSTRAINT payout_payee_fkey FOREIGN KEY (merchant_id, payee_id, payee_version)
        REFERENCES payee_revision (merchant_id, id, version),
    CHECK ((funds_currency = currency) = (rate IS NULL)),
    CHECK (funds_currency <> currency OR set_aside IN (amount, amount + fee)),
    CHECK (real_amount IN (amount, amount - fee)),
    CHECK ((ended_at IS NOT NULL) = (status IN ('transferred', 'failed', 'cancelled')))
) WITH (fillfactor = 80);
-- Lists, newest first.
CREATE INDEX payout_created ON payout (merchant_id, created_at DESC, id DESC);
-- The orders of a payee, and whether one is open.
CREATE INDEX payout_payee ON payout (merchant_id, payee_id);
-- The orders of a batch.
CREATE INDEX payout_batch_orders ON payout (merchant_id, batch_id) WHERE batch_id IS NOT NULL;
-- What ended on a day.
CREATE INDEX payout_ended ON payout (merchant_id, ended_at) WHERE ended_at IS NOT NULL;
GRANT SELECT, INSERT, UPDATE (status, reason, updated_at, ended_at) ON payout TO bursar_app;

-- Batches of orders, by the merchant's number.
CREATE TABLE payout_batch (
    merchant_id bigint NOT NULL,
    batch_id text NOT NULL,
    orders integer NOT NULL,
    created_at timestamptz NOT NULL,
    CONSTRAINT payout_batch_key PRIMARY KEY (merchant_id, batch_id)
);
GRANT SELECT, INSERT ON payout_batch TO bursar_app;

-- Written when a payee is deleted, while its row is held: refused as long as an order to it is open.
CREATE TABLE payout_payee_gone (
    merchant_id bigint NOT NULL,
    payee_id bigint NOT NULL,
    open_orders bigint NOT NULL,
    at timestamptz NOT NULL,
    PRIMARY KEY (merchant_id, payee_id),
    CONSTRAINT payout_payee_gone_without_orders CHECK (open_orders = 0)
);
GRANT SELECT, INSERT ON payout_payee_gone TO bursar_app;

-- What a rail has said against an end that stands already. Nothing moves; somebody has to look.
CREATE TABLE payout_contradiction (
    merchant_id bigint NOT NULL,
    id bigint NOT NULL,
    payout_id bigint NOT NULL,
    status text NOT NULL,
    said text NOT NULL CHECK (said IN ('paid', 'failed')),
    reason text,
    at timestamptz NOT NULL,
    PRIMARY KEY (merchant_id, id)
);
GRANT SELECT, INSERT ON payout_contradiction TO bursar_app;

-- The sandbox bank's memory: what it was asked for, by our reference, and what it has decided.
CREATE TABLE sandbox_payment (
    reference text PRIMARY KEY,
    state text NOT NULL CHECK (state IN ('accepted', 'cancelled')),
    outcome text CHECK (outcome IN ('paid', 'failed'))
);
GRANT SELECT, INSERT, UPDATE (reference) ON sandbox_payment TO bursar_app;
