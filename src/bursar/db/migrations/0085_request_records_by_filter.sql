-- compatible_from: 42
-- transaction: none
-- Records newest first, and those that are too old: of all merchants, of one key's owner, of a request's id, of a code.
-- Records of what nobody has signed have an index of their own, since fewer of them are kept.
CREATE INDEX CONCURRENTLY IF NOT EXISTS request_record_at ON request_record (at, id);
CREATE INDEX CONCURRENTLY IF NOT EXISTS request_record_owner ON request_record (key_of, at, id);
CREATE INDEX CONCURRENTLY IF NOT EXISTS request_record_request ON request_record (request_id, at, id);
CREATE INDEX CONCURRENTLY IF NOT EXISTS request_record_code ON request_record (code, at, id);
CREATE INDEX CONCURRENTLY IF NOT EXISTS request_record_unproved ON request_record (key_of, at, id) WHERE merchant_id IS NULL;
-- The merchants that are recorded: a few, however many there are.
CREATE INDEX CONCURRENTLY IF NOT EXISTS merchant_recorded ON merchant (recorded_until) WHERE recorded_until IS NOT NULL;
