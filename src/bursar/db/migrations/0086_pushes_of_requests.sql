-- compatible_from: 42
-- transaction: none
-- The announcements of one transaction, in the order in which things happened: a recorded request is shown with those of
-- the orders that it has made.
CREATE INDEX CONCURRENTLY IF NOT EXISTS webhook_delivery_trace ON webhook_delivery (merchant_id, trace, happened);
-- Records of one key's owner, newest first; the path stands in the index, so that a page of those below a path that has
-- few or none of them is found without reading the others.
CREATE INDEX CONCURRENTLY IF NOT EXISTS request_record_owner_path ON request_record (key_of, at, id, path COLLATE "C");
DROP INDEX CONCURRENTLY IF EXISTS request_record_owner;
