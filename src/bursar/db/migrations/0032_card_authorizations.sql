-- compatible_from: 32
-- All that the card network has asked for and reported about one purchase, with its sums: amounts in minor units of the
-- card's currency, those of the shop as they are. The id is the transaction's that all its bills refer to.
CREATE TABLE card_authorization (
    merchant_id bigint NOT NULL,
    id bigint NOT NULL,
    card_id bigint NOT NULL,
    kind text NOT NULL CHECK (kind IN (
        'purchase', 'preauthorization', 'account_check', 'cash', 'balance_inquiry', 'unasked'
    )),
    status text NOT NULL CHECK (status IN (
        'authorised', 'declined', 'cleared', 'reversed', 'expired', 'paid', 'checked'
    )),
    currency text NOT NULL,
    original_currency text NOT NULL,
    held numeric(38, 0) NOT NULL CHECK (held >= 0),
    cleared numeric(38, 0) NOT NULL CHECK (cleared >= 0),
    refunded numeric(38, 0) NOT NULL CHECK (refunded >= 0),
    original_held numeric NOT NULL CHECK (original_held >= 0),
    original_cleared numeric NOT NULL CHECK (original_cleared >= 0),
    original_refunded numeric NOT NULL CHECK (original_refunded >= 0),
    clearings_to_come integer CHECK (clearings_to_come >= 0),
    merchant_name text,
    mcc text,
    country text,
    version integer NOT NULL,
    at timestamptz NOT NULL,
    PRIMARY KEY (merchant_id, id),
    CONSTRAINT card_authorization_held_is_open CHECK (held = 0 OR status = 'authorised')
) WITH (fillfactor = 80); -- each fact changes the row, and none an indexed column
GRANT SELECT, INSERT, UPDATE ON card_authorization TO bursar_app;

-- The purchases and cash withdrawals so far. Until now a clearing kept the amounts that were authorised by the shop.
INSERT INTO card_authorization (
    merchant_id, id, card_id, kind, status, currency, original_currency, held, cleared, refunded, original_held,
    original_cleared, original_refunded, merchant_name, version, at
)
SELECT
    merchant_id, id, card_id,
    CASE kind WHEN 'cash' THEN 'cash' ELSE 'purchase' END,
    CASE status WHEN 'succeeded' THEN 'paid' WHEN 'failed' THEN 'declined' ELSE status END,
    currency, original_currency, held,
    CASE WHEN status IN ('cleared', 'succeeded') THEN amount ELSE 0 END,
    refunded,
    CASE WHEN held > 0 THEN original_amount::numeric ELSE 0 END,
    CASE WHEN status IN ('cleared', 'succeeded') THEN original_amount::numeric ELSE 0 END,
    CASE WHEN refunded = amount THEN original_amount::numeric ELSE 0 END,
    merchant_name, 0, at
FROM card_transaction
WHERE kind IN ('purchase', 'cash');

ALTER TABLE card_transaction
    DROP COLUMN held,
    DROP COLUMN refunded,
    DROP CONSTRAINT card_transaction_kind_check,
    ADD CONSTRAINT card_transaction_kind_check CHECK (kind IN (
        'recharge', 'purchase', 'refund', 'cash', 'redemption', 'management_fee', 'check', 'debt'
    ));

-- Each fact of the network as it was reported, and what came of it: the answer to its repeats. A fact that does not fit
-- has a problem and waits for an operator, who ticks it off.
CREATE TABLE card_network_fact (
    merchant_id bigint NOT NULL,
    id bigint NOT NULL,
    card_id bigint NOT NULL,
    kind text NOT NULL CHECK (kind IN ('authorization', 'increment', 'advice', 'clearing', 'reversal', 'refund')),
    reference text CHECK (length(reference) BETWEEN 1 AND 64),
    authorization_id bigint,
    said jsonb NOT NULL,
    outcome jsonb,
    problem text,
    at timestamptz NOT NULL,
    settled_at timestamptz,
    settled_by text,
    reason text,
    PRIMARY KEY (merchant_id, id)
);
-- What waits for an operator, newest first: short, however many facts there are.
CREATE INDEX card_network_fact_unmatched ON card_network_fact (at DESC, id DESC)
    WHERE problem IS NOT NULL AND settled_at IS NULL;
-- One of them by its number, whosever it is.
CREATE INDEX card_network_fact_problem ON card_network_fact (id) WHERE problem IS NOT NULL;
GRANT SELECT, INSERT ON card_network_fact TO bursar_app;
GRANT UPDATE (settled_at, settled_by, reason) ON card_network_fact TO bursar_app;
