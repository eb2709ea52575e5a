-- compatible_from: 25
-- transaction: none
-- The oldest of what is not finished, for metrics: each index holds no more than what is open.
CREATE INDEX CONCURRENTLY IF NOT EXISTS webhook_delivery_unsent ON webhook_delivery (created_at) WHERE status = 'pending';
CREATE INDEX CONCURRENTLY IF NOT EXISTS card_order_open ON card_order (kind, created_at) WHERE status = 'processing';
CREATE INDEX CONCURRENTLY IF NOT EXISTS payout_open ON payout (status, created_at)
    WHERE status IN ('pending', 'approved', 'processing');
CREATE INDEX CONCURRENTLY IF NOT EXISTS withdrawal_open ON withdrawal (status, created_at)
    WHERE status IN ('awaiting_initial_review', 'awaiting_review', 'awaiting_withdrawal', 'confirming');
CREATE INDEX CONCURRENTLY IF NOT EXISTS wallet_deposit_open ON wallet_deposit (status, created_at)
    WHERE status IN ('confirming', 'held', 'returning');
CREATE INDEX CONCURRENTLY IF NOT EXISTS kyc_open ON kyc (submitted_at) WHERE status IN ('submitted', 'under_review');
CREATE INDEX CONCURRENTLY IF NOT EXISTS payee_open ON payee (created_at) WHERE status = 'pending';
