-- name: get_withdrawal
-- A withdrawal of a merchant.
SELECT
    merchant_id, id, third_order_no, coin, chain_id, address, amount, fee, status, reason, payment_id, created_at,
    updated_at
FROM withdrawal
WHERE merchant_id = %(merchant_id)s AND id = %(id)s;

-- name: list_withdrawals
-- Withdrawals, newest first.
SELECT
    merchant_id, id, third_order_no, coin, chain_id, address, amount, fee, status, reason, payment_id, created_at,
    updated_at, count(*) OVER () AS total
FROM withdrawal
WHERE merchant_id = %(merchant_id)s
    AND (%(withdrawal_id)s::bigint IS NULL OR id = %(withdrawal_id)s)
    AND (%(coin)s::text IS NULL OR coin = %(coin)s)
    AND (%(chain_id)s::text IS NULL OR chain_id = %(chain_id)s)
    AND (%(status)s::text IS NULL OR status = %(status)s)
    AND (%(address)s::text IS NULL OR address = %(address)s)
    AND (%(third_order_no)s::text IS NULL OR third_order_no = %(third_order_no)s)
    AND (%(start_at)s::timestamptz IS NULL OR created_at >= %(start_at)s)
    AND (%(end_at)s::timestamptz IS NULL OR created_at < %(end_at)s)
ORDER BY created_at DESC, id DESC
LIMIT %(limit)s OFFSET %(offset)s;

-- name: sum_used
-- What a merchant has withdrawn lately of a coin on a chain, but for what it has back.
SELECT
    coalesce(sum(amount) FILTER (WHERE created_at > %(hour_ago)s), 0)::numeric AS within_1h,
    coalesce(sum(amount), 0)::numeric AS within_24h
FROM withdrawal
WHERE merchant_id = %(merchant_id)s AND coin = %(coin)s AND chain_id = %(chain_id)s AND created_at > %(day_ago)s
    AND status NOT IN ('failed', 'rejected', 'withdrawal_rejected', 'returned');

-- name: add_withdrawal
-- A new withdrawal with what was withdrawn before it; refused above a limit. Runs while the merchant's account is held,
-- so that nobody writes another one meanwhile.
INSERT INTO withdrawal (
    merchant_id, id, third_order_no, coin, chain_id, address, amount, fee, status, used_1h, used_24h, limit_1h,
    limit_24h, created_at, updated_at
)
SELECT
    %(merchant_id)s, %(id)s, %(third_order_no)s, %(coin)s, %(chain_id)s, %(address)s, %(amount)s, %(fee)s, %(status)s,
    coalesce(sum(amount) FILTER (WHERE created_at > %(hour_ago)s), 0), coalesce(sum(amount), 0),
    %(limit_1h)s, %(limit_24h)s, %(created_at)s, %(created_at)s
FROM withdrawal
WHERE merchant_id = %(merchant_id)s AND coin = %(coin)s AND chain_id = %(chain_id)s AND created_at > %(day_ago)s
    AND status NOT IN ('failed', 'rejected', 'withdrawal_rejected', 'returned');

-- name: lock_withdrawals
-- Holds withdrawals with their status.
SELECT id, status
FROM withdrawal
WHERE merchant_id = %(merchant_id)s AND id = ANY(%(ids)s::bigint[])
ORDER BY id
FOR NO KEY UPDATE;

-- name: move_withdrawals :set
-- Withdrawals go on; a payment stays once there is one.
UPDATE withdrawal
SET status = moved.status, reason = moved.reason, updated_at = moved.updated_at,
    payment_id = coalesce(moved.payment_id, withdrawal.payment_id)
FROM unnest(
    %(ids)s::bigint[], %(statuses)s::text[], %(reason)s::text[], %(updated_at)s::timestamptz[], %(payment_id)s::bigint[]
) AS moved (id, status, reason, updated_at, payment_id)
WHERE withdrawal.merchant_id = %(merchant_id)s AND withdrawal.id = moved.id;

-- name: is_blocked
-- Whether the operator lets nothing be paid to an address.
SELECT true FROM withdrawal_address_block WHERE chain_id = %(chain_id)s AND address = %(address)s;

-- name: block_address
-- Nothing is paid to an address any more.
INSERT INTO withdrawal_address_block (chain_id, address, reason, at)
VALUES (%(chain_id)s, %(address)s, %(reason)s, %(at)s)
ON CONFLICT (chain_id, address) DO NOTHING;

-- name: unblock_address
-- An address may be paid to again.
DELETE FROM withdrawal_address_block WHERE chain_id = %(chain_id)s AND address = %(address)s;

-- name: remember_address
-- An address is asked for; the first time counts.
INSERT INTO withdrawal_address_use (merchant_id, chain_id, address, first_at)
VALUES (%(merchant_id)s, %(chain_id)s, %(address)s, %(at)s)
ON CONFLICT (merchant_id, chain_id, address) DO NOTHING;

-- name: find_address_use
-- When an address was first asked for, and whether there ever was a withdrawal to it.
SELECT
    (
        SELECT first_at FROM withdrawal_address_use
        WHERE merchant_id = %(merchant_id)s AND chain_id = %(chain_id)s AND address = %(address)s
    ) AS first_at,
    EXISTS (
        SELECT FROM withdrawal
        WHERE merchant_id = %(merchant_id)s AND chain_id = %(chain_id)s AND address = %(address)s
    ) AS is_known;
