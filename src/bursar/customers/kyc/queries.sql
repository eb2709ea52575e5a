-- name: get_kyc
-- One verification by its id.
SELECT id, customer_id, credential, nationality, photos, status, reason, submitted_at, decided_at
FROM kyc
WHERE merchant_id = %(merchant_id)s AND id = %(id)s;

-- name: get_document_number
-- The sealed number of a verification's document.
SELECT document_number FROM kyc WHERE merchant_id = %(merchant_id)s AND id = %(id)s;

-- name: list_kyc
-- A customer's verifications, or one of them, newest first; those that the verifier did not take are left out.
SELECT id, customer_id, credential, nationality, photos, status, reason, submitted_at, decided_at
FROM kyc
WHERE merchant_id = %(merchant_id)s
    AND customer_id = %(customer_id)s
    AND status <> 'failed'
    AND (%(id)s::bigint IS NULL OR id = %(id)s)
ORDER BY submitted_at DESC, id DESC;

-- name: document_is_approved
-- Whether a document has proven who a customer is.
SELECT EXISTS (
    SELECT FROM kyc
    WHERE merchant_id = %(merchant_id)s AND document_hash = %(document_hash)s AND status = 'approved'
);

-- name: add_kyc
-- A new verification, which the verifier does not have yet.
INSERT INTO kyc
    (merchant_id, id, customer_id, credential, level, nationality, photos, document_number, document_hash, status,
    submitted_at)
VALUES
    (%(merchant_id)s, %(id)s, %(customer_id)s, %(credential)s, %(level)s, %(nationality)s, %(photos)s,
    %(document_number)s, %(document_hash)s, 'submitted', %(submitted_at)s);

-- name: lock_kyc
-- Holds verifications with their status.
SELECT id, status
FROM kyc
WHERE merchant_id = %(merchant_id)s AND id = ANY(%(ids)s::bigint[])
ORDER BY id
FOR NO KEY UPDATE;

-- name: move_kyc :set
-- Gives verifications another status, and what was decided if something was.
UPDATE kyc
SET status = moved.status, reason = moved.reason, decided_at = moved.decided_at
FROM unnest(%(ids)s::bigint[], %(statuses)s::text[], %(reasons)s::text[], %(decided_at)s::timestamptz[])
    AS moved (id, status, reason, decided_at)
WHERE kyc.merchant_id = %(merchant_id)s AND kyc.id = moved.id;

-- name: list_waiting
-- Verifications of all merchants that wait for a decision, the longest waiting first, behind one of them.
SELECT
    merchant_id, id, customer_id, credential, nationality, photos, status, reason, submitted_at, decided_at
FROM kyc
WHERE status = 'under_review' AND (submitted_at, id) > (%(after_at)s, %(after_id)s)
ORDER BY submitted_at, id
LIMIT %(limit)s;
