-- compatible_from: 25
-- Lists cost the same with ten rows and with ten million. A page is found by an index for each filter, newest first; its
-- total is what was counted before, and the few rows that were not.

-- How many rows of a list fall on a day (UTC), by kind, by rail or chain, and by status. Kept by workers, never by those
-- who write the rows. Room on the pages, and no index on what changes, so that updates stay on their page (HOT).
CREATE TABLE list_count (
    merchant_id bigint NOT NULL,
    list text NOT NULL,
    day date NOT NULL,
    kind text NOT NULL,
    via text NOT NULL,
    status text NOT NULL,
    rows bigint NOT NULL,
    PRIMARY KEY (merchant_id, list, day, kind, via, status)
) WITH (fillfactor = 50);
GRANT SELECT, INSERT, UPDATE (rows) ON list_count TO bursar_app;

-- The status under which a row stands in list_count; null while it stands in none. Only workers that count write it, so
-- whoever makes a row or moves it on, a program from before this migration too, puts it among those to be counted.
ALTER TABLE card ADD COLUMN counted text;
ALTER TABLE card_transaction ADD COLUMN counted text;
ALTER TABLE payout ADD COLUMN counted text;
ALTER TABLE wallet_deposit ADD COLUMN counted text;
ALTER TABLE withdrawal ADD COLUMN counted text;
GRANT UPDATE (counted) ON payout, wallet_deposit, withdrawal TO bursar_app;
-- Rows to be counted: a few thousand at the most, for each total adds them up.
CREATE INDEX card_uncounted ON card (merchant_id, created_at) WHERE coalesce(counted <> status, true);
CREATE INDEX card_transaction_uncounted ON card_transaction (merchant_id, at) WHERE coalesce(counted <> status, true);
CREATE INDEX payout_uncounted ON payout (merchant_id, created_at) WHERE coalesce(counted <> status, true);
CREATE INDEX wallet_deposit_uncounted ON wallet_deposit (merchant_id, created_at) WHERE coalesce(counted <> status, true);
CREATE INDEX withdrawal_uncounted ON withdrawal (merchant_id, created_at) WHERE coalesce(counted <> status, true);
-- So that the planner knows how few they are.
CREATE STATISTICS card_uncounted_share ON (coalesce(counted <> status, true)) FROM card;
CREATE STATISTICS card_transaction_uncounted_share ON (coalesce(counted <> status, true)) FROM card_transaction;
CREATE STATISTICS payout_uncounted_share ON (coalesce(counted <> status, true)) FROM payout;
CREATE STATISTICS wallet_deposit_uncounted_share ON (coalesce(counted <> status, true)) FROM wallet_deposit;
CREATE STATISTICS withdrawal_uncounted_share ON (coalesce(counted <> status, true)) FROM withdrawal;

-- Entries are never changed and their versions have no gaps, so those of an account up to a version are counted once.
CREATE TABLE ledger_entry_counted (
    merchant_id bigint NOT NULL,
    account_id bigint NOT NULL,
    version bigint NOT NULL,
    PRIMARY KEY (merchant_id, account_id)
) WITH (fillfactor = 50);
CREATE TABLE ledger_entry_count (
    merchant_id bigint NOT NULL,
    account_id bigint NOT NULL,
    kind text NOT NULL,
    day date NOT NULL,
    entries bigint NOT NULL,
    PRIMARY KEY (merchant_id, account_id, kind, day)
) WITH (fillfactor = 50);
GRANT SELECT, INSERT, UPDATE (version) ON ledger_entry_counted TO bursar_app;
GRANT SELECT, INSERT, UPDATE (entries) ON ledger_entry_count TO bursar_app;
-- Fund movements, newest first: of one kind directly, of all by merging the kinds, of which there are a dozen.
CREATE INDEX ledger_entry_kind ON ledger_entry (merchant_id, account_id, kind, at DESC, version DESC);

-- Pages, newest first. Several statuses or kinds are merged, so one index serves a list with a filter and without.
CREATE INDEX card_listed ON card (merchant_id, status, created_at DESC, id DESC);
CREATE INDEX card_transaction_listed ON card_transaction (merchant_id, kind, status, at DESC, id DESC);
DROP INDEX card_transaction_at;
CREATE INDEX card_transaction_of_card ON card_transaction (merchant_id, card_id, at DESC, id DESC) INCLUDE (kind, status);
DROP INDEX card_transaction_card;
CREATE INDEX payout_listed ON payout (merchant_id, status, created_at DESC, id DESC);
CREATE INDEX payout_of_payee ON payout (merchant_id, payee_id, created_at DESC, id DESC) INCLUDE (status);
DROP INDEX payout_payee;
CREATE INDEX wallet_deposit_listed ON wallet_deposit (merchant_id, status, created_at DESC, id DESC)
    INCLUDE (coin, chain_id);
DROP INDEX wallet_deposit_created;
CREATE INDEX wallet_deposit_recipient ON wallet_deposit (merchant_id, recipient, created_at DESC, id DESC);
CREATE INDEX wallet_deposit_tx_hash ON wallet_deposit (merchant_id, tx_hash);
CREATE INDEX withdrawal_listed ON withdrawal (merchant_id, status, created_at DESC, id DESC) INCLUDE (coin, chain_id);
DROP INDEX withdrawal_created;
-- Whether an address was ever withdrawn to, and the withdrawals to one on whatever chain.
CREATE INDEX withdrawal_to_address ON withdrawal (merchant_id, address, chain_id);
DROP INDEX withdrawal_address;
-- A merchant's addresses on one chain, and those of one application.
CREATE INDEX wallet_address_on_chain ON wallet_address (merchant_id, chain_id, taken_at DESC, id DESC)
    WHERE merchant_id IS NOT NULL;
CREATE INDEX wallet_address_application ON wallet_address (merchant_id, application_id) WHERE merchant_id IS NOT NULL;
-- Payees by status, of which those that were not deleted are merged.
CREATE INDEX payee_listed ON payee (merchant_id, status, created_at DESC, id DESC);
-- Payees by a part of the name: a search reads the index from its beginning and never a payee that does not fit.
CREATE INDEX payee_named ON payee (merchant_id, created_at DESC, id DESC) INCLUDE (status, name_en);
DROP INDEX payee_created;
CREATE INDEX payee_bank ON payee (merchant_id, bank_code, created_at DESC, id DESC) INCLUDE (status)
    WHERE bank_code IS NOT NULL;
-- The customers of a group, newest first, and whether a group may be deleted.
CREATE INDEX customer_of_group ON customer (merchant_id, group_id, created_at DESC, id DESC);
DROP INDEX customer_by_group;
-- Customers by their number as it is dialled at home, and behind its area code.
CREATE INDEX customer_phone_number ON customer (merchant_id, phone_number) WHERE phone_number IS NOT NULL;
CREATE INDEX customer_dialled ON customer (merchant_id, (dialling_code || phone_number)) WHERE phone_number IS NOT NULL;
-- What a customer has opened, for products of which each may have one.
CREATE INDEX card_order_opening ON card_order (merchant_id, customer_id) WHERE kind = 'opening';

-- Dead letters, the ones longest due first; jobs that are due much later are many.
CREATE INDEX job_dead ON job (due_at, id) WHERE dead;
-- What somebody has to look at, newest first; and numbers that may be sent to again.
CREATE INDEX wallet_alarm_newest ON wallet_alarm (at DESC, id DESC);
CREATE INDEX otp_pace_age ON otp_pace (free_at);

-- Tables that grow by the second are looked after by rows, not by shares of what they hold: counting through an index
-- alone needs pages that are known to be visible, and the planner needs to know how far time has come.
ALTER TABLE ledger_entry SET (
    autovacuum_vacuum_insert_scale_factor = 0, autovacuum_vacuum_insert_threshold = 100000,
    autovacuum_analyze_scale_factor = 0.02
);
ALTER TABLE ledger_operation SET (autovacuum_analyze_scale_factor = 0.02);
ALTER TABLE card_transaction SET (
    autovacuum_vacuum_insert_scale_factor = 0, autovacuum_vacuum_insert_threshold = 100000,
    autovacuum_vacuum_scale_factor = 0.02, autovacuum_analyze_scale_factor = 0.02
);
ALTER TABLE card SET (autovacuum_vacuum_scale_factor = 0.02, autovacuum_analyze_scale_factor = 0.02);
ALTER TABLE card_order SET (autovacuum_vacuum_scale_factor = 0.02, autovacuum_analyze_scale_factor = 0.02);
ALTER TABLE payout SET (
    autovacuum_vacuum_insert_scale_factor = 0, autovacuum_vacuum_insert_threshold = 100000,
    autovacuum_vacuum_scale_factor = 0.02, autovacuum_analyze_scale_factor = 0.02
);
ALTER TABLE payee SET (autovacuum_vacuum_insert_scale_factor = 0.02, autovacuum_analyze_scale_factor = 0.02);
ALTER TABLE customer SET (autovacuum_vacuum_insert_scale_factor = 0.02, autovacuum_analyze_scale_factor = 0.02);
ALTER TABLE wallet_deposit SET (autovacuum_vacuum_scale_factor = 0.02, autovacuum_analyze_scale_factor = 0.02);
ALTER TABLE withdrawal SET (autovacuum_vacuum_scale_factor = 0.02, autovacuum_analyze_scale_factor = 0.02);
