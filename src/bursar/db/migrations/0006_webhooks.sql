-- Where a merchant wants to be told, one URL for each API; here only after it was verified.
CREATE TABLE webhook_subscription (
    merchant_id bigint NOT NULL,
    api text NOT NULL,
    url text NOT NULL,
    verified_at timestamptz NOT NULL,
    PRIMARY KEY (merchant_id, api)
);

-- One announcement to the merchant. `body` is what goes out, sealed by the API's own rules when it is first pushed and the
-- same bytes ever after. `detail` holds no secrets. A round is the first try with its retries, or a replay with its own.
CREATE TABLE webhook_delivery (
    merchant_id bigint NOT NULL,
    id bigint NOT NULL,
    api text NOT NULL,
    event text NOT NULL,
    object text NOT NULL,
    trace text NOT NULL,
    detail jsonb NOT NULL,
    status text NOT NULL CHECK (status IN ('pending', 'delivered', 'failed', 'skipped')),
    created_at timestamptz NOT NULL,
    due_at timestamptz NOT NULL,
    attempts integer NOT NULL DEFAULT 0,
    round integer NOT NULL DEFAULT 1,
    round_attempts integer NOT NULL DEFAULT 0,
    first_pushed_at timestamptz,
    body bytea,
    PRIMARY KEY (merchant_id, id)
) WITH (fillfactor = 80);
-- The log, newest first. No index covers a column that changes, so that a push stays on its page (HOT).
CREATE INDEX webhook_delivery_newest ON webhook_delivery (merchant_id, created_at DESC, id DESC);
-- The log of one order, card or customer.
CREATE INDEX webhook_delivery_object ON webhook_delivery (merchant_id, object, created_at DESC, id DESC);

-- Every time a delivery was pushed, and what came back.
CREATE TABLE webhook_attempt (
    merchant_id bigint NOT NULL,
    delivery_id bigint NOT NULL,
    number integer NOT NULL CHECK (number > 0),
    at timestamptz NOT NULL,
    http_status integer,
    error text,
    duration_ms integer NOT NULL,
    PRIMARY KEY (merchant_id, delivery_id, number)
);

GRANT SELECT, INSERT, UPDATE, DELETE ON webhook_subscription TO bursar_app;
GRANT SELECT, INSERT, UPDATE (status, due_at, attempts, round, round_attempts, first_pushed_at, body)
    ON webhook_delivery TO bursar_app;
GRANT SELECT, INSERT ON webhook_attempt TO bursar_app;

-- Sandbox only: faults on the sender's side, as a tester planted them for a merchant.
-- `left_over` pushes still have the fault; null means every push until it is changed.
CREATE TABLE sandbox_webhook_fault (
    merchant_id bigint NOT NULL,
    fault text NOT NULL,
    left_over integer CHECK (left_over > 0),
    delay_s double precision,
    PRIMARY KEY (merchant_id, fault)
);
-- Sandbox only: pushes that are held back until an instant of the business clock.
CREATE TABLE sandbox_webhook_held (
    merchant_id bigint NOT NULL,
    delivery_id bigint NOT NULL,
    held_until timestamptz NOT NULL,
    to_be_overtaken boolean NOT NULL,
    PRIMARY KEY (merchant_id, delivery_id)
);
GRANT SELECT, INSERT, UPDATE, DELETE ON sandbox_webhook_fault, sandbox_webhook_held TO bursar_app;

-- Workers claim kind by kind, so that a long backlog of one is not walked through to find the others.
DROP INDEX job_due;
CREATE INDEX job_due ON job (kind, due_at, id) WHERE NOT dead;
