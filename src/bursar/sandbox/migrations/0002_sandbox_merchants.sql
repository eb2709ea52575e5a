-- compatible_from: 1
-- The merchants that testers have had made, beside the first one. A row is claimed before its merchant is there, so that
-- limits of number and rate hold for all processes together; one that never got its merchant counts for a minute.
CREATE TABLE IF NOT EXISTS sandbox_merchant (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    merchant_id bigint CONSTRAINT sandbox_merchant_number UNIQUE,
    -- The machine's time, not the business clock, which testers move.
    made_at timestamptz NOT NULL DEFAULT now(),
    removed_at timestamptz
);
-- Those of the last minute.
CREATE INDEX IF NOT EXISTS sandbox_merchant_made ON sandbox_merchant (made_at);
-- Those that are not removed, in the order in which they were made.
CREATE INDEX IF NOT EXISTS sandbox_merchant_standing ON sandbox_merchant (id) WHERE removed_at IS NULL;
GRANT SELECT, INSERT, UPDATE (merchant_id, removed_at) ON sandbox_merchant TO bursar_app;
