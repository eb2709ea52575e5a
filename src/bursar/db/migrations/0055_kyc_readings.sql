-- compatible_from: 42
-- What a program has read from the photos of a verification, for the person who decides: sealed. `document_hash` is a
-- keyed hash of the document's number, the same for all merchants.
CREATE TABLE kyc_reading (
    merchant_id bigint NOT NULL,
    kyc_id bigint NOT NULL,
    read_at timestamptz NOT NULL,
    findings bytea NOT NULL,
    document_hash bytea,
    PRIMARY KEY (merchant_id, kyc_id)
);
-- The same document elsewhere.
CREATE INDEX kyc_reading_document ON kyc_reading (document_hash) WHERE document_hash IS NOT NULL;
GRANT SELECT, INSERT ON kyc_reading TO bursar_app;
