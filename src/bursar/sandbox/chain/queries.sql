-- name: add_chain
-- A chain that nobody has used yet.
INSERT INTO sandbox_chain (chain_id) VALUES (%(chain_id)s) ON CONFLICT (chain_id) DO NOTHING;

-- name: lock_chain
-- Holds a chain while blocks are made; how many were ever made.
SELECT made FROM sandbox_chain WHERE chain_id = %(chain_id)s FOR UPDATE;

-- name: get_head
-- The newest block.
SELECT height, hash, parent_hash, at
FROM sandbox_block
WHERE chain_id = %(chain_id)s AND NOT orphaned
ORDER BY height DESC
LIMIT 1;

-- name: get_block
-- The block at a height, in the chain as it is now.
SELECT height, hash, parent_hash, at
FROM sandbox_block
WHERE chain_id = %(chain_id)s AND height = %(height)s AND NOT orphaned;

-- name: get_activity
-- How long the oldest transaction has waited, and the last height with a transaction.
SELECT
    (SELECT min(sent_at) FROM sandbox_chain_transaction WHERE chain_id = %(chain_id)s AND state = 'waiting')
        AS waiting_since,
    (SELECT max(block_height) FROM sandbox_chain_transaction WHERE chain_id = %(chain_id)s) AS last_height;

-- name: list_waiting
-- What waits to be taken up, in the order in which it came.
SELECT hash, sender, coin, native, units, fee_units, nonce, attempt, from_outside, expires_at
FROM sandbox_chain_transaction
WHERE chain_id = %(chain_id)s AND state = 'waiting'
ORDER BY seq;

-- name: list_nonces
-- The next nonce of each of some senders.
SELECT sender, max(nonce) + 1 AS next_nonce
FROM sandbox_chain_transaction
WHERE chain_id = %(chain_id)s AND sender = ANY(%(senders)s::text[]) AND block_hash IS NOT NULL AND nonce IS NOT NULL
GROUP BY sender;

-- name: add_blocks :set
-- Blocks on top of the chain.
INSERT INTO sandbox_block (chain_id, hash, height, parent_hash, at)
SELECT %(chain_id)s, *
FROM unnest(%(hashes)s::text[], %(heights)s::bigint[], %(parents)s::text[], %(ats)s::timestamptz[]);

-- name: count_made
-- So many blocks were made.
UPDATE sandbox_chain SET made = made + %(count)s WHERE chain_id = %(chain_id)s;

-- name: take_up :set
-- Transactions stand in a block, or never will.
UPDATE sandbox_chain_transaction AS known
SET state = taken.state,
    block_height = CASE WHEN taken.state = 'dropped' THEN NULL ELSE %(height)s::bigint END,
    block_hash = CASE WHEN taken.state = 'dropped' THEN NULL ELSE %(block_hash)s::text END,
    position = CASE WHEN taken.state = 'dropped' THEN NULL ELSE taken.position END
FROM unnest(%(hashes)s::text[], %(states)s::text[], %(positions)s::integer[]) AS taken (hash, state, position)
WHERE known.chain_id = %(chain_id)s AND known.hash = taken.hash;

-- name: orphan
-- Blocks from a height on are no longer part of the chain.
UPDATE sandbox_block SET orphaned = true
WHERE chain_id = %(chain_id)s AND height >= %(height)s AND NOT orphaned;

-- name: release
-- What stood in blocks from a height on waits again, or is gone; all processes are told.
UPDATE sandbox_chain_transaction
SET state = CASE WHEN hash = ANY(%(dropped)s::text[]) THEN 'dropped' ELSE 'waiting' END,
    block_height = NULL, block_hash = NULL, position = NULL
WHERE chain_id = %(chain_id)s AND block_height >= %(height)s
RETURNING pg_notify('bursar', 'chain');

-- name: send
-- A transaction that waits to be taken up; all processes are told. Sending it again changes nothing, unless the chain
-- had forgotten it.
INSERT INTO sandbox_chain_transaction (
    chain_id, hash, sender, recipient, coin, native, units, fee_units, nonce, attempt, from_outside, sent_at, expires_at,
    state
)
VALUES (
    %(chain_id)s, %(hash)s, %(sender)s, %(recipient)s, %(coin)s, %(native)s, %(units)s, %(fee_units)s, %(nonce)s,
    %(attempt)s, %(from_outside)s, %(sent_at)s, %(expires_at)s, 'waiting'
)
ON CONFLICT (chain_id, hash) DO UPDATE SET state = 'waiting' WHERE sandbox_chain_transaction.state = 'dropped'
RETURNING pg_notify('bursar', 'chain');

-- name: send_many :set
-- Transfers from outside that wait to be taken up; all processes are told.
INSERT INTO sandbox_chain_transaction (
    chain_id, hash, sender, recipient, coin, native, units, by_contract, fee_units, attempt, from_outside, sent_at,
    state
)
SELECT %(chain_id)s, *, 0, 0, true, %(sent_at)s::timestamptz, 'waiting'
FROM unnest(
    %(hashes)s::text[], %(senders)s::text[], %(recipients)s::text[], %(coins)s::text[], %(natives)s::boolean[],
    %(units)s::numeric[], %(by_contracts)s::boolean[]
)
RETURNING pg_notify('bursar', 'chain');

-- name: find_transaction
-- How a transaction stands.
SELECT state, block_height, block_hash, fee_units
FROM sandbox_chain_transaction
WHERE chain_id = %(chain_id)s AND hash = %(hash)s;

-- name: find_rival
-- The height at which another transaction took a nonce.
SELECT block_height
FROM sandbox_chain_transaction
WHERE chain_id = %(chain_id)s AND sender = %(sender)s AND nonce = %(nonce)s AND hash <> %(hash)s
    AND block_hash IS NOT NULL;

-- name: list_transfers
-- What moved in some blocks and nodes tell of, in chain order.
SELECT coin, block_height, block_hash, hash, CASE WHEN native THEN -1 ELSE position END, sender, recipient, units
FROM sandbox_chain_transaction
WHERE chain_id = %(chain_id)s AND block_height BETWEEN %(first)s AND %(last)s AND state = 'succeeded'
    AND NOT (native AND by_contract)
ORDER BY block_height, position;

-- name: get_balance
-- What an address holds of a coin at a height; fees are paid in the chain's own coin.
SELECT
    coalesce(sum(units) FILTER (WHERE recipient = %(address)s AND coin = %(coin)s AND state = 'succeeded'), 0)
    - coalesce(sum(units) FILTER (WHERE sender = %(address)s AND coin = %(coin)s AND state = 'succeeded'), 0)
    - coalesce(sum(fee_units) FILTER (WHERE sender = %(address)s AND %(native)s), 0)
FROM sandbox_chain_transaction
WHERE chain_id = %(chain_id)s AND (recipient = %(address)s OR sender = %(address)s)
    AND block_height <= coalesce(%(height)s::bigint, block_height);

-- name: spoil
-- A transaction that stands in a block had no effect.
UPDATE sandbox_chain_transaction SET state = 'failed'
WHERE chain_id = %(chain_id)s AND hash = %(hash)s AND state = 'succeeded';
