-- compatible_from: 25
-- transaction: none
-- One index where two had nearly the same rows: the oldest of each status, and the queue of those that wait, which is
-- the order of one status. Payees that wait are few, and their queue's index tells the oldest one too.
CREATE INDEX CONCURRENTLY IF NOT EXISTS payout_unfinished ON payout (status, created_at, id)
    WHERE status IN ('pending', 'approved', 'processing');
CREATE INDEX CONCURRENTLY IF NOT EXISTS kyc_unfinished ON kyc (submitted_at, id)
    WHERE status IN ('submitted', 'under_review');
DROP INDEX CONCURRENTLY IF EXISTS payout_open;
DROP INDEX CONCURRENTLY IF EXISTS payout_waiting;
DROP INDEX CONCURRENTLY IF EXISTS kyc_open;
DROP INDEX CONCURRENTLY IF EXISTS kyc_waiting;
DROP INDEX CONCURRENTLY IF EXISTS payee_open;
-- Exceptions of the screening, newest first.
CREATE INDEX CONCURRENTLY IF NOT EXISTS screening_exception_newest ON screening_exception (made_at DESC, id DESC);
