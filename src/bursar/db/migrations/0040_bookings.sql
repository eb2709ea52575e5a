-- compatible_from: 37
-- The journal of what a person has ordered to be booked, with the reason; the books themselves are the ledger's.
CREATE TABLE booking (
    merchant_id bigint NOT NULL,
    id bigint NOT NULL,
    kind text NOT NULL,
    asset text NOT NULL,
    amount numeric(38, 0) NOT NULL CHECK (amount > 0),
    debit text NOT NULL,
    credit text NOT NULL CHECK (credit <> debit),
    reason text NOT NULL CHECK (length(reason) BETWEEN 1 AND 500),
    document text CHECK (length(document) <= 200),
    actor text NOT NULL,
    at timestamptz NOT NULL,
    PRIMARY KEY (merchant_id, id)
);
GRANT SELECT, INSERT ON booking TO bursar_app;
-- A book's journal, newest first.
CREATE INDEX booking_newest ON booking (merchant_id, at DESC, id DESC);
