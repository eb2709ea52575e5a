-- name: add_person
-- A person who has no way to sign in yet.
INSERT INTO staff (id, email, name, roles, status, created_at)
VALUES (%(id)s, %(email)s, %(name)s, %(roles)s::text[], 'invited', %(created_at)s);

-- name: set_roles
-- The roles of a person from now on.
UPDATE staff SET roles = %(roles)s::text[] WHERE id = %(id)s;

-- name: find_person
-- A person by number or e-mail address, with the ways to sign in.
SELECT
    id, email, name, roles, status, password IS NOT NULL AS has_password, totp_secret IS NOT NULL AS has_totp,
    (SELECT count(*) FROM staff_passkey WHERE staff_id = staff.id) AS passkeys, created_at
FROM staff
WHERE (%(id)s::bigint IS NULL OR id = %(id)s) AND (%(email)s::text IS NULL OR email = %(email)s);

-- name: list_people
-- People by their e-mail address, after one of them.
SELECT
    id, email, name, roles, status, password IS NOT NULL AS has_password, totp_secret IS NOT NULL AS has_totp,
    (SELECT count(*) FROM staff_passkey WHERE staff_id = staff.id) AS passkeys, created_at
FROM staff
WHERE email > %(after)s
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
-- Holds people, with their standing and roles.
SELECT id, status || ':' || array_to_string(roles, ',')
FROM staff
WHERE id = ANY(%(ids)s::bigint[])
ORDER BY id
FOR NO KEY UPDATE;

-- name: lock_owners
-- Holds all owners; the one state of these is who they are.
SELECT ids.id, coalesce(string_agg(owner.id::text, ',' ORDER BY owner.id), '')
FROM unnest(%(ids)s::bigint[]) AS ids (id)
LEFT JOIN (
    SELECT id FROM staff WHERE 'owner' = ANY(roles) AND status <> 'disabled' ORDER BY id FOR NO KEY UPDATE
) AS owner ON true
GROUP BY ids.id;

-- name: list_owners
-- Numbers of the owners who are not disabled.
SELECT id FROM staff WHERE 'owner' = ANY(roles) AND status <> 'disabled' ORDER BY id;
