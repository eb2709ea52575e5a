-- compatible_from: 25
-- Messages as the network has taken them, so that a receipt that writes the id in another way is still theirs: `plain` is
-- the id in small letters without zeros in front, `decimal` its value if it is hexadecimal; `number_end` are four digits.
CREATE TABLE message_part (
    message_id text PRIMARY KEY,
    plain text NOT NULL,
    decimal text,
    number_end text NOT NULL,
    sent_at timestamptz NOT NULL
);
CREATE INDEX message_part_plain ON message_part (plain);
CREATE INDEX message_part_decimal ON message_part (decimal) WHERE decimal IS NOT NULL;
-- What is old.
CREATE INDEX message_part_age ON message_part (sent_at);
GRANT SELECT, INSERT, UPDATE, DELETE ON message_part TO bursar_app;

-- Messages that are under way while this is applied.
INSERT INTO message_part (message_id, plain, number_end, sent_at)
SELECT DISTINCT ON (part) part, coalesce(nullif(ltrim(lower(part), '0'), ''), '0'), '', created_at
FROM otp, unnest(string_to_array(message_id, ' ')) AS part
WHERE message_id IS NOT NULL AND created_at > now() - interval '2 days'
ORDER BY part, created_at DESC;

-- Receipts that are of no message, for an operator; the application keeps the newest only.
CREATE TABLE message_receipt_unplaced (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    message_id text NOT NULL,
    plain text NOT NULL,
    decimal text,
    status text CHECK (status IN ('delivered', 'failed', 'unknown')),
    said text NOT NULL,
    number_ends text[] NOT NULL,
    problem text NOT NULL,
    at timestamptz NOT NULL
);
-- Receipts that came before the message's id was known.
CREATE INDEX message_receipt_unplaced_message_id ON message_receipt_unplaced (message_id);
CREATE INDEX message_receipt_unplaced_plain ON message_receipt_unplaced (plain);
CREATE INDEX message_receipt_unplaced_decimal ON message_receipt_unplaced (decimal) WHERE decimal IS NOT NULL;
GRANT SELECT, INSERT, DELETE ON message_receipt_unplaced TO bursar_app;
