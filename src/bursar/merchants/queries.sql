-- name: find_by_key
-- The merchant of an API key, with its sealed secret.
SELECT
    merchant_id, name, status, permissions, ip_allow_list, quotas, rate_limits, card_secret, card_public_key, created_at,
    wallet_limits, cooling_off_s, min_sign_version, webhook_detail, suspension
FROM api_key JOIN merchant USING (merchant_id)
WHERE api_key.api = %(api)s AND api_key.key = %(key)s;

-- name: get_merchant
-- A merchant by its id.
SELECT
    merchant_id, name, status, permissions, ip_allow_list, quotas, rate_limits, card_secret, card_public_key, created_at,
    wallet_limits, cooling_off_s, min_sign_version, webhook_detail, suspension
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

-- name: add_api_key
-- The way to find a merchant by its key.
INSERT INTO api_key (api, key, merchant_id) VALUES (%(api)s, %(key)s, %(merchant_id)s);

-- name: change_merchant
-- New settings; those that are null stay, and those within a setting by name are taken away.
UPDATE merchant
SET status = coalesce(%(status)s, status),
    suspension = CASE
        WHEN coalesce(%(status)s, status) <> 'suspended' THEN NULL
        ELSE coalesce(%(suspension)s::text, CASE WHEN status = 'suspended' THEN suspension END, 'api')
    END,
    permissions = coalesce(%(permissions)s::text[], permissions),
    ip_allow_list = coalesce(%(ip_allow_list)s::text[], ip_allow_list),
    quotas = jsonb_strip_nulls(
        CASE WHEN %(clears_quotas)s::boolean THEN '{}' ELSE quotas END || coalesce(%(quotas)s::jsonb, '{}')
    ),
    rate_limits = jsonb_strip_nulls(
        CASE WHEN %(clears_rate_limits)s::boolean THEN '{}' ELSE rate_limits END || coalesce(%(rate_limits)s::jsonb, '{}')
    ),
    wallet_limits = jsonb_strip_nulls(
        CASE WHEN %(clears_wallet_limits)s::boolean THEN '{}' ELSE wallet_limits END || coalesce(%(wallet_limits)s::jsonb, '{}')
    ),
    cooling_off_s = coalesce(%(cooling_off_s)s::integer, cooling_off_s),
    min_sign_version = coalesce(%(min_sign_version)s::smallint, min_sign_version),
    webhook_detail = coalesce(%(webhook_detail)s, webhook_detail)
WHERE merchant_id = %(merchant_id)s;

-- name: lock_standing
-- Whether a merchant is open and, if it is suspended, how far that reaches. Shared by all that rely on it: only a change
-- of the merchant waits for them, and they for it.
SELECT merchant_id, CASE status WHEN 'suspended' THEN coalesce(suspension, 'api') ELSE status END
FROM merchant
WHERE merchant_id = ANY(%(ids)s::bigint[])
ORDER BY merchant_id
FOR SHARE;

-- name: list_holding
-- Merchants whose money does not go out.
SELECT merchant_id FROM merchant WHERE status = 'suspended' AND suspension IN ('money_out', 'all');

-- name: find_platform_key
-- One of the install's own private keys, sealed.
SELECT sealed FROM platform_key WHERE name = %(name)s;

-- name: add_platform_key
-- The install's own private key; whoever comes first makes it.
INSERT INTO platform_key (name, sealed) VALUES (%(name)s, %(sealed)s) ON CONFLICT (name) DO NOTHING;
