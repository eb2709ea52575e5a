-- name: get_payout
-- An order by our number, or by the merchant's own.
SELECT
    merchant_id, id, payee_uid, payee_id, payee_version, kind, method, status, reason, currency, amount, fee,
    real_amount, fee_id, funds_currency, set_aside, rate, batch_id, created_at, updated_at, ended_at
FROM payout
WHERE merchant_id = %(merchant_id)s
    AND (id = %(id)s::bigint OR (%(id)s::bigint IS NULL AND payee_uid = %(payee_uid)s::text));

-- name: find_owners
-- The merchants of some orders, whoever's they are; reads all orders, after a restore alone.
SELECT id, merchant_id FROM payout WHERE id = ANY(%(ids)s::bigint[]);

-- name: list_payouts
-- Orders in some statuses, newest first; each status has its own place in the index.
WITH newest AS (
    SELECT found.id, found.created_at
    FROM unnest(%(statuses)s::text[]) AS wanted (status)
    CROSS JOIN LATERAL (
        SELECT id, created_at FROM payout
        WHERE merchant_id = %(merchant_id)s AND status = wanted.status
            AND created_at >= %(start_at)s::timestamptz AND created_at < %(end_at)s::timestamptz
        ORDER BY created_at DESC, id DESC
        LIMIT %(limit)s::bigint + %(offset)s::bigint
    ) AS found
    ORDER BY found.created_at DESC, found.id DESC
    LIMIT %(limit)s OFFSET %(offset)s
)
SELECT
    payout.merchant_id, payout.id, payout.payee_uid, payout.payee_id, payout.payee_version, payout.kind,
    payout.method, payout.status, payout.reason, payout.currency, payout.amount, payout.fee, payout.real_amount,
    payout.fee_id, payout.funds_currency, payout.set_aside, payout.rate, payout.batch_id, payout.created_at,
    payout.updated_at, payout.ended_at
FROM newest
JOIN payout ON payout.merchant_id = %(merchant_id)s AND payout.id = newest.id
ORDER BY payout.created_at DESC, payout.id DESC;

-- name: tally_payouts
-- How many orders there are in some statuses: what was counted of whole days, corrected by those that were not counted
-- as they are, and what either end of the span holds.
SELECT (
    SELECT coalesce(sum(rows), 0)::bigint FROM list_count
    WHERE merchant_id = %(merchant_id)s AND list = 'payout' AND status = ANY(%(statuses)s::text[])
        AND day >= (%(whole_from)s::timestamptz AT TIME ZONE 'UTC')::date
        AND day < (%(whole_to)s::timestamptz AT TIME ZONE 'UTC')::date
) + (
    SELECT count(*) FILTER (WHERE status = ANY(%(statuses)s::text[]))
        - count(*) FILTER (WHERE counted = ANY(%(statuses)s::text[]))
    FROM payout
    WHERE merchant_id = %(merchant_id)s AND coalesce(counted <> status, true)
        AND created_at >= %(whole_from)s::timestamptz AND created_at < %(whole_to)s::timestamptz
) + (
    SELECT coalesce(sum(ends.rows), 0)::bigint
    FROM unnest(%(statuses)s::text[]) AS wanted (status)
    CROSS JOIN (VALUES
        (%(start_at)s::timestamptz, %(head_to)s::timestamptz), (%(tail_from)s::timestamptz, %(end_at)s::timestamptz)
    ) AS part (start_at, end_at)
    CROSS JOIN LATERAL (
        SELECT count(*) AS rows FROM payout
        WHERE merchant_id = %(merchant_id)s AND status = wanted.status
            AND created_at >= part.start_at AND created_at < part.end_at
    ) AS ends
);

-- name: list_payouts_of
-- Orders with some numbers, for some payee, or in some batch; newest first.
SELECT
    merchant_id, id, payee_uid, payee_id, payee_version, kind, method, status, reason, currency, amount, fee,
    real_amount, fee_id, funds_currency, set_aside, rate, batch_id, created_at, updated_at, ended_at
FROM payout
WHERE merchant_id = %(merchant_id)s
    AND (%(ids)s::bigint[] IS NULL OR id = ANY(%(ids)s::bigint[]))
    AND (%(payee_uids)s::text[] IS NULL OR payee_uid = ANY(%(payee_uids)s::text[]))
    AND (%(payee_ids)s::bigint[] IS NULL OR payee_id = ANY(%(payee_ids)s::bigint[]))
    AND status = ANY(%(statuses)s::text[])
    AND (%(currency)s::text IS NULL OR currency = %(currency)s)
    AND (%(method)s::text IS NULL OR method = %(method)s)
    AND (%(batch_id)s::text IS NULL OR batch_id = %(batch_id)s)
    AND created_at >= %(start_at)s::timestamptz AND created_at < %(end_at)s::timestamptz
ORDER BY created_at DESC, id DESC
LIMIT %(limit)s OFFSET %(offset)s;

-- name: count_payouts_of
-- How many orders have some numbers, are for some payee, or in some batch.
SELECT count(*)
FROM payout
WHERE merchant_id = %(merchant_id)s
    AND (%(ids)s::bigint[] IS NULL OR id = ANY(%(ids)s::bigint[]))
    AND (%(payee_uids)s::text[] IS NULL OR payee_uid = ANY(%(payee_uids)s::text[]))
    AND (%(payee_ids)s::bigint[] IS NULL OR payee_id = ANY(%(payee_ids)s::bigint[]))
    AND status = ANY(%(statuses)s::text[])
    AND (%(currency)s::text IS NULL OR currency = %(currency)s)
    AND (%(method)s::text IS NULL OR method = %(method)s)
    AND (%(batch_id)s::text IS NULL OR batch_id = %(batch_id)s)
    AND created_at >= %(start_at)s::timestamptz AND created_at < %(end_at)s::timestamptz;

-- name: list_day
-- Orders that ended in a span of time, or were made in it and had not ended by its end; by number.
SELECT
    merchant_id, id, payee_uid, payee_id, payee_version, kind, method, status, reason, currency, amount, fee,
    real_amount, fee_id, funds_currency, set_aside, rate, batch_id, created_at, updated_at, ended_at
FROM payout
WHERE merchant_id = %(merchant_id)s
    AND (
        (ended_at >= %(start_at)s AND ended_at < %(end_at)s)
        OR (created_at >= %(start_at)s AND created_at < %(end_at)s AND (ended_at IS NULL OR ended_at >= %(end_at)s))
    )
ORDER BY id;

-- name: list_busy_days
-- The beginnings of days on which orders were made or ended; two looks into an index for each day.
SELECT day.start_at
FROM generate_series(%(first_at)s::timestamptz, %(last_at)s::timestamptz, interval '24 hours') AS day (start_at)
WHERE EXISTS (
    SELECT FROM payout
    WHERE merchant_id = %(merchant_id)s
        AND created_at >= day.start_at AND created_at < day.start_at + interval '24 hours'
) OR EXISTS (
    SELECT FROM payout
    WHERE merchant_id = %(merchant_id)s
        AND ended_at >= day.start_at AND ended_at < day.start_at + interval '24 hours'
)
ORDER BY day.start_at;

-- name: find_payee_uids
-- Which of these numbers name an order already.
SELECT payee_uid FROM payout WHERE merchant_id = %(merchant_id)s AND payee_uid = ANY(%(payee_uids)s::text[]);

-- name: add_payouts :set
-- New orders.
INSERT INTO payout (
    merchant_id, id, payee_uid, payee_id, payee_version, kind, method, status, reason, currency, amount, fee,
    real_amount, fee_id, funds_currency, set_aside, rate, batch_id, created_at, updated_at, ended_at
)
SELECT %(merchant_id)s, *
FROM unnest(
    %(id)s::bigint[], %(payee_uid)s::text[], %(payee_id)s::bigint[], %(payee_version)s::bigint[],
    %(kind)s::text[], %(method)s::text[], %(status)s::text[], %(reason)s::text[], %(currency)s::text[],
    %(amount)s::numeric[], %(fee)s::numeric[], %(real_amount)s::numeric[], %(fee_id)s::bigint[],
    %(funds_currency)s::text[], %(set_aside)s::numeric[], %(rate)s::numeric[], %(batch_id)s::text[],
    %(created_at)s::timestamptz[], %(updated_at)s::timestamptz[], %(ended_at)s::timestamptz[]
);

-- name: lock_payouts
-- Holds orders with their status.
SELECT id, status
FROM payout
WHERE merchant_id = %(merchant_id)s AND id = ANY(%(ids)s::bigint[])
ORDER BY id
FOR NO KEY UPDATE;

-- name: move_payouts :set
-- Orders go on.
UPDATE payout
SET status = moved.status, reason = moved.reason, updated_at = moved.updated_at, ended_at = moved.ended_at
FROM unnest(
    %(ids)s::bigint[], %(statuses)s::text[], %(reason)s::text[], %(updated_at)s::timestamptz[],
    %(ended_at)s::timestamptz[]
) AS moved (id, status, reason, updated_at, ended_at)
WHERE payout.merchant_id = %(merchant_id)s AND payout.id = moved.id;

-- name: add_batch
-- The number of a batch, once.
INSERT INTO payout_batch (merchant_id, batch_id, orders, created_at)
VALUES (%(merchant_id)s, %(batch_id)s, %(orders)s, %(created_at)s);

-- name: find_batch
-- When a batch was made.
SELECT created_at FROM payout_batch WHERE merchant_id = %(merchant_id)s AND batch_id = %(batch_id)s;

-- name: sum_batch
-- How the orders of a batch stand.
SELECT status, currency, count(*) AS count, sum(amount)::numeric AS amount
FROM payout
WHERE merchant_id = %(merchant_id)s AND batch_id = %(batch_id)s
GROUP BY status, currency
ORDER BY currency, status;

-- name: part_with_payee
-- A payee goes; refused while an order to it is open. Its row is held, so none can be made meanwhile.
INSERT INTO payout_payee_gone (merchant_id, payee_id, open_orders, at)
SELECT %(merchant_id)s, %(payee_id)s, count(*), %(at)s
FROM payout
WHERE merchant_id = %(merchant_id)s
    AND payee_id = %(payee_id)s
    AND status IN ('pending', 'approved', 'processing');

-- name: add_contradiction
-- The rail has said something else than what stands.
INSERT INTO payout_contradiction (merchant_id, id, payout_id, status, said, reason, at)
VALUES (%(merchant_id)s, %(id)s, %(payout_id)s, %(status)s, %(said)s, %(reason)s, %(at)s);

-- name: list_contradictions
-- What rails have said against what stands, newest first.
SELECT id, payout_id, status, said, reason, at, count(*) OVER () AS total
FROM payout_contradiction
WHERE merchant_id = %(merchant_id)s
ORDER BY at DESC, id DESC
LIMIT %(limit)s OFFSET %(offset)s;

-- name: list_all_contradictions
-- What rails have said against what stands, of all merchants, newest first; for the operator.
SELECT merchant_id, id, payout_id, status, said, reason, at
FROM payout_contradiction
ORDER BY at DESC, id DESC
LIMIT %(limit)s OFFSET %(offset)s;

-- name: list_waiting
-- Orders of all merchants that wait for review, the longest waiting first, behind one of them.
SELECT
    merchant_id, id, payee_uid, payee_id, payee_version, kind, method, status, reason, currency, amount, fee,
    real_amount, fee_id, funds_currency, set_aside, rate, batch_id, created_at, updated_at, ended_at
FROM payout
WHERE status = 'pending' AND (created_at, id) > (%(after_at)s, %(after_id)s)
ORDER BY created_at, id
LIMIT %(limit)s;

-- name: list_open_contradictions
-- Contradictions of all merchants that nobody has settled, the longest waiting first, behind one of them.
SELECT merchant_id, id, payout_id, status, said, reason, at
FROM payout_contradiction
WHERE settled_at IS NULL AND (at, id) > (%(after_at)s, %(after_id)s)
ORDER BY at, id
LIMIT %(limit)s;

-- name: find_open_contradiction
-- A contradiction that nobody has settled.
SELECT merchant_id, id, payout_id, status, said, reason, at
FROM payout_contradiction
WHERE merchant_id = %(merchant_id)s AND id = %(id)s AND settled_at IS NULL;

-- name: lock_contradictions
-- Holds contradictions, and whether somebody has settled them.
SELECT id, CASE WHEN settled_at IS NULL THEN 'open' ELSE 'settled' END AS status
FROM payout_contradiction
WHERE merchant_id = %(merchant_id)s AND id = ANY(%(ids)s::bigint[])
ORDER BY id
FOR NO KEY UPDATE;

-- name: settle_contradictions :set
-- Somebody has looked into contradictions.
UPDATE payout_contradiction
SET settled_at = moved.settled_at, settled_by = moved.settled_by, settled_reason = moved.reason
FROM unnest(
    %(ids)s::bigint[], %(statuses)s::text[], %(settled_at)s::timestamptz[], %(settled_by)s::text[], %(reasons)s::text[]
) AS moved (id, status, settled_at, settled_by, reason)
WHERE payout_contradiction.merchant_id = %(merchant_id)s AND payout_contradiction.id = moved.id;

-- name: is_open
-- Whether a merchant has an order that has not ended.
SELECT EXISTS (
    SELECT FROM payout
    WHERE merchant_id = %(merchant_id)s AND status NOT IN ('transferred', 'failed', 'cancelled')
);
