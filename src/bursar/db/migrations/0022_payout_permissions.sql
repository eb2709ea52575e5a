-- Payouts and one-time passwords need permissions of their own from now on. Merchants that could use them keep that.
UPDATE merchant
SET permissions = ARRAY(SELECT DISTINCT unnest(permissions || '{payout,otp}'::text[]) ORDER BY 1)
WHERE merchant_id IN (SELECT merchant_id FROM payout_merchant);
