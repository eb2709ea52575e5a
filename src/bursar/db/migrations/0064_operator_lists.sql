-- compatible_from: 25
-- transaction: none
-- A merchant's orders of cards by status, for the operator's list: the other tables of merchants have theirs.
CREATE INDEX CONCURRENTLY IF NOT EXISTS card_order_listed ON card_order (merchant_id, status, created_at DESC, id DESC);
-- Approvals that wait, in the order of their list, in place of the index on the instant alone.
CREATE INDEX CONCURRENTLY IF NOT EXISTS approval_ends ON approval (expires_at, id);
DROP INDEX CONCURRENTLY IF EXISTS approval_expires;
