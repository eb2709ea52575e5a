-- compatible_from: 30
-- Version 1 of the card API's signature joins parameters without quoting; a merchant whose clients sign by version 2 can
-- have the first one refused.
ALTER TABLE merchant ADD COLUMN min_sign_version smallint NOT NULL DEFAULT 1 CHECK (min_sign_version IN (1, 2));
