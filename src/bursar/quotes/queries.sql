-- name: claim
-- The turn of whoever comes first after the pause; others get no row.
INSERT INTO exchange_feed AS feed (id, tried_at) VALUES (1, %(now)s)
ON CONFLICT (id) DO UPDATE SET tried_at = excluded.tried_at WHERE feed.tried_at <= %(due)s
RETURNING feed.tried_at;

-- name: note_read
-- A file was read; what it lacks is told.
UPDATE exchange_feed SET read_at = %(now)s, fault = %(fault)s WHERE id = 1;

-- name: note_fault
-- A file could not be had, or not be read.
UPDATE exchange_feed SET fault = %(fault)s WHERE id = 1;

-- name: get_feed
-- The last tries.
SELECT tried_at, read_at, fault FROM exchange_feed WHERE id = 1;

-- name: list_quotes
-- All pairs that a file has said something about; as many as an install takes.
SELECT source, target, id, change_id, as_of, held_id, held_rate, held_as_of, held_at, held_refused
FROM exchange_quote
ORDER BY source, target;

-- name: list_held
-- Rates that wait for a person, the longest waiting first, behind a place.
SELECT source, target, id, change_id, as_of, held_id, held_rate, held_as_of, held_at, held_refused
FROM exchange_quote
WHERE held_id IS NOT NULL AND NOT held_refused AND (held_at, id) > (%(at)s::timestamptz, %(id)s::bigint)
ORDER BY held_at, id
LIMIT %(limit)s;

-- name: get_quote
-- One pair.
SELECT source, target, id, change_id, as_of, held_id, held_rate, held_as_of, held_at, held_refused
FROM exchange_quote
WHERE id = %(id)s;

-- name: confirm
-- The file says still what holds.
UPDATE exchange_quote SET as_of = %(as_of)s, held_id = NULL, held_rate = NULL, held_as_of = NULL, held_at = NULL,
    held_refused = false
WHERE source = %(source)s AND target = %(target)s AND change_id = %(change_id)s AND as_of <= %(as_of)s;

-- name: take
-- The change of a pair's rate that the file has made; nothing waits any more.
INSERT INTO exchange_quote (source, target, id, change_id, as_of)
VALUES (%(source)s, %(target)s, %(id)s, %(change_id)s, %(as_of)s)
ON CONFLICT (source, target) DO UPDATE
SET change_id = excluded.change_id, as_of = excluded.as_of, held_id = NULL, held_rate = NULL, held_as_of = NULL,
    held_at = NULL, held_refused = false;

-- name: hold
-- A rate that waits for a person, in the place of one that waited before.
INSERT INTO exchange_quote (source, target, id, held_id, held_rate, held_as_of, held_at)
VALUES (%(source)s, %(target)s, %(id)s, %(held_id)s, %(held_rate)s, %(held_as_of)s, %(held_at)s)
ON CONFLICT (source, target) DO UPDATE
SET held_id = excluded.held_id, held_rate = excluded.held_rate, held_as_of = excluded.held_as_of,
    held_at = excluded.held_at, held_refused = false;

-- name: hold_on
-- The file says still what waits.
UPDATE exchange_quote SET held_as_of = %(as_of)s
WHERE source = %(source)s AND target = %(target)s AND held_id = %(held_id)s;

-- name: refuse
-- A rate that a person does not want; the same one does not wait again.
UPDATE exchange_quote SET held_refused = true WHERE id = %(id)s AND held_id = %(held_id)s;

-- name: lock_held
-- Holds pairs; the status that the ledger guards is the number of the rate that waits.
SELECT id, CASE WHEN held_refused THEN 'refused' ELSE coalesce(held_id::text, 'none') END
FROM exchange_quote
WHERE id = ANY(%(ids)s::bigint[])
ORDER BY id
FOR NO KEY UPDATE;
