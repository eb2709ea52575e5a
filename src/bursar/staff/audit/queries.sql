-- name: add_record
-- A record of the audit, and that no link holds it yet.
WITH queued AS (INSERT INTO audit_unlinked (record_id) VALUES (%(id)s))
INSERT INTO audit_record (
    id, at, actor, person_id, credential, action, subject, outcome, before, after, reason, address, device, seal
)
VALUES (
    %(id)s, %(at)s, %(actor)s, %(person_id)s, %(credential)s, %(action)s, %(subject)s, %(outcome)s, %(before)s::jsonb,
    %(after)s::jsonb, %(reason)s, %(address)s, %(device)s, %(seal)s
);

-- name: list_records
-- Records by some of their fields, newest first, after a place in the list.
SELECT
    id, at, actor, person_id, credential, action, subject, outcome, before, after, reason, address, device, seal
FROM audit_record
WHERE (%(actor)s::text IS NULL OR actor = %(actor)s)
    AND (%(person_id)s::bigint IS NULL OR person_id = %(person_id)s)
    AND (%(subject)s::text IS NULL OR subject = %(subject)s)
    AND (%(action)s::text IS NULL OR action = %(action)s)
    AND at >= coalesce(%(start_at)s::timestamptz, '-infinity')
    AND at < coalesce(%(end_at)s::timestamptz, 'infinity')
    AND (%(after_at)s::timestamptz IS NULL OR (at, id) < (%(after_at)s, %(after_id)s::bigint))
ORDER BY at DESC, id DESC
LIMIT %(limit)s;

-- name: export_records
-- The same records, all of them, oldest first.
SELECT
    id, at, actor, person_id, credential, action, subject, outcome, before, after, reason, address, device, seal
FROM audit_record
WHERE (%(actor)s::text IS NULL OR actor = %(actor)s)
    AND (%(person_id)s::bigint IS NULL OR person_id = %(person_id)s)
    AND (%(subject)s::text IS NULL OR subject = %(subject)s)
    AND (%(action)s::text IS NULL OR action = %(action)s)
    AND at >= coalesce(%(start_at)s::timestamptz, '-infinity')
    AND at < coalesce(%(end_at)s::timestamptz, 'infinity')
ORDER BY at, id;

-- name: try_linking
-- One process links at a time; the lock ends with the transaction.
SELECT pg_try_advisory_xact_lock(%(lock)s);

-- name: is_any_unlinked
-- The existence of a record that no link holds yet.
SELECT EXISTS (SELECT FROM audit_unlinked);

-- name: newest_link
-- The end of the chain.
SELECT position, hash FROM audit_link ORDER BY position DESC LIMIT 1;

-- name: list_unlinked
-- Records that no link holds yet, in the order of their numbers.
SELECT
    record.id, at, actor, person_id, credential, action, subject, outcome, before, after, reason, address, device, seal
FROM audit_unlinked
JOIN audit_record AS record ON record.id = audit_unlinked.record_id
ORDER BY record.id
LIMIT %(limit)s;

-- name: add_links :set
-- Links at the end of the chain.
INSERT INTO audit_link (position, record_id, hash)
SELECT position, record_id, hash
FROM unnest(%(positions)s::bigint[], %(record_ids)s::bigint[], %(hashes)s::bytea[]) AS made (position, record_id, hash);

-- name: take_unlinked
-- The records that now have a link.
DELETE FROM audit_unlinked WHERE record_id = ANY(%(record_ids)s::bigint[]);

-- name: walk_chain
-- The whole chain with its records, from its beginning.
SELECT
    position, hash, record_id, record.id IS NOT NULL AS is_there, coalesce(at, 'epoch') AS at,
    coalesce(actor, '') AS actor, person_id, credential, coalesce(action, '') AS action, subject,
    coalesce(outcome, '') AS outcome, before, after, reason, address, device, coalesce(seal, '') AS seal
FROM audit_link
LEFT JOIN audit_record AS record ON record.id = audit_link.record_id
ORDER BY position;

-- name: list_without_link
-- Records that neither the chain nor the queue holds: put in by something else than the program.
SELECT id
FROM audit_record AS record
WHERE NOT EXISTS (SELECT FROM audit_link WHERE record_id = record.id)
    AND NOT EXISTS (SELECT FROM audit_unlinked WHERE record_id = record.id)
ORDER BY id
LIMIT %(most)s;
