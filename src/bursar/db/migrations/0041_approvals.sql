-- compatible_from: 25
-- What needs a second person. Rows are added and never changed, so what was asked cannot be. `asker` is the person, 0 for
-- the console; `fingerprint` is SHA-256 of `arguments`; `seal` is a keyed hash of the row, which SQL alone cannot make.
CREATE TABLE approval (
    id bigint PRIMARY KEY,
    action text NOT NULL,
    book bigint NOT NULL,
    arguments text NOT NULL CHECK (length(arguments) <= 20000),
    fingerprint bytea NOT NULL,
    reason text NOT NULL CHECK (length(reason) BETWEEN 1 AND 1000),
    evidence text[] NOT NULL,
    approvers text[] NOT NULL CHECK (cardinality(approvers) > 0),
    asker bigint NOT NULL,
    actor text NOT NULL,
    credential text,
    asked_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    seal bytea NOT NULL,
    CONSTRAINT approval_fingerprint_is_of_the_arguments CHECK (fingerprint = sha256(convert_to(arguments, 'UTF8'))),
    CONSTRAINT approval_within_72_hours CHECK (
        expires_at > asked_at AND expires_at - asked_at <= interval '72 hours'
    ),
    CONSTRAINT approval_as_asked UNIQUE (id, asker, fingerprint, expires_at)
);
GRANT SELECT, INSERT ON approval TO bursar_app;
CREATE INDEX approval_expires ON approval (expires_at); -- what waits has not expired

-- How it ended, once: the row of an approval is written by the operation that carries it out.
CREATE TABLE approval_decision (
    approval_id bigint CONSTRAINT approval_decided_once PRIMARY KEY,
    asker bigint NOT NULL,
    fingerprint bytea NOT NULL,
    expires_at timestamptz NOT NULL,
    result text NOT NULL CHECK (result IN ('approved', 'rejected', 'withdrawn')),
    decider bigint NOT NULL,
    actor text NOT NULL,
    credential text,
    reason text CHECK (length(reason) <= 1000),
    decided_at timestamptz NOT NULL,
    seal bytea NOT NULL,
    CONSTRAINT approval_decision_as_asked FOREIGN KEY (approval_id, asker, fingerprint, expires_at)
        REFERENCES approval (id, asker, fingerprint, expires_at),
    CONSTRAINT approval_decision_by_another CHECK (
        CASE result WHEN 'withdrawn' THEN decider = asker ELSE decider > 0 AND decider <> asker END
    ),
    CONSTRAINT approval_decision_in_time CHECK (decided_at < expires_at)
);
GRANT SELECT, INSERT ON approval_decision TO bursar_app;

-- Which actions need a second person, from when on; the newest row of an action that holds counts. Without a row the
-- program's own policy counts. `passes` lets an actor do it alone.
CREATE TABLE approval_policy (
    id bigint PRIMARY KEY,
    action text NOT NULL,
    from_minor numeric(38, 0) CHECK (from_minor >= 0),
    asset text,
    approvers text[] NOT NULL CHECK (
        approvers <@ ARRAY['owner', 'finance', 'compliance', 'operations', 'support', 'auditor']
    ),
    passes text,
    holds_from timestamptz NOT NULL,
    made_at timestamptz NOT NULL,
    CHECK ((from_minor IS NULL) = (asset IS NULL)),
    CONSTRAINT approval_policy_passes_once UNIQUE (action, passes)
);
CREATE INDEX approval_policy_action ON approval_policy (action, holds_from, id);
GRANT SELECT, INSERT ON approval_policy TO bursar_app;
