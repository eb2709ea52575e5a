-- name: take_payment
-- The first that is said of a payment stands; what that was. The update changes nothing: it lets the old row be told.
INSERT INTO bank_payment (
    reference, state, merchant_id, currency, amount, name, iban, bic, address, town, country, taken_at, payee_id
)
VALUES (
    %(reference)s, 'open', %(merchant_id)s, %(currency)s, %(amount)s, %(name)s, %(iban)s, %(bic)s, %(address)s,
    %(town)s, %(country)s, %(taken_at)s, %(payee_id)s
)
ON CONFLICT (reference) DO UPDATE SET reference = bank_payment.reference
RETURNING state;

-- name: cancel_payment
-- A payment that is in no file is never put into one; how it stands then.
INSERT INTO bank_payment (reference, state)
VALUES (%(reference)s, 'cancelled')
ON CONFLICT (reference) DO UPDATE
SET state = CASE WHEN bank_payment.state = 'open' THEN 'cancelled' ELSE bank_payment.state END
RETURNING state;

-- name: list_open
-- Merchants and payees of those that a cut-off has to seal, without those of merchants whose money does not go out.
SELECT DISTINCT merchant_id, coalesce(payee_id, 0) AS payee_id
FROM bank_payment
WHERE state = 'open' AND currency = %(currency)s AND taken_at < %(cut_off_at)s
    AND merchant_id <> ALL(%(held)s::bigint[])
ORDER BY merchant_id, payee_id;

-- name: seal_file
-- The payments that came before a cut-off, oldest first and as many as a file can have, are in a file; none, no file.
-- Those of merchants whose money does not go out wait, and those to payees who are held.
-- Rows are locked first: one that is cancelled at this moment is left out or was faster sealed.
WITH collected AS (
    SELECT reference
    FROM bank_payment
    WHERE state = 'open' AND currency = %(currency)s AND taken_at < %(cut_off_at)s
        AND merchant_id <> ALL(%(held)s::bigint[]) AND coalesce(payee_id, 0) <> ALL(%(held_payees)s::bigint[])
    ORDER BY taken_at, reference
    LIMIT %(payments_max)s
    FOR NO KEY UPDATE
), sealed AS (
    UPDATE bank_payment
    SET state = 'sealed', file_id = %(id)s
    WHERE reference IN (SELECT reference FROM collected)
    RETURNING amount
)
INSERT INTO bank_file (id, message_id, currency, cut_off_at, part, payments, total, sealed_at)
SELECT %(id)s, %(message_id)s, %(currency)s, %(cut_off_at)s, %(part)s, count(*), sum(amount), %(sealed_at)s
FROM sealed
HAVING count(*) > 0;

-- name: get_file
-- A file by its number.
SELECT id, message_id, currency, part, payments, total, sealed_at, content, delivered_at
FROM bank_file
WHERE id = %(id)s;

-- name: find_file_of
-- A file by its message id, without its content.
SELECT id, message_id, currency, part, payments, total, sealed_at, NULL::bytea AS content, delivered_at
FROM bank_file
WHERE message_id = %(message_id)s;

-- name: is_full
-- Whether a part of a cut-off's files is there and has no room left.
SELECT EXISTS (
    SELECT FROM bank_file
    WHERE currency = %(currency)s AND cut_off_at = %(cut_off_at)s AND part = %(part)s AND payments = %(payments_max)s
);

-- name: list_payments
-- The payments of a file in its order.
SELECT reference, merchant_id, currency, amount, name, iban, bic, address, town, country, taken_at, payee_id
FROM bank_payment
WHERE file_id = %(file_id)s
ORDER BY taken_at, reference;

-- name: keep_content
-- What the bank gets, made once: the first content stands, and is told.
UPDATE bank_file SET content = coalesce(content, %(content)s) WHERE id = %(id)s RETURNING content;

-- name: mark_delivered
-- The bank has the file.
UPDATE bank_file SET delivered_at = %(at)s WHERE id = %(id)s AND delivered_at IS NULL;

-- name: list_message_ids
-- Which of some message ids are of files that we know.
SELECT message_id FROM bank_file WHERE message_id = ANY(%(message_ids)s::text[]);

-- name: list_digests
-- Files of the bank's that were read, among those whose digests begin in some ways; reads all, after a restore alone.
SELECT left(encode(digest, 'hex'), %(chars)s::integer)
FROM bank_answer
WHERE state = 'read' AND left(encode(digest, 'hex'), %(chars)s::integer) = ANY(%(beginnings)s::text[]);

-- name: adopt_file
-- A file that was delivered after the moment that the database is of. Its cut-off is not known any more: it is told by
-- the instant of its sealing, as a part that no cut-off of ours has.
INSERT INTO bank_file (
    id, message_id, currency, cut_off_at, part, payments, total, sealed_at, content, delivered_at
)
VALUES (
    %(id)s, %(message_id)s, %(currency)s, %(sealed_at)s,
    1000 + (
        SELECT count(*) FROM bank_file
        WHERE currency = %(currency)s AND cut_off_at = %(sealed_at)s AND part >= 1000
    ),
    %(payments)s, %(total)s, %(sealed_at)s, %(content)s, %(sealed_at)s
)
ON CONFLICT (message_id) DO NOTHING;

-- name: adopt_payments :set
-- The payments of such a file; one that was taken on and waits for a file is in this one.
INSERT INTO bank_payment (reference, state, merchant_id, currency, amount, name, iban, bic, taken_at, file_id)
SELECT reference, 'sealed', merchant, currency, amount, name, iban, bic, taken_at, file_id
FROM unnest(
    %(reference)s::text[], %(merchant)s::bigint[], %(currency)s::text[], %(amount)s::numeric[], %(name)s::text[],
    %(iban)s::text[], %(bic)s::text[], %(taken_at)s::timestamptz[], %(file_id)s::bigint[]
) AS sent (reference, merchant, currency, amount, name, iban, bic, taken_at, file_id)
ON CONFLICT (reference) DO UPDATE SET state = 'sealed', file_id = excluded.file_id
WHERE bank_payment.state = 'open';

-- name: find_known
-- Payments that entries are matched with.
SELECT
    payment.reference, payment.state, coalesce(payment.merchant_id, 0) AS merchant_id,
    coalesce(payment.currency, '') AS currency, coalesce(payment.amount, 0) AS amount, file.message_id
FROM bank_payment AS payment
LEFT JOIN bank_file AS file ON file.id = payment.file_id
WHERE payment.reference = ANY(%(references)s::text[]);

-- name: find_booked
-- The bank's own numbers of debits that were matched, by the file or by an operator.
SELECT reference, bank_reference
FROM bank_entry
WHERE reference = ANY(%(references)s::text[])
    AND kind = 'debit'
    AND problem IS NULL
    AND outcome IS NOT NULL
    AND bank_reference IS NOT NULL
UNION
SELECT settled_reference, bank_reference
FROM bank_entry
WHERE settled_reference = ANY(%(references)s::text[]) AND kind = 'debit' AND bank_reference IS NOT NULL;

-- name: add_entries :set
-- What a file says; what was added before the reading of it was cut off stands.
INSERT INTO bank_entry (
    digest, position, reference, kind, said, amount, bank_reference, outcome, reason, problem, taken_at
)
SELECT *
FROM unnest(
    %(digest)s::bytea[], %(position)s::integer[], %(reference)s::text[], %(kind)s::text[], %(said)s::text[],
    %(amount)s::text[], %(bank_reference)s::text[], %(outcome)s::text[], %(reason)s::text[], %(problem)s::text[],
    %(taken_at)s::timestamptz[]
)
ON CONFLICT ON CONSTRAINT bank_entry_once DO NOTHING;

-- name: spread_file_status
-- What was said of a whole file is said of each of its payments about which the same answer says nothing else.
INSERT INTO bank_entry (digest, position, reference, kind, said, outcome, reason, taken_at)
SELECT %(digest)s, %(position)s, payment.reference, 'file_status', %(said)s, %(outcome)s, %(reason)s, %(taken_at)s
FROM bank_payment AS payment
WHERE payment.file_id = %(file_id)s
    AND NOT EXISTS (
        SELECT FROM bank_entry AS other
        WHERE other.digest = %(digest)s AND other.reference = payment.reference AND other.position <> %(position)s
    )
ORDER BY payment.taken_at, payment.reference
ON CONFLICT ON CONSTRAINT bank_entry_once DO NOTHING;

-- name: find_answer
-- Whether a file of this content was read.
SELECT state FROM bank_answer WHERE digest = %(digest)s;

-- name: add_answer
-- A file of the bank's was read, or set aside; one that was set aside may be read in the end, and never the other way.
INSERT INTO bank_answer (digest, name, state, reason, entries, taken_at)
VALUES (%(digest)s, %(name)s, %(state)s, %(reason)s, %(entries)s, %(taken_at)s)
ON CONFLICT (digest) DO UPDATE
SET state = excluded.state, name = excluded.name, reason = excluded.reason, entries = excluded.entries,
    taken_at = excluded.taken_at
WHERE bank_answer.state = 'set_aside';

-- name: list_due_reports
-- What payouts have still to be told of one file, in its order.
SELECT entry.id, entry.reference, payment.merchant_id, entry.outcome, entry.reason
FROM bank_entry AS entry
JOIN bank_payment AS payment ON payment.reference = entry.reference
WHERE entry.digest = %(digest)s
    AND entry.outcome IS NOT NULL
    AND entry.problem IS NULL
    AND entry.reported_at IS NULL
ORDER BY entry.id
LIMIT %(limit)s;

-- name: mark_reported
-- Payouts were told.
UPDATE bank_entry SET reported_at = %(at)s WHERE id = ANY(%(ids)s::bigint[]) AND reported_at IS NULL;

-- name: find_outcome
-- The first end that was told of a payment, by a file that was read to its end or by an operator.
SELECT outcome, reason
FROM (
    SELECT entry.id, entry.outcome, entry.reason
    FROM bank_entry AS entry
    JOIN bank_answer AS answer ON answer.digest = entry.digest AND answer.state = 'read'
    WHERE entry.reference = %(reference)s AND entry.outcome IS NOT NULL AND entry.problem IS NULL
    UNION ALL
    SELECT id, settled_outcome, reason FROM bank_entry WHERE settled_reference = %(reference)s
) AS told
ORDER BY id
LIMIT 1;

-- name: list_unmatched
-- What an operator has to look at, newest first, from before an entry on.
SELECT
    entry.id, coalesce(answer.name, '') AS file, entry.position, entry.kind, entry.said, entry.reference, entry.amount,
    entry.problem, entry.taken_at
FROM bank_entry AS entry
LEFT JOIN bank_answer AS answer ON answer.digest = entry.digest
WHERE entry.problem IS NOT NULL AND entry.settled_at IS NULL AND entry.id < %(before)s
ORDER BY entry.id DESC
LIMIT %(limit)s;

-- name: list_settled
-- What operators have settled, the newest entry first, from before an entry on.
SELECT
    entry.id, coalesce(answer.name, '') AS file, entry.position, entry.kind, entry.said, entry.reference, entry.amount,
    entry.problem, entry.taken_at, entry.settled_at, entry.settled_by, entry.settled_reason, entry.settled_reference,
    entry.settled_outcome
FROM bank_entry AS entry
LEFT JOIN bank_answer AS answer ON answer.digest = entry.digest
WHERE entry.settled_at IS NOT NULL AND entry.id < %(before)s
ORDER BY entry.id DESC
LIMIT %(limit)s;

-- name: find_told
-- Which entries of the bank's own numbers an operator was given already, by another file.
SELECT DISTINCT kind, bank_reference, reference, amount
FROM bank_entry
WHERE bank_reference = ANY(%(bank_references)s::text[]) AND problem IS NOT NULL AND digest <> %(digest)s;

-- name: find_entry
-- An entry that is for an operator.
SELECT id, kind, said, reason, settled_at IS NOT NULL AS is_settled
FROM bank_entry
WHERE id = %(id)s AND problem IS NOT NULL;

-- name: list_waiting
-- What an operator has to look at, the longest waiting first, behind one of them.
SELECT
    entry.id, coalesce(answer.name, '') AS file, entry.position, entry.kind, entry.said, entry.reference, entry.amount,
    entry.problem, entry.taken_at
FROM bank_entry AS entry
LEFT JOIN bank_answer AS answer ON answer.digest = entry.digest
WHERE entry.problem IS NOT NULL
    AND entry.settled_at IS NULL
    AND (entry.taken_at, entry.id) > (%(after_at)s, %(after_id)s)
ORDER BY entry.taken_at, entry.id
LIMIT %(limit)s;

-- name: find_waiting
-- One of them.
SELECT
    entry.id, coalesce(answer.name, '') AS file, entry.position, entry.kind, entry.said, entry.reference, entry.amount,
    entry.problem, entry.taken_at
FROM bank_entry AS entry
LEFT JOIN bank_answer AS answer ON answer.digest = entry.digest
WHERE entry.id = %(id)s AND entry.problem IS NOT NULL AND entry.settled_at IS NULL;

-- name: lock_entries
-- Holds entries, and whether somebody has settled them; they belong to no merchant.
SELECT id, CASE WHEN problem IS NULL THEN 'fits' WHEN settled_at IS NULL THEN 'open' ELSE 'settled' END AS status
FROM bank_entry
WHERE id = ANY(%(ids)s::bigint[]) AND %(merchant_id)s::bigint IS NOT NULL
ORDER BY id
FOR NO KEY UPDATE;

-- name: settle_entry
-- An operator has looked at an entry, and says what it is.
UPDATE bank_entry
SET settled_at = %(at)s, settled_by = %(by)s, settled_reason = %(reason)s, settled_reference = %(reference)s,
    settled_outcome = %(outcome)s
WHERE id = %(id)s AND problem IS NOT NULL AND settled_at IS NULL;

-- name: find_settlement
-- What payouts have to be told of an entry that was matched by hand.
SELECT entry.id, entry.settled_reference AS reference, payment.merchant_id, entry.settled_outcome AS outcome, entry.reason
FROM bank_entry AS entry
JOIN bank_payment AS payment ON payment.reference = entry.settled_reference
WHERE entry.id = %(id)s;

-- name: count_standing
-- For metrics: what waits for an operator, and since when the oldest file waits for an answer to one of its payments.
SELECT
    (SELECT count(*) FROM bank_entry WHERE problem IS NOT NULL AND settled_at IS NULL) AS unmatched,
    (
        SELECT min(file.delivered_at)
        FROM bank_file AS file
        WHERE file.delivered_at > %(since)s
            AND EXISTS (
                SELECT FROM bank_payment AS payment
                WHERE payment.file_id = file.id
                    AND NOT EXISTS (
                        SELECT FROM bank_entry AS entry
                        WHERE entry.reference = payment.reference
                            AND entry.outcome IS NOT NULL
                            AND entry.problem IS NULL
                    )
                    AND NOT EXISTS (
                        SELECT FROM bank_entry AS entry WHERE entry.settled_reference = payment.reference
                    )
            )
    ) AS waiting_since;

-- name: list_sightings
-- Files that were seen in the bank's folder.
SELECT name, size, modified_at, kept_as FROM bank_sighting;

-- name: keep_sighting
-- How a file was seen.
INSERT INTO bank_sighting (name, size, modified_at, kept_as)
VALUES (%(name)s, %(size)s, %(modified_at)s, %(kept_as)s)
ON CONFLICT (name) DO UPDATE
SET size = excluded.size, modified_at = excluded.modified_at, kept_as = excluded.kept_as;

-- name: forget_sightings
-- Files that are there no more.
DELETE FROM bank_sighting WHERE name = ANY(%(names)s::text[]);
