-- Wrong tries at secrets that people type, oldest first; never more of them than lock the object. `object` is an id or a
-- keyed hash, no personal data.
CREATE TABLE guess (
    merchant_id bigint NOT NULL,
    purpose text NOT NULL,
    object text NOT NULL,
    wrong_at timestamptz[] NOT NULL,
    PRIMARY KEY (merchant_id, purpose, object)
) WITH (fillfactor = 70);
GRANT SELECT, INSERT, UPDATE, DELETE ON guess TO bursar_app;

-- The password a merchant may ask itself for before money or card numbers go out. `version` counts changes of any kind, so
-- that one which was decided on an older state is refused.
CREATE TABLE verification_password (
    merchant_id bigint NOT NULL,
    id bigint NOT NULL, -- the merchant's own id: what the ledger guards has a number
    hash text NOT NULL, -- Argon2id
    enabled boolean NOT NULL,
    version integer NOT NULL,
    set_at timestamptz NOT NULL,
    changed_at timestamptz NOT NULL,
    CONSTRAINT verification_password_key PRIMARY KEY (merchant_id, id),
    CHECK (id = merchant_id)
);
GRANT SELECT, INSERT, UPDATE ON verification_password TO bursar_app;

-- The code that was last sent to bind a customer's email address or phone; the address is part of the proof.
CREATE TABLE binding_code (
    merchant_id bigint NOT NULL,
    customer_id bigint NOT NULL,
    channel text NOT NULL CHECK (channel IN ('email', 'phone')),
    id bigint NOT NULL,
    proof bytea NOT NULL, -- a keyed hash
    status text NOT NULL CHECK (status IN ('sent', 'withdrawn', 'used')),
    not_before timestamptz NOT NULL, -- what `free_at` was when this one was asked for
    sent_at timestamptz NOT NULL,
    free_at timestamptz NOT NULL, -- when another one may be asked for
    expires_at timestamptz NOT NULL,
    PRIMARY KEY (merchant_id, customer_id, channel),
    CONSTRAINT binding_code_id_key UNIQUE (merchant_id, id),
    CONSTRAINT binding_code_customer_fkey FOREIGN KEY (merchant_id, customer_id) REFERENCES customer (merchant_id, id),
    CONSTRAINT binding_code_pace CHECK (sent_at >= not_before)
) WITH (fillfactor = 70);
GRANT SELECT, INSERT, UPDATE ON binding_code TO bursar_app;

-- One password that was sent, or was to be. Of the number a keyed hash is kept: whoever asks brings the number along.
CREATE TABLE otp (
    merchant_id bigint NOT NULL,
    id bigint NOT NULL,
    session text NOT NULL,
    mobile_hash bytea NOT NULL,
    product text NOT NULL,
    kind text NOT NULL,
    proof bytea NOT NULL, -- a keyed hash
    status text NOT NULL CHECK (status IN ('create', 'pending', 'sending', 'success', 'fail', 'unknown')),
    message_id text,
    used boolean NOT NULL DEFAULT false,
    created_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    PRIMARY KEY (merchant_id, id),
    CONSTRAINT otp_session_key UNIQUE (merchant_id, session)
) WITH (fillfactor = 70);
GRANT SELECT, INSERT, UPDATE ON otp TO bursar_app;

-- When a number was last sent a password: one in a while, however many ask at once.
CREATE TABLE otp_pace (
    merchant_id bigint NOT NULL,
    mobile_hash bytea NOT NULL,
    otp_id bigint NOT NULL,
    not_before timestamptz NOT NULL, -- what `free_at` was when this one was asked for
    sent_at timestamptz NOT NULL,
    free_at timestamptz NOT NULL, -- when another one may be asked for
    PRIMARY KEY (merchant_id, mobile_hash),
    CONSTRAINT otp_pace_kept CHECK (sent_at >= not_before)
) WITH (fillfactor = 70);
GRANT SELECT, INSERT, UPDATE ON otp_pace TO bursar_app;

-- How many passwords went to the numbers of a prefix in an hour; '' stands for all of the merchant's.
CREATE TABLE otp_velocity (
    merchant_id bigint NOT NULL,
    prefix text NOT NULL,
    hour timestamptz NOT NULL,
    sent integer NOT NULL,
    allowed integer NOT NULL,
    PRIMARY KEY (merchant_id, prefix, hour),
    CONSTRAINT otp_velocity_kept CHECK (sent <= allowed)
) WITH (fillfactor = 70);
GRANT SELECT, INSERT, UPDATE, DELETE ON otp_velocity TO bursar_app;

-- What the network said of messages, by the id it gave them. The network knows no merchants.
CREATE TABLE message_receipt (
    message_id text PRIMARY KEY,
    status text NOT NULL CHECK (status IN ('delivered', 'failed', 'unknown')),
    at timestamptz NOT NULL
);
GRANT SELECT, INSERT, UPDATE ON message_receipt TO bursar_app;

-- Sandbox only: mail and messages that would have gone out, with everything in them, for whoever tests.
CREATE TABLE sandbox_message (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    channel text NOT NULL CHECK (channel IN ('mail', 'sms')),
    recipient text NOT NULL,
    text text NOT NULL,
    code text,
    at timestamptz NOT NULL
);
GRANT SELECT, INSERT ON sandbox_message TO bursar_app;
