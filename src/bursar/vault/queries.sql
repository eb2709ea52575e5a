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
