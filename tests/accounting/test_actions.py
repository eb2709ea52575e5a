"""Bookings as staff order them: by permission, with a second person where a policy demands one, and on record."""

from typing import Any

import pytest

from bursar.accounting.actions import money_actions
from bursar.accounting.errors import BookAccountUnknown, ReasonInvalid
from bursar.accounting.model import Kind
from bursar.db.database import Database
from bursar.kernel.clock import ManualClock
from bursar.kernel.ids import Ids
from bursar.kernel.money import NotAnAmount
from bursar.ledger.check import check
from bursar.ledger.errors import InsufficientFunds
from bursar.staff.approvals.service import Request
from bursar.staff.errors import ApprovalOfOwn, ArgumentsUnusable, PermissionMissing
from bursar.staff.model import Principal
from tests.staff.office import CONSOLE, Somebody
from tests.staff.office import Office as Staff

from .conftest import Office

FUND = {
    "merchant": 1,
    "source": "bank",
    "purse": "card",
    "amount": "20000",
    "asset": "USDT",
    "reason": "Credit of today",
    "document": "camt.053 of 1 March, entry 7",
}


@pytest.fixture
def staff(database: Database, ids: Ids, clock: ManualClock, office: Office) -> Staff:
    """The staff of the install, who may order bookings."""
    staff = Staff(database, ids, clock)
    for action in money_actions(office.accounting):
        staff.room.actions.add(action)
    return staff


@pytest.fixture
async def fay(staff: Staff) -> Somebody:
    return await staff.somebody("fay", "finance")


@pytest.fixture
async def fred(staff: Staff) -> Somebody:
    return await staff.somebody("fred", "finance")


async def perform(staff: Staff, by: Principal, action: str, **said: Any) -> int | None:
    """The approval that it waits for; None if it is done."""
    performed = await staff.room.approvals.perform(staff.ctx(by), by, Request(action, said, "as the statement says"))
    return performed.waits_for.asked.id if performed.waits_for else None


async def test_a_merchant_is_funded_when_two_people_say_so(
    office: Office, staff: Staff, fay: Somebody, fred: Somebody
) -> None:
    by, other = await fay.sign_in(), await fred.sign_in()
    number = await perform(staff, by, "money.fund", **FUND)
    assert number is not None
    assert await office.balances() == {}
    with pytest.raises(ApprovalOfOwn):
        await staff.room.approvals.approve(staff.ctx(by), by, number)
    await staff.room.approvals.approve(staff.ctx(other), other, number)
    await staff.room.approvals.approve(staff.ctx(other), other, number)
    assert await office.balances() == {
        "clearing:bank USDT": "-20000.000000",
        "merchant:available USDT": "20000.000000",
    }
    [booking] = await office.accounting.journal(office.request("x"))
    assert (booking.kind, booking.actor) == (Kind.BANK_FUNDING, other.actor)
    assert (booking.grounds.reason, booking.grounds.document) == (FUND["reason"], FUND["document"])
    assert (await check(office.database)).balanced
    assert (await staff.room.verification.verify(staff.ctx(), CONSOLE)).differences == []


async def test_a_pay_out_needs_somebody_else_from_ten_thousand_dollars_on(
    office: Office, staff: Staff, fay: Somebody, fred: Somebody
) -> None:
    by, other = await fay.sign_in(), await fred.sign_in()
    number = await perform(staff, by, "money.fund", **FUND)
    await staff.room.approvals.approve(staff.ctx(other), other, number or 0)
    out = {"merchant": 1, "purse": "card", "asset": "USDT", "reason": "As ordered"}
    assert await perform(staff, by, "money.pay_out", amount="9999.99", **out) is None
    assert await perform(staff, by, "money.pay_out", amount="10000", **out) is not None
    assert (await office.balances())["merchant:available USDT"] == "10000.010000"
    assert await staff.records(action="money.pay_out") == [("money.pay_out", "done")]


async def test_suspense_and_fees_are_booked_at_once(office: Office, staff: Staff, fay: Somebody) -> None:
    by, why = await fay.sign_in(), {"asset": "USDT", "reason": "Unknown credit"}
    assert await perform(staff, by, "money.suspend", amount="7", **why) is None
    assert await perform(staff, by, "money.send_back", amount="2", **why) is None
    assert await perform(staff, by, "money.fund", **{**FUND, "source": "suspense", "amount": "5"}) is not None
    with pytest.raises(InsufficientFunds):
        await perform(staff, by, "money.collect_fees", merchant=1, amount="1", **why)
    assert (await check(office.database)).balanced


@pytest.mark.parametrize(
    ("changed", "fact"),
    [
        ({"merchant": "1"}, ArgumentsUnusable),
        ({"merchant": True}, ArgumentsUnusable),
        ({"merchant": -1}, ArgumentsUnusable),
        ({"source": "thin air"}, ArgumentsUnusable),
        ({"purse": None}, ArgumentsUnusable),
        ({"amount": 5}, ArgumentsUnusable),
        ({"amount": "5,00"}, NotAnAmount),
        ({"asset": "SAR"}, BookAccountUnknown),
        ({"reason": " "}, ReasonInvalid),
        ({"document": 7}, ArgumentsUnusable),
    ],
)
async def test_what_cannot_be_booked_is_not_asked_for(
    office: Office, staff: Staff, fay: Somebody, changed: dict[str, Any], fact: type[Exception]
) -> None:
    by = await fay.sign_in()
    before = await office.everything()
    with pytest.raises(fact):
        await perform(staff, by, "money.fund", **{**FUND, **changed})
    assert await office.everything() == before
    assert await staff.records(action="approval.ask") == []


async def test_who_may_not_order_a_booking_does_not(office: Office, staff: Staff) -> None:
    sam = await staff.somebody("sam", "support")
    by = await sam.sign_in()
    for action in money_actions(office.accounting):
        with pytest.raises(PermissionMissing):
            await perform(staff, by, action.name, **FUND, clearing="x", received=True, debit="a", credit="b")
    assert await office.balances() == {}
