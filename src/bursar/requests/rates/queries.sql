-- name: grant_tokens
-- Grants tokens to the keys of a batch, as far as their windows of 22 slots have room; takes back what was not used.
-- A slot far in the past means that the server's clock was set back: what was granted since is forgotten.
WITH asked AS (
    SELECT asked.*, coalesce(%(slot)s::bigint, floor(extract(epoch FROM clock_timestamp()) * 20)::bigint) AS slot
    FROM
        unnest(
            %(merchant_ids)s::bigint[], %(apis)s::text[], %(keys)s::text[], %(tokens)s::integer[],
            %(capacities)s::bigint[], %(returned)s::integer[], %(returned_slots)s::bigint[]
        ) AS asked (merchant_id, api, key, tokens, capacity, returned, returned_slot)
)
INSERT INTO rate_lease AS lease (merchant_id, api, key, slot, slots, granted)
SELECT
    merchant_id, api, key, slot, array_fill(0, ARRAY[21]) || least(tokens, capacity)::integer,
    least(tokens, capacity)
FROM asked
ORDER BY merchant_id, api, key -- one order for everybody, so that batches do not deadlock
ON CONFLICT (merchant_id, api, key) DO UPDATE
SET (slot, slots, granted) = (
    SELECT present.slot, moved.slots[1:21] || (moved.slots[22] + room.granted), room.granted
    FROM asked
    CROSS JOIN LATERAL (
        SELECT CASE WHEN asked.slot < lease.slot - 22 THEN asked.slot ELSE greatest(asked.slot, lease.slot) END AS slot
    ) AS present
    CROSS JOIN LATERAL (
        SELECT
            array_agg(
                greatest(
                    0,
                    coalesce(lease.slots[(number - lease.slot + 22)::integer], 0)
                    - CASE WHEN number = asked.returned_slot THEN asked.returned ELSE 0 END
                )
                ORDER BY number
            ) AS slots
        FROM generate_series(present.slot - 21, present.slot) AS number
    ) AS moved
    CROSS JOIN LATERAL (
        SELECT
            greatest(0, least(asked.tokens, asked.capacity - (SELECT sum(count) FROM unnest(moved.slots) AS count)))
                ::integer AS granted
    ) AS room
    WHERE asked.merchant_id = lease.merchant_id AND asked.api = lease.api AND asked.key = lease.key
)
RETURNING merchant_id, api, key, slot, granted;

-- name: count_processes
-- Writes down that this process counts calls, and answers how many have done so lately.
WITH mine AS (
    INSERT INTO rate_process (number, seen_at) VALUES (%(number)s, now())
    ON CONFLICT (number) DO UPDATE SET seen_at = excluded.seen_at
), forgotten AS (
    DELETE FROM rate_process WHERE number <> %(number)s AND seen_at < now() - interval '1 minute'
)
SELECT 1 + count(*) FROM rate_process WHERE number <> %(number)s AND seen_at > now() - interval '10 seconds';
