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
