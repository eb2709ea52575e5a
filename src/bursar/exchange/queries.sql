-- name: list_rates
-- All rates, in the order of their currencies.
SELECT source, target, rate, updated_at FROM exchange_rate ORDER BY target, source;

-- name: find_rate
-- The rate between two currencies.
SELECT source, target, rate, updated_at FROM exchange_rate WHERE source = %(source)s AND target = %(target)s;

-- name: set_rate
-- A new or changed rate.
INSERT INTO exchange_rate (source, target, rate, updated_at)
VALUES (%(source)s, %(target)s, %(rate)s, %(updated_at)s)
ON CONFLICT (source, target) DO UPDATE SET rate = excluded.rate, updated_at = excluded.updated_at;
