-- name: find_statement
-- The statement of a day.
SELECT id, day, status, orders, size_bytes, file_ids, made_at
FROM statement
WHERE merchant_id = %(merchant_id)s AND day = %(day)s AND status = 'published';

-- name: find_attempt
-- One attempt at a statement, whatever came of it.
SELECT id, day, status, orders, size_bytes, file_ids, made_at
FROM statement
WHERE merchant_id = %(merchant_id)s AND id = %(id)s;

-- name: add_statement
-- A statement that is about to be stored.
INSERT INTO statement (merchant_id, id, day, status, orders, size_bytes, file_ids, made_at)
VALUES (
    %(merchant_id)s, %(id)s, %(day)s, 'storing', %(orders)s, %(size_bytes)s, %(file_ids)s::bigint[], %(made_at)s
);

-- name: lock_statements
-- Holds attempts with their status.
SELECT id, status
FROM statement
WHERE merchant_id = %(merchant_id)s AND id = ANY(%(ids)s::bigint[])
ORDER BY id
FOR NO KEY UPDATE;

-- name: move_statements :set
-- Gives attempts another status; the database refuses a second published one of a day.
UPDATE statement
SET status = moved.status
FROM unnest(%(ids)s::bigint[], %(statuses)s::text[]) AS moved (id, status)
WHERE statement.merchant_id = %(merchant_id)s AND statement.id = moved.id;
