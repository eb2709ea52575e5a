-- compatible_from: 25
-- The payee of a payment that waits for its file: one with a hit of the screening waits for a later file.
ALTER TABLE bank_payment ADD COLUMN payee_id bigint;
