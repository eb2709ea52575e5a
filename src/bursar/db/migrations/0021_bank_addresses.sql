-- Town and country of a payee's address apart, as banks insist on since November 2026. `address` has the rest, in lines;
-- a payment from before has no town, and leaves its address out.
ALTER TABLE bank_payment ADD COLUMN town text, ADD COLUMN country text;
