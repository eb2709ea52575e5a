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
-- Cards of the merchant in some statuses, newest first; each status has its own place in the index.
WITH newest AS (
    SELECT found.id, found.created_at
    FROM unnest(%(statuses)s::text[]) AS wanted (status)
    CROSS JOIN LATERAL (
        SELECT id, created_at FROM card
        WHERE merchant_id = %(merchant_id)s AND status = wanted.status
        ORDER BY created_at DESC, id DESC
        LIMIT %(limit)s::bigint + %(offset)s::bigint
    ) AS found
    ORDER BY found.created_at DESC, found.id DESC
    LIMIT %(limit)s OFFSET %(offset)s
)
SELECT
    card.merchant_id, card.id, card.order_id, card.customer_id, card.product_id, card.kind, card.network, card.currency,
    card.status, card.masked_number, card.expiry, card.created_at, card.frozen_from
FROM newest
JOIN card ON card.merchant_id = %(merchant_id)s AND card.id = newest.id
ORDER BY card.created_at DESC, card.id DESC;

-- name: tally_cards
-- How many cards are in some statuses: what was counted, corrected by the cards that were not counted as they are.
SELECT (
    SELECT coalesce(sum(rows), 0)::bigint FROM list_count
    WHERE merchant_id = %(merchant_id)s AND list = 'card' AND status = ANY(%(statuses)s::text[])
) + (
    SELECT count(*) FILTER (WHERE status = ANY(%(statuses)s::text[]))
        - count(*) FILTER (WHERE counted = ANY(%(statuses)s::text[]))
    FROM card
    WHERE merchant_id = %(merchant_id)s AND coalesce(counted <> status, true)
);

-- name: list_cards_of
-- A customer's cards, newest first.
SELECT
    merchant_id, id, order_id, customer_id, product_id, kind, network, currency, status, masked_number, expiry,
    created_at, frozen_from
FROM card
WHERE merchant_id = %(merchant_id)s AND customer_id = %(customer_id)s AND status = ANY(%(statuses)s::text[])
ORDER BY created_at DESC, id DESC
LIMIT %(limit)s OFFSET %(offset)s;

-- name: list_all_cards_of
-- All cards of a customer that have a life before them, up to a number.
SELECT
    merchant_id, id, order_id, customer_id, product_id, kind, network, currency, status, masked_number, expiry,
    created_at, frozen_from
FROM card
WHERE merchant_id = %(merchant_id)s
    AND customer_id = %(customer_id)s
    AND status IN ('processing', 'pending_activation', 'normal', 'locked')
ORDER BY id
LIMIT %(limit)s;

-- name: count_cards_of
-- How many cards a customer has.
SELECT count(*) FROM card
WHERE merchant_id = %(merchant_id)s AND customer_id = %(customer_id)s AND status = ANY(%(statuses)s::text[]);

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
    merchant_id, id, reference, card_id, customer_id, masked_number, kind, status, currency, amount,
    fee, fee_asset, merchant_name, original_amount, original_currency, third_order_no, reason, at
FROM card_transaction
WHERE merchant_id = %(merchant_id)s AND id = %(id)s;

-- name: add_transactions :set
-- New transactions.
INSERT INTO card_transaction (
    merchant_id, id, reference, card_id, customer_id, masked_number, kind, status, currency, amount,
    fee, fee_asset, merchant_name, original_amount, original_currency, third_order_no, reason, at
)
SELECT %(merchant_id)s, *
FROM unnest(
    %(id)s::bigint[], %(reference)s::bigint[], %(card_id)s::bigint[], %(customer_id)s::bigint[],
    %(masked_number)s::text[], %(kind)s::text[], %(status)s::text[], %(currency)s::text[], %(amount)s::numeric[],
    %(fee)s::numeric[], %(fee_asset)s::text[],
    %(merchant_name)s::text[], %(original_amount)s::text[], %(original_currency)s::text[],
    %(third_order_no)s::text[], %(reason)s::text[], %(at)s::timestamptz[]
);

-- name: change_transactions :set
-- The bill of an authorization goes with it.
UPDATE card_transaction AS t
SET status = changed.status,
    amount = changed.amount,
    original_amount = changed.original_amount,
    original_currency = changed.original_currency
FROM unnest(
    %(id)s::bigint[], %(status)s::text[], %(amount)s::numeric[], %(original_amount)s::text[],
    %(original_currency)s::text[]
) AS changed (id, status, amount, original_amount, original_currency)
WHERE t.merchant_id = %(merchant_id)s AND t.id = changed.id;

-- name: list_transactions
-- Bills of some kinds and statuses, newest first; each kind and status has its own place in the index.
WITH newest AS (
    SELECT found.id, found.at
    FROM unnest(%(kinds)s::text[]) AS kinds (kind)
    CROSS JOIN unnest(%(statuses)s::text[]) AS statuses (status)
    CROSS JOIN LATERAL (
        SELECT id, at FROM card_transaction
        WHERE merchant_id = %(merchant_id)s AND kind = kinds.kind AND status = statuses.status
            AND at >= %(start_at)s::timestamptz AND at < %(end_at)s::timestamptz
        ORDER BY at DESC, id DESC
        LIMIT %(limit)s::bigint + %(offset)s::bigint
    ) AS found
    ORDER BY found.at DESC, found.id DESC
    LIMIT %(limit)s OFFSET %(offset)s
)
SELECT
    bill.merchant_id, bill.id, bill.reference, bill.card_id, bill.customer_id, bill.masked_number, bill.kind, bill.status,
    bill.currency, bill.amount, bill.fee, bill.fee_asset, bill.merchant_name,
    bill.original_amount, bill.original_currency, bill.third_order_no, bill.reason, bill.at
FROM newest
JOIN card_transaction AS bill ON bill.merchant_id = %(merchant_id)s AND bill.id = newest.id
ORDER BY bill.at DESC, bill.id DESC;

-- name: tally_transactions
-- How many bills there are of some kinds and statuses: what was counted of whole days, corrected by those that were not
-- counted as they are, and what either end of the span holds.
SELECT (
    SELECT coalesce(sum(rows), 0)::bigint FROM list_count
    WHERE merchant_id = %(merchant_id)s AND list = 'bill'
        AND kind = ANY(%(kinds)s::text[]) AND status = ANY(%(statuses)s::text[])
        AND day >= (%(whole_from)s::timestamptz AT TIME ZONE 'UTC')::date
        AND day < (%(whole_to)s::timestamptz AT TIME ZONE 'UTC')::date
) + (
    SELECT count(*) FILTER (WHERE status = ANY(%(statuses)s::text[]))
        - count(*) FILTER (WHERE counted = ANY(%(statuses)s::text[]))
    FROM card_transaction
    WHERE merchant_id = %(merchant_id)s AND coalesce(counted <> status, true) AND kind = ANY(%(kinds)s::text[])
        AND at >= %(whole_from)s::timestamptz AND at < %(whole_to)s::timestamptz
) + (
    SELECT coalesce(sum(ends.rows), 0)::bigint
    FROM unnest(%(kinds)s::text[]) AS kinds (kind)
    CROSS JOIN unnest(%(statuses)s::text[]) AS statuses (status)
    CROSS JOIN (VALUES
        (%(start_at)s::timestamptz, %(head_to)s::timestamptz), (%(tail_from)s::timestamptz, %(end_at)s::timestamptz)
    ) AS part (start_at, end_at)
    CROSS JOIN LATERAL (
        SELECT count(*) AS rows FROM card_transaction
        WHERE merchant_id = %(merchant_id)s AND kind = kinds.kind AND status = statuses.status
            AND at >= part.start_at AND at < part.end_at
    ) AS ends
);

-- name: list_transactions_of
-- Bills of one card or of a customer's cards, or the one with an id; newest first.
WITH newest AS (
    SELECT found.id, found.at
    FROM card
    CROSS JOIN LATERAL (
        SELECT id, at FROM card_transaction
        WHERE merchant_id = %(merchant_id)s AND card_id = card.id AND at >= %(start_at)s::timestamptz AND at < %(end_at)s::timestamptz
            AND kind = ANY(%(kinds)s::text[]) AND status = ANY(%(statuses)s::text[])
            AND (%(id)s::bigint IS NULL OR id = %(id)s)
        ORDER BY at DESC, id DESC
        LIMIT %(limit)s::bigint + %(offset)s::bigint
    ) AS found
    WHERE card.merchant_id = %(merchant_id)s
        AND (%(card_id)s::bigint IS NULL OR card.id = %(card_id)s)
        AND (%(customer_id)s::bigint IS NULL OR card.customer_id = %(customer_id)s)
        AND (%(id)s::bigint IS NULL OR card.id = (
            SELECT card_id FROM card_transaction WHERE merchant_id = %(merchant_id)s AND id = %(id)s
        ))
    ORDER BY found.at DESC, found.id DESC
    LIMIT %(limit)s OFFSET %(offset)s
)
SELECT
    bill.merchant_id, bill.id, bill.reference, bill.card_id, bill.customer_id, bill.masked_number, bill.kind, bill.status,
    bill.currency, bill.amount, bill.fee, bill.fee_asset, bill.merchant_name,
    bill.original_amount, bill.original_currency, bill.third_order_no, bill.reason, bill.at
FROM newest
JOIN card_transaction AS bill ON bill.merchant_id = %(merchant_id)s AND bill.id = newest.id
ORDER BY bill.at DESC, bill.id DESC;

-- name: count_transactions_of
-- How many bills a card or a customer's cards have.
SELECT coalesce(sum(found.rows), 0)::bigint
FROM card
CROSS JOIN LATERAL (
    SELECT count(*) AS rows FROM card_transaction
    WHERE merchant_id = %(merchant_id)s AND card_id = card.id AND at >= %(start_at)s::timestamptz AND at < %(end_at)s::timestamptz
        AND kind = ANY(%(kinds)s::text[]) AND status = ANY(%(statuses)s::text[])
        AND (%(id)s::bigint IS NULL OR id = %(id)s)
) AS found
WHERE card.merchant_id = %(merchant_id)s
    AND (%(card_id)s::bigint IS NULL OR card.id = %(card_id)s)
    AND (%(customer_id)s::bigint IS NULL OR card.customer_id = %(customer_id)s)
    AND (%(id)s::bigint IS NULL OR card.id = (
        SELECT card_id FROM card_transaction WHERE merchant_id = %(merchant_id)s AND id = %(id)s
    ));

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

-- name: find_open
-- Whether a merchant has a card that is neither cancelled nor failed, and whether an order under way.
SELECT
    EXISTS (
        SELECT FROM card WHERE merchant_id = %(merchant_id)s AND status NOT IN ('cancelled', 'failed')
    ),
    EXISTS (
        SELECT FROM card_order
        WHERE merchant_id = %(merchant_id)s AND status IN ('awaiting_payment', 'processing')
    );

-- name: find_screened
-- One name on a card, as screening compares it.
SELECT merchant_id, id, array_remove(ARRAY[coalesce(extension ->> 'embossName', '')], '') AS names, '{}'::text[] AS organisations,
    NULL::text AS address
FROM card_order
WHERE merchant_id = %(merchant_id)s AND id = %(id)s AND kind = 'opening';

-- name: list_screened
-- All names on cards in order, as screening compares them.
SELECT merchant_id, id, array_remove(ARRAY[coalesce(extension ->> 'embossName', '')], '') AS names, '{}'::text[] AS organisations,
    NULL::text AS address
FROM card_order
WHERE (merchant_id, id) > (%(after_merchant)s::bigint, %(after_id)s::bigint) AND kind = 'opening'
ORDER BY merchant_id, id
LIMIT %(limit)s;
