"""Cards of a merchant whose money does not go out: they decline, and what the network has done is booked."""

import asyncio

import pytest

from bursar.cards.authorizations.model import AuthorizationKind
from bursar.cards.model import ChallengeMode, OrderKind
from bursar.kernel.money import Money
from bursar.merchants.errors import MerchantSuspended
from bursar.merchants.model import MerchantChange
from tests.cards.bank import Bank, purchase, usd

HOLDING = ["money_out", "all"]


async def stands(bank: Bank, **change: str) -> None:
    await bank.merchants.change(bank.ctx(), MerchantChange(**change))


@pytest.mark.parametrize("level", ["api", *HOLDING])
async def test_no_money_goes_to_cards_and_nothing_changes(bank: Bank, level: str) -> None:
    card, holder = await bank.card(load="50"), await bank.holder()
    unpaid, opening = await bank.recharge(card, "10", auto_pay=False), await bank.ordered(auto_pay=False)
    await stands(bank, suspension=level)
    async with bank.refused(MerchantSuspended):
        await bank.recharge(card, "10")
    async with bank.refused(MerchantSuspended):
        await bank.recharge(card, "10", auto_pay=False)
    async with bank.refused(MerchantSuspended, "ledger_account"):  # empty ones of a card that did not come to be
        await bank.ordered(customer=holder)
    async with bank.refused(MerchantSuspended):
        await bank.orders.pay(bank.ctx(), OrderKind.RECHARGE, unpaid.id)
    async with bank.refused(MerchantSuspended, "ledger_account"):
        await bank.orders.pay(bank.ctx(), OrderKind.OPENING, opening.id)
    await stands(bank, status="active")
    assert (await bank.orders.pay(bank.ctx(), OrderKind.RECHARGE, unpaid.id)).status == "processing"


@pytest.mark.parametrize(("level", "adds"), [("api", False), ("money_out", True), ("all", False)])
async def test_customers_are_new_where_calls_are_answered(bank: Bank, level: str, adds: bool) -> None:
    await stands(bank, suspension=level)
    if adds:
        assert await bank.customer()
        return
    async with bank.refused(MerchantSuspended):
        await bank.customer()


@pytest.mark.parametrize("level", HOLDING)
async def test_what_was_paid_before_is_finished_with_the_issuer(bank: Bank, level: str) -> None:
    card = await bank.card()
    opening = await bank.ordered()
    await bank.recharge(card, "50")
    await stands(bank, suspension=level)
    await bank.settle()
    assert await bank.on_card(card) == ("50.00", "0.00")
    assert await bank.status(opening.card_id or 0) == "normal"
    await bank.check_books()


@pytest.mark.parametrize("kind", [AuthorizationKind.PURCHASE, AuthorizationKind.CASH, AuthorizationKind.ACCOUNT_CHECK])
@pytest.mark.parametrize("level", HOLDING)
async def test_cards_decline_and_say_why_once_for_each_reference(
    bank: Bank, level: str, kind: AuthorizationKind
) -> None:
    card = await bank.card(load="50")
    await stands(bank, suspension=level)
    asked = purchase("0" if kind is AuthorizationKind.ACCOUNT_CHECK else "20", kind=kind)
    first = await bank.network.authorize(bank.ctx(), card, asked, reference="r-1")
    assert (first.approved, first.reason) == (False, "merchant suspended")
    assert await bank.on_card(card) == ("50.00", "0.00")
    await stands(bank, status="active")
    assert await bank.network.authorize(bank.ctx(), card, asked, reference="r-1") == first
    assert (await bank.network.authorize(bank.ctx(), card, asked, reference="r-2")).approved
    await bank.check_books()


async def test_more_is_not_held_and_no_challenge_is_opened(bank: Bank) -> None:
    card = await bank.card(load="50")
    held = await bank.spend(card, "20")
    await stands(bank, suspension="money_out")
    more = await bank.network.increment(bank.ctx(), held, usd("5"))
    assert (more.approved, more.reason) == (False, "merchant suspended")
    assert await bank.on_card(card) == ("30.00", "20.00")
    async with bank.refused(MerchantSuspended):
        await bank.challenges.open(bank.ctx(), card, ChallengeMode.OTP, Money.parse("5", "USD"), "Demo shop")


async def test_at_the_level_api_cards_pay(bank: Bank) -> None:
    card = await bank.card(load="50")
    await stands(bank, status="suspended")
    assert (await bank.network.authorize(bank.ctx(), card, purchase("20"))).approved


async def test_what_the_network_has_done_is_booked_and_told(bank: Bank) -> None:
    card = await bank.card(load="100")
    cleared, reversed_, _ = [await bank.spend(card, amount) for amount in ("10", "20", "30")]
    await stands(bank, suspension="all")
    ctx, told = bank.ctx, len(await bank.events(card))
    await bank.network.clear(ctx(), cleared, usd("12"))
    await bank.network.reverse(ctx(), reversed_)
    await bank.network.refund(ctx(), cleared, usd("2"))
    await bank.network.force_post(ctx(), card, purchase("5"))
    stood_in = await bank.network.advise(ctx(), card, purchase("7"), approved=True)
    assert (stood_in.approved, stood_in.problem) == (True, "stand_in")
    await bank.later(days=8)
    assert await bank.on_card(card) == ("85.00", "0.00")
    assert len(await bank.events(card)) == told + 7  # five facts, and two purchases that nobody cleared
    await bank.check_books()


async def test_what_is_left_on_a_cancelled_card_comes_home(bank: Bank) -> None:
    card = await bank.card(load="50")
    before = await bank.money()
    await stands(bank, suspension="money_out")
    await bank.cancellations.cancel(bank.ctx(), card, None)
    await bank.settle()
    assert await bank.status(card) == "cancelled"
    assert await bank.money() > before
    await bank.check_books()


async def test_of_many_recharges_at_once_none_is_taken_on_after_the_suspension(bank: Bank, other: Bank) -> None:
    await bank.fund("1000")
    card = await bank.card()
    took: list[str] = []

    async def recharged(at: Bank) -> int:
        """Five, one after the other; how many were taken on."""
        for taken in range(5):
            try:
                took.append((await at.recharge(card, "10")).status)
            except MerchantSuspended:
                return taken
        return 5

    async def suspended() -> int:
        while len(took) < 5:
            await asyncio.sleep(0)
        await stands(bank, suspension="money_out")
        return await frozen(bank)

    at_suspension, *taken = await asyncio.gather(
        suspended(), *(recharged(at) for _ in range(5) for at in (bank, other))
    )
    assert await frozen(bank) == at_suspension == 10_000_000 * sum(taken)
    assert 5 <= sum(taken) < 50
    assert [await recharged(at) for at in (bank, other)] == [0, 0]
    await bank.settle()
    assert await bank.on_card(card) == (f"{10 * sum(taken)}.00", "0.00")
    await bank.check_books()


async def frozen(bank: Bank) -> int:
    """What is frozen, in minor units."""
    return int((await bank.money())[1].replace(".", ""))
