-- compatible_from: 25
-- transaction: none
-- For the list of merchants of one status, in the order of their numbers.
CREATE INDEX CONCURRENTLY IF NOT EXISTS merchant_of_status ON merchant (status, merchant_id);
