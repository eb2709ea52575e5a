-- name: get_default_group
-- The group that was made with the merchant.
SELECT id FROM customer_group WHERE merchant_id = %(merchant_id)s AND is_default;

-- name: list_groups
-- One page of groups with the numbers of their customers, the default one first, then by age, oldest first. A name finds
-- all that contain it.
SELECT
    id, name, remark, is_default, rate_id, created_at,
    ( -- what was counted, corrected by those that were not counted as they are
        SELECT coalesce(sum(rows), 0)::bigint FROM list_count
        WHERE list_count.merchant_id = %(merchant_id)s AND list = 'customer' AND status = customer_group.id::text
    ) + (
        SELECT count(*) FILTER (WHERE group_id = customer_group.id) - count(*) FILTER (WHERE counted = customer_group.id)
        FROM customer
        WHERE customer.merchant_id = %(merchant_id)s AND coalesce(counted <> group_id, true)
    ) AS customer_count
FROM customer_group
WHERE merchant_id = %(merchant_id)s
    AND (%(id)s::bigint IS NULL OR id = %(id)s)
    AND (%(name)s::text IS NULL OR position(lower(%(name)s) IN lower(name)) > 0)
ORDER BY is_default DESC, created_at, id
LIMIT %(limit)s OFFSET %(offset)s;

-- name: count_groups
-- How many groups there are on all pages.
SELECT count(*)
FROM customer_group
WHERE merchant_id = %(merchant_id)s
    AND (%(name)s::text IS NULL OR position(lower(%(name)s) IN lower(name)) > 0);

-- name: groups_with_rates
-- Which groups have one of these card rates.
SELECT rate_id, id
FROM customer_group
WHERE merchant_id = %(merchant_id)s AND rate_id = ANY(%(rate_ids)s)
ORDER BY created_at, id;

-- name: add_group
-- A new group.
INSERT INTO customer_group (merchant_id, id, name, remark, is_default, created_at)
VALUES (%(merchant_id)s, %(id)s, %(name)s, %(remark)s, %(is_default)s, %(created_at)s);

-- name: add_default_group
-- The group of a new merchant, with the card rate that the same operation has made.
INSERT INTO customer_group (merchant_id, id, name, remark, is_default, rate_id, created_at)
VALUES (%(merchant_id)s, %(id)s, %(name)s, NULL, true, %(rate_id)s, %(created_at)s);

-- name: change_group
-- New values; those that are null stay.
UPDATE customer_group
SET name = coalesce(%(name)s, name), remark = coalesce(%(remark)s, remark)
WHERE merchant_id = %(merchant_id)s AND id = %(id)s;

-- name: delete_group
-- Takes a group away; its customers' foreign key refuses that while it has any.
DELETE FROM customer_group WHERE merchant_id = %(merchant_id)s AND id = %(id)s;

-- name: lock_groups
-- Holds groups. What can change about one is its card rate, so that is its status.
SELECT id, coalesce(rate_id::text, 'none')
FROM customer_group
WHERE merchant_id = %(merchant_id)s AND id = ANY(%(ids)s::bigint[])
ORDER BY id
FOR UPDATE;

-- name: move_groups :set
-- Attaches card rates to groups, or detaches them.
UPDATE customer_group AS held
SET rate_id = nullif(moved.status, 'none')::bigint
FROM unnest(%(ids)s::bigint[], %(statuses)s::text[]) AS moved (id, status)
WHERE held.merchant_id = %(merchant_id)s AND held.id = moved.id;
