-- name: list_rates
-- The rate of each pair that holds at an instant, in the order of their currencies.
SELECT pair.source, pair.target, held.rate, held.holds_from, quote.as_of
FROM exchange_rate AS pair
JOIN LATERAL (
    SELECT rate, holds_from, id
    FROM exchange_rate_change AS change
    WHERE change.source = pair.source AND change.target = pair.target AND holds_from <= %(now)s
    ORDER BY holds_from DESC, made_at DESC, id DESC
    LIMIT 1
) AS held ON true
LEFT JOIN exchange_quote AS quote
    ON quote.source = pair.source AND quote.target = pair.target AND quote.change_id = held.id
ORDER BY pair.target, pair.source;

-- name: find_rate
-- The rate between two currencies that holds at an instant, and the instant for which a file says so.
SELECT change.source, change.target, rate, holds_from, quote.as_of
FROM exchange_rate_change AS change
LEFT JOIN exchange_quote AS quote
    ON quote.source = %(source)s AND quote.target = %(target)s AND quote.change_id = change.id
WHERE change.source = %(source)s AND change.target = %(target)s AND holds_from <= %(now)s
ORDER BY holds_from DESC, made_at DESC, change.id DESC
LIMIT 1;

-- name: get_range
-- The rate of a pair that holds at an instant, with the least and the most that have held from `since` on, or from the
-- last one on that somebody else than a file has decided.
WITH held AS (
    SELECT id, rate, holds_from, made_at, made_by
    FROM exchange_rate_change
    WHERE source = %(source)s AND target = %(target)s AND holds_from <= %(now)s
), first AS (
    SELECT holds_from, made_at FROM held
    WHERE made_by <> %(file)s OR holds_from <= %(since)s
    ORDER BY holds_from DESC, made_at DESC
    LIMIT 1
), counted AS (
    SELECT held.rate FROM held
    WHERE (held.holds_from, held.made_at) >= (
        coalesce((SELECT holds_from FROM first), '-infinity'), coalesce((SELECT made_at FROM first), '-infinity')
    )
)
SELECT rate, id AS change_id, (SELECT min(rate) FROM counted) AS least, (SELECT max(rate) FROM counted) AS most
FROM held
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
