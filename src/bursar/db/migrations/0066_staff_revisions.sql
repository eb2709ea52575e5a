-- compatible_from: 25
-- How often staff have changed settings in a merchant's book (0: the install's own): who changes something at the same
-- moment reads again, so that the record of each change has what it met.
CREATE TABLE staff_revision (
    merchant_id bigint PRIMARY KEY,
    revision    bigint NOT NULL CHECK (revision >= 0)
);
GRANT SELECT, INSERT, UPDATE (revision) ON staff_revision TO bursar_app;
