-- name: lists_are_active
-- Whether anything is screened here.
SELECT EXISTS (SELECT FROM screening_list WHERE state = 'active');

-- name: get_versions
-- The lists that hold, by number.
SELECT id FROM screening_list WHERE state = 'active' ORDER BY id;

-- name: list_lists
-- The lists that hold, with whether all of ours were compared with them.
SELECT
    list.source, list.files, list.published, list.entries, list.names, list.addresses, list.loaded_at, list.read_at,
    NOT EXISTS (SELECT FROM screening_run AS run WHERE run.list_id = list.id AND run.ended_at IS NULL) AS compared
FROM screening_list AS list
WHERE list.state = 'active'
ORDER BY list.source;

-- name: find_active
-- The content of a list that holds now.
SELECT id, digest, entries FROM screening_list WHERE source = %(source)s AND state = 'active';

-- name: list_sources
-- The names of the lists that hold.
SELECT source FROM screening_list WHERE state = 'active' ORDER BY source;

-- name: begin_list
-- A list that is being read; it holds later.
INSERT INTO screening_list (id, source, state, digest, files, published, begun_at)
VALUES (%(id)s, %(source)s, 'loading', %(digest)s, %(files)s::text[], %(published)s, %(begun_at)s);

-- name: add_entries
-- Entries of a list that is being read; `is_new` are those that the list before has not had like this.
INSERT INTO screening_entry (id, list_id, reference, kind, names, addresses, details, digest, is_new)
SELECT
    given.id, %(list_id)s, given.reference, given.kind, given.names, given.addresses, given.details,
    decode(given.digest, 'hex'),
    NOT EXISTS (
        SELECT FROM screening_entry AS earlier
        WHERE earlier.list_id = %(before_id)s::bigint AND earlier.reference = given.reference
            AND earlier.digest = decode(given.digest, 'hex')
    )
FROM jsonb_to_recordset(%(entries)s::jsonb)
    AS given (id bigint, reference text, kind text, names text[], addresses text[], details jsonb, digest text);

-- name: replace_list
-- The list before does not hold any more.
UPDATE screening_list SET state = 'replaced' WHERE source = %(source)s AND state = 'active';

-- name: activate_list
-- The list that was read holds from now on.
UPDATE screening_list
SET state = 'active', entries = %(entries)s, names = %(names)s, addresses = %(addresses)s,
    loaded_at = %(now)s, read_at = %(now)s
WHERE id = %(id)s AND state = 'loading';

-- name: keep_list
-- The list's files were read again, with the same content.
UPDATE screening_list SET read_at = %(now)s WHERE id = %(id)s;

-- name: begin_run
-- The comparison of all of ours of a kind with a list.
INSERT INTO screening_run (list_id, subject_kind, after_merchant, after_id, compared, hits, begun_at)
VALUES (%(list_id)s, %(subject_kind)s, 0, 0, 0, 0, %(now)s);

-- name: end_hits_of_list
-- Hits that nobody has decided on and whose entry has left its list.
UPDATE screening_hit AS hit
SET status = 'delisted', decided_at = %(now)s
WHERE hit.status = 'open' AND hit.source = %(source)s
    AND NOT EXISTS (
        SELECT FROM screening_entry AS entry WHERE entry.list_id = %(list_id)s AND entry.reference = hit.reference
    );

-- name: list_unused
-- Lists whose loading was cut off, and those that were replaced.
SELECT id FROM screening_list WHERE state = 'replaced' OR (state = 'loading' AND begun_at < %(before)s);

-- name: delete_entries
-- A portion of the entries of a list that does not hold.
DELETE FROM screening_entry
WHERE id IN (SELECT id FROM screening_entry WHERE list_id = %(list_id)s ORDER BY id LIMIT %(limit)s);

-- name: delete_runs
-- The comparisons with a list that does not hold.
DELETE FROM screening_run WHERE list_id = %(list_id)s;

-- name: delete_list
-- A list that does not hold and has no entries any more.
DELETE FROM screening_list WHERE id = %(list_id)s AND state <> 'active';

-- name: list_entries
-- A portion of the entries that hold, or of the new ones of a list, by number.
SELECT entry.id, entry.kind, entry.names
FROM screening_entry AS entry
WHERE entry.list_id = %(list_id)s AND entry.id > %(after)s AND (NOT %(new_only)s OR entry.is_new)
ORDER BY entry.id
LIMIT %(limit)s;

-- name: get_entries
-- Entries by number, with their list's name; those of a list that does not hold any more are left out.
SELECT entry.id, list.source, entry.reference, entry.kind, entry.names, entry.addresses, entry.details, entry.digest
FROM screening_entry AS entry
JOIN screening_list AS list ON list.id = entry.list_id AND list.state = 'active'
WHERE entry.id = ANY(%(ids)s::bigint[]);

-- name: find_addresses
-- The entries that hold any of these addresses.
SELECT address, entry.id
FROM unnest(%(addresses)s::text[]) AS address
JOIN screening_entry AS entry ON entry.addresses @> ARRAY[address] AND entry.addresses <> '{}'
JOIN screening_list AS list ON list.id = entry.list_id AND list.state = 'active'
WHERE NOT %(new_only)s OR (entry.is_new AND entry.list_id = %(list_id)s);

-- name: ask
-- One of ours came or changed, and is to be compared.
INSERT INTO screening_wait (merchant_id, subject_kind, subject_id, asked)
VALUES (%(merchant_id)s, %(subject_kind)s, %(subject_id)s, %(asked)s)
ON CONFLICT (merchant_id, subject_kind, subject_id) DO UPDATE SET asked = excluded.asked;

-- name: find_asked
-- The change of one of ours that is not compared yet.
SELECT asked FROM screening_wait
WHERE merchant_id = %(merchant_id)s AND subject_kind = %(subject_kind)s AND subject_id = %(subject_id)s;

-- name: lock_subjects
-- Whether those of ours with these numbers, which are unique in the install, may go on. Nothing is locked here: whoever
-- carries this as a condition has locked the merchant before, as has whoever writes a hit.
SELECT given.subject_id, CASE WHEN EXISTS (
    SELECT FROM screening_wait AS wait
    WHERE wait.merchant_id = %(merchant_id)s AND wait.subject_id = given.subject_id
        AND wait.subject_kind IN ('customer', 'payee', 'card order', 'merchant', 'withdrawal', 'deposit')
) OR EXISTS (
    SELECT FROM screening_hit AS hit
    WHERE hit.merchant_id = %(merchant_id)s AND hit.subject_id = given.subject_id
        AND hit.subject_kind IN ('customer', 'payee', 'card order', 'merchant', 'withdrawal', 'deposit')
        AND hit.status IN ('open', 'confirmed')
) THEN 'blocked' ELSE 'clear' END
FROM unnest(%(ids)s::bigint[]) AS given (subject_id);

-- name: move_subjects :set
-- Those of ours were compared as they were at that change; a later change waits on.
DELETE FROM screening_wait AS wait
USING unnest(%(ids)s::bigint[], %(statuses)s::text[], %(subject_kinds)s::text[], %(asked)s::bigint[])
    AS compared (id, status, subject_kind, asked)
WHERE wait.merchant_id = %(merchant_id)s AND wait.subject_kind = compared.subject_kind
    AND wait.subject_id = compared.id AND wait.asked = compared.asked;

-- name: find_blocked
-- Those of these that wait for their comparison, or have a hit that nobody has lifted.
SELECT given.subject_kind, given.subject_id
FROM unnest(%(kinds)s::text[], %(ids)s::bigint[]) AS given (subject_kind, subject_id)
WHERE EXISTS (
    SELECT FROM screening_wait AS wait
    WHERE wait.merchant_id = %(merchant_id)s AND wait.subject_kind = given.subject_kind
        AND wait.subject_id = given.subject_id
) OR EXISTS (
    SELECT FROM screening_hit AS hit
    WHERE hit.merchant_id = %(merchant_id)s AND hit.subject_kind = given.subject_kind
        AND hit.subject_id = given.subject_id AND hit.status IN ('open', 'confirmed')
);

-- name: add_hit
-- A likeness that was found; it is not found twice, and not where an exception holds.
INSERT INTO screening_hit
    (merchant_id, id, subject_kind, subject_id, text, source, reference, listed, details, score, explanation, pair,
    status, found_at)
SELECT
    %(merchant_id)s, %(id)s, %(subject_kind)s, %(subject_id)s, %(text)s, %(source)s, %(reference)s, %(listed)s,
    %(details)s, %(score)s, %(explanation)s, %(pair)s, 'open', %(found_at)s
WHERE NOT EXISTS (
    SELECT FROM screening_exception AS exception
    WHERE exception.merchant_id = %(merchant_id)s AND exception.subject_kind = %(subject_kind)s
        AND exception.subject_id = %(subject_id)s AND exception.source = %(source)s
        AND exception.reference = %(reference)s AND exception.expires_at > %(found_at)s
)
ON CONFLICT (merchant_id, subject_kind, subject_id, pair)
    DO UPDATE SET status = 'open', decided_at = NULL, decided_by = NULL, reason = NULL
    WHERE screening_hit.status IN ('excepted', 'delisted');

-- name: lock_hits
-- Holds hits with their status.
SELECT id, status FROM screening_hit
WHERE merchant_id = %(merchant_id)s AND id = ANY(%(ids)s::bigint[])
ORDER BY id
FOR NO KEY UPDATE;

-- name: move_hits :set
-- Gives hits another status, with who decided and why.
UPDATE screening_hit AS hit
SET status = moved.status, decided_at = moved.decided_at, decided_by = moved.decided_by, reason = moved.reason
FROM unnest(
    %(ids)s::bigint[], %(statuses)s::text[], %(decided_at)s::timestamptz[], %(decided_by)s::text[], %(reasons)s::text[]
) AS moved (id, status, decided_at, decided_by, reason)
WHERE hit.merchant_id = %(merchant_id)s AND hit.id = moved.id;

-- name: find_hit
-- One hit, whoever's it is.
SELECT
    merchant_id, id, subject_kind, subject_id, text, source, reference, listed, details, score::double precision,
    explanation, status, found_at, decided_at, decided_by, reason
FROM screening_hit
WHERE id = %(id)s AND merchant_id = %(merchant_id)s;

-- name: list_open_hits
-- Hits that wait for a person, oldest first.
SELECT
    merchant_id, id, subject_kind, subject_id, text, source, reference, listed, details, score::double precision,
    explanation, status, found_at, decided_at, decided_by, reason
FROM screening_hit
WHERE status = 'open' AND (found_at, id) > (%(after_at)s, %(after_id)s)
ORDER BY found_at, id
LIMIT %(limit)s;

-- name: list_hits
-- All hits, newest first.
SELECT
    merchant_id, id, subject_kind, subject_id, text, source, reference, listed, details, score::double precision,
    explanation, status, found_at, decided_at, decided_by, reason
FROM screening_hit
WHERE (found_at, id) < (%(before_at)s, %(before_id)s)
ORDER BY found_at DESC, id DESC
LIMIT %(limit)s;

-- name: list_hits_of_entry
-- The hits of one of ours with one entry that block.
SELECT id, status FROM screening_hit
WHERE merchant_id = %(merchant_id)s AND subject_kind = %(subject_kind)s AND subject_id = %(subject_id)s
    AND source = %(source)s AND reference = %(reference)s AND status IN ('open', 'confirmed');

-- name: add_exception
-- An exception.
INSERT INTO screening_exception
    (merchant_id, id, subject_kind, subject_id, source, reference, reason, made_at, expires_at)
VALUES
    (%(merchant_id)s, %(id)s, %(subject_kind)s, %(subject_id)s, %(source)s, %(reference)s, %(reason)s, %(made_at)s,
    %(expires_at)s);

-- name: find_run
-- How far the comparison of all of ours of a kind with a list has come; nothing once the list does not hold.
SELECT run.after_merchant, run.after_id, run.compared, run.hits
FROM screening_run AS run
JOIN screening_list AS list ON list.id = run.list_id AND list.state = 'active'
WHERE run.list_id = %(list_id)s AND run.subject_kind = %(subject_kind)s AND run.ended_at IS NULL;

-- name: move_run
-- The comparison has come so far.
UPDATE screening_run
SET after_merchant = %(after_merchant)s, after_id = %(after_id)s, compared = compared + %(compared)s,
    hits = hits + %(hits)s, ended_at = %(ended_at)s
WHERE list_id = %(list_id)s AND subject_kind = %(subject_kind)s
    AND (after_merchant, after_id) = (%(from_merchant)s, %(from_id)s) AND ended_at IS NULL;

-- name: list_runs
-- The comparisons of all of ours with the lists that hold.
SELECT list.source, run.subject_kind, run.compared, run.hits, run.begun_at, run.ended_at
FROM screening_run AS run
JOIN screening_list AS list ON list.id = run.list_id AND list.state = 'active'
ORDER BY list.source, run.subject_kind;

-- name: list_hits_of_subject
-- The hits of one of ours, whatever their status.
SELECT
    merchant_id, id, subject_kind, subject_id, text, source, reference, listed, details, score::double precision,
    explanation, status, found_at, decided_at, decided_by, reason
FROM screening_hit
WHERE merchant_id = %(merchant_id)s AND subject_kind = %(subject_kind)s AND subject_id = %(subject_id)s
ORDER BY id DESC
LIMIT %(limit)s;

-- name: list_exceptions
-- All exceptions, the newest first.
SELECT merchant_id, id, subject_kind, subject_id, source, reference, reason, made_at, expires_at
FROM screening_exception
WHERE (made_at, id) < (%(before_at)s, %(before_id)s)
ORDER BY made_at DESC, id DESC
LIMIT %(limit)s;

-- name: list_exceptions_of_subject
-- The exceptions of one of ours, those that have ended too.
SELECT merchant_id, id, subject_kind, subject_id, source, reference, reason, made_at, expires_at
FROM screening_exception
WHERE merchant_id = %(merchant_id)s AND subject_kind = %(subject_kind)s AND subject_id = %(subject_id)s
ORDER BY expires_at DESC
LIMIT %(limit)s;
