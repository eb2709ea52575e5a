-- Whether a node has taken the transaction: until then nobody is given a later number of the same sender, for a number
-- that is given back below another one would hold that up for ever.
ALTER TABLE wallet_payment_attempt ADD COLUMN accepted boolean NOT NULL DEFAULT false;
UPDATE wallet_payment_attempt SET accepted = offers > 0;
GRANT UPDATE (accepted) ON wallet_payment_attempt TO bursar_app;

-- Whether the transaction moves nothing, and only uses the number up so that the payment can never be executed.
ALTER TABLE wallet_payment_attempt ADD COLUMN voids boolean NOT NULL DEFAULT false;
