-- name: keep_receipt
-- What the network says of a message; what it said first of its end stays, unless that was that it does not know.
INSERT INTO message_receipt (message_id, status, at) VALUES (%(message_id)s, %(status)s, %(at)s)
ON CONFLICT (message_id) DO UPDATE SET status = excluded.status, at = excluded.at
WHERE message_receipt.status = 'unknown';

-- name: find_receipts
-- What the network has said of some messages.
SELECT message_id, status FROM message_receipt WHERE message_id = ANY(%(message_ids)s::text[]);

-- name: forget_receipts
-- Drops old receipts, a bounded number at a time.
DELETE FROM message_receipt
WHERE ctid IN (SELECT ctid FROM message_receipt WHERE at < %(before)s LIMIT %(most)s);
