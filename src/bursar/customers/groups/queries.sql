-- name: get_group
-- One group by its id, with the number of its customers.
SELECT
    id, name, remark, is_default, rate_id, created_at,
    CASE WHEN is_default THEN ( -- most customers are in it: all but those in the others, who are counted one by one
        SELECT coalesce(
            (SELECT used FROM customer_count WHERE customer_count.merchant_id = %(merchant_id)s), 0
        ) - count(*)
        FROM customer_group AS other
        JOIN customer ON customer.merchant_id = %(merchant_id)s AND customer.group_id = other.id
        WHERE other.merchant_id = %(merchant_id)s AND NOT other.is_default
    ) ELSE (
        SELECT count(*) FROM customer
        WHERE customer.merchant_id = %(merchant_id)s AND customer.group_id = customer_group.id
    ) END AS customer_count
FROM customer_group
WHERE merchant_id = %(merchant_id)s AND id = %(id)s;

-- name: get_default_group
-- The group that was made with the merchant.
SELECT id FROM customer_group WHERE merchant_id = %(merchant_id)s AND is_default;

-- name: list_groups
-- One page of groups, the default one first, then by age, oldest first. A name finds all that contain it.
SELECT
    id, name, remark, is_default, rate_id, created_at,
    CASE WHEN is_default THEN ( -- most customers are in it: all but those in the others, who are counted one by one
        SELECT coalesce(
            (SELECT used FROM customer_count WHERE customer_count.merchant_id = %(merchant_id)s), 0
        ) - count(*)
        FROM customer_group AS other
        JOIN customer ON customer.merchant_id = %(merchant_id)s AND customer.group_id = other.id
        WHERE other.merchant_id = %(merchant_id)s AND NOT other.is_default
    ) ELSE (
        SELECT count(*) FROM customer
        WHERE customer.merchant_id = %(merchant_id)s AND customer.group_id = customer_group.id
    ) END AS customer_count
FROM customer_group
WHERE merchant_id = %(merchant_id)s
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
