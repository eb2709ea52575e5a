-- name: add_bookings :set
-- New lines of the journal.
INSERT INTO booking (
    merchant_id, id, kind, asset, amount, debit, credit, reason, document, actor, at
)
SELECT %(merchant_id)s, *
FROM unnest(
    %(ids)s::bigint[], %(kinds)s::text[], %(assets)s::text[], %(amounts)s::numeric[], %(debits)s::text[],
    %(credits)s::text[], %(reasons)s::text[], %(documents)s::text[], %(actors)s::text[],
    %(at)s::timestamptz[]
);

-- name: find_booking
-- One line of a book's journal.
SELECT merchant_id, id, kind, asset, amount, debit, credit, reason, document, actor, at
FROM booking
WHERE merchant_id = %(merchant_id)s AND id = %(id)s;

-- name: list_bookings
-- A book's journal, newest first, from before one of its lines on.
SELECT merchant_id, id, kind, asset, amount, debit, credit, reason, document, actor, at
FROM booking
WHERE merchant_id = %(merchant_id)s
    AND (at, id) < (
        CASE
            WHEN %(before)s::bigint IS NULL THEN 'infinity'
            ELSE (SELECT at FROM booking WHERE merchant_id = %(merchant_id)s AND id = %(before)s)
        END,
        coalesce(%(before)s::bigint, 0)
    )
ORDER BY at DESC, id DESC
LIMIT %(limit)s;

-- name: find_account
-- An account of a book by its code and asset.
SELECT code, asset, may_go_negative
FROM ledger_account
WHERE merchant_id = %(merchant_id)s AND code = %(code)s AND asset = %(asset)s;

-- name: sum_accounts
-- What the accounts of each code come to in one book; those of all cards together.
SELECT
    regexp_replace(code, '^card:[0-9]+:', 'card:') AS code, asset, count(*) AS accounts, sum(balance)::numeric AS balance
FROM ledger_account
WHERE merchant_id = %(merchant_id)s
GROUP BY 1, 2
ORDER BY 1, 2;

-- name: sum_all_accounts
-- The same in all books together.
SELECT
    regexp_replace(code, '^card:[0-9]+:', 'card:') AS code, asset, count(*) AS accounts, sum(balance)::numeric AS balance
FROM ledger_account
GROUP BY 1, 2
ORDER BY 1, 2;
