-- name: get_file
-- One file by its id.
SELECT id, purpose, kind, size_bytes, status, uploaded_at, expires_at
FROM file
WHERE merchant_id = %(merchant_id)s AND id = %(id)s;

-- name: get_files
-- Some files by their ids.
SELECT id, purpose, kind, size_bytes, status, uploaded_at, expires_at
FROM file
WHERE merchant_id = %(merchant_id)s AND id = ANY(%(ids)s);

-- name: add_file
-- A file whose content is about to be stored.
INSERT INTO file (merchant_id, id, purpose, kind, size_bytes, status, uploaded_at, expires_at)
VALUES
    (%(merchant_id)s, %(id)s, %(purpose)s, %(kind)s, %(size_bytes)s, 'storing', %(uploaded_at)s, %(expires_at)s);

-- name: lock_files
-- Holds files with their status.
SELECT id, status
FROM file
WHERE merchant_id = %(merchant_id)s AND id = ANY(%(ids)s::bigint[])
ORDER BY id
FOR NO KEY UPDATE;

-- name: move_files :set
-- Gives files another status.
UPDATE file
SET status = moved.status
FROM unnest(%(ids)s::bigint[], %(statuses)s::text[]) AS moved (id, status)
WHERE file.merchant_id = %(merchant_id)s AND file.id = moved.id;
