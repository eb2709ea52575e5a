-- name: add_draft
-- A batch that was brought as a file; of open ones a merchant has a limited number.
INSERT INTO payout_draft (merchant_id, id, name, rows, made_by, made_at)
VALUES (%(merchant_id)s, %(id)s, %(name)s, %(rows)s, %(made_by)s, %(made_at)s);

-- name: add_draft_rows :set
-- The rows of a batch as they were typed.
INSERT INTO payout_draft_row (
    merchant_id, draft_id, number, order_number, payee_id, payee_reference, amount, currency, method
)
SELECT %(merchant_id)s, *
FROM unnest(
    %(draft_id)s::bigint[], %(number)s::integer[], %(order_number)s::text[], %(payee_id)s::text[],
    %(payee_reference)s::text[], %(amount)s::text[], %(currency)s::text[], %(method)s::text[]
);

-- name: change_draft_row
-- A row is typed anew.
UPDATE payout_draft_row
SET order_number = %(order_number)s, payee_id = %(payee_id)s, payee_reference = %(payee_reference)s,
    amount = %(amount)s, currency = %(currency)s, method = %(method)s
WHERE merchant_id = %(merchant_id)s AND draft_id = %(draft_id)s AND number = %(number)s;

-- name: count_open_drafts
-- The batches of a merchant that are neither sent nor dropped.
SELECT count(*) FROM payout_draft WHERE merchant_id = %(merchant_id)s AND sent_at IS NULL AND dropped_at IS NULL;

-- name: find_draft
-- A batch by its number.
SELECT merchant_id, id, name, rows, made_by, made_at, revision, approval_id, sent_at, dropped_at
FROM payout_draft
WHERE merchant_id = %(merchant_id)s AND id = %(id)s;

-- name: list_drafts
-- Batches of a merchant, newest first, before one of them.
SELECT merchant_id, id, name, rows, made_by, made_at, revision, approval_id, sent_at, dropped_at
FROM payout_draft
WHERE merchant_id = %(merchant_id)s AND id < %(before)s
ORDER BY id DESC
LIMIT %(limit)s;

-- name: list_draft_rows
-- All rows of a batch, in their order.
SELECT number, order_number, payee_id, payee_reference, amount, currency, method
FROM payout_draft_row
WHERE merchant_id = %(merchant_id)s AND draft_id = %(draft_id)s
ORDER BY number;

-- name: find_draft_row
-- One row of a batch.
SELECT number, order_number, payee_id, payee_reference, amount, currency, method
FROM payout_draft_row
WHERE merchant_id = %(merchant_id)s AND draft_id = %(draft_id)s AND number = %(number)s;

-- name: lock_drafts
-- Holds batches with the count of their changes.
SELECT id, revision::text
FROM payout_draft
WHERE merchant_id = %(merchant_id)s AND id = ANY(%(ids)s::bigint[])
ORDER BY id
FOR NO KEY UPDATE;

-- name: move_drafts :set
-- Batches with a change more.
UPDATE payout_draft
SET revision = moved.revision::bigint, approval_id = moved.approval_id, sent_at = moved.sent_at,
    dropped_at = moved.dropped_at
FROM unnest(
    %(ids)s::bigint[], %(statuses)s::text[], %(approval_id)s::bigint[], %(sent_at)s::timestamptz[],
    %(dropped_at)s::timestamptz[]
) AS moved (id, revision, approval_id, sent_at, dropped_at)
WHERE payout_draft.merchant_id = %(merchant_id)s AND payout_draft.id = moved.id;
