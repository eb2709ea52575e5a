-- name: use
-- Takes the nonces that nobody used within the window; answers those.
INSERT INTO api_nonce AS known (merchant_id, nonce, used_at)
SELECT merchant_id, nonce, now()
FROM unnest(%(merchant_ids)s::bigint[], %(nonces)s::text[]) AS asked (merchant_id, nonce)
ORDER BY merchant_id, nonce -- one order for everybody, so that batches do not deadlock
ON CONFLICT (merchant_id, nonce) DO UPDATE
SET used_at = excluded.used_at
WHERE known.used_at < now() - %(window)s::interval
RETURNING merchant_id, nonce;

-- name: forget_old
-- Drops nonces whose timestamps nobody would let in any more, a bounded number at a time.
DELETE FROM api_nonce
WHERE ctid IN (SELECT ctid FROM api_nonce WHERE used_at < now() - %(window)s::interval LIMIT 5000);
