-- name: get_key
-- The newest data key of a merchant, wrapped.
SELECT generation, wrapped, wrapped_too FROM vault_key WHERE merchant_id = %(merchant_id)s ORDER BY generation DESC LIMIT 1;

-- name: get_key_generation
-- A data key that something was sealed with.
SELECT generation, wrapped, wrapped_too FROM vault_key WHERE merchant_id = %(merchant_id)s AND generation = %(generation)s;

-- name: add_first_key
-- A merchant's first data key; whoever comes first makes it.
INSERT INTO vault_key (merchant_id, generation, wrapped, wrapped_too)
VALUES (%(merchant_id)s, %(generation)s, %(wrapped)s, %(wrapped_too)s)
ON CONFLICT (merchant_id, generation) DO NOTHING;

-- name: add_key
-- A merchant's next data key.
INSERT INTO vault_key (merchant_id, generation, wrapped, wrapped_too)
VALUES (%(merchant_id)s, %(generation)s, %(wrapped)s, %(wrapped_too)s);

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

-- name: list_data_keys
-- Data keys with their wraps, a page of them, by owner and generation.
SELECT merchant_id, generation, wrapped, wrapped_too
FROM vault_key
WHERE (merchant_id, generation) > (%(merchant_id)s::bigint, %(generation)s::smallint)
ORDER BY merchant_id, generation
LIMIT %(limit)s;

-- name: rewrap_keys
-- Gives data keys new wraps, where nobody has done so since they were read; by the owner of the tables alone.
UPDATE vault_key AS kept
SET wrapped = given.wrapped, wrapped_too = given.wrapped_too
FROM unnest(
    %(merchant_ids)s::bigint[], %(generations)s::smallint[], %(read)s::bytea[], %(wrapped)s::bytea[],
    %(wrapped_too)s::bytea[]
) AS given (merchant_id, generation, read, wrapped, wrapped_too)
WHERE kept.merchant_id = given.merchant_id AND kept.generation = given.generation AND kept.wrapped = given.read;

-- name: list_generations
-- The generations of one key, each with its first and its last step.
SELECT
    key.merchant_id, key.kind, key.generation, last.state, last.until, last.step, first.at AS made_at,
    first.actor AS made_by, last.at AS changed_at, last.actor AS changed_by, key.public, key.sealed
FROM key_generation AS key
JOIN key_step AS first USING (merchant_id, kind, generation)
CROSS JOIN LATERAL (
    SELECT state, until, step, at, actor
    FROM key_step
    WHERE key_step.merchant_id = key.merchant_id AND key_step.kind = key.kind
        AND key_step.generation = key.generation
    ORDER BY step DESC
    LIMIT 1
) AS last
WHERE key.merchant_id = %(merchant_id)s AND key.kind = %(kind)s AND first.step = 1
ORDER BY key.generation;

-- name: list_all_generations
-- The same of all keys of an owner, or of all owners, a page by the primary key.
SELECT
    key.merchant_id, key.kind, key.generation, last.state, last.until, last.step, first.at AS made_at,
    first.actor AS made_by, last.at AS changed_at, last.actor AS changed_by, key.public, key.sealed
FROM key_generation AS key
JOIN key_step AS first USING (merchant_id, kind, generation)
CROSS JOIN LATERAL (
    SELECT state, until, step, at, actor
    FROM key_step
    WHERE key_step.merchant_id = key.merchant_id AND key_step.kind = key.kind
        AND key_step.generation = key.generation
    ORDER BY step DESC
    LIMIT 1
) AS last
WHERE key.merchant_id BETWEEN coalesce(%(of)s::bigint, 0) AND coalesce(%(of)s::bigint, %(most)s::bigint)
    AND (key.merchant_id, key.kind, key.generation)
        > (%(merchant_id)s::bigint, %(kind)s::text, %(generation)s::smallint)
    AND first.step = 1
ORDER BY key.merchant_id, key.kind, key.generation
LIMIT %(limit)s;

-- name: add_generation
-- A new generation of a key.
INSERT INTO key_generation (merchant_id, kind, generation, public, sealed)
VALUES (%(merchant_id)s, %(kind)s, %(generation)s, %(public)s, %(sealed)s);

-- name: add_step
-- A step in the life of a generation.
INSERT INTO key_step (merchant_id, kind, generation, step, state, until, at, actor)
VALUES (
    %(merchant_id)s, %(kind)s, %(generation)s, %(step)s, %(state)s, %(until)s::timestamptz, %(at)s, %(actor)s
);

-- name: adopt_generation
-- Generation 1 of a key that has none, active from its making on; whoever comes first makes it.
WITH made AS (
    INSERT INTO key_generation (merchant_id, kind, generation, public, sealed)
    VALUES (%(merchant_id)s, %(kind)s, 1, %(public)s, %(sealed)s)
    ON CONFLICT (merchant_id, kind, generation) DO NOTHING
    RETURNING merchant_id, kind, generation
)
INSERT INTO key_step (merchant_id, kind, generation, step, state, at, actor)
SELECT merchant_id, kind, generation, 1, 'active', now(), %(actor)s FROM made;

-- name: count_unmoved
-- The running processes that were not given a master key, by the marks beside their signs of presence.
SELECT
    (SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND classid = 16964 AND objsubid = 2 AND granted
        AND database = (SELECT oid FROM pg_database WHERE datname = current_database()))
    - (SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND classid = 16966 AND objsubid = 2 AND granted
        AND objid = %(mark)s::bigint::oid
        AND database = (SELECT oid FROM pg_database WHERE datname = current_database()));
