-- name: list_keys
-- The keys of a merchant, oldest first.
SELECT
    merchant_id, id, api, key, public_key, slot, created_at, created_by, expires_at, shown_at, revoked_at, first_used_at,
    last_used_at, last_used_from
FROM merchant_key
WHERE merchant_id = %(merchant_id)s
ORDER BY created_at, id
LIMIT %(limit)s;

-- name: list_key_page
-- The keys of a merchant by number, behind one of them.
SELECT
    merchant_id, id, api, key, public_key, slot, created_at, created_by, expires_at, shown_at, revoked_at, first_used_at,
    last_used_at, last_used_from
FROM merchant_key
WHERE merchant_id = %(merchant_id)s AND id > %(after)s
ORDER BY id
LIMIT %(limit)s;

-- name: get_key
-- One key of a merchant.
SELECT
    merchant_id, id, api, key, public_key, slot, created_at, created_by, expires_at, shown_at, revoked_at, first_used_at,
    last_used_at, last_used_from
FROM merchant_key
WHERE merchant_id = %(merchant_id)s AND id = %(id)s;

-- name: list_live
-- The keys that hold the places of one API, whether they have expired or not.
SELECT
    merchant_id, id, api, key, public_key, slot, created_at, created_by, expires_at, shown_at, revoked_at, first_used_at,
    last_used_at, last_used_from
FROM merchant_key
WHERE merchant_id = %(merchant_id)s AND api = %(api)s AND slot IS NOT NULL
ORDER BY slot;

-- name: add_lookup
-- The way from a key to its merchant.
INSERT INTO api_key (api, key, merchant_id) VALUES (%(api)s, %(key)s, %(merchant_id)s);

-- name: add_key
-- A new key, in a place that is free.
INSERT INTO merchant_key (merchant_id, id, api, key, secret, public_key, slot, created_at, created_by, expires_at)
VALUES
    (%(merchant_id)s, %(id)s, %(api)s, %(key)s, %(secret)s, %(public_key)s, %(slot)s, %(created_at)s, %(created_by)s,
    %(expires_at)s);

-- name: free_expired
-- The places of keys that have expired; their rows stay.
UPDATE merchant_key SET slot = NULL
WHERE merchant_id = %(merchant_id)s AND api = %(api)s AND slot IS NOT NULL AND expires_at <= %(at)s;

-- name: revoke_key
-- A key that is accepted no more.
UPDATE merchant_key SET revoked_at = %(at)s, slot = NULL
WHERE merchant_id = %(merchant_id)s AND id = %(id)s AND revoked_at IS NULL;

-- name: remove_lookup
-- A key that leads to no merchant any more.
DELETE FROM api_key WHERE api = %(api)s AND key = %(key)s AND merchant_id = %(merchant_id)s;

-- name: expire_key
-- The end of a key.
UPDATE merchant_key SET expires_at = %(expires_at)s
WHERE merchant_id = %(merchant_id)s AND id = %(id)s AND revoked_at IS NULL;

-- name: replace_public_key
-- Another public key of a key's own.
UPDATE merchant_key SET public_key = %(public_key)s
WHERE merchant_id = %(merchant_id)s AND id = %(id)s AND revoked_at IS NULL;

-- name: show_secret
-- The sealed secret of a key, once: whoever comes second gets no row.
UPDATE merchant_key SET shown_at = %(at)s
WHERE merchant_id = %(merchant_id)s AND id = %(id)s AND shown_at IS NULL AND secret IS NOT NULL
RETURNING secret;

-- name: lock_keys
-- Holds keys; the status that the ledger guards is whether they were revoked.
SELECT id, CASE WHEN revoked_at IS NULL THEN 'there' ELSE 'revoked' END
FROM merchant_key
WHERE merchant_id = %(merchant_id)s AND id = ANY(%(ids)s::bigint[])
ORDER BY id
FOR NO KEY UPDATE;

-- name: write_uses
-- The newest use of some keys, and the first of those that had none. Rows are taken in the order of keys, so that
-- processes that write at once do not wait for each other in a circle; a key that somebody holds is written next time.
UPDATE merchant_key AS stored
SET first_used_at = coalesce(stored.first_used_at, used.at),
    last_used_at = greatest(stored.last_used_at, used.at),
    last_used_from = used.address
FROM (
    SELECT merchant_key.merchant_id, merchant_key.id, said.at, said.address
    FROM unnest(%(merchant_ids)s::bigint[], %(ids)s::bigint[], %(ats)s::timestamptz[], %(addresses)s::text[])
        AS said (merchant_id, id, at, address)
    JOIN merchant_key USING (merchant_id, id)
    ORDER BY merchant_key.merchant_id, merchant_key.id
    FOR NO KEY UPDATE OF merchant_key SKIP LOCKED
) AS used
WHERE stored.merchant_id = used.merchant_id AND stored.id = used.id
RETURNING stored.merchant_id, stored.id;
