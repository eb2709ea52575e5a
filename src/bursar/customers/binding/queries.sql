-- name: put_code
-- The code that is sent now takes the place of the one before. The constraint on `not_before` refuses it too soon.
INSERT INTO binding_code (merchant_id, customer_id, channel, id, proof, status, not_before, sent_at, free_at, expires_at)
VALUES
    (%(merchant_id)s, %(customer_id)s, %(channel)s, %(id)s, %(proof)s, 'sent', %(sent_at)s, %(sent_at)s, %(free_at)s,
    %(expires_at)s)
ON CONFLICT (merchant_id, customer_id, channel) DO UPDATE
SET id = excluded.id, proof = excluded.proof, status = excluded.status, not_before = binding_code.free_at,
    sent_at = excluded.sent_at, free_at = excluded.free_at, expires_at = excluded.expires_at;

-- name: get_code
-- The code that was last sent to a customer on a channel.
SELECT id, proof, status, expires_at
FROM binding_code
WHERE merchant_id = %(merchant_id)s AND customer_id = %(customer_id)s AND channel = %(channel)s;

-- name: lock_codes
-- Holds codes.
SELECT id, status
FROM binding_code
WHERE merchant_id = %(merchant_id)s AND id = ANY(%(ids)s::bigint[])
ORDER BY id
FOR NO KEY UPDATE;

-- name: move_codes :set
-- Codes that are used, or withdrawn because they did not go out: then nobody has to wait for the next.
UPDATE binding_code AS code
SET status = moved.status, free_at = CASE moved.status WHEN 'withdrawn' THEN code.sent_at ELSE code.free_at END
FROM unnest(%(ids)s::bigint[], %(statuses)s::text[]) AS moved (id, status)
WHERE code.merchant_id = %(merchant_id)s AND code.id = moved.id;

-- name: email_is_anothers
-- Whether another customer has this email address.
SELECT EXISTS (
    SELECT FROM customer
    WHERE merchant_id = %(merchant_id)s AND email_key = %(email_key)s AND id <> %(customer_id)s
);

-- name: phone_is_anothers
-- Whether another customer has this phone number.
SELECT EXISTS (
    SELECT FROM customer
    WHERE merchant_id = %(merchant_id)s AND phone_e164 = %(phone_e164)s AND id <> %(customer_id)s
);

-- name: lock_emails
-- Holds customers whose email address is to be bound. Addresses are unique, so the whole row is held.
SELECT id, CASE WHEN email_bound THEN 'bound' ELSE 'open' END
FROM customer
WHERE merchant_id = %(merchant_id)s AND id = ANY(%(ids)s::bigint[])
ORDER BY id
FOR UPDATE;

-- name: bind_emails :set
-- Email addresses that are shown to be their customers' own.
UPDATE customer
SET email = bound.email, email_key = bound.email_key, email_bound = bound.status = 'bound'
FROM unnest(%(ids)s::bigint[], %(statuses)s::text[], %(emails)s::text[], %(email_keys)s::text[])
    AS bound (id, status, email, email_key)
WHERE customer.merchant_id = %(merchant_id)s AND customer.id = bound.id;

-- name: lock_phones
-- Holds customers whose phone number is to be bound. Numbers are unique, so the whole row is held.
SELECT id, CASE WHEN phone_bound THEN 'bound' ELSE 'open' END
FROM customer
WHERE merchant_id = %(merchant_id)s AND id = ANY(%(ids)s::bigint[])
ORDER BY id
FOR UPDATE;

-- name: bind_phones :set
-- Phone numbers that are shown to be their customers' own.
UPDATE customer
SET dialling_code = bound.dialling_code, phone_number = bound.number, phone_e164 = bound.e164,
    phone_bound = bound.status = 'bound'
FROM unnest(
    %(ids)s::bigint[], %(statuses)s::text[], %(dialling_codes)s::text[], %(numbers)s::text[], %(e164s)s::text[]
) AS bound (id, status, dialling_code, number, e164)
WHERE customer.merchant_id = %(merchant_id)s AND customer.id = bound.id;
