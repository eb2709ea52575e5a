-- name: find_by_id
-- Objects of this number, by the key of each table in the book of each merchant.
SELECT found.kind, merchant.merchant_id, found.id, found.status, found.at, 'id' AS by
FROM merchant
CROSS JOIN LATERAL (
    SELECT 'payout' AS kind, id, status, created_at AS at
    FROM payout WHERE payout.merchant_id = merchant.merchant_id AND id = %(id)s
    UNION ALL
    SELECT 'withdrawal', id, status, created_at
    FROM withdrawal WHERE withdrawal.merchant_id = merchant.merchant_id AND id = %(id)s
    UNION ALL
    SELECT 'deposit', id, status, created_at
    FROM wallet_deposit WHERE wallet_deposit.merchant_id = merchant.merchant_id AND id = %(id)s
    UNION ALL
    SELECT 'payee', id, status, created_at
    FROM payee WHERE payee.merchant_id = merchant.merchant_id AND id = %(id)s
    UNION ALL
    SELECT 'customer', id, NULL, created_at
    FROM customer WHERE customer.merchant_id = merchant.merchant_id AND id = %(id)s
    UNION ALL
    SELECT 'kyc', id, status, submitted_at
    FROM kyc WHERE kyc.merchant_id = merchant.merchant_id AND id = %(id)s
    UNION ALL
    SELECT 'card', id, status, created_at
    FROM card WHERE card.merchant_id = merchant.merchant_id AND id = %(id)s
    UNION ALL
    SELECT 'card_order', id, status, created_at
    FROM card_order WHERE card_order.merchant_id = merchant.merchant_id AND id = %(id)s
) AS found
LIMIT %(limit)s;

-- name: find_by_text
-- Objects of which this is a number of the merchant's, a transaction, an address, an e-mail address or a phone number, by
-- an index of each in the book of each merchant.
SELECT found.kind, merchant.merchant_id, found.id, found.status, found.at, found.by
FROM merchant
CROSS JOIN LATERAL (
    SELECT 'payout' AS kind, id, status, created_at AS at, 'number' AS by
    FROM payout WHERE payout.merchant_id = merchant.merchant_id AND payee_uid = %(text)s
    UNION ALL
    SELECT 'withdrawal', id, status, created_at, 'number'
    FROM withdrawal WHERE withdrawal.merchant_id = merchant.merchant_id AND third_order_no = %(text)s
    UNION ALL
    SELECT 'card_order', id, status, created_at, 'number'
    FROM card_order
    WHERE card_order.merchant_id = merchant.merchant_id
        AND kind IN ('opening', 'recharge')
        AND third_order_no = %(text)s
    UNION ALL
    SELECT 'payee', id, status, created_at, 'reference'
    FROM payee
    WHERE payee.merchant_id = merchant.merchant_id AND reference = %(text)s AND status <> 'deleted'
    UNION ALL
    SELECT 'deposit', id, status, created_at, 'transaction'
    FROM wallet_deposit WHERE wallet_deposit.merchant_id = merchant.merchant_id AND tx_hash = %(text)s
    UNION ALL
    (
        SELECT 'deposit', id, status, created_at, 'address'
        FROM wallet_deposit
        WHERE wallet_deposit.merchant_id = merchant.merchant_id AND recipient = %(text)s
        ORDER BY created_at DESC, id DESC
        LIMIT %(limit)s
    )
    UNION ALL
    (
        SELECT 'withdrawal', id, status, created_at, 'address'
        FROM withdrawal
        WHERE withdrawal.merchant_id = merchant.merchant_id AND address = %(text)s
        LIMIT %(limit)s
    )
    UNION ALL
    SELECT 'customer', id, NULL, created_at, 'email'
    FROM customer WHERE customer.merchant_id = merchant.merchant_id AND email_key = lower(%(text)s::text)
    UNION ALL
    SELECT 'customer', id, NULL, created_at, 'phone'
    FROM customer WHERE customer.merchant_id = merchant.merchant_id AND phone_e164 = %(text)s
    UNION ALL
    (
        SELECT 'card', id, status, created_at, 'last four'
        FROM card
        WHERE card.merchant_id = merchant.merchant_id
            AND right(masked_number, 4) = %(text)s
            AND masked_number IS NOT NULL
        LIMIT %(limit)s
    )
) AS found
UNION ALL
SELECT payment.purpose, payment.merchant_id, payment.subject_id, payment.status, payment.created_at, 'transaction'
FROM wallet_payment_attempt AS attempt
JOIN wallet_payment AS payment ON payment.id = attempt.payment_id
WHERE attempt.tx_hash = %(text)s AND payment.purpose = 'withdrawal'
LIMIT %(limit)s;

-- name: list_operations
-- The operations of the ledger on one object, and those that moved its own accounts, with their entries: the newest ones.
SELECT
    operation.at, operation.kind, operation.actor, operation.key,
    (
        SELECT coalesce(
            json_agg(
                json_build_object(
                    'account', account.code, 'asset', account.asset, 'minor', entry.amount::text, 'kind', entry.kind
                )
                ORDER BY entry.position, entry.account_id
            ),
            '[]'
        )
        FROM ledger_entry AS entry
        JOIN ledger_account AS account
            ON account.merchant_id = entry.merchant_id AND account.id = entry.account_id
        WHERE entry.merchant_id = operation.merchant_id AND entry.operation_id = operation.id
    ) AS entries
FROM ledger_operation AS operation
WHERE operation.merchant_id = %(merchant_id)s AND operation.id IN (
    (
        SELECT id
        FROM ledger_operation
        WHERE merchant_id = %(merchant_id)s AND subject = %(subject)s
        ORDER BY id DESC
        LIMIT %(limit)s
    )
    UNION
    SELECT moved.operation_id
    FROM ledger_account AS account
    CROSS JOIN LATERAL (
        SELECT operation_id
        FROM ledger_entry
        WHERE ledger_entry.merchant_id = account.merchant_id AND ledger_entry.account_id = account.id
        ORDER BY version DESC
        LIMIT %(limit)s
    ) AS moved
    WHERE account.merchant_id = %(merchant_id)s AND account.code = ANY(%(accounts)s::text[])
)
ORDER BY operation.id DESC
LIMIT %(limit)s;

-- name: list_pushes
-- The announcements about one object, with their attempts, the newest ones.
SELECT
    delivery.created_at, delivery.api, delivery.event, delivery.status, delivery.sequence,
    (
        SELECT coalesce(
            json_agg(
                json_build_object(
                    'at', attempt.at, 'http_status', attempt.http_status, 'error', attempt.error,
                    'duration_ms', attempt.duration_ms
                )
                ORDER BY attempt.number
            ),
            '[]'
        )
        FROM webhook_attempt AS attempt
        WHERE attempt.merchant_id = delivery.merchant_id AND attempt.delivery_id = delivery.id
    ) AS attempts
FROM webhook_delivery AS delivery
WHERE delivery.merchant_id = %(merchant_id)s AND delivery.object = %(object)s
ORDER BY delivery.happened DESC
LIMIT %(limit)s;

-- name: list_audited
-- What people have done to one object or tried to, the newest records.
SELECT at, action, actor, outcome, reason
FROM audit_record
WHERE subject = %(subject)s
ORDER BY at DESC, id DESC
LIMIT %(limit)s;

-- name: list_chain_attempts
-- The signed transactions of the payment of a withdrawal or of a deposit's return.
SELECT attempt.signed_at, payment.chain_id, payment.status, attempt.number, attempt.tx_hash, attempt.offers
FROM wallet_payment AS payment
JOIN wallet_payment_attempt AS attempt ON attempt.payment_id = payment.id
WHERE payment.purpose = %(purpose)s AND payment.subject_id = %(object_id)s
ORDER BY attempt.number
LIMIT %(limit)s;

-- name: list_bank_steps
-- The file that a payout left in, and what the bank's files have said of it.
SELECT file.sealed_at AS at, 'sent in ' || file.message_id AS what, NULL AS said
FROM bank_payment AS payment
JOIN bank_file AS file ON file.id = payment.file_id
WHERE payment.reference = %(reference)s
UNION ALL
SELECT entry.taken_at, entry.kind, concat_ws(' ', entry.said, entry.outcome, entry.reason)
FROM bank_entry AS entry
WHERE entry.reference = %(reference)s AND entry.problem IS NULL
ORDER BY at
LIMIT %(limit)s;

-- name: list_jobs
-- Due work on one object that is not done, by the name of the payload's field; of each kind, the first few thousand that
-- are due and that are dead are looked at.
SELECT job.due_at, job.kind, job.attempts, job.dead, job.last_error
FROM unnest(%(kinds)s::text[]) AS wanted (kind)
CROSS JOIN LATERAL (
    (
        SELECT due_at, kind, attempts, dead, last_error, merchant_id, payload
        FROM job
        WHERE NOT job.dead AND job.kind = wanted.kind
        ORDER BY job.due_at
        LIMIT %(looked)s
    )
    UNION ALL
    (
        SELECT due_at, kind, attempts, dead, last_error, merchant_id, payload
        FROM job
        WHERE job.dead
        ORDER BY job.due_at, job.id
        LIMIT %(looked)s
    )
) AS job
WHERE job.merchant_id = %(merchant_id)s
    AND job.kind = wanted.kind
    AND job.payload ->> %(field)s::text = %(object_id)s::text
ORDER BY job.due_at
LIMIT %(limit)s;

-- name: find_payment
-- The payment on a chain that is for an object.
SELECT id FROM wallet_payment WHERE purpose = %(purpose)s AND subject_id = %(object_id)s LIMIT 1;
