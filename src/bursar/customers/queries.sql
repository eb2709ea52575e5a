-- name: find_groups
-- Which group each of some customers is in.
SELECT customer.merchant_id, customer.id, customer.group_id
FROM unnest(%(merchant_ids)s::bigint[], %(ids)s::bigint[]) AS asked (merchant_id, id)
JOIN customer USING (merchant_id, id);

-- name: get_customer
-- One customer by id, with what they have proven.
SELECT
    customer.merchant_id, customer.id, customer.group_id, customer.email, customer.email_key, customer.email_bound,
    customer.dialling_code, customer.phone_number, customer.phone_e164, customer.phone_bound, customer.given_name,
    customer.last_name, customer.company, customer.occupation, customer.position, customer.annual_income,
    customer.work_years, customer.born_on, customer.gender, customer.nationality, customer.address, customer.remark,
    customer.created_at,
    newest.status AS kyc_status, document.credential AS kyc_credential,
    document.nationality AS kyc_country, selfie.id IS NOT NULL AS has_selfie
FROM customer
LEFT JOIN kyc AS document
    ON document.merchant_id = customer.merchant_id AND document.customer_id = customer.id
    AND document.level = 'primary' AND document.status = 'approved'
LEFT JOIN kyc AS selfie
    ON selfie.merchant_id = customer.merchant_id AND selfie.customer_id = customer.id
    AND selfie.level = 'advanced' AND selfie.status = 'approved'
LEFT JOIN LATERAL (
    SELECT kyc.status FROM kyc
    WHERE kyc.merchant_id = customer.merchant_id AND kyc.customer_id = customer.id AND kyc.status <> 'failed'
    ORDER BY kyc.submitted_at DESC, kyc.id DESC
    LIMIT 1
) AS newest ON true
WHERE customer.merchant_id = %(merchant_id)s AND customer.id = %(id)s;

-- name: list_customers
-- One page of customers, newest first, each with what they have proven.
SELECT
    customer.merchant_id, customer.id, customer.group_id, customer.email, customer.email_key, customer.email_bound,
    customer.dialling_code, customer.phone_number, customer.phone_e164, customer.phone_bound, customer.given_name,
    customer.last_name, customer.company, customer.occupation, customer.position, customer.annual_income,
    customer.work_years, customer.born_on, customer.gender, customer.nationality, customer.address, customer.remark,
    customer.created_at,
    newest.status AS kyc_status, document.credential AS kyc_credential,
    document.nationality AS kyc_country, selfie.id IS NOT NULL AS has_selfie
FROM (
    SELECT * FROM customer
    WHERE merchant_id = %(merchant_id)s
        AND (%(id)s::bigint IS NULL OR id = %(id)s)
        AND (%(group_id)s::bigint IS NULL OR group_id = %(group_id)s)
        AND (%(email_key)s::text IS NULL OR email_key = %(email_key)s)
        AND (%(phone)s::text IS NULL OR id = ANY(ARRAY(
            SELECT id FROM customer WHERE merchant_id = %(merchant_id)s AND phone_number = %(phone)s
            UNION
            SELECT id FROM customer WHERE merchant_id = %(merchant_id)s AND phone_e164 = %(phone)s
            UNION
            SELECT id FROM customer WHERE merchant_id = %(merchant_id)s AND dialling_code || phone_number = %(phone)s
        )))
    ORDER BY created_at DESC, id DESC
    LIMIT %(limit)s OFFSET %(offset)s
) AS customer
LEFT JOIN kyc AS document
    ON document.merchant_id = customer.merchant_id AND document.customer_id = customer.id
    AND document.level = 'primary' AND document.status = 'approved'
LEFT JOIN kyc AS selfie
    ON selfie.merchant_id = customer.merchant_id AND selfie.customer_id = customer.id
    AND selfie.level = 'advanced' AND selfie.status = 'approved'
LEFT JOIN LATERAL (
    SELECT kyc.status FROM kyc
    WHERE kyc.merchant_id = customer.merchant_id AND kyc.customer_id = customer.id AND kyc.status <> 'failed'
    ORDER BY kyc.submitted_at DESC, kyc.id DESC
    LIMIT 1
) AS newest ON true
ORDER BY customer.created_at DESC, customer.id DESC;

-- name: get_count
-- How many customers a merchant has.
SELECT used FROM customer_count WHERE merchant_id = %(merchant_id)s;

-- name: tally_group
-- How many customers are in a group: what was counted, corrected by those that were not counted as they are.
SELECT (
    SELECT coalesce(sum(rows), 0)::bigint FROM list_count
    WHERE merchant_id = %(merchant_id)s AND list = 'customer' AND status = %(group_id)s::bigint::text
) + (
    SELECT count(*) FILTER (WHERE group_id = %(group_id)s) - count(*) FILTER (WHERE counted = %(group_id)s)
    FROM customer
    WHERE merchant_id = %(merchant_id)s AND coalesce(counted <> group_id, true)
);

-- name: count_customers
-- How many customers there are on all pages.
SELECT count(*) FROM customer
WHERE merchant_id = %(merchant_id)s
    AND (%(id)s::bigint IS NULL OR id = %(id)s)
    AND (%(group_id)s::bigint IS NULL OR group_id = %(group_id)s)
    AND (%(email_key)s::text IS NULL OR email_key = %(email_key)s)
    AND (%(phone)s::text IS NULL OR id = ANY(ARRAY(
        SELECT id FROM customer WHERE merchant_id = %(merchant_id)s AND phone_number = %(phone)s
        UNION
        SELECT id FROM customer WHERE merchant_id = %(merchant_id)s AND phone_e164 = %(phone)s
        UNION
        SELECT id FROM customer WHERE merchant_id = %(merchant_id)s AND dialling_code || phone_number = %(phone)s
    )));

-- name: email_is_taken
-- Whether a customer has this email address.
SELECT EXISTS (SELECT FROM customer WHERE merchant_id = %(merchant_id)s AND email_key = %(email_key)s);

-- name: phone_is_taken
-- Whether a customer has this phone number.
SELECT EXISTS (SELECT FROM customer WHERE merchant_id = %(merchant_id)s AND phone_e164 = %(phone_e164)s);

-- name: hold_count
-- Holds the merchant's number of customers. Everybody who adds one does this first, so that additions do not deadlock.
INSERT INTO customer_count (merchant_id, used, allowed) VALUES (%(merchant_id)s, 0, 0)
ON CONFLICT (merchant_id) DO UPDATE SET used = customer_count.used;

-- name: add_customer
-- A new customer.
INSERT INTO customer
    (merchant_id, id, group_id, email, email_key, dialling_code, phone_number, phone_e164, given_name, last_name,
    company, occupation, position, annual_income, work_years, born_on, gender, nationality, address, remark,
    created_at)
VALUES
    (%(merchant_id)s, %(id)s, %(group_id)s, %(email)s, %(email_key)s, %(dialling_code)s, %(phone_number)s,
    %(phone_e164)s, %(given_name)s, %(last_name)s, %(company)s, %(occupation)s, %(position)s, %(annual_income)s,
    %(work_years)s, %(born_on)s, %(gender)s, %(nationality)s, %(address)s, %(remark)s, %(created_at)s);

-- name: count_one_more
-- One customer more; the constraint refuses it beyond what is allowed.
UPDATE customer_count SET used = used + 1, allowed = %(allowed)s WHERE merchant_id = %(merchant_id)s;

-- name: change_customer
-- New values; those that are null stay.
UPDATE customer
SET given_name = coalesce(%(given_name)s, given_name),
    last_name = coalesce(%(last_name)s, last_name),
    company = coalesce(%(company)s, company),
    occupation = coalesce(%(occupation)s, occupation),
    position = coalesce(%(position)s, position),
    annual_income = coalesce(%(annual_income)s, annual_income),
    work_years = coalesce(%(work_years)s, work_years),
    born_on = coalesce(%(born_on)s, born_on),
    gender = coalesce(%(gender)s, gender),
    nationality = coalesce(%(nationality)s, nationality),
    address = coalesce(%(address)s::jsonb, address),
    remark = coalesce(%(remark)s, remark)
WHERE merchant_id = %(merchant_id)s AND id = %(id)s;

-- name: lock_customers
-- Holds customers. What the ledger guards about one is the group, so that is its status.
SELECT id, group_id::text
FROM customer
WHERE merchant_id = %(merchant_id)s AND id = ANY(%(ids)s::bigint[])
ORDER BY id
FOR NO KEY UPDATE;

-- name: move_customers :set
-- Puts customers into other groups.
UPDATE customer
SET group_id = moved.status::bigint
FROM unnest(%(ids)s::bigint[], %(statuses)s::text[]) AS moved (id, status)
WHERE customer.merchant_id = %(merchant_id)s AND customer.id = moved.id;

-- name: lock_standings
-- Holds customers that the operator stops, or that something is made for.
SELECT id, standing
FROM customer
WHERE merchant_id = %(merchant_id)s AND id = ANY(%(ids)s::bigint[])
ORDER BY id
FOR NO KEY UPDATE;

-- name: move_standings :set
-- The operator stops customers, or lets them go on.
UPDATE customer
SET standing = moved.status
FROM unnest(%(ids)s::bigint[], %(statuses)s::text[]) AS moved (id, status)
WHERE customer.merchant_id = %(merchant_id)s AND customer.id = moved.id;

-- name: find_standing
-- Whether the operator has stopped a customer.
SELECT standing FROM customer WHERE merchant_id = %(merchant_id)s AND id = %(id)s;

-- name: find_screened
-- One customer, as screening compares it.
SELECT merchant_id, id, array_remove(ARRAY[btrim(concat_ws(' ', given_name, last_name))], '') AS names,
    array_remove(ARRAY[coalesce(company, '')], '') AS organisations, NULL::text AS address
FROM customer
WHERE merchant_id = %(merchant_id)s AND id = %(id)s;

-- name: list_screened
-- All customers in order, as screening compares them.
SELECT merchant_id, id, array_remove(ARRAY[btrim(concat_ws(' ', given_name, last_name))], '') AS names,
    array_remove(ARRAY[coalesce(company, '')], '') AS organisations, NULL::text AS address
FROM customer
WHERE (merchant_id, id) > (%(after_merchant)s::bigint, %(after_id)s::bigint)
ORDER BY merchant_id, id
LIMIT %(limit)s;
