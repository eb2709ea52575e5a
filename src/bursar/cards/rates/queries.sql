-- name: get_rate
-- One card rate, without its rows.
SELECT id, name, created_at, revision FROM card_rate WHERE merchant_id = %(merchant_id)s AND id = %(id)s;

-- name: name_is_taken
-- Whether another card rate has this name.
SELECT EXISTS (
    SELECT FROM card_rate
    WHERE merchant_id = %(merchant_id)s AND name = %(name)s AND (%(but)s::bigint IS NULL OR id <> %(but)s)
);

-- name: list_rates
-- One page of card rates, oldest first, without their rows. A name finds all that contain it.
SELECT id, name, created_at, revision
FROM card_rate
WHERE merchant_id = %(merchant_id)s
    AND (%(name)s::text IS NULL OR position(lower(%(name)s) IN lower(name)) > 0)
    AND (%(ids)s::bigint[] IS NULL OR id = ANY(%(ids)s))
ORDER BY created_at, id
LIMIT %(limit)s OFFSET %(offset)s;

-- name: count_rates
-- How many card rates there are on all pages.
SELECT count(*)
FROM card_rate
WHERE merchant_id = %(merchant_id)s
    AND (%(name)s::text IS NULL OR position(lower(%(name)s) IN lower(name)) > 0)
    AND (%(ids)s::bigint[] IS NULL OR id = ANY(%(ids)s));

-- name: list_details
-- The rows of some card rates that hold at an instant, in the order of the catalogue.
SELECT
    rate.id AS rate_id, product.id AS product_id, held.asset, held.open_fee, held.monthly_fee, held.recharge_rate,
    held.recharge_fee_min, held.recharge_min, held.recharge_max
FROM unnest(%(rate_ids)s::bigint[]) AS rate (id)
CROSS JOIN card_product AS product
CROSS JOIN LATERAL (
    (
        SELECT asset, open_fee, monthly_fee, recharge_rate, recharge_fee_min, recharge_min, recharge_max, 1 AS rank
        FROM card_rate_change AS change
        WHERE change.merchant_id = %(merchant_id)s AND change.rate_id = rate.id AND change.product_id = product.id
            AND change.holds_from <= %(now)s
        ORDER BY holds_from DESC, revision DESC
        LIMIT 1
    )
    UNION ALL
    SELECT asset, open_fee, monthly_fee, recharge_rate, recharge_fee_min, recharge_min, recharge_max, 0
    FROM card_rate_detail AS detail
    WHERE detail.merchant_id = %(merchant_id)s AND detail.rate_id = rate.id AND detail.product_id = product.id
    ORDER BY rank DESC
    LIMIT 1
) AS held
WHERE %(product_id)s::text IS NULL OR product.id = %(product_id)s
ORDER BY rate.id, product.position, product.id;

-- name: list_ahead
-- The rows of a product in a card rate that hold later, in the order of their instants.
SELECT
    rate_id, product_id, asset, open_fee, monthly_fee, recharge_rate, recharge_fee_min, recharge_min, recharge_max,
    holds_from
FROM card_rate_change
WHERE merchant_id = %(merchant_id)s AND rate_id = %(rate_id)s AND product_id = %(product_id)s
    AND holds_from > %(now)s
ORDER BY holds_from, revision;

-- name: list_changes
-- The rows of a card rate that hold later, hold now and held before, the last decided first.
SELECT
    rate_id, product_id, asset, open_fee, monthly_fee, recharge_rate, recharge_fee_min, recharge_min, recharge_max,
    holds_from, revision, made_at, made_by
FROM card_rate_change
WHERE merchant_id = %(merchant_id)s AND rate_id = %(rate_id)s
    AND (%(before)s::bigint IS NULL OR (revision, product_id) < (%(before)s, %(product_id)s::text))
ORDER BY revision DESC, product_id DESC
LIMIT %(limit)s;

-- name: add_change :set
-- The row of a product from an instant on.
INSERT INTO card_rate_change
    (merchant_id, rate_id, product_id, holds_from, revision, asset, open_fee, monthly_fee, recharge_rate, recharge_fee_min,
    recharge_min, recharge_max, made_at, made_by)
SELECT %(merchant_id)s, *
FROM unnest(
    %(rate_ids)s::bigint[], %(product_ids)s::text[], %(holds_from)s::timestamptz[], %(revisions)s::bigint[],
    %(assets)s::text[], %(open_fees)s::numeric[], %(monthly_fees)s::numeric[], %(recharge_rates)s::numeric[],
    %(recharge_fee_mins)s::numeric[], %(recharge_mins)s::numeric[], %(recharge_maxs)s::numeric[],
    %(made_at)s::timestamptz[], %(made_by)s::text[]
);

-- name: list_by_number
-- Card rates behind a number, in the order of their numbers.
SELECT id, name, created_at, revision
FROM card_rate
WHERE merchant_id = %(merchant_id)s AND id > %(after)s
ORDER BY id
LIMIT %(limit)s;

-- name: lock_revisions
-- Holds card rates; the state is how often each was changed.
SELECT id, revision::text
FROM card_rate
WHERE merchant_id = %(merchant_id)s AND id = ANY(%(ids)s::bigint[])
ORDER BY id
FOR NO KEY UPDATE;

-- name: revise_rates :set
-- Other revisions of card rates.
UPDATE card_rate SET revision = revised.status::bigint
FROM unnest(%(ids)s::bigint[], %(statuses)s::text[]) AS revised (id, status)
WHERE card_rate.merchant_id = %(merchant_id)s AND card_rate.id = revised.id;

-- name: add_rate
-- A new card rate.
INSERT INTO card_rate (merchant_id, id, name, created_at, revision)
VALUES (%(merchant_id)s, %(id)s, %(name)s, %(created_at)s, 1);

-- name: rename_rate
-- Another name.
UPDATE card_rate SET name = %(name)s WHERE merchant_id = %(merchant_id)s AND id = %(id)s;

-- name: put_details :set
-- Rows of card rates, in place of those that are there.
INSERT INTO card_rate_detail
    (merchant_id, rate_id, product_id, asset, open_fee, monthly_fee, recharge_rate, recharge_fee_min, recharge_min,
    recharge_max)
SELECT %(merchant_id)s, *
FROM unnest(
    %(rate_ids)s::bigint[], %(product_ids)s::text[], %(assets)s::text[], %(open_fees)s::numeric[],
    %(monthly_fees)s::numeric[], %(recharge_rates)s::numeric[], %(recharge_fee_mins)s::numeric[],
    %(recharge_mins)s::numeric[], %(recharge_maxs)s::numeric[]
)
ON CONFLICT (merchant_id, rate_id, product_id) DO UPDATE
SET asset = excluded.asset, open_fee = excluded.open_fee, monthly_fee = excluded.monthly_fee,
    recharge_rate = excluded.recharge_rate, recharge_fee_min = excluded.recharge_fee_min,
    recharge_min = excluded.recharge_min, recharge_max = excluded.recharge_max;

-- name: delete_rate
-- Takes a card rate away with its rows; its groups' foreign key refuses that while it has any.
DELETE FROM card_rate WHERE merchant_id = %(merchant_id)s AND id = %(id)s;

-- name: lock_rates
-- Holds card rates; all that can be said of one is that it is there.
SELECT id, 'there'
FROM card_rate
WHERE merchant_id = %(merchant_id)s AND id = ANY(%(ids)s::bigint[])
ORDER BY id
FOR NO KEY UPDATE;
