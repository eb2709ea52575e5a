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
