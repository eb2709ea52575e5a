"""Cancelling: the balance comes home exactly once, whatever is still under way, and whatever arrives later."""

from decimal import Decimal

import pytest

from bursar.cards.catalogue.errors import CardHeldAlready
from bursar.cards.catalogue.model import CardOperation, Preconditions
from bursar.cards.due import RedeemCard
from bursar.cards.errors import (
    CancellationFailed,
    CardIsCancelled,
    CardNotIssuedYet,
    CardOperationNotOffered,
    CardUnknown,
)
from bursar.customers.model import KycLevel
from bursar.kernel.errors import Refused
from bursar.kernel.money import Money
from bursar.ledger import chart
from bursar.ledger.errors import InsufficientFunds
from bursar.ledger.model import Operation, Transfer, fingerprint
from bursar.ledger.store import EntryFilter
from tests.cards.bank import FIRST_PAGE, PHYSICAL, VIRTUAL, Bank, both, purchase, twice, usd

START = "999.000000"
"""1,000 USDT less the opening fee of one card."""


async def test_the_balance_is_the_merchants_again(bank: Bank) -> None:
    card = await bank.card(load="50")
    assert await bank.money() == ("949.000000", "0.000000")
    await bank.cancellations.cancel(bank.ctx(), card, "no longer needed")
    assert await bank.status(card) == "cancelled"
    assert (await bank.on_card(card), await bank.money()) == (("0.00", "0.00"), (START, "0.000000"))
    assert (await bank.bills(card))[0] == ("redemption", "succeeded", "50.00")
    assert (await bank.events(card))[-3:] == ["card_status_changed", "card_redeemed", "card_status_changed"]


async def test_the_due_work_that_is_left_over_does_nothing_more(bank: Bank) -> None:
    card = await bank.card(load="50")
    await bank.cancellations.cancel(bank.ctx(), card, None)
    await bank.settle()
    before = await bank.rows()
    await twice(bank.cancellations.redeem, bank.ctx(), RedeemCard(card))
    assert await bank.rows() == before


async def test_an_empty_card_is_cancelled_without_a_bill(bank: Bank) -> None:
    card = await bank.card()
    await bank.cancellations.cancel(bank.ctx(), card, None)
    assert (await bank.status(card), await bank.bills(card)) == ("cancelled", [])
    assert "card_redeemed" not in await bank.events(card)


async def test_a_balance_in_another_currency_is_rounded_down(bank: Bank) -> None:
    card = await bank.card(load="50")
    await bank.catalogue.change(bank.ctx(), VIRTUAL, {"rate_usdt": Decimal(3)})
    await bank.cancellations.cancel(bank.ctx(), card, None)
    assert await bank.money() == ("965.666666", "0.000000")


@pytest.mark.parametrize("state", ["normal", "locked", "pending_activation"])
async def test_what_can_be_cancelled(bank: Bank, state: str) -> None:
    card = await bank.card(PHYSICAL if state == "pending_activation" else VIRTUAL)
    if state == "locked":
        await bank.lifecycle.lock(bank.ctx(), card, None)
    assert await bank.status(card) == state
    await bank.cancellations.cancel(bank.ctx(), card, None)
    assert await bank.status(card) == "cancelled"


async def test_refusals(bank: Bank) -> None:
    making = (await bank.ordered()).card_id or 0
    async with bank.refused(CardNotIssuedYet):
        await bank.cancellations.cancel(bank.ctx(), making, None)
    card = await bank.card()
    async with bank.refused(CardUnknown):
        await bank.cancellations.cancel(bank.ctx(), 1, None)
    await bank.cancellations.cancel(bank.ctx(), card, None)
    await bank.settle()
    async with bank.refused(CardIsCancelled):
        await bank.cancellations.cancel(bank.ctx(), card, None)
    other = await bank.card()
    await bank.offer_no(CardOperation.CANCEL)
    async with bank.refused(CardOperationNotOffered):
        await bank.cancellations.cancel(bank.ctx(), other, None)


async def test_who_may_is_asked_after_the_card_and_before_the_issuer(bank: Bank) -> None:
    class NotAllowed(Refused):
        """Somebody else may."""

    async def nobody() -> None:
        raise NotAllowed

    gone, card = await bank.card(), await bank.card(load="20")
    await bank.cancellations.cancel(bank.ctx(), gone, None)
    await bank.settle()
    await bank.fault("issuer.cancel", "refuse")
    async with bank.refused(CardIsCancelled):
        await bank.cancellations.cancel(bank.ctx(), gone, None, allow=nobody)
    async with bank.refused(NotAllowed):
        await bank.cancellations.cancel(bank.ctx(), card, None, allow=nobody)
    async with bank.refused(CancellationFailed):
        await bank.cancellations.cancel(bank.ctx(), card, None)


@pytest.mark.parametrize("outcome", ["refuse", "error", "timeout", "unreachable"])
async def test_an_issuer_that_does_not_cancel_leaves_card_and_money(bank: Bank, outcome: str) -> None:
    card = await bank.card(load="20")
    await bank.fault("issuer.cancel", outcome)
    async with bank.refused(CancellationFailed, *(() if outcome == "refuse" else ("ledger_operation", "job"))):
        await bank.cancellations.cancel(bank.ctx(), card, None)
    await bank.later(minutes=2)
    assert (await bank.status(card), await bank.on_card(card)) == ("normal", ("20.00", "0.00"))
    await bank.cancellations.cancel(bank.ctx(), card, None)
    assert await bank.money() == (START, "0.000000")


async def test_a_cancellation_whose_answer_was_lost_is_found_and_redeemed(bank: Bank) -> None:
    card = await bank.card(load="20")
    await bank.fault("issuer.cancel", "timeout")
    with pytest.raises(CancellationFailed):
        await bank.cancellations.cancel(bank.ctx(), card, None)
    await bank.issuer.cancel(f"card:{card}")  # the request had arrived
    await bank.later(minutes=2)
    assert (await bank.status(card), await bank.money()) == ("cancelled", (START, "0.000000"))


# ── what is under way ────────────────────────────────────────────────────────────────────────────────────────────


async def test_a_held_purchase_is_waited_for_and_cleared(bank: Bank) -> None:
    card = await bank.card(load="50")
    bought = await bank.spend(card, "20")
    await bank.cancellations.cancel(bank.ctx(), card, None)
    await bank.settle()
    assert (await bank.status(card), await bank.on_card(card)) == ("cancelling", ("30.00", "20.00"))
    assert (await bank.network.authorize(bank.ctx(), card, purchase("1"))).reason == "card cancelling"
    await bank.network.clear(bank.ctx(), bought, usd("25"))
    await bank.settle()
    assert (await bank.status(card), await bank.on_card(card)) == ("cancelled", ("0.00", "0.00"))
    assert await bank.money() == ("974.000000", "0.000000")


@pytest.mark.parametrize("end", ["reverse", "expire"])
async def test_a_held_purchase_is_waited_for_and_given_up(bank: Bank, end: str) -> None:
    card = await bank.card(load="50")
    bought = await bank.spend(card, "20")
    await bank.cancellations.cancel(bank.ctx(), card, None)
    if end == "reverse":
        await bank.network.reverse(bank.ctx(), bought)
        await bank.settle()
    else:
        await bank.later(days=8)
    assert (await bank.status(card), await bank.money()) == ("cancelled", (START, "0.000000"))


@pytest.mark.parametrize("outcome", ["arrives", "refused"])
async def test_a_recharge_under_way_is_waited_for(bank: Bank, outcome: str) -> None:
    card = await bank.card(load="50")
    await bank.recharge(card, "10")
    await bank.cancellations.cancel(bank.ctx(), card, None)
    assert await bank.status(card) == "cancelling"
    if outcome == "refused":
        await bank.fault("issuer.recharge", "refuse")
    await bank.settle()
    assert (await bank.status(card), await bank.money()) == ("cancelled", (START, "0.000000"))


async def test_a_refund_that_comes_later_is_redeemed_as_well(bank: Bank) -> None:
    card = await bank.card(load="50")
    bought = await bank.spend(card, "20")
    await bank.network.clear(bank.ctx(), bought, None)
    await bank.cancellations.cancel(bank.ctx(), card, None)
    assert await bank.money() == ("979.000000", "0.000000")
    await bank.network.refund(bank.ctx(), bought, None)
    await bank.settle()
    assert (await bank.on_card(card), await bank.money()) == (("0.00", "0.00"), (START, "0.000000"))
    assert await bank.status(card) == "cancelled"


# ── debts ────────────────────────────────────────────────────────────────────────────────────────────────────────


async def indebted(bank: Bank) -> int:
    """A card with 30.00 USD missing: 50 was loaded, and 80 cleared."""
    card = await bank.card(load="50")
    bought = await bank.spend(card, "20")
    await bank.network.clear(bank.ctx(), bought, usd("80"))
    assert await bank.on_card(card) == ("-30.00", "0.00")
    return card


async def test_a_debt_is_paid_by_the_merchant_when_the_card_is_cancelled(bank: Bank) -> None:
    card = await indebted(bank)
    await bank.catalogue.change(bank.ctx(), VIRTUAL, {"rate_usdt": Decimal("0.9")})
    await bank.cancellations.cancel(bank.ctx(), card, None)
    assert (await bank.status(card), await bank.on_card(card)) == ("cancelled", ("0.00", "0.00"))
    assert await bank.money() == ("915.666666", "0.000000")  # 949 less 33.333333..., rounded up
    assert (await bank.bills(card))[0] == ("debt", "succeeded", "30.00")
    assert "card_redeemed" not in await bank.events(card)
    page = await bank.merchants.fund_movements(bank.ctx(), EntryFilter(kinds=("card_debt",)), FIRST_PAGE)
    assert [(row.kind, row.amount.minor) for row in page.rows] == [("card_debt", -33_333_334)]
    await bank.check_books()


async def test_an_account_below_zero_pays_nothing_and_takes_everything(bank: Bank) -> None:
    poor = await bank.card(load="900")
    bought = await bank.spend(poor, "1")
    await bank.network.clear(bank.ctx(), bought, usd("1900"))
    other = await bank.card()
    await bank.cancellations.cancel(bank.ctx(), poor, None)
    assert await bank.money() == ("-902.000000", "0.000000")
    async with bank.refused(InsufficientFunds):
        await bank.recharge(other, "10")
    holder = await bank.holder()
    async with bank.refused(InsufficientFunds, "ledger_account"):  # the new card's accounts, empty
        await bank.ordered(customer=holder)
    await bank.fund("902")
    async with bank.refused(InsufficientFunds):
        await bank.recharge(other, "10")
    await bank.fund("10")
    assert (await bank.recharge(other, "10")).status == "processing"
    await bank.check_books()


async def test_what_comes_to_a_cancelled_card_is_the_merchants_in_the_same_commit(bank: Bank) -> None:
    card = await bank.card(load="50")
    bought = await bank.spend(card, "20")
    await bank.later(days=8)  # expired
    await bank.cancellations.cancel(bank.ctx(), card, None)
    assert await bank.money() == (START, "0.000000")
    await bank.network.clear(bank.ctx(), bought, usd("20"))
    assert (await bank.status(card), await bank.on_card(card)) == ("cancelled", ("0.00", "0.00"))
    assert await bank.money() == ("979.000000", "0.000000")
    await bank.network.refund(bank.ctx(), bought, None)
    assert (await bank.on_card(card), await bank.money()) == (("0.00", "0.00"), (START, "0.000000"))
    kinds = [kind for kind, _, _ in await bank.bills(card)]
    assert sorted(kinds) == ["debt", "purchase", "purchase", "recharge", "redemption", "redemption", "refund"]
    await bank.check_books()


async def test_an_old_debt_of_a_cancelled_card_is_paid_by_due_work(bank: Bank) -> None:
    card = await bank.card(load="50")
    await bank.cancellations.cancel(bank.ctx(), card, None)
    clearing = Transfer(
        "clearing", chart.card_available(card, "USD"), chart.issuer_clearing("USD"), Money.parse("20", "USD"), True
    )
    before = Operation("before", fingerprint("before"), "card_purchase_cleared", f"card:{card}", transfers=(clearing,))
    await bank.ledger.commit(bank.ctx(), before)
    assert await bank.on_card(card) == ("-20.00", "0.00")
    await twice(bank.cancellations.redeem, bank.ctx(), RedeemCard(card))
    assert (await bank.on_card(card), await bank.money()) == (("0.00", "0.00"), ("979.000000", "0.000000"))


@pytest.mark.parametrize("race", range(3))
async def test_a_clearing_that_meets_a_cancellation_is_paid_from_the_card_or_the_merchant(
    bank: Bank, other: Bank, race: int
) -> None:
    card = await bank.card(load="50")
    bought = await bank.spend(card, "20")
    await bank.later(days=8)
    results = await both(
        lambda: bank.cancellations.cancel(bank.ctx(), card, None),
        lambda: other.network.clear(other.ctx(), bought, usd("60")),
    )
    assert not [result for result in results if isinstance(result, Exception)]
    await bank.settle()
    assert (await bank.status(card), await bank.on_card(card)) == ("cancelled", ("0.00", "0.00"))
    assert await bank.money() == ("939.000000", "0.000000")
    await bank.check_books()


# ── afterwards ───────────────────────────────────────────────────────────────────────────────────────────────────


async def test_a_customer_who_may_have_one_card_may_have_another_once_it_is_cancelled(bank: Bank) -> None:
    one = Preconditions(kyc_level=KycLevel.PRIMARY, one_per_customer=True)
    await bank.catalogue.change(bank.ctx(), VIRTUAL, {"preconditions": one})
    holder = await bank.holder()
    card = await bank.card(customer=holder, load="50")
    bought = await bank.spend(card, "20")
    await bank.cancellations.cancel(bank.ctx(), card, None)
    with pytest.raises(CardHeldAlready):
        await bank.ordered(customer=holder)
    await bank.network.reverse(bank.ctx(), bought)
    await bank.settle()
    second = await bank.card(customer=holder)
    assert (await bank.status(card), await bank.status(second)) == ("cancelled", "normal")


# ── races ────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_two_who_cancel_at_once_redeem_once(bank: Bank, other: Bank) -> None:
    card = await bank.card(load="50")
    results = await both(
        lambda: bank.cancellations.cancel(bank.ctx(), card, None),
        lambda: other.cancellations.cancel(other.ctx(), card, None),
    )
    assert sorted(type(result).__name__ for result in results) == ["CardIsCancelled", "NoneType"]
    await bank.settle()
    assert await bank.money() == (START, "0.000000")
    assert [kind for kind, _, _ in await bank.bills(card)] == ["redemption", "recharge"]


@pytest.mark.parametrize("race", range(5))
async def test_an_opening_that_meets_a_cancellation_is_refused_before_it_or_accepted_after_it(
    bank: Bank, other: Bank, race: int
) -> None:
    one = Preconditions(kyc_level=KycLevel.PRIMARY, one_per_customer=True)
    await bank.catalogue.change(bank.ctx(), VIRTUAL, {"preconditions": one})
    holder = await bank.holder()
    card = await bank.card(customer=holder)
    before = await bank.money()
    cancelled, ordered = await both(
        lambda: bank.cancellations.cancel(bank.ctx(), card, None), lambda: other.ordered(customer=holder)
    )
    assert cancelled is None
    await bank.settle()
    assert await bank.status(card) == "cancelled"
    if isinstance(ordered, CardHeldAlready):
        assert await bank.money() == before
        ordered = await bank.ordered(customer=holder)
        await bank.settle()
    assert await bank.status(ordered.card_id) == "normal"


async def test_a_purchase_that_meets_a_cancellation_is_held_for_or_declined(bank: Bank, other: Bank) -> None:
    card = await bank.card(load="50")
    cancelled, answer = await both(
        lambda: bank.cancellations.cancel(bank.ctx(), card, None),
        lambda: other.network.authorize(other.ctx(), card, purchase("20")),
    )
    assert cancelled is None
    await bank.settle()
    if answer.approved:
        assert (await bank.status(card), await bank.on_card(card)) == ("cancelling", ("30.00", "20.00"))
        await bank.network.clear(bank.ctx(), answer.transaction_id, None)
        await bank.settle()
    spent = Decimal(20 if answer.approved else 0)
    assert (await bank.status(card), await bank.on_card(card)) == ("cancelled", ("0.00", "0.00"))
    assert Decimal((await bank.money())[0]) == Decimal(START) - spent


async def test_a_refund_that_meets_a_cancellation_comes_home_too(bank: Bank, other: Bank) -> None:
    card = await bank.card(load="50")
    bought = await bank.spend(card, "20")
    await bank.network.clear(bank.ctx(), bought, None)
    results = await both(
        lambda: bank.cancellations.cancel(bank.ctx(), card, None),
        lambda: other.network.refund(other.ctx(), bought, None),
    )
    assert not [result for result in results if isinstance(result, Exception)]
    await bank.settle()
    assert (await bank.on_card(card), await bank.money()) == (("0.00", "0.00"), (START, "0.000000"))


async def test_a_lock_that_meets_a_cancellation_loses_or_comes_first(bank: Bank, other: Bank) -> None:
    card = await bank.card(load="50")
    cancelled, locked = await both(
        lambda: bank.cancellations.cancel(bank.ctx(), card, None), lambda: other.lifecycle.lock(other.ctx(), card, None)
    )
    assert cancelled is None
    assert locked is None or isinstance(locked, CardIsCancelled)
    assert (await bank.status(card), await bank.money()) == ("cancelled", (START, "0.000000"))
