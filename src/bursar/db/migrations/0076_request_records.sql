-- compatible_from: 42
-- Requests to the merchant APIs as they arrived, for a day: those who look for a mistake in a client read them. Unlogged:
-- a crash may lose them, and nothing depends on them. The path of an endpoint is in clear; target, headers and body are sealed: they hold
-- what callers keep secret.
CREATE UNLOGGED TABLE request_record (
    id bigint PRIMARY KEY,
    at timestamptz NOT NULL,
    api text NOT NULL,
    merchant_id bigint,
    request_id text NOT NULL,
    address text NOT NULL,
    method text NOT NULL,
    path text NOT NULL,
    body_bytes integer NOT NULL,
    http_status integer NOT NULL,
    code integer,
    took_us bigint NOT NULL,
    content bytea NOT NULL
);
GRANT SELECT, INSERT, DELETE ON request_record TO bursar_app;
