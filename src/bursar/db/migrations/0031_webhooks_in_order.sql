-- compatible_from: 31
-- The order of pushes. `happened` is taken when an announcement is written, while everything that could change its object
-- is still locked: of two announcements about one object the later one has the higher number. It has gaps. A worker turns
-- it into `sequence`, which has none, in the order of `happened` among all that is committed by then.
CREATE SEQUENCE webhook_happened;
GRANT USAGE ON SEQUENCE webhook_happened TO bursar_app;

-- What was announced before gets the order in which it was made. The table is written anew rather than updated row by row:
-- each row is copied once, no dead row stays behind, and indexes are built once at the end. Nobody works meanwhile, since
-- an older program does not fit: a million rows take half as long as with an update, about what filling the table took.
SET LOCAL work_mem = '128MB';
SET LOCAL maintenance_work_mem = '256MB';
CREATE TABLE webhook_delivery_in_order (
    LIKE webhook_delivery INCLUDING DEFAULTS,
    -- The object whose pushes are made one after another.
    queue text NOT NULL,
    happened bigint NOT NULL DEFAULT nextval('webhook_happened'),
    sequence bigint,
    url text,
    -- What of the merchant's a body was made for: settings and keys. One that was made before this is taken as it is.
    form text,
    -- The job that makes the pushes of the queue for now.
    taken_by text,
    taken_until timestamptz
) WITH (fillfactor = 80);
INSERT INTO webhook_delivery_in_order (
    merchant_id, id, api, event, object, trace, detail, status, created_at, due_at, attempts, round, round_attempts,
    first_pushed_at, body, queue, happened, sequence
)
SELECT
    merchant_id, id, api, event, object, trace, detail,
    CASE status WHEN 'skipped' THEN 'unsent' ELSE status END,
    created_at, due_at, attempts, round, round_attempts, first_pushed_at, body,
    coalesce(detail ->> 'card_id', object), told.happened, told.sequence
FROM webhook_delivery
JOIN (
    SELECT
        merchant_id, id, row_number() OVER (ORDER BY created_at, id) AS happened,
        row_number() OVER (PARTITION BY merchant_id, api ORDER BY created_at, id) AS sequence
    FROM webhook_delivery
) AS told USING (merchant_id, id);
SELECT setval('webhook_happened', count(*) + 1, false) FROM webhook_delivery;
DROP TABLE webhook_delivery;
ALTER TABLE webhook_delivery_in_order RENAME TO webhook_delivery;
ALTER TABLE webhook_delivery
    ADD CONSTRAINT webhook_delivery_pkey PRIMARY KEY (merchant_id, id),
    ADD CONSTRAINT webhook_delivery_status_check CHECK (status IN ('pending', 'delivered', 'failed', 'unsent'));
CREATE INDEX webhook_delivery_age ON webhook_delivery USING brin (created_at) WITH (autosummarize = on);

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
GRANT SELECT, INSERT, DELETE ON webhook_delivery TO bursar_app;
GRANT UPDATE (
    status, due_at, attempts, round, round_attempts, first_pushed_at, body, sequence, url, form, taken_by, taken_until
) ON webhook_delivery TO bursar_app;
