-- name: find_settings
-- The payout settings of a merchant with the fee that holds at an instant: the last decided of those that hold longest.
-- The first one holds from the beginning, also for a process whose clock is behind that of whoever made the merchant.
SELECT merchant.merchant_id, merchant.public_key, merchant.system_key, merchant.min_api_version,
    merchant.product_names, merchant.user_agent_deny, merchant.auto_review,
    merchant.iban_check, merchant.smallest_amounts, merchant.callback_version,
    fee.id AS fee_id, fee.rate AS fee_rate, fee.fixed AS fee_fixed, fee.minimum AS fee_minimum,
    fee.bearer AS fee_bearer
FROM payout_merchant AS merchant
JOIN LATERAL (
    SELECT id, rate, fixed, minimum, bearer
    FROM payout_fee
    WHERE payout_fee.merchant_id = %(merchant_id)s
        AND since <= greatest(
            %(now)s, (SELECT min(since) FROM payout_fee WHERE payout_fee.merchant_id = %(merchant_id)s)
        )
    ORDER BY since DESC, made_at DESC NULLS LAST, id DESC
    LIMIT 1
) AS fee ON true
WHERE merchant.merchant_id = %(merchant_id)s;

-- name: list_fees
-- The fees of a merchant, the last decided first.
SELECT id, rate, fixed, minimum, bearer, since, made_at, made_by
FROM payout_fee
WHERE merchant_id = %(merchant_id)s AND (%(before)s::bigint IS NULL OR id < %(before)s)
ORDER BY id DESC
LIMIT %(limit)s;

-- name: set_fee
-- The fee that holds from now on, for programs that know one alone.
UPDATE payout_merchant SET fee_id = %(fee_id)s WHERE merchant_id = %(merchant_id)s;

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
-- The price of a payout from an instant on.
INSERT INTO payout_fee (merchant_id, id, rate, fixed, minimum, bearer, since, made_at, made_by)
VALUES
    (%(merchant_id)s, %(fee_id)s, %(rate)s, %(fixed)s, %(minimum)s, %(bearer)s, %(since)s, %(made_at)s, %(made_by)s);

-- name: change_settings
-- New values of the settings that are given. Of a map, entries that are null go, and all of them if it is null itself.
UPDATE payout_merchant
SET public_key = CASE WHEN 'public_key' = ANY(%(given)s::text[]) THEN %(public_key)s ELSE public_key END,
    min_api_version = CASE WHEN 'min_api_version' = ANY(%(given)s::text[]) THEN %(min_api_version)s::smallint ELSE min_api_version END,
    product_names = CASE WHEN 'product_names' = ANY(%(given)s::text[]) THEN %(product_names)s::text[] ELSE product_names END,
    user_agent_deny = CASE WHEN 'user_agent_deny' = ANY(%(given)s::text[]) THEN %(user_agent_deny)s::text[] ELSE user_agent_deny END,
    auto_review = CASE WHEN 'auto_review' = ANY(%(given)s::text[]) THEN %(auto_review)s::boolean ELSE auto_review END,
    callback_version = CASE WHEN 'callback_version' = ANY(%(given)s::text[]) THEN %(callback_version)s::smallint ELSE callback_version END,
    fee_id = CASE WHEN 'fee' = ANY(%(given)s::text[]) THEN %(fee_id)s::bigint ELSE fee_id END,
    iban_check = CASE WHEN 'iban_check' = ANY(%(given)s::text[]) THEN %(iban_check)s ELSE iban_check END,
    smallest_amounts = CASE WHEN 'smallest_amounts' = ANY(%(given)s::text[])
        THEN jsonb_strip_nulls(coalesce(smallest_amounts || %(smallest_amounts)s::jsonb, '{}')) ELSE smallest_amounts END
WHERE merchant_id = %(merchant_id)s;

-- name: set_account
-- A currency to pay out from, and whether that is possible now.
INSERT INTO payout_account (merchant_id, currency, status) VALUES (%(merchant_id)s, %(currency)s, %(status)s)
ON CONFLICT (merchant_id, currency) DO UPDATE SET status = excluded.status;

-- name: remove_account
-- A currency that the merchant has no account in any more; the book keeps what stands there.
DELETE FROM payout_account WHERE merchant_id = %(merchant_id)s AND currency = %(currency)s;
