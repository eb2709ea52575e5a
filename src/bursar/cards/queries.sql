-- name: get_order
-- An order by its id.
SELECT
    merchant_id, id, kind, third_order_no, customer_id, product_id, card_id, status, currency, coin, rate, amount,
    cost, fee, extension, shipping, reason, created_at, finished_at
FROM card_order
WHERE merchant_id = %(merchant_id)s AND id = %(id)s;

-- name: find_order_by_reference
-- An order by the merchant's own number.
SELECT
    merchant_id, id, kind, third_order_no, customer_id, product_id, card_id, status, currency, coin, rate, amount,
    cost, fee, extension, shipping, reason, created_at, finished_at
FROM card_order
WHERE merchant_id = %(merchant_id)s AND kind = %(kind)s AND third_order_no = %(third_order_no)s;

-- name: add_orders :set
-- New orders.
INSERT INTO card_order (
    merchant_id, id, kind, third_order_no, customer_id, product_id, card_id, status, currency, coin, rate, amount,
    cost, fee, extension, shipping, created_at
)
SELECT %(merchant_id)s, *
FROM unnest(
    %(id)s::bigint[], %(kind)s::text[], %(third_order_no)s::text[], %(customer_id)s::bigint[], %(product_id)s::text[],
    %(card_id)s::bigint[], %(status)s::text[], %(currency)s::text[], %(coin)s::text[], %(rate)s::numeric[],
    %(amount)s::numeric[], %(cost)s::numeric[], %(fee)s::numeric[], %(extension)s::jsonb[], %(shipping)s::jsonb[],
    %(created_at)s::timestamptz[]
);

-- name: lock_orders
-- Orders whose status a batch judges.
SELECT id, status FROM card_order
WHERE merchant_id = %(merchant_id)s AND id = ANY(%(ids)s::bigint[])
ORDER BY id FOR NO KEY UPDATE;

-- name: move_orders :set
-- Orders go on, with what was found out.
UPDATE card_order AS o
SET status = moved.status,
    card_id = coalesce(moved.card_id, o.card_id),
    reason = coalesce(moved.reason, o.reason),
    finished_at = coalesce(moved.finished_at, o.finished_at)
FROM unnest(
    %(ids)s::bigint[], %(statuses)s::text[], %(card_id)s::bigint[], %(reason)s::text[], %(finished_at)s::timestamptz[]
) AS moved (id, status, card_id, reason, finished_at)
WHERE o.merchant_id = %(merchant_id)s AND o.id = moved.id;

-- name: get_card
-- A card by its id, without its secrets.
SELECT
    merchant_id, id, order_id, customer_id, product_id, kind, network, currency, status, masked_number, expiry,
    created_at
FROM card
WHERE merchant_id = %(merchant_id)s AND id = %(id)s;

-- name: list_cards
-- Cards of the merchant, newest first.
SELECT
    merchant_id, id, order_id, customer_id, product_id, kind, network, currency, status, masked_number, expiry,
    created_at, count(*) OVER () AS total
FROM card
WHERE merchant_id = %(merchant_id)s
    AND (%(customer_id)s::bigint IS NULL OR customer_id = %(customer_id)s)
    AND (%(status)s::text IS NULL OR status = %(status)s)
ORDER BY created_at DESC, id DESC
LIMIT %(limit)s OFFSET %(offset)s;

-- name: get_details
-- What the issuer printed on a card, sealed.
SELECT details FROM card WHERE merchant_id = %(merchant_id)s AND id = %(id)s;

-- name: add_cards :set
-- Cards whose opening was paid.
INSERT INTO card (
    merchant_id, id, order_id, customer_id, product_id, kind, network, currency, status, created_at
)
SELECT %(merchant_id)s, *
FROM unnest(
    %(id)s::bigint[], %(order_id)s::bigint[], %(customer_id)s::bigint[], %(product_id)s::text[], %(kind)s::text[],
    %(network)s::text[], %(currency)s::text[], %(status)s::text[], %(created_at)s::timestamptz[]
);

-- name: lock_cards
-- Cards whose status a batch judges.
SELECT id, status FROM card
WHERE merchant_id = %(merchant_id)s AND id = ANY(%(ids)s::bigint[])
ORDER BY id FOR NO KEY UPDATE;

-- name: move_cards :set
-- Cards go on, with what the issuer made of them.
UPDATE card AS c
SET status = moved.status,
    masked_number = coalesce(moved.masked_number, c.masked_number),
    expiry = coalesce(moved.expiry, c.expiry),
    details = coalesce(moved.details, c.details)
FROM unnest(
    %(ids)s::bigint[], %(statuses)s::text[], %(masked_number)s::text[], %(expiry)s::text[], %(details)s::bytea[]
) AS moved (id, status, masked_number, expiry, details)
WHERE c.merchant_id = %(merchant_id)s AND c.id = moved.id;

-- name: find_holding
-- Whether the customer has this kind of card, or an order for it that is under way.
SELECT EXISTS (
    SELECT FROM card_order
    WHERE merchant_id = %(merchant_id)s AND kind = 'opening' AND customer_id = %(customer_id)s
        AND product_id = %(product_id)s AND status IN ('awaiting_payment', 'processing', 'succeeded')
);

-- name: add_holding :set
-- The customer's one card of this kind.
INSERT INTO card_holding (merchant_id, customer_id, product_id, order_id)
SELECT %(merchant_id)s, * FROM unnest(%(customer_id)s::bigint[], %(product_id)s::text[], %(order_id)s::bigint[]);

-- name: drop_holding
-- The customer may apply again.
DELETE FROM card_holding WHERE merchant_id = %(merchant_id)s AND order_id = %(order_id)s;

-- name: get_transaction
-- A card transaction by its id.
SELECT
    merchant_id, id, reference, card_id, customer_id, masked_number, kind, status, currency, amount, held, refunded,
    fee, fee_asset, merchant_name, original_amount, original_currency, third_order_no, reason, at
FROM card_transaction
WHERE merchant_id = %(merchant_id)s AND id = %(id)s;

-- name: add_transactions :set
-- New transactions.
INSERT INTO card_transaction (
    merchant_id, id, reference, card_id, customer_id, masked_number, kind, status, currency, amount, held, refunded,
    fee, fee_asset, merchant_name, original_amount, original_currency, third_order_no, reason, at
)
SELECT %(merchant_id)s, *
FROM unnest(
    %(id)s::bigint[], %(reference)s::bigint[], %(card_id)s::bigint[], %(customer_id)s::bigint[],
    %(masked_number)s::text[], %(kind)s::text[], %(status)s::text[], %(currency)s::text[], %(amount)s::numeric[],
    %(held)s::numeric[], %(refunded)s::numeric[], %(fee)s::numeric[], %(fee_asset)s::text[],
    %(merchant_name)s::text[], %(original_amount)s::text[], %(original_currency)s::text[],
    %(third_order_no)s::text[], %(reason)s::text[], %(at)s::timestamptz[]
);

-- name: lock_transactions
-- Purchases whose status a batch judges.
SELECT id, status FROM card_transaction
WHERE merchant_id = %(merchant_id)s AND id = ANY(%(ids)s::bigint[])
ORDER BY id FOR NO KEY UPDATE;

-- name: move_transactions :set
-- Purchases go on; nothing is held for them any more.
UPDATE card_transaction AS t
SET status = moved.status, amount = coalesce(moved.amount, t.amount), held = 0
FROM unnest(%(ids)s::bigint[], %(statuses)s::text[], %(amount)s::numeric[]) AS moved (id, status, amount)
WHERE t.merchant_id = %(merchant_id)s AND t.id = moved.id;

-- name: lock_refunds
-- How much of each purchase was refunded, as the state that a refund starts from.
SELECT id, refunded::text FROM card_transaction
WHERE merchant_id = %(merchant_id)s AND id = ANY(%(ids)s::bigint[]) AND status = 'cleared'
ORDER BY id FOR NO KEY UPDATE;

-- name: move_refunds :set
-- More of a purchase was refunded.
UPDATE card_transaction AS t
SET refunded = moved.refunded
FROM unnest(%(ids)s::bigint[], %(statuses)s::numeric[]) AS moved (id, refunded)
WHERE t.merchant_id = %(merchant_id)s AND t.id = moved.id;

-- name: list_transactions
-- Bills, newest first.
SELECT
    merchant_id, id, reference, card_id, customer_id, masked_number, kind, status, currency, amount, held, refunded,
    fee, fee_asset, merchant_name, original_amount, original_currency, third_order_no, reason, at,
    count(*) OVER () AS total
FROM card_transaction
WHERE merchant_id = %(merchant_id)s
    AND at >= %(start_at)s
    AND (%(end_at)s::timestamptz IS NULL OR at < %(end_at)s)
    AND (%(id)s::bigint IS NULL OR id = %(id)s)
    AND (%(customer_id)s::bigint IS NULL OR customer_id = %(customer_id)s)
    AND (%(card_id)s::bigint IS NULL OR card_id = %(card_id)s)
    AND (%(kinds)s::text[] IS NULL OR kind = ANY(%(kinds)s::text[]))
    AND (%(statuses)s::text[] IS NULL OR status = ANY(%(statuses)s::text[]))
ORDER BY at DESC, id DESC
LIMIT %(limit)s OFFSET %(offset)s;
