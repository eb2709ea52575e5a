-- name: get_product
-- One product.
SELECT
    id, position, name, kind, network, bin, currency, rate_usdt, enabled, open_for_opening, operations,
    recharge_min, recharge_max, preconditions, extension
FROM card_product
WHERE id = %(id)s;

-- name: list_products
-- All products, in the order of the catalogue.
SELECT
    id, position, name, kind, network, bin, currency, rate_usdt, enabled, open_for_opening, operations,
    recharge_min, recharge_max, preconditions, extension
FROM card_product
ORDER BY position, id;

-- name: add_product
-- A new product, at the end of the catalogue; one that is there already stays as it is.
INSERT INTO card_product
    (id, position, name, kind, network, bin, currency, rate_usdt, enabled, open_for_opening, operations, recharge_min,
    recharge_max, preconditions, extension)
VALUES
    (%(id)s, (SELECT coalesce(max(position), 0) + 1 FROM card_product), %(name)s, %(kind)s, %(network)s, %(bin)s,
    %(currency)s, %(rate_usdt)s, %(enabled)s, %(open_for_opening)s, %(operations)s, %(recharge_min)s,
    %(recharge_max)s, %(preconditions)s, %(extension)s)
ON CONFLICT (id) DO NOTHING;

-- name: change_product
-- New settings; those that are null stay, and the recharge range is replaced where `sets_recharge` says so.
UPDATE card_product
SET name = coalesce(%(name)s, name),
    rate_usdt = coalesce(%(rate_usdt)s, rate_usdt),
    enabled = coalesce(%(enabled)s, enabled),
    open_for_opening = coalesce(%(open_for_opening)s, open_for_opening),
    operations = coalesce(%(operations)s::text[], operations),
    recharge_min = CASE WHEN %(sets_recharge)s THEN %(recharge_min)s::numeric ELSE recharge_min END,
    recharge_max = CASE WHEN %(sets_recharge)s THEN %(recharge_max)s::numeric ELSE recharge_max END,
    preconditions = coalesce(%(preconditions)s::jsonb, preconditions),
    extension = coalesce(%(extension)s::jsonb, extension)
WHERE id = %(id)s;

-- name: make_product
-- A new product, at the end of the catalogue.
INSERT INTO card_product
    (id, position, name, kind, network, bin, currency, rate_usdt, enabled, open_for_opening, operations, recharge_min,
    recharge_max, preconditions, extension)
VALUES
    (%(id)s, (SELECT coalesce(max(position), 0) + 1 FROM card_product), %(name)s, %(kind)s, %(network)s, %(bin)s,
    %(currency)s, %(rate_usdt)s, %(enabled)s, %(open_for_opening)s, %(operations)s, %(recharge_min)s,
    %(recharge_max)s, %(preconditions)s, %(extension)s);

-- name: add_change
-- The value of a setting from an instant on.
INSERT INTO card_product_change (product_id, setting, holds_from, revision, value, made_at, made_by)
VALUES (%(product_id)s, %(setting)s, %(holds_from)s, %(revision)s, %(value)s, %(made_at)s, %(made_by)s);

-- name: list_values
-- The value of each changed setting that holds at an instant, then those that hold later, of one product or all.
SELECT product.id AS product_id, held.setting, held.value, held.holds_from, held.revision
FROM card_product AS product
CROSS JOIN unnest(%(settings)s::text[]) AS named (setting)
CROSS JOIN LATERAL (
    SELECT setting, value, holds_from, revision
    FROM card_product_change AS change
    WHERE change.product_id = product.id AND change.setting = named.setting AND holds_from <= %(now)s
    ORDER BY holds_from DESC, revision DESC
    LIMIT 1
) AS held
WHERE %(id)s::text IS NULL OR product.id = %(id)s
UNION ALL
SELECT product_id, setting, value, holds_from, revision
FROM card_product_change
WHERE holds_from > %(now)s AND (%(id)s::text IS NULL OR product_id = %(id)s)
ORDER BY holds_from, revision;

-- name: list_changes
-- The changes of a product, the last decided first, each with its settings.
SELECT revision, min(holds_from) AS holds_from, jsonb_object_agg(setting, value) AS settings,
    min(made_at) AS made_at, min(made_by) AS made_by
FROM card_product_change
WHERE product_id = %(product_id)s AND (%(before)s::bigint IS NULL OR revision < %(before)s)
GROUP BY revision
ORDER BY revision DESC
LIMIT %(limit)s;

-- name: count_ahead
-- How many changes of a product lie ahead.
SELECT count(DISTINCT revision) FROM card_product_change
WHERE product_id = %(product_id)s AND holds_from > %(now)s;

-- name: get_revision
-- The revision of the catalogue.
SELECT revision FROM card_catalogue WHERE id = 0;

-- name: lock_catalogue
-- Holds the catalogue; its state is its revision.
SELECT id, revision::text FROM card_catalogue WHERE id = ANY(%(ids)s::bigint[]) FOR NO KEY UPDATE;

-- name: revise_catalogue :set
-- Another revision of the catalogue.
UPDATE card_catalogue AS catalogue SET revision = revised.status::bigint
FROM unnest(%(ids)s::bigint[], %(statuses)s::text[]) AS revised (id, status)
WHERE catalogue.id = revised.id;
