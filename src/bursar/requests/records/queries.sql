-- name: add_records
-- Requests as they arrived; the sealed content of all of them is one value, in their order.
INSERT INTO request_record (
    id, at, api, merchant_id, request_id, address, method, path, body_bytes, http_status, code, took_us, content
)
SELECT
    id, at, api, merchant_id, request_id, address, method, path, body_bytes, http_status, code, took_us,
    substring(sealed.content FROM ending - length + 1 FOR length)
FROM
    unnest(
        %(id)s::bigint[], %(at)s::timestamptz[], %(api)s::text[], %(merchant_id)s::bigint[], %(request_id)s::text[],
        %(address)s::text[], %(method)s::text[], %(path)s::text[], %(body_bytes)s::integer[],
        %(http_status)s::integer[], %(code)s::integer[], %(took_us)s::bigint[], %(ends)s::integer[],
        %(lengths)s::integer[]
    ) AS record (
        id, at, api, merchant_id, request_id, address, method, path, body_bytes, http_status, code, took_us, ending,
        length
    ),
    (SELECT %(content)s::bytea AS content) AS sealed;

-- name: list_records
-- The newest of those that somebody looks for.
SELECT
    id, at, api, merchant_id, request_id, address, method, path, '' AS target, '' AS headers, NULL::bytea AS body, body_bytes,
    http_status, code, took_us
FROM request_record
WHERE (%(merchant_id)s::bigint IS NULL OR merchant_id = %(merchant_id)s OR merchant_id IS NULL)
    AND (%(request_id)s::text IS NULL OR request_id = %(request_id)s)
    AND (%(code)s::integer IS NULL OR code = %(code)s)
    AND (%(path)s::text IS NULL OR starts_with(path, %(path)s))
    AND id < %(before)s
ORDER BY id DESC
LIMIT %(limit)s;

-- name: find_record
-- One of them, with what is sealed (target, headers and body) as it is.
SELECT
    id, at, api, merchant_id, request_id, address, method, path, '' AS target, '' AS headers, content AS body, body_bytes,
    http_status, code, took_us
FROM request_record
WHERE id = %(id)s;

-- name: remove_old_records
-- Those that are too old, and all but the newest.
DELETE FROM request_record
WHERE at < %(oldest)s OR id <= (SELECT id FROM request_record ORDER BY id DESC OFFSET %(kept)s LIMIT 1);

-- name: list_operations
-- Operations that the merchant's request has made in the books: its key is the beginning of theirs.
SELECT id, kind, subject
FROM ledger_operation
WHERE merchant_id = %(merchant_id)s AND key >= %(key)s AND key < %(key)s || chr(1114111)
    AND (key = %(key)s OR starts_with(key, %(key)s || ':'))
ORDER BY id
LIMIT 100;
