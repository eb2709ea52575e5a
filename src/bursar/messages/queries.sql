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

-- name: count_sent
-- One more message this hour under a name; the constraint refuses it beyond what is allowed.
INSERT INTO otp_velocity (merchant_id, prefix, hour, sent, allowed)
VALUES (%(merchant_id)s, %(prefix)s, date_trunc('hour', %(at)s::timestamptz, 'UTC'), 1, %(allowed)s)
ON CONFLICT (merchant_id, prefix, hour) DO UPDATE SET sent = otp_velocity.sent + 1, allowed = excluded.allowed;

-- name: forget_counts
-- Drops counts of hours that are over.
DELETE FROM otp_velocity
WHERE merchant_id = %(merchant_id)s AND hour < date_trunc('hour', %(at)s::timestamptz, 'UTC') - interval '1 hour';
