-- name: list_sent_files
-- Files of payments, newest first, before one of them.
SELECT id, message_id, payments, total, currency, cut_off_at, sealed_at, delivered_at
FROM bank_file
WHERE id < %(before)s
ORDER BY id DESC
LIMIT %(limit)s;

-- name: list_read_files
-- Files of the bank's, newest first, behind one of them.
SELECT digest, name, state, reason, entries, taken_at
FROM bank_answer
WHERE (taken_at, digest) < (%(before_at)s::timestamptz, %(before)s::bytea)
ORDER BY taken_at DESC, digest DESC
LIMIT %(limit)s;

-- name: list_matched
-- Entries of the payments that they name, newest first, before one of them.
SELECT
    entry.id, 'matched' AS state, answer.name AS file, position, kind, said, reference, amount, outcome, problem,
    entry.taken_at, settled_at, settled_by, settled_reason, settled_reference
FROM bank_entry AS entry
JOIN bank_answer AS answer ON answer.digest = entry.digest
WHERE problem IS NULL AND entry.id < %(before)s
ORDER BY entry.id DESC
LIMIT %(limit)s;

-- name: list_unmatched
-- Entries that wait for a person, newest first, before one of them.
SELECT
    entry.id, 'unmatched' AS state, answer.name AS file, position, kind, said, reference, amount, outcome, problem,
    entry.taken_at, settled_at, settled_by, settled_reason, settled_reference
FROM bank_entry AS entry
JOIN bank_answer AS answer ON answer.digest = entry.digest
WHERE problem IS NOT NULL AND settled_at IS NULL AND entry.id < %(before)s
ORDER BY entry.id DESC
LIMIT %(limit)s;

-- name: list_settled
-- Entries that a person has decided on, newest first, before one of them.
SELECT
    entry.id, 'settled' AS state, answer.name AS file, position, kind, said, reference, amount, outcome, problem,
    entry.taken_at, settled_at, settled_by, settled_reason, settled_reference
FROM bank_entry AS entry
JOIN bank_answer AS answer ON answer.digest = entry.digest
WHERE settled_at IS NOT NULL AND entry.id < %(before)s
ORDER BY entry.id DESC
LIMIT %(limit)s;

-- name: find_entry
-- One entry, whatever has become of it.
SELECT
    entry.id,
    CASE
        WHEN settled_at IS NOT NULL THEN 'settled'
        WHEN problem IS NOT NULL THEN 'unmatched'
        ELSE 'matched'
    END AS state,
    answer.name AS file, position, kind, said, reference, amount, outcome, problem, entry.taken_at, settled_at,
    settled_by, settled_reason, settled_reference
FROM bank_entry AS entry
JOIN bank_answer AS answer ON answer.digest = entry.digest
WHERE entry.id = %(id)s;
