-- compatible_from: 25
-- transaction: none
-- The fee that holds at an instant, of all that a merchant had and will have.
CREATE INDEX CONCURRENTLY IF NOT EXISTS payout_fee_since ON payout_fee (merchant_id, since, id);
