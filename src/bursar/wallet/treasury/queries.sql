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
