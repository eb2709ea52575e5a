-- compatible_from: 42
-- transaction: none
-- Stopped withdrawals that nobody has rejected yet, the longest waiting first: as long as the queue, and no longer.
CREATE INDEX CONCURRENTLY IF NOT EXISTS withdrawal_stopped ON withdrawal (updated_at, id)
    WHERE status = 'awaiting_withdrawal' AND stopped_at IS NOT NULL;
