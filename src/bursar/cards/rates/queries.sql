-- name: get_rate
-- One card rate, without its rows.
SELECT id, name, created_at FROM card_rate WHERE merchant_id = %(merchant_id)s AND id = %(id)s;

-- name: name_is_taken
-- Whether another card rate has this name.
SELECT EXISTS (
    SELECT FROM card_rate
    WHERE merchant_id = %(merchant_id)s AND name = %(name)s AND (%(but)s::bigint IS NULL OR id <> %(but)s)
);

-- name: list_rates
-- One page of card rates, oldest first, without their rows. A name finds all that contain it.
SELECT id, name, created_at
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
-- The rows of some card rates, in the order of the catalogue.
SELECT
    detail.rate_id, detail.product_id, detail.asset, detail.open_fee, detail.monthly_fee, detail.recharge_rate,
    detail.recharge_fee_min, detail.recharge_min, detail.recharge_max
FROM card_rate_detail AS detail
JOIN card_product ON card_product.id = detail.product_id
WHERE detail.merchant_id = %(merchant_id)s
    AND detail.rate_id = ANY(%(rate_ids)s)
    AND (%(product_id)s::text IS NULL OR detail.product_id = %(product_id)s)
ORDER BY detail.rate_id, card_product.position, card_product.id;

-- name: add_rate
-- A new card rate.
INSERT INTO card_rate (merchant_id, id, name, created_at)
VALUES (%(merchant_id)s, %(id)s, %(name)s, %(created_at)s);

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
