-- name: get_withdrawal
-- A withdrawal of a merchant.
SELECT
    merchant_id, id, third_order_no, coin, chain_id, address, amount, fee, status, reason, payment_id, created_at,
    updated_at, stopped_at
FROM withdrawal
WHERE merchant_id = %(merchant_id)s AND id = %(id)s;

-- name: list_withdrawals
-- Withdrawals in some statuses, newest first; each status has its own place in the index.
WITH newest AS (
    SELECT found.id, found.created_at
    FROM unnest(%(statuses)s::text[]) AS wanted (status)
    CROSS JOIN LATERAL (
        SELECT id, created_at FROM withdrawal
        WHERE merchant_id = %(merchant_id)s AND status = wanted.status
            AND (%(coin)s::text IS NULL OR coin = %(coin)s) AND (%(chain_id)s::text IS NULL OR chain_id = %(chain_id)s)
            AND created_at >= %(start_at)s::timestamptz AND created_at < %(end_at)s::timestamptz
        ORDER BY created_at DESC, id DESC
        LIMIT %(limit)s::bigint + %(offset)s::bigint
    ) AS found
    ORDER BY found.created_at DESC, found.id DESC
    LIMIT %(limit)s OFFSET %(offset)s
)
SELECT
    withdrawal.merchant_id, withdrawal.id, withdrawal.third_order_no, withdrawal.coin, withdrawal.chain_id,
    withdrawal.address, withdrawal.amount, withdrawal.fee, withdrawal.status, withdrawal.reason,
    withdrawal.payment_id, withdrawal.created_at, withdrawal.updated_at
FROM newest
JOIN withdrawal ON withdrawal.merchant_id = %(merchant_id)s AND withdrawal.id = newest.id
ORDER BY withdrawal.created_at DESC, withdrawal.id DESC;

-- name: tally_withdrawals
-- How many withdrawals there are in some statuses: what was counted of whole days, corrected by those that were not counted
-- as they are, and what either end of the span holds.
SELECT (
    SELECT coalesce(sum(rows), 0)::bigint FROM list_count
    WHERE merchant_id = %(merchant_id)s AND list = 'withdrawal' AND status = ANY(%(statuses)s::text[])
        AND (%(coin)s::text IS NULL OR kind = %(coin)s) AND (%(chain_id)s::text IS NULL OR via = %(chain_id)s)
        AND day >= (%(whole_from)s::timestamptz AT TIME ZONE 'UTC')::date
        AND day < (%(whole_to)s::timestamptz AT TIME ZONE 'UTC')::date
) + (
    SELECT count(*) FILTER (WHERE status = ANY(%(statuses)s::text[]))
        - count(*) FILTER (WHERE counted = ANY(%(statuses)s::text[]))
    FROM withdrawal
    WHERE merchant_id = %(merchant_id)s AND coalesce(counted <> status, true)
        AND (%(coin)s::text IS NULL OR coin = %(coin)s) AND (%(chain_id)s::text IS NULL OR chain_id = %(chain_id)s)
        AND created_at >= %(whole_from)s::timestamptz AND created_at < %(whole_to)s::timestamptz
) + (
    SELECT coalesce(sum(ends.rows), 0)::bigint
    FROM unnest(%(statuses)s::text[]) AS wanted (status)
    CROSS JOIN (VALUES
        (%(start_at)s::timestamptz, %(head_to)s::timestamptz), (%(tail_from)s::timestamptz, %(end_at)s::timestamptz)
    ) AS part (start_at, end_at)
    CROSS JOIN LATERAL (
        SELECT count(*) AS rows FROM withdrawal
        WHERE merchant_id = %(merchant_id)s AND status = wanted.status
            AND (%(coin)s::text IS NULL OR coin = %(coin)s) AND (%(chain_id)s::text IS NULL OR chain_id = %(chain_id)s)
            AND created_at >= part.start_at AND created_at < part.end_at
    ) AS ends
);

-- name: list_withdrawals_of
-- Withdrawals with some number, or to some address; newest first.
SELECT
    merchant_id, id, third_order_no, coin, chain_id, address, amount, fee, status, reason, payment_id, created_at,
    updated_at
FROM withdrawal
WHERE merchant_id = %(merchant_id)s
    AND (%(withdrawal_id)s::bigint IS NULL OR id = %(withdrawal_id)s)
    AND (%(coin)s::text IS NULL OR coin = %(coin)s)
    AND (%(chain_id)s::text IS NULL OR chain_id = %(chain_id)s)
    AND status = ANY(%(statuses)s::text[])
    AND (%(address)s::text IS NULL OR address = %(address)s)
    AND (%(third_order_no)s::text IS NULL OR third_order_no = %(third_order_no)s)
    AND created_at >= %(start_at)s::timestamptz AND created_at < %(end_at)s::timestamptz
ORDER BY created_at DESC, id DESC
LIMIT %(limit)s OFFSET %(offset)s;

-- name: count_withdrawals_of
-- How many withdrawals have some number, or go to some address.
SELECT count(*)
FROM withdrawal
WHERE merchant_id = %(merchant_id)s
    AND (%(withdrawal_id)s::bigint IS NULL OR id = %(withdrawal_id)s)
    AND (%(coin)s::text IS NULL OR coin = %(coin)s)
    AND (%(chain_id)s::text IS NULL OR chain_id = %(chain_id)s)
    AND status = ANY(%(statuses)s::text[])
    AND (%(address)s::text IS NULL OR address = %(address)s)
    AND (%(third_order_no)s::text IS NULL OR third_order_no = %(third_order_no)s)
    AND created_at >= %(start_at)s::timestamptz AND created_at < %(end_at)s::timestamptz;

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

-- name: list_waiting
-- Withdrawals of all merchants that wait for a person, the longest waiting first, behind one of them: for a review, or
-- stopped after both. Each has an index of its own.
SELECT
    merchant_id, id, third_order_no, coin, chain_id, address, amount, fee, status, reason, payment_id, created_at,
    updated_at, stopped_at
FROM (
    (
        SELECT * FROM withdrawal
        WHERE status IN ('awaiting_initial_review', 'awaiting_review')
            AND (updated_at, id) > (%(after_at)s, %(after_id)s)
        ORDER BY updated_at, id
        LIMIT %(limit)s
    )
    UNION ALL
    (
        SELECT * FROM withdrawal
        WHERE status = 'awaiting_withdrawal' AND stopped_at IS NOT NULL
            AND (updated_at, id) > (%(after_at)s, %(after_id)s)
        ORDER BY updated_at, id
        LIMIT %(limit)s
    )
) AS waiting
ORDER BY updated_at, id
LIMIT %(limit)s;

-- name: stop
-- The address of a withdrawal that has not ended is somebody's who is on a list, as a person has confirmed.
UPDATE withdrawal SET stopped_at = %(at)s
WHERE merchant_id = %(merchant_id)s AND id = %(id)s
    AND status IN ('awaiting_initial_review', 'awaiting_review', 'awaiting_withdrawal');

-- name: is_open
-- Whether a merchant has a withdrawal that has not ended.
SELECT EXISTS (
    SELECT FROM withdrawal
    WHERE merchant_id = %(merchant_id)s
        AND status IN ('awaiting_initial_review', 'awaiting_review', 'awaiting_withdrawal', 'confirming')
);

-- name: find_screened
-- One withdrawal, as screening compares it.
SELECT merchant_id, id, '{}'::text[] AS names, '{}'::text[] AS organisations, address
FROM withdrawal
WHERE merchant_id = %(merchant_id)s AND id = %(id)s;

-- name: list_screened
-- All withdrawals in order, as screening compares them.
SELECT merchant_id, id, '{}'::text[] AS names, '{}'::text[] AS organisations, address
FROM withdrawal
WHERE (merchant_id, id) > (%(after_merchant)s::bigint, %(after_id)s::bigint)
ORDER BY merchant_id, id
LIMIT %(limit)s;
