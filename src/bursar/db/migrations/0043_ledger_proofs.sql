-- compatible_from: 25
-- The nightly proofs of the books: one a night, by whichever worker takes it first. A night is named by its date.
CREATE TABLE ledger_proof (
    night date PRIMARY KEY,
    started_at timestamptz NOT NULL,
    ended_at timestamptz,
    books bigint,
    entries bigint,
    differences bigint,
    CHECK ((ended_at IS NULL) = (books IS NULL AND entries IS NULL AND differences IS NULL))
);
GRANT SELECT, INSERT, UPDATE (started_at, ended_at, books, entries, differences) ON ledger_proof TO bursar_app;
