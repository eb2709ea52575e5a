-- name: strike
-- Uses up one of the faults planted at a place, the oldest first. Calls at the same time wait for each other: whoever
-- passed by a fault that another one is using up would not be struck by the times that are left of it.
UPDATE sandbox_fault SET times = times - 1
WHERE id = (SELECT id FROM sandbox_fault WHERE place = %(place)s AND times > 0 ORDER BY id LIMIT 1 FOR UPDATE)
RETURNING outcome;

-- name: any_planted
-- Whether any fault is waiting to strike anywhere.
SELECT EXISTS (SELECT FROM sandbox_fault WHERE times > 0);

-- name: plant_fault
-- The next calls at a place go wrong.
INSERT INTO sandbox_fault (place, outcome, times) VALUES (%(place)s, %(outcome)s, %(times)s);

-- name: list_faults
-- Faults that have not struck yet.
SELECT place, outcome, times FROM sandbox_fault WHERE times > 0 ORDER BY id;

-- name: clear_faults
-- Nothing goes wrong any more.
DELETE FROM sandbox_fault;

-- name: get_clock
-- How far the sandbox's clock was moved.
SELECT moved_by FROM sandbox_clock;

-- name: move_clock
-- Moves the sandbox's clock on, never back, and tells all processes; answers how far it was moved in all.
UPDATE sandbox_clock
SET moved_by = moved_by + %(by)s::interval
WHERE %(by)s::interval >= '0'
RETURNING moved_by, pg_notify('bursar', 'clock');

-- name: set_clock
-- Moves the sandbox's clock to an instant that it has not passed, and tells all processes; answers how far it was moved
-- in all.
UPDATE sandbox_clock
SET moved_by = %(to)s::timestamptz - clock_timestamp()
WHERE %(to)s::timestamptz >= clock_timestamp() + moved_by
RETURNING moved_by, pg_notify('bursar', 'clock');

-- name: keep_message
-- A message that would have gone out; its id.
INSERT INTO sandbox_message (channel, recipient, text, code, at)
VALUES (%(channel)s, %(recipient)s, %(text)s, %(code)s, %(at)s)
RETURNING id;

-- name: list_messages
-- What would have gone out, newest first.
SELECT id, channel, recipient, text, code, at FROM sandbox_message ORDER BY id DESC LIMIT %(limit)s;

-- name: forget_messages
-- Drops old messages, a bounded number at a time.
DELETE FROM sandbox_message
WHERE ctid IN (SELECT ctid FROM sandbox_message WHERE at < %(before)s LIMIT %(most)s);

-- name: lock_merchants
-- One at a time has a merchant made, so that the limits are met exactly; the lock ends with the transaction.
SELECT pg_advisory_xact_lock(1935764589);

-- name: count_merchants
-- The merchants that stand, with those being made, and those of the last minute.
SELECT
    count(*) FILTER (
        WHERE removed_at IS NULL AND (merchant_id IS NOT NULL OR made_at > now() - interval '1 minute')
    ) AS standing,
    count(*) FILTER (WHERE made_at > now() - interval '1 minute') AS recent
FROM sandbox_merchant
WHERE removed_at IS NULL OR made_at > now() - interval '1 minute';

-- name: claim_merchant
-- A place for a merchant that is about to be made.
INSERT INTO sandbox_merchant DEFAULT VALUES RETURNING id;

-- name: keep_merchant
-- The merchant that was made for a place.
UPDATE sandbox_merchant SET merchant_id = %(merchant_id)s WHERE id = %(id)s;

-- name: list_made_merchants
-- The numbers of the merchants that stand, in the order in which they were made.
SELECT merchant_id FROM sandbox_merchant WHERE removed_at IS NULL AND merchant_id IS NOT NULL ORDER BY id;

-- name: is_merchant_removed
-- Whether a tester has had the merchant removed.
SELECT EXISTS (SELECT FROM sandbox_merchant WHERE merchant_id = %(merchant_id)s AND removed_at IS NOT NULL);

-- name: remove_merchant
-- The merchant is no tester's any more; also one that the staff of a sandbox has made.
INSERT INTO sandbox_merchant (merchant_id, made_at, removed_at) VALUES (%(merchant_id)s, '-infinity', now())
ON CONFLICT (merchant_id) DO UPDATE SET removed_at = coalesce(sandbox_merchant.removed_at, excluded.removed_at);

-- name: list_operation_blocks
-- The last operation of a merchant's in each of the newest blocks of numbers, by one look into the index for each.
WITH RECURSIVE newest (id, nth) AS (
    SELECT (SELECT max(id) FROM ledger_operation WHERE merchant_id = %(merchant_id)s), 1
    UNION ALL
    SELECT (SELECT max(id) FROM ledger_operation WHERE merchant_id = %(merchant_id)s AND id < newest.id / 1048576 * 1048576),
        nth + 1
    FROM newest
    WHERE newest.id IS NOT NULL AND nth < 64
)
SELECT id FROM newest WHERE id IS NOT NULL;

-- name: list_new_operations
-- Operations of a merchant's within spans of numbers, in their order.
SELECT id, kind, subject, actor, at
FROM ledger_operation
JOIN unnest(%(first)s::bigint[], %(last)s::bigint[]) AS span (first, last) ON id BETWEEN span.first AND span.last
WHERE merchant_id = %(merchant_id)s
ORDER BY id
LIMIT %(limit)s;
