-- compatible_from: 25
-- transaction: none
-- A merchant's cards by the last four digits of their numbers, for the operator's search.
CREATE INDEX CONCURRENTLY IF NOT EXISTS card_last_four ON card (merchant_id, right(masked_number, 4))
    WHERE masked_number IS NOT NULL;
