-- compatible_from: 25
-- Settings of pools by the instant from which they hold; of two for one instant the one of the later revision holds.
-- Columns of `wallet_pool` hold where a setting has no row, and are the present ones for programs of earlier versions.
-- How many addresses are left is counted down there; a row here tells what somebody set.
CREATE TABLE wallet_pool_change (
    chain_id text NOT NULL,
    coin text NOT NULL,
    setting text NOT NULL,
    holds_from timestamptz NOT NULL,
    revision bigint NOT NULL, -- one for all settings that were changed together
    value jsonb NOT NULL,
    made_at timestamptz NOT NULL,
    made_by text NOT NULL,
    PRIMARY KEY (chain_id, coin, setting, holds_from, revision)
);
-- The history of a pool, the last decided first.
CREATE INDEX wallet_pool_change_made ON wallet_pool_change (chain_id, coin, revision);
GRANT SELECT, INSERT ON wallet_pool_change TO bursar_app;
-- The one row grows with each change of a pool, so that a decision meets the pools as they were read.
CREATE TABLE wallet_pools (
    id bigint PRIMARY KEY CHECK (id = 0),
    revision bigint NOT NULL
);
INSERT INTO wallet_pools (id, revision) VALUES (0, 0);
GRANT SELECT, UPDATE ON wallet_pools TO bursar_app;
-- The settings that the file of chains had last: only what has changed there since takes the place of what was set.
ALTER TABLE wallet_pool ADD COLUMN from_file jsonb;
