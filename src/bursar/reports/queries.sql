-- name: add_report
-- A report that was asked for.
INSERT INTO report (id, kind, first_day, last_day, provisional, asked_by, asked_at)
VALUES (%(id)s, %(kind)s, %(first_day)s, %(last_day)s, %(provisional)s, %(asked_by)s, %(asked_at)s);

-- name: find_report
-- One report without its content.
SELECT id, kind, first_day, last_day, asked_by, asked_at, made_at, digest, differences, provisional
FROM report
WHERE id = %(id)s;

-- name: find_content
-- The sealed content of a report.
SELECT content FROM report WHERE id = %(id)s AND made_at IS NOT NULL;

-- name: list_reports
-- Reports, the newest first, from before one of them on.
SELECT id, kind, first_day, last_day, asked_by, asked_at, made_at, digest, differences, provisional
FROM report
WHERE id < %(before)s
ORDER BY id DESC
LIMIT %(limit)s;

-- name: find_newest_close
-- The newest close that was made of a day when it was over; numbers say nothing of two that two processes have made.
SELECT id, kind, first_day, last_day, asked_by, asked_at, made_at, digest, differences, provisional
FROM report
WHERE kind = 'close' AND first_day = %(day)s AND made_at IS NOT NULL AND NOT provisional
ORDER BY made_at DESC, id DESC
LIMIT 1;

-- name: publish_report
-- Gives a report its content, once.
UPDATE report
SET made_at = %(made_at)s, content = %(content)s, digest = %(digest)s, differences = %(differences)s
WHERE id = %(id)s AND made_at IS NULL;

-- name: add_close
-- A day that a person has closed.
INSERT INTO daily_close (day, report_id, digest, differences, signed_by, signed_at, reason)
VALUES (%(day)s, %(report_id)s, %(digest)s, %(differences)s, %(signed_by)s, %(signed_at)s, %(reason)s);

-- name: find_close
-- The close of a day.
SELECT day, report_id, digest, differences, signed_by, signed_at, reason
FROM daily_close
WHERE day = %(day)s;

-- name: list_closes
-- Closed days, the newest first, from before one of them on.
SELECT day, report_id, digest, differences, signed_by, signed_at, reason
FROM daily_close
WHERE day < %(before)s
ORDER BY day DESC
LIMIT %(limit)s;

-- name: sum_turnover
-- Movements of a period in all books, by kind and asset; a transfer has one entry that is more than zero.
SELECT entry.kind, account.asset, count(*), sum(entry.amount)::numeric
FROM ledger_entry AS entry
JOIN ledger_account AS account ON account.merchant_id = entry.merchant_id AND account.id = entry.account_id
WHERE entry.at >= %(start_at)s AND entry.at < %(end_at)s AND entry.amount > 0
GROUP BY 1, 2
ORDER BY 1, 2;

-- name: sum_volumes
-- The same for each merchant.
SELECT entry.merchant_id, entry.kind, account.asset, count(*), sum(entry.amount)::numeric
FROM ledger_entry AS entry
JOIN ledger_account AS account ON account.merchant_id = entry.merchant_id AND account.id = entry.account_id
WHERE entry.at >= %(start_at)s AND entry.at < %(end_at)s AND entry.amount > 0
GROUP BY 1, 2, 3
ORDER BY 1, 2, 3;

-- name: sum_accounts_of
-- What has moved in the accounts of one code in a period, by merchant and movement.
SELECT entry.merchant_id, entry.kind, account.asset, count(*), sum(entry.amount)::numeric
FROM ledger_entry AS entry
JOIN ledger_account AS account ON account.merchant_id = entry.merchant_id AND account.id = entry.account_id
WHERE entry.at >= %(start_at)s AND entry.at < %(end_at)s AND account.code = %(code)s
GROUP BY 1, 2, 3
ORDER BY 1, 2, 3;

-- name: sum_balances_at
-- What the accounts of each code came to at an instant, those of all cards together: now, less what has moved since.
SELECT code, asset, count(*), sum(balance)::numeric
FROM (
    SELECT
        regexp_replace(account.code, '^card:[0-9]+:', 'card:') AS code, account.asset,
        account.balance - coalesce(since.moved, 0) AS balance
    FROM ledger_account AS account
    LEFT JOIN (
        SELECT merchant_id, account_id, sum(amount) AS moved
        FROM ledger_entry
        WHERE at >= %(end_at)s
        GROUP BY 1, 2
    ) AS since ON since.merchant_id = account.merchant_id AND since.account_id = account.id
) AS standing
GROUP BY 1, 2
ORDER BY 1, 2;

-- name: find_proof
-- The newest proof of the books that has ended.
SELECT night, entries, differences
FROM ledger_proof
WHERE ended_at IS NOT NULL
ORDER BY night DESC
LIMIT 1;
