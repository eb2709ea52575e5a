-- compatible_from: 35
-- Lists of events go by the instant that they show, which is that of the first push: blocks of numbers span it too.
UPDATE webhook_block AS block
SET first_at = least(block.first_at, shown.first_at), last_at = greatest(block.last_at, shown.last_at)
FROM (
    SELECT
        merchant_id, api, sequence / 10000 AS block, event, min(first_pushed_at) AS first_at,
        max(first_pushed_at) AS last_at
    FROM webhook_delivery
    WHERE first_pushed_at IS NOT NULL AND sequence IS NOT NULL
    GROUP BY merchant_id, api, sequence / 10000, event
) AS shown
WHERE block.merchant_id = shown.merchant_id AND block.api = shown.api AND block.block = shown.block
    AND block.event = shown.event;
