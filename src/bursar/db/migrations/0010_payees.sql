-- How many payees a merchant has. Whoever adds or deletes one holds this row, so that the quota is exact.
CREATE TABLE payee_count (
    merchant_id bigint PRIMARY KEY,
    used bigint NOT NULL,
    allowed bigint NOT NULL,
    CONSTRAINT payee_count_quota CHECK (used <= allowed)
);
GRANT SELECT, INSERT, UPDATE ON payee_count TO bursar_app;

-- Whom a merchant pays. `version` grows with each change: it is the state that the ledger guards. `secrets` holds the
-- numbers of document, card and STC account, sealed; each is found by its keyed hash.
CREATE TABLE payee (
    merchant_id bigint NOT NULL,
    id bigint NOT NULL,
    version bigint NOT NULL CHECK (version > 0),
    status text NOT NULL CHECK (status IN ('incomplete', 'pending', 'normal', 'rejected', 'banned', 'deleted')),
    status_reason text,
    reference text,
    name_en text,
    name_ar text,
    address text,
    bank_code text,
    iban text,
    swift_code text,
    mobile text,
    otp_product text,
    auto_approval boolean NOT NULL,
    has_card_number boolean NOT NULL,
    has_stc_account boolean NOT NULL,
    stc_verified boolean NOT NULL,
    bank_is_test boolean NOT NULL,
    stc_is_test boolean NOT NULL,
    secrets bytea NOT NULL,
    identity_hash bytea,
    card_hash bytea,
    stc_hash bytea,
    identity_photo bigint,
    signature_photo bigint,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    PRIMARY KEY (merchant_id, id),
    CONSTRAINT payee_has_an_account CHECK (iban IS NOT NULL OR has_stc_account)
) WITH (fillfactor = 80);
-- A merchant's own number names one payee; that of a deleted one may be given again.
CREATE UNIQUE INDEX payee_reference_key ON payee (merchant_id, reference) WHERE status <> 'deleted';
-- Lists, newest first.
CREATE INDEX payee_created ON payee (merchant_id, created_at DESC, id DESC);
-- Searches for what is sealed, and for an IBAN.
CREATE INDEX payee_identity ON payee (merchant_id, identity_hash) WHERE identity_hash IS NOT NULL;
CREATE INDEX payee_card ON payee (merchant_id, card_hash) WHERE card_hash IS NOT NULL;
CREATE INDEX payee_stc ON payee (merchant_id, stc_hash) WHERE stc_hash IS NOT NULL;
CREATE INDEX payee_iban ON payee (merchant_id, iban) WHERE iban IS NOT NULL;
GRANT SELECT, INSERT, UPDATE ON payee TO bursar_app;

-- Versions of payees that orders refer to, as they stood then.
CREATE TABLE payee_revision (LIKE payee, PRIMARY KEY (merchant_id, id, version));
GRANT SELECT, INSERT ON payee_revision TO bursar_app;

-- Batches of payees, by the merchant's number.
CREATE TABLE payee_batch (
    merchant_id bigint NOT NULL,
    batch_id text NOT NULL,
    payees integer NOT NULL,
    created_at timestamptz NOT NULL,
    CONSTRAINT payee_batch_key PRIMARY KEY (merchant_id, batch_id)
);
GRANT SELECT, INSERT ON payee_batch TO bursar_app;

-- The code last sent to a payee's STC account; `stc_hash` says to which.
CREATE TABLE payee_code (
    merchant_id bigint NOT NULL,
    payee_id bigint NOT NULL,
    stc_hash bytea NOT NULL,
    session text NOT NULL,
    sent_at timestamptz NOT NULL,
    PRIMARY KEY (merchant_id, payee_id),
    FOREIGN KEY (merchant_id, payee_id) REFERENCES payee (merchant_id, id)
) WITH (fillfactor = 80);
GRANT SELECT, INSERT, UPDATE, DELETE ON payee_code TO bursar_app;
