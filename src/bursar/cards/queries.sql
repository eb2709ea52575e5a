-- name: find_orders
-- Orders by their ids.
SELECT
    merchant_id, id, kind, third_order_no, customer_id, product_id, card_id, status, currency, coin, rate, amount,
    cost, fee, extension, shipping, reason, created_at, finished_at
FROM unnest(%(merchant_ids)s::bigint[], %(ids)s::bigint[]) AS asked (merchant_id, id)
JOIN card_order USING (merchant_id, id);

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

-- name: find_cards
-- Cards by their ids, without their secrets.
SELECT
    merchant_id, id, order_id, customer_id, product_id, kind, network, currency, status, masked_number, expiry,
    created_at, frozen_from
FROM unnest(%(merchant_ids)s::bigint[], %(ids)s::bigint[]) AS asked (merchant_id, id)
JOIN card USING (merchant_id, id);

-- name: list_cards
-- Cards of the merchant, newest first.
SELECT
    merchant_id, id, order_id, customer_id, product_id, kind, network, currency, status, masked_number, expiry,
    created_at, frozen_from, count(*) OVER () AS total
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
    details = coalesce(moved.details, c.details),
    activation_code = coalesce(moved.activation_code, c.activation_code),
    pin = coalesce(moved.pin, c.pin),
    frozen_from = coalesce(moved.frozen_from, c.frozen_from)
FROM unnest(
    %(ids)s::bigint[], %(statuses)s::text[], %(masked_number)s::text[], %(expiry)s::text[], %(details)s::bytea[],
    %(activation_code)s::bytea[], %(pin)s::text[], %(frozen_from)s::text[]
) AS moved (id, status, masked_number, expiry, details, activation_code, pin, frozen_from)
WHERE c.merchant_id = %(merchant_id)s AND c.id = moved.id;

-- name: list_held
-- Products of which the customer has a card that is not cancelled, or an order that is under way.
SELECT DISTINCT o.product_id
FROM card_order AS o
LEFT JOIN card AS c ON c.merchant_id = o.merchant_id AND c.id = o.card_id
WHERE o.merchant_id = %(merchant_id)s AND o.kind = 'opening' AND o.customer_id = %(customer_id)s
    AND o.status IN ('awaiting_payment', 'processing', 'succeeded')
    AND c.status IS DISTINCT FROM 'cancelled';

-- name: find_recharge_under_way
-- Whether the issuer has still to be told of money for the card.
SELECT EXISTS (
    SELECT FROM card_order
    WHERE merchant_id = %(merchant_id)s AND card_id = %(card_id)s AND kind = 'recharge' AND status = 'processing'
);

-- name: get_activation_code
-- What activates a card, sealed.
SELECT activation_code FROM card WHERE merchant_id = %(merchant_id)s AND id = %(id)s;

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

-- name: get_challenge
-- A 3-D Secure challenge by its id.
SELECT
    merchant_id, id, card_id, mode, status, amount, currency, merchant_name, code_proof, sealed_code, created_at,
    expires_at
FROM card_challenge
WHERE merchant_id = %(merchant_id)s AND id = %(id)s;

-- name: add_challenge
-- A shop asks for 3-D Secure.
INSERT INTO card_challenge (
    merchant_id, id, card_id, mode, status, amount, currency, merchant_name, code_proof, sealed_code, created_at,
    expires_at
) VALUES (
    %(merchant_id)s, %(id)s, %(card_id)s, %(mode)s, %(status)s, %(amount)s, %(currency)s, %(merchant_name)s,
    %(code_proof)s, %(sealed_code)s, %(created_at)s, %(expires_at)s
);

-- name: lock_challenges
-- Challenges whose status a batch judges.
SELECT id, status FROM card_challenge
WHERE merchant_id = %(merchant_id)s AND id = ANY(%(ids)s::bigint[])
ORDER BY id FOR NO KEY UPDATE;

-- name: move_challenges :set
-- Challenges are answered.
UPDATE card_challenge AS h
SET status = moved.status
FROM unnest(%(ids)s::bigint[], %(statuses)s::text[]) AS moved (id, status)
WHERE h.merchant_id = %(merchant_id)s AND h.id = moved.id;

-- name: add_shipment_step
-- The carrier reported something.
INSERT INTO card_shipment_step (merchant_id, id, card_id, carrier, tracking_no, status, at)
VALUES (%(merchant_id)s, %(id)s, %(card_id)s, %(carrier)s, %(tracking_no)s, %(status)s, %(at)s);

-- name: list_shipment_steps
-- Where a card has been, newest first.
SELECT merchant_id, id, card_id, carrier, tracking_no, status, at
FROM card_shipment_step
WHERE merchant_id = %(merchant_id)s AND card_id = %(card_id)s
ORDER BY at DESC, id DESC
LIMIT %(limit)s;
