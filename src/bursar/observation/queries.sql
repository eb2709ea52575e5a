-- name: list_oldest_open
-- The oldest open order of each kind and status: the first row of an index that holds the open ones alone.
SELECT kind, status, since
FROM (
    SELECT 'card_' || wanted.kind AS kind, 'processing' AS status, oldest.since
    FROM unnest(ARRAY['opening', 'recharge']) AS wanted (kind)
    CROSS JOIN LATERAL (
        SELECT created_at AS since
        FROM card_order
        WHERE card_order.kind = wanted.kind AND status = 'processing'
        ORDER BY created_at
        LIMIT 1
    ) AS oldest
    UNION ALL
    SELECT 'payout', wanted.status, oldest.since
    FROM unnest(ARRAY['pending', 'approved', 'processing']) AS wanted (status)
    CROSS JOIN LATERAL (
        SELECT created_at AS since
        FROM payout
        WHERE payout.status = wanted.status AND payout.status IN ('pending', 'approved', 'processing')
        ORDER BY created_at
        LIMIT 1
    ) AS oldest
    UNION ALL
    SELECT 'withdrawal', wanted.status, oldest.since
    FROM unnest(
        ARRAY['awaiting_initial_review', 'awaiting_review', 'awaiting_withdrawal', 'confirming']
    ) AS wanted (status)
    CROSS JOIN LATERAL (
        SELECT created_at AS since
        FROM withdrawal
        WHERE withdrawal.status = wanted.status
            AND withdrawal.status IN (
                'awaiting_initial_review', 'awaiting_review', 'awaiting_withdrawal', 'confirming'
            )
        ORDER BY created_at
        LIMIT 1
    ) AS oldest
    UNION ALL
    SELECT 'deposit', wanted.status, oldest.since
    FROM unnest(ARRAY['confirming', 'held', 'returning']) AS wanted (status)
    CROSS JOIN LATERAL (
        SELECT created_at AS since
        FROM wallet_deposit
        WHERE wallet_deposit.status = wanted.status AND wallet_deposit.status IN ('confirming', 'held', 'returning')
        ORDER BY created_at
        LIMIT 1
    ) AS oldest
    UNION ALL
    SELECT 'wallet_payment', 'under_way', min(created_at)
    FROM wallet_payment
    WHERE status IN ('queued', 'preparing', 'signed')
    UNION ALL
    SELECT 'kyc', 'under_review', min(submitted_at)
    FROM kyc
    WHERE status IN ('submitted', 'under_review')
    UNION ALL
    SELECT 'payee', 'pending', min(updated_at)
    FROM payee
    WHERE status = 'pending'
) AS open
WHERE since IS NOT NULL;

-- name: find_oldest_unsent
-- The oldest webhook that is still to be pushed, numbered or not, of whatever merchant.
SELECT created_at FROM webhook_delivery WHERE status = 'pending' ORDER BY created_at LIMIT 1;

-- name: find_database_time
-- The database's clock, to compare ours with.
SELECT clock_timestamp();

-- name: find_last_proof
-- The newest proof of the books that has ended.
SELECT started_at, ended_at, entries, differences
FROM ledger_proof
WHERE ended_at IS NOT NULL
ORDER BY night DESC
LIMIT 1;

-- name: list_quoted
-- The pairs of the file of exchange rates: the instant of what it said last where that holds, and if a rate waits.
SELECT
    source || '/' || target AS pair,
    CASE WHEN change_id = (
        SELECT change.id FROM exchange_rate_change AS change
        WHERE change.source = quote.source AND change.target = quote.target AND change.holds_from <= %(now)s
        ORDER BY holds_from DESC, made_at DESC, change.id DESC
        LIMIT 1
    ) THEN as_of END AS as_of,
    held_id IS NOT NULL AND NOT held_refused AS is_held
FROM exchange_quote AS quote
ORDER BY source, target;

-- name: count_writes
-- The numbers of rows that were ever written by table: counters that the server keeps in memory.
SELECT relname::text, n_tup_ins + n_tup_upd + n_tup_del
FROM pg_stat_user_tables;
