-- name: add_reading
-- What was read from the photos of a verification, sealed; a repeat leaves the first.
INSERT INTO kyc_reading (merchant_id, kyc_id, read_at, findings, document_hash)
VALUES (%(merchant_id)s, %(kyc_id)s, %(read_at)s, %(findings)s, %(document_hash)s)
ON CONFLICT (merchant_id, kyc_id) DO NOTHING;

-- name: find_reading
-- What was read from the photos of a verification.
SELECT read_at, findings, document_hash FROM kyc_reading WHERE merchant_id = %(merchant_id)s AND kyc_id = %(kyc_id)s;

-- name: list_elsewhere
-- Other verifications by the same document, whoever's they are.
SELECT reading.merchant_id, reading.kyc_id, kyc.status
FROM kyc_reading AS reading
JOIN kyc ON kyc.merchant_id = reading.merchant_id AND kyc.id = reading.kyc_id
WHERE reading.document_hash = %(document_hash)s
    AND (reading.merchant_id, reading.kyc_id) <> (%(merchant_id)s, %(kyc_id)s)
ORDER BY reading.merchant_id, reading.kyc_id
LIMIT %(limit)s;
