-- name: keep_pace
-- The number is sent one now. The constraint on `not_before` refuses it too soon.
INSERT INTO otp_pace (merchant_id, mobile_hash, otp_id, not_before, sent_at, free_at)
VALUES (%(merchant_id)s, %(mobile_hash)s, %(id)s, %(created_at)s, %(created_at)s, %(free_at)s)
ON CONFLICT (merchant_id, mobile_hash) DO UPDATE
SET otp_id = excluded.otp_id, not_before = otp_pace.free_at, sent_at = excluded.sent_at, free_at = excluded.free_at;

-- name: release_pace
-- Sending failed, so nobody has to wait for the next.
UPDATE otp_pace SET free_at = sent_at
WHERE merchant_id = %(merchant_id)s AND mobile_hash = %(mobile_hash)s AND otp_id = %(id)s;

-- name: put_otp
-- A one-time password. A test number's session is always the same, and stands for the newest.
INSERT INTO otp (merchant_id, id, session, mobile_hash, product, kind, proof, status, created_at, expires_at)
VALUES
    (%(merchant_id)s, %(id)s, %(session)s, %(mobile_hash)s, %(product)s, %(kind)s, %(proof)s, %(status)s,
    %(created_at)s, %(expires_at)s)
ON CONFLICT (merchant_id, session) DO UPDATE
SET id = excluded.id, product = excluded.product, kind = excluded.kind, proof = excluded.proof,
    status = excluded.status, created_at = excluded.created_at, expires_at = excluded.expires_at;

-- name: settle_otp
-- The outcome of sending.
UPDATE otp SET status = %(status)s, message_id = %(message_id)s
WHERE merchant_id = %(merchant_id)s AND id = %(id)s;

-- name: find_otp
-- A one-time password by its session.
SELECT id, session, mobile_hash, proof, status, message_id, used, created_at, expires_at
FROM otp
WHERE merchant_id = %(merchant_id)s AND session = %(session)s;

-- name: find_session
-- The session of a one-time password.
SELECT session FROM otp WHERE merchant_id = %(merchant_id)s AND id = %(id)s;

-- name: lock_otps
-- Holds one-time passwords.
SELECT id, CASE WHEN used THEN 'used' ELSE 'open' END
FROM otp
WHERE merchant_id = %(merchant_id)s AND id = ANY(%(ids)s::bigint[])
ORDER BY id
FOR NO KEY UPDATE;

-- name: move_otps :set
-- One-time passwords that are used.
UPDATE otp SET used = moved.status = 'used'
FROM unnest(%(ids)s::bigint[], %(statuses)s::text[]) AS moved (id, status)
WHERE otp.merchant_id = %(merchant_id)s AND otp.id = moved.id;

-- name: forget_otps
-- Drops old one-time passwords, a bounded number at a time.
DELETE FROM otp
WHERE ctid IN (SELECT ctid FROM otp WHERE created_at < %(before)s LIMIT %(most)s);

-- name: forget_paces
-- Drops what is known of numbers that were sent nothing for long, a bounded number at a time.
DELETE FROM otp_pace
WHERE ctid IN (SELECT ctid FROM otp_pace WHERE free_at < %(before)s LIMIT %(most)s);
