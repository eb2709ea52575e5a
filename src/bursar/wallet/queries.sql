-- name: list_pools
-- Every coin on every chain that was set, or one of them, with the settings that hold at an instant.
SELECT pool.coin, pool.chain_id,
    coalesce((
        SELECT value FROM wallet_pool_change AS change
        WHERE change.chain_id = pool.chain_id AND change.coin = pool.coin AND setting = 'withdrawable'
            AND holds_from <= %(now)s
        ORDER BY holds_from DESC, revision DESC LIMIT 1
    ), to_jsonb(withdrawable)) AS withdrawable,
    coalesce((
        SELECT value FROM wallet_pool_change AS change
        WHERE change.chain_id = pool.chain_id AND change.coin = pool.coin AND setting = 'config'
            AND holds_from <= %(now)s
        ORDER BY holds_from DESC, revision DESC LIMIT 1
    ), config) AS config,
    coalesce((
        SELECT value FROM wallet_pool_change AS change
        WHERE change.chain_id = pool.chain_id AND change.coin = pool.coin AND setting = 'blocked_senders'
            AND holds_from <= %(now)s
        ORDER BY holds_from DESC, revision DESC LIMIT 1
    ), to_jsonb(blocked_senders)) AS blocked_senders,
    addresses_left
FROM wallet_pool AS pool
WHERE %(coin)s::text IS NULL OR (pool.chain_id = %(chain_id)s AND pool.coin = %(coin)s)
ORDER BY pool.chain_id, pool.coin;

-- name: get_file_settings
-- The settings of a pool that the file of chains had last.
SELECT from_file FROM wallet_pool WHERE chain_id = %(chain_id)s AND coin = %(coin)s;

-- name: set_file_settings
-- The settings of a pool that the file of chains has.
UPDATE wallet_pool SET from_file = %(from_file)s WHERE chain_id = %(chain_id)s AND coin = %(coin)s;

-- name: add_pool_change
-- The value of a setting of a pool from an instant on.
INSERT INTO wallet_pool_change (chain_id, coin, setting, holds_from, revision, value, made_at, made_by)
VALUES (%(chain_id)s, %(coin)s, %(setting)s, %(holds_from)s, %(revision)s, %(value)s, %(made_at)s, %(made_by)s);

-- name: list_pool_changes
-- The changes of a pool, the last decided first, each with its settings.
SELECT revision, min(holds_from) AS holds_from, jsonb_object_agg(setting, value) AS settings,
    min(made_at) AS made_at, min(made_by) AS made_by
FROM wallet_pool_change
WHERE chain_id = %(chain_id)s AND coin = %(coin)s AND (%(before)s::bigint IS NULL OR revision < %(before)s)
GROUP BY revision
ORDER BY revision DESC
LIMIT %(limit)s;

-- name: count_pool_changes_ahead
-- How many changes of a pool lie ahead.
SELECT count(DISTINCT revision) FROM wallet_pool_change
WHERE chain_id = %(chain_id)s AND coin = %(coin)s AND holds_from > %(now)s;

-- name: get_pools_revision
-- The revision of all pools.
SELECT revision FROM wallet_pools WHERE id = 0;

-- name: lock_pools
-- Holds the pools; their state is their revision.
SELECT id, revision::text FROM wallet_pools WHERE id = ANY(%(ids)s::bigint[]) FOR NO KEY UPDATE;

-- name: revise_pools :set
-- Another revision of the pools.
UPDATE wallet_pools AS pools SET revision = revised.status::bigint
FROM unnest(%(ids)s::bigint[], %(statuses)s::text[]) AS revised (id, status)
WHERE pools.id = revised.id;

-- name: add_pool
-- A coin on a chain, unless it was set before.
INSERT INTO wallet_pool (coin, chain_id, withdrawable, config, blocked_senders, addresses_left)
VALUES (%(coin)s, %(chain_id)s, %(withdrawable)s, %(config)s, %(blocked_senders)s, %(addresses_left)s)
ON CONFLICT (chain_id, coin) DO NOTHING;

-- name: set_pool
-- The settings of a coin on a chain that hold at present; the number of addresses left stays.
UPDATE wallet_pool
SET withdrawable = %(withdrawable)s, config = %(config)s, blocked_senders = %(blocked_senders)s
WHERE chain_id = %(chain_id)s AND coin = %(coin)s;

-- name: set_addresses_left
-- The number of addresses that may be given out from now on; null: as many as are prepared.
UPDATE wallet_pool SET addresses_left = %(addresses_left)s WHERE chain_id = %(chain_id)s AND coin = %(coin)s;

-- name: add_addresses :set
-- Addresses that can be given out.
INSERT INTO wallet_address (id, chain_id, number, address, status)
SELECT id, chain_id, number, address, 'free'
FROM unnest(%(id)s::bigint[], %(chain_id)s::text[], %(number)s::bigint[], %(address)s::text[])
    AS made (id, chain_id, number, address)
ON CONFLICT (chain_id, number) DO NOTHING; -- somebody else has made them, out of the same key

-- name: find_number_wanted
-- The first child of a chain's key that has no address yet, in the present epoch (2^31 numbers to each), if fewer
-- addresses than `ready` are free. Both are read at one moment, so that two that prepare at once prepare the same.
SELECT greatest(
    (SELECT coalesce(max(number) + 1, 0) FROM wallet_address WHERE chain_id = %(chain_id)s),
    (SELECT epoch::bigint * 2147483648 FROM install)
)
WHERE (SELECT count(*) FROM wallet_address WHERE chain_id = %(chain_id)s AND status = 'free') < %(ready)s;

-- name: retire_free_addresses
-- Addresses that a restored backup has as free may have been given out since, so none of them is given out again.
WITH retired AS (
    UPDATE wallet_address SET status = 'spoilt' WHERE status = 'free' RETURNING chain_id
)
INSERT INTO job (id, merchant_id, kind, payload, due_at) -- others are prepared in their place
SELECT
    (install.epoch::bigint * 16777216 + nextval('id_block')) * 1048576, 0, 'wallet.prepare_addresses',
    jsonb_build_object('chain_id', chain.chain_id), 'epoch'::timestamptz
FROM install, (SELECT DISTINCT chain_id FROM retired) AS chain;

-- name: count_free
-- How many addresses of a chain can be given out.
SELECT count(*) FROM wallet_address WHERE chain_id = %(chain_id)s AND status = 'free';

-- name: list_free
-- The first addresses of a chain that can be given out.
SELECT id, chain_id, number, address, status, merchant_id, taken_at
FROM wallet_address
WHERE chain_id = %(chain_id)s AND status = 'free'
ORDER BY number
LIMIT %(limit)s;

-- name: lock_addresses
-- Holds addresses with their status; whoever's they are.
SELECT id, status
FROM wallet_address
WHERE id = ANY(%(ids)s::bigint[]) AND (merchant_id IS NULL OR merchant_id = %(merchant_id)s)
ORDER BY id
FOR NO KEY UPDATE;

-- name: move_addresses :set
-- Addresses are given out to a merchant, or found spoilt.
UPDATE wallet_address AS known
SET status = moved.status, application_id = moved.application_id, taken_at = moved.taken_at,
    merchant_id = CASE WHEN moved.status = 'taken' THEN %(merchant_id)s::bigint END
FROM unnest(%(ids)s::bigint[], %(statuses)s::text[], %(application_id)s::bigint[], %(taken_at)s::timestamptz[])
    AS moved (id, status, application_id, taken_at)
WHERE known.id = moved.id;

-- name: open_address_count
-- A merchant that has no addresses yet.
INSERT INTO wallet_address_count (merchant_id, used, allowed) VALUES (%(merchant_id)s, 0, 0)
ON CONFLICT (merchant_id) DO NOTHING;

-- name: count_addresses
-- A merchant has more addresses; refused beyond its quota.
UPDATE wallet_address_count SET used = used + %(count)s, allowed = %(allowed)s WHERE merchant_id = %(merchant_id)s;

-- name: list_lost
-- The numbers of addresses of a chain that may have been given out after the moment that a restored database is of: those
-- that it had as free, and so many behind the last that it knows, in each epoch before the present one.
SELECT number
FROM wallet_address, install
WHERE chain_id = %(chain_id)s AND status = 'spoilt' AND number < install.epoch::bigint * 2147483648
UNION
SELECT begun.first + step.number
FROM install
CROSS JOIN LATERAL generate_series(
    coalesce((
        SELECT max(number) / 2147483648 FROM wallet_address
        WHERE chain_id = %(chain_id)s AND number < install.epoch::bigint * 2147483648
    ), 0),
    install.epoch::bigint - 1
) AS lost (epoch)
CROSS JOIN LATERAL (
    SELECT coalesce(max(number) + 1, lost.epoch * 2147483648) AS first
    FROM wallet_address
    WHERE chain_id = %(chain_id)s
        AND number >= lost.epoch * 2147483648 AND number < (lost.epoch + 1) * 2147483648
) AS begun
CROSS JOIN generate_series(0, %(probed)s::bigint - 1) AS step (number);

-- name: find_address
-- The address of a number, whoever's it is.
SELECT id, chain_id, number, address, status, merchant_id, taken_at
FROM wallet_address
WHERE chain_id = %(chain_id)s AND number = %(number)s;

-- name: add_given_address
-- An address that a merchant was given, as somebody has found out after a restore; refused where the number has a row.
INSERT INTO wallet_address (id, chain_id, number, address, status, merchant_id, application_id, taken_at)
VALUES (
    %(id)s, %(chain_id)s, %(number)s, %(address)s, 'taken', %(merchant_id)s, %(application_id)s, %(taken_at)s
);

-- name: count_given_address
-- The merchant has one address more, beyond its quota if need be: it was given long ago.
UPDATE wallet_address_count SET used = used + 1, allowed = greatest(allowed, used + 1)
WHERE merchant_id = %(merchant_id)s;

-- name: use_up_addresses
-- So many fewer may be given out for a coin on a chain, where that is limited; refused below none.
UPDATE wallet_pool SET addresses_left = addresses_left - %(count)s
WHERE chain_id = %(chain_id)s AND coin = %(coin)s AND addresses_left IS NOT NULL;

-- name: list_application
-- The addresses of one application.
SELECT id, chain_id, number, address, status, merchant_id, taken_at
FROM wallet_address
WHERE merchant_id = %(merchant_id)s AND application_id = %(application_id)s
ORDER BY number;

-- name: list_addresses
-- A merchant's addresses, newest first.
SELECT id, chain_id, number, address, status, merchant_id, taken_at
FROM wallet_address
WHERE merchant_id = %(merchant_id)s
    AND (%(chain_id)s::text IS NULL OR chain_id = %(chain_id)s)
    AND (%(address)s::text IS NULL OR address = %(address)s)
ORDER BY taken_at DESC, id DESC
LIMIT %(limit)s OFFSET %(offset)s;

-- name: get_address_count
-- How many addresses a merchant has.
SELECT used FROM wallet_address_count WHERE merchant_id = %(merchant_id)s;

-- name: tally_addresses_on
-- How many addresses a merchant has on a chain: what was counted, and those that were not.
SELECT (
    SELECT coalesce(sum(rows), 0)::bigint FROM list_count
    WHERE merchant_id = %(merchant_id)s AND list = 'address' AND via = %(chain_id)s
) + (
    SELECT count(*) FROM wallet_address
    WHERE merchant_id = %(merchant_id)s AND coalesce(counted <> status, true) AND chain_id = %(chain_id)s
);

-- name: count_addresses_of
-- Whether an address is a merchant's, on one chain or on any.
SELECT count(*)
FROM wallet_address
WHERE merchant_id = %(merchant_id)s
    AND (%(chain_id)s::text IS NULL OR chain_id = %(chain_id)s)
    AND address = %(address)s;

-- name: find_owners
-- Whose some addresses of a chain are; those that are nobody's are left out.
SELECT address, merchant_id
FROM wallet_address
WHERE chain_id = %(chain_id)s AND address = ANY(%(addresses)s::text[]) AND merchant_id IS NOT NULL;

-- name: find_number
-- Which child of the chain's extended key an address is.
SELECT number FROM wallet_address WHERE chain_id = %(chain_id)s AND address = %(address)s;

-- name: list_taken
-- All addresses of a chain that were given out.
SELECT address FROM wallet_address WHERE chain_id = %(chain_id)s AND status = 'taken' ORDER BY number;

-- name: sum_deposits
-- What arrived on a chain, of all merchants: what is not final yet, in minor units; and what is booked, in minor units and
-- as the chain counts.
SELECT
    coalesce(sum(amount) FILTER (WHERE status = 'confirming'), 0)::numeric AS confirming,
    coalesce(sum(amount) FILTER (WHERE status IN ('credited', 'too_small', 'held', 'returning')), 0)::numeric AS booked,
    coalesce(sum(units) FILTER (WHERE status IN ('credited', 'too_small', 'held', 'returning')), 0)::numeric
        AS booked_units
FROM wallet_deposit
WHERE chain_id = %(chain_id)s AND coin = %(coin)s;

-- name: get_scan
-- How far a chain was read.
SELECT height, head_height, version FROM wallet_scan WHERE chain_id = %(chain_id)s;

-- name: begin_scan
-- A chain is read from a height on, unless it is read already.
INSERT INTO wallet_scan (chain_id, height, head_height) VALUES (%(chain_id)s, %(height)s, %(head_height)s)
ON CONFLICT (chain_id) DO NOTHING;

-- name: move_scan
-- A chain was read so far, or is read again from a height on, unless somebody moved first. Blocks that are no longer
-- compared are forgotten.
WITH moved AS (
    UPDATE wallet_scan
    SET height = %(height)s, head_height = %(head_height)s, version = version + 1
    WHERE chain_id = %(chain_id)s AND version = %(version)s
    RETURNING chain_id
),
forgotten AS (
    DELETE FROM wallet_scan_block AS block USING moved
    WHERE block.chain_id = moved.chain_id
        AND (block.height < %(keep_from)s OR block.height > %(keep_to)s)
),
read AS (
    INSERT INTO wallet_scan_block (chain_id, height, hash)
    SELECT moved.chain_id, block.height, block.hash
    FROM moved, unnest(%(heights)s::bigint[], %(hashes)s::text[]) AS block (height, hash)
    ON CONFLICT (chain_id, height) DO NOTHING
)
SELECT count(*) FROM moved;

-- name: list_blocks
-- The newest blocks that were read, newest first.
SELECT height, hash FROM wallet_scan_block WHERE chain_id = %(chain_id)s ORDER BY height DESC;

-- name: add_deposits :set
-- Coins that arrived; what was seen before is left as it stands.
INSERT INTO wallet_deposit (
    merchant_id, id, coin, chain_id, sender, recipient, tx_hash, log_index, block_height, block_hash, units, amount,
    status, version, created_at, updated_at
)
SELECT %(merchant_id)s, seen.*
FROM unnest(
    %(id)s::bigint[], %(coin)s::text[], %(chain_id)s::text[], %(sender)s::text[], %(recipient)s::text[],
    %(tx_hash)s::text[], %(log_index)s::bigint[], %(block_height)s::bigint[], %(block_hash)s::text[],
    %(units)s::numeric[], %(amount)s::numeric[], %(status)s::text[], %(version)s::integer[], %(created_at)s::timestamptz[],
    %(updated_at)s::timestamptz[]
) AS seen;

-- name: lock_deposits
-- Holds deposits with their status.
SELECT id, status
FROM wallet_deposit
WHERE merchant_id = %(merchant_id)s AND id = ANY(%(ids)s::bigint[])
ORDER BY id
FOR NO KEY UPDATE;

-- name: move_deposits :set
-- Deposits go on.
UPDATE wallet_deposit
SET status = moved.status, reason = moved.reason, refund_hash = moved.refund_hash, updated_at = moved.updated_at,
    version = version + 1
FROM unnest(
    %(ids)s::bigint[], %(statuses)s::text[], %(reason)s::text[], %(refund_hash)s::text[], %(updated_at)s::timestamptz[]
) AS moved (id, status, reason, refund_hash, updated_at)
WHERE wallet_deposit.merchant_id = %(merchant_id)s AND wallet_deposit.id = moved.id;

-- name: list_deposits
-- A merchant's deposits in some statuses, newest first; each status has its own place in the index.
WITH newest AS (
    SELECT found.id, found.created_at
    FROM unnest(%(statuses)s::text[]) AS wanted (status)
    CROSS JOIN LATERAL (
        SELECT id, created_at FROM wallet_deposit
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
    deposit.merchant_id, deposit.id, deposit.coin, deposit.chain_id, deposit.sender, deposit.recipient,
    deposit.tx_hash, deposit.log_index, deposit.block_height, deposit.block_hash, deposit.units, deposit.amount,
    deposit.status, deposit.reason, deposit.refund_hash, deposit.version, deposit.created_at, deposit.updated_at,
    coalesce(scan.head_height, 0) AS head_height
FROM newest
JOIN wallet_deposit AS deposit ON deposit.merchant_id = %(merchant_id)s AND deposit.id = newest.id
LEFT JOIN wallet_scan AS scan ON scan.chain_id = deposit.chain_id
ORDER BY deposit.created_at DESC, deposit.id DESC;

-- name: tally_deposits
-- How many deposits there are in some statuses: what was counted of whole days, corrected by those that were not counted
-- as they are, and what either end of the span holds.
SELECT (
    SELECT coalesce(sum(rows), 0)::bigint FROM list_count
    WHERE merchant_id = %(merchant_id)s AND list = 'deposit' AND status = ANY(%(statuses)s::text[])
        AND (%(coin)s::text IS NULL OR kind = %(coin)s) AND (%(chain_id)s::text IS NULL OR via = %(chain_id)s)
        AND day >= (%(whole_from)s::timestamptz AT TIME ZONE 'UTC')::date
        AND day < (%(whole_to)s::timestamptz AT TIME ZONE 'UTC')::date
) + (
    SELECT count(*) FILTER (WHERE status = ANY(%(statuses)s::text[]))
        - count(*) FILTER (WHERE counted = ANY(%(statuses)s::text[]))
    FROM wallet_deposit
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
        SELECT count(*) AS rows FROM wallet_deposit
        WHERE merchant_id = %(merchant_id)s AND status = wanted.status
            AND (%(coin)s::text IS NULL OR coin = %(coin)s) AND (%(chain_id)s::text IS NULL OR chain_id = %(chain_id)s)
            AND created_at >= part.start_at AND created_at < part.end_at
    ) AS ends
);

-- name: list_deposits_of
-- A merchant's deposits with an id, to an address, or in a transaction; newest first.
SELECT
    deposit.merchant_id, deposit.id, deposit.coin, deposit.chain_id, deposit.sender, deposit.recipient,
    deposit.tx_hash, deposit.log_index, deposit.block_height, deposit.block_hash, deposit.units, deposit.amount,
    deposit.status, deposit.reason, deposit.refund_hash, deposit.version, deposit.created_at, deposit.updated_at,
    coalesce(scan.head_height, 0) AS head_height
FROM wallet_deposit AS deposit
LEFT JOIN wallet_scan AS scan ON scan.chain_id = deposit.chain_id
WHERE deposit.merchant_id = %(merchant_id)s
    AND (%(deposit_id)s::bigint IS NULL OR deposit.id = %(deposit_id)s)
    AND (%(coin)s::text IS NULL OR coin = %(coin)s)
    AND (%(chain_id)s::text IS NULL OR deposit.chain_id = %(chain_id)s)
    AND status = ANY(%(statuses)s::text[])
    AND (%(recipient)s::text IS NULL OR recipient = %(recipient)s)
    AND (%(tx_hash)s::text IS NULL OR tx_hash = %(tx_hash)s)
    AND created_at >= %(start_at)s::timestamptz AND created_at < %(end_at)s::timestamptz
ORDER BY created_at DESC, deposit.id DESC
LIMIT %(limit)s OFFSET %(offset)s;

-- name: count_deposits_of
-- How many deposits have an id, came to an address, or in a transaction.
SELECT count(*)
FROM wallet_deposit AS deposit
WHERE deposit.merchant_id = %(merchant_id)s
    AND (%(deposit_id)s::bigint IS NULL OR deposit.id = %(deposit_id)s)
    AND (%(coin)s::text IS NULL OR coin = %(coin)s)
    AND (%(chain_id)s::text IS NULL OR deposit.chain_id = %(chain_id)s)
    AND status = ANY(%(statuses)s::text[])
    AND (%(recipient)s::text IS NULL OR recipient = %(recipient)s)
    AND (%(tx_hash)s::text IS NULL OR tx_hash = %(tx_hash)s)
    AND created_at >= %(start_at)s::timestamptz AND created_at < %(end_at)s::timestamptz;

-- name: list_known
-- What was recorded in some blocks, of all merchants, in any version of the chain.
SELECT merchant_id, block_hash, tx_hash, log_index, id, status
FROM wallet_deposit AS deposit
WHERE deposit.chain_id = %(chain_id)s AND deposit.block_height BETWEEN %(first)s AND %(last)s;

-- name: list_confirming
-- Deposits of all merchants that wait in blocks up to a height, the oldest first.
SELECT
    merchant_id, id, coin, chain_id, sender, recipient, tx_hash, log_index, block_height, block_hash, units, amount,
    status, reason, refund_hash, version, created_at, updated_at
FROM wallet_deposit
WHERE chain_id = %(chain_id)s AND status = 'confirming' AND block_height <= %(height)s
ORDER BY block_height, id
LIMIT %(limit)s;

-- name: list_above
-- Deposits of all merchants in blocks above a height that the chain may no longer have.
SELECT
    merchant_id, id, coin, chain_id, sender, recipient, tx_hash, log_index, block_height, block_hash, units, amount,
    status, reason, refund_hash, version, created_at, updated_at
FROM wallet_deposit
WHERE chain_id = %(chain_id)s AND block_height > %(height)s AND status NOT IN ('orphaned', 'taken_back')
ORDER BY block_height, id;

-- name: add_alarm
-- Something that should never happen.
INSERT INTO wallet_alarm (merchant_id, id, kind, subject, detail, at)
VALUES (%(merchant_id)s, %(id)s, %(kind)s, %(subject)s, %(detail)s, %(at)s);

-- name: list_alarms
-- What somebody has to look at, of all merchants, newest first.
SELECT merchant_id, id, kind, subject, detail, at FROM wallet_alarm ORDER BY at DESC, id DESC LIMIT %(limit)s;

-- name: list_open_alarms
-- Alarms of all merchants that nobody has settled, the longest waiting first, behind one of them.
SELECT merchant_id, id, kind, subject, detail, at
FROM wallet_alarm
WHERE settled_at IS NULL AND (at, id) > (%(after_at)s, %(after_id)s)
ORDER BY at, id
LIMIT %(limit)s;

-- name: find_open_alarm
-- An alarm that nobody has settled.
SELECT merchant_id, id, kind, subject, detail, at
FROM wallet_alarm
WHERE merchant_id = %(merchant_id)s AND id = %(id)s AND settled_at IS NULL;

-- name: lock_alarms
-- Holds alarms, and whether somebody has settled them.
SELECT id, CASE WHEN settled_at IS NULL THEN 'open' ELSE 'settled' END AS status
FROM wallet_alarm
WHERE merchant_id = %(merchant_id)s AND id = ANY(%(ids)s::bigint[])
ORDER BY id
FOR NO KEY UPDATE;

-- name: settle_alarms :set
-- Somebody has looked into alarms.
UPDATE wallet_alarm
SET settled_at = moved.settled_at, settled_by = moved.settled_by, settled_reason = moved.reason
FROM unnest(
    %(ids)s::bigint[], %(statuses)s::text[], %(settled_at)s::timestamptz[], %(settled_by)s::text[], %(reasons)s::text[]
) AS moved (id, status, settled_at, settled_by, reason)
WHERE wallet_alarm.merchant_id = %(merchant_id)s AND wallet_alarm.id = moved.id;

-- name: list_held_deposits
-- Deposits of all merchants that the risk control has stopped, the longest waiting first, behind one of them.
SELECT
    merchant_id, id, coin, chain_id, sender, recipient, tx_hash, log_index, block_height, block_hash, units, amount,
    status, reason, refund_hash, version, created_at, updated_at
FROM wallet_deposit
WHERE status = 'held' AND (updated_at, id) > (%(after_at)s, %(after_id)s)
ORDER BY updated_at, id
LIMIT %(limit)s;

-- name: is_deposit_open
-- Whether a deposit of a merchant waits for its chain, or for somebody's decision.
SELECT EXISTS (
    SELECT FROM wallet_deposit
    WHERE merchant_id = %(merchant_id)s AND status IN ('confirming', 'held', 'returning')
);

-- name: find_screened
-- One deposit, as screening compares it.
SELECT merchant_id, id, '{}'::text[] AS names, '{}'::text[] AS organisations, sender AS address
FROM wallet_deposit
WHERE merchant_id = %(merchant_id)s AND id = %(id)s;

-- name: list_screened
-- All deposits in order, as screening compares them.
SELECT merchant_id, id, '{}'::text[] AS names, '{}'::text[] AS organisations, sender AS address
FROM wallet_deposit
WHERE (merchant_id, id) > (%(after_merchant)s::bigint, %(after_id)s::bigint)
ORDER BY merchant_id, id
LIMIT %(limit)s;
