-- compatible_from: 25
-- transaction: none
-- The rows that wait for a person, of all merchants, the longest waiting first: as long as the queue, and no longer.
CREATE INDEX CONCURRENTLY IF NOT EXISTS kyc_waiting ON kyc (submitted_at, id) WHERE status = 'under_review';
CREATE INDEX CONCURRENTLY IF NOT EXISTS payee_waiting ON payee (updated_at, id) WHERE status = 'pending';
CREATE INDEX CONCURRENTLY IF NOT EXISTS payout_waiting ON payout (created_at, id) WHERE status = 'pending';
CREATE INDEX CONCURRENTLY IF NOT EXISTS withdrawal_waiting ON withdrawal (updated_at, id)
    WHERE status IN ('awaiting_initial_review', 'awaiting_review');
CREATE INDEX CONCURRENTLY IF NOT EXISTS wallet_deposit_waiting ON wallet_deposit (updated_at, id) WHERE status = 'held';
CREATE INDEX CONCURRENTLY IF NOT EXISTS bank_entry_waiting ON bank_entry (taken_at, id)
    WHERE problem IS NOT NULL AND settled_at IS NULL;
CREATE INDEX CONCURRENTLY IF NOT EXISTS payout_contradiction_waiting ON payout_contradiction (at, id)
    WHERE settled_at IS NULL;
CREATE INDEX CONCURRENTLY IF NOT EXISTS wallet_alarm_waiting ON wallet_alarm (at, id) WHERE settled_at IS NULL;
CREATE INDEX CONCURRENTLY IF NOT EXISTS approval_asked ON approval (asked_at, id);
