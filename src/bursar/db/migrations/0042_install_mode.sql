-- compatible_from: 25
-- An install is a sandbox or live for ever. Whoever migrates states which in the setting `bursar.mode` of the session.
ALTER TABLE install ADD COLUMN mode text NOT NULL DEFAULT current_setting('bursar.mode')
    CONSTRAINT install_mode_check CHECK (mode IN ('sandbox', 'live'));
ALTER TABLE install ALTER COLUMN mode DROP DEFAULT;

-- Earlier migrations make the sandbox's tables everywhere. A live install lets go of them, unless a sandbox has used
-- them; in a sandbox they stay, and its own list of migrations takes them over.
DO $$
BEGIN
    IF current_setting('bursar.mode') <> 'live' THEN
        RETURN;
    END IF;
    IF EXISTS (SELECT FROM merchant)
        OR EXISTS (SELECT FROM platform_key WHERE name LIKE 'sandbox %')
        OR EXISTS (SELECT FROM sandbox_clock WHERE moved_by <> '0')
        OR EXISTS (SELECT FROM sandbox_fault)
        OR EXISTS (SELECT FROM sandbox_issued_card)
        OR EXISTS (SELECT FROM sandbox_webhook_fault)
        OR EXISTS (SELECT FROM sandbox_webhook_held)
        OR EXISTS (SELECT FROM sandbox_message)
        OR EXISTS (SELECT FROM sandbox_payment)
        OR EXISTS (SELECT FROM sandbox_chain)
        OR EXISTS (SELECT FROM sandbox_block)
        OR EXISTS (SELECT FROM sandbox_chain_transaction)
    THEN
        RAISE EXCEPTION 'a sandbox has used this database, and a live install begins with an empty one';
    END IF;
    DROP TABLE sandbox_clock, sandbox_fault, sandbox_issued_card, sandbox_webhook_fault, sandbox_webhook_held,
        sandbox_message, sandbox_payment, sandbox_chain, sandbox_block, sandbox_chain_transaction;
END
$$;
