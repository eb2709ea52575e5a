-- compatible_from: 37
-- Checks of all books that somebody has asked for, and what they found. One at a time waits or is made.
CREATE TABLE ledger_check (
    id bigint PRIMARY KEY,
    actor text NOT NULL,
    asked_at timestamptz NOT NULL,
    ended_at timestamptz,
    books bigint,
    entries bigint,
    differences jsonb,
    CHECK ((ended_at IS NULL) = (books IS NULL AND entries IS NULL AND differences IS NULL))
);
CREATE UNIQUE INDEX ledger_check_one ON ledger_check ((ended_at IS NULL)) WHERE ended_at IS NULL;
GRANT SELECT, INSERT, UPDATE (ended_at, books, entries, differences) ON ledger_check TO bursar_app;
