-- name: get_authorization
-- An authorization by its id; the shop's amounts as texts, which keep their decimals.
SELECT
    merchant_id, id, card_id, kind, status, currency, original_currency, held, cleared, refunded, original_held::text,
    original_cleared::text, original_refunded::text, clearings_to_come, merchant_name, mcc, country, version, at
FROM card_authorization
WHERE merchant_id = %(merchant_id)s AND id = %(id)s;

-- name: add_authorizations :set
-- New authorizations.
INSERT INTO card_authorization (
    merchant_id, id, card_id, kind, status, currency, original_currency, held, cleared, refunded, original_held,
    original_cleared, original_refunded, clearings_to_come, merchant_name, mcc, country, version, at
)
SELECT %(merchant_id)s, *
FROM unnest(
    %(id)s::bigint[], %(card_id)s::bigint[], %(kind)s::text[], %(status)s::text[], %(currency)s::text[],
    %(original_currency)s::text[], %(held)s::numeric[], %(cleared)s::numeric[], %(refunded)s::numeric[],
    %(original_held)s::numeric[], %(original_cleared)s::numeric[], %(original_refunded)s::numeric[],
    %(clearings_to_come)s::integer[], %(merchant_name)s::text[], %(mcc)s::text[], %(country)s::text[],
    %(version)s::integer[], %(at)s::timestamptz[]
);

-- name: lock_authorizations
-- How many facts a batch's authorizations have seen: the state that the next one starts from.
SELECT id, version::text FROM card_authorization
WHERE merchant_id = %(merchant_id)s AND id = ANY(%(ids)s::bigint[])
ORDER BY id FOR NO KEY UPDATE;

-- name: move_authorizations :set
-- Each has seen another fact.
UPDATE card_authorization AS a
SET version = moved.version,
    status = moved.status,
    held = moved.held,
    cleared = moved.cleared,
    refunded = moved.refunded,
    original_held = moved.original_held,
    original_cleared = moved.original_cleared,
    original_refunded = moved.original_refunded,
    clearings_to_come = moved.clearings_to_come
FROM unnest(
    %(ids)s::bigint[], %(statuses)s::integer[], %(status)s::text[], %(held)s::numeric[], %(cleared)s::numeric[],
    %(refunded)s::numeric[], %(original_held)s::numeric[], %(original_cleared)s::numeric[],
    %(original_refunded)s::numeric[], %(clearings_to_come)s::integer[]
) AS moved (
    id, version, status, held, cleared, refunded, original_held, original_cleared, original_refunded, clearings_to_come
)
WHERE a.merchant_id = %(merchant_id)s AND a.id = moved.id;

-- name: add_facts :set
-- What the network reported, and what came of it.
INSERT INTO card_network_fact (
    merchant_id, id, card_id, kind, reference, authorization_id, said, outcome, problem, at
)
SELECT %(merchant_id)s, *
FROM unnest(
    %(id)s::bigint[], %(card_id)s::bigint[], %(kind)s::text[], %(reference)s::text[], %(authorization_id)s::bigint[],
    %(said)s::jsonb[], %(outcome)s::jsonb[], %(problem)s::text[], %(at)s::timestamptz[]
);

-- name: get_outcome
-- The answer that a fact got.
SELECT outcome FROM card_network_fact WHERE merchant_id = %(merchant_id)s AND id = %(id)s;

-- name: list_unmatched
-- Facts of all merchants that do not fit and that nobody has ticked off, newest first, after the one named if one is.
SELECT
    merchant_id, id, card_id, kind, reference, authorization_id, said, outcome, problem, at, settled_at, settled_by,
    reason
FROM card_network_fact
WHERE problem IS NOT NULL
    AND settled_at IS NULL
    AND (
        %(after)s::bigint IS NULL
        OR (at, id) < (SELECT at, id FROM card_network_fact WHERE id = %(after)s AND problem IS NOT NULL)
    )
ORDER BY at DESC, id DESC
LIMIT %(limit)s;

-- name: find_owner
-- The merchant of a fact that waits for an operator.
SELECT merchant_id FROM card_network_fact WHERE id = %(id)s AND problem IS NOT NULL AND settled_at IS NULL;

-- name: list_waiting
-- Facts of all merchants that do not fit and that nobody has ticked off, the longest waiting first, behind one of them.
SELECT
    merchant_id, id, card_id, kind, reference, authorization_id, said, outcome, problem, at, settled_at, settled_by,
    reason
FROM card_network_fact
WHERE problem IS NOT NULL AND settled_at IS NULL AND (at, id) > (%(after_at)s, %(after_id)s)
ORDER BY at, id
LIMIT %(limit)s;

-- name: find_waiting
-- A fact that does not fit and that nobody has ticked off.
SELECT
    merchant_id, id, card_id, kind, reference, authorization_id, said, outcome, problem, at, settled_at, settled_by,
    reason
FROM card_network_fact
WHERE merchant_id = %(merchant_id)s AND id = %(id)s AND problem IS NOT NULL AND settled_at IS NULL;

-- name: lock_facts
-- Holds facts, and whether somebody has ticked them off; those that fit are nobody's to tick off.
SELECT
    id,
    CASE WHEN problem IS NULL THEN 'fits' WHEN settled_at IS NULL THEN 'open' ELSE 'settled' END AS status
FROM card_network_fact
WHERE merchant_id = %(merchant_id)s AND id = ANY(%(ids)s::bigint[])
ORDER BY id
FOR NO KEY UPDATE;

-- name: settle_facts :set
-- Somebody has looked at facts.
UPDATE card_network_fact
SET settled_at = moved.settled_at, settled_by = moved.settled_by, reason = moved.reason
FROM unnest(
    %(ids)s::bigint[], %(statuses)s::text[], %(settled_at)s::timestamptz[], %(settled_by)s::text[], %(reasons)s::text[]
) AS moved (id, status, settled_at, settled_by, reason)
WHERE card_network_fact.merchant_id = %(merchant_id)s AND card_network_fact.id = moved.id;
