"""Customers, cards, orders, payouts, withdrawals, deposits and payees over HTTP: listed, shown, masked."""

from datetime import timedelta

import pytest

from tests.api.operator.desk import Client, Desk
from tests.decisions.bureau import MERCHANT, Bureau
from tests.decisions.conftest import bureau

__all__ = ["bureau"]

LISTS = ("customers", "cards", "orders", "payouts", "withdrawals", "deposits", "payees")


@pytest.fixture
def desk(bureau: Bureau) -> Desk:
    return Desk(bureau, decisions=bureau.decisions)


async def client_of(desk: Desk, *roles: str) -> Client:
    return await desk.token_of(await desk.office.somebody("ada", *roles))


async def walked(client: Client, path: str, **query: object) -> list[int]:
    """The numbers of all rows, two on a page."""
    numbers, after = list[int](), None
    while True:
        place = {} if after is None else {"after": after}
        reply = await client.get(path, limit=2, **query, **place)
        assert reply.status == 200, reply.body
        numbers += [row["id"] for row in reply.body["items"]]
        after = reply.body["after"]
        if after is None:
            return numbers
        client.desk.seconds += 1


async def test_each_kind_is_listed_and_shown_without_its_secrets(bureau: Bureau, desk: Desk) -> None:
    support = await client_of(desk, "support")
    card = await bureau.bank.card(load="50")
    number = (await bureau.bank.cards.reveal(bureau.bank.ctx(), card, "test")).number
    payout, deposit, withdrawal = await bureau.payout(), await bureau.held_deposit(), await bureau.house.withdraw("100")
    await bureau.bank.customer(email="ada@example.com", phone_number="7911123456")
    for name in LISTS:
        listed = (await support.get(f"/{name}", merchant_id=MERCHANT)).body["items"]
        assert listed, name
        for row in listed:
            desk.seconds += 1
            assert (await support.get(f"/{name}/{row['id']}")).body == row
        assert number not in str(listed)
        assert "7911123456" not in str(listed)
        assert "ada@example.com" not in str(listed)
    [shown] = (await support.get("/cards")).body["items"]
    assert (shown["id"], shown["status"], shown["masked_number"][-4:]) == (card, "normal", number[-4:])
    [order] = (await support.get("/payouts")).body["items"]
    assert (order["id"], order["amount"]) == (payout.id, {"amount": "100.00", "asset": "SAR"})
    assert (await support.get(f"/deposits/{deposit.id}")).body["amount"] == {"amount": "7.000000", "asset": "USDT"}
    assert (await support.get(f"/withdrawals/{withdrawal.id}")).body["address"] == withdrawal.address
    payee = (await support.get(f"/payees/{payout.payee_id}")).body
    known = (await bureau.treasury.payees.revisions(bureau.treasury.ctx(), [(payout.payee_id, payout.payee_version)]))[
        payout.payee_id, payout.payee_version
    ]
    assert known.iban is not None
    assert payee["iban_ends"] == known.iban[-4:]
    assert known.iban not in str(payee)


async def test_a_list_is_walked_to_its_end_by_each_filter(bureau: Bureau, desk: Desk) -> None:
    support = await client_of(desk, "support")
    payee, made, began = await bureau.treasury.normal(), list[int](), bureau.clock.now()
    for number in range(5):
        bureau.clock.advance(timedelta(minutes=number % 2))  # two were made at the same instant
        made.append((await bureau.treasury.order(payee, f"walk-{number}", "10")).id)
    instants = {order: (await bureau.treasury.progress.get(bureau.treasury.ctx(), order)).created_at for order in made}
    newest = sorted(made, key=lambda order: (instants[order], order), reverse=True)
    await bureau.treasury.progress.reject(bureau.treasury.ctx(), newest[1], "no")
    [ended] = await walked(support, "/payouts", status="failed")
    assert ended == newest[1]
    assert await walked(support, "/payouts") == newest
    assert await walked(support, "/payouts", merchant_id=MERCHANT) == newest
    assert await walked(support, "/payouts", merchant_id=99) == []
    assert await walked(support, "/payouts", status="pending") == [newest[0], *newest[2:]]
    last = instants[newest[0]].isoformat()
    assert await walked(support, "/payouts", made_before=last) == [
        o for o in newest if instants[o] < instants[newest[0]]
    ]
    assert await walked(support, "/payouts", made_from=last) == [
        o for o in newest if instants[o] >= instants[newest[0]]
    ]
    assert await walked(support, "/payouts", made_before=began.isoformat()) == []


async def test_what_cannot_be_listed_is_refused(bureau: Bureau, desk: Desk) -> None:
    support = await client_of(desk, "support")
    other = (await support.get("/cards", limit=1)).body["after"]
    assert other is None
    for path, problem in (
        ("/cards?status=lost", "invalid"),
        ("/customers?status=normal", "invalid"),
        ("/cards?made_from=2026-03-01", "invalid"),
        ("/cards?after=x", "cursor-unusable"),
        ("/cards/5", "object-unknown"),
    ):
        assert (await support.get(path)).problem == problem, path
    payout = await bureau.payout()
    assert (await support.get(f"/cards/{payout.id}")).problem == "object-unknown"
