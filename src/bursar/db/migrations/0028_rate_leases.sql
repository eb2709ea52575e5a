-- compatible_from: 25
-- Tokens granted to the calls of a key, counted by slots of 50 ms up to `slot`; unlogged, because after a crash nobody
-- needs them. Rewritten many times a second: room in the pages keeps that from touching the index.
CREATE UNLOGGED TABLE rate_lease (
    merchant_id bigint NOT NULL,
    api text NOT NULL,
    key text NOT NULL,
    slot bigint NOT NULL,
    slots integer[] NOT NULL,
    granted integer NOT NULL,
    PRIMARY KEY (merchant_id, api, key)
) WITH (fillfactor = 50);
GRANT SELECT, INSERT, UPDATE, DELETE ON rate_lease TO bursar_app;

-- Processes that count calls, and when they last said so.
CREATE UNLOGGED TABLE rate_process (
    number integer PRIMARY KEY,
    seen_at timestamptz NOT NULL
);
GRANT SELECT, INSERT, UPDATE, DELETE ON rate_process TO bursar_app;
