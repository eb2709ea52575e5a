-- A merchant pays what is missing on a card that is over, and the card's bills say so. Cards that were cancelled before
-- with a debt, or with money on them, are settled by due work.
ALTER TABLE card_transaction
    DROP CONSTRAINT card_transaction_kind_check,
    ADD CONSTRAINT card_transaction_kind_check CHECK (kind IN (
        'recharge', 'purchase', 'refund', 'cash', 'redemption', 'management_fee', 'debt'
    ));

INSERT INTO job (id, merchant_id, kind, payload, due_at)
SELECT
    (block.number << 20) + row_number() OVER () - 1, card.merchant_id, 'cards.redeem',
    jsonb_build_object('card_id', card.id), now()
FROM (SELECT nextval('id_block') AS number) AS block
CROSS JOIN card
JOIN ledger_account AS account
    ON account.merchant_id = card.merchant_id
    AND account.code = 'card:' || card.id || ':available'
    AND account.asset = card.currency
WHERE card.status = 'cancelled' AND account.balance <> 0;
