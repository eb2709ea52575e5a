-- name: keep_receipt
-- The network's report on a message; its first report of an end stays, unless that end is unknown.
INSERT INTO message_receipt (message_id, status, at) VALUES (%(message_id)s, %(status)s, %(at)s)
ON CONFLICT (message_id) DO UPDATE SET status = excluded.status, at = excluded.at
WHERE message_receipt.status = 'unknown';

-- name: find_receipts
-- The network's reports on some messages.
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

-- name: keep_part
-- A message that the network has taken. A network gives its numbers again: what it said of the one before is dropped.
WITH kept AS (
    INSERT INTO message_part (message_id, plain, decimal, number_end, sent_at)
    VALUES (%(message_id)s, %(plain)s, %(decimal)s, %(number_end)s, %(at)s)
    ON CONFLICT (message_id) DO UPDATE SET number_end = excluded.number_end, sent_at = excluded.sent_at
    RETURNING message_id
)
DELETE FROM message_receipt USING kept WHERE message_receipt.message_id = kept.message_id AND at < %(early)s;

-- name: find_parts
-- Messages that a receipt could be of, by any form of its id.
SELECT message_id, number_end
FROM message_part
WHERE message_id = %(message_id)s OR plain = %(plain)s OR decimal = %(plain)s OR plain = %(decimal)s
LIMIT %(most)s;

-- name: forget_parts
-- Drops old messages, a bounded number at a time.
DELETE FROM message_part WHERE ctid IN (SELECT ctid FROM message_part WHERE sent_at < %(before)s LIMIT %(most)s);

-- name: keep_unplaced
-- A receipt that is of no message, for an operator; only the newest are kept.
WITH kept AS (
    INSERT INTO message_receipt_unplaced (message_id, plain, decimal, status, said, number_ends, problem, at)
    VALUES (
        %(message_id)s, %(plain)s, %(decimal)s, %(status)s, %(said)s, %(number_ends)s::text[], %(problem)s, %(at)s
    )
    RETURNING id
), dropped AS (
    DELETE FROM message_receipt_unplaced USING kept WHERE message_receipt_unplaced.id <= kept.id - %(most)s
)
SELECT id FROM kept;

-- name: find_early
-- Receipts that came before the answer that told the message's id.
SELECT id, message_id, status, said, number_ends
FROM message_receipt_unplaced
WHERE (message_id = %(message_id)s OR plain = %(plain)s OR plain = %(decimal)s OR decimal = %(plain)s)
    AND problem = ANY(%(problems)s::text[])
    AND at >= %(early)s
ORDER BY id
LIMIT %(most)s;

-- name: list_unplaced
-- Receipts for an operator, newest first, from before one on.
SELECT id, message_id, said, number_ends, problem, at
FROM message_receipt_unplaced
WHERE id < %(before)s
ORDER BY id DESC
LIMIT %(limit)s;

-- name: drop_unplaced
-- A receipt that an operator has looked at, or that was placed after all.
DELETE FROM message_receipt_unplaced WHERE id = %(id)s;

-- name: forget_unplaced
-- Drops old receipts that were of no message, a bounded number at a time.
DELETE FROM message_receipt_unplaced
WHERE id IN (SELECT id FROM message_receipt_unplaced WHERE at < %(before)s ORDER BY id LIMIT %(most)s);
