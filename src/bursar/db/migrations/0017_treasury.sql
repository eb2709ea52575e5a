-- Which transactions are ours: transfers within the house are told from deposits by it.
CREATE INDEX wallet_payment_attempt_hash ON wallet_payment_attempt (tx_hash);

-- Bringing what stands on a deposit address home to the hot address; first paying for it, where the address has nothing
-- to pay with.
CREATE TABLE wallet_sweep (
    id bigint PRIMARY KEY,
    chain_id text NOT NULL,
    coin text NOT NULL,
    address text NOT NULL,
    address_number bigint NOT NULL,
    units numeric(78, 0) NOT NULL CHECK (units > 0),
    status text NOT NULL CHECK (status IN ('topping_up', 'sweeping', 'done', 'failed')),
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL
) WITH (fillfactor = 80);
-- One at a time for each address: a sweep of the chain's own coin would take away what another one is paid with.
CREATE UNIQUE INDEX wallet_sweep_open_key ON wallet_sweep (chain_id, address) WHERE status IN ('topping_up', 'sweeping');
GRANT SELECT, INSERT, UPDATE (status, updated_at) ON wallet_sweep TO bursar_app;
