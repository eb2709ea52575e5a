-- name: find_url
-- The merchant's URL.
SELECT url FROM webhook_subscription WHERE merchant_id = %(merchant_id)s AND api = %(api)s;

-- name: list_urls
-- All of the merchant's URLs.
SELECT api, url FROM webhook_subscription WHERE merchant_id = %(merchant_id)s ORDER BY api;

-- name: put_url
-- The merchant's URL for an API, in place of the one before.
INSERT INTO webhook_subscription (merchant_id, api, url, verified_at)
VALUES (%(merchant_id)s, %(api)s, %(url)s, %(verified_at)s)
ON CONFLICT (merchant_id, api) DO UPDATE SET url = excluded.url, verified_at = excluded.verified_at;

-- name: remove_url
-- The merchant does not want to be told any more.
DELETE FROM webhook_subscription WHERE merchant_id = %(merchant_id)s AND api = %(api)s;

-- name: add_deliveries :set
-- Announcements of a batch.
INSERT INTO webhook_delivery (merchant_id, id, api, event, object, queue, trace, detail, status, created_at, due_at)
SELECT %(merchant_id)s, id, api, event, object, queue, trace, detail, 'pending', at, at
FROM unnest(
    %(ids)s::bigint[], %(apis)s::text[], %(events)s::text[], %(objects)s::text[], %(queues)s::text[],
    %(traces)s::text[], %(details)s::jsonb[], %(at)s::timestamptz[]
) AS announced (id, api, event, object, queue, trace, detail, at);

-- name: find_deliveries
-- Deliveries by their ids.
SELECT
    id, api, event, object, queue, trace, detail, status, created_at, due_at, sequence, attempts, round, round_attempts,
    first_pushed_at, url
FROM webhook_delivery
WHERE merchant_id = %(merchant_id)s AND id = ANY(%(ids)s::bigint[]);

-- name: keep_bodies
-- The body to push, as long as it is in the merchant's form; the first writer decides. The first push keeps its time, and
-- the block of the number spans it, for its kind and for all kinds (''): blocks are held in one order, so that workers do
-- not deadlock.
WITH kept AS (
    UPDATE webhook_delivery AS delivery
    SET body = rendered.body, form = rendered.form,
        first_pushed_at = coalesce(delivery.first_pushed_at, rendered.first_pushed_at)
    FROM unnest(%(ids)s::bigint[], %(bodies)s::bytea[], %(first_pushed_at)s::timestamptz[], %(forms)s::text[])
        AS rendered (id, body, first_pushed_at, form)
    WHERE delivery.merchant_id = %(merchant_id)s
        AND delivery.id = rendered.id
        AND (delivery.body IS NULL OR delivery.form IS DISTINCT FROM rendered.form)
    RETURNING
        delivery.id, delivery.body, delivery.first_pushed_at, delivery.form, delivery.api, delivery.event,
        delivery.sequence / %(block)s AS block
),
spans AS (
    SELECT
        api, block, coalesce(event, '') AS event, min(first_pushed_at) AS first_at, max(first_pushed_at) AS last_at
    FROM kept
    GROUP BY GROUPING SETS ((api, block), (api, block, event))
),
held AS (
    SELECT block.api, block.block, block.event
    FROM webhook_block AS block
    JOIN spans USING (api, block, event)
    WHERE block.merchant_id = %(merchant_id)s
        AND (spans.first_at < block.first_at OR spans.last_at > block.last_at)
    ORDER BY block.api, block.block, block.event
    FOR NO KEY UPDATE OF block
),
spanned AS (
    UPDATE webhook_block AS block
    SET first_at = least(block.first_at, spans.first_at), last_at = greatest(block.last_at, spans.last_at)
    FROM held
    JOIN spans USING (api, block, event)
    WHERE block.merchant_id = %(merchant_id)s
        AND block.api = held.api
        AND block.block = held.block
        AND block.event = held.event
)
SELECT id, body, first_pushed_at, form FROM kept;

-- name: get_body
-- The body as it was rendered last.
SELECT body, first_pushed_at, form
FROM webhook_delivery
WHERE merchant_id = %(merchant_id)s AND id = %(id)s AND body IS NOT NULL;

-- name: open_stream
-- The first number of a merchant's API is still to be given.
INSERT INTO webhook_stream (merchant_id, api, last)
VALUES (%(merchant_id)s, %(api)s, 0)
ON CONFLICT (merchant_id, api) DO NOTHING;

-- name: lock_stream
-- Holds a merchant's numbers, and with them its queues: whoever numbers or takes comes one after another.
SELECT last FROM webhook_stream WHERE merchant_id = %(merchant_id)s AND api = %(api)s FOR NO KEY UPDATE;

-- name: number_deliveries
-- Gives numbers to what is committed and has none, in the order in which it happened; without a URL it ends there.
-- Runs after the lock, so that it sees all that the one before has numbered.
WITH unnumbered AS (
    SELECT id, row_number() OVER (ORDER BY happened) AS place
    FROM (
        SELECT id, happened
        FROM webhook_delivery
        WHERE merchant_id = %(merchant_id)s AND api = %(api)s AND sequence IS NULL
        ORDER BY happened
        LIMIT %(most)s
    ) AS oldest
),
numbered AS (
    UPDATE webhook_delivery AS delivery
    SET sequence = greatest(stream.last, install.epoch * %(epoch)s::bigint) + unnumbered.place,
        status = CASE WHEN subscription.url IS NULL THEN 'unsent' ELSE delivery.status END
    FROM unnumbered, install, webhook_stream AS stream
    LEFT JOIN webhook_subscription AS subscription
        ON subscription.merchant_id = stream.merchant_id AND subscription.api = stream.api
    WHERE stream.merchant_id = %(merchant_id)s
        AND stream.api = %(api)s
        AND delivery.merchant_id = %(merchant_id)s
        AND delivery.id = unnumbered.id
    RETURNING delivery.sequence, delivery.event, delivery.created_at
),
blocks AS (
    INSERT INTO webhook_block AS block (merchant_id, api, block, event, deliveries, first_at, last_at)
    SELECT %(merchant_id)s, %(api)s, block, coalesce(event, ''), count(*), min(created_at), max(created_at)
    FROM (SELECT sequence / %(block)s AS block, event, created_at FROM numbered) AS numbered
    GROUP BY GROUPING SETS ((block), (block, event))
    ORDER BY block, coalesce(event, '')
    ON CONFLICT (merchant_id, api, event, block) DO UPDATE
    SET deliveries = block.deliveries + excluded.deliveries,
        first_at = least(block.first_at, excluded.first_at),
        last_at = greatest(block.last_at, excluded.last_at)
),
given AS (
    SELECT count(*) AS numbers, max(sequence) AS last FROM numbered
),
stream AS (
    UPDATE webhook_stream AS stream
    SET last = given.last
    FROM given
    WHERE stream.merchant_id = %(merchant_id)s AND stream.api = %(api)s AND given.last IS NOT NULL
)
SELECT numbers FROM given;

-- name: take_heads
-- The first delivery that is still to be pushed of each queue, for one of the jobs that ask for it: the one that has the
-- queue, or any if none has it.
WITH asked AS (
    SELECT *
    FROM unnest(%(queues)s::text[], %(jobs)s::text[], %(after)s::bigint[]) AS asked (queue, job, after)
),
head AS (
    SELECT DISTINCT ON (asked.queue) asked.job, first.id
    FROM asked
    CROSS JOIN LATERAL (
        SELECT id
        FROM webhook_delivery
        WHERE merchant_id = %(merchant_id)s
            AND api = %(api)s
            AND queue = asked.queue
            AND status = 'pending'
            AND sequence > asked.after
        ORDER BY sequence
        LIMIT 1
    ) AS first
    WHERE NOT EXISTS (
        SELECT
        FROM webhook_delivery AS other
        WHERE other.merchant_id = %(merchant_id)s
            AND other.api = %(api)s
            AND other.queue = asked.queue
            AND other.status = 'pending'
            AND other.sequence IS NOT NULL
            AND other.taken_by <> asked.job
            AND other.taken_until > now()
    )
    ORDER BY asked.queue
)
UPDATE webhook_delivery AS delivery
SET taken_by = head.job, taken_until = now() + make_interval(secs => %(taken_s)s)
FROM head
WHERE delivery.merchant_id = %(merchant_id)s AND delivery.id = head.id
RETURNING
    delivery.id, delivery.api, delivery.event, delivery.object, delivery.queue, delivery.trace, delivery.detail,
    delivery.status, delivery.created_at, delivery.due_at, delivery.sequence, delivery.attempts, delivery.round,
    delivery.round_attempts, delivery.first_pushed_at, delivery.url, head.job;

-- name: let_go
-- A delivery that its job leaves where it is: another may take its queue.
UPDATE webhook_delivery SET taken_until = NULL
WHERE merchant_id = %(merchant_id)s AND id = %(id)s;

-- name: end_unsent
-- Nobody to tell: what waits in a queue ends there, unless there is a URL again.
UPDATE webhook_delivery AS delivery SET status = 'unsent', taken_until = NULL
WHERE delivery.merchant_id = %(merchant_id)s
    AND delivery.api = %(api)s
    AND delivery.queue = %(queue)s
    AND delivery.status = 'pending'
    AND delivery.sequence IS NOT NULL
    AND NOT EXISTS (SELECT FROM webhook_subscription WHERE merchant_id = %(merchant_id)s AND api = %(api)s);

-- name: record_attempts
-- Pushes, each with where it leaves its delivery; one that another worker has recorded already changes nothing.
WITH pushed AS (
    SELECT *
    FROM unnest(
        %(ids)s::bigint[], %(statuses)s::text[], %(due_at)s::timestamptz[], %(urls)s::text[], %(numbers)s::integer[],
        %(at)s::timestamptz[], %(http_statuses)s::integer[], %(errors)s::text[], %(durations_ms)s::integer[],
        %(answers)s::text[]
    ) AS pushed (id, status, due_at, url, number, at, http_status, error, duration_ms, answer)
),
moved AS (
    UPDATE webhook_delivery AS delivery
    SET status = pushed.status, due_at = pushed.due_at, url = pushed.url,
        attempts = attempts + 1, round_attempts = round_attempts + 1
    FROM pushed
    WHERE delivery.merchant_id = %(merchant_id)s
        AND delivery.id = pushed.id
        AND delivery.status = 'pending'
        AND delivery.attempts = pushed.number - 1
    RETURNING
        delivery.id, pushed.number, pushed.at, pushed.http_status, pushed.error, pushed.duration_ms, pushed.answer
)
INSERT INTO webhook_attempt (merchant_id, delivery_id, number, at, http_status, error, duration_ms, answer)
SELECT %(merchant_id)s, * FROM moved;

-- name: lock_deliveries
-- Holds deliveries while they are replayed.
SELECT id, status
FROM webhook_delivery
WHERE merchant_id = %(merchant_id)s AND id = ANY(%(ids)s::bigint[])
ORDER BY id
FOR NO KEY UPDATE;

-- name: replay_deliveries :set
-- A new round for deliveries that had come to an end.
UPDATE webhook_delivery AS delivery
SET status = replayed.status, due_at = replayed.due_at, round = delivery.round + 1, round_attempts = 0,
    taken_until = NULL
FROM unnest(%(ids)s::bigint[], %(statuses)s::text[], %(due_at)s::timestamptz[]) AS replayed (id, status, due_at)
WHERE delivery.merchant_id = %(merchant_id)s AND delivery.id = replayed.id;

-- name: list_newest
-- The log of all that was announced, newest first.
SELECT
    id, api, event, object, queue, trace, detail, status, created_at, due_at, sequence, attempts, round, round_attempts,
    first_pushed_at, url
FROM webhook_delivery
WHERE merchant_id = %(merchant_id)s
    AND (%(api)s::text IS NULL OR api = %(api)s)
    AND (%(event)s::text IS NULL OR event = %(event)s)
    AND (%(status)s::text IS NULL OR status = %(status)s)
    AND (
        %(before)s::bigint IS NULL
        OR happened < (SELECT happened FROM webhook_delivery WHERE merchant_id = %(merchant_id)s AND id = %(before)s)
    )
ORDER BY happened DESC
LIMIT %(limit)s;

-- name: list_newest_of_object
-- The log of one order, card or customer, newest first; its index is for this statement alone.
SELECT
    id, api, event, object, queue, trace, detail, status, created_at, due_at, sequence, attempts, round, round_attempts,
    first_pushed_at, url
FROM webhook_delivery
WHERE merchant_id = %(merchant_id)s
    AND object = %(object)s
    AND (%(api)s::text IS NULL OR api = %(api)s)
    AND (%(event)s::text IS NULL OR event = %(event)s)
    AND (%(status)s::text IS NULL OR status = %(status)s)
    AND (
        %(before)s::bigint IS NULL
        OR happened < (SELECT happened FROM webhook_delivery WHERE merchant_id = %(merchant_id)s AND id = %(before)s)
    )
ORDER BY happened DESC
LIMIT %(limit)s;

-- name: list_events
-- One page of what has a number, oldest first. A span is of the instants that are shown: of the first push, or of the
-- announcement where there was none. Blocks of numbers tell where it begins and ends; OFFSET 0 keeps the numbers the way
-- to the rows, since instants would be found by an index that knows neither merchant nor order.
SELECT
    id, api, event, object, queue, trace, detail, status, created_at, due_at, sequence, attempts, round, round_attempts,
    first_pushed_at, url
FROM (
    SELECT
        *, CASE WHEN %(by_push)s::boolean THEN coalesce(first_pushed_at, created_at) ELSE created_at END AS shown_at
    FROM webhook_delivery
    WHERE merchant_id = %(merchant_id)s
        AND api = %(api)s
        AND sequence >= %(from_sequence)s
        AND sequence >= (
            SELECT coalesce(min(block), 0) * %(block)s
            FROM webhook_block
            WHERE merchant_id = %(merchant_id)s AND api = %(api)s AND event = '' AND last_at >= %(start_at)s
        )
        AND sequence < (
            SELECT (coalesce(max(block), -1) + 1) * %(block)s
            FROM webhook_block
            WHERE merchant_id = %(merchant_id)s AND api = %(api)s AND event = '' AND first_at < %(end_at)s
        )
    ORDER BY sequence
    OFFSET 0
) AS numbered
WHERE created_at >= %(kept_from)s AND shown_at >= %(start_at)s AND shown_at < %(end_at)s
ORDER BY sequence
LIMIT %(limit)s OFFSET %(offset)s;

-- name: list_events_of_kind
-- The same, of one kind of event.
SELECT
    id, api, event, object, queue, trace, detail, status, created_at, due_at, sequence, attempts, round, round_attempts,
    first_pushed_at, url
FROM (
    SELECT
        *, CASE WHEN %(by_push)s::boolean THEN coalesce(first_pushed_at, created_at) ELSE created_at END AS shown_at
    FROM webhook_delivery
    WHERE merchant_id = %(merchant_id)s
        AND api = %(api)s
        AND event = %(event)s
        AND sequence >= %(from_sequence)s
        AND sequence >= (
            SELECT coalesce(min(block), 0) * %(block)s
            FROM webhook_block
            WHERE merchant_id = %(merchant_id)s AND api = %(api)s AND event = %(event)s AND last_at >= %(start_at)s
        )
        AND sequence < (
            SELECT (coalesce(max(block), -1) + 1) * %(block)s
            FROM webhook_block
            WHERE merchant_id = %(merchant_id)s AND api = %(api)s AND event = %(event)s AND first_at < %(end_at)s
        )
    ORDER BY sequence
    OFFSET 0
) AS numbered
WHERE created_at >= %(kept_from)s AND shown_at >= %(start_at)s AND shown_at < %(end_at)s
ORDER BY sequence
LIMIT %(limit)s OFFSET %(offset)s;

-- name: count_events
-- The number of numbered deliveries on all pages: whole blocks, and rows of the few blocks that are cut through.
WITH block AS (
    SELECT
        block, deliveries,
        block * %(block)s >= %(from_sequence)s AND first_at >= greatest(%(start_at)s::timestamptz, %(kept_from)s::timestamptz)
            AND last_at < %(end_at)s AS whole
    FROM webhook_block
    WHERE merchant_id = %(merchant_id)s
        AND api = %(api)s
        AND event = ''
        AND (block + 1) * %(block)s > %(from_sequence)s
        AND last_at >= %(start_at)s
        AND first_at < %(end_at)s
)
SELECT coalesce(sum(CASE WHEN block.whole THEN block.deliveries ELSE cut.deliveries END), 0)::bigint
FROM block
LEFT JOIN LATERAL (
    SELECT count(*) AS deliveries
    FROM webhook_delivery
    WHERE NOT block.whole
        AND merchant_id = %(merchant_id)s
        AND api = %(api)s
        AND sequence >= greatest(block.block * %(block)s, %(from_sequence)s)
        AND sequence < (block.block + 1) * %(block)s
        AND created_at >= %(kept_from)s
        AND CASE WHEN %(by_push)s::boolean THEN coalesce(first_pushed_at, created_at) ELSE created_at END >= %(start_at)s
        AND CASE WHEN %(by_push)s::boolean THEN coalesce(first_pushed_at, created_at) ELSE created_at END < %(end_at)s
) AS cut ON true;

-- name: count_events_of_kind
-- The same, of one kind of event.
WITH block AS (
    SELECT
        block, deliveries,
        block * %(block)s >= %(from_sequence)s AND first_at >= greatest(%(start_at)s::timestamptz, %(kept_from)s::timestamptz)
            AND last_at < %(end_at)s AS whole
    FROM webhook_block
    WHERE merchant_id = %(merchant_id)s
        AND api = %(api)s
        AND event = %(event)s
        AND (block + 1) * %(block)s > %(from_sequence)s
        AND last_at >= %(start_at)s
        AND first_at < %(end_at)s
)
SELECT coalesce(sum(CASE WHEN block.whole THEN block.deliveries ELSE cut.deliveries END), 0)::bigint
FROM block
LEFT JOIN LATERAL (
    SELECT count(*) AS deliveries
    FROM webhook_delivery
    WHERE NOT block.whole
        AND merchant_id = %(merchant_id)s
        AND api = %(api)s
        AND event = %(event)s
        AND sequence >= greatest(block.block * %(block)s, %(from_sequence)s)
        AND sequence < (block.block + 1) * %(block)s
        AND created_at >= %(kept_from)s
        AND CASE WHEN %(by_push)s::boolean THEN coalesce(first_pushed_at, created_at) ELSE created_at END >= %(start_at)s
        AND CASE WHEN %(by_push)s::boolean THEN coalesce(first_pushed_at, created_at) ELSE created_at END < %(end_at)s
) AS cut ON true;

-- name: list_events_of_object
-- One page of what has a number and is about one object, oldest first; all of it is found before any is sorted.
WITH about AS MATERIALIZED (
    SELECT id, sequence
    FROM webhook_delivery
    WHERE merchant_id = %(merchant_id)s
        AND api = %(api)s
        AND (queue = %(object)s OR object = %(object)s)
        AND (%(event)s::text IS NULL OR event = %(event)s)
        AND sequence >= %(from_sequence)s
        AND created_at >= %(kept_from)s
        AND CASE WHEN %(by_push)s::boolean THEN coalesce(first_pushed_at, created_at) ELSE created_at END >= %(start_at)s
        AND CASE WHEN %(by_push)s::boolean THEN coalesce(first_pushed_at, created_at) ELSE created_at END < %(end_at)s
),
page AS (
    SELECT id FROM about ORDER BY sequence LIMIT %(limit)s OFFSET %(offset)s
)
SELECT
    id, api, event, object, queue, trace, detail, status, created_at, due_at, sequence, attempts, round, round_attempts,
    first_pushed_at, url
FROM webhook_delivery
WHERE merchant_id = %(merchant_id)s
    AND id IN (SELECT id FROM page)
ORDER BY sequence;

-- name: count_events_of_object
-- The number of those.
SELECT count(*)
FROM webhook_delivery
WHERE merchant_id = %(merchant_id)s
    AND api = %(api)s
    AND (queue = %(object)s OR object = %(object)s)
    AND (%(event)s::text IS NULL OR event = %(event)s)
    AND sequence >= %(from_sequence)s
    AND created_at >= %(kept_from)s
    AND CASE WHEN %(by_push)s::boolean THEN coalesce(first_pushed_at, created_at) ELSE created_at END >= %(start_at)s
    AND CASE WHEN %(by_push)s::boolean THEN coalesce(first_pushed_at, created_at) ELSE created_at END < %(end_at)s;

-- name: count_waiting
-- The deliveries that wait for a push, and those that failed; each has an index of its own.
SELECT
    (
        SELECT count(*)
        FROM webhook_delivery
        WHERE merchant_id = %(merchant_id)s AND api = %(api)s AND status = 'pending' AND sequence IS NOT NULL
    ) + (
        SELECT count(*) FROM webhook_delivery WHERE merchant_id = %(merchant_id)s AND api = %(api)s AND sequence IS NULL
    ) AS pending,
    (
        SELECT count(*)
        FROM webhook_delivery
        WHERE merchant_id = %(merchant_id)s AND api = %(api)s AND status = 'failed'
    ) AS failed;

-- name: list_ended
-- Deliveries with numbers of a span that are not on their way, and their queues.
SELECT id, queue
FROM webhook_delivery
WHERE merchant_id = %(merchant_id)s
    AND api = %(api)s
    AND sequence >= %(first)s
    AND sequence <= coalesce(%(last)s::bigint, 9223372036854775807)
    AND status <> 'pending'
ORDER BY sequence
LIMIT %(limit)s;

-- name: list_numbered
-- Deliveries with numbers of a span in their order, whatever has become of them.
SELECT id, queue, sequence, status
FROM webhook_delivery
WHERE merchant_id = %(merchant_id)s AND api = %(api)s AND sequence BETWEEN %(first)s AND %(last)s
ORDER BY sequence
LIMIT %(limit)s;

-- name: find_last
-- The newest number of a merchant's API.
SELECT last FROM webhook_stream WHERE merchant_id = %(merchant_id)s AND api = %(api)s;

-- name: replay_ended
-- A new round for deliveries that had come to an end; one that is on its way stays as it is.
UPDATE webhook_delivery
SET status = 'pending', due_at = %(due_at)s, round = round + 1, round_attempts = 0, taken_until = NULL
WHERE merchant_id = %(merchant_id)s AND id = ANY(%(ids)s::bigint[]) AND status <> 'pending';

-- name: lock_streams
-- Holds all numbers of a merchant, so that nothing is being numbered.
SELECT api FROM webhook_stream WHERE merchant_id = %(merchant_id)s ORDER BY api FOR NO KEY UPDATE;

-- name: clear_deliveries
-- Drops a merchant's whole log. Numbers that were given are not given again.
WITH blocks AS (
    DELETE FROM webhook_block WHERE merchant_id = %(merchant_id)s
), pushes AS (
    DELETE FROM webhook_attempt WHERE merchant_id = %(merchant_id)s
)
DELETE FROM webhook_delivery WHERE merchant_id = %(merchant_id)s;

-- name: list_attempts
-- Every push of some deliveries, oldest first.
SELECT delivery_id, number, at, http_status, error, duration_ms, answer
FROM webhook_attempt
WHERE merchant_id = %(merchant_id)s AND delivery_id = ANY(%(delivery_ids)s::bigint[])
ORDER BY delivery_id, number;

-- name: forget_deliveries
-- Drops deliveries that ended long ago, with their pushes, a bounded number at a time; one that is being replayed stays.
WITH old AS (
    SELECT merchant_id, id
    FROM webhook_delivery
    WHERE created_at < %(before)s AND due_at < %(before)s AND status <> 'pending'
    LIMIT %(most)s
    FOR UPDATE SKIP LOCKED
), pushes AS (
    DELETE FROM webhook_attempt AS attempt
    USING old
    WHERE attempt.merchant_id = old.merchant_id AND attempt.delivery_id = old.id
), gone AS (
    DELETE FROM webhook_delivery AS delivery
    USING old
    WHERE delivery.merchant_id = old.merchant_id AND delivery.id = old.id
    RETURNING delivery.merchant_id, delivery.api, delivery.sequence / %(block)s AS block, delivery.event
), counted AS (
    SELECT merchant_id, api, block, coalesce(event, '') AS event, count(*) AS deliveries
    FROM gone
    GROUP BY GROUPING SETS ((merchant_id, api, block), (merchant_id, api, block, event))
), held AS (
    SELECT block.merchant_id, block.api, block.block, block.event, counted.deliveries
    FROM webhook_block AS block
    JOIN counted USING (merchant_id, api, block, event)
    ORDER BY block.merchant_id, block.api, block.block, block.event
    FOR NO KEY UPDATE OF block
), fewer AS (
    UPDATE webhook_block AS block
    SET deliveries = block.deliveries - held.deliveries
    FROM held
    WHERE block.merchant_id = held.merchant_id
        AND block.api = held.api
        AND block.block = held.block
        AND block.event = held.event
)
SELECT count(*) FROM gone;

-- name: forget_blocks
-- Drops the counts of blocks that are empty; the newest block of all may be filled on and stays by its date.
DELETE FROM webhook_block WHERE deliveries = 0 AND last_at < %(before)s;

-- name: find_number_before
-- The end of the range of numbers before an event: read by the index on numbers.
SELECT max(sequence)
FROM webhook_delivery
WHERE merchant_id = %(merchant_id)s AND api = %(api)s AND sequence IS NOT NULL AND sequence < %(sequence)s;
