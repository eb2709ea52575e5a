-- name: add_merchant
-- A merchant whose lists are full: customers in three groups, one of them small.
WITH counted AS (
    INSERT INTO customer_count (merchant_id, used, allowed)
    VALUES (%(merchant_id)s, %(customers)s::bigint, %(customers)s::bigint + 1000)
),
payees AS (
    INSERT INTO payee_count (merchant_id, used, allowed)
    SELECT %(merchant_id)s, count(*), count(*) + 1000
    FROM generate_series(0, %(payees)s::bigint - 1) AS n WHERE n %% 50 <> 3
),
addresses AS (
    INSERT INTO wallet_address_count (merchant_id, used, allowed)
    VALUES (%(merchant_id)s, %(addresses)s::bigint, %(addresses)s::bigint + 1000)
),
rate AS (
    INSERT INTO card_rate (merchant_id, id, name, created_at)
    SELECT %(merchant_id)s, %(base)s::bigint + n, 'Rate ' || n, %(begin)s::timestamptz
    FROM generate_series(1, 20) AS n
)
INSERT INTO customer_group (merchant_id, id, name, is_default, created_at)
SELECT %(merchant_id)s, %(base)s::bigint + n, 'Group ' || n, n = 1, %(begin)s::timestamptz
FROM generate_series(1, 3) AS n;

-- name: add_accounts
-- The merchant's accounts and two for each card, with as many entries as will be written.
INSERT INTO ledger_account (merchant_id, id, code, asset, may_go_negative, balance, version, head)
SELECT %(merchant_id)s, %(base)s::bigint + n, code, 'USDT', true, 0, version, '\x00'::bytea
FROM (VALUES
    (1, 'merchant:available', 2 * %(rounds)s::bigint), (2, 'merchant:frozen', 3 * %(rounds)s::bigint),
    (3, 'platform:conversion', %(rounds)s::bigint), (4, 'clearing:issuer', %(rounds)s::bigint)
) AS made (n, code, version)
UNION ALL
SELECT
    %(merchant_id)s, %(base)s::bigint + 10000000000 + 2 * n + held, 'card:' || n || kind, 'USD', false, 0,
    (1 + held) * ((%(rounds)s::bigint - n + %(cards)s::bigint - 1) / %(cards)s::bigint), '\x00'::bytea
FROM generate_series(0, %(cards)s::bigint - 1) AS n
CROSS JOIN (VALUES (0, ':available'), (1, ':held')) AS account (held, kind);

-- name: add_operations
-- Four operations a round: a recharge is asked for and made, a purchase is authorised and cleared.
INSERT INTO ledger_operation (merchant_id, id, key, fingerprint, kind, subject, actor, at)
SELECT
    %(merchant_id)s, %(base)s::bigint + 20000000000 + 4 * n + part, kind || ':' || n, '\x00'::bytea, kind,
    CASE WHEN part < 2 THEN 'card_order:' || (%(base)s::bigint + 30000000000 + n)
        ELSE 'purchase:' || (%(base)s::bigint + 40000000000 + 2 * n + 1) END,
    'bench', %(begin)s::timestamptz + %(span)s::interval * (n::float / %(rounds)s::float)
FROM generate_series(0, %(rounds)s::bigint - 1) AS n
CROSS JOIN (VALUES (0, 'recharge'), (1, 'recharged'), (2, 'authorised'), (3, 'cleared')) AS made (part, kind);

-- name: add_entries
-- Ten entries a round, two of them on the account that the merchant can spend; every twenty-fifth round is of another
-- kind.
INSERT INTO ledger_entry
    (merchant_id, account_id, version, operation_id, position, kind, amount, balance, forced, at, hash)
SELECT
    %(merchant_id)s, %(base)s::bigint + account, version, %(base)s::bigint + 20000000000 + 4 * n + part, position,
    CASE
        WHEN account > 2 OR position > 1 THEN kind
        WHEN n %% 50 = 0 THEN 'deposit' WHEN n %% 50 = 1 THEN 'withdrawal' WHEN n %% 997 = 2 THEN 'redemption'
        ELSE kind
    END,
    amount, 1000000000 + n, false,
    %(begin)s::timestamptz + %(span)s::interval * (n::float / %(rounds)s::float),
    '\x0102030405060708091011121314151617181920212223242526272829303132'::bytea
FROM generate_series(0, %(rounds)s::bigint - 1) AS n
CROSS JOIN LATERAL (VALUES
    (1, 2 * n + 1, 0, 0, 'recharge', -1000), (2, 3 * n + 1, 0, 1, 'recharge', 1000),
    (1, 2 * n + 2, 0, 2, 'recharge_fee', -10), (2, 3 * n + 2, 0, 3, 'recharge_fee', 10),
    (2, 3 * n + 3, 1, 0, 'recharged', -1010), (3, n + 1, 1, 1, 'recharged', 1010),
    (10000000000 + 2 * (n %% %(cards)s::bigint), n / %(cards)s::bigint + 1, 2, 0, 'authorised', -500),
    (10000000001 + 2 * (n %% %(cards)s::bigint), 2 * (n / %(cards)s::bigint) + 1, 2, 1, 'authorised', 500),
    (10000000001 + 2 * (n %% %(cards)s::bigint), 2 * (n / %(cards)s::bigint) + 2, 3, 0, 'cleared', -500),
    (4, n + 1, 3, 1, 'cleared', 500)
) AS made (account, version, part, position, kind, amount);

-- name: count_entries
-- The counts that workers would have made by now, but for the last thousand of each account.
WITH counted AS (
    INSERT INTO ledger_entry_counted (merchant_id, account_id, version)
    SELECT merchant_id, id, greatest(version - 1000, 0)
    FROM ledger_account WHERE merchant_id = %(merchant_id)s AND code = 'merchant:available'
    RETURNING merchant_id, account_id, version
)
INSERT INTO ledger_entry_count (merchant_id, account_id, kind, day, entries)
SELECT counted.merchant_id, counted.account_id, kind, (at AT TIME ZONE 'UTC')::date AS day, count(*)
FROM counted
JOIN ledger_entry AS entry
    ON entry.merchant_id = counted.merchant_id AND entry.account_id = counted.account_id
    AND entry.version <= counted.version
GROUP BY 1, 2, 3, 4;

-- name: add_customers
-- Customers, nine of ten in the default group.
INSERT INTO customer (
    merchant_id, id, group_id, email, email_key, dialling_code, phone_number, phone_e164, given_name, last_name,
    created_at, counted
)
SELECT
    %(merchant_id)s, %(base)s::bigint + 50000000000 + n,
    made.group_id,
    'c' || n || '@example.com', 'c' || n || '@example.com', '+1', '202' || lpad(n::text, 9, '0'),
    '+1202' || lpad(n::text, 9, '0'), 'Given ' || n, 'Last ' || n,
    %(begin)s::timestamptz + %(span)s::interval * (n::float / %(customers)s::float),
    CASE WHEN n < %(customers)s::bigint - 500 THEN made.group_id END
FROM generate_series(0, %(customers)s::bigint - 1) AS n
CROSS JOIN LATERAL (
    SELECT %(base)s::bigint + CASE WHEN n %% 10 <> 0 THEN 1 WHEN n %% 100 <> 0 THEN 2 ELSE 3 END AS group_id
) AS made;

-- name: add_cards
-- A card for each customer, most of them in use.
INSERT INTO card (
    merchant_id, id, order_id, customer_id, product_id, kind, network, currency, status, masked_number, expiry,
    created_at, counted
)
SELECT
    %(merchant_id)s, %(base)s::bigint + 60000000000 + n, %(base)s::bigint + 70000000000 + n,
    %(base)s::bigint + 50000000000 + n %% %(customers)s::bigint, 'V-USD-1', 'virtual', 'VISA', 'USD',
    status, '411111******1111', '12/30', at, CASE WHEN n < %(cards)s::bigint - 500 THEN status END
FROM generate_series(0, %(cards)s::bigint - 1) AS n
CROSS JOIN LATERAL (
    SELECT
        CASE WHEN n %% 20 = 1 THEN 'locked' WHEN n %% 20 < 5 THEN 'cancelled' WHEN n %% 1000 = 7 THEN 'frozen'
            ELSE 'normal' END AS status,
        %(begin)s::timestamptz + %(span)s::interval * (n::float / %(cards)s::float) AS at
) AS made;

-- name: add_orders
-- The orders that opened the cards, and the recharges.
INSERT INTO card_order (
    merchant_id, id, kind, third_order_no, customer_id, product_id, card_id, status, currency, coin, rate, amount,
    cost, fee, extension, created_at, finished_at
)
SELECT
    %(merchant_id)s, %(base)s::bigint + 70000000000 + n, 'opening', 'o' || n,
    %(base)s::bigint + 50000000000 + n %% %(customers)s::bigint, 'V-USD-1', %(base)s::bigint + 60000000000 + n,
    'succeeded', 'USD', 'USDT', 1, 0, 0, 100, '{}'::jsonb, at, at
FROM generate_series(0, %(cards)s::bigint - 1) AS n
CROSS JOIN LATERAL (
    SELECT %(begin)s::timestamptz + %(span)s::interval * (n::float / %(cards)s::float) AS at
) AS made
UNION ALL
SELECT
    %(merchant_id)s, %(base)s::bigint + 30000000000 + n, 'recharge', 'r' || n,
    %(base)s::bigint + 50000000000 + n %% %(cards)s::bigint %% %(customers)s::bigint, 'V-USD-1',
    %(base)s::bigint + 60000000000 + n %% %(cards)s::bigint, 'succeeded', 'USD', 'USDT', 1, 1000, 1000, 10, '{}'::jsonb, at, at
FROM generate_series(0, %(rounds)s::bigint - 1) AS n
CROSS JOIN LATERAL (
    SELECT %(begin)s::timestamptz + %(span)s::interval * (n::float / %(rounds)s::float) AS at
) AS made;

-- name: add_bills
-- Two bills a round: the recharge, and the purchase.
INSERT INTO card_transaction (
    merchant_id, id, reference, card_id, customer_id, masked_number, kind, status, currency, amount, fee, fee_asset,
    original_amount, original_currency, at, counted
)
SELECT
    %(merchant_id)s, %(base)s::bigint + 40000000000 + 2 * n + part, n,
    %(base)s::bigint + 60000000000 + n %% %(cards)s::bigint,
    %(base)s::bigint + 50000000000 + n %% %(cards)s::bigint %% %(customers)s::bigint, '411111******1111',
    kind, status, 'USD', 1000, 10, 'USDT', '10.00', 'USD', at, CASE WHEN n < %(rounds)s::bigint - 250 THEN status END
FROM generate_series(0, %(rounds)s::bigint - 1) AS n
CROSS JOIN LATERAL (VALUES
    (0, CASE WHEN n %% 997 = 2 THEN 'redemption' ELSE 'recharge' END, 'succeeded'),
    (1, 'purchase', CASE WHEN n > %(rounds)s::bigint - 300 THEN 'authorised' WHEN n %% 5 = 1 THEN 'declined'
        WHEN n %% 50 = 3 THEN 'reversed' ELSE 'cleared' END)
) AS made (part, kind, status)
CROSS JOIN LATERAL (
    SELECT %(begin)s::timestamptz + %(span)s::interval * (n::float / %(rounds)s::float) AS at
) AS moment;

-- name: add_payees
-- Payees with an IBAN each; one of fifty was deleted.
INSERT INTO payee (
    merchant_id, id, version, status, reference, name_en, name_ar, address, bank_code, iban, auto_approval,
    has_card_number, has_stc_account, stc_verified, bank_is_test, stc_is_test, secrets, identity_hash, card_hash,
    created_at, updated_at
)
SELECT
    %(merchant_id)s, %(base)s::bigint + 80000000000 + n, 1,
    CASE WHEN n %% 50 = 3 THEN 'deleted' WHEN n %% 20 = 1 THEN 'pending' WHEN n %% 1000 = 7 THEN 'banned'
        ELSE 'normal' END,
    'm' || n, (ARRAY['Amelia', 'Bashir', 'Chen', 'Dalia', 'Emre', 'Farida', 'Gita', 'Hassan'])[n %% 8 + 1] || ' '
        || initcap(translate(n::text, '0123456789', 'aeioulmnrs')) || ' Al-Example',
    'اسم', 'King Fahd Road 12, Riyadh', (ARRAY['RJHI', 'NCBK', 'SABB', 'INMA'])[n %% 4 + 1],
    'SA' || lpad(n::text, 22, '0'), false, true, false, false, false, false,
    '\x0102030405060708091011121314151617181920212223242526272829303132'::bytea,
    sha256(('i' || n)::bytea), sha256(('c' || n)::bytea), at, at
FROM generate_series(0, %(payees)s::bigint - 1) AS n
CROSS JOIN LATERAL (
    SELECT %(begin)s::timestamptz + %(span)s::interval * (n::float / %(payees)s::float) AS at
) AS made;

-- name: add_revisions
-- Payees as they stood when orders were made for them: the first tenth, who are paid again and again.
INSERT INTO payee_revision SELECT payee.* FROM payee
WHERE merchant_id = %(merchant_id)s
    AND id < %(base)s::bigint + 80000000000 + greatest(%(payees)s::bigint / 10, 1);

-- name: add_payouts
-- Payment orders, nearly all of which have ended.
INSERT INTO payout (
    merchant_id, id, payee_uid, payee_id, payee_version, kind, method, status, currency, amount, fee, real_amount,
    fee_id, funds_currency, set_aside, created_at, updated_at, ended_at, counted
)
SELECT
    %(merchant_id)s, %(base)s::bigint + 90000000000 + n, 'u' || n,
    %(base)s::bigint + 80000000000 + n %% greatest(%(payees)s::bigint / 10, 1), 1, 'standard', 'bank_transfer',
    status, 'SAR', 10000, 500, 9500, 1, 'SAR', 10000, at, at,
    CASE WHEN status IN ('transferred', 'failed') THEN at END,
    CASE WHEN n < %(payouts)s::bigint - 500 THEN status END
FROM generate_series(0, %(payouts)s::bigint - 1) AS n
CROSS JOIN LATERAL (
    SELECT
        CASE WHEN n > %(payouts)s::bigint - 300 THEN 'processing' WHEN n %% 30 = 1 THEN 'failed'
            ELSE 'transferred' END AS status,
        %(begin)s::timestamptz + %(span)s::interval * (n::float / %(payouts)s::float) AS at
) AS made;

-- name: add_addresses
-- Deposit addresses on two chains.
INSERT INTO wallet_address (id, chain_id, number, address, status, merchant_id, application_id, taken_at, counted)
SELECT
    %(base)s::bigint + 95000000000 + n, (ARRAY['tron', 'ethereum'])[n %% 2 + 1],
    %(merchant_id)s * 10000000000 + n, 'a' || %(merchant_id)s || '-' || n, 'taken', %(merchant_id)s, n / 10,
    %(begin)s::timestamptz + %(span)s::interval * (n::float / %(addresses)s::float),
    CASE WHEN n < %(addresses)s::bigint - 300 THEN 'taken' END
FROM generate_series(0, %(addresses)s::bigint - 1) AS n;

-- name: add_deposits
-- Deposits, nearly all credited.
INSERT INTO wallet_deposit (
    merchant_id, id, coin, chain_id, sender, recipient, tx_hash, log_index, block_height, block_hash, units, amount,
    status, version, created_at, updated_at, counted
)
SELECT
    %(merchant_id)s, %(base)s::bigint + 96000000000 + n, 'USDT', (ARRAY['tron', 'ethereum'])[n %% 2 + 1],
    's' || n, 'a' || %(merchant_id)s || '-' || n %% %(addresses)s::bigint, 'tx' || n, 0, n, 'b' || n, 1000000, 1000000,
    status, 1, at, at, CASE WHEN n < %(deposits)s::bigint - 300 THEN status END
FROM generate_series(0, %(deposits)s::bigint - 1) AS n
CROSS JOIN LATERAL (
    SELECT
        CASE WHEN n > %(deposits)s::bigint - 100 THEN 'confirming' WHEN n %% 100 = 1 THEN 'too_small'
            ELSE 'credited' END AS status,
        %(begin)s::timestamptz + %(span)s::interval * (n::float / %(deposits)s::float) AS at
) AS made;

-- name: add_withdrawals
-- Withdrawals, nearly all paid.
INSERT INTO withdrawal (
    merchant_id, id, third_order_no, coin, chain_id, address, amount, fee, status, payment_id, used_1h, used_24h,
    created_at, updated_at, counted
)
SELECT
    %(merchant_id)s, %(base)s::bigint + 97000000000 + n, 'w' || n, 'USDT', (ARRAY['tron', 'ethereum'])[n %% 2 + 1],
    'to' || n %% 1000, 1000000, 1000000, status, n, 0, 0, at, at,
    CASE WHEN n < %(withdrawals)s::bigint - 300 THEN status END
FROM generate_series(0, %(withdrawals)s::bigint - 1) AS n
CROSS JOIN LATERAL (
    SELECT
        CASE WHEN n > %(withdrawals)s::bigint - 100 THEN 'confirming' WHEN n %% 100 = 1 THEN 'failed'
            ELSE 'succeeded' END AS status,
        %(begin)s::timestamptz + %(span)s::interval * (n::float / %(withdrawals)s::float) AS at
) AS made;

-- name: add_events
-- Pushes of the last ninety days, of the card API; one in a thousand is of a kind of its own.
WITH made AS (
    INSERT INTO webhook_delivery (
        merchant_id, id, api, event, object, trace, detail, status, created_at, due_at, attempts, first_pushed_at,
        queue, sequence
    )
    SELECT
        %(merchant_id)s, %(base)s::bigint + 98000000000 + n, 'card',
        CASE WHEN n %% 1000 = 7 THEN 'card_frozen' WHEN n %% 2 = 0 THEN 'card_recharged' ELSE 'card_spent' END,
        'card:' || n %% %(cards)s::bigint, '', '{}', 'delivered', at, at, 1, at, (n %% %(cards)s::bigint)::text, n + 1
    FROM generate_series(0, %(rounds)s::bigint - 1) AS n
    CROSS JOIN LATERAL (
        SELECT
            %(begin)s::timestamptz + %(span)s::interval
            - least(%(span)s::interval, interval '90 days') * (1 - n::float / %(rounds)s::float) AS at
    ) AS told
    RETURNING merchant_id, api, event, sequence, created_at
),
streams AS (
    INSERT INTO webhook_stream (merchant_id, api, last) SELECT merchant_id, api, max(sequence) FROM made GROUP BY 1, 2
)
INSERT INTO webhook_block (merchant_id, api, block, event, deliveries, first_at, last_at)
SELECT merchant_id, api, block, coalesce(event, ''), count(*), min(created_at), max(created_at)
FROM (SELECT merchant_id, api, sequence / 1000 AS block, event, created_at FROM made) AS made
GROUP BY GROUPING SETS ((merchant_id, api, block), (merchant_id, api, block, event))
ORDER BY merchant_id, api, block;

-- name: count_rows
-- The counts that workers would have made by now.
INSERT INTO list_count (merchant_id, list, day, kind, via, status, rows)
SELECT merchant_id, 'card', (created_at AT TIME ZONE 'UTC')::date, '', '', counted, count(*)
FROM card WHERE merchant_id = %(merchant_id)s AND counted IS NOT NULL GROUP BY 1, 2, 3, 4, 5, 6
UNION ALL
SELECT merchant_id, 'bill', (at AT TIME ZONE 'UTC')::date, kind, '', counted, count(*)
FROM card_transaction WHERE merchant_id = %(merchant_id)s AND counted IS NOT NULL GROUP BY 1, 2, 3, 4, 5, 6
UNION ALL
SELECT merchant_id, 'payout', (created_at AT TIME ZONE 'UTC')::date, '', '', counted, count(*)
FROM payout WHERE merchant_id = %(merchant_id)s AND counted IS NOT NULL GROUP BY 1, 2, 3, 4, 5, 6
UNION ALL
SELECT merchant_id, 'deposit', (created_at AT TIME ZONE 'UTC')::date, coin, chain_id, counted, count(*)
FROM wallet_deposit WHERE merchant_id = %(merchant_id)s AND counted IS NOT NULL GROUP BY 1, 2, 3, 4, 5, 6
UNION ALL
SELECT merchant_id, 'withdrawal', (created_at AT TIME ZONE 'UTC')::date, coin, chain_id, counted, count(*)
FROM withdrawal WHERE merchant_id = %(merchant_id)s AND counted IS NOT NULL GROUP BY 1, 2, 3, 4, 5, 6
UNION ALL
SELECT merchant_id, 'customer', '-infinity'::date, '', '', counted::text, count(*)
FROM customer WHERE merchant_id = %(merchant_id)s AND counted IS NOT NULL GROUP BY 1, 2, 3, 4, 5, 6
UNION ALL
SELECT merchant_id, 'address', '-infinity'::date, '', chain_id, counted, count(*)
FROM wallet_address WHERE merchant_id = %(merchant_id)s AND counted IS NOT NULL GROUP BY 1, 2, 3, 4, 5, 6;

-- name: list_indexes
-- Indexes that no constraint needs, of the tables that are filled.
SELECT index.indexname, index.indexdef
FROM pg_indexes AS index
WHERE index.schemaname = 'public'
    AND index.tablename = ANY(%(tables)s::text[])
    AND NOT EXISTS (
        SELECT FROM pg_constraint WHERE conindid = format('%%I', index.indexname)::regclass
    );
