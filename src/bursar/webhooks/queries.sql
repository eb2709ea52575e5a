-- name: find_url
-- Where the merchant wants to be told.
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
INSERT INTO webhook_delivery (merchant_id, id, api, event, object, trace, detail, status, created_at, due_at)
SELECT %(merchant_id)s, id, api, event, object, trace, detail, 'pending', at, at
FROM unnest(
    %(ids)s::bigint[], %(apis)s::text[], %(events)s::text[], %(objects)s::text[], %(traces)s::text[],
    %(details)s::jsonb[], %(at)s::timestamptz[]
) AS announced (id, api, event, object, trace, detail, at);

-- name: find_deliveries
-- Deliveries by their ids.
SELECT
    id, api, event, object, trace, detail, status, created_at, due_at, attempts, round, round_attempts, first_pushed_at
FROM webhook_delivery
WHERE merchant_id = %(merchant_id)s AND id = ANY(%(ids)s::bigint[]);

-- name: keep_bodies
-- What goes out, for ever; whoever comes first decides.
UPDATE webhook_delivery AS delivery
SET body = rendered.body, first_pushed_at = rendered.first_pushed_at
FROM unnest(%(ids)s::bigint[], %(bodies)s::bytea[], %(first_pushed_at)s::timestamptz[])
    AS rendered (id, body, first_pushed_at)
WHERE delivery.merchant_id = %(merchant_id)s AND delivery.id = rendered.id AND delivery.body IS NULL
RETURNING delivery.id, delivery.body, delivery.first_pushed_at;

-- name: get_body
-- What goes out, as it was first rendered.
SELECT body, first_pushed_at
FROM webhook_delivery
WHERE merchant_id = %(merchant_id)s AND id = %(id)s AND body IS NOT NULL;

-- name: skip_deliveries
-- Nobody to tell.
UPDATE webhook_delivery SET status = 'skipped'
WHERE merchant_id = %(merchant_id)s AND id = ANY(%(ids)s::bigint[]) AND status = 'pending';

-- name: record_attempts
-- Pushes, each with where it leaves its delivery; one that another worker has recorded already changes nothing.
WITH pushed AS (
    SELECT *
    FROM unnest(
        %(ids)s::bigint[], %(statuses)s::text[], %(due_at)s::timestamptz[], %(numbers)s::integer[],
        %(at)s::timestamptz[], %(http_statuses)s::integer[], %(errors)s::text[], %(durations_ms)s::integer[]
    ) AS pushed (id, status, due_at, number, at, http_status, error, duration_ms)
),
moved AS (
    UPDATE webhook_delivery AS delivery
    SET status = pushed.status, due_at = pushed.due_at, attempts = attempts + 1, round_attempts = round_attempts + 1
    FROM pushed
    WHERE delivery.merchant_id = %(merchant_id)s
        AND delivery.id = pushed.id
        AND delivery.status = 'pending'
        AND delivery.attempts = pushed.number - 1
    RETURNING delivery.id, pushed.number, pushed.at, pushed.http_status, pushed.error, pushed.duration_ms
)
INSERT INTO webhook_attempt (merchant_id, delivery_id, number, at, http_status, error, duration_ms)
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
SET status = replayed.status, due_at = replayed.due_at, round = delivery.round + 1, round_attempts = 0
FROM unnest(%(ids)s::bigint[], %(statuses)s::text[], %(due_at)s::timestamptz[]) AS replayed (id, status, due_at)
WHERE delivery.merchant_id = %(merchant_id)s AND delivery.id = replayed.id;

-- name: list_deliveries
-- One page of the log, newest first.
SELECT
    id, api, event, object, trace, detail, status, created_at, due_at, attempts, round, round_attempts, first_pushed_at
FROM webhook_delivery
WHERE merchant_id = %(merchant_id)s
    AND (%(api)s::text IS NULL OR api = %(api)s)
    AND (%(object)s::text IS NULL OR object = %(object)s)
    AND (%(status)s::text IS NULL OR status = %(status)s)
ORDER BY created_at DESC, id DESC
LIMIT %(limit)s OFFSET %(offset)s;

-- name: count_deliveries
-- How many deliveries there are on all pages.
SELECT count(*)
FROM webhook_delivery
WHERE merchant_id = %(merchant_id)s
    AND (%(api)s::text IS NULL OR api = %(api)s)
    AND (%(object)s::text IS NULL OR object = %(object)s)
    AND (%(status)s::text IS NULL OR status = %(status)s);

-- name: list_attempts
-- Every push of some deliveries, oldest first.
SELECT delivery_id, number, at, http_status, error, duration_ms
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
)
DELETE FROM webhook_delivery AS delivery
USING old
WHERE delivery.merchant_id = old.merchant_id AND delivery.id = old.id;
