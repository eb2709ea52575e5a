-- compatible_from: 42
-- All that bank and chains know beyond a restored moment, each found once, until a person has settled it.
CREATE TABLE difference (
    id bigint PRIMARY KEY,
    epoch integer NOT NULL, -- that the restore has begun
    kind text NOT NULL,
    place text NOT NULL, -- `bank`, or `chain:` and the chain's id
    name text NOT NULL, -- in that place
    minor numeric(38, 0) CHECK (minor > 0),
    asset text,
    about jsonb NOT NULL,
    found_at timestamptz NOT NULL,
    state text NOT NULL CHECK (state IN ('open', 'booked', 'adopted', 'dismissed')),
    closed_at timestamptz,
    closed_by text,
    closed_reason text,
    CONSTRAINT difference_once UNIQUE (kind, place, name),
    CHECK ((minor IS NULL) = (asset IS NULL)),
    CHECK ((state = 'open') = (closed_at IS NULL AND closed_by IS NULL AND closed_reason IS NULL))
);
-- What waits for a person.
CREATE INDEX difference_open ON difference (found_at, id) WHERE state = 'open';
GRANT SELECT, INSERT, UPDATE (state, closed_at, closed_by, closed_reason) ON difference TO bursar_app;

-- The blocks of each chain that are compared after the latest restore.
CREATE TABLE difference_scan (
    chain_id text PRIMARY KEY,
    epoch integer NOT NULL,
    height bigint NOT NULL,
    goal bigint
);
GRANT SELECT, INSERT, UPDATE ON difference_scan TO bursar_app;
