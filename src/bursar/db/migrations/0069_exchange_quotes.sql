-- compatible_from: 25
-- Exchange rates that a file on the web quotes. A quote names the change of the pair's rate that the file has made, and
-- the instant for which the file says so still; beside it stands a rate that waits for a person, or was refused.
CREATE TABLE exchange_quote (
    source text NOT NULL,
    target text NOT NULL,
    id bigint NOT NULL UNIQUE,
    change_id bigint,
    as_of timestamptz,
    held_id bigint,
    held_rate numeric CHECK (held_rate > 0),
    held_as_of timestamptz,
    held_at timestamptz,
    held_refused boolean NOT NULL DEFAULT false,
    PRIMARY KEY (source, target),
    CHECK ((held_id IS NULL) = (held_rate IS NULL))
);
-- One row: whoever of the workers moves `tried_at` fetches.
CREATE TABLE exchange_feed (
    id smallint PRIMARY KEY CHECK (id = 1),
    tried_at timestamptz NOT NULL,
    read_at timestamptz,
    fault text
);
GRANT SELECT, INSERT, UPDATE ON exchange_quote, exchange_feed TO bursar_app;
