-- compatible_from: 25
-- How closely a merchant's IBANs are looked at, and the smallest amount of each currency that is paid out, as decimal
-- texts; a currency that is not there has no other limit than its smallest unit.
ALTER TABLE payout_merchant
    ADD COLUMN iban_check text NOT NULL DEFAULT 'full' CHECK (iban_check IN ('full', 'format')),
    ADD COLUMN smallest_amounts jsonb NOT NULL DEFAULT '{}';
