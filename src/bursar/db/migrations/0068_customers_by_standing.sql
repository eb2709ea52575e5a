-- compatible_from: 25
-- transaction: none
-- A merchant's customers by standing, for the operator's list: few are frozen.
CREATE INDEX CONCURRENTLY IF NOT EXISTS customer_listed ON customer (merchant_id, standing, created_at DESC, id DESC);
