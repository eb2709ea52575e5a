-- What a card needs once it is made: the status it was frozen in, its activation code (sealed, because whoever may see
-- the card may see it) and what is stored of its transaction password.
ALTER TABLE card
    ADD COLUMN frozen_from text CHECK (frozen_from IN ('pending_activation', 'normal', 'locked')),
    ADD COLUMN activation_code bytea,
    ADD COLUMN pin text; -- Argon2id over a keyed hash
-- Recharges under way on a card that is being cancelled, which has to wait for them.
CREATE INDEX card_order_under_way ON card_order (merchant_id, card_id) WHERE status = 'processing';

-- 3-D Secure challenges. The code is a keyed hash to compare with; sealed, it is what the webhook carries.
CREATE TABLE card_challenge (
    merchant_id bigint NOT NULL,
    id bigint NOT NULL,
    card_id bigint NOT NULL,
    mode text NOT NULL CHECK (mode IN ('otp', 'confirm')),
    status text NOT NULL CHECK (status IN ('open', 'confirmed', 'rejected')),
    amount numeric(38, 0) NOT NULL CHECK (amount > 0),
    currency text NOT NULL,
    merchant_name text,
    code_proof bytea,
    sealed_code bytea,
    created_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    PRIMARY KEY (merchant_id, id),
    CONSTRAINT card_challenge_card_fkey FOREIGN KEY (merchant_id, card_id) REFERENCES card (merchant_id, id),
    CHECK ((mode = 'otp') = (code_proof IS NOT NULL))
);
GRANT SELECT, INSERT, UPDATE ON card_challenge TO bursar_app;

-- What carriers report about physical cards, never changed.
CREATE TABLE card_shipment_step (
    merchant_id bigint NOT NULL,
    id bigint NOT NULL,
    card_id bigint NOT NULL,
    carrier text NOT NULL,
    tracking_no text NOT NULL,
    status text NOT NULL CHECK (status IN ('shipped', 'in_transit', 'delivered', 'returned')),
    at timestamptz NOT NULL,
    PRIMARY KEY (merchant_id, id),
    CONSTRAINT card_shipment_step_card_fkey FOREIGN KEY (merchant_id, card_id) REFERENCES card (merchant_id, id)
);
-- A card's way, newest first.
CREATE INDEX card_shipment_step_card ON card_shipment_step (merchant_id, card_id, at DESC, id DESC);
GRANT SELECT, INSERT ON card_shipment_step TO bursar_app;

-- What the sandbox issuer made of a card, so that it can be asked.
ALTER TABLE sandbox_issued_card
    ADD COLUMN state text NOT NULL DEFAULT 'active' CHECK (state IN ('inactive', 'active', 'locked', 'cancelled'));
GRANT UPDATE ON sandbox_issued_card TO bursar_app;
