-- compatible_from: 42
-- A withdrawal that was approved before its address was found on a list, and that somebody has confirmed: it is never
-- paid, and waits for a person who rejects it.
ALTER TABLE withdrawal ADD COLUMN stopped_at timestamptz;
GRANT UPDATE (stopped_at) ON withdrawal TO bursar_app;
UPDATE withdrawal SET stopped_at = hit.decided_at
FROM screening_hit AS hit
WHERE hit.status = 'confirmed' AND hit.subject_kind = 'withdrawal'
    AND withdrawal.merchant_id = hit.merchant_id AND withdrawal.id = hit.subject_id
    AND withdrawal.status = 'awaiting_withdrawal';
