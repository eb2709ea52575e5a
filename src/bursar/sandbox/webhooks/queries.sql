-- name: is_quiet
-- Whether the merchant has neither faults nor pushes that are held back.
SELECT NOT EXISTS (SELECT FROM sandbox_webhook_fault WHERE merchant_id = %(merchant_id)s)
    AND NOT EXISTS (SELECT FROM sandbox_webhook_held WHERE merchant_id = %(merchant_id)s);

-- name: list_faults
-- The merchant's faults that are still to strike.
SELECT fault, left_over, delay_s FROM sandbox_webhook_fault WHERE merchant_id = %(merchant_id)s ORDER BY fault;

-- name: put_faults
-- The merchant's faults, in place of all that were there.
WITH planted AS (
    SELECT * FROM unnest(%(faults)s::text[], %(left_over)s::integer[], %(delays)s::float8[])
        AS planted (fault, left_over, delay_s)
),
gone AS (
    DELETE FROM sandbox_webhook_fault
    WHERE merchant_id = %(merchant_id)s AND fault NOT IN (SELECT fault FROM planted)
)
INSERT INTO sandbox_webhook_fault (merchant_id, fault, left_over, delay_s)
SELECT %(merchant_id)s, fault, left_over, delay_s FROM planted
ON CONFLICT (merchant_id, fault) DO UPDATE SET left_over = excluded.left_over, delay_s = excluded.delay_s;

-- name: strike_last
-- Uses up the last of a fault.
DELETE FROM sandbox_webhook_fault
WHERE merchant_id = %(merchant_id)s AND fault = %(fault)s AND left_over = 1;

-- name: strike
-- Uses up one of a fault, unless it strikes every push.
UPDATE sandbox_webhook_fault
SET left_over = left_over - 1
WHERE merchant_id = %(merchant_id)s AND fault = %(fault)s AND (left_over IS NULL OR left_over > 1);

-- name: find_held
-- How a push is held back.
SELECT held_until AS until, to_be_overtaken AS may_be_overtaken
FROM sandbox_webhook_held WHERE merchant_id = %(merchant_id)s AND delivery_id = %(delivery_id)s;

-- name: hold
-- A push is held back.
INSERT INTO sandbox_webhook_held (merchant_id, delivery_id, held_until, to_be_overtaken)
VALUES (%(merchant_id)s, %(delivery_id)s, %(held_until)s, %(to_be_overtaken)s)
ON CONFLICT (merchant_id, delivery_id) DO NOTHING;

-- name: is_one_waiting
-- Whether one of the merchant's pushes waits to be overtaken.
SELECT EXISTS (SELECT FROM sandbox_webhook_held WHERE merchant_id = %(merchant_id)s AND to_be_overtaken);

-- name: let_go
-- A push is no longer held back.
DELETE FROM sandbox_webhook_held WHERE merchant_id = %(merchant_id)s AND delivery_id = %(delivery_id)s;

-- name: let_all_go
-- No push of the merchant's is held back any longer.
DELETE FROM sandbox_webhook_held WHERE merchant_id = %(merchant_id)s;
