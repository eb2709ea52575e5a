-- name: issue
-- The serial and day of a reference; the same whenever it is asked again.
INSERT INTO sandbox_issued_card (reference, bin, issued_on, state)
VALUES (%(reference)s, %(bin)s, %(issued_on)s, %(state)s)
ON CONFLICT (reference) DO NOTHING;

-- name: find
-- What was issued for a reference.
SELECT serial, issued_on FROM sandbox_issued_card WHERE reference = %(reference)s;

-- name: set_state
-- A card does something else from now on; one that is cancelled stays so.
UPDATE sandbox_issued_card SET state = %(state)s WHERE reference = %(reference)s AND state <> 'cancelled';

-- name: get_state
-- How a card stands.
SELECT state FROM sandbox_issued_card WHERE reference = %(reference)s;

-- name: skip_serials
-- Serials that a restored backup has not seen may have been given out since: 100,000 are passed over.
SELECT setval('sandbox_issued_card_serial_seq', last_value + 100000) FROM sandbox_issued_card_serial_seq;
