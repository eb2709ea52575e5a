-- compatible_from: 31
-- The order of pushes. `happened` is taken when an announcement is written, while everything that could change its object
-- is still locked: of two announcements about one object the later one has the higher number. It has gaps. A worker turns
-- it into `sequence`, which has none, in the order of `happened` among all that is committed by then.
CREATE SEQUENCE webhook_happened;
GRANT USAGE ON SEQUENCE webhook_happened TO bursar_app;

-- `queue` names the object whose pushes are made one after another; `taken_by` is the job that makes them for now.
ALTER TABLE webhook_delivery
    ADD COLUMN queue text,
    ADD COLUMN happened bigint,
    ADD COLUMN sequence bigint,
    ADD COLUMN url text,
    ADD COLUMN taken_by text,
    ADD COLUMN taken_until timestamptz,
    DROP CONSTRAINT webhook_delivery_status_check,
    ADD CONSTRAINT webhook_delivery_status_check
        CHECK (status IN ('pending', 'delivered', 'failed', 'skipped', 'unsent')) NOT VALID;

-- What was announced before has the order in which it was made. The indexes of the log come after this, so that they are
-- built once; the ones that are in the way go first.
DROP INDEX webhook_delivery_newest;
DROP INDEX webhook_delivery_object;
UPDATE webhook_delivery AS delivery
SET queue = coalesce(delivery.detail ->> 'card_id', delivery.object),
    happened = told.happened,
    sequence = told.sequence,
    status = CASE delivery.status WHEN 'skipped' THEN 'unsent' ELSE delivery.status END
FROM (
    SELECT
        merchant_id, id, row_number() OVER (ORDER BY created_at, id) AS happened,
        row_number() OVER (PARTITION BY merchant_id, api ORDER BY created_at, id) AS sequence
    FROM webhook_delivery
) AS told
WHERE delivery.merchant_id = told.merchant_id AND delivery.id = told.id;
SELECT setval('webhook_happened', count(*) + 1, false) FROM webhook_delivery;

ALTER TABLE webhook_delivery
    ALTER COLUMN queue SET NOT NULL,
    ALTER COLUMN happened SET NOT NULL,
    ALTER COLUMN happened SET DEFAULT nextval('webhook_happened'),
    DROP CONSTRAINT webhook_delivery_status_check,
    ADD CONSTRAINT webhook_delivery_status_check CHECK (status IN ('pending', 'delivered', 'failed', 'unsent'));

-- The last number given. The row is locked by whoever gives numbers, which is a worker, and by no commit.
CREATE TABLE webhook_stream (
    merchant_id bigint NOT NULL,
    api text NOT NULL,
    last bigint NOT NULL,
    PRIMARY KEY (merchant_id, api)
) WITH (fillfactor = 50);
INSERT INTO webhook_stream (merchant_id, api, last)
SELECT merchant_id, api, max(sequence) FROM webhook_delivery GROUP BY merchant_id, api;

-- How many deliveries stand in a block of numbers, by event, and from when they are: a page's total is the sum of whole
-- blocks and a count of the few that a filter cuts through.
CREATE TABLE webhook_block (
    merchant_id bigint NOT NULL,
    api text NOT NULL,
    block bigint NOT NULL,
    event text NOT NULL,
    deliveries integer NOT NULL,
    first_at timestamptz NOT NULL,
    last_at timestamptz NOT NULL,
    PRIMARY KEY (merchant_id, api, block, event)
) WITH (fillfactor = 70);
INSERT INTO webhook_block (merchant_id, api, block, event, deliveries, first_at, last_at)
SELECT merchant_id, api, sequence / 10000, event, count(*), min(created_at), max(created_at)
FROM webhook_delivery
GROUP BY merchant_id, api, sequence / 10000, event;

-- The log, newest first, and that of one order, card or customer.
CREATE INDEX webhook_delivery_newest ON webhook_delivery (merchant_id, happened DESC);
CREATE INDEX webhook_delivery_object ON webhook_delivery (merchant_id, object, happened DESC);
-- What has no number yet: small, because it is soon given one.
CREATE INDEX webhook_delivery_unnumbered ON webhook_delivery (merchant_id, api, happened) WHERE sequence IS NULL;
-- The list of events: all, of one kind, of one object. No number is given twice.
CREATE UNIQUE INDEX webhook_delivery_sequence ON webhook_delivery (merchant_id, api, sequence) WHERE sequence IS NOT NULL;
CREATE INDEX webhook_delivery_event ON webhook_delivery (merchant_id, api, event, sequence) WHERE sequence IS NOT NULL;
CREATE INDEX webhook_delivery_queue ON webhook_delivery (merchant_id, api, queue, sequence) WHERE sequence IS NOT NULL;
-- The head of a queue, and what the merchant has to look after.
CREATE INDEX webhook_delivery_pending ON webhook_delivery (merchant_id, api, queue, sequence)
    WHERE status = 'pending' AND sequence IS NOT NULL;
CREATE INDEX webhook_delivery_failed ON webhook_delivery (merchant_id, api, happened) WHERE status = 'failed';

-- The beginning of what a receiver answered.
ALTER TABLE webhook_attempt ADD COLUMN answer text;

-- How the card API writes `detail`, and in which version the payout API signs and seals callbacks. Whoever is there keeps
-- what it has: callbacks were in the oldest version that a merchant still calls with.
ALTER TABLE merchant ADD COLUMN webhook_detail text NOT NULL DEFAULT 'object' CHECK (webhook_detail IN ('object', 'string'));
ALTER TABLE payout_merchant ADD COLUMN callback_version smallint CHECK (callback_version IN (1, 2));
UPDATE payout_merchant SET callback_version = least(min_api_version, 2);
ALTER TABLE payout_merchant ALTER COLUMN callback_version SET NOT NULL;

GRANT SELECT, INSERT, UPDATE ON webhook_stream TO bursar_app;
GRANT SELECT, INSERT, UPDATE, DELETE ON webhook_block TO bursar_app;
GRANT UPDATE (sequence, url, taken_by, taken_until) ON webhook_delivery TO bursar_app;
