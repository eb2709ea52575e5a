-- name: begin
-- Takes up the requests of a batch: new ones, and those whose worker died before it answered.
-- Answers with the row of every one, and whether it is the caller's to work on.
WITH asked AS (
    SELECT asked.*
    FROM
        unnest(%(merchant_ids)s::bigint[], %(request_ids)s::text[], %(fingerprints)s::bytea[])
            AS asked (merchant_id, request_id, fingerprint),
        set_config('synchronous_commit', 'off', true) -- of this statement's own transaction: see the decision records
), taken AS (
    INSERT INTO api_request AS request (merchant_id, request_id, fingerprint, started_at, running_until, owner)
    SELECT merchant_id, request_id, fingerprint, %(now)s, now() + %(lease)s::interval, %(owner)s::integer
    FROM asked
    ORDER BY merchant_id, request_id -- one order for everybody, so that batches do not deadlock
    ON CONFLICT (merchant_id, request_id) DO UPDATE
    SET running_until = excluded.running_until, owner = excluded.owner
    WHERE request.answer IS NULL
        AND (request.running_until < now() OR request.owner = ANY(%(gone)s::integer[]))
        AND request.fingerprint = excluded.fingerprint
    RETURNING merchant_id, request_id
)
SELECT merchant_id, request_id, NULL::bytea AS fingerprint, NULL::jsonb AS answer, true AS taken, 0 AS owner
FROM taken
UNION ALL
SELECT request.merchant_id, request.request_id, request.fingerprint, request.answer, false, request.owner
FROM asked
JOIN api_request AS request USING (merchant_id, request_id)
WHERE (asked.merchant_id, asked.request_id) NOT IN (SELECT merchant_id, request_id FROM taken);

-- name: finish
-- Keeps the answers of a batch.
UPDATE api_request AS request
SET answer = answered.answer
FROM
    unnest(%(merchant_ids)s::bigint[], %(request_ids)s::text[], %(answers)s::jsonb[])
        AS answered (merchant_id, request_id, answer),
    set_config('synchronous_commit', 'off', true)
WHERE request.merchant_id = answered.merchant_id AND request.request_id = answered.request_id;

-- name: abandon
-- Forgets a request that got no answer of its own, so that it can be tried again at once.
DELETE FROM api_request WHERE merchant_id = %(merchant_id)s AND request_id = %(request_id)s AND answer IS NULL;

-- name: release
-- Forgets the requests of a batch that their process has given up, unless another one has taken them up.
DELETE FROM api_request AS request
USING unnest(%(merchant_ids)s::bigint[], %(request_ids)s::text[]) AS given_up (merchant_id, request_id)
WHERE request.merchant_id = given_up.merchant_id AND request.request_id = given_up.request_id
    AND request.owner = %(owner)s::integer AND request.answer IS NULL;

-- name: forget_old
-- Drops answers that nobody may ask for any more, a bounded number at a time.
DELETE FROM api_request
WHERE ctid IN (SELECT ctid FROM api_request WHERE started_at < %(before)s LIMIT 5000);
