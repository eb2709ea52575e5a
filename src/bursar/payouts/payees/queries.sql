-- name: get_payees
-- Payees by our number or by the merchant's own, with those that were deleted when asked by our number.
SELECT
    merchant_id, id, version, status, status_reason, reference, name_en, name_ar, address, bank_code, iban,
    swift_code, mobile, otp_product, auto_approval, has_card_number, has_stc_account, stc_verified,
    bank_is_test, stc_is_test, secrets, identity_hash, card_hash, stc_hash, identity_photo, signature_photo,
    created_at, updated_at
FROM payee
WHERE merchant_id = %(merchant_id)s
    AND (id = ANY(%(ids)s::bigint[]) OR (reference = ANY(%(references)s::text[]) AND status <> 'deleted'));

-- name: get_revisions
-- Versions of payees that orders refer to.
SELECT
    revision.merchant_id, revision.id, revision.version, revision.status, revision.status_reason,
    revision.reference, revision.name_en, revision.name_ar, revision.address, revision.bank_code, revision.iban,
    revision.swift_code, revision.mobile, revision.otp_product, revision.auto_approval,
    revision.has_card_number, revision.has_stc_account, revision.stc_verified, revision.bank_is_test,
    revision.stc_is_test, revision.secrets, revision.identity_hash, revision.card_hash, revision.stc_hash,
    revision.identity_photo, revision.signature_photo, revision.created_at, revision.updated_at
FROM unnest(%(ids)s::bigint[], %(versions)s::bigint[]) AS named (id, version)
JOIN payee_revision AS revision
    ON revision.merchant_id = %(merchant_id)s AND revision.id = named.id AND revision.version = named.version;

-- name: list_payees
-- Payees in some statuses, newest first; each status has its own place in the index.
WITH newest AS (
    SELECT found.id, found.created_at
    FROM unnest(%(statuses)s::text[]) AS wanted (status)
    CROSS JOIN LATERAL (
        SELECT id, created_at FROM payee
        WHERE merchant_id = %(merchant_id)s AND status = wanted.status
            AND created_at >= %(start_at)s::timestamptz AND created_at < %(end_at)s::timestamptz
        ORDER BY created_at DESC, id DESC
        LIMIT %(limit)s::bigint + %(offset)s::bigint
    ) AS found
    ORDER BY found.created_at DESC, found.id DESC
    LIMIT %(limit)s OFFSET %(offset)s
)
SELECT
    payee.merchant_id, payee.id, payee.version, payee.status, payee.status_reason, payee.reference, payee.name_en,
    payee.name_ar, payee.address, payee.bank_code, payee.iban, payee.swift_code, payee.mobile, payee.otp_product,
    payee.auto_approval, payee.has_card_number, payee.has_stc_account, payee.stc_verified, payee.bank_is_test,
    payee.stc_is_test, payee.secrets, payee.identity_hash, payee.card_hash, payee.stc_hash, payee.identity_photo,
    payee.signature_photo, payee.created_at, payee.updated_at
FROM newest
JOIN payee ON payee.merchant_id = %(merchant_id)s AND payee.id = newest.id
ORDER BY payee.created_at DESC, payee.id DESC;

-- name: count_payees_in
-- The number of payees in some statuses, through the index alone.
SELECT coalesce(sum(found.payees), 0)::bigint
FROM unnest(%(statuses)s::text[]) AS wanted (status)
CROSS JOIN LATERAL (
    SELECT count(*) AS payees FROM payee
    WHERE merchant_id = %(merchant_id)s AND status = wanted.status
        AND created_at >= %(start_at)s::timestamptz AND created_at < %(end_at)s::timestamptz
) AS found;

-- name: count_normal_payees
-- The number of normal payees: nearly all are, so the others are counted.
SELECT coalesce((SELECT used FROM payee_count WHERE merchant_id = %(merchant_id)s), 0) - count(*)
FROM payee
WHERE merchant_id = %(merchant_id)s AND status IN ('incomplete', 'pending', 'rejected', 'banned');

-- name: list_payees_of
-- Payees that have what is searched for, newest first. A part of the English name is matched as plain text, letter case
-- ignored, through an index that holds the names in the order of the list.
WITH newest AS (
    SELECT id, created_at
    FROM payee
    WHERE merchant_id = %(merchant_id)s
        AND status = ANY(%(statuses)s::text[]) AND status <> 'deleted'
        AND (%(ids)s::bigint[] IS NULL OR id = ANY(%(ids)s::bigint[]))
        AND (%(references)s::text[] IS NULL OR reference = ANY(%(references)s::text[]))
        AND (%(identity_hash)s::bytea IS NULL OR identity_hash = %(identity_hash)s)
        AND (%(card_hash)s::bytea IS NULL OR card_hash = %(card_hash)s)
        AND (%(stc_hash)s::bytea IS NULL OR stc_hash = %(stc_hash)s)
        AND (%(bank_code)s::text IS NULL OR bank_code = %(bank_code)s)
        AND (%(iban)s::text IS NULL OR iban = %(iban)s)
        AND (%(name_part)s::text IS NULL OR position(lower(%(name_part)s::text) IN lower(name_en)) > 0)
        AND created_at >= %(start_at)s::timestamptz AND created_at < %(end_at)s::timestamptz
    ORDER BY created_at DESC, id DESC
    LIMIT %(limit)s OFFSET %(offset)s
)
SELECT
    payee.merchant_id, payee.id, payee.version, payee.status, payee.status_reason, payee.reference, payee.name_en,
    payee.name_ar, payee.address, payee.bank_code, payee.iban, payee.swift_code, payee.mobile, payee.otp_product,
    payee.auto_approval, payee.has_card_number, payee.has_stc_account, payee.stc_verified, payee.bank_is_test,
    payee.stc_is_test, payee.secrets, payee.identity_hash, payee.card_hash, payee.stc_hash, payee.identity_photo,
    payee.signature_photo, payee.created_at, payee.updated_at
FROM newest
JOIN payee ON payee.merchant_id = %(merchant_id)s AND payee.id = newest.id
ORDER BY payee.created_at DESC, payee.id DESC;

-- name: count_payees_of
-- The number of payees that a search finds.
SELECT count(*)
FROM payee
WHERE merchant_id = %(merchant_id)s
    AND status = ANY(%(statuses)s::text[]) AND status <> 'deleted'
    AND (%(ids)s::bigint[] IS NULL OR id = ANY(%(ids)s::bigint[]))
    AND (%(references)s::text[] IS NULL OR reference = ANY(%(references)s::text[]))
    AND (%(identity_hash)s::bytea IS NULL OR identity_hash = %(identity_hash)s)
    AND (%(card_hash)s::bytea IS NULL OR card_hash = %(card_hash)s)
    AND (%(stc_hash)s::bytea IS NULL OR stc_hash = %(stc_hash)s)
    AND (%(bank_code)s::text IS NULL OR bank_code = %(bank_code)s)
    AND (%(iban)s::text IS NULL OR iban = %(iban)s)
    AND (%(name_part)s::text IS NULL OR position(lower(%(name_part)s::text) IN lower(name_en)) > 0)
    AND created_at >= %(start_at)s::timestamptz AND created_at < %(end_at)s::timestamptz;

-- name: hold_count
-- Holds the merchant's number of payees. Everybody who adds one does this first, so that additions do not deadlock.
INSERT INTO payee_count (merchant_id, used, allowed) VALUES (%(merchant_id)s, 0, 0)
ON CONFLICT (merchant_id) DO UPDATE SET used = payee_count.used;

-- name: count_more
-- So many payees more; the constraint refuses them beyond what is allowed.
UPDATE payee_count SET used = used + %(added)s, allowed = %(allowed)s WHERE merchant_id = %(merchant_id)s;

-- name: count_one_less
-- One payee less, even if by now fewer are allowed than there are.
UPDATE payee_count
SET used = used - 1, allowed = greatest(allowed, used - 1)
WHERE merchant_id = %(merchant_id)s;

-- name: count_payees
-- The number of the merchant's payees.
SELECT used FROM payee_count WHERE merchant_id = %(merchant_id)s;

-- name: add_payee
-- A new payee. Not set-wise: the order that is made with it must find it.
INSERT INTO payee (
    merchant_id, id, version, status, status_reason, reference, name_en, name_ar, address, bank_code, iban,
    swift_code, mobile, otp_product, auto_approval, has_card_number, has_stc_account, stc_verified,
    bank_is_test, stc_is_test, secrets, identity_hash, card_hash, stc_hash, identity_photo, signature_photo,
    created_at, updated_at
)
VALUES (
    %(merchant_id)s, %(id)s, %(version)s, %(status)s, %(status_reason)s, %(reference)s, %(name_en)s,
    %(name_ar)s, %(address)s, %(bank_code)s, %(iban)s, %(swift_code)s, %(mobile)s, %(otp_product)s,
    %(auto_approval)s, %(has_card_number)s, %(has_stc_account)s, %(stc_verified)s, %(bank_is_test)s,
    %(stc_is_test)s, %(secrets)s, %(identity_hash)s, %(card_hash)s, %(stc_hash)s, %(identity_photo)s,
    %(signature_photo)s, %(created_at)s, %(updated_at)s
);

-- name: add_payees :set
-- New payees of a batch.
INSERT INTO payee (
    merchant_id, id, version, status, status_reason, reference, name_en, name_ar, address, bank_code, iban,
    swift_code, mobile, otp_product, auto_approval, has_card_number, has_stc_account, stc_verified,
    bank_is_test, stc_is_test, secrets, identity_hash, card_hash, stc_hash, identity_photo, signature_photo,
    created_at, updated_at
)
SELECT %(merchant_id)s, *
FROM unnest(
    %(id)s::bigint[], %(version)s::bigint[], %(status)s::text[], %(status_reason)s::text[],
    %(reference)s::text[], %(name_en)s::text[], %(name_ar)s::text[], %(address)s::text[], %(bank_code)s::text[],
    %(iban)s::text[], %(swift_code)s::text[], %(mobile)s::text[], %(otp_product)s::text[],
    %(auto_approval)s::boolean[], %(has_card_number)s::boolean[], %(has_stc_account)s::boolean[],
    %(stc_verified)s::boolean[], %(bank_is_test)s::boolean[], %(stc_is_test)s::boolean[], %(secrets)s::bytea[],
    %(identity_hash)s::bytea[], %(card_hash)s::bytea[], %(stc_hash)s::bytea[], %(identity_photo)s::bigint[],
    %(signature_photo)s::bigint[], %(created_at)s::timestamptz[], %(updated_at)s::timestamptz[]
);

-- name: lock_payees
-- Holds payees with their versions, which the ledger guards as their states.
SELECT id, version::text
FROM payee
WHERE merchant_id = %(merchant_id)s AND id = ANY(%(ids)s::bigint[])
ORDER BY id
FOR NO KEY UPDATE;

-- name: move_payees :set
-- The next versions of payees.
UPDATE payee
SET version = next.version::bigint,
    status = next.status, status_reason = next.status_reason, reference = next.reference,
    name_en = next.name_en, name_ar = next.name_ar, address = next.address, bank_code = next.bank_code,
    iban = next.iban, swift_code = next.swift_code, mobile = next.mobile, otp_product = next.otp_product,
    auto_approval = next.auto_approval, has_card_number = next.has_card_number,
    has_stc_account = next.has_stc_account, stc_verified = next.stc_verified, bank_is_test = next.bank_is_test,
    stc_is_test = next.stc_is_test, secrets = next.secrets, identity_hash = next.identity_hash,
    card_hash = next.card_hash, stc_hash = next.stc_hash, identity_photo = next.identity_photo,
    signature_photo = next.signature_photo, updated_at = next.updated_at
FROM unnest(
    %(ids)s::bigint[], %(statuses)s::text[],
    %(status)s::text[], %(status_reason)s::text[], %(reference)s::text[], %(name_en)s::text[],
    %(name_ar)s::text[], %(address)s::text[], %(bank_code)s::text[], %(iban)s::text[], %(swift_code)s::text[],
    %(mobile)s::text[], %(otp_product)s::text[], %(auto_approval)s::boolean[], %(has_card_number)s::boolean[],
    %(has_stc_account)s::boolean[], %(stc_verified)s::boolean[], %(bank_is_test)s::boolean[],
    %(stc_is_test)s::boolean[], %(secrets)s::bytea[], %(identity_hash)s::bytea[], %(card_hash)s::bytea[],
    %(stc_hash)s::bytea[], %(identity_photo)s::bigint[], %(signature_photo)s::bigint[],
    %(updated_at)s::timestamptz[]
) AS next (
    id, version,
    status, status_reason, reference, name_en, name_ar, address, bank_code, iban, swift_code, mobile,
    otp_product, auto_approval, has_card_number, has_stc_account, stc_verified, bank_is_test, stc_is_test,
    secrets, identity_hash, card_hash, stc_hash, identity_photo, signature_photo, updated_at
)
WHERE payee.merchant_id = %(merchant_id)s AND payee.id = next.id;

-- name: keep_revisions :set
-- Keeps payees as they stand, for the orders that are made for them.
INSERT INTO payee_revision
SELECT payee.*
FROM payee
WHERE payee.merchant_id = %(merchant_id)s AND payee.id = ANY(%(id)s::bigint[])
ORDER BY payee.id -- everybody inserts in one order
ON CONFLICT (merchant_id, id, version) DO NOTHING;

-- name: add_batch
-- The number of a batch, once.
INSERT INTO payee_batch (merchant_id, batch_id, payees, created_at)
VALUES (%(merchant_id)s, %(batch_id)s, %(payees)s, %(created_at)s);

-- name: batch_exists
-- The existence of a batch with this number.
SELECT EXISTS (SELECT FROM payee_batch WHERE merchant_id = %(merchant_id)s AND batch_id = %(batch_id)s);

-- name: get_code
-- The code last sent for a payee.
SELECT stc_hash, session, sent_at FROM payee_code WHERE merchant_id = %(merchant_id)s AND payee_id = %(payee_id)s;

-- name: keep_code
-- The code that was sent for a payee, in place of an earlier one.
INSERT INTO payee_code (merchant_id, payee_id, stc_hash, session, sent_at)
VALUES (%(merchant_id)s, %(payee_id)s, %(stc_hash)s, %(session)s, %(sent_at)s)
ON CONFLICT (merchant_id, payee_id) DO UPDATE
SET stc_hash = excluded.stc_hash, session = excluded.session, sent_at = excluded.sent_at;

-- name: drop_code
-- Nobody waits for a code any more.
DELETE FROM payee_code WHERE merchant_id = %(merchant_id)s AND payee_id = %(payee_id)s;

-- name: list_waiting
-- Payees of all merchants that wait for review, the longest waiting first, behind one of them.
SELECT
    merchant_id, id, version, status, status_reason, reference, name_en, name_ar, address, bank_code, iban,
    swift_code, mobile, otp_product, auto_approval, has_card_number, has_stc_account, stc_verified,
    bank_is_test, stc_is_test, secrets, identity_hash, card_hash, stc_hash, identity_photo, signature_photo,
    created_at, updated_at
FROM payee
WHERE status = 'pending' AND (updated_at, id) > (%(after_at)s, %(after_id)s)
ORDER BY updated_at, id
LIMIT %(limit)s;

-- name: find_screened
-- One payee, as screening compares it.
SELECT merchant_id, id, array_remove(ARRAY[coalesce(name_en, ''), coalesce(name_ar, '')], '') AS names, '{}'::text[] AS organisations,
    NULL::text AS address
FROM payee
WHERE merchant_id = %(merchant_id)s AND id = %(id)s AND status <> 'deleted';

-- name: list_screened
-- All payees in order, as screening compares them.
SELECT merchant_id, id, array_remove(ARRAY[coalesce(name_en, ''), coalesce(name_ar, '')], '') AS names, '{}'::text[] AS organisations,
    NULL::text AS address
FROM payee
WHERE (merchant_id, id) > (%(after_merchant)s::bigint, %(after_id)s::bigint) AND status <> 'deleted'
ORDER BY merchant_id, id
LIMIT %(limit)s;
