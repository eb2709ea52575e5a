-- compatible_from: 25
-- The install itself: who it is, and its epoch, which grows by one with each restore of an older backup. Ids are
-- epoch × 2^44 + a counter, so none is given twice; a double counts whole numbers up to 2^53, so 512 epochs are all.
CREATE TABLE install (
    single boolean PRIMARY KEY DEFAULT true CHECK (single),
    id uuid NOT NULL DEFAULT gen_random_uuid(),
    epoch integer NOT NULL DEFAULT 0 CHECK (epoch BETWEEN 0 AND 511),
    restored_at timestamptz
);
INSERT INTO install DEFAULT VALUES;
GRANT SELECT ON install TO bursar_app;

-- Blocks of 2^20 ids below 2^44.
ALTER SEQUENCE id_block MAXVALUE 16777215;

-- A program looks whether it fits the database, and how far the counters are.
GRANT SELECT ON migration, id_block TO bursar_app;
