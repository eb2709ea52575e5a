-- Orders to open a card, and to recharge one. Amounts in minor units: `amount` and `received` in the card's currency,
-- `cost` and `fee` in the coin the merchant pays with.
CREATE TABLE card_order (
    merchant_id bigint NOT NULL,
    id bigint NOT NULL,
    kind text NOT NULL CHECK (kind IN ('opening', 'recharge')),
    third_order_no text,
    customer_id bigint NOT NULL,
    product_id text NOT NULL,
    card_id bigint, -- the card exists from the moment its opening order is paid
    status text NOT NULL CHECK (status IN ('awaiting_payment', 'processing', 'succeeded', 'failed', 'cancelled')),
    currency text NOT NULL,
    coin text NOT NULL,
    rate numeric NOT NULL CHECK (rate > 0), -- units of the card's currency for one coin, as agreed for this order
    amount numeric(38, 0) NOT NULL CHECK (amount >= 0),
    cost numeric(38, 0) NOT NULL CHECK (cost >= 0),
    fee numeric(38, 0) NOT NULL CHECK (fee >= 0),
    extension jsonb NOT NULL,
    shipping jsonb,
    reason text,
    created_at timestamptz NOT NULL,
    finished_at timestamptz,
    PRIMARY KEY (merchant_id, id),
    CONSTRAINT card_order_third_order_no_key UNIQUE (merchant_id, kind, third_order_no)
) WITH (fillfactor = 80);

CREATE TABLE card (
    merchant_id bigint NOT NULL,
    id bigint NOT NULL,
    order_id bigint NOT NULL,
    customer_id bigint NOT NULL,
    product_id text NOT NULL,
    kind text NOT NULL CHECK (kind IN ('virtual', 'physical')),
    network text NOT NULL,
    currency text NOT NULL,
    status text NOT NULL CHECK (status IN (
        'processing', 'pending_activation', 'normal', 'locked', 'frozen', 'cancelling', 'cancelled', 'failed'
    )),
    masked_number text,
    expiry text, -- MM/YY
    details bytea, -- number and CVV, sealed
    created_at timestamptz NOT NULL,
    PRIMARY KEY (merchant_id, id)
);
-- A customer's cards, newest first.
CREATE INDEX card_customer ON card (merchant_id, customer_id, created_at DESC);
-- Where a product gives a customer one card only, this settles who was first. Failed cards do not count.
CREATE TABLE card_holding (
    merchant_id bigint NOT NULL,
    customer_id bigint NOT NULL,
    product_id text NOT NULL,
    order_id bigint NOT NULL,
    CONSTRAINT card_holding_key PRIMARY KEY (merchant_id, customer_id, product_id)
);

-- What happened on a card: one row for a purchase through all its stages, one for everything else.
CREATE TABLE card_transaction (
    merchant_id bigint NOT NULL,
    id bigint NOT NULL,
    reference bigint NOT NULL, -- the same for all transactions that belong to one purchase
    card_id bigint NOT NULL,
    customer_id bigint NOT NULL,
    masked_number text NOT NULL,
    kind text NOT NULL CHECK (kind IN ('recharge', 'purchase', 'refund', 'cash', 'redemption', 'management_fee')),
    status text NOT NULL CHECK (status IN (
        'succeeded', 'failed', 'authorised', 'declined', 'cleared', 'reversed', 'expired'
    )),
    currency text NOT NULL,
    amount numeric(38, 0) NOT NULL CHECK (amount >= 0),
    held numeric(38, 0) NOT NULL DEFAULT 0 CHECK (held >= 0),
    refunded numeric(38, 0) NOT NULL DEFAULT 0 CHECK (refunded >= 0 AND refunded <= amount),
    fee numeric(38, 0) NOT NULL,
    fee_asset text NOT NULL,
    merchant_name text,
    original_amount text NOT NULL,
    original_currency text NOT NULL,
    third_order_no text,
    reason text,
    at timestamptz NOT NULL,
    PRIMARY KEY (merchant_id, id)
);
-- Bills, newest first, of a card or of all.
CREATE INDEX card_transaction_card ON card_transaction (merchant_id, card_id, at DESC);
CREATE INDEX card_transaction_at ON card_transaction (merchant_id, at DESC);

GRANT SELECT, INSERT, UPDATE ON card_order, card, card_transaction TO bursar_app;
GRANT SELECT, INSERT, DELETE ON card_holding TO bursar_app;

-- The sandbox issuer's memory: a serial for each card it was asked for, from which number and CVV are made again.
CREATE TABLE sandbox_issued_card (
    reference text PRIMARY KEY,
    bin text NOT NULL,
    serial bigint GENERATED ALWAYS AS IDENTITY,
    issued_on date NOT NULL
);
GRANT SELECT, INSERT ON sandbox_issued_card TO bursar_app;
