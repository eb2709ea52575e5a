-- name: add_account_statement
-- A statement that was asked for.
INSERT INTO account_statement (id, merchant_id, first_day, last_day, provisional, format, asked_by, asked_at)
VALUES (
    %(id)s, %(merchant_id)s, %(first_day)s, %(last_day)s, %(provisional)s, %(format)s, %(asked_by)s, %(asked_at)s
);

-- name: find_account_statement
-- One statement without its file.
SELECT
    id, merchant_id, first_day, last_day, provisional, format, asked_by, asked_at, made_at, accounts, entries,
    size_bytes, digest
FROM account_statement
WHERE id = %(id)s;

-- name: list_account_statements
-- Statements, the newest first, from before one of them on.
SELECT
    id, merchant_id, first_day, last_day, provisional, format, asked_by, asked_at, made_at, accounts, entries,
    size_bytes, digest
FROM account_statement
WHERE id < %(before)s
ORDER BY id DESC
LIMIT %(limit)s;

-- name: list_account_statements_of
-- The same for one merchant.
SELECT
    id, merchant_id, first_day, last_day, provisional, format, asked_by, asked_at, made_at, accounts, entries,
    size_bytes, digest
FROM account_statement
WHERE merchant_id = %(merchant_id)s AND id < %(before)s
ORDER BY id DESC
LIMIT %(limit)s;

-- name: publish_account_statement
-- Says what the file of a statement has, once; whoever comes second waits here and then changes nothing.
UPDATE account_statement
SET
    made_at = %(made_at)s, accounts = %(accounts)s, entries = %(entries)s, size_bytes = %(size_bytes)s,
    digest = %(digest)s
WHERE id = %(id)s AND made_at IS NULL;

-- name: add_account_statement_part
-- A sealed part of a file.
INSERT INTO account_statement_part (statement_id, number, content)
VALUES (%(statement_id)s, %(number)s, %(content)s);

-- name: find_account_statement_part
-- A sealed part of a file.
SELECT content FROM account_statement_part WHERE statement_id = %(statement_id)s AND number = %(number)s;

-- name: walk_accounts
-- The accounts of a merchant's book whose codes begin as said, with their balances before and after a span of time and
-- the entries between them, by account and in the order of its chain. The last entry before an instant is looked for in
-- the index by kinds, one look for each kind; around it, since entries are dated before they are booked, the one that
-- was booked last counts.
WITH RECURSIVE account AS (
    SELECT id, code, asset, balance, version
    FROM ledger_account
    WHERE merchant_id = %(merchant_id)s AND code LIKE ANY(%(codes)s::text[]) AND version > 0
),
kinds AS (
    SELECT account.id AS account_id, found.kind
    FROM account
    CROSS JOIN LATERAL (
        SELECT kind FROM ledger_entry AS entry
        WHERE entry.merchant_id = %(merchant_id)s AND entry.account_id = account.id
        ORDER BY kind LIMIT 1
    ) AS found
    UNION ALL
    SELECT kinds.account_id, found.kind
    FROM kinds
    CROSS JOIN LATERAL (
        SELECT kind FROM ledger_entry AS entry
        WHERE entry.merchant_id = %(merchant_id)s AND entry.account_id = kinds.account_id AND entry.kind > kinds.kind
        ORDER BY kind LIMIT 1
    ) AS found
),
span AS (
    SELECT
        kinds.account_id,
        coalesce(max(newest.version) FILTER (WHERE edge.opens), 0) AS opened,
        max(newest.version) FILTER (WHERE NOT edge.opens) AS closed
    FROM kinds
    CROSS JOIN (VALUES (true, %(start_at)s::timestamptz), (false, %(end_at)s::timestamptz)) AS edge (opens, at)
    CROSS JOIN LATERAL (
        SELECT max(around.version) AS version
        FROM ledger_entry AS around
        WHERE around.merchant_id = %(merchant_id)s AND around.account_id = kinds.account_id
            AND around.kind = kinds.kind
            AND around.at < edge.at
            AND around.at >= (
                SELECT max(last.at) FROM ledger_entry AS last
                WHERE last.merchant_id = %(merchant_id)s AND last.account_id = kinds.account_id
                    AND last.kind = kinds.kind AND last.at < edge.at
            ) - %(overlap)s::interval
    ) AS newest
    GROUP BY kinds.account_id
)
SELECT
    account.code, account.asset,
    coalesce(opening.balance, 0) AS opening,
    CASE WHEN account.version = span.closed THEN account.balance ELSE closing.balance END AS closing,
    entry.version, entry.at, entry.operation_id, operation.kind AS operation, operation.subject, entry.kind,
    other.code AS counterpart, entry.amount, entry.balance
FROM span
JOIN account ON account.id = span.account_id
JOIN ledger_entry AS closing
    ON closing.merchant_id = %(merchant_id)s AND closing.account_id = span.account_id AND closing.version = span.closed
LEFT JOIN ledger_entry AS opening
    ON opening.merchant_id = %(merchant_id)s AND opening.account_id = span.account_id AND opening.version = span.opened
LEFT JOIN ledger_entry AS entry
    ON entry.merchant_id = %(merchant_id)s AND entry.account_id = span.account_id
    AND entry.version > span.opened AND entry.version <= span.closed
LEFT JOIN ledger_operation AS operation
    ON operation.merchant_id = %(merchant_id)s AND operation.id = entry.operation_id
LEFT JOIN ledger_entry AS side -- the two entries of a transfer have an even position and the odd one behind it
    ON side.merchant_id = %(merchant_id)s AND side.operation_id = entry.operation_id
    AND side.position = entry.position # 1::smallint
LEFT JOIN ledger_account AS other ON other.merchant_id = %(merchant_id)s AND other.id = side.account_id
WHERE span.closed IS NOT NULL AND (entry.version IS NOT NULL OR closing.balance <> 0)
ORDER BY account.code, account.asset, entry.version;
