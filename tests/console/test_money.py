"""Money on the staff's pages: what the books say, and bookings that one person asks for and another approves."""

import re

import pytest

from bursar.console.staff.site import STAFF
from bursar.ledger.check import check
from tests.api.operator.conftest import desk
from tests.console.test_merchants import SCRIPT, WHY, Floor, floor

__all__ = ["desk", "floor"]

MONEY = f"{STAFF.root}/money"


def adjustment(floor: Floor, **other: str) -> dict[str, str]:
    accounts = {"debit": "clearing:funding", "credit": "merchant:available"}
    return {"book": str(floor.number), **accounts, "amount": "12.5", "asset": "USDT", **WHY, **other}


async def funded(floor: Floor) -> None:
    """A thousand of the merchant's, asked for by Olga and approved by Fay."""
    said = {"book": str(floor.number), "purse": "card", "came_by": "hand", "amount": "1000", "asset": "USDT", **WHY}
    await floor.approved(await floor.olga.post(MONEY, "fund", **said))


async def balanced(floor: Floor) -> bool:
    return (await check(floor.office.database)).balanced


async def test_the_sums_of_all_books_are_shown_and_every_cent_is_explained(floor: Floor) -> None:
    await funded(floor)
    shown = await floor.olga.get(MONEY)
    assert shown.status == 200
    assert "Every cent is explained" in shown.words
    assert "merchant:available" in shown.words
    assert "1,000.000000 USDT" in shown.words
    assert "No day is closed yet" in shown.words


async def test_an_adjustment_is_asked_for_refused_asked_again_approved_and_seen(floor: Floor) -> None:
    await funded(floor)
    before = await floor.office.table("ledger_entry")
    asked = await floor.olga.post(MONEY, "adjust", **adjustment(floor))
    assert (asked.status, asked.to) == (303, MONEY)
    queue = await floor.fay.get("/console/queue")
    [name] = set(re.findall(r'href="/console/decisions/(approval-[\d-]+)"', queue.text))
    rejected = await floor.fay.post(f"/console/decisions/{name}", "decide", result="reject", **WHY)
    assert rejected.status == 303, rejected.words
    assert await floor.office.table("ledger_entry") == before
    await floor.approved(await floor.olga.post(MONEY, "adjust", **adjustment(floor)))
    listed = await floor.olga.get(f"{MONEY}/bookings?book={floor.number}")
    address = re.findall(rf'href="({MONEY}/bookings/{floor.number}/\d+)"', listed.text)[0]
    booking = await floor.olga.get(address)
    assert ("Adjustment" in booking.words, "12.500000 USDT" in booking.words) == (True, True)
    entries = await floor.olga.get(f"{MONEY}/accounts?book={floor.number}&code=merchant:available&asset=USDT")
    assert ("12.500000 USDT" in entries.words, "1,012.500000 USDT" in entries.words) == (True, True)
    assert await balanced(floor)


@pytest.mark.parametrize(
    "wrong", [{"debit": "nothing"}, {"amount": "much"}, {"asset": "XXX"}, {"amount": "0"}, {"debit": SCRIPT}]
)
async def test_what_is_refused_is_shown_again_with_what_was_typed(floor: Floor, wrong: dict[str, str]) -> None:
    before = await floor.office.table("ledger_entry", "approval")
    refused = await floor.olga.post(MONEY, "adjust", **adjustment(floor, **wrong))
    assert (refused.status >= 400, "<script>" in refused.text) == (True, False)
    assert 'value="merchant:available"' in refused.text
    assert await floor.office.table("ledger_entry", "approval") == before


@pytest.mark.parametrize(
    ("do", "fields"),
    [
        ("settle", {"clearing": "clearing:funding", "received": "true", "amount": "7"}),
        ("suspend-receipt", {"amount": "3"}),
        ("pay-out", {"purse": "card", "amount": "5"}),
    ],
)
async def test_a_booking_that_needs_nobody_else_is_made_and_shown(
    floor: Floor, do: str, fields: dict[str, str]
) -> None:
    await funded(floor)
    book = {} if do == "suspend-receipt" else {"book": str(floor.number)}
    done = await floor.olga.post(MONEY, do, **book, **fields, asset="USDT", document=SCRIPT, **WHY)
    assert done.status == 303, done.words
    assert re.fullmatch(rf"{MONEY}/bookings/\d+/\d+", done.to), done.to
    shown = await floor.olga.get(done.to)
    assert (shown.status, "<script>" in shown.text) == (200, False)
    assert f"{fields['amount']}.000000 USDT" in shown.words
    assert await balanced(floor)


async def test_nobody_books_without_the_permission_and_the_page_offers_nothing(floor: Floor) -> None:
    before = await floor.office.table("ledger_entry", "approval")
    ada = await floor.opened("ada", "auditor")
    shown = await ada.get(MONEY)
    assert (shown.status, "change=adjust" in shown.text) == (200, False)
    refused = await ada.post(MONEY, "adjust", **(await ada.get("/console/you")).hidden, **adjustment(floor))
    assert (refused.status, "money.adjust" in refused.words) == (403, True)
    assert await floor.office.table("ledger_entry", "approval") == before


async def test_addresses_of_nothing_answer_so(floor: Floor) -> None:
    assert (await floor.olga.get(f"{MONEY}/bookings/{floor.number}/1")).status == 404
    assert "No entries" in (await floor.olga.get(f"{MONEY}/accounts?book=x&code=<x>&asset=<y>")).words
    assert "Nothing was booked here" in (await floor.olga.get(f"{MONEY}/bookings?book={'9' * 30}")).words
