-- compatible_from: 25
-- Statements of merchants' accounts that somebody has asked for. The file is kept sealed, in parts, and never changed.
CREATE TABLE account_statement (
    id bigint PRIMARY KEY,
    merchant_id bigint NOT NULL,
    first_day date NOT NULL,
    last_day date NOT NULL CHECK (last_day >= first_day),
    provisional boolean NOT NULL,
    format text NOT NULL CHECK (format IN ('csv', 'xlsx')),
    asked_by text NOT NULL,
    asked_at timestamptz NOT NULL,
    made_at timestamptz,
    accounts bigint,
    entries bigint,
    size_bytes bigint,
    digest bytea,
    CHECK ((made_at IS NULL) = (accounts IS NULL AND entries IS NULL AND size_bytes IS NULL AND digest IS NULL))
);
GRANT SELECT, INSERT, UPDATE (made_at, accounts, entries, size_bytes, digest) ON account_statement TO bursar_app;
-- The statements of a merchant, newest first.
CREATE INDEX account_statement_listed ON account_statement (merchant_id, id DESC);

CREATE TABLE account_statement_part (
    statement_id bigint NOT NULL REFERENCES account_statement (id),
    number integer NOT NULL CHECK (number >= 0),
    content bytea NOT NULL,
    PRIMARY KEY (statement_id, number)
);
ALTER TABLE account_statement_part ALTER COLUMN content SET STORAGE EXTERNAL; -- sealed: nothing is left to compress
GRANT SELECT, INSERT ON account_statement_part TO bursar_app;

-- A report on days that are not over, cut off at `asked_at`.
ALTER TABLE report ADD COLUMN provisional boolean NOT NULL DEFAULT false;
