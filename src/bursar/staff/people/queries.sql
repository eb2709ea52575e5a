-- name: add_person
-- A person who has no way to sign in yet.
INSERT INTO staff (id, email, name, roles, status, created_at, of_merchant)
VALUES (%(id)s, %(email)s, %(name)s, %(roles)s::text[], 'invited', %(created_at)s, %(of_merchant)s);

-- name: find_person
-- People by number or e-mail address, of the staff or of merchants, with the ways to sign in.
SELECT
    id, email, name, roles, status, password IS NOT NULL AS has_password, totp_secret IS NOT NULL AS has_totp,
    (SELECT count(*) FROM staff_passkey WHERE staff_id = staff.id) AS passkeys, created_at, of_merchant
FROM staff
WHERE (%(id)s::bigint IS NULL OR id = %(id)s) AND (%(email)s::text IS NULL OR email = %(email)s)
    AND (of_merchant > 0) = %(of_merchants)s AND (%(of_merchant)s::bigint IS NULL OR of_merchant = %(of_merchant)s)
LIMIT 2;

-- name: list_people
-- People of a merchant, or of the staff (0), by their e-mail address, after one of them.
SELECT
    id, email, name, roles, status, password IS NOT NULL AS has_password, totp_secret IS NOT NULL AS has_totp,
    (SELECT count(*) FROM staff_passkey WHERE staff_id = staff.id) AS passkeys, created_at, of_merchant
FROM staff
WHERE of_merchant = %(of_merchant)s AND email > %(after)s
ORDER BY email
LIMIT %(limit)s;

-- name: lock_people
-- Holds people, with their standing.
SELECT id, status FROM staff WHERE id = ANY(%(ids)s::bigint[]) ORDER BY id FOR NO KEY UPDATE;

-- name: move_people :set
-- The standing of people from now on.
UPDATE staff SET status = moved.status
FROM unnest(%(ids)s::bigint[], %(statuses)s::text[]) AS moved (id, status)
WHERE staff.id = moved.id;

-- name: lock_roles
-- Holds people, with their roles.
SELECT id, array_to_string(roles, ',') FROM staff WHERE id = ANY(%(ids)s::bigint[]) ORDER BY id FOR NO KEY UPDATE;

-- name: move_roles :set
-- The roles of people from now on, with commas between.
UPDATE staff SET roles = string_to_array(moved.roles, ',')
FROM unnest(%(ids)s::bigint[], %(statuses)s::text[]) AS moved (id, roles)
WHERE staff.id = moved.id;

-- name: list_owners
-- Numbers of the owners who are not disabled.
SELECT id FROM staff WHERE 'owner' = ANY(roles) AND status <> 'disabled' ORDER BY id;

-- name: list_users
-- Users of all merchants behind a number, in the order of their numbers.
SELECT
    id, email, name, roles, status, password IS NOT NULL AS has_password, totp_secret IS NOT NULL AS has_totp,
    (SELECT count(*) FROM staff_passkey WHERE staff_id = staff.id) AS passkeys, created_at, of_merchant
FROM staff
WHERE of_merchant > 0 AND id > %(after)s
ORDER BY id
LIMIT %(limit)s;
