-- compatible_from: 25
-- Prices of a card rate's products by the instant from which they hold; of two for one instant the one of
-- the later revision holds.
-- Rows of `card_rate_detail` hold where a product has none here, and are the present ones for programs of earlier
-- versions. The history of a rate that was deleted stays.
CREATE TABLE card_rate_change (
    merchant_id bigint NOT NULL,
    rate_id bigint NOT NULL,
    product_id text NOT NULL,
    holds_from timestamptz NOT NULL,
    revision bigint NOT NULL,
    asset text NOT NULL,
    open_fee numeric(38, 0) NOT NULL CHECK (open_fee >= 0),
    monthly_fee numeric(38, 0) NOT NULL CHECK (monthly_fee >= 0),
    recharge_rate numeric NOT NULL CHECK (recharge_rate >= 0),
    recharge_fee_min numeric(38, 0) NOT NULL CHECK (recharge_fee_min >= 0),
    recharge_min numeric(38, 0) CHECK (recharge_min >= 0),
    recharge_max numeric(38, 0) CHECK (recharge_max >= 0),
    made_at timestamptz NOT NULL,
    made_by text NOT NULL,
    PRIMARY KEY (merchant_id, rate_id, product_id, holds_from, revision),
    CONSTRAINT card_rate_change_product_fkey FOREIGN KEY (product_id) REFERENCES card_product (id)
);
-- The history of a rate, the last decided first.
CREATE INDEX card_rate_change_made ON card_rate_change (merchant_id, rate_id, revision);
GRANT SELECT, INSERT ON card_rate_change TO bursar_app;
-- Grows with each change, so that a decision meets the rate as it was read.
ALTER TABLE card_rate ADD COLUMN revision bigint NOT NULL DEFAULT 0;
