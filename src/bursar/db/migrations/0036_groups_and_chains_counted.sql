-- compatible_from: 35
-- Customers by group and addresses by chain have kept counts too. The group is a customer's status.
ALTER TABLE customer ADD COLUMN counted bigint;
ALTER TABLE wallet_address ADD COLUMN counted text;
GRANT UPDATE (counted) ON wallet_address TO bursar_app;
-- Rows to be counted: a few thousand at the most, for each total adds them up.
CREATE INDEX customer_uncounted ON customer (merchant_id, created_at) WHERE coalesce(counted <> group_id, true);
CREATE INDEX wallet_address_uncounted ON wallet_address (merchant_id, taken_at)
    WHERE merchant_id IS NOT NULL AND coalesce(counted <> status, true);
-- So that the planner knows how few they are.
CREATE STATISTICS customer_uncounted_share ON (coalesce(counted <> group_id, true)) FROM customer;
CREATE STATISTICS wallet_address_uncounted_share ON (coalesce(counted <> status, true)) FROM wallet_address;
