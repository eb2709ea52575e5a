-- compatible_from: 42
-- transaction: none
-- Approvals of the staff, or of one merchant's users: newest first, those that expire first, the longest waiting first.
CREATE INDEX CONCURRENTLY IF NOT EXISTS approval_of ON approval (of_merchant, id);
CREATE INDEX CONCURRENTLY IF NOT EXISTS approval_of_ends ON approval (of_merchant, expires_at, id);
CREATE INDEX CONCURRENTLY IF NOT EXISTS approval_of_asked ON approval (of_merchant, asked_at, id);
CREATE INDEX CONCURRENTLY IF NOT EXISTS approval_policy_of ON approval_policy (of_merchant, action, holds_from, id);
CREATE INDEX CONCURRENTLY IF NOT EXISTS approval_policy_newest ON approval_policy (of_merchant, id);
DROP INDEX CONCURRENTLY IF EXISTS approval_expires;
DROP INDEX CONCURRENTLY IF EXISTS approval_ends;
DROP INDEX CONCURRENTLY IF EXISTS approval_asked;
DROP INDEX CONCURRENTLY IF EXISTS approval_policy_action;
