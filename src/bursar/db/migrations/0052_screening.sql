-- compatible_from: 42
-- Lists of sanctioned people and addresses. A list that comes anew is a new row with entries of its own; it holds from
-- the moment when it becomes active, and its predecessor is deleted afterwards.
CREATE TABLE screening_list (
    id bigint PRIMARY KEY,
    source text NOT NULL,
    state text NOT NULL CHECK (state IN ('loading', 'active', 'replaced')),
    digest bytea NOT NULL, -- of the files and of the rules by which they are compared
    files text[] NOT NULL,
    published text,
    entries integer NOT NULL DEFAULT 0,
    names integer NOT NULL DEFAULT 0,
    addresses integer NOT NULL DEFAULT 0,
    begun_at timestamptz NOT NULL,
    loaded_at timestamptz,
    read_at timestamptz
);
-- One content of a list holds; two loads of it at once meet here.
CREATE UNIQUE INDEX screening_list_active ON screening_list (source) WHERE state = 'active';
GRANT SELECT, INSERT, UPDATE, DELETE ON screening_list TO bursar_app;

CREATE TABLE screening_entry (
    id bigint PRIMARY KEY,
    list_id bigint NOT NULL,
    reference text NOT NULL,
    kind text NOT NULL CHECK (kind IN ('person', 'organisation', 'vessel', 'other')),
    names text[] NOT NULL,
    addresses text[] NOT NULL,
    details jsonb NOT NULL,
    digest bytea NOT NULL,
    is_new boolean NOT NULL, -- the list before has not had it like this
    CONSTRAINT screening_entry_once UNIQUE (list_id, reference)
);
-- Entries in order, a portion at a time.
CREATE INDEX screening_entry_of_list ON screening_entry (list_id, id);
-- Chain addresses, looked up one by one.
CREATE INDEX screening_entry_addresses ON screening_entry USING gin (addresses) WHERE addresses <> '{}';
GRANT SELECT, INSERT, DELETE ON screening_entry TO bursar_app;

-- How far the comparison of all of ours with a list has come; the row is the one record of its progress.
CREATE TABLE screening_run (
    list_id bigint NOT NULL,
    subject_kind text NOT NULL,
    after_merchant bigint NOT NULL,
    after_id bigint NOT NULL,
    compared bigint NOT NULL,
    hits bigint NOT NULL,
    begun_at timestamptz NOT NULL,
    ended_at timestamptz,
    PRIMARY KEY (list_id, subject_kind)
);
GRANT SELECT, INSERT, UPDATE, DELETE ON screening_run TO bursar_app;

-- Those whose name came or changed and is not compared yet; `asked` tells one change from the next.
CREATE TABLE screening_wait (
    merchant_id bigint NOT NULL,
    subject_kind text NOT NULL,
    subject_id bigint NOT NULL,
    asked bigint NOT NULL,
    PRIMARY KEY (merchant_id, subject_kind, subject_id)
);
GRANT SELECT, INSERT, UPDATE, DELETE ON screening_wait TO bursar_app;

-- Likenesses that were found. `pair` is a hash of both texts and the entry: the same likeness is found once for ever.
CREATE TABLE screening_hit (
    merchant_id bigint NOT NULL,
    id bigint NOT NULL,
    subject_kind text NOT NULL,
    subject_id bigint NOT NULL,
    text text NOT NULL,
    source text NOT NULL,
    reference text NOT NULL,
    listed text NOT NULL,
    details jsonb NOT NULL,
    score real NOT NULL,
    explanation text NOT NULL,
    pair bytea NOT NULL,
    status text NOT NULL CHECK (status IN ('open', 'confirmed', 'dismissed', 'excepted', 'delisted')),
    found_at timestamptz NOT NULL,
    decided_at timestamptz,
    decided_by text,
    reason text,
    PRIMARY KEY (merchant_id, id),
    CONSTRAINT screening_hit_once UNIQUE (merchant_id, subject_kind, subject_id, pair)
);
-- What waits for a person, oldest first.
CREATE INDEX screening_hit_open ON screening_hit (found_at, id) WHERE status = 'open';
-- All of them, newest first.
CREATE INDEX screening_hit_newest ON screening_hit (found_at DESC, id DESC);
GRANT SELECT, INSERT, UPDATE (status, decided_at, decided_by, reason) ON screening_hit TO bursar_app;

-- "This customer is not that listed person": said by two people, until a day.
CREATE TABLE screening_exception (
    merchant_id bigint NOT NULL,
    id bigint NOT NULL,
    subject_kind text NOT NULL,
    subject_id bigint NOT NULL,
    source text NOT NULL,
    reference text NOT NULL,
    reason text NOT NULL,
    made_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL CHECK (expires_at > made_at),
    PRIMARY KEY (merchant_id, id)
);
CREATE INDEX screening_exception_of_subject
    ON screening_exception (merchant_id, subject_kind, subject_id, expires_at);
GRANT SELECT, INSERT ON screening_exception TO bursar_app;
