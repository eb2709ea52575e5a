-- name: add_link
-- A one-time link; the ones before are no use any more.
WITH replaced AS (DELETE FROM staff_link WHERE staff_id = %(staff_id)s AND used_at IS NULL)
INSERT INTO staff_link (id, staff_id, proof, created_at, expires_at)
VALUES (%(id)s, %(staff_id)s, %(proof)s, %(created_at)s, %(expires_at)s);

-- name: add_reset
-- A link for a new password beside others, which anybody can ask for and so takes none of them away.
INSERT INTO staff_link (id, staff_id, proof, created_at, expires_at)
VALUES (%(id)s, %(staff_id)s, %(proof)s, %(created_at)s, %(expires_at)s);

-- name: find_link
-- A one-time link with the hash of its secret.
SELECT staff_id, proof, expires_at, used_at FROM staff_link WHERE id = %(id)s;

-- name: lock_links
-- Holds one-time links.
SELECT id, CASE WHEN used_at IS NULL THEN 'open' ELSE 'used' END
FROM staff_link
WHERE id = ANY(%(ids)s::bigint[])
ORDER BY id
FOR NO KEY UPDATE;

-- name: use_links :set
-- One-time links that are used.
UPDATE staff_link SET used_at = moved.at
FROM unnest(%(ids)s::bigint[], %(statuses)s::text[], %(at)s::timestamptz[]) AS moved (id, status, at)
WHERE staff_link.id = moved.id AND moved.status = 'used';

-- name: get_secrets
-- Password and authenticator of somebody.
SELECT password, totp_secret FROM staff WHERE id = %(id)s;

-- name: set_password
-- The password from now on.
UPDATE staff SET password = %(password)s WHERE id = %(id)s;

-- name: set_totp
-- The authenticator from now on.
UPDATE staff SET totp_secret = %(totp_secret)s WHERE id = %(id)s;

-- name: use_totp
-- The step of a code that was used. The constraint refuses it a second time.
INSERT INTO staff_totp_use (staff_id, step) VALUES (%(staff_id)s, %(step)s);

-- name: drop_recovery_codes
-- The recovery codes of somebody are no use any more.
DELETE FROM staff_recovery_code WHERE staff_id = %(staff_id)s;

-- name: add_recovery_codes :set
-- Recovery codes of somebody.
INSERT INTO staff_recovery_code (id, staff_id, proof)
SELECT id, staff_id, proof
FROM unnest(%(ids)s::bigint[], %(staff_ids)s::bigint[], %(proofs)s::bytea[]) AS made (id, staff_id, proof);

-- name: find_recovery_code
-- A recovery code that was not used.
SELECT id FROM staff_recovery_code WHERE staff_id = %(staff_id)s AND proof = %(proof)s AND used_at IS NULL;

-- name: count_recovery_codes
-- Recovery codes that somebody has left.
SELECT count(*) FROM staff_recovery_code WHERE staff_id = %(staff_id)s AND used_at IS NULL;

-- name: lock_recovery_codes
-- Holds recovery codes.
SELECT id, CASE WHEN used_at IS NULL THEN 'open' ELSE 'used' END
FROM staff_recovery_code
WHERE id = ANY(%(ids)s::bigint[])
ORDER BY id
FOR NO KEY UPDATE;

-- name: use_recovery_codes :set
-- Recovery codes that are used.
UPDATE staff_recovery_code SET used_at = moved.at
FROM unnest(%(ids)s::bigint[], %(statuses)s::text[], %(at)s::timestamptz[]) AS moved (id, status, at)
WHERE staff_recovery_code.id = moved.id AND moved.status = 'used';

-- name: add_challenge
-- A challenge that a passkey is to answer.
INSERT INTO staff_challenge (id, staff_id, challenge, expires_at)
VALUES (%(id)s, %(staff_id)s, %(challenge)s, %(expires_at)s);

-- name: find_challenge
-- A challenge that is open, of somebody or for whoever signs in.
SELECT challenge
FROM staff_challenge
WHERE id = %(id)s AND staff_id IS NOT DISTINCT FROM %(staff_id)s::bigint AND used_at IS NULL AND expires_at > %(now)s;

-- name: lock_challenges
-- Holds challenges.
SELECT id, CASE WHEN used_at IS NULL THEN 'open' ELSE 'used' END
FROM staff_challenge
WHERE id = ANY(%(ids)s::bigint[])
ORDER BY id
FOR NO KEY UPDATE;

-- name: use_challenges :set
-- Challenges that are answered.
UPDATE staff_challenge SET used_at = moved.at
FROM unnest(%(ids)s::bigint[], %(statuses)s::text[], %(at)s::timestamptz[]) AS moved (id, status, at)
WHERE staff_challenge.id = moved.id AND moved.status = 'used';

-- name: add_passkey
-- A passkey of somebody. The constraint refuses one that is registered already.
INSERT INTO staff_passkey (id, staff_id, credential, public_key, sign_count, name, created_at)
VALUES (%(id)s, %(staff_id)s, %(credential)s, %(public_key)s, %(sign_count)s, %(name)s, %(created_at)s);

-- name: use_passkey
-- The count of signatures that a passkey has told last.
UPDATE staff_passkey SET sign_count = %(sign_count)s, used_at = %(used_at)s WHERE id = %(id)s;

-- name: remove_passkey
-- A passkey that is not to be used any more.
DELETE FROM staff_passkey WHERE id = %(id)s AND staff_id = %(staff_id)s;

-- name: find_passkey
-- A passkey by the number that its device gave it.
SELECT id, staff_id, credential, public_key, sign_count, name, created_at, used_at
FROM staff_passkey
WHERE credential = %(credential)s;

-- name: list_passkeys
-- Passkeys of somebody, oldest first.
SELECT id, staff_id, credential, public_key, sign_count, name, created_at, used_at
FROM staff_passkey
WHERE staff_id = %(staff_id)s
ORDER BY id;

-- name: add_session
-- A session. The oldest ones of somebody who has too many end.
WITH surplus AS (
    UPDATE staff_session SET ended_at = %(created_at)s
    WHERE id IN (
        SELECT id FROM staff_session
        WHERE staff_id = %(staff_id)s AND ended_at IS NULL
        ORDER BY created_at DESC, id DESC
        OFFSET %(others_max)s
    )
)
INSERT INTO staff_session (
    id, staff_id, proof, purpose, factors, address, device, created_at, seen_at, proved_at, expires_at
)
VALUES (
    %(id)s, %(staff_id)s, %(proof)s, %(purpose)s, %(factors)s, %(address)s, %(device)s, %(created_at)s, %(created_at)s,
    %(proved_at)s, %(expires_at)s
);

-- name: find_session
-- A session with the hash of its secret, and the standing of its person.
SELECT
    session.id, staff_id, purpose, factors, address, device, session.created_at, seen_at, proved_at, expires_at,
    ended_at, proof, roles, status, of_merchant
FROM staff_session AS session
JOIN staff ON staff.id = session.staff_id
WHERE session.id = %(id)s;

-- name: get_session
-- A session by its number.
SELECT id, staff_id, purpose, factors, address, device, created_at, seen_at, proved_at, expires_at, ended_at
FROM staff_session
WHERE id = %(id)s;

-- name: list_sessions
-- Sessions of somebody that have not ended, newest first.
SELECT id, staff_id, purpose, factors, address, device, created_at, seen_at, proved_at, expires_at, ended_at
FROM staff_session
WHERE staff_id = %(staff_id)s AND ended_at IS NULL
ORDER BY created_at DESC, id DESC;

-- name: get_merchant
-- The merchant that somebody belongs to; 0: the install.
SELECT of_merchant FROM staff WHERE id = %(id)s;

-- name: see_session
-- The newest request of a session.
UPDATE staff_session SET seen_at = %(now)s WHERE id = %(id)s AND seen_at < %(now)s;

-- name: prove_session
-- The newest proof of a second factor in a session.
UPDATE staff_session SET proved_at = %(now)s WHERE id = %(id)s;

-- name: end_session
-- A session that is over.
UPDATE staff_session SET ended_at = %(now)s WHERE id = %(id)s AND ended_at IS NULL;

-- name: end_sessions
-- All sessions of somebody are over.
UPDATE staff_session SET ended_at = %(now)s WHERE staff_id = %(staff_id)s AND ended_at IS NULL;

-- name: drop_links
-- The links of somebody that were not used are no use any more.
DELETE FROM staff_link WHERE staff_id = %(staff_id)s AND used_at IS NULL;

-- name: drop_other_links
-- The links of somebody but one that were not used are no use any more.
DELETE FROM staff_link WHERE staff_id = %(staff_id)s AND used_at IS NULL AND id <> %(id)s;

-- name: end_other_sessions
-- All sessions of somebody but one are over.
UPDATE staff_session SET ended_at = %(now)s WHERE staff_id = %(staff_id)s AND id <> %(id)s AND ended_at IS NULL;

-- name: is_known_device
-- The existence of a device that somebody has signed in from.
SELECT EXISTS (SELECT FROM staff_device WHERE staff_id = %(staff_id)s AND proof = %(proof)s);

-- name: see_device
-- A device that somebody signs in from; those of theirs not seen for longest are forgotten when there are too many.
WITH surplus AS (
    DELETE FROM staff_device
    WHERE staff_id = %(staff_id)s AND proof IN (
        SELECT proof FROM staff_device
        WHERE staff_id = %(staff_id)s AND proof <> %(proof)s
        ORDER BY last_at DESC
        OFFSET %(others_max)s
    )
)
INSERT INTO staff_device (staff_id, proof, name, first_at, last_at)
VALUES (%(staff_id)s, %(proof)s, %(name)s, %(now)s, %(now)s)
ON CONFLICT (staff_id, proof) DO UPDATE SET name = excluded.name, last_at = excluded.last_at;

-- name: forget_sessions
-- Drops sessions that expired long ago, a bounded number at a time.
DELETE FROM staff_session
WHERE ctid IN (SELECT ctid FROM staff_session WHERE expires_at < %(before)s LIMIT %(most)s);

-- name: forget_challenges
-- Drops challenges that expired, a bounded number at a time.
DELETE FROM staff_challenge
WHERE ctid IN (SELECT ctid FROM staff_challenge WHERE expires_at < %(before)s LIMIT %(most)s);

-- name: forget_totp_uses
-- Drops steps whose codes are refused for their age by now, a bounded number at a time.
DELETE FROM staff_totp_use
WHERE ctid IN (SELECT ctid FROM staff_totp_use WHERE step < %(before_step)s LIMIT %(most)s);
