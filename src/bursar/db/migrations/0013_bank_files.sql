-- The file rail: payments on their way to a bank in files, and what the bank's files say of them. The accounts at the bank
-- are the operator's, and one file pays for all merchants: these tables stay on one node, as jobs do.

-- Files for the bank, sealed at a cut-off. `content` is what the bank gets, made once; amounts in minor units.
CREATE TABLE bank_file (
    id bigint PRIMARY KEY,
    message_id text NOT NULL CONSTRAINT bank_file_message_id_key UNIQUE,
    currency text NOT NULL,
    cut_off_at timestamptz NOT NULL,
    part integer NOT NULL, -- 0, unless one file would have had too many payments
    payments integer NOT NULL CHECK (payments > 0),
    total numeric(38, 0) NOT NULL CHECK (total > 0),
    sealed_at timestamptz NOT NULL,
    content bytea,
    delivered_at timestamptz,
    UNIQUE (currency, cut_off_at, part),
    CHECK (delivered_at IS NULL OR content IS NOT NULL)
);
GRANT SELECT, INSERT, UPDATE (content, delivered_at) ON bank_file TO bursar_app;

-- Payments by our reference. One that was cancelled before it came has nothing but its reference.
CREATE TABLE bank_payment (
    reference text PRIMARY KEY,
    state text NOT NULL CHECK (state IN ('open', 'sealed', 'cancelled')),
    merchant_id bigint,
    currency text,
    amount numeric(38, 0) CHECK (amount > 0),
    name text,
    iban text,
    bic text,
    address text,
    taken_at timestamptz,
    file_id bigint REFERENCES bank_file (id),
    CHECK ((file_id IS NOT NULL) = (state = 'sealed')),
    CHECK (state = 'cancelled' OR num_nulls(merchant_id, currency, amount, name, iban, taken_at) = 0)
) WITH (fillfactor = 80);
-- What the next file of a currency will pay.
CREATE INDEX bank_payment_open ON bank_payment (currency, taken_at, reference) WHERE state = 'open';
-- The payments of a file, in its order.
CREATE INDEX bank_payment_file ON bank_payment (file_id, taken_at, reference) WHERE file_id IS NOT NULL;
GRANT SELECT, INSERT, UPDATE (reference, state, file_id) ON bank_payment TO bursar_app;

-- The bank's files, by the SHA-256 of their content. One that was set aside may be read later, by a version that can.
CREATE TABLE bank_answer (
    digest bytea PRIMARY KEY,
    name text NOT NULL,
    state text NOT NULL CHECK (state IN ('read', 'set_aside')),
    reason text,
    entries integer NOT NULL,
    taken_at timestamptz NOT NULL
);
GRANT SELECT, INSERT, UPDATE ON bank_answer TO bursar_app;

-- What one entry of a bank's file says, of one payment if it was matched. `problem` is why it was not, and lets it be
-- listed; the amount is as it was written. A status of a whole file has a row for each payment that it decides.
CREATE TABLE bank_entry (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    digest bytea NOT NULL,
    position integer NOT NULL,
    reference text NOT NULL,
    kind text NOT NULL CHECK (kind IN ('status', 'file_status', 'debit', 'credit')),
    said text NOT NULL,
    amount text,
    bank_reference text,
    outcome text CHECK (outcome IN ('paid', 'failed')),
    reason text,
    problem text,
    taken_at timestamptz NOT NULL,
    reported_at timestamptz,
    CONSTRAINT bank_entry_once UNIQUE (digest, position, reference)
);
-- What the bank has said of a payment, first things first.
CREATE INDEX bank_entry_reference ON bank_entry (reference, id) WHERE problem IS NULL;
-- What an operator has to look at.
CREATE INDEX bank_entry_unmatched ON bank_entry (id) WHERE problem IS NOT NULL;
-- What payouts have still to be told of.
CREATE INDEX bank_entry_due ON bank_entry (digest, id) WHERE outcome IS NOT NULL AND problem IS NULL AND reported_at IS NULL;
GRANT SELECT, INSERT, UPDATE (reported_at) ON bank_entry TO bursar_app;

-- Files seen in the bank's folder: one is read when a second look finds it as the first did. `kept_as` is where one that
-- was dealt with belongs.
CREATE TABLE bank_sighting (
    name text PRIMARY KEY,
    size bigint NOT NULL,
    modified_at bigint NOT NULL,
    kept_as text
);
GRANT SELECT, INSERT, UPDATE, DELETE ON bank_sighting TO bursar_app;
