-- compatible_from: 25
-- transaction: none
-- Dead letters of one kind, for the operator's list.
CREATE INDEX CONCURRENTLY IF NOT EXISTS job_dead_of_kind ON job (kind, due_at, id) WHERE dead;
