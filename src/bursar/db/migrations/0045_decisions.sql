-- compatible_from: 25
-- What people have decided, in the operation that carried it out: at most one decision at each stage of an object.
-- `person_id` is 0 for the console and null for a sandbox. A second review names the one before it, which another person
-- has made.
CREATE TABLE decision (
    merchant_id bigint NOT NULL,
    kind text NOT NULL,
    object_id bigint NOT NULL,
    stage text NOT NULL,
    result text NOT NULL,
    reason text NOT NULL,
    person_id bigint,
    actor text NOT NULL,
    earlier_stage text,
    earlier_person_id bigint,
    request_key text NOT NULL,
    at timestamptz NOT NULL,
    CONSTRAINT decision_made_once PRIMARY KEY (merchant_id, kind, object_id, stage),
    CONSTRAINT decision_of_person UNIQUE (merchant_id, kind, object_id, stage, person_id),
    CONSTRAINT decision_earlier_fkey FOREIGN KEY (merchant_id, kind, object_id, earlier_stage, earlier_person_id)
        REFERENCES decision (merchant_id, kind, object_id, stage, person_id),
    CONSTRAINT decision_by_another CHECK (person_id <> earlier_person_id)
);
GRANT SELECT, INSERT ON decision TO bursar_app;

-- Contradictions and alarms wait until somebody has looked into them.
ALTER TABLE payout_contradiction
    ADD COLUMN settled_at timestamptz,
    ADD COLUMN settled_by text,
    ADD COLUMN settled_reason text,
    ADD CONSTRAINT payout_contradiction_settled CHECK (num_nulls(settled_at, settled_by, settled_reason) IN (0, 3));
GRANT UPDATE (settled_at, settled_by, settled_reason) ON payout_contradiction TO bursar_app;
ALTER TABLE wallet_alarm
    ADD COLUMN settled_at timestamptz,
    ADD COLUMN settled_by text,
    ADD COLUMN settled_reason text,
    ADD CONSTRAINT wallet_alarm_settled CHECK (num_nulls(settled_at, settled_by, settled_reason) IN (0, 3));
GRANT UPDATE (settled_at, settled_by, settled_reason) ON wallet_alarm TO bursar_app;
