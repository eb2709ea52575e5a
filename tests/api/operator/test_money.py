"""Money over HTTP: bookings that people order, alone or by two, and what the books say then."""

import pytest

from bursar.kernel.context import Context
from bursar.kernel.money import Money
from bursar.merchants.service import NewMerchant
from tests.staff.office import Somebody

from .desk import Client, Desk

MERCHANT = 7
FUND = {
    "merchant_id": MERCHANT,
    "source": "bank",
    "purse": "card",
    "amount": {"amount": "1250.50", "asset": "USDT"},
    "reason": "Wire of 1 March",
    "document": "statement-2026-03-01.pdf",
    "evidence": ["statement-2026-03-01.pdf"],
}


@pytest.fixture
async def finance(desk: Desk) -> tuple[Client, Client]:
    """Programs of two people of finance, and a merchant with an empty book."""
    new = NewMerchant("M7", ("card",), "key-7", "secret", "public", (Money.zero("USDT"),))
    await desk.merchants.merchants.add(Context(MERCHANT, desk.office.clock, "merchant", "test"), new)
    people: list[Somebody] = [await desk.office.somebody(name, "finance") for name in ("ada", "bob")]
    return await desk.token_of(people[0]), await desk.token_of(people[1])


async def funded(asker: Client, approver: Client, amount: str = "1250.50") -> None:
    body = {**FUND, "amount": {"amount": amount, "asset": "USDT"}}
    asked = await asker.post("/money/fund", body)
    assert asked.status == 202
    done = await approver.post(f"/approvals/{asked.body['waits_for']['id']}/approve", {})
    assert done.status == 200


async def test_funding_waits_for_a_second_person_and_is_booked_exactly_as_asked(
    desk: Desk, finance: tuple[Client, Client]
) -> None:
    ada, bob = finance
    asked = await ada.post("/money/fund", FUND, key="k-1")
    approval = asked.body["waits_for"]
    assert asked.status == 202
    assert asked.headers["location"] == f"https://bursar.example/operator/v1/approvals/{approval['id']}"
    assert approval["arguments"] == {
        "merchant": MERCHANT,
        "source": "bank",
        "purse": "card",
        "amount": "1250.50",
        "asset": "USDT",
        "reason": "Wire of 1 March",
        "document": "statement-2026-03-01.pdf",
    }
    assert (await ada.get("/money/bookings", book=MERCHANT)).body["items"] == []
    assert [each["id"] for each in (await bob.get("/approvals", status="waiting")).body["items"]] == [approval["id"]]

    done = await bob.post(f"/approvals/{approval['id']}/approve", {"reason": "Seen on the statement"}, key="k-1")
    assert (done.status, done.body["status"]) == (200, "approved")
    assert done.body["ending"]["reason"] == "Seen on the statement"
    assert (
        await bob.post(f"/approvals/{approval['id']}/approve", {"reason": "Seen on the statement"}, key="k-1")
    ).body == done.body
    [booking] = (await ada.get("/money/bookings", book=MERCHANT)).body["items"]
    assert (booking["kind"], booking["amount"]) == ("bank_funding", {"amount": "1250.500000", "asset": "USDT"})
    assert (booking["debit"], booking["credit"]) == ("clearing:bank", "merchant:available")
    assert (await ada.get(f"/money/bookings/{MERCHANT}/{booking['id']}")).body == booking
    again = await ada.post("/money/fund", FUND, key="k-1")
    assert again.body["waits_for"]["id"] == approval["id"]
    assert (await ada.get("/approvals", status="waiting")).body["items"] == []


async def test_cover_and_trial_balance_explain_every_cent(desk: Desk, finance: tuple[Client, Client]) -> None:
    ada, bob = finance
    await funded(ada, bob, "1000")
    booked = await ada.post(
        "/money/suspend", {"amount": {"amount": "30", "asset": "USDT"}, "reason": "Nobody's", "document": None}
    )
    assert booked.status == 200
    [cover] = (await ada.get("/money/cover")).body["assets"]
    assert {name: cover[name]["amount"] for name in cover} == {
        "held": "1000.000000",
        "bank": "1030.000000",
        "chains": "0.000000",
        "network": "0.000000",
        "own": "30.000000",
        "free": "30.000000",
    }
    balance = (await ada.get("/money/trial-balance")).body
    assert [total["difference"]["amount"] for total in balance["totals"]] == ["0.000000"]
    own = (await ada.get("/money/trial-balance", book=0)).body
    assert {line["code"]: line["balance"]["amount"] for line in own["lines"]} == {
        "clearing:bank": "-30.000000",
        "suspense": "30.000000",
    }


async def test_small_sums_go_out_at_once_and_large_ones_by_two(desk: Desk, finance: tuple[Client, Client]) -> None:
    ada, bob = finance
    await funded(ada, bob, "50000")
    out = {"merchant_id": MERCHANT, "purse": "card", "reason": "Asked for"}
    small = await ada.post("/money/pay-out", {**out, "amount": {"amount": "9999.99", "asset": "USDT"}}, key="k-1")
    assert small.status == 200
    again = await ada.post("/money/pay-out", {**out, "amount": {"amount": "9999.99", "asset": "USDT"}}, key="k-1")
    assert again.body == small.body
    large = await ada.post("/money/pay-out", {**out, "amount": {"amount": "10000", "asset": "USDT"}})
    assert large.status == 202
    kinds = [each["kind"] for each in (await ada.get("/money/bookings", book=MERCHANT)).body["items"]]
    assert kinds == ["merchant_pay_out", "bank_funding"]


async def test_more_than_there_is_cannot_be_paid_out_and_nothing_changes(
    desk: Desk, finance: tuple[Client, Client]
) -> None:
    ada, bob = finance
    await funded(ada, bob, "10")
    before = await desk.office.table("ledger_account", "ledger_entry", "booking")
    reply = await ada.post(
        "/money/pay-out",
        {"merchant_id": MERCHANT, "purse": "card", "reason": "All", "amount": {"amount": "11", "asset": "USDT"}},
    )
    assert (reply.status, reply.problem) == (409, "insufficient-funds")
    assert reply.body["missing"] == {"amount": "1.000000", "asset": "USDT"}
    assert await desk.office.table("ledger_account", "ledger_entry", "booking") == before


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"amount": {"amount": "0", "asset": "USDT"}}, "amount-not-positive"),
        ({"amount": {"amount": "1.0000001", "asset": "USDT"}}, "amount-too-precise"),
        ({"amount": {"amount": "1e3", "asset": "USDT"}}, "invalid"),
        ({"amount": {"amount": "-1", "asset": "USDT"}}, "invalid"),
        ({"amount": {"amount": 1, "asset": "USDT"}}, "invalid"),
        ({"amount": {"amount": "1", "asset": "DOGE"}}, "asset-unknown"),
        ({"amount": {"amount": "9" * 60, "asset": "USDT"}}, "amount-too-precise"),
        ({"merchant_id": 8}, "merchant-unknown"),
        ({"merchant_id": True}, "invalid"),
        ({"purse": "payout"}, "account-unknown"),
        ({"source": "cash"}, "invalid"),
        ({"reason": "\u202eevil"}, "invalid"),
        ({"reason": ""}, "invalid"),
    ],
)
async def test_what_cannot_be_booked_is_refused_before_anybody_else_is_asked(
    desk: Desk, finance: tuple[Client, Client], change: dict[str, object], problem: str
) -> None:
    before = await desk.office.table("approval", "ledger_entry", "booking")
    assert (await finance[0].post("/money/fund", {**FUND, **change})).problem == problem
    assert await desk.office.table("approval", "ledger_entry", "booking") == before


async def test_the_other_bookings_move_what_they_say(desk: Desk, finance: tuple[Client, Client]) -> None:
    ada, bob = finance
    await funded(ada, bob, "1000")
    amount = {"amount": {"amount": "10", "asset": "USDT"}, "reason": "Because"}
    await ada.post("/money/suspend", amount)
    assert (await ada.post("/money/send-back", amount)).status == 200
    settled = {**amount, "book": MERCHANT, "clearing": "clearing:nowhere", "received": True}
    assert (await ada.post("/money/settle", settled)).problem == "clearing-unknown"
    fees = {**amount, "merchant_id": MERCHANT}
    assert (await ada.post("/money/collect-fees", fees)).problem == "insufficient-funds"
    adjusted = {**amount, "book": MERCHANT, "debit": "merchant:available", "credit": "clearing:bank"}
    waits = (await ada.post("/money/adjust", adjusted)).body["waits_for"]
    assert (await bob.post(f"/approvals/{waits['id']}/approve", {})).status == 200
    assert (await ada.post("/money/adjust", {**adjusted, "credit": "between:books"})).problem == "not-adjustable"
    pages = [await ada.get("/money/bookings", book=MERCHANT, limit=1)]
    pages.append(await ada.get("/money/bookings", book=MERCHANT, limit=1, after=pages[0].body["after"]))
    assert [each.body["items"][0]["kind"] for each in pages] == ["adjustment", "bank_funding"]
    assert pages[1].body["after"] is None
