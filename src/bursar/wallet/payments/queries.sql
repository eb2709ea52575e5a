-- name: add_payment
-- Something is to be paid; refused if its cause has a payment already.
INSERT INTO wallet_payment (
    id, merchant_id, purpose, subject_id, chain_id, sender, key_purpose, key_index, recipient, coin, contract, units,
    status, created_at, updated_at
)
VALUES (
    %(id)s, %(merchant_id)s, %(purpose)s, %(subject_id)s, %(chain_id)s, %(sender)s, %(key_purpose)s, %(key_index)s,
    %(recipient)s, %(coin)s, %(contract)s, %(units)s, 'queued', %(created_at)s, %(created_at)s
);

-- name: list_payments
-- Payments by their ids.
SELECT
    id, merchant_id, purpose, subject_id, chain_id, sender, key_purpose, key_index, recipient, coin, contract,
    units, status, reason, nonce, attempts, tx_hash, mined_height, head_height, fee_units, created_at, updated_at
FROM wallet_payment
WHERE id = ANY(%(ids)s::bigint[]);

-- name: find_by_cause
-- The payment of a cause.
SELECT
    id, merchant_id, purpose, subject_id, chain_id, sender, key_purpose, key_index, recipient, coin, contract,
    units, status, reason, nonce, attempts, tx_hash, mined_height, head_height, fee_units, created_at, updated_at
FROM wallet_payment
WHERE purpose = %(purpose)s AND subject_id = %(subject_id)s;

-- name: list_under_way
-- Payments of a chain that have not ended, oldest first.
SELECT
    id, merchant_id, purpose, subject_id, chain_id, sender, key_purpose, key_index, recipient, coin, contract,
    units, status, reason, nonce, attempts, tx_hash, mined_height, head_height, fee_units, created_at, updated_at
FROM wallet_payment
WHERE chain_id = %(chain_id)s AND status IN ('queued', 'preparing', 'signed')
ORDER BY id
LIMIT %(most)s;

-- name: list_standing
-- Payments of any chain that have not ended, and failed ones of some purposes, oldest first.
SELECT
    id, merchant_id, purpose, subject_id, chain_id, sender, key_purpose, key_index, recipient, coin, contract,
    units, status, reason, nonce, attempts, tx_hash, mined_height, head_height, fee_units, created_at, updated_at
FROM wallet_payment
WHERE status IN ('queued', 'preparing', 'signed') OR (status = 'failed' AND purpose = ANY(%(held)s::text[]))
ORDER BY id
LIMIT %(most)s;

-- name: list_internal
-- Which of some transactions only moved coins within the house.
SELECT attempt.tx_hash
FROM wallet_payment_attempt AS attempt
JOIN wallet_payment AS payment ON payment.id = attempt.payment_id
WHERE attempt.tx_hash = ANY(%(tx_hashes)s::text[]) AND payment.chain_id = %(chain_id)s
    AND payment.purpose = %(purpose)s;

-- name: list_known
-- Which of some transactions were signed for payments of ours.
SELECT attempt.tx_hash
FROM wallet_payment_attempt AS attempt
JOIN wallet_payment AS payment ON payment.id = attempt.payment_id
WHERE attempt.tx_hash = ANY(%(tx_hashes)s::text[]) AND payment.chain_id = %(chain_id)s;

-- name: get_last_number
-- The greatest number that a sender has used, as far as we know; null: none.
SELECT max(nonce) FROM wallet_payment WHERE chain_id = %(chain_id)s AND sender = %(sender)s AND nonce IS NOT NULL;

-- name: lock_payments
-- Holds payments with their status.
SELECT id, status
FROM wallet_payment
WHERE merchant_id = %(merchant_id)s AND id = ANY(%(ids)s::bigint[])
ORDER BY id
FOR NO KEY UPDATE;

-- name: move_payments :set
-- Payments go on. One that can never be taken up gives its number back; what is null stays.
UPDATE wallet_payment AS payment
SET status = moved.status, reason = coalesce(moved.reason, payment.reason), updated_at = moved.updated_at,
    nonce = CASE WHEN moved.gives_back THEN NULL ELSE payment.nonce END,
    attempts = coalesce(moved.attempts, payment.attempts), tx_hash = coalesce(moved.tx_hash, payment.tx_hash),
    mined_height = coalesce(moved.mined_height, payment.mined_height),
    fee_units = coalesce(moved.fee_units, payment.fee_units)
FROM unnest(
    %(ids)s::bigint[], %(statuses)s::text[], %(reason)s::text[], %(updated_at)s::timestamptz[],
    %(gives_back)s::boolean[], %(attempts)s::integer[], %(tx_hash)s::text[], %(mined_height)s::bigint[],
    %(fee_units)s::numeric[]
) AS moved (id, status, reason, updated_at, gives_back, attempts, tx_hash, mined_height, fee_units)
WHERE payment.merchant_id = %(merchant_id)s AND payment.id = moved.id;

-- name: take
-- A payment is next in its lane, with the least number that is free. The indexes refuse a second one, and a number that
-- somebody else was given meanwhile. It waits while a node has not taken what holds a number before it.
UPDATE wallet_payment AS payment
SET status = 'preparing', reason = NULL, updated_at = %(at)s,
    nonce = (
        SELECT min(free.nonce)
        FROM (
            SELECT %(first_nonce)s::bigint AS nonce
            UNION ALL
            SELECT given.nonce + 1
            FROM wallet_payment AS given
            WHERE given.chain_id = payment.chain_id AND given.sender = payment.sender
                AND given.nonce >= %(first_nonce)s::bigint
        ) AS free
        WHERE NOT EXISTS (
            SELECT FROM wallet_payment AS given
            WHERE given.chain_id = payment.chain_id AND given.sender = payment.sender AND given.nonce = free.nonce
        )
    )
WHERE payment.id = %(id)s AND payment.status = 'queued'
    AND (
        %(first_nonce)s::bigint IS NULL
        OR NOT EXISTS (
            SELECT FROM wallet_payment AS unheard
            WHERE unheard.chain_id = payment.chain_id AND unheard.sender = payment.sender
                AND unheard.status = 'signed' AND unheard.mined_height IS NULL
                AND NOT EXISTS (
                    SELECT FROM wallet_payment_attempt WHERE payment_id = unheard.id AND accepted
                )
        )
    )
    AND (
        SELECT count(*) FROM wallet_payment AS signed
        WHERE signed.chain_id = payment.chain_id AND signed.sender = payment.sender AND signed.status = 'signed'
    ) < %(most)s;

-- name: is_behind_unheard
-- Whether the sender has signed something that no node has taken yet.
SELECT EXISTS (
    SELECT FROM wallet_payment AS unheard
    WHERE unheard.chain_id = %(chain_id)s AND unheard.sender = %(sender)s AND unheard.id <> %(id)s
        AND unheard.status = 'signed' AND unheard.mined_height IS NULL
        AND NOT EXISTS (SELECT FROM wallet_payment_attempt WHERE payment_id = unheard.id AND accepted)
);

-- name: put_back
-- A payment waits again, without a number, and for what; unless somebody took it on meanwhile.
UPDATE wallet_payment
SET status = 'queued', reason = %(reason)s, nonce = NULL, mined_height = NULL, updated_at = %(at)s
WHERE id = %(id)s AND status = %(status)s AND attempts = %(attempts)s;

-- name: note_seen
-- Where a signed payment was seen; null: in no block.
UPDATE wallet_payment
SET tx_hash = %(tx_hash)s, mined_height = %(mined_height)s, head_height = %(head_height)s
WHERE id = %(id)s AND status IN ('signed', 'paid');

-- name: sum_in_flight
-- What a sender has signed that stands in no block yet.
SELECT
    coalesce(sum(units) FILTER (WHERE contract IS NOT DISTINCT FROM %(contract)s), 0)::numeric AS units,
    coalesce(sum(units) FILTER (WHERE contract IS NULL), 0)::numeric AS native_units,
    coalesce(sum(dearest.fee_max_units), 0)::numeric AS fees
FROM wallet_payment AS payment
CROSS JOIN LATERAL (
    SELECT max(fee_max_units) AS fee_max_units FROM wallet_payment_attempt WHERE payment_id = payment.id
) AS dearest
WHERE chain_id = %(chain_id)s AND sender = %(sender)s AND status = 'signed' AND mined_height IS NULL;

-- name: add_attempt
-- A transaction is signed, and may be sent once this is on disk.
INSERT INTO wallet_payment_attempt (payment_id, number, nonce, tx_hash, raw, fee_max_units, expires_at, signed_at, voids)
VALUES (
    %(payment_id)s, %(number)s, %(nonce)s, %(tx_hash)s, %(raw)s, %(fee_max_units)s, %(expires_at)s, %(signed_at)s,
    %(voids)s
);

-- name: list_attempts
-- What was signed for a payment, in order.
SELECT payment_id, number, nonce, tx_hash, raw, fee_max_units, expires_at, signed_at, offers, voids
FROM wallet_payment_attempt
WHERE payment_id = %(payment_id)s
ORDER BY number;

-- name: count_offer
-- A transaction is about to be sent; how often that was so.
UPDATE wallet_payment_attempt SET offers = offers + 1
WHERE payment_id = %(payment_id)s AND number = %(number)s
RETURNING offers;

-- name: accept
-- A node has taken the transaction.
UPDATE wallet_payment_attempt SET accepted = true
WHERE payment_id = %(payment_id)s AND number = %(number)s AND NOT accepted;
