-- name: find_settings
-- The payout settings of a merchant with the fee that holds now.
SELECT merchant.merchant_id, merchant.public_key, merchant.system_key, merchant.min_api_version,
    merchant.product_names, merchant.user_agent_deny, merchant.auto_review,
    merchant.iban_check, merchant.smallest_amounts, merchant.callback_version,
    fee.id AS fee_id, fee.rate AS fee_rate, fee.fixed AS fee_fixed, fee.minimum AS fee_minimum,
    fee.bearer AS fee_bearer
FROM payout_merchant AS merchant
JOIN payout_fee AS fee ON fee.merchant_id = merchant.merchant_id AND fee.id = merchant.fee_id
WHERE merchant.merchant_id = %(merchant_id)s;

-- name: find_key
-- The API key of a merchant.
SELECT key FROM api_key WHERE api = 'payout' AND merchant_id = %(merchant_id)s ORDER BY key LIMIT 1;

-- name: list_accounts
-- The currencies that a merchant pays out from.
SELECT currency, status FROM payout_account WHERE merchant_id = %(merchant_id)s ORDER BY currency;

-- name: add_settings
-- A merchant starts to use the payout side.
INSERT INTO payout_merchant
    (merchant_id, public_key, system_key, min_api_version, product_names, user_agent_deny, auto_review, fee_id,
    callback_version)
VALUES
    (%(merchant_id)s, %(public_key)s, %(system_key)s, 1, %(product_names)s::text[], '{}', false, %(fee_id)s,
    %(callback_version)s);

-- name: add_fee
-- What a payout costs from now on.
INSERT INTO payout_fee (merchant_id, id, rate, fixed, minimum, bearer, since)
VALUES (%(merchant_id)s, %(fee_id)s, %(rate)s, %(fixed)s, %(minimum)s, %(bearer)s, %(since)s);

-- name: change_settings
-- New settings; those that are null stay, but the public key, which may be taken away.
UPDATE payout_merchant
SET public_key = CASE WHEN %(with_public_key)s THEN %(public_key)s ELSE public_key END,
    min_api_version = coalesce(%(min_api_version)s, min_api_version),
    product_names = coalesce(%(product_names)s::text[], product_names),
    user_agent_deny = coalesce(%(user_agent_deny)s::text[], user_agent_deny),
    auto_review = coalesce(%(auto_review)s, auto_review),
    callback_version = coalesce(%(callback_version)s, callback_version),
    fee_id = coalesce(%(fee_id)s, fee_id),
    iban_check = coalesce(%(iban_check)s, iban_check),
    smallest_amounts = jsonb_strip_nulls(smallest_amounts || %(smallest_amounts)s::jsonb)
WHERE merchant_id = %(merchant_id)s;

-- name: set_account
-- A currency to pay out from, and whether that is possible now.
INSERT INTO payout_account (merchant_id, currency, status) VALUES (%(merchant_id)s, %(currency)s, %(status)s)
ON CONFLICT (merchant_id, currency) DO UPDATE SET status = excluded.status;

-- name: remove_account
-- A currency that the merchant has no account in any more; the book keeps what stands there.
DELETE FROM payout_account WHERE merchant_id = %(merchant_id)s AND currency = %(currency)s;
