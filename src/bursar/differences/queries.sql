-- name: begin_comparison
-- After a restore: the blocks from which each chain is compared, and the work of comparing each place.
WITH scanned AS (
    INSERT INTO difference_scan (chain_id, epoch, height)
    SELECT wallet_scan.chain_id, install.epoch, wallet_scan.height FROM wallet_scan, install
    ON CONFLICT (chain_id) DO UPDATE SET epoch = excluded.epoch, height = excluded.height, goal = NULL
    RETURNING chain_id
), places AS (
    SELECT 'bank' AS place
    UNION ALL
    SELECT 'chain:' || chain_id FROM scanned
)
INSERT INTO job (id, merchant_id, kind, payload, due_at)
SELECT
    (install.epoch::bigint * 16777216 + nextval('id_block')) * 1048576, 0, 'differences.compare',
    jsonb_build_object('place', places.place), 'epoch'::timestamptz
FROM install, places;

-- name: find_scan
-- The blocks of a chain that are compared.
SELECT chain_id, epoch, height, goal FROM difference_scan WHERE chain_id = %(chain_id)s;

-- name: set_goal
-- The comparison of a chain begins: it ends with the newest block of that moment.
UPDATE difference_scan SET goal = %(goal)s WHERE chain_id = %(chain_id)s AND goal IS NULL;

-- name: move_scan
-- Blocks of a chain are compared; never back.
UPDATE difference_scan SET height = %(height)s WHERE chain_id = %(chain_id)s AND height < %(height)s;

-- name: add_difference
-- A difference that was found, once.
INSERT INTO difference (
    id, epoch, kind, place, name, minor, asset, about, found_at, state, closed_at, closed_by, closed_reason
)
SELECT
    %(id)s, install.epoch, %(kind)s, %(place)s, %(name)s, %(minor)s, %(asset)s, %(about)s, %(found_at)s, %(state)s,
    %(closed_at)s, %(closed_by)s, %(closed_reason)s
FROM install
ON CONFLICT ON CONSTRAINT difference_once DO NOTHING;

-- name: get_difference
-- One difference.
SELECT
    id, epoch, kind, place, name, minor, asset, about, found_at, state, closed_at, closed_by, closed_reason
FROM difference
WHERE id = %(id)s;

-- name: list_differences
-- Differences, newest first, before one of them.
SELECT
    id, epoch, kind, place, name, minor, asset, about, found_at, state, closed_at, closed_by, closed_reason
FROM difference
WHERE id < %(before)s
ORDER BY id DESC
LIMIT %(limit)s;

-- name: list_open
-- Those that wait for a person, the longest waiting first, behind one of them.
SELECT
    id, epoch, kind, place, name, minor, asset, about, found_at, state, closed_at, closed_by, closed_reason
FROM difference
WHERE state = 'open' AND (found_at, id) > (%(after_at)s, %(after_id)s)
ORDER BY found_at, id
LIMIT %(limit)s;

-- name: is_first
-- Whether no earlier difference of a place is about coins that left in the same transaction.
SELECT NOT EXISTS (
    SELECT FROM difference
    WHERE place = %(place)s AND about ->> 'transaction' = %(transaction)s
        AND kind IN ('chain_payment', 'chain_move') AND id < %(id)s
);

-- name: count_transactions
-- How many transactions of a sender were found in a place, in one epoch.
SELECT count(DISTINCT about ->> 'transaction')
FROM difference
WHERE place = %(place)s AND epoch = %(epoch)s AND about ->> 'sender' = %(sender)s
    AND kind IN ('chain_payment', 'chain_move');

-- name: lock_differences
-- Holds differences with their state; they belong to no merchant.
SELECT id, state
FROM difference
WHERE id = ANY(%(ids)s::bigint[]) AND %(merchant_id)s::bigint IS NOT NULL
ORDER BY id
FOR NO KEY UPDATE;

-- name: close_differences :set
-- Somebody has settled differences.
UPDATE difference
SET state = moved.state, closed_at = moved.closed_at, closed_by = moved.closed_by, closed_reason = moved.reason
FROM unnest(
    %(ids)s::bigint[], %(statuses)s::text[], %(closed_at)s::timestamptz[], %(closed_by)s::text[], %(reasons)s::text[]
) AS moved (id, state, closed_at, closed_by, reason)
WHERE difference.id = moved.id AND %(merchant_id)s::bigint IS NOT NULL;

-- name: count_open
-- How many differences of some places are open, and how many of these places are not compared to the end.
SELECT
    (SELECT count(*) FROM difference WHERE state = 'open' AND place LIKE %(places)s::text) AS open,
    (
        SELECT count(*) FROM job
        WHERE kind = 'differences.compare' AND payload ->> 'place' LIKE %(places)s::text
    ) AS comparing;
