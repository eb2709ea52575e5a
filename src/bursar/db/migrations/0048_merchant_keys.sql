-- compatible_from: 25
-- The keys of merchants, two of an API live at once at the most. `api_key` has those that may call, so that a program
-- which knows no more than that table refuses a revoked one too. Without a secret or a public key of its own, a key has
-- those of its merchant. Who saw a secret, saw it once.
CREATE TABLE merchant_key (
    merchant_id bigint NOT NULL,
    id bigint NOT NULL,
    api text NOT NULL CHECK (api IN ('card', 'payout')),
    key text NOT NULL,
    secret bytea,
    public_key text CHECK (length(public_key) <= 8192),
    slot smallint CHECK (slot IN (1, 2)),
    created_at timestamptz NOT NULL,
    created_by text NOT NULL,
    expires_at timestamptz,
    shown_at timestamptz,
    revoked_at timestamptz,
    first_used_at timestamptz,
    last_used_at timestamptz,
    last_used_from text,
    PRIMARY KEY (merchant_id, id),
    CONSTRAINT merchant_key_slot UNIQUE (merchant_id, api, slot),
    CONSTRAINT merchant_key_key UNIQUE (merchant_id, api, key),
    CHECK (revoked_at IS NULL OR slot IS NULL)
);
GRANT SELECT, INSERT ON merchant_key TO bursar_app;
GRANT UPDATE (slot, expires_at, shown_at, revoked_at, first_used_at, last_used_at, last_used_from) ON merchant_key
TO bursar_app;
GRANT DELETE ON api_key TO bursar_app;

INSERT INTO merchant_key (merchant_id, id, api, key, slot, created_at, created_by, shown_at)
SELECT
    merchant_id,
    row_number() OVER (PARTITION BY merchant_id ORDER BY api, key),
    api,
    key,
    CASE WHEN row_number() OVER own <= 2 THEN row_number() OVER own END,
    created_at,
    'bootstrap',
    created_at
FROM api_key JOIN merchant USING (merchant_id)
WINDOW own AS (PARTITION BY merchant_id, api ORDER BY key);

-- The names of merchants in lower case: none is given twice, whoever gives it.
CREATE TABLE merchant_name (
    name text CONSTRAINT merchant_name_taken PRIMARY KEY CHECK (name = lower(name) AND length(name) BETWEEN 1 AND 100),
    merchant_id bigint NOT NULL UNIQUE
);
GRANT SELECT, INSERT, UPDATE (name) ON merchant_name TO bursar_app;
INSERT INTO merchant_name (name, merchant_id)
SELECT DISTINCT ON (lower(name)) lower(name), merchant_id
FROM merchant
WHERE length(name) BETWEEN 1 AND 100
ORDER BY lower(name), merchant_id;

-- Fees of payouts may be decided before they hold.
ALTER TABLE payout_fee ADD COLUMN made_at timestamptz, ADD COLUMN made_by text;
