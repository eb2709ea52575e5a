-- name: get_password
-- What is kept of the merchant's password.
SELECT hash, enabled, version FROM verification_password WHERE merchant_id = %(merchant_id)s;

-- name: add_password
-- The merchant's first password. Having set it does not enable it.
INSERT INTO verification_password (merchant_id, id, hash, enabled, version, set_at, changed_at)
VALUES (%(merchant_id)s, %(merchant_id)s, %(hash)s, false, 1, %(at)s, %(at)s);

-- name: lock_passwords
-- Holds the password. What the ledger guards about it is its version, so that is its status.
SELECT id, version::text
FROM verification_password
WHERE merchant_id = %(merchant_id)s AND id = ANY(%(ids)s::bigint[])
ORDER BY id
FOR NO KEY UPDATE;

-- name: change_passwords :set
-- Another password, or enabled or not; what is null stays.
UPDATE verification_password AS stored
SET hash = coalesce(changed.hash, stored.hash),
    enabled = coalesce(changed.enabled, stored.enabled),
    version = changed.status::integer,
    changed_at = changed.at
FROM unnest(
    %(ids)s::bigint[], %(statuses)s::text[], %(hashes)s::text[], %(enableds)s::boolean[], %(changed_at)s::timestamptz[]
) AS changed (id, status, hash, enabled, at)
WHERE stored.merchant_id = %(merchant_id)s AND stored.id = changed.id;
