-- compatible_from: 25
-- The audit: who did, was refused or tried what, from where, and why. Append-only by privilege. `seal` is a keyed hash of
-- the other columns, which SQL alone cannot make.
CREATE TABLE audit_record (
    id bigint PRIMARY KEY,
    at timestamptz NOT NULL,
    actor text NOT NULL CHECK (length(actor) BETWEEN 1 AND 200),
    person_id bigint,
    credential text,
    action text NOT NULL,
    subject text,
    outcome text NOT NULL CHECK (outcome IN ('done', 'refused', 'failed')),
    before jsonb,
    after jsonb,
    reason text CHECK (length(reason) <= 1000),
    address text,
    device text,
    seal bytea NOT NULL
);
GRANT SELECT, INSERT ON audit_record TO bursar_app;
-- Each filter of the list has an index that ends in its order.
CREATE INDEX audit_record_at ON audit_record (at, id);
CREATE INDEX audit_record_actor ON audit_record (actor, at, id);
CREATE INDEX audit_record_person ON audit_record (person_id, at, id) WHERE person_id IS NOT NULL;
CREATE INDEX audit_record_subject ON audit_record (subject, at, id) WHERE subject IS NOT NULL;
CREATE INDEX audit_record_action ON audit_record (action, at, id);

-- The chain over all records, in the order in which they were linked: off the way of what is recorded, so that no two
-- operations wait for each other because of it.
CREATE TABLE audit_link (
    position bigint PRIMARY KEY CHECK (position > 0),
    record_id bigint NOT NULL UNIQUE REFERENCES audit_record (id),
    hash bytea NOT NULL
);
GRANT SELECT, INSERT ON audit_link TO bursar_app;

-- Records that wait for their link.
CREATE TABLE audit_unlinked (
    record_id bigint PRIMARY KEY
);
GRANT SELECT, INSERT, DELETE ON audit_unlinked TO bursar_app;
