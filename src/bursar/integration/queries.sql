-- name: list_volume
-- Movements by day and asset on a merchant's available balances since a day, from the counts that are kept.
SELECT counted.day, account.asset, sum(counted.entries)::bigint AS movements
FROM ledger_account AS account
JOIN ledger_entry_count AS counted
    ON counted.merchant_id = account.merchant_id AND counted.account_id = account.id
WHERE account.merchant_id = %(merchant_id)s AND account.code = ANY(%(codes)s::text[]) AND counted.day >= %(since)s
GROUP BY counted.day, account.asset
ORDER BY counted.day DESC, account.asset;
