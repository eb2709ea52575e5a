-- Daily statements. A row is one attempt at making one; at most one of a day is published. What is in it rests sealed, in
-- parts, where files are kept. The row is there before them, so that parts that nobody serves are found and removed.
CREATE TABLE statement (
    merchant_id bigint NOT NULL,
    id bigint NOT NULL,
    day date NOT NULL,
    status text NOT NULL CHECK (status IN ('storing', 'published', 'discarded')),
    orders bigint NOT NULL CHECK (orders >= 0),
    size_bytes bigint NOT NULL CHECK (size_bytes > 0),
    file_ids bigint[] NOT NULL CHECK (cardinality(file_ids) > 0),
    made_at timestamptz NOT NULL,
    PRIMARY KEY (merchant_id, id)
);
-- The statement of a day, and that there is one.
CREATE UNIQUE INDEX statement_day_key ON statement (merchant_id, day) WHERE status = 'published';
GRANT SELECT, INSERT, UPDATE (status) ON statement TO bursar_app;

-- What was booked on a day. Entries are only ever added, by time, so a few bytes for each thousand of them are enough, and
-- booking one stays as cheap as it was.
CREATE INDEX ledger_entry_at ON ledger_entry USING brin (at) WITH (autosummarize = on);
