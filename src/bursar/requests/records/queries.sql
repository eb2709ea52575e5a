-- name: add_records
-- Requests as they arrived; the sealed content of all of them is one value, in their order.
INSERT INTO request_record (
    id, at, api, merchant_id, key_of, request_id, address, method, path, body_bytes, http_status, code, took_us, content
)
SELECT
    id, at, api, merchant_id, key_of, request_id, address, method, path, body_bytes, http_status, code, took_us,
    substring(sealed.content FROM ending - length + 1 FOR length)
FROM
    unnest(
        %(id)s::bigint[], %(at)s::timestamptz[], %(api)s::text[], %(merchant_id)s::bigint[], %(key_of)s::bigint[], %(request_id)s::text[],
        %(address)s::text[], %(method)s::text[], %(path)s::text[], %(body_bytes)s::integer[],
        %(http_status)s::integer[], %(code)s::integer[], %(took_us)s::bigint[], %(ends)s::integer[],
        %(lengths)s::integer[]
    ) AS record (
        id, at, api, merchant_id, key_of, request_id, address, method, path, body_bytes, http_status, code, took_us, ending,
        length
    ),
    (SELECT %(content)s::bytea AS content) AS sealed;

-- name: list_records
-- The newest of those that somebody looks for. One that nobody was recognised in is the merchant's whose key it names,
-- and everybody's if it names none.
SELECT
    id, at, api, merchant_id, key_of, request_id, address, method, path, '' AS target, '' AS headers, NULL::bytea AS body,
    body_bytes, http_status, code, took_us, '' AS parameter
FROM request_record
WHERE (%(merchant_id)s::bigint IS NULL OR coalesce(merchant_id, key_of, %(merchant_id)s) = %(merchant_id)s)
    AND (%(request_id)s::text IS NULL OR request_id = %(request_id)s)
    AND (%(code)s::integer IS NULL OR code = %(code)s)
    AND (%(path)s::text IS NULL OR starts_with(path, %(path)s))
    AND id < %(before)s
ORDER BY id DESC
LIMIT %(limit)s;

-- name: find_record
-- One of them, with what is sealed (target, parameter, headers and body) as it is.
SELECT
    id, at, api, merchant_id, key_of, request_id, address, method, path, '' AS target, '' AS headers, content AS body, body_bytes,
    http_status, code, took_us, '' AS parameter
FROM request_record
WHERE id = %(id)s;

-- name: remove_old_records
-- Those that are too old, and all but the newest.
DELETE FROM request_record
WHERE at < %(oldest)s OR id <= (SELECT id FROM request_record ORDER BY id DESC OFFSET %(kept)s LIMIT 1);

-- name: is_any_recorded
-- True while a person has some merchant's requests recorded.
SELECT EXISTS (SELECT FROM merchant WHERE recorded_until > %(now)s);

-- name: sweep_records
-- Those of a live install that are too old, and in each class all but the newest: of all, of one merchant's key, and of
-- one key without a proof. Owners of keys are found by leaps through the index, one for each.
WITH RECURSIVE owner (key_of) AS (
    (SELECT key_of FROM request_record WHERE key_of IS NOT NULL ORDER BY key_of LIMIT 1)
    UNION ALL
    SELECT (SELECT key_of FROM request_record AS other WHERE other.key_of > owner.key_of ORDER BY key_of LIMIT 1)
    FROM owner
    WHERE owner.key_of IS NOT NULL
),
surplus AS (
    (SELECT id FROM request_record WHERE at < %(oldest)s)
    UNION ALL
    (SELECT id FROM request_record ORDER BY at DESC, id DESC OFFSET %(in_all)s)
    UNION ALL
    SELECT one.id
    FROM owner
    CROSS JOIN LATERAL (
        SELECT id FROM request_record AS kept
        WHERE kept.key_of = owner.key_of ORDER BY at DESC, id DESC OFFSET %(of_one)s
    ) AS one
    UNION ALL
    SELECT one.id
    FROM owner
    CROSS JOIN LATERAL (
        SELECT id FROM request_record AS kept
        WHERE kept.key_of = owner.key_of AND merchant_id IS NULL ORDER BY at DESC, id DESC OFFSET %(unproved)s
    ) AS one
    UNION ALL
    (
        SELECT id FROM request_record
        WHERE key_of IS NULL AND merchant_id IS NULL ORDER BY at DESC, id DESC OFFSET %(unproved)s
    )
)
DELETE FROM request_record WHERE id IN (SELECT id FROM surplus LIMIT %(portion)s);

-- name: list_newest
-- Those of everybody, newest first.
SELECT
    id, at, api, merchant_id, key_of, request_id, address, method, path, '' AS target, '' AS headers, NULL::bytea AS body,
    body_bytes, http_status, code, took_us, '' AS parameter
FROM request_record
WHERE (at, id) < (%(before_at)s, %(before_id)s)
ORDER BY at DESC, id DESC
LIMIT %(limit)s;

-- name: list_newest_of_owner
-- Those that named a merchant's key, newest first. A path is compared in the index, byte by byte.
SELECT
    id, at, api, merchant_id, key_of, request_id, address, method, path, '' AS target, '' AS headers, NULL::bytea AS body,
    body_bytes, http_status, code, took_us, '' AS parameter
FROM request_record
WHERE key_of = %(key_of)s AND (at, id) < (%(before_at)s, %(before_id)s)
    AND (%(request_id)s::text IS NULL OR request_id = %(request_id)s)
    AND (%(code)s::integer IS NULL OR code = %(code)s)
    AND path COLLATE "C" >= coalesce(%(path)s::text, '')
    AND path COLLATE "C" < coalesce(%(path)s::text, '') || chr(1114111)
ORDER BY at DESC, id DESC
LIMIT %(limit)s;

-- name: list_newest_of_nobody
-- Those that named nobody's key, newest first.
SELECT
    id, at, api, merchant_id, key_of, request_id, address, method, path, '' AS target, '' AS headers, NULL::bytea AS body,
    body_bytes, http_status, code, took_us, '' AS parameter
FROM request_record
WHERE key_of IS NULL AND merchant_id IS NULL AND (at, id) < (%(before_at)s, %(before_id)s)
    AND (%(request_id)s::text IS NULL OR request_id = %(request_id)s)
    AND (%(code)s::integer IS NULL OR code = %(code)s)
    AND (%(path)s::text IS NULL OR starts_with(path, %(path)s))
ORDER BY at DESC, id DESC
LIMIT %(limit)s;

-- name: list_newest_of_request
-- Those of one request's id, newest first.
SELECT
    id, at, api, merchant_id, key_of, request_id, address, method, path, '' AS target, '' AS headers, NULL::bytea AS body,
    body_bytes, http_status, code, took_us, '' AS parameter
FROM request_record
WHERE request_id = %(request_id)s AND (at, id) < (%(before_at)s, %(before_id)s)
    AND (%(code)s::integer IS NULL OR code = %(code)s)
    AND (%(path)s::text IS NULL OR starts_with(path, %(path)s))
ORDER BY at DESC, id DESC
LIMIT %(limit)s;

-- name: list_newest_of_code
-- Those with one code, newest first.
SELECT
    id, at, api, merchant_id, key_of, request_id, address, method, path, '' AS target, '' AS headers, NULL::bytea AS body,
    body_bytes, http_status, code, took_us, '' AS parameter
FROM request_record
WHERE code = %(code)s AND (at, id) < (%(before_at)s, %(before_id)s)
ORDER BY at DESC, id DESC
LIMIT %(limit)s;

-- name: list_operations
-- Operations that the merchant's request has made in the books: its key is the beginning of theirs.
SELECT id, kind, subject
FROM ledger_operation
WHERE merchant_id = %(merchant_id)s AND key >= %(key)s AND key < %(key)s || chr(1114111)
    AND (key = %(key)s OR starts_with(key, %(key)s || ':'))
ORDER BY id
LIMIT 100;

-- name: list_pushes
-- Announcements to a merchant that belong to transactions, in the order in which things happened.
SELECT id, api, event, object, sequence, status
FROM webhook_delivery
WHERE merchant_id = %(merchant_id)s AND trace = ANY(%(traces)s::text[])
ORDER BY happened
LIMIT 100;
