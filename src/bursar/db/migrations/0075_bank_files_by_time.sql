-- compatible_from: 25
-- transaction: none
-- The bank's files, newest first, for the operator's list; and its entries that are of the payment that they name.
CREATE INDEX CONCURRENTLY IF NOT EXISTS bank_answer_taken ON bank_answer (taken_at DESC, digest DESC);
CREATE INDEX CONCURRENTLY IF NOT EXISTS bank_entry_matched ON bank_entry (id) WHERE problem IS NULL;
