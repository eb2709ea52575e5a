-- name: lease_ids
-- The number of a block of ids that nobody else will get, nor got before a restore: 2^24 blocks to an epoch.
SELECT epoch::bigint * 16777216 + nextval('id_block') FROM install;

-- name: open_accounts
-- Opens those of the named accounts that are not open yet.
INSERT INTO ledger_account (merchant_id, id, code, asset, may_go_negative, head)
SELECT %(merchant_id)s, id, code, asset, may_go_negative, %(genesis)s
FROM unnest(%(ids)s::bigint[], %(codes)s::text[], %(assets)s::text[], %(may_go_negative)s::boolean[])
    AS account (id, code, asset, may_go_negative)
ORDER BY code, asset -- everybody inserts in one order, so that two who open the same ones do not deadlock
ON CONFLICT (merchant_id, code, asset) DO NOTHING;

-- name: find_accounts
-- Ids of the named accounts.
SELECT account.code, account.asset, account.id
FROM unnest(%(codes)s::text[], %(assets)s::text[]) AS named (code, asset)
JOIN ledger_account AS account
    ON account.merchant_id = %(merchant_id)s AND account.code = named.code AND account.asset = named.asset;

-- name: lock_accounts
-- Holds the accounts of a batch until it is committed; in the order of ids, so that batches never deadlock.
SELECT id, balance::text, version, head
FROM ledger_account
WHERE merchant_id = %(merchant_id)s AND id = ANY(%(ids)s::bigint[])
ORDER BY id
FOR NO KEY UPDATE;

-- name: find_operations
-- Which keys of a batch were used before, and for what. Runs after the locks, so that it sees who held them.
SELECT key, id, subject, fingerprint
FROM ledger_operation
WHERE merchant_id = %(merchant_id)s AND key = ANY(%(keys)s::text[]);

-- name: write_batch
-- All that the ledger itself writes for a batch, in one statement: each one sent costs the client as much as ten rows.
WITH operation AS (
    INSERT INTO ledger_operation (merchant_id, id, key, fingerprint, kind, subject, actor, at)
    SELECT %(merchant_id)s, *
    FROM unnest(
        %(operation_ids)s::bigint[], %(keys)s::text[], %(fingerprints)s::bytea[], %(operation_kinds)s::text[],
        %(subjects)s::text[], %(actors)s::text[], %(operations_at)s::timestamptz[]
    )
),
entry AS (
    INSERT INTO ledger_entry
        (merchant_id, account_id, version, operation_id, position, kind, amount, balance, forced, at, hash)
    SELECT %(merchant_id)s, *
    FROM unnest(
        %(account_ids)s::bigint[], %(versions)s::bigint[], %(entry_operations)s::bigint[], %(positions)s::smallint[],
        %(entry_kinds)s::text[], %(amounts)s::numeric[], %(balances)s::numeric[], %(forced)s::boolean[],
        %(entries_at)s::timestamptz[], %(hashes)s::bytea[]
    )
),
job AS (
    INSERT INTO job (id, merchant_id, kind, payload, due_at)
    SELECT id, %(merchant_id)s, kind, payload, due_at
    FROM unnest(%(job_ids)s::bigint[], %(job_kinds)s::text[], %(payloads)s::jsonb[], %(due_at)s::timestamptz[])
        AS job (id, kind, payload, due_at)
)
UPDATE ledger_account AS account
SET balance = moved.balance, version = moved.version, head = moved.head
FROM unnest(
    %(moved_ids)s::bigint[], %(moved_balances)s::numeric[], %(moved_versions)s::bigint[], %(moved_heads)s::bytea[]
) AS moved (id, balance, version, head)
WHERE account.merchant_id = %(merchant_id)s AND account.id = moved.id;

-- name: balances
-- Balances of some accounts by code, for one asset or all.
SELECT id, code, asset, balance
FROM ledger_account
WHERE merchant_id = %(merchant_id)s
    AND code = ANY(%(codes)s::text[])
    AND (%(asset)s::text IS NULL OR asset = %(asset)s)
ORDER BY id;

-- name: list_accounts
-- Accounts of a book by code and asset, after one of them.
SELECT code, asset, balance, version, may_go_negative
FROM ledger_account
WHERE merchant_id = %(merchant_id)s AND (code, asset) > (%(code)s::text, %(asset)s::text)
ORDER BY code, asset
LIMIT %(limit)s;

-- name: list_account_entries
-- Entries of one account, newest first, before one of them, with the operation that each belongs to.
SELECT
    entry.version, entry.operation_id, entry.kind, entry.amount, entry.balance, entry.forced, entry.at,
    operation.kind AS operation_kind, operation.subject, operation.actor
FROM ledger_entry AS entry
JOIN ledger_operation AS operation
    ON operation.merchant_id = entry.merchant_id AND operation.id = entry.operation_id
WHERE entry.merchant_id = %(merchant_id)s
    AND entry.account_id = (
        SELECT account.id
        FROM ledger_account AS account
        WHERE account.merchant_id = %(merchant_id)s AND account.code = %(code)s AND account.asset = %(asset)s
    )
    AND entry.version < %(before)s
ORDER BY entry.version DESC
LIMIT %(limit)s;

-- name: list_proofs
-- Nightly proofs that have ended, newest first, before one of them.
SELECT night, started_at, ended_at, books, entries, differences
FROM ledger_proof
WHERE ended_at IS NOT NULL AND night < %(before)s
ORDER BY night DESC
LIMIT %(limit)s;

-- name: sum_code
-- What an account code comes to in all books, for one asset; for reports, since it reads every merchant's accounts.
SELECT coalesce(sum(balance), 0)::numeric FROM ledger_account WHERE code = %(code)s AND asset = %(asset)s;

-- name: list_entries
-- Entries of one account code, newest first, with the operation each belongs to. Each kind on each account has its own
-- place in the index, so they are found one after the other and merged.
WITH RECURSIVE kinds AS (
    SELECT account.id AS account_id, found.kind
    FROM ledger_account AS account
    CROSS JOIN LATERAL (
        SELECT kind FROM ledger_entry AS entry
        WHERE entry.merchant_id = %(merchant_id)s AND entry.account_id = account.id
        ORDER BY kind LIMIT 1
    ) AS found
    WHERE account.merchant_id = %(merchant_id)s
        AND account.code = %(code)s
        AND (%(account_id)s::bigint IS NULL OR account.id = %(account_id)s)
    UNION ALL
    SELECT kinds.account_id, found.kind
    FROM kinds
    CROSS JOIN LATERAL (
        SELECT kind FROM ledger_entry AS entry
        WHERE entry.merchant_id = %(merchant_id)s AND entry.account_id = kinds.account_id AND entry.kind > kinds.kind
        ORDER BY kind LIMIT 1
    ) AS found
),
newest AS (
    SELECT kinds.account_id, found.version, found.at
    FROM kinds
    CROSS JOIN LATERAL (
        SELECT version, at FROM ledger_entry AS entry
        WHERE entry.merchant_id = %(merchant_id)s AND entry.account_id = kinds.account_id AND entry.kind = kinds.kind
            AND entry.at >= %(start_at)s::timestamptz AND entry.at < %(end_at)s::timestamptz
        ORDER BY at DESC, version DESC
        LIMIT %(limit)s::bigint + %(offset)s::bigint
    ) AS found
    WHERE %(kinds)s::text[] IS NULL OR kinds.kind = ANY(%(kinds)s::text[])
    ORDER BY found.at DESC, kinds.account_id, found.version DESC
    LIMIT %(limit)s OFFSET %(offset)s
)
SELECT
    entry.account_id, entry.version, account.asset, account.code, entry.kind, entry.amount, entry.balance, entry.at,
    operation.kind AS operation_kind, operation.subject
FROM newest
JOIN ledger_entry AS entry
    ON entry.merchant_id = %(merchant_id)s AND entry.account_id = newest.account_id AND entry.version = newest.version
JOIN ledger_account AS account ON account.merchant_id = entry.merchant_id AND account.id = entry.account_id
JOIN ledger_operation AS operation
    ON operation.merchant_id = entry.merchant_id AND operation.id = entry.operation_id
ORDER BY entry.at DESC, entry.account_id, entry.version DESC;

-- name: count_entries
-- How many entries are on all pages: what was counted, by day and kind; entries of whole days since then; and those
-- from either end of the span that make no whole day.
WITH RECURSIVE account AS (
    SELECT account.id, coalesce(counted.version, 0) AS counted
    FROM ledger_account AS account
    LEFT JOIN ledger_entry_counted AS counted
        ON counted.merchant_id = account.merchant_id AND counted.account_id = account.id
    WHERE account.merchant_id = %(merchant_id)s
        AND account.code = %(code)s
        AND (%(account_id)s::bigint IS NULL OR account.id = %(account_id)s)
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
wanted AS (
    SELECT account_id, kind FROM kinds WHERE %(kinds)s::text[] IS NULL OR kind = ANY(%(kinds)s::text[])
),
rest AS MATERIALIZED ( -- by version, through the key; the amount keeps the planner from walking the index of kinds
    SELECT entry.kind, entry.at, entry.amount
    FROM account
    JOIN ledger_entry AS entry
        ON entry.merchant_id = %(merchant_id)s AND entry.account_id = account.id AND entry.version > account.counted
)
SELECT (
    SELECT coalesce(sum(kept.entries), 0)::bigint
    FROM wanted
    JOIN ledger_entry_count AS kept
        ON kept.merchant_id = %(merchant_id)s AND kept.account_id = wanted.account_id AND kept.kind = wanted.kind
        AND kept.day >= (%(whole_from)s::timestamptz AT TIME ZONE 'UTC')::date
        AND kept.day < (%(whole_to)s::timestamptz AT TIME ZONE 'UTC')::date
) + (
    SELECT count(*)
    FROM rest
    WHERE (%(kinds)s::text[] IS NULL OR kind = ANY(%(kinds)s::text[]))
        AND at >= %(whole_from)s::timestamptz AND at < %(whole_to)s::timestamptz
) + (
    SELECT coalesce(sum(ends.entries), 0)::bigint
    FROM wanted
    CROSS JOIN (VALUES
        (%(start_at)s::timestamptz, %(head_to)s::timestamptz), (%(tail_from)s::timestamptz, %(end_at)s::timestamptz)
    ) AS part (start_at, end_at)
    CROSS JOIN LATERAL (
        SELECT count(*) AS entries FROM ledger_entry AS entry
        WHERE entry.merchant_id = %(merchant_id)s AND entry.account_id = wanted.account_id
            AND entry.kind = wanted.kind AND entry.at >= part.start_at AND entry.at < part.end_at
    ) AS ends
);

-- name: count_all_entries
-- How many entries the accounts of a code have: their versions have no gaps.
SELECT coalesce(sum(version), 0)::bigint
FROM ledger_account
WHERE merchant_id = %(merchant_id)s
    AND code = %(code)s
    AND (%(account_id)s::bigint IS NULL OR id = %(account_id)s);

-- name: list_entries_of
-- Entries of one account code that belong to some subjects, or the one with a version; newest first.
SELECT
    entry.account_id, entry.version, account.asset, account.code, entry.kind, entry.amount, entry.balance, entry.at,
    operation.kind AS operation_kind, operation.subject
FROM ledger_account AS account
JOIN ledger_entry AS entry ON entry.merchant_id = account.merchant_id AND entry.account_id = account.id
JOIN ledger_operation AS operation
    ON operation.merchant_id = entry.merchant_id AND operation.id = entry.operation_id
WHERE account.merchant_id = %(merchant_id)s
    AND account.code = %(code)s
    AND (%(account_id)s::bigint IS NULL OR account.id = %(account_id)s)
    AND (%(version)s::bigint IS NULL OR entry.version = %(version)s)
    AND (%(kinds)s::text[] IS NULL OR entry.kind = ANY(%(kinds)s::text[]))
    AND (%(subjects)s::text[] IS NULL OR operation.subject = ANY(%(subjects)s::text[]))
    AND entry.at >= %(start_at)s::timestamptz AND entry.at < %(end_at)s::timestamptz
ORDER BY entry.at DESC, entry.account_id, entry.version DESC
LIMIT %(limit)s OFFSET %(offset)s;

-- name: count_entries_of
-- How many entries belong to some subjects.
SELECT count(*)
FROM ledger_account AS account
JOIN ledger_entry AS entry ON entry.merchant_id = account.merchant_id AND entry.account_id = account.id
JOIN ledger_operation AS operation
    ON operation.merchant_id = entry.merchant_id AND operation.id = entry.operation_id
WHERE account.merchant_id = %(merchant_id)s
    AND account.code = %(code)s
    AND (%(account_id)s::bigint IS NULL OR account.id = %(account_id)s)
    AND (%(version)s::bigint IS NULL OR entry.version = %(version)s)
    AND (%(kinds)s::text[] IS NULL OR entry.kind = ANY(%(kinds)s::text[]))
    AND (%(subjects)s::text[] IS NULL OR operation.subject = ANY(%(subjects)s::text[]))
    AND entry.at >= %(start_at)s::timestamptz AND entry.at < %(end_at)s::timestamptz;

-- name: find_uncounted
-- Accounts of a code with many entries that were not counted, one look into the index for each book.
WITH RECURSIVE book AS (
    (SELECT merchant_id FROM ledger_account ORDER BY merchant_id LIMIT 1)
    UNION ALL
    SELECT (SELECT merchant_id FROM ledger_account WHERE merchant_id > book.merchant_id ORDER BY merchant_id LIMIT 1)
    FROM book
    WHERE book.merchant_id IS NOT NULL
)
SELECT account.merchant_id, account.id
FROM book
JOIN ledger_account AS account ON account.merchant_id = book.merchant_id AND account.code = %(code)s
LEFT JOIN ledger_entry_counted AS counted
    ON counted.merchant_id = account.merchant_id AND counted.account_id = account.id
WHERE account.version - coalesce(counted.version, 0) > %(left_over)s;

-- name: begin_counting
-- An account of which nothing was counted yet.
INSERT INTO ledger_entry_counted (merchant_id, account_id, version)
VALUES (%(merchant_id)s, %(account_id)s, 0)
ON CONFLICT (merchant_id, account_id) DO NOTHING;

-- name: count_more_entries
-- Counts the next entries of an account, by kind and day. Versions are given while the account is held, so none at or
-- below the last one that is visible can still come. Two who count the same account count one after the other.
WITH counted AS (
    SELECT merchant_id, account_id, version
    FROM ledger_entry_counted
    WHERE merchant_id = %(merchant_id)s AND account_id = %(account_id)s
    FOR NO KEY UPDATE
),
entry AS MATERIALIZED ( -- through the key; the amount keeps the planner from walking the index of kinds
    SELECT entry.version, entry.kind, (entry.at AT TIME ZONE 'UTC')::date AS day, entry.amount
    FROM counted
    JOIN ledger_entry AS entry
        ON entry.merchant_id = counted.merchant_id AND entry.account_id = counted.account_id
        AND entry.version > counted.version AND entry.version <= counted.version + %(most)s
),
moved AS (
    UPDATE ledger_entry_counted AS counted
    SET version = (SELECT max(version) FROM entry)
    WHERE counted.merchant_id = %(merchant_id)s AND counted.account_id = %(account_id)s AND EXISTS (SELECT FROM entry)
)
INSERT INTO ledger_entry_count AS kept (merchant_id, account_id, kind, day, entries)
SELECT %(merchant_id)s, %(account_id)s, kind, day, count(*) FROM entry GROUP BY kind, day
ON CONFLICT (merchant_id, account_id, kind, day) DO UPDATE SET entries = kept.entries + excluded.entries;

-- name: sum_moves
-- What was moved in a span of time, by kind of transfer and asset; each transfer counts once, on the account where it
-- arrived. Each kind on each account has its own place in the index.
SELECT entry.kind, account.asset, sum(entry.amount)::numeric AS amount
FROM ledger_account AS account
CROSS JOIN unnest(%(kinds)s::text[]) AS wanted (kind)
CROSS JOIN LATERAL (
    SELECT kind, amount
    FROM ledger_entry
    WHERE merchant_id = %(merchant_id)s AND account_id = account.id AND kind = wanted.kind
        AND at >= %(start_at)s AND at < %(end_at)s AND amount > 0
) AS entry
WHERE account.merchant_id = %(merchant_id)s AND account.code = ANY(%(codes)s::text[])
GROUP BY entry.kind, account.asset
ORDER BY entry.kind, account.asset;

-- name: list_happened
-- Which of some kinds of operations happened to some subjects before an instant.
SELECT subject, kind
FROM ledger_operation
WHERE merchant_id = %(merchant_id)s
    AND subject = ANY(%(subjects)s::text[])
    AND kind = ANY(%(kinds)s::text[])
    AND at < %(before)s;

-- name: check_totals
-- Size of what is checked, since an instant or from the beginning.
SELECT
    (SELECT count(DISTINCT merchant_id) FROM ledger_account) AS books,
    (SELECT count(*) FROM ledger_entry WHERE at >= coalesce(%(since)s::timestamptz, '-infinity')) AS entries;

-- name: check_books
-- Books that do not sum to zero in an asset, from entries alone.
SELECT entry.merchant_id, account.asset, sum(entry.amount) AS off_by
FROM ledger_entry AS entry
JOIN ledger_account AS account ON account.merchant_id = entry.merchant_id AND account.id = entry.account_id
GROUP BY entry.merchant_id, account.asset
HAVING sum(entry.amount) <> 0
ORDER BY entry.merchant_id, account.asset
LIMIT %(most)s;

-- name: check_between
-- Assets in which what left books for others is not what arrived from others.
SELECT account.asset, sum(entry.amount) AS off_by
FROM ledger_entry AS entry
JOIN ledger_account AS account ON account.merchant_id = entry.merchant_id AND account.id = entry.account_id
WHERE account.code = 'between:books'
GROUP BY account.asset
HAVING sum(entry.amount) <> 0
ORDER BY account.asset
LIMIT %(most)s;

-- name: check_operations
-- Operations whose own entries do not sum to zero in an asset, and entries without an operation or an account; those
-- dated since an instant, or all. All entries of an operation have one date, so that a changed one shows here too.
SELECT
    entry.merchant_id, entry.operation_id, account.asset, sum(entry.amount) AS off_by,
    bool_or(operation.id IS NULL) AS without_operation, bool_or(account.id IS NULL) AS without_account
FROM ledger_entry AS entry
LEFT JOIN ledger_account AS account ON account.merchant_id = entry.merchant_id AND account.id = entry.account_id
LEFT JOIN ledger_operation AS operation
    ON operation.merchant_id = entry.merchant_id AND operation.id = entry.operation_id
WHERE entry.at >= coalesce(%(since)s::timestamptz, '-infinity')
GROUP BY entry.merchant_id, entry.operation_id, account.asset
HAVING sum(entry.amount) <> 0 OR bool_or(operation.id IS NULL) OR bool_or(account.id IS NULL)
ORDER BY entry.merchant_id, entry.operation_id, account.asset
LIMIT %(most)s;

-- name: check_accounts
-- Accounts whose stored balance, version or head is not what their entries say.
WITH told AS (
    SELECT merchant_id, account_id, sum(amount) AS balance, max(version) AS version
    FROM ledger_entry
    GROUP BY merchant_id, account_id
)
SELECT
    account.merchant_id, account.code, account.asset,
    account.balance, coalesce(told.balance, 0) AS told_balance,
    account.version, coalesce(told.version, 0) AS told_version
FROM ledger_account AS account
LEFT JOIN told ON told.merchant_id = account.merchant_id AND told.account_id = account.id
LEFT JOIN ledger_entry AS newest
    ON newest.merchant_id = account.merchant_id AND newest.account_id = account.id AND newest.version = told.version
WHERE account.balance <> coalesce(told.balance, 0)
    OR account.version <> coalesce(told.version, 0)
    OR account.head <> coalesce(newest.hash, %(genesis)s)
ORDER BY account.merchant_id, account.code, account.asset
LIMIT %(most)s;

-- name: check_entries
-- Entries that do not follow from the one before: version, balance, hash, or a balance below zero that nothing allows.
-- Of each account those from the first one on that is dated since an instant, with the last entry before them taken as it
-- stands; or all.
WITH first AS (
    SELECT merchant_id, account_id, min(version) AS version
    FROM ledger_entry
    WHERE at >= coalesce(%(since)s::timestamptz, '-infinity')
    GROUP BY merchant_id, account_id
),
chained AS (
    SELECT
        entry.*, account.code, account.asset, account.may_go_negative, first.version AS first_version,
        lag(entry.version, 1, 0::bigint) OVER by_account AS version_before,
        lag(entry.balance, 1, 0::numeric) OVER by_account AS balance_before,
        lag(entry.hash, 1, %(genesis)s::bytea) OVER by_account AS hash_before
    FROM first
    JOIN ledger_entry AS entry
        ON entry.merchant_id = first.merchant_id
        AND entry.account_id = first.account_id
        AND entry.version >= first.version - 1
    JOIN ledger_account AS account ON account.merchant_id = entry.merchant_id AND account.id = entry.account_id
    WINDOW by_account AS (PARTITION BY entry.merchant_id, entry.account_id ORDER BY entry.version)
),
judged AS (
    SELECT
        merchant_id, code, asset, version, version_before,
        balance <> balance_before + amount AS wrong_balance,
        balance < 0 AND amount < 0 AND NOT may_go_negative AND NOT forced AS below_zero,
        hash <> sha256(
            hash_before || convert_to(
                concat_ws(
                    '|', account_id, version, operation_id, position, kind, amount, balance,
                    CASE WHEN forced THEN 't' ELSE 'f' END, (extract(epoch FROM at) * 1000000)::bigint
                ), 'UTF8'
            )
        ) AS wrong_hash
    FROM chained
    WHERE version >= first_version
)
SELECT merchant_id, code, asset, version, version_before, wrong_balance, below_zero, wrong_hash
FROM judged
WHERE version <> version_before + 1 OR wrong_balance OR below_zero OR wrong_hash
ORDER BY merchant_id, code, asset, version
LIMIT %(most)s;

-- name: find_last_proof
-- The newest proof that found the books in order, with what it read.
SELECT night, started_at, books, entries
FROM ledger_proof
WHERE ended_at IS NOT NULL AND differences = 0
ORDER BY night DESC
LIMIT 1;

-- name: check_stored_books
-- Books whose stored balances do not sum to zero in an asset: no entry is read.
SELECT merchant_id, asset, sum(balance) AS off_by
FROM ledger_account
GROUP BY merchant_id, asset
HAVING sum(balance) <> 0
ORDER BY merchant_id, asset
LIMIT %(most)s;

-- name: check_stored_between
-- Assets in which the stored balances between books do not sum to zero.
SELECT asset, sum(balance) AS off_by
FROM ledger_account
WHERE code = 'between:books'
GROUP BY asset
HAVING sum(balance) <> 0
ORDER BY asset
LIMIT %(most)s;

-- name: check_stored_accounts
-- Accounts whose stored balance, version or head is not what their newest entry says: one entry of each is read.
SELECT
    account.merchant_id, account.code, account.asset,
    account.balance, coalesce(newest.balance, 0) AS told_balance,
    account.version, coalesce(newest.version, 0) AS told_version
FROM ledger_account AS account
LEFT JOIN LATERAL (
    SELECT entry.balance, entry.version, entry.hash
    FROM ledger_entry AS entry
    WHERE entry.merchant_id = account.merchant_id AND entry.account_id = account.id
    ORDER BY entry.version DESC
    LIMIT 1
) AS newest ON true
WHERE account.balance <> coalesce(newest.balance, 0)
    OR account.version <> coalesce(newest.version, 0)
    OR account.head <> coalesce(newest.hash, %(genesis)s)
ORDER BY account.merchant_id, account.code, account.asset
LIMIT %(most)s;

-- name: claim_proof
-- The proof of a night, for the first who asks; again for another once whoever had it was gone for long.
INSERT INTO ledger_proof AS proof (night, started_at)
VALUES (%(night)s, now())
ON CONFLICT (night) DO UPDATE SET started_at = now()
WHERE proof.ended_at IS NULL AND proof.started_at < %(left_before)s
RETURNING night;

-- name: end_proof
-- The result of a night's proof.
UPDATE ledger_proof
SET ended_at = clock_timestamp(), books = %(books)s, entries = %(entries)s, differences = %(differences)s
WHERE night = %(night)s AND ended_at IS NULL;
