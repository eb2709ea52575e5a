-- name: find_by_key
-- The merchant of an API key, with the key, and their sealed secrets.
SELECT
    merchant.merchant_id, name, status, permissions, ip_allow_list, quotas, rate_limits, card_secret, card_public_key,
    merchant.created_at, wallet_limits, cooling_off_s, min_sign_version, webhook_detail, suspension, recorded_until,
    api_key.key, called.id AS key_id, called.secret AS key_secret, called.public_key AS key_public_key,
    called.expires_at AS key_expires_at
FROM api_key
JOIN merchant USING (merchant_id)
LEFT JOIN merchant_key AS called
    ON called.merchant_id = api_key.merchant_id AND called.api = api_key.api AND called.key = api_key.key
WHERE api_key.api = %(api)s AND api_key.key = %(key)s;

-- name: find_pushing
-- A merchant, with the key of an API that pushes to it go by: the newest live one that has signed a good request, else
-- the oldest live one; where none is live, as if all were.
SELECT
    merchant.merchant_id, name, status, permissions, ip_allow_list, quotas, rate_limits, card_secret, card_public_key,
    merchant.created_at, wallet_limits, cooling_off_s, min_sign_version, webhook_detail, suspension, recorded_until,
    called.key, called.id AS key_id, called.secret AS key_secret, called.public_key AS key_public_key,
    called.expires_at AS key_expires_at
FROM merchant
LEFT JOIN LATERAL (
    SELECT id, key, secret, public_key, expires_at
    FROM merchant_key
    WHERE merchant_id = %(merchant_id)s AND api = %(api)s
    ORDER BY
        (revoked_at IS NULL AND coalesce(expires_at > %(now)s, true)) DESC,
        first_used_at IS NOT NULL DESC,
        CASE WHEN first_used_at IS NOT NULL THEN created_at END DESC,
        created_at,
        id
    LIMIT 1
) AS called ON true
WHERE merchant.merchant_id = %(merchant_id)s;

-- name: list_merchants
-- Merchants in the order of their numbers.
SELECT
    merchant_id, name, status, permissions, ip_allow_list, quotas, rate_limits, card_secret, card_public_key, created_at,
    wallet_limits, cooling_off_s, min_sign_version, webhook_detail, suspension, recorded_until
FROM merchant
WHERE merchant_id > %(after)s
ORDER BY merchant_id
LIMIT %(limit)s;

-- name: list_merchants_standing
-- Merchants of one status in the order of their numbers.
SELECT
    merchant_id, name, status, permissions, ip_allow_list, quotas, rate_limits, card_secret, card_public_key, created_at,
    wallet_limits, cooling_off_s, min_sign_version, webhook_detail, suspension, recorded_until
FROM merchant
WHERE merchant_id > %(after)s AND status = %(status)s
ORDER BY merchant_id
LIMIT %(limit)s;

-- name: find_named
-- The number of the merchant with a name, which is in lower case here.
SELECT merchant_id FROM merchant_name WHERE name = %(name)s;

-- name: take_name
-- A merchant's first name, or another one; no other merchant has it.
INSERT INTO merchant_name (name, merchant_id) VALUES (%(name)s, %(named)s)
ON CONFLICT (merchant_id) DO UPDATE SET name = excluded.name;

-- name: rename_merchant
-- The name as people read it.
UPDATE merchant SET name = %(name)s WHERE merchant_id = %(merchant_id)s;

-- name: get_merchant
-- A merchant by its id.
SELECT
    merchant_id, name, status, permissions, ip_allow_list, quotas, rate_limits, card_secret, card_public_key, created_at,
    wallet_limits, cooling_off_s, min_sign_version, webhook_detail, suspension, recorded_until
FROM merchant
WHERE merchant_id = %(merchant_id)s;

-- name: find_first_key
-- The oldest merchant's key for an API.
SELECT key, merchant_id FROM api_key WHERE api = %(api)s ORDER BY merchant_id LIMIT 1;

-- name: add_merchant
-- A new merchant.
INSERT INTO merchant
    (merchant_id, name, status, permissions, ip_allow_list, quotas, rate_limits, card_secret, card_public_key,
    created_at)
VALUES
    (%(merchant_id)s, %(name)s, 'active', %(permissions)s, '{}', '{}', '{}', %(card_secret)s, %(card_public_key)s,
    %(created_at)s);

-- name: change_merchant
-- New values of the settings that are given. Of a map, entries that are null go, and all of them if it is null itself.
-- Only a merchant that is suspended has a level; lifting opens it, and leaves one alone that is closed.
UPDATE merchant
SET status = CASE WHEN %(lifts)s::boolean AND status <> 'suspended' THEN status ELSE coalesce(%(standing)s, status) END,
    suspension = CASE
        WHEN (CASE WHEN %(lifts)s::boolean THEN 'active' ELSE coalesce(%(standing)s, status) END) <> 'suspended' THEN NULL
        ELSE coalesce(CASE WHEN 'suspension' = ANY(%(given)s::text[]) THEN %(suspension)s::text ELSE suspension END, 'api')
    END,
    permissions = CASE WHEN 'permissions' = ANY(%(given)s::text[]) THEN %(permissions)s::text[] ELSE permissions END,
    ip_allow_list = CASE WHEN 'ip_allow_list' = ANY(%(given)s::text[]) THEN %(ip_allow_list)s::text[] ELSE ip_allow_list END,
    quotas = CASE WHEN 'quotas' = ANY(%(given)s::text[])
        THEN jsonb_strip_nulls(coalesce(quotas || %(quotas)s::jsonb, '{}')) ELSE quotas END,
    rate_limits = CASE WHEN 'rate_limits' = ANY(%(given)s::text[])
        THEN jsonb_strip_nulls(coalesce(rate_limits || %(rate_limits)s::jsonb, '{}')) ELSE rate_limits END,
    wallet_limits = CASE WHEN 'wallet_limits' = ANY(%(given)s::text[])
        THEN jsonb_strip_nulls(coalesce(wallet_limits || %(wallet_limits)s::jsonb, '{}')) ELSE wallet_limits END,
    cooling_off_s = CASE WHEN 'cooling_off_s' = ANY(%(given)s::text[]) THEN %(cooling_off_s)s::integer ELSE cooling_off_s END,
    min_sign_version = CASE WHEN 'min_sign_version' = ANY(%(given)s::text[]) THEN %(min_sign_version)s::smallint ELSE min_sign_version END,
    webhook_detail = CASE WHEN 'webhook_detail' = ANY(%(given)s::text[]) THEN %(webhook_detail)s ELSE webhook_detail END,
    recorded_until = CASE
        WHEN 'recorded_until' = ANY(%(given)s::text[]) THEN %(recorded_until)s::timestamptz ELSE recorded_until
    END,
    card_public_key = CASE
        WHEN 'card_public_key' = ANY(%(given)s::text[]) THEN %(card_public_key)s ELSE card_public_key
    END
WHERE merchant_id = %(merchant_id)s;

-- name: lock_standing
-- Whether a merchant is open and, if it is suspended, how far that reaches. Shared by all that rely on it: only a change
-- of the merchant waits for them, and they for it.
SELECT merchant_id, CASE status WHEN 'suspended' THEN coalesce(suspension, 'api') ELSE status END
FROM merchant
WHERE merchant_id = ANY(%(ids)s::bigint[])
ORDER BY merchant_id
FOR SHARE;

-- name: lock_for_change
-- The standing of a merchant for an operation that changes it: waits for those that rely on it, and they for it.
SELECT merchant_id, CASE status WHEN 'suspended' THEN coalesce(suspension, 'api') ELSE status END
FROM merchant
WHERE merchant_id = ANY(%(ids)s::bigint[])
ORDER BY merchant_id
FOR NO KEY UPDATE;

-- name: list_holding
-- Merchants whose money does not go out.
SELECT merchant_id FROM merchant WHERE status = 'suspended' AND suspension IN ('money_out', 'all');

-- name: find_platform_key
-- One of the install's own private keys, sealed.
SELECT sealed FROM platform_key WHERE name = %(name)s;

-- name: add_platform_key
-- The install's own private key; whoever comes first makes it.
INSERT INTO platform_key (name, sealed) VALUES (%(name)s, %(sealed)s) ON CONFLICT (name) DO NOTHING;

-- name: list_names
-- The names of merchants in order, behind one of them.
SELECT merchant_id, name FROM merchant WHERE merchant_id > %(after_id)s ORDER BY merchant_id LIMIT %(limit)s;
