-- name: get_key
-- The newest data key of a merchant, wrapped.
SELECT generation, wrapped FROM vault_key WHERE merchant_id = %(merchant_id)s ORDER BY generation DESC LIMIT 1;

-- name: get_key_generation
-- A data key that something was sealed with.
SELECT generation, wrapped FROM vault_key WHERE merchant_id = %(merchant_id)s AND generation = %(generation)s;

-- name: add_key
-- A merchant's data key; whoever comes first makes it.
INSERT INTO vault_key (merchant_id, generation, wrapped)
VALUES (%(merchant_id)s, %(generation)s, %(wrapped)s)
ON CONFLICT (merchant_id, generation) DO NOTHING;

-- name: add_reveal
-- Records that a secret was shown.
INSERT INTO vault_reveal (merchant_id, id, purpose, object, actor, reason, at)
VALUES (%(merchant_id)s, %(id)s, %(purpose)s, %(object)s, %(actor)s, %(reason)s, %(at)s);

-- name: find_guesses
-- When wrong tries were made at an object, oldest first.
SELECT wrong_at FROM guess WHERE merchant_id = %(merchant_id)s AND purpose = %(purpose)s AND object = %(object)s;

-- name: hold_guesses
-- The same, and holds the row, which is made if it is the first: whoever judges a try does so alone.
INSERT INTO guess (merchant_id, purpose, object, wrong_at) VALUES (%(merchant_id)s, %(purpose)s, %(object)s, '{}')
ON CONFLICT (merchant_id, purpose, object) DO UPDATE SET wrong_at = guess.wrong_at
RETURNING wrong_at;

-- name: keep_guesses
-- The wrong tries that count from now on.
UPDATE guess SET wrong_at = %(wrong_at)s::timestamptz[]
WHERE merchant_id = %(merchant_id)s AND purpose = %(purpose)s AND object = %(object)s;

-- name: forget_guesses
-- The count starts anew.
DELETE FROM guess WHERE merchant_id = %(merchant_id)s AND purpose = %(purpose)s AND object = %(object)s;

-- name: forget_old_guesses
-- Drops counts of a purpose in which no wrong try is as new as `before`, a bounded number at a time.
DELETE FROM guess
WHERE ctid IN (
    SELECT ctid FROM guess
    WHERE purpose = %(purpose)s AND (cardinality(wrong_at) = 0 OR wrong_at[cardinality(wrong_at)] < %(before)s)
    LIMIT %(most)s
);
