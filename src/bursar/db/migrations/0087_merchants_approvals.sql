-- compatible_from: 42
-- Approvals and policies of merchants' users beside those of the staff (0). A merchant's are about its own book alone,
-- and its policies always name its checkers.
ALTER TABLE approval
    ADD COLUMN of_merchant bigint NOT NULL DEFAULT 0,
    ADD CONSTRAINT approval_in_own_book CHECK (of_merchant IN (0, book));
ALTER TABLE approval_policy
    ADD COLUMN of_merchant bigint NOT NULL DEFAULT 0,
    DROP CONSTRAINT approval_policy_approvers_check,
    ADD CONSTRAINT approval_policy_approvers_of_realm CHECK (
        CASE of_merchant
            WHEN 0 THEN approvers <@ ARRAY['owner', 'finance', 'compliance', 'operations', 'support', 'auditor']
            ELSE approvers = ARRAY['merchant.checker'] AND passes IS NULL
        END
    );

-- A batch of payouts that a merchant's user has brought as a file, with its rows as they were typed. `revision` counts its
-- changes; whoever asks for the batch, and whoever approves it, names the revision and a digest of the rows.
CREATE TABLE payout_draft (
    merchant_id bigint NOT NULL,
    id bigint NOT NULL,
    name text NOT NULL CHECK (length(name) <= 200),
    rows integer NOT NULL CHECK (rows > 0),
    made_by bigint NOT NULL,
    made_at timestamptz NOT NULL,
    revision bigint NOT NULL DEFAULT 0,
    approval_id bigint,
    sent_at timestamptz,
    dropped_at timestamptz,
    PRIMARY KEY (merchant_id, id)
);
GRANT SELECT, INSERT, UPDATE (revision, approval_id, sent_at, dropped_at) ON payout_draft TO bursar_app;
-- Those that are neither sent nor dropped: as many as a merchant may have.
CREATE INDEX payout_draft_open ON payout_draft (merchant_id, id) WHERE sent_at IS NULL AND dropped_at IS NULL;

CREATE TABLE payout_draft_row (
    merchant_id bigint NOT NULL,
    draft_id bigint NOT NULL,
    number integer NOT NULL,
    order_number text NOT NULL,
    payee_id text NOT NULL,
    payee_reference text NOT NULL,
    amount text NOT NULL,
    currency text NOT NULL,
    method text NOT NULL,
    PRIMARY KEY (merchant_id, draft_id, number),
    CHECK (
        length(order_number) <= 200 AND length(payee_id) <= 200 AND length(payee_reference) <= 200
            AND length(amount) <= 200 AND length(currency) <= 200 AND length(method) <= 200
    ),
    FOREIGN KEY (merchant_id, draft_id) REFERENCES payout_draft (merchant_id, id)
);
GRANT SELECT, INSERT, UPDATE, DELETE ON payout_draft_row TO bursar_app;
