-- name: issue
-- The serial and day of a reference; the same whenever it is asked again.
INSERT INTO sandbox_issued_card (reference, bin, issued_on) VALUES (%(reference)s, %(bin)s, %(issued_on)s)
ON CONFLICT (reference) DO NOTHING;

-- name: find
-- What was issued for a reference.
SELECT serial, issued_on FROM sandbox_issued_card WHERE reference = %(reference)s;
