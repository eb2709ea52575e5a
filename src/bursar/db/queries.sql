-- name: appear
-- Puts up the sign of a process: a lock that is in nobody's way. 16964 sets these locks apart from others.
SELECT pg_advisory_lock_shared(16964, %(number)s::integer);

-- name: mark
-- Shows beside a sign of presence that the process was given a master key. 16966 sets these locks apart from others.
SELECT pg_advisory_lock_shared(16966, %(mark)s::integer);

-- name: leave
-- Takes down what this connection has put up; one that is lost has left already.
SELECT pg_advisory_unlock_all();

-- name: listen
-- Hears the notices of all processes from now on.
LISTEN bursar;

-- name: notify
-- Tells all processes. Its commit holds a lock of the whole server, so it does not wait for the disk.
SELECT set_config('synchronous_commit', 'off', true), pg_notify('bursar', %(notice)s);

-- name: list_present
-- Which of the numbers are those of living processes.
SELECT objid::bigint
FROM pg_locks
WHERE locktype = 'advisory' AND classid = 16964 AND objsubid = 2 AND granted
    AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
    AND objid = ANY(%(numbers)s::oid[]);

-- name: count_present
-- The number of living processes.
SELECT count(*)
FROM pg_locks
WHERE locktype = 'advisory' AND classid = 16964 AND objsubid = 2 AND granted
    AND database = (SELECT oid FROM pg_database WHERE datname = current_database());

-- name: get_newest_migration
-- The newest migration that every install of this database has.
SELECT coalesce(max(version), 0) FROM migration;

-- name: get_login
-- The login of this connection, whatever role it acts as.
SELECT session_user::text;

-- name: act_as_application
-- Fails when this login may not act as the role that everything but migrations runs as.
SET ROLE bursar_app;

-- name: describe_login
-- A login's own powers and defaults, for connections on which nothing can be set. The books tell who owns the tables.
SELECT
    session_user::text AS login,
    EXISTS (SELECT FROM pg_roles WHERE rolname = %(role)s AND pg_has_role(session_user, oid, 'USAGE')) AS is_member,
    coalesce(has_table_privilege(session_user, to_regclass('ledger_entry'), 'DELETE'), false) AS may_too_much,
    current_setting('timezone') = 'UTC' AS in_utc,
    current_setting('statement_timeout') <> '0' AS has_timeout;

-- name: prepare_session
-- Makes a new connection one of the application's: its role, its zone, and its patience with a statement.
SELECT
    set_config('timezone', 'UTC', false),
    set_config('statement_timeout', %(statement_timeout_ms)s, false),
    set_config('role', %(role)s, false);

-- name: set_patience
-- The longest time for a statement of this transaction.
SELECT set_config('statement_timeout', %(statement_timeout_ms)s, true);

-- name: try_lock_migrations
-- Takes the lock that whoever changes the shape of a database holds, if nobody has it.
SELECT pg_try_advisory_lock(%(lock)s::bigint);

-- name: unlock_migrations
-- Lets the next one migrate.
SELECT pg_advisory_unlock(%(lock)s::bigint);

-- name: bound_waiting
-- Bounds the wait for a lock; a migration may take as long as it takes, whatever is set for the login.
SELECT set_config('lock_timeout', %(lock_timeout_ms)s, false), set_config('statement_timeout', '0', false);

-- name: find_oldest_transaction
-- The session whose transaction began first, of those that this login may see.
SELECT
    pid, coalesce(nullif(application_name, ''), backend_type), coalesce(state, 'at work'),
    extract(epoch FROM clock_timestamp() - xact_start)::integer
FROM pg_stat_activity
WHERE datname = current_database() AND pid <> pg_backend_pid() AND xact_start IS NOT NULL
ORDER BY xact_start
LIMIT 1;

-- name: is_unfinished
-- An index is there, but its concurrent build or removal was cut off.
SELECT EXISTS (SELECT FROM pg_index WHERE indexrelid = to_regclass(%(index)s) AND NOT indisvalid);

-- name: describe_role
-- The existence of a role, and the right of a login to act as it.
SELECT
    to_regrole(%(role)s) IS NOT NULL AS is_there,
    coalesce(pg_has_role(%(login)s, to_regrole(%(role)s), 'MEMBER'), false) AS is_granted;

-- name: has_mode
-- The database knows whether it is a sandbox's: a migration of an older Bursar does not say.
SELECT EXISTS (SELECT FROM pg_attribute WHERE attrelid = to_regclass('public.install') AND attname = 'mode');

-- name: get_mode
-- The mode that the install has for ever.
SELECT mode FROM install;

-- name: state_mode
-- Migrations ask their session for the mode of the install.
SELECT set_config('bursar.mode', %(mode)s, false);

-- name: has_record
-- The existence of a list's record in its present shape.
SELECT EXISTS (
    SELECT FROM pg_attribute
    WHERE attrelid = to_regclass('public.' || quote_ident(%(record)s)) AND attname = 'compatible_from'
);

-- name: make_record
-- The record of a list of migrations.
CREATE TABLE IF NOT EXISTS {record} (
    version integer PRIMARY KEY,
    name text NOT NULL,
    digest text NOT NULL,
    applied_at timestamptz NOT NULL
);

-- name: extend_record
-- The oldest program that may run on a migration; nothing is known of those applied by an older Bursar.
ALTER TABLE {record} ADD COLUMN IF NOT EXISTS compatible_from integer;

-- name: list_applied
-- The applied migrations, and the oldest program that may run on them.
SELECT version, digest, coalesce(compatible_from, version) FROM {record};

-- name: record_migration
-- A migration was applied.
INSERT INTO {record} (version, name, digest, applied_at, compatible_from)
VALUES (%(version)s, %(name)s, %(digest)s, now(), %(compatible_from)s);

-- name: describe_schema
-- The newest migration applied, and the oldest program that may run on those which this one does not know.
SELECT
    coalesce(max(version), 0) AS version,
    coalesce(max(coalesce(compatible_from, version)) FILTER (WHERE version > %(known)s), 0) AS compatible_from
FROM {record};
