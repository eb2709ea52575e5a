-- name: add_check
-- A check that somebody asks for. The index refuses it while another one waits or is made.
INSERT INTO ledger_check (id, actor, asked_at, since_proof) VALUES (%(id)s, %(actor)s, %(asked_at)s, %(since_proof)s);

-- name: find_check
-- One check with what it found.
SELECT id, actor, asked_at, ended_at, since_proof, night, books, entries, differences FROM ledger_check WHERE id = %(id)s;

-- name: list_checks
-- Checks, newest first, before one of them.
SELECT id, actor, asked_at, ended_at, since_proof, night, books, entries, differences
FROM ledger_check
WHERE id < %(before)s
ORDER BY id DESC
LIMIT %(limit)s;

-- name: end_check
-- The result of a check, the first time that it is made.
UPDATE ledger_check
SET
    ended_at = %(ended_at)s, night = %(night)s, books = %(books)s, entries = %(entries)s,
    differences = %(differences)s
WHERE id = %(id)s AND ended_at IS NULL;
