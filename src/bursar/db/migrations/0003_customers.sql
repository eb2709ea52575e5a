-- Groups of a merchant's customers. One of them is the default and is made with the merchant.
CREATE TABLE customer_group (
    merchant_id bigint NOT NULL,
    id bigint NOT NULL,
    name text NOT NULL,
    remark text,
    is_default boolean NOT NULL,
    rate_id bigint,
    created_at timestamptz NOT NULL,
    PRIMARY KEY (merchant_id, id),
    CONSTRAINT customer_group_name_key UNIQUE (merchant_id, name)
);
-- A merchant has one default group.
CREATE UNIQUE INDEX customer_group_default_key ON customer_group (merchant_id) WHERE is_default;
-- The groups of a rate, and whether a rate may be deleted.
CREATE INDEX customer_group_rate ON customer_group (merchant_id, rate_id) WHERE rate_id IS NOT NULL;
GRANT SELECT, INSERT, UPDATE, DELETE ON customer_group TO bursar_app;

-- How many customers a merchant has. Whoever adds one holds this row, so that the quota is exact.
CREATE TABLE customer_count (
    merchant_id bigint PRIMARY KEY,
    used bigint NOT NULL,
    allowed bigint NOT NULL,
    CONSTRAINT customer_count_quota CHECK (used <= allowed)
);
GRANT SELECT, INSERT, UPDATE ON customer_count TO bursar_app;

-- Cardholders. The email's constraint stands before the phone's: an insert that breaks both is refused for the email.
CREATE TABLE customer (
    merchant_id bigint NOT NULL,
    id bigint NOT NULL,
    group_id bigint NOT NULL,
    email text,
    email_key text, -- the address in lower case
    email_bound boolean NOT NULL DEFAULT false,
    dialling_code text,
    phone_number text,
    phone_e164 text,
    phone_bound boolean NOT NULL DEFAULT false,
    given_name text NOT NULL,
    last_name text NOT NULL,
    company text,
    occupation text,
    position text,
    annual_income numeric(20, 2) CHECK (annual_income > 0),
    work_years smallint,
    born_on date,
    gender text CHECK (gender IN ('male', 'female')),
    nationality text,
    address jsonb,
    remark text,
    created_at timestamptz NOT NULL,
    PRIMARY KEY (merchant_id, id),
    CONSTRAINT customer_email_key UNIQUE (merchant_id, email_key),
    CONSTRAINT customer_phone_key UNIQUE (merchant_id, phone_e164),
    CONSTRAINT customer_group_fkey FOREIGN KEY (merchant_id, group_id) REFERENCES customer_group (merchant_id, id),
    CHECK ((email IS NULL) = (email_key IS NULL)),
    CHECK ((phone_number IS NULL) = (phone_e164 IS NULL) AND (phone_number IS NULL) = (dialling_code IS NULL))
) WITH (fillfactor = 80);
-- The customers of a group, and whether a group may be deleted.
CREATE INDEX customer_by_group ON customer (merchant_id, group_id);
-- Lists, newest first.
CREATE INDEX customer_created ON customer (merchant_id, created_at DESC, id DESC);
GRANT SELECT, INSERT, UPDATE ON customer TO bursar_app;

-- Uploaded files; their content is in the storage, sealed.
CREATE TABLE file (
    merchant_id bigint NOT NULL,
    id bigint NOT NULL,
    purpose text NOT NULL,
    kind text NOT NULL,
    size_bytes integer NOT NULL,
    status text NOT NULL CHECK (status IN ('storing', 'uploaded', 'used', 'expired')),
    uploaded_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    PRIMARY KEY (merchant_id, id)
) WITH (fillfactor = 80);
GRANT SELECT, INSERT, UPDATE ON file TO bursar_app;

-- Verifications of who a customer is. The document's number is sealed and found by its keyed hash.
CREATE TABLE kyc (
    merchant_id bigint NOT NULL,
    id bigint NOT NULL,
    customer_id bigint NOT NULL,
    credential text NOT NULL
        CHECK (credential IN ('id_card', 'passport', 'selfie', 'driving_licence', 'residence_permit')),
    level text NOT NULL CHECK (level IN ('primary', 'advanced')),
    nationality text NOT NULL,
    photos jsonb NOT NULL,
    document_number bytea,
    document_hash bytea,
    status text NOT NULL CHECK (status IN ('submitted', 'under_review', 'approved', 'rejected', 'failed')),
    reason text,
    submitted_at timestamptz NOT NULL,
    decided_at timestamptz,
    PRIMARY KEY (merchant_id, id),
    CONSTRAINT kyc_customer_fkey FOREIGN KEY (merchant_id, customer_id) REFERENCES customer (merchant_id, id)
) WITH (fillfactor = 80);
-- One verification of each level that is under way or approved; a rejected one may be submitted again.
CREATE UNIQUE INDEX kyc_current_key ON kyc (merchant_id, customer_id, level)
    WHERE status IN ('submitted', 'under_review', 'approved');
-- A document proves who one customer is, and no second one.
CREATE UNIQUE INDEX kyc_document_key ON kyc (merchant_id, document_hash) WHERE status = 'approved';
-- A customer's verifications, newest first.
CREATE INDEX kyc_customer ON kyc (merchant_id, customer_id, submitted_at DESC, id DESC);
GRANT SELECT, INSERT, UPDATE ON kyc TO bursar_app;
