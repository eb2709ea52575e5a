"""Merchants that staff make, change, suspend and close; each change on record, and no money moved."""

import asyncio
import json
from collections import Counter
from collections.abc import Sequence
from datetime import timedelta
from decimal import Decimal

import pytest

from bursar.administration.model import MerchantView
from bursar.kernel.money import Money
from bursar.ledger.check import check
from bursar.ledger.model import Operation, fingerprint
from bursar.merchants.errors import (
    AllowListLocksOut,
    MerchantClosed,
    MerchantHasOpen,
    MerchantNameTaken,
    MerchantNotSuspended,
    MerchantUnknown,
    PayoutAccountNotEmpty,
    SettingInvalid,
)
from bursar.merchants.keys.errors import PublicKeyUnusable
from bursar.merchants.model import MerchantStatus, SuspensionLevel
from bursar.merchants.payout import postings
from bursar.staff.approvals.model import Approval
from bursar.staff.audit.model import Record
from bursar.staff.errors import ArgumentsUnusable, PermissionMissing
from tests.staff.office import CONSOLE, outcomes

from .conftest import Desk, flat, public_key


async def view(desk: Desk, number: int) -> MerchantView:
    return await desk.directory.get(desk.ctx(), CONSOLE, number)


async def fund(desk: Desk, number: int, amount: str = "100") -> None:
    """Money for payouts, as if it had come in."""
    transfers = (postings.funded(Money.parse(amount, "SAR")),)
    ctx = desk.ctx().of(number)
    await desk.ground.ledger.commit(ctx, Operation("fund", fingerprint("fund"), "fund", "x:1", transfers=transfers))


async def test_a_merchant_that_is_made_has_what_both_apis_need(desk: Desk) -> None:
    number = await desk.made(coins=["USDT"], currencies=["SAR", "KWD"])
    ctx = desk.ctx().of(number)
    card, payout = await desk.directory.list_keys(desk.ctx(), CONSOLE, number)
    assert (card.api, payout.api) == ("card", "payout")
    assert card.key.startswith("sk_live_")
    assert payout.key.startswith("pk_live_")
    credential = await desk.merchants.find_credential("card", card.key)
    assert credential is not None
    assert credential.merchant.card_public_key == flat(public_key())
    assert credential.secret == await desk.directory.show_secret(desk.ctx(), CONSOLE, number, card.id)
    paying = await desk.payout.find_credential(payout.key)
    assert paying is not None
    assert paying.settings.public_key == flat(public_key(1))
    assert paying.settings.product_names == ("Shop",)
    assert [account.coin for _, account in await desk.merchants.accounts(ctx)] == ["USDT"]
    assert [account.currency for account in await desk.payout.accounts(ctx)] == ["KWD", "SAR"]
    group = await desk.rooms.customers.groups.default_id(ctx)
    assert await desk.rooms.customers.groups.rate_of(number, group) is not None
    kinds = await desk.sql("SELECT kind FROM job WHERE merchant_id = %(number)s", number=number)
    assert kinds == [("statements.plan",)]
    assert not (await check(desk.database)).differences


async def test_making_it_is_on_record_without_its_secret(desk: Desk) -> None:
    number = await desk.made()
    record = await desk.record("merchants.create", f"merchant:{number}")
    (card, _) = await desk.directory.list_keys(desk.ctx(), CONSOLE, number)
    secret = await desk.directory.show_secret(desk.ctx(), CONSOLE, number, card.id)
    assert record.after is not None
    assert record.after["name"] == "Shop"
    assert record.after["keys"]["card"] == card.key  # type: ignore[index,call-overload]
    assert secret not in str(await desk.table("audit_record", "ledger_operation", "job", "approval"))


async def test_the_same_request_again_makes_no_other_merchant(desk: Desk) -> None:
    said = {"name": "Shop", "permissions": []}
    first = await desk.perform("merchants.create", once="once", **said)
    there = await desk.everything()
    assert await desk.perform("merchants.create", once="once", **said) == first
    assert await desk.everything() == there


async def test_of_two_with_one_name_at_once_one_is_made(desk: Desk, beside: Desk) -> None:
    said = {"permissions": [], "product_names": []}
    calls = [
        each.perform("merchants.create", name=name, **said)
        for each, name in ((desk, "Shop"), (beside, "shop"), (desk, "SHOP"), (beside, " Shop "))
    ]
    assert await outcomes(*calls) == ["MerchantNameTaken"] * 3 + ["done"]
    assert len(await desk.merchants.list_merchants()) == 1


async def test_a_name_that_is_taken_is_refused_and_nothing_changes(desk: Desk) -> None:
    await desk.made()
    other = await desk.made("Other")
    there = await desk.everything()
    with pytest.raises(MerchantNameTaken):
        await desk.made("shop")
    with pytest.raises(MerchantNameTaken):
        await desk.perform("merchants.change", merchant=other, settings={"name": "SHOP"})
    assert await desk.everything() == there


@pytest.mark.parametrize(
    ("said", "fact"),
    [
        ({"permissions": ["mint"]}, SettingInvalid),
        ({"name": " "}, SettingInvalid),
        ({"name": "x" * 101}, SettingInvalid),
        ({"card_public_key": None}, SettingInvalid),
        ({"payout_public_key": None, "permissions": ["otp"]}, SettingInvalid),
        ({"card_public_key": "no key"}, PublicKeyUnusable),
        ({"coins": ["USDT", "USDT"]}, SettingInvalid),
        ({"coins": ["DOGE"]}, SettingInvalid),
        ({"currencies": ["USD"]}, SettingInvalid),
        ({"permissions": "card"}, ArgumentsUnusable),
    ],
)
async def test_a_merchant_that_cannot_be_is_not_made(
    desk: Desk, said: dict[str, object], fact: type[Exception]
) -> None:
    there = await desk.everything()
    with pytest.raises(fact):
        await desk.made(**said)
    assert await desk.everything() == there


async def test_settings_change_and_both_sides_of_it_are_on_record(desk: Desk, beside: Desk) -> None:
    number = await desk.made()
    (card, _) = await desk.directory.list_keys(desk.ctx(), CONSOLE, number)
    settings = {"name": "Bazaar", "permissions": ["card"], "min_sign_version": 2, "product_names": ["Bazaar", "B"]}
    await desk.perform("merchants.change", merchant=number, settings=settings)
    document = (await view(beside, number)).document()
    assert {name: document[name] for name in settings} == settings
    credential = await desk.merchants.find_credential("card", card.key)
    assert credential is not None
    assert credential.merchant.min_sign_version == 2
    record = await desk.record("merchants.change")
    assert record.before == {
        "name": "Shop",
        "permissions": ["card", "otp", "payout", "wallet"],
        "min_sign_version": 1,
        "product_names": ["Shop"],
    }
    assert record.after == settings
    assert await desk.directory.get_number(desk.ctx(), CONSOLE, "bazaar") == number
    with pytest.raises(MerchantUnknown):
        await desk.directory.get_number(desk.ctx(), CONSOLE, "shop")


async def test_of_changes_at_once_each_record_has_what_it_met(desk: Desk, beside: Desk) -> None:
    """Of a setting, a fee and a suspension, in two processes: the records are a chain from the first to the last."""
    number = await desk.made()

    async def change(each: Desk, turn: int) -> None:
        said = {"merchant": number, "settings": {"user_agent_deny": [f"{each.name}{turn}"]}}
        await each.perform("merchants.change", **said)

    await asyncio.gather(*(change(each, turn) for each in (desk, beside) for turn in range(6)))
    denied = (await view(desk, number)).document()["user_agent_deny"]
    assert_a_chain(await desk.records("merchants.change"), "user_agent_deny", [], denied)
    levels = ("api", "money_out", "all", "api")
    suspended = [
        each.perform("merchants.suspend", merchant=number, level=level) for each in (desk, beside) for level in levels
    ]
    await asyncio.gather(*suspended)
    level = (await view(desk, number)).document()["suspension"]
    assert_a_chain(await desk.records("merchants.suspend"), "suspension", None, level)
    assert (await desk.room.verification.verify(desk.ctx(), CONSOLE)).differences == []


def assert_a_chain(records: Sequence[Record], name: str, first: object, last: object) -> None:
    """Each record begins where another one ended; none says before what another one had changed already."""
    befores = Counter(json.dumps((each.before or {})[name]) for each in records)
    afters = Counter(json.dumps((each.after or {})[name]) for each in records)
    befores[json.dumps(last)] += 1
    afters[json.dumps(first)] += 1
    assert befores == afters


async def test_limits_need_a_second_person_and_are_no_plain_settings(desk: Desk) -> None:
    number = await desk.made()
    limits = {
        "quotas": {"customers": 5},
        "wallet_limits": {"USDT": {"min": "10", "max": "500"}},
        "cooling_off_s": 60,
        "auto_review": True,
        "smallest_amounts": {"SAR": "5"},
    }
    with pytest.raises(ArgumentsUnusable):
        await desk.perform("merchants.change", merchant=number, settings=limits)
    there = (await view(desk, number)).document()
    waits = await desk.perform("limits.change", merchant=number, settings=limits)
    assert isinstance(waits, Approval)
    assert (await view(desk, number)).document() == there
    by = await desk.second.sign_in()
    await desk.room.approvals.approve(desk.ctx(by), by, waits.asked.id)
    document = (await view(desk, number)).document()
    assert document["quotas"]["customers"] == 5
    assert document["wallet_limits"] == {"USDT": {"min": "10.000000", "max": "500.000000"}}
    assert (document["cooling_off_s"], document["auto_review"]) == (60, True)
    assert document["smallest_amounts"]["SAR"] == "5.00"
    record = await desk.record("limits.change")
    assert record.person_id == desk.second.id
    assert record.before is not None
    assert record.before["cooling_off_s"] == 0


async def test_a_setting_that_cannot_be_changes_nothing(desk: Desk) -> None:
    number = await desk.made()
    there = await desk.everything()
    for settings in ({"permissions": ["mint"]}, {"callback_version": 9}, {"webhook_detail": "xml"}, {"name": ""}):
        with pytest.raises(SettingInvalid):
            await desk.perform("merchants.change", merchant=number, settings=settings)
    for broken in ({}, {"status": "closed"}, {"permissions": [1]}, {"payout_accounts": 3}, {"min_api_version": "1"}):
        with pytest.raises(ArgumentsUnusable):
            await desk.perform("merchants.change", merchant=number, settings=broken)
    with pytest.raises(MerchantUnknown):
        await desk.perform("merchants.change", merchant=number + 1, settings={"permissions": []})
    assert await desk.everything() == there


async def test_an_account_goes_when_nothing_is_on_it(desk: Desk) -> None:
    number = await desk.made()
    await fund(desk, number)
    there = await desk.everything()
    with pytest.raises(PayoutAccountNotEmpty):
        await desk.perform("merchants.change", merchant=number, settings={"payout_accounts": {"SAR": None}})
    assert await desk.everything() == there
    await desk.perform("merchants.change", merchant=number, settings={"payout_accounts": {"AED": None}})
    assert [account.currency for account in await desk.payout.accounts(desk.ctx().of(number))] == ["KWD", "SAR"]


async def test_a_list_that_locks_out_a_live_key_must_be_said_twice(desk: Desk) -> None:
    number = await desk.made()
    (card, _) = await desk.directory.list_keys(desk.ctx(), CONSOLE, number)
    desk.merchants.uses.tell(number, card.id, "198.51.100.9")
    await desk.merchants.uses.settled()
    there = await desk.everything()
    said = {"merchant": number, "settings": {"ip_allow_list": ["203.0.113.0/24"]}}
    with pytest.raises(AllowListLocksOut) as locked:
        await desk.perform("merchants.change", **said)
    assert locked.value.addresses == ("198.51.100.9",)
    assert await desk.everything() == there
    await desk.perform("merchants.change", merchant=number, settings={"ip_allow_list": ["198.51.100.0/24"]})
    await desk.perform("merchants.change", even_if_locked_out=True, **said)
    assert (await view(desk, number)).merchant.ip_allow_list == ("203.0.113.0/24",)
    desk.later(days=31)
    await desk.perform("merchants.change", **said)


async def test_a_suspension_is_lifted_by_two_people(desk: Desk) -> None:
    number = await desk.made()
    await desk.perform("merchants.suspend", merchant=number, level="money_out")
    assert (await view(desk, number)).merchant.suspension is SuspensionLevel.MONEY_OUT
    await desk.perform("merchants.suspend", merchant=number, level="all")
    assert (await desk.record("merchants.suspend")).before == {"suspension": "money_out"}
    assert isinstance(await desk.perform("merchants.resume", merchant=number), Approval)
    assert (await view(desk, number)).merchant.suspension is SuspensionLevel.ALL
    await desk.agreed("merchants.resume", merchant=number)
    assert (await view(desk, number)).merchant.status is MerchantStatus.ACTIVE


async def test_a_merchant_is_closed_when_nothing_of_it_is_open(desk: Desk) -> None:
    number = await desk.made()
    await fund(desk, number)
    there = await desk.everything()
    with pytest.raises(MerchantNotSuspended):
        await desk.perform("merchants.close", merchant=number)
    assert await desk.everything() == there
    await desk.perform("merchants.suspend", merchant=number, level="all")
    there = await desk.everything()
    with pytest.raises(MerchantHasOpen) as has:
        await desk.perform("merchants.close", merchant=number)
    assert has.value.open == ("payout:available 100.00 SAR",)
    assert await desk.everything() == there
    said = {"purse": "payout", "amount": "100", "asset": "SAR", "reason": "Leaves us", "document": None}
    await desk.agreed("money.pay_out", merchant=number, **said)
    await desk.perform("merchants.close", merchant=number)
    assert (await view(desk, number)).merchant.status is MerchantStatus.CLOSED
    for action, more in (
        ("merchants.suspend", {"level": "all"}),
        ("merchants.close", {}),
        ("merchants.change", {"settings": {"permissions": []}}),
        ("merchant_keys.create", {"api": "card"}),
    ):
        with pytest.raises(MerchantClosed):
            await desk.perform(action, merchant=number, **more)
    with pytest.raises(MerchantNameTaken):
        await desk.made()


async def test_a_close_and_a_resume_at_once_have_one_order(desk: Desk, beside: Desk) -> None:
    for name in ("A", "B", "C"):
        number = await desk.made(name)
        await desk.perform("merchants.suspend", merchant=number, level="all")
        asked = await desk.perform("merchants.resume", merchant=number)
        assert isinstance(asked, Approval)
        by = await desk.second.sign_in()
        ends = await asyncio.gather(
            desk.room.approvals.approve(desk.ctx(by), by, asked.asked.id),
            beside.perform("merchants.close", merchant=number),
            return_exceptions=True,
        )
        status = (await view(desk, number)).merchant.status
        refused = [type(end) for end in ends if isinstance(end, Exception)]
        assert (status, refused) in [
            (MerchantStatus.CLOSED, [MerchantClosed]),
            (MerchantStatus.ACTIVE, [MerchantNotSuspended]),
        ]


async def test_whoever_lacks_the_permission_changes_nothing(desk: Desk) -> None:
    number = await desk.made()
    support = await (await desk.somebody("sam", "support")).sign_in()
    there = await desk.everything()
    orders = {
        "merchants.create": {"name": "X", "permissions": []},
        "merchants.change": {"settings": {"permissions": []}},
        "limits.change": {"settings": {"cooling_off_s": 1}},
        "fees.change": {"rate": "0", "fixed": "0", "minimum": "0", "bearer": "payee"},
        "merchants.suspend": {"level": "api"},
        "merchants.resume": {},
        "merchants.close": {},
        "merchant_keys.create": {"api": "card"},
        "merchant_keys.revoke": {"key": 1},
        "merchant_keys.expire": {"key": 1},
    }
    for action, said in orders.items():
        with pytest.raises(PermissionMissing):
            await desk.perform(action, support, **{"merchant": number, **said})
    assert await desk.everything() == there
    assert (await desk.directory.get(desk.ctx(support), support, number)).merchant.name == "Shop"


# ── fees ─────────────────────────────────────────────────────────────────────────────────────────────────────────────

FEE = {"rate": "0.01", "fixed": "2", "minimum": "3", "bearer": "merchant"}


async def test_a_fee_holds_from_its_instant_on(desk: Desk, beside: Desk) -> None:
    number = await desk.made()
    ctx = desk.ctx().of(number)
    at = desk.clock.now() + timedelta(hours=12)
    await desk.agreed("fees.change", merchant=number, holds_from=at.isoformat(), **FEE)
    desk.clock.advance(at - desk.clock.now() - timedelta(microseconds=1))
    assert (await desk.payout.get(ctx)).fee.fixed == 0
    desk.clock.advance(timedelta(microseconds=1))
    assert (await desk.payout.get(ctx)).fee.fixed == Decimal(2)
    assert (await beside.payout.get(ctx)).fee.on(Money.parse("1000", "SAR")) == Money.parse("12", "SAR")
    record = await desk.record("fees.change")
    assert record.before == {"fee": {"rate": "0", "fixed": "0", "minimum": "0", "bearer": "payee"}}
    assert record.after == {"fee": {**FEE, "holds_from": at.isoformat()}}


async def test_fees_have_a_history_and_the_last_decided_of_one_instant_holds(desk: Desk) -> None:
    number = await desk.made()
    at = (desk.clock.now() + timedelta(days=1)).isoformat()
    await desk.agreed("fees.change", merchant=number, holds_from=at, **FEE)
    await desk.agreed("fees.change", merchant=number, holds_from=at, **{**FEE, "fixed": "4"})
    await desk.agreed("fees.change", merchant=number, **{**FEE, "fixed": "1"})
    found = await desk.directory.list_fees(desk.ctx(), CONSOLE, number)
    assert [fee.fee.fixed for fee in found] == [1, 4, 2, 0]
    assert (await desk.payout.get(desk.ctx().of(number))).fee.fixed == 1
    desk.later(days=2)
    assert (await desk.payout.get(desk.ctx().of(number))).fee.fixed == 4
    older = await desk.directory.list_fees(desk.ctx(), CONSOLE, number, before=found[1].fee.id)
    assert [fee.fee.fixed for fee in older] == [2, 0]


async def test_a_fee_of_the_past_or_out_of_range_is_refused(desk: Desk) -> None:
    number = await desk.made()
    there = await desk.everything()
    past = (desk.clock.now() - timedelta(seconds=1)).isoformat()
    for said in ({"holds_from": past}, {"rate": "1.1"}, {"fixed": "-1"}, {"minimum": "NaN"}):
        with pytest.raises(SettingInvalid):
            await desk.perform("fees.change", merchant=number, **{**FEE, **said})
    for said in ({"holds_from": "tomorrow"}, {"holds_from": "2027-01-01T00:00:00"}, {"bearer": "bank"}, {"rate": "x"}):
        with pytest.raises(ArgumentsUnusable):
            await desk.perform("fees.change", merchant=number, **{**FEE, **said})
    assert await desk.everything() == there


# ── screening ────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_a_merchant_that_is_made_or_renamed_waits_for_its_screening(desk: Desk) -> None:
    columns, values = "id, source, state, digest, files, begun_at", "1, 'un', 'active', '', '{}', now()"
    await desk.sql(f"INSERT INTO screening_list ({columns}) VALUES ({values})")
    number = await desk.made()
    waiting = "SELECT merchant_id, subject_kind, subject_id FROM screening_wait"
    assert await desk.sql(waiting) == [(number, "merchant", number)]
    jobs = "SELECT count(*) FROM job WHERE kind = 'screening.subject' AND merchant_id = %(merchant)s"
    assert await desk.sql(jobs, merchant=number) == [(1,)]
    await desk.sql("DELETE FROM screening_wait")
    await desk.perform("merchants.change", merchant=number, settings={"name": "Another Shop"})
    assert await desk.sql(waiting) == [(number, "merchant", number)]
    await desk.sql("DELETE FROM screening_wait")
    await desk.perform("merchants.change", merchant=number, settings={"min_sign_version": 2})
    assert await desk.sql(waiting) == []
