-- compatible_from: 25
-- The people who run the install. A password is Argon2id over a keyed hash; the secret of a TOTP authenticator is sealed.
CREATE TABLE staff (
    id bigint PRIMARY KEY,
    email text NOT NULL CONSTRAINT staff_email_once UNIQUE CHECK (email = lower(email) AND length(email) <= 254),
    name text NOT NULL CHECK (length(name) BETWEEN 1 AND 100),
    roles text[] NOT NULL CHECK (
        cardinality(roles) > 0
        AND roles <@ ARRAY['owner', 'finance', 'compliance', 'operations', 'support', 'auditor']
    ),
    status text NOT NULL CHECK (status IN ('invited', 'active', 'disabled')),
    password text,
    totp_secret bytea,
    created_at timestamptz NOT NULL
);
GRANT SELECT, INSERT, UPDATE (name, roles, status, password, totp_secret) ON staff TO bursar_app;

-- One-time links by which somebody sets up ways to sign in; kept as keyed hashes.
CREATE TABLE staff_link (
    id bigint PRIMARY KEY,
    staff_id bigint NOT NULL REFERENCES staff (id),
    proof bytea NOT NULL UNIQUE,
    created_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL CHECK (expires_at - created_at <= interval '1 hour'),
    used_at timestamptz
);
CREATE INDEX staff_link_staff ON staff_link (staff_id); -- the newest link of somebody takes the place of the others
GRANT SELECT, INSERT, UPDATE (used_at), DELETE ON staff_link TO bursar_app;

CREATE TABLE staff_passkey (
    id bigint PRIMARY KEY,
    staff_id bigint NOT NULL REFERENCES staff (id),
    credential bytea NOT NULL CONSTRAINT staff_passkey_once UNIQUE,
    public_key bytea NOT NULL,
    sign_count bigint NOT NULL CHECK (sign_count >= 0),
    name text NOT NULL,
    created_at timestamptz NOT NULL,
    used_at timestamptz
);
CREATE INDEX staff_passkey_staff ON staff_passkey (staff_id);
GRANT SELECT, INSERT, UPDATE (sign_count, used_at), DELETE ON staff_passkey TO bursar_app;

-- Challenges that passkeys answer, once.
CREATE TABLE staff_challenge (
    id bigint PRIMARY KEY,
    staff_id bigint REFERENCES staff (id),
    challenge bytea NOT NULL,
    expires_at timestamptz NOT NULL,
    used_at timestamptz
);
CREATE INDEX staff_challenge_expires ON staff_challenge (expires_at);
GRANT SELECT, INSERT, UPDATE (used_at), DELETE ON staff_challenge TO bursar_app;

CREATE TABLE staff_recovery_code (
    id bigint PRIMARY KEY,
    staff_id bigint NOT NULL REFERENCES staff (id),
    proof bytea NOT NULL,
    used_at timestamptz,
    UNIQUE (staff_id, proof)
);
GRANT SELECT, INSERT, UPDATE (used_at), DELETE ON staff_recovery_code TO bursar_app;

-- Steps of 30 s whose code was used: none is used twice.
CREATE TABLE staff_totp_use (
    staff_id bigint NOT NULL REFERENCES staff (id),
    step bigint NOT NULL,
    CONSTRAINT staff_totp_use_once PRIMARY KEY (staff_id, step)
);
GRANT SELECT, INSERT, DELETE ON staff_totp_use TO bursar_app;

-- Devices that somebody has signed in from, by the keyed hash of the mark they were given.
CREATE TABLE staff_device (
    staff_id bigint NOT NULL REFERENCES staff (id),
    proof bytea NOT NULL,
    name text,
    first_at timestamptz NOT NULL,
    last_at timestamptz NOT NULL,
    PRIMARY KEY (staff_id, proof)
);
GRANT SELECT, INSERT, UPDATE (name, last_at), DELETE ON staff_device TO bursar_app;

CREATE TABLE staff_session (
    id bigint PRIMARY KEY,
    staff_id bigint NOT NULL REFERENCES staff (id),
    proof bytea NOT NULL UNIQUE,
    purpose text NOT NULL CHECK (purpose IN ('work', 'enrolment')),
    factors text NOT NULL,
    address text,
    device text,
    created_at timestamptz NOT NULL,
    seen_at timestamptz NOT NULL,
    proved_at timestamptz,
    expires_at timestamptz NOT NULL,
    ended_at timestamptz
);
CREATE INDEX staff_session_staff ON staff_session (staff_id, created_at) WHERE ended_at IS NULL;
CREATE INDEX staff_session_expires ON staff_session (expires_at); -- old ones are dropped
GRANT SELECT, INSERT, UPDATE (seen_at, proved_at, ended_at), DELETE ON staff_session TO bursar_app;

-- Tokens of people for their programs. `made_by` is null for one made at the console, which approves nothing.
CREATE TABLE staff_token (
    id bigint PRIMARY KEY,
    staff_id bigint NOT NULL REFERENCES staff (id),
    name text NOT NULL,
    prefix text NOT NULL UNIQUE,
    proof bytea NOT NULL,
    roles text[] NOT NULL CHECK (cardinality(roles) > 0),
    made_by bigint REFERENCES staff (id),
    created_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL CHECK (expires_at - created_at <= interval '366 days'),
    used_at timestamptz,
    revoked_at timestamptz
);
CREATE INDEX staff_token_staff ON staff_token (staff_id, created_at);
GRANT SELECT, INSERT, UPDATE (used_at, revoked_at) ON staff_token TO bursar_app;
