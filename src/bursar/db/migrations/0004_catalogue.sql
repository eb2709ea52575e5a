-- What kinds of cards there are: the same for all merchants, so it carries no merchant (a reference table when others
-- are distributed). Amounts are in minor units of the product's currency.
CREATE TABLE card_product (
    id text PRIMARY KEY,
    position integer NOT NULL,
    name text NOT NULL,
    kind text NOT NULL CHECK (kind IN ('virtual', 'physical')),
    network text NOT NULL,
    bin text NOT NULL,
    currency text NOT NULL,
    rate_usdt numeric NOT NULL CHECK (rate_usdt > 0), -- units of the currency for one USDT
    enabled boolean NOT NULL,
    open_for_opening boolean NOT NULL,
    operations text[] NOT NULL,
    recharge_min numeric(38, 0) CHECK (recharge_min > 0),
    recharge_max numeric(38, 0) CHECK (recharge_max >= recharge_min),
    preconditions jsonb NOT NULL,
    extension jsonb NOT NULL,
    CHECK ((recharge_min IS NULL) = (recharge_max IS NULL))
);
GRANT SELECT, INSERT, UPDATE ON card_product TO bursar_app;

-- A merchant's fee schedules.
CREATE TABLE card_rate (
    merchant_id bigint NOT NULL,
    id bigint NOT NULL,
    name text NOT NULL,
    created_at timestamptz NOT NULL,
    PRIMARY KEY (merchant_id, id),
    CONSTRAINT card_rate_name_key UNIQUE (merchant_id, name)
);
-- A group has one rate at most; a rate that a group has is kept.
ALTER TABLE customer_group ADD CONSTRAINT customer_group_rate_fkey
    FOREIGN KEY (merchant_id, rate_id) REFERENCES card_rate (merchant_id, id);

-- One row of a schedule for each product; amounts in minor units of `asset`, the product's currency.
CREATE TABLE card_rate_detail (
    merchant_id bigint NOT NULL,
    rate_id bigint NOT NULL,
    product_id text NOT NULL,
    asset text NOT NULL,
    open_fee numeric(38, 0) NOT NULL CHECK (open_fee >= 0),
    monthly_fee numeric(38, 0) NOT NULL CHECK (monthly_fee >= 0),
    recharge_rate numeric NOT NULL CHECK (recharge_rate >= 0), -- a fraction of the amount
    recharge_fee_min numeric(38, 0) NOT NULL CHECK (recharge_fee_min >= 0),
    recharge_min numeric(38, 0) CHECK (recharge_min >= 0),
    recharge_max numeric(38, 0) CHECK (recharge_max >= 0),
    PRIMARY KEY (merchant_id, rate_id, product_id),
    CONSTRAINT card_rate_detail_rate_fkey FOREIGN KEY (merchant_id, rate_id)
        REFERENCES card_rate (merchant_id, id) ON DELETE CASCADE,
    CONSTRAINT card_rate_detail_product_fkey FOREIGN KEY (product_id) REFERENCES card_product (id)
);
GRANT SELECT, INSERT, UPDATE, DELETE ON card_rate, card_rate_detail TO bursar_app;
