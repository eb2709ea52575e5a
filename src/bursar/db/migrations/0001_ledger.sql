-- The role that everything but migrations runs as. What it is not granted here, no fault in the code can do.
DO $$
BEGIN
    CREATE ROLE bursar_app NOLOGIN;
EXCEPTION
    WHEN duplicate_object OR unique_violation THEN NULL; -- another database of this server made it
END
$$;
DO $$
BEGIN
    EXECUTE format('GRANT bursar_app TO %I', current_user); -- so that this user may act as it
EXCEPTION
    WHEN insufficient_privilege THEN NULL; -- whoever made the role has granted it
END
$$;
GRANT USAGE ON SCHEMA public TO bursar_app;

-- Blocks of ids that processes lease.
CREATE SEQUENCE id_block;
GRANT USAGE ON SEQUENCE id_block TO bursar_app;

-- One account holds one asset for one purpose. Balance, version and head change together with an entry, never alone.
-- No index covers a column that changes and pages keep room, so that updates stay on their page (HOT).
CREATE TABLE ledger_account (
    merchant_id bigint NOT NULL,
    id bigint NOT NULL,
    code text NOT NULL,
    asset text NOT NULL,
    may_go_negative boolean NOT NULL,
    balance numeric(38, 0) NOT NULL DEFAULT 0,
    version bigint NOT NULL DEFAULT 0,
    head bytea NOT NULL,
    PRIMARY KEY (merchant_id, id),
    CONSTRAINT ledger_account_code_key UNIQUE (merchant_id, code, asset)
) WITH (fillfactor = 50, autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_cost_delay = 0);

-- Every business event that was ever accepted, once. The key is what makes a repeat harmless, for ever.
CREATE TABLE ledger_operation (
    merchant_id bigint NOT NULL,
    id bigint NOT NULL,
    key text NOT NULL,
    fingerprint bytea NOT NULL,
    kind text NOT NULL,
    subject text NOT NULL,
    actor text NOT NULL,
    at timestamptz NOT NULL,
    PRIMARY KEY (merchant_id, id),
    CONSTRAINT ledger_operation_key_key UNIQUE (merchant_id, key)
);
-- The movements of one order, and the history of one object.
CREATE INDEX ledger_operation_subject ON ledger_operation (merchant_id, subject);

-- One change of one account's balance. `hash` covers the row and the hash before it.
CREATE TABLE ledger_entry (
    merchant_id bigint NOT NULL,
    account_id bigint NOT NULL,
    version bigint NOT NULL CHECK (version > 0),
    operation_id bigint NOT NULL,
    position smallint NOT NULL,
    kind text NOT NULL,
    amount numeric(38, 0) NOT NULL CHECK (amount <> 0),
    balance numeric(38, 0) NOT NULL,
    forced boolean NOT NULL,
    at timestamptz NOT NULL,
    hash bytea NOT NULL,
    PRIMARY KEY (merchant_id, account_id, version)
);
-- The entries of one operation, for proofs and for fund movements of an order.
CREATE INDEX ledger_entry_operation ON ledger_entry (merchant_id, operation_id);

GRANT SELECT, INSERT, UPDATE (balance, version, head) ON ledger_account TO bursar_app;
GRANT SELECT, INSERT ON ledger_operation, ledger_entry TO bursar_app;

-- Work that is due: put here by the operation that causes it, claimed by workers, gone when done.
-- The id alone is the key: workers claim across merchants, so this table stays on one node when others are distributed.
CREATE TABLE job (
    id bigint PRIMARY KEY,
    merchant_id bigint NOT NULL,
    kind text NOT NULL,
    payload jsonb NOT NULL,
    due_at timestamptz NOT NULL,
    attempts integer NOT NULL DEFAULT 0,
    leased_until timestamptz,
    last_error text,
    dead boolean NOT NULL DEFAULT false
) WITH (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_cost_delay = 0);
-- What to claim next; dead letters are kept out of the way.
CREATE INDEX job_due ON job (due_at, id) WHERE NOT dead;
GRANT SELECT, INSERT, UPDATE, DELETE ON job TO bursar_app;
