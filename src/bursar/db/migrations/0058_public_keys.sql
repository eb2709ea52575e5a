-- compatible_from: 25
-- The public key of a merchant's key can be replaced by another one.
GRANT UPDATE (public_key) ON merchant_key TO bursar_app;
