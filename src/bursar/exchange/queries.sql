-- name: list_rates
-- The rate of each pair that holds at an instant, in the order of their currencies.
SELECT pair.source, pair.target, held.rate, held.holds_from
FROM exchange_rate AS pair
JOIN LATERAL (
    SELECT rate, holds_from
    FROM exchange_rate_change AS change
    WHERE change.source = pair.source AND change.target = pair.target AND holds_from <= %(now)s
    ORDER BY holds_from DESC, made_at DESC, id DESC
    LIMIT 1
) AS held ON true
ORDER BY pair.target, pair.source;

-- name: find_rate
-- The rate between two currencies that holds at an instant.
SELECT source, target, rate, holds_from
FROM exchange_rate_change
WHERE source = %(source)s AND target = %(target)s AND holds_from <= %(now)s
ORDER BY holds_from DESC, made_at DESC, id DESC
LIMIT 1;

-- name: list_changes
-- The rates of a pair that hold later, now, and held before, the latest first.
SELECT source, target, rate, holds_from, made_at, made_by, id
FROM exchange_rate_change
WHERE source = %(source)s AND target = %(target)s
    AND (holds_from, made_at, id) < (
        coalesce(%(holds_from)s::timestamptz, 'infinity'), coalesce(%(made_at)s::timestamptz, 'infinity'),
        coalesce(%(id)s::bigint, 0)
    )
ORDER BY holds_from DESC, made_at DESC, id DESC
LIMIT %(limit)s;

-- name: add_change
-- A rate from an instant on.
INSERT INTO exchange_rate_change (source, target, holds_from, id, rate, made_at, made_by)
VALUES (%(source)s, %(target)s, %(holds_from)s, %(id)s, %(rate)s, %(made_at)s, %(made_by)s);

-- name: name_pair
-- A pair that has rates; one that is known stays as it is.
INSERT INTO exchange_rate (source, target, rate, updated_at)
VALUES (%(source)s, %(target)s, %(rate)s, %(holds_from)s)
ON CONFLICT (source, target) DO NOTHING;

-- name: set_rate
-- The present rate of a pair, for programs of earlier versions.
INSERT INTO exchange_rate (source, target, rate, updated_at)
VALUES (%(source)s, %(target)s, %(rate)s, %(holds_from)s)
ON CONFLICT (source, target) DO UPDATE SET rate = excluded.rate, updated_at = excluded.updated_at;
