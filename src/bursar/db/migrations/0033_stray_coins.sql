-- compatible_from: 25
-- What an address was given of a chain's own coin, so that it can pay for being swept.
CREATE INDEX wallet_payment_topped_up ON wallet_payment (chain_id, recipient) WHERE purpose = 'top_up';

-- Coins that a contract sends are moved by no transaction of their own: the sandbox's chains have such transfers too.
ALTER TABLE sandbox_chain_transaction ADD COLUMN by_contract boolean NOT NULL DEFAULT false;
