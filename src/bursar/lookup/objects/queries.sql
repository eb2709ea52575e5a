-- A list merges the books of the merchants, and within a book its statuses: each is read from the cursor on, in the order of
-- an index that begins with both, so that a page costs the same however many rows there are.

-- name: list_customers
-- The numbers of one page of customers, newest first, behind a place.
SELECT found.merchant_id, found.id
FROM merchant
CROSS JOIN unnest(%(statuses)s::text[]) AS wanted (status)
CROSS JOIN LATERAL (
    SELECT customer.merchant_id, customer.id, customer.created_at
    FROM customer
    WHERE customer.merchant_id = merchant.merchant_id
        AND customer.standing = wanted.status
        AND (customer.created_at, customer.id) < (%(before_at)s::timestamptz, %(before_id)s::bigint)
        AND customer.created_at >= %(start_at)s::timestamptz
    ORDER BY customer.created_at DESC, customer.id DESC
    LIMIT %(limit)s
) AS found
WHERE %(merchant_id)s::bigint IS NULL OR merchant.merchant_id = %(merchant_id)s
ORDER BY found.created_at DESC, found.id DESC
LIMIT %(limit)s;

-- name: read_customers
-- Some customers by their merchants and numbers, in this order.
SELECT
    customer.merchant_id, customer.id, standing AS status, created_at, group_id, given_name, last_name, nationality,
    left(email, 1) || '…' || substring(email FROM '@.*$') AS email_masked, right(phone_number, 3) AS phone_ends
FROM unnest(%(merchants)s::bigint[], %(ids)s::bigint[]) WITH ORDINALITY AS wanted (merchant_id, id, place)
JOIN customer ON customer.merchant_id = wanted.merchant_id AND customer.id = wanted.id
ORDER BY wanted.place;

-- name: list_cards
-- The numbers of one page of cards, newest first, behind a place.
SELECT found.merchant_id, found.id
FROM merchant
CROSS JOIN unnest(%(statuses)s::text[]) AS wanted (status)
CROSS JOIN LATERAL (
    SELECT card.merchant_id, card.id, card.created_at
    FROM card
    WHERE card.merchant_id = merchant.merchant_id
        AND card.status = wanted.status
        AND (card.created_at, card.id) < (%(before_at)s::timestamptz, %(before_id)s::bigint)
        AND card.created_at >= %(start_at)s::timestamptz
    ORDER BY card.created_at DESC, card.id DESC
    LIMIT %(limit)s
) AS found
WHERE %(merchant_id)s::bigint IS NULL OR merchant.merchant_id = %(merchant_id)s
ORDER BY found.created_at DESC, found.id DESC
LIMIT %(limit)s;

-- name: read_cards
-- Some cards by their merchants and numbers, in this order.
SELECT
    card.merchant_id, card.id, status, created_at, customer_id, order_id, product_id, kind, network, currency,
    masked_number, expiry, frozen_from
FROM unnest(%(merchants)s::bigint[], %(ids)s::bigint[]) WITH ORDINALITY AS wanted (merchant_id, id, place)
JOIN card ON card.merchant_id = wanted.merchant_id AND card.id = wanted.id
ORDER BY wanted.place;

-- name: list_orders
-- The numbers of one page of orders of cards, newest first, behind a place.
SELECT found.merchant_id, found.id
FROM merchant
CROSS JOIN unnest(%(statuses)s::text[]) AS wanted (status)
CROSS JOIN LATERAL (
    SELECT card_order.merchant_id, card_order.id, card_order.created_at
    FROM card_order
    WHERE card_order.merchant_id = merchant.merchant_id
        AND card_order.status = wanted.status
        AND (card_order.created_at, card_order.id) < (%(before_at)s::timestamptz, %(before_id)s::bigint)
        AND card_order.created_at >= %(start_at)s::timestamptz
    ORDER BY card_order.created_at DESC, card_order.id DESC
    LIMIT %(limit)s
) AS found
WHERE %(merchant_id)s::bigint IS NULL OR merchant.merchant_id = %(merchant_id)s
ORDER BY found.created_at DESC, found.id DESC
LIMIT %(limit)s;

-- name: read_orders
-- Some orders of cards by their merchants and numbers, in this order.
SELECT
    card_order.merchant_id, card_order.id, status, created_at, kind, third_order_no, customer_id, card_id, product_id,
    amount, currency, cost, coin, fee, rate::text AS rate, reason, finished_at
FROM unnest(%(merchants)s::bigint[], %(ids)s::bigint[]) WITH ORDINALITY AS wanted (merchant_id, id, place)
JOIN card_order ON card_order.merchant_id = wanted.merchant_id AND card_order.id = wanted.id
ORDER BY wanted.place;

-- name: list_payouts
-- The numbers of one page of payment orders, newest first, behind a place.
SELECT found.merchant_id, found.id
FROM merchant
CROSS JOIN unnest(%(statuses)s::text[]) AS wanted (status)
CROSS JOIN LATERAL (
    SELECT payout.merchant_id, payout.id, payout.created_at
    FROM payout
    WHERE payout.merchant_id = merchant.merchant_id
        AND payout.status = wanted.status
        AND (payout.created_at, payout.id) < (%(before_at)s::timestamptz, %(before_id)s::bigint)
        AND payout.created_at >= %(start_at)s::timestamptz
    ORDER BY payout.created_at DESC, payout.id DESC
    LIMIT %(limit)s
) AS found
WHERE %(merchant_id)s::bigint IS NULL OR merchant.merchant_id = %(merchant_id)s
ORDER BY found.created_at DESC, found.id DESC
LIMIT %(limit)s;

-- name: read_payouts
-- Some payment orders by their merchants and numbers, in this order.
SELECT
    payout.merchant_id, payout.id, status, created_at, payee_uid, payee_id, kind, method, amount, currency, fee,
    real_amount, set_aside, funds_currency, rate::text AS rate, batch_id, reason, updated_at, ended_at
FROM unnest(%(merchants)s::bigint[], %(ids)s::bigint[]) WITH ORDINALITY AS wanted (merchant_id, id, place)
JOIN payout ON payout.merchant_id = wanted.merchant_id AND payout.id = wanted.id
ORDER BY wanted.place;

-- name: list_withdrawals
-- The numbers of one page of withdrawals, newest first, behind a place.
SELECT found.merchant_id, found.id
FROM merchant
CROSS JOIN unnest(%(statuses)s::text[]) AS wanted (status)
CROSS JOIN LATERAL (
    SELECT withdrawal.merchant_id, withdrawal.id, withdrawal.created_at
    FROM withdrawal
    WHERE withdrawal.merchant_id = merchant.merchant_id
        AND withdrawal.status = wanted.status
        AND (withdrawal.created_at, withdrawal.id) < (%(before_at)s::timestamptz, %(before_id)s::bigint)
        AND withdrawal.created_at >= %(start_at)s::timestamptz
    ORDER BY withdrawal.created_at DESC, withdrawal.id DESC
    LIMIT %(limit)s
) AS found
WHERE %(merchant_id)s::bigint IS NULL OR merchant.merchant_id = %(merchant_id)s
ORDER BY found.created_at DESC, found.id DESC
LIMIT %(limit)s;

-- name: read_withdrawals
-- Some withdrawals by their merchants and numbers, in this order.
SELECT
    withdrawal.merchant_id, withdrawal.id, status, created_at, third_order_no, chain_id, address, amount, coin, fee,
    payment_id, reason, updated_at
FROM unnest(%(merchants)s::bigint[], %(ids)s::bigint[]) WITH ORDINALITY AS wanted (merchant_id, id, place)
JOIN withdrawal ON withdrawal.merchant_id = wanted.merchant_id AND withdrawal.id = wanted.id
ORDER BY wanted.place;

-- name: list_deposits
-- The numbers of one page of deposits, newest first, behind a place.
SELECT found.merchant_id, found.id
FROM merchant
CROSS JOIN unnest(%(statuses)s::text[]) AS wanted (status)
CROSS JOIN LATERAL (
    SELECT wallet_deposit.merchant_id, wallet_deposit.id, wallet_deposit.created_at
    FROM wallet_deposit
    WHERE wallet_deposit.merchant_id = merchant.merchant_id
        AND wallet_deposit.status = wanted.status
        AND (wallet_deposit.created_at, wallet_deposit.id) < (%(before_at)s::timestamptz, %(before_id)s::bigint)
        AND wallet_deposit.created_at >= %(start_at)s::timestamptz
    ORDER BY wallet_deposit.created_at DESC, wallet_deposit.id DESC
    LIMIT %(limit)s
) AS found
WHERE %(merchant_id)s::bigint IS NULL OR merchant.merchant_id = %(merchant_id)s
ORDER BY found.created_at DESC, found.id DESC
LIMIT %(limit)s;

-- name: read_deposits
-- Some deposits by their merchants and numbers, in this order.
SELECT
    wallet_deposit.merchant_id, wallet_deposit.id, status, created_at, chain_id, sender, recipient, tx_hash,
    block_height, amount, coin, refund_hash, reason, updated_at
FROM unnest(%(merchants)s::bigint[], %(ids)s::bigint[]) WITH ORDINALITY AS wanted (merchant_id, id, place)
JOIN wallet_deposit ON wallet_deposit.merchant_id = wanted.merchant_id AND wallet_deposit.id = wanted.id
ORDER BY wanted.place;

-- name: list_payees
-- The numbers of one page of payees, newest first, behind a place.
SELECT found.merchant_id, found.id
FROM merchant
CROSS JOIN unnest(%(statuses)s::text[]) AS wanted (status)
CROSS JOIN LATERAL (
    SELECT payee.merchant_id, payee.id, payee.created_at
    FROM payee
    WHERE payee.merchant_id = merchant.merchant_id
        AND payee.status = wanted.status
        AND (payee.created_at, payee.id) < (%(before_at)s::timestamptz, %(before_id)s::bigint)
        AND payee.created_at >= %(start_at)s::timestamptz
    ORDER BY payee.created_at DESC, payee.id DESC
    LIMIT %(limit)s
) AS found
WHERE %(merchant_id)s::bigint IS NULL OR merchant.merchant_id = %(merchant_id)s
ORDER BY found.created_at DESC, found.id DESC
LIMIT %(limit)s;

-- name: read_payees
-- Some payees by their merchants and numbers, in this order.
SELECT
    payee.merchant_id, payee.id, status, created_at, version, reference, name_en, name_ar, bank_code, swift_code,
    right(iban, 4) AS iban_ends, right(mobile, 3) AS mobile_ends, has_card_number, has_stc_account, stc_verified,
    auto_approval, status_reason AS reason, updated_at
FROM unnest(%(merchants)s::bigint[], %(ids)s::bigint[]) WITH ORDINALITY AS wanted (merchant_id, id, place)
JOIN payee ON payee.merchant_id = wanted.merchant_id AND payee.id = wanted.id
ORDER BY wanted.place;
