-- compatible_from: 34
-- How far a suspension reaches: calls, money that goes out, or both. Merchants that are suspended today keep what they
-- have: null in a suspended merchant's row means the level `api`.
ALTER TABLE merchant ADD COLUMN suspension text CHECK (suspension IN ('api', 'money_out', 'all'));
