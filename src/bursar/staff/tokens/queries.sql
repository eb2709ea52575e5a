-- name: add_token
-- A token of somebody.
INSERT INTO staff_token (id, staff_id, name, prefix, proof, roles, made_by, created_at, expires_at)
VALUES (
    %(id)s, %(staff_id)s, %(name)s, %(prefix)s, %(proof)s, %(roles)s::text[], %(made_by)s, %(created_at)s,
    %(expires_at)s
);

-- name: find_token
-- A token by its prefix, with the standing of its person.
SELECT
    token.id, staff_id, token.name, prefix, token.roles, made_by, token.created_at, expires_at, used_at, revoked_at,
    proof, staff.roles, staff.status
FROM staff_token AS token
JOIN staff ON staff.id = token.staff_id
WHERE prefix = %(prefix)s;

-- name: get_token
-- A token by its number.
SELECT id, staff_id, name, prefix, roles, made_by, created_at, expires_at, used_at, revoked_at
FROM staff_token
WHERE id = %(id)s;

-- name: list_tokens
-- Tokens of somebody, newest first, also those that are over, from before one of them on.
SELECT id, staff_id, name, prefix, roles, made_by, created_at, expires_at, used_at, revoked_at
FROM staff_token
WHERE staff_id = %(staff_id)s
    AND (created_at, id) < (%(before_at)s::timestamptz, %(before_id)s::bigint)
ORDER BY created_at DESC, id DESC
LIMIT %(limit)s;

-- name: count_live_tokens
-- Tokens of somebody that can be used.
SELECT count(*) FROM staff_token WHERE staff_id = %(staff_id)s AND revoked_at IS NULL AND expires_at > %(now)s;

-- name: use_token
-- The newest use of a token.
UPDATE staff_token SET used_at = %(now)s WHERE id = %(id)s AND (used_at IS NULL OR used_at < %(now)s);

-- name: revoke_token
-- A token that is of no use any more.
UPDATE staff_token SET revoked_at = %(now)s WHERE id = %(id)s AND revoked_at IS NULL;
