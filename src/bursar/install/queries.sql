-- name: get_standing
-- Where the install's database stands now.
SELECT
    install.id::text AS install,
    install.epoch,
    (SELECT system_identifier::text FROM pg_control_system()) AS server,
    left(pg_walfile_name(pg_current_wal_flush_lsn()), 8) AS timeline,
    (SELECT oid::bigint FROM pg_database WHERE datname = current_database()) AS database,
    'install'::regclass::oid::bigint AS table,
    (pg_current_wal_flush_lsn() - '0/0')::bigint AS position
FROM install;

-- name: get_id
-- The install's id, by which its records outside the database are found.
SELECT id::text FROM install;

-- name: get_epoch
-- The install's epoch.
SELECT epoch FROM install;

-- name: count_present
-- How many processes of this install are running, by their signs of presence.
SELECT count(*)
FROM pg_locks
WHERE locktype = 'advisory' AND classid = 16964 AND objsubid = 2 AND granted
    AND database = (SELECT oid FROM pg_database WHERE datname = current_database());

-- name: begin_epoch
-- A new epoch, above those of the database and of the home.
UPDATE install SET epoch = greatest(epoch, %(known)s::integer) + 1, restored_at = clock_timestamp() RETURNING epoch;

-- name: park_jobs
-- Nobody takes up due work of these kinds until a person releases them.
INSERT INTO job_parked (kind, parked_at) SELECT unnest(%(kinds)s::text[]), clock_timestamp()
ON CONFLICT (kind) DO NOTHING;

-- name: describe_install
-- What a backup says of the install that it is of; the application's tables are there, whatever their version.
SELECT
    install.id::text AS install,
    install.mode,
    install.epoch,
    (SELECT max(version) FROM migration) AS migration,
    current_setting('server_version') AS server,
    to_char(clock_timestamp() AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') AS begun_at,
    ARRAY(SELECT public FROM key_generation WHERE merchant_id = 0 AND kind = 'master' ORDER BY generation) AS master_keys
FROM install;
