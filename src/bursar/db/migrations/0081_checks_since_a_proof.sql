-- compatible_from: 25
-- A check may be of what was written since the last proof of a night, which is named by its date once it was made.
ALTER TABLE ledger_check
    ADD COLUMN since_proof boolean NOT NULL DEFAULT false,
    ADD COLUMN night date;
GRANT UPDATE (night) ON ledger_check TO bursar_app;
