-- What an operator says of an entry that no payment was found for: the payment that it is of and how that ends, or only
-- why nothing follows from it; and who said so.
ALTER TABLE bank_entry
    ADD COLUMN settled_at timestamptz,
    ADD COLUMN settled_by text,
    ADD COLUMN settled_reason text,
    ADD COLUMN settled_reference text,
    ADD COLUMN settled_outcome text CHECK (settled_outcome IN ('paid', 'failed')),
    ADD CONSTRAINT bank_entry_settled CHECK (
        num_nulls(settled_at, settled_by, settled_reason) IN (0, 3)
        AND (settled_reference IS NULL) = (settled_outcome IS NULL)
        AND (settled_reference IS NULL OR settled_at IS NOT NULL)
        AND (settled_at IS NULL OR problem IS NOT NULL)
    );
GRANT UPDATE (settled_at, settled_by, settled_reason, settled_reference, settled_outcome) ON bank_entry TO bursar_app;

-- What an operator has to look at, without what was settled.
DROP INDEX bank_entry_unmatched;
CREATE INDEX bank_entry_unmatched ON bank_entry (id) WHERE problem IS NOT NULL AND settled_at IS NULL;
-- What was settled, newest first.
CREATE INDEX bank_entry_settled ON bank_entry (id) WHERE settled_at IS NOT NULL;
-- What operators have said of a payment.
CREATE INDEX bank_entry_settled_reference ON bank_entry (settled_reference, id) WHERE settled_reference IS NOT NULL;
-- The same booking told by two files: a notification and a statement.
CREATE INDEX bank_entry_bank_reference ON bank_entry (bank_reference) WHERE problem IS NOT NULL;
