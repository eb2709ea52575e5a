-- name: add_sweep
-- What stands on an address is brought home; refused while that is under way.
INSERT INTO wallet_sweep (id, chain_id, coin, address, address_number, units, status, created_at, updated_at)
VALUES (
    %(id)s, %(chain_id)s, %(coin)s, %(address)s, %(address_number)s, %(units)s, %(status)s, %(created_at)s,
    %(created_at)s
);

-- name: get_sweep
-- One of them.
SELECT id, chain_id, coin, address, address_number, units, status, created_at, updated_at
FROM wallet_sweep
WHERE id = %(id)s;

-- name: find_open_sweep
-- Whether something is under way from an address.
SELECT id FROM wallet_sweep
WHERE chain_id = %(chain_id)s AND address = %(address)s AND status IN ('topping_up', 'sweeping');

-- name: lock_sweeps
-- Holds sweeps with their status.
SELECT id, status FROM wallet_sweep WHERE id = ANY(%(ids)s::bigint[]) ORDER BY id FOR NO KEY UPDATE;

-- name: move_sweeps :set
-- Sweeps go on.
UPDATE wallet_sweep
SET status = moved.status, updated_at = moved.updated_at
FROM unnest(%(ids)s::bigint[], %(statuses)s::text[], %(updated_at)s::timestamptz[]) AS moved (id, status, updated_at)
WHERE wallet_sweep.id = moved.id;

-- name: expect_natives
-- The chain's own coin that taken addresses should hold at a height by what is known of them, in order of their numbers:
-- deposits and top-ups less payments and what those have cost. Costs by the number of addresses asked for.
SELECT
    address.number, address.address, address.merchant_id,
    (coalesce(arrived.units, 0) + coalesce(given.units, 0) - coalesce(paid.units, 0))::numeric AS units,
    NOT EXISTS (
        SELECT FROM wallet_payment
        WHERE chain_id = %(chain_id)s AND sender = address.address AND status IN ('queued', 'preparing', 'signed')
    ) AND coalesce(given.settled, true) AS settled
FROM wallet_address AS address
LEFT JOIN LATERAL (
    SELECT sum(units) AS units
    FROM wallet_deposit
    WHERE merchant_id = address.merchant_id AND recipient = address.address AND chain_id = %(chain_id)s
        AND coin = %(coin)s AND block_height <= %(height)s AND status NOT IN ('orphaned', 'taken_back')
) AS arrived ON true
LEFT JOIN LATERAL (
    SELECT
        sum(units) FILTER (WHERE status = 'paid' AND mined_height <= %(height)s) AS units,
        bool_and(status NOT IN ('queued', 'preparing', 'signed')) AS settled
    FROM wallet_payment
    WHERE chain_id = %(chain_id)s AND recipient = address.address AND purpose = 'top_up'
) AS given ON true
LEFT JOIN LATERAL (
    SELECT sum(fee_units + CASE WHEN status = 'paid' AND contract IS NULL THEN units ELSE 0 END) AS units
    FROM wallet_payment
    WHERE chain_id = %(chain_id)s AND sender = address.address AND nonce IS NOT NULL
        AND status IN ('paid', 'failed') AND mined_height <= %(height)s
) AS paid ON true
WHERE address.chain_id = %(chain_id)s AND address.number > %(after)s AND address.status = 'taken'
ORDER BY address.number
LIMIT %(most)s;
