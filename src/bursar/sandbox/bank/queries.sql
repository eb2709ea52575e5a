-- name: take_payment
-- The first that is said of a payment stands; what that was. The update changes nothing: it lets the old row be told.
INSERT INTO sandbox_payment (reference, state, outcome)
VALUES (%(reference)s, %(state)s, %(outcome)s)
ON CONFLICT (reference) DO UPDATE SET reference = sandbox_payment.reference
RETURNING state;

-- name: find_outcome
-- How a payment has ended.
SELECT outcome FROM sandbox_payment WHERE reference = %(reference)s;
