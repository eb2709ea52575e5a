"""Purchases and debts from before authorizations had rows of their own are taken over as they stood."""

import psycopg

from bursar.db.migrate import migrate
from tests.schemas import SANDBOX, schema_until

BEFORE_DEBTS, BEFORE_AUTHORIZATIONS = 22, 31


async def test_purchases_keep_their_sums_and_their_state(empty_dsn: str) -> None:
    await migrate(empty_dsn, schema_until(BEFORE_AUTHORIZATIONS))
    old = [  # id, kind, status, amount, held, refunded, the shop's amount
        (1, "purchase", "authorised", 6000, 6000, 0, "60"),
        (2, "purchase", "declined", 100, 0, 0, "1.00"),
        (3, "purchase", "cleared", 2500, 0, 2500, "25.00"),
        (4, "purchase", "expired", 700, 0, 0, "7"),
        (5, "cash", "succeeded", 2000, 0, 0, "75.00"),
        (6, "cash", "failed", 9, 0, 0, "0.09"),
        (7, "refund", "succeeded", 2500, 0, 0, "25.00"),
        (8, "recharge", "succeeded", 9000, 0, 0, "90"),
    ]
    with psycopg.connect(empty_dsn, autocommit=True) as connection:
        for number, kind, status, amount, held, refunded, original in old:
            connection.execute(
                "INSERT INTO card_transaction (merchant_id, id, reference, card_id, customer_id, masked_number, kind,"
                " status, currency, amount, held, refunded, fee, fee_asset, original_amount, original_currency, at)"
                " VALUES (1, %s, %s, 17, 3, '', %s, %s, 'USD', %s, %s, %s, 0, 'USD', %s, 'USD', now())",
                (number, number, kind, status, amount, held, refunded, original),
            )
        await migrate(empty_dsn, SANDBOX)
        taken_over = connection.execute(
            "SELECT id, kind, status, held, cleared, refunded, original_held::text, original_cleared::text,"
            " original_refunded::text FROM card_authorization ORDER BY id"
        ).fetchall()
    assert taken_over == [
        (1, "purchase", "authorised", 6000, 0, 0, "60", "0", "0"),
        (2, "purchase", "declined", 0, 0, 0, "0", "0", "0"),
        (3, "purchase", "cleared", 0, 2500, 2500, "0", "25.00", "25.00"),
        (4, "purchase", "expired", 0, 0, 0, "0", "0", "0"),
        (5, "cash", "paid", 0, 2000, 0, "0", "75.00", "0"),
        (6, "cash", "declined", 0, 0, 0, "0", "0", "0"),
    ]


async def test_cancelled_cards_with_a_balance_are_settled_by_due_work(empty_dsn: str) -> None:
    await migrate(empty_dsn, schema_until(BEFORE_DEBTS))
    with psycopg.connect(empty_dsn, autocommit=True) as connection:
        for number, status, balance in ((1, "cancelled", -2000), (2, "cancelled", 0), (3, "normal", -50)):
            connection.execute(
                "INSERT INTO card (merchant_id, id, order_id, customer_id, product_id, kind, network, currency, status,"
                " created_at) VALUES (1, %s, 1, 1, 'V', 'virtual', 'visa', 'USD', %s, now())",
                (number, status),
            )
            connection.execute(
                "INSERT INTO ledger_account (merchant_id, id, code, asset, may_go_negative, balance, version, head)"
                " VALUES (1, %s, %s, 'USD', false, %s, 1, '\\x00')",
                (number, f"card:{number}:available", balance),
            )
        await migrate(empty_dsn, SANDBOX)
        jobs = connection.execute("SELECT merchant_id, payload FROM job WHERE kind = 'cards.redeem'").fetchall()
    assert jobs == [(1, {"card_id": 1})]
