"""Facts of the card network: each is booked, once, with bills that add up; what does not fit is put before a person."""

from dataclasses import replace
from decimal import Decimal

import pytest

from bursar.cards.authorizations.model import AuthorizationKind, DualAmount
from bursar.cards.due import ExpireAuthorization
from bursar.cards.errors import CardTransactionUnknown, CardUnknown, NetworkFactUnknown, NothingLeft, ReferenceConflict
from bursar.cards.store import BillFilter
from bursar.kernel.money import Money
from tests.cards.bank import FIRST_PAGE, Bank, both, purchase, usd

CHECK, CASH = AuthorizationKind.ACCOUNT_CHECK, AuthorizationKind.CASH


@pytest.fixture
async def card(bank: Bank) -> int:
    """A card with 100.00 on it."""
    return await bank.card(load="100")


async def unmatched(bank: Bank) -> list[tuple[str, str | None]]:
    """Kind and problem of what waits for an operator, oldest first."""
    facts = await bank.network.list_unmatched()
    assert facts == sorted(facts, key=lambda fact: (fact.at, fact.id), reverse=True)
    return sorted((fact.kind, fact.problem) for fact in facts)


async def spent(bank: Bank, card: int) -> list[tuple[str, str, str]]:
    """Kind, status and amount of the bills but for recharges, in any order but the same each time."""
    return sorted(bill for bill in await bank.bills(card) if bill[0] != "recharge")


# ── several clearings ────────────────────────────────────────────────────────────────────────────────────────────────


async def test_the_hold_shrinks_by_each_clearing_and_the_final_one_releases_the_rest(bank: Bank, card: int) -> None:
    bought = await bank.spend(card, "60")
    first = await bank.network.clear(bank.ctx(), bought, usd("25"), final=False)
    assert (first.amount, first.held, first.status, first.problem) == ("25.00", "35.00", "cleared", None)
    assert await bank.on_card(card) == ("40.00", "35.00")
    assert await spent(bank, card) == [("purchase", "authorised", "35.00"), ("purchase", "cleared", "25.00")]
    last = await bank.network.clear(bank.ctx(), bought, usd("20"))
    assert (last.amount, last.held, last.problem) == ("20.00", "0.00", None)
    assert await bank.on_card(card) == ("55.00", "0.00")
    assert await spent(bank, card) == [("purchase", "cleared", "20.00"), ("purchase", "cleared", "25.00")]
    assert await unmatched(bank) == []


async def test_merchants_are_told_of_each_clearing_and_of_what_is_still_held(bank: Bank, card: int) -> None:
    bought = await bank.spend(card, "60")
    await bank.network.clear(bank.ctx(), bought, usd("25"), final=False)
    told = [detail for event, detail in await bank.told(card) if event == "card_consumed"]
    assert sorted((d["status"], d["amount"], d["original_amount"]) for d in told) == [
        ("authorised", "3500", "35.00"),
        ("authorised", "6000", "60.00"),
        ("cleared", "2500", "25.00"),
    ]
    assert {detail["reference"] for detail in told} == {bought}


async def test_the_last_of_as_many_clearings_as_were_announced_is_final(bank: Bank, card: int) -> None:
    bought = await bank.spend(card, "60")
    await bank.network.clear(bank.ctx(), bought, usd("10"), final=False, to_come=2)
    await bank.network.clear(bank.ctx(), bought, usd("10"), final=False)
    assert await bank.on_card(card) == ("40.00", "40.00")
    await bank.network.clear(bank.ctx(), bought, usd("10"), final=False)
    assert await bank.on_card(card) == ("70.00", "0.00")
    assert await unmatched(bank) == []


async def test_expiry_releases_what_no_clearing_has_taken(bank: Bank, card: int) -> None:
    bought = await bank.spend(card, "60")
    await bank.network.clear(bank.ctx(), bought, usd("25"), final=False)
    await bank.later(days=8)
    assert await bank.on_card(card) == ("75.00", "0.00")
    assert await spent(bank, card) == [("purchase", "cleared", "25.00"), ("purchase", "expired", "35.00")]


async def test_a_preauthorization_holds_for_thirty_days(bank: Bank, card: int) -> None:
    await bank.network.authorize(bank.ctx(), card, purchase("60", kind=AuthorizationKind.PREAUTHORIZATION))
    await bank.later(days=29)
    assert (await bank.on_card(card))[1] == "60.00"
    await bank.later(days=2)
    assert (await bank.on_card(card))[1] == "0.00"


async def test_what_is_left_out_is_what_is_left_and_nothing_left_is_refused(bank: Bank, card: int) -> None:
    bought = await bank.spend(card, "60")
    async with bank.refused(NothingLeft):
        await bank.network.refund(bank.ctx(), bought)
    await bank.network.clear(bank.ctx(), bought, usd("25"), final=False)
    assert (await bank.network.clear(bank.ctx(), bought)).amount == "35.00"
    for fact in (bank.network.clear, bank.network.reverse):
        async with bank.refused(NothingLeft):
            await fact(bank.ctx(), bought)
    assert (await bank.network.refund(bank.ctx(), bought)).amount == "60.00"
    async with bank.refused(NothingLeft):
        await bank.network.refund(bank.ctx(), bought)
    assert await bank.on_card(card) == ("100.00", "0.00")


# ── what does not fit ────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("end", "problem"),
    [
        ("reverse", "over"),
        ("expire", "over"),
        ("clear", "over"),
        ("decline", "declined"),
    ],
)
async def test_a_clearing_of_what_is_over_is_booked_and_put_before_a_person(
    bank: Bank, card: int, end: str, problem: str
) -> None:
    asked = "5000" if end == "decline" else "10"
    bought = (await bank.network.authorize(bank.ctx(), card, purchase(asked))).transaction_id
    if end in ("reverse", "clear"):
        await getattr(bank.network, end)(bank.ctx(), bought)
    elif end == "expire":
        await bank.later(days=8)
    before = Decimal((await bank.on_card(card))[0])
    outcome = await bank.network.clear(bank.ctx(), bought, usd("120"))
    assert (outcome.problem, outcome.status, outcome.amount) == (problem, "cleared", "120.00")
    assert outcome.bill_id != bought
    assert await bank.on_card(card) == (str(before - 120), "0.00")
    assert await unmatched(bank) == [("clearing", problem)]
    await bank.network.reverse(bank.ctx(), bought, usd("1"))
    assert await bank.on_card(card) == (str(before - 120), "0.00")
    assert await unmatched(bank) == [("clearing", problem), ("reversal", problem)]


async def test_more_than_what_is_left_is_booked_too(bank: Bank, card: int) -> None:
    bought = await bank.spend(card, "30")
    await bank.network.clear(bank.ctx(), bought, usd("45"))
    assert await bank.on_card(card) == ("55.00", "0.00")
    await bank.network.refund(bank.ctx(), bought, usd("45.40"))
    assert await bank.on_card(card) == ("100.40", "0.00")
    held = await bank.spend(card, "20")
    await bank.network.reverse(bank.ctx(), held, usd("25"))
    assert await bank.on_card(card) == ("100.40", "0.00")
    assert await unmatched(bank) == [("clearing", "too_much"), ("refund", "too_much"), ("reversal", "too_much")]


async def test_money_that_nobody_asked_for_is_booked_and_can_be_referred_to(bank: Bank, card: int) -> None:
    posted = await bank.network.force_post(bank.ctx(), card, purchase("130"))
    assert await bank.on_card(card) == ("-30.00", "0.00")
    given = await bank.network.refund_unasked(bank.ctx(), card, purchase("50"))
    assert await bank.on_card(card) == ("20.00", "0.00")
    assert await unmatched(bank) == [("clearing", "unasked"), ("refund", "unasked")]
    assert await spent(bank, card) == [("purchase", "cleared", "130.00"), ("refund", "succeeded", "50.00")]
    await bank.network.refund(bank.ctx(), posted.transaction_id)
    assert await bank.on_card(card) == ("150.00", "0.00")
    async with bank.refused(NothingLeft):
        await bank.network.refund(bank.ctx(), given.transaction_id)


async def settle(bank: Bank, fact: int) -> None:
    decided = await bank.network.settled(bank.ctx(), fact, "the shop confirms it")
    await bank.ledger.commit(bank.ctx(), decided.operation(f"settled {fact}", b"settled"))


async def test_what_an_operator_has_looked_at_is_ticked_off_once(bank: Bank, card: int) -> None:
    for amount in ("1", "2", "3"):
        await bank.network.force_post(bank.ctx(), card, purchase(amount))
    newest, middle, oldest = await bank.network.list_unmatched()
    assert middle.said["amount"] == "2.00"
    assert await bank.network.list_unmatched(newest.id) == [middle, oldest]
    await settle(bank, middle.id)
    assert await bank.network.list_unmatched() == [newest, oldest]
    for number in (middle.id, 1):
        async with bank.refused(NetworkFactUnknown):
            await settle(bank, number)
    await bank.check_books()


# ── reversals, increments, cash, checks ──────────────────────────────────────────────────────────────────────────────


async def test_a_partial_reversal_releases_its_part(bank: Bank, card: int) -> None:
    bought = await bank.spend(card, "20")
    outcome = await bank.network.reverse(bank.ctx(), bought, usd("5"))
    assert (outcome.status, outcome.amount, outcome.held) == ("authorised", "15.00", "15.00")
    assert await bank.on_card(card) == ("85.00", "15.00")
    await bank.network.reverse(bank.ctx(), bought)
    assert await bank.on_card(card) == ("100.00", "0.00")
    assert await spent(bank, card) == [("purchase", "reversed", "15.00")]
    assert await unmatched(bank) == []


async def test_an_increment_holds_more_or_is_declined_and_leaves_it_as_it_was(bank: Bank, card: int) -> None:
    bought = await bank.spend(card, "20")
    more = await bank.network.increment(bank.ctx(), bought, usd("30"))
    assert (more.approved, more.amount, more.held) == (True, "30.00", "50.00")
    assert await bank.on_card(card) == ("50.00", "50.00")
    short = await bank.network.increment(bank.ctx(), bought, usd("50.01"))
    assert (short.approved, short.reason, short.held) == (False, "insufficient funds", "50.00")
    await bank.network.clear(bank.ctx(), bought)
    assert (await bank.network.increment(bank.ctx(), bought, usd("1"))).reason == "authorization cleared"
    assert await bank.on_card(card) == ("50.00", "0.00")
    assert await spent(bank, card) == [
        ("purchase", "cleared", "50.00"),
        ("purchase", "declined", "1.00"),
        ("purchase", "declined", "50.01"),
    ]
    assert await unmatched(bank) == []


async def test_cash_that_was_not_given_out_is_back(bank: Bank, card: int) -> None:
    taken = (await bank.network.authorize(bank.ctx(), card, purchase("40", kind=CASH))).transaction_id
    assert await bank.on_card(card) == ("60.00", "0.00")
    await bank.network.reverse(bank.ctx(), taken, usd("10"))
    assert await spent(bank, card) == [("cash", "succeeded", "30.00")]
    await bank.network.reverse(bank.ctx(), taken)
    assert await bank.on_card(card) == ("100.00", "0.00")
    assert await spent(bank, card) == [("cash", "reversed", "30.00")]
    await bank.network.reverse(bank.ctx(), taken, usd("10"))
    assert (await bank.on_card(card), await unmatched(bank)) == (("100.00", "0.00"), [("reversal", "over")])


@pytest.mark.parametrize("kind", [CHECK, AuthorizationKind.BALANCE_INQUIRY])
async def test_a_check_moves_nothing_and_says_whether_the_card_could_pay(
    bank: Bank, card: int, kind: AuthorizationKind
) -> None:
    asked = purchase("0", kind=kind)
    told = await bank.events(card)
    assert (await bank.network.authorize(bank.ctx(), card, asked)).approved
    await bank.lifecycle.lock(bank.ctx(), card, None)
    refused = await bank.network.authorize(bank.ctx(), card, asked)
    assert (refused.approved, refused.reason) == (False, "card locked")
    assert await bank.on_card(card) == ("100.00", "0.00")
    assert await spent(bank, card) == [("check", "failed", "0.00"), ("check", "succeeded", "0.00")]
    assert await bank.events(card) == [*told, "card_status_changed"]


# ── advices ──────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_an_advice_that_we_would_have_given_holds_the_money(bank: Bank, card: int) -> None:
    outcome = await bank.network.advise(bank.ctx(), card, purchase("60"), approved=True)
    assert (outcome.approved, outcome.problem) == (True, None)
    assert (await bank.on_card(card), await unmatched(bank)) == (("40.00", "60.00"), [])
    await bank.network.clear(bank.ctx(), outcome.transaction_id)
    assert (await bank.on_card(card), await unmatched(bank)) == (("40.00", "0.00"), [])


@pytest.mark.parametrize("why", ["short", "locked", "expired"])
async def test_an_advice_that_we_would_have_declined_holds_it_all_the_same(bank: Bank, card: int, why: str) -> None:
    amount = "150" if why == "short" else "60"
    if why == "locked":
        await bank.lifecycle.lock(bank.ctx(), card, None)
    if why == "expired":
        await bank.expired(card)
    outcome = await bank.network.advise(bank.ctx(), card, purchase(amount), approved=True)
    assert (outcome.approved, outcome.problem) == (True, "stand_in")
    assert await bank.on_card(card) == (str(Decimal("100.00") - Decimal(amount)), f"{amount}.00")
    assert await unmatched(bank) == [("advice", "stand_in")]


async def test_an_advice_of_a_decline_is_a_bill(bank: Bank, card: int) -> None:
    await bank.network.advise(bank.ctx(), card, purchase("60"), approved=False, reason="wrong PIN")
    assert (await spent(bank, card), await bank.on_card(card)) == (
        [("purchase", "declined", "60.00")],
        ("100.00", "0.00"),
    )


async def test_a_hold_on_a_cancelled_card_is_the_merchants_once_it_is_cleared(bank: Bank, card: int) -> None:
    await bank.cancellations.cancel(bank.ctx(), card, None)
    before = await bank.money()
    told = await bank.network.advise(bank.ctx(), card, purchase("30"), approved=True)
    assert (await bank.on_card(card), await bank.money()) == (("-30.00", "30.00"), before)
    await bank.network.clear(bank.ctx(), told.transaction_id, usd("10"), final=False)
    assert (await bank.on_card(card), await bank.money()) == (("-20.00", "20.00"), ("989.000000", "0.000000"))
    await bank.network.reverse(bank.ctx(), told.transaction_id)
    assert (await bank.on_card(card), await bank.money()) == (("0.00", "0.00"), ("989.000000", "0.000000"))


async def test_facts_about_a_card_that_was_never_made_are_its_merchants(bank: Bank) -> None:
    order = await bank.ordered()
    card = order.card_id or 0
    await bank.network.force_post(bank.ctx(), card, purchase("30"))
    assert await bank.on_card(card) == ("-30.00", "0.00")
    await bank.fault("issuer.register", "refuse")
    await bank.settle()
    assert (await bank.status(card), await bank.on_card(card)) == ("failed", ("0.00", "0.00"))
    assert await bank.money() == ("970.000000", "0.000000")
    await bank.network.refund_unasked(bank.ctx(), card, purchase("30"))
    assert (await bank.on_card(card), await bank.money()) == (("0.00", "0.00"), ("1000.000000", "0.000000"))


# ── expiry ───────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("kind", [AuthorizationKind.PURCHASE, CASH])
async def test_an_expired_card_pays_nothing(bank: Bank, card: int, kind: AuthorizationKind) -> None:
    await bank.expired(card)
    refused = await bank.network.authorize(bank.ctx(), card, purchase("1", kind=kind))
    assert (refused.approved, refused.reason) == (False, "card expired")
    assert await bank.on_card(card) == ("100.00", "0.00")


async def test_an_expired_card_holds_no_more_and_is_cleared_all_the_same(bank: Bank, card: int) -> None:
    await bank.expired(card)
    told = await bank.network.advise(bank.ctx(), card, purchase("10"), approved=True)
    assert (await bank.network.increment(bank.ctx(), told.transaction_id, usd("1"))).reason == "card expired"
    await bank.network.clear(bank.ctx(), told.transaction_id)
    assert await bank.on_card(card) == ("90.00", "0.00")


# ── the shop's side ──────────────────────────────────────────────────────────────────────────────────────────────────


def riyals(amount: str, in_dollars: str) -> DualAmount:
    return DualAmount(Money.parse(in_dollars, "USD"), Decimal(amount), "SAR")


async def test_each_bill_has_the_shops_side_of_its_own(bank: Bank, card: int) -> None:
    asked = replace(purchase("1"), sides=riyals("40.00", "10.66"))
    bought = (await bank.network.authorize(bank.ctx(), card, asked)).transaction_id
    await bank.network.clear(bank.ctx(), bought, riyals("15.00", "4.00"), final=False)
    await bank.network.clear(bank.ctx(), bought)
    await bank.network.refund(bank.ctx(), bought, riyals("5.00", "1.33"))
    await bank.network.refund(bank.ctx(), bought)
    page = await bank.cards.bills(bank.ctx(), BillFilter(card_id=card, kinds=("purchase", "refund")), FIRST_PAGE)
    assert sorted((row.kind, str(row.amount), row.original_amount, row.original_currency) for row in page.rows) == [
        ("purchase", "4.00", "15.00", "SAR"),
        ("purchase", "6.66", "25.00", "SAR"),
        ("refund", "1.33", "5.00", "SAR"),
        ("refund", "9.33", "35.00", "SAR"),
    ]
    assert await unmatched(bank) == []


async def test_another_rate_at_the_clearing_is_not_more_than_was_asked_for(bank: Bank, card: int) -> None:
    asked = replace(purchase("1"), sides=riyals("40.00", "10.66"))
    bought = (await bank.network.authorize(bank.ctx(), card, asked)).transaction_id
    await bank.network.clear(bank.ctx(), bought, riyals("40.00", "10.90"))
    assert (await bank.on_card(card), await unmatched(bank)) == (("89.10", "0.00"), [])


async def test_a_clearing_in_another_currency_is_judged_by_the_cards(bank: Bank, card: int) -> None:
    asked = replace(purchase("1"), sides=riyals("40.00", "10.66"))
    bought = (await bank.network.authorize(bank.ctx(), card, asked)).transaction_id
    outcome = await bank.network.clear(bank.ctx(), bought, usd("5.33"), final=False)
    assert (outcome.held, outcome.original_amount, outcome.original_currency) == ("5.33", "5.33", "USD")
    assert (await bank.network.clear(bank.ctx(), bought)).original_amount == "20.00"
    assert await unmatched(bank) == []


# ── references ───────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_a_reference_is_one_fact_for_ever(bank: Bank, card: int) -> None:
    first = await bank.network.authorize(bank.ctx(), card, purchase("30"), reference="rrn-1")
    assert await bank.network.authorize(bank.ctx(), card, purchase("30"), reference="rrn-1") == first
    assert await bank.on_card(card) == ("70.00", "30.00")
    cleared = await bank.network.clear(bank.ctx(), first.transaction_id, reference="rrn-1")
    before = await bank.rows()
    assert await bank.network.clear(bank.ctx(), first.transaction_id, reference="rrn-1") == cleared
    assert await bank.network.authorize(bank.ctx(), card, purchase("30"), reference="rrn-1") == first
    assert await bank.rows() == before
    other_card = await bank.card(load="100")
    again = await bank.network.authorize(bank.ctx(), other_card, purchase("30"), reference="rrn-1")
    assert again.transaction_id != first.transaction_id


async def test_a_declined_request_is_answered_the_same_when_the_money_is_there_by_then(bank: Bank, card: int) -> None:
    first = await bank.network.authorize(bank.ctx(), card, purchase("130"), reference="r")
    assert not first.approved
    await bank.recharge(card, "100")
    await bank.settle()
    assert await bank.network.authorize(bank.ctx(), card, purchase("130"), reference="r") == first
    assert await bank.on_card(card) == ("200.00", "0.00")


async def test_a_reference_with_another_content_is_booked_nowhere_and_put_before_a_person_once(
    bank: Bank, card: int
) -> None:
    bought = await bank.spend(card, "30")
    await bank.network.clear(bank.ctx(), bought, usd("10"), final=False, reference="arn")
    for _ in range(2):
        with pytest.raises(ReferenceConflict):
            await bank.network.clear(bank.ctx(), bought, usd("11"), final=False, reference="arn")
        assert await bank.on_card(card) == ("70.00", "20.00")
        assert await unmatched(bank) == [("clearing", "reference_conflict")]
    with pytest.raises(ReferenceConflict):
        await bank.network.force_post(bank.ctx(), card, purchase("10"), reference="arn")
    assert await unmatched(bank) == [("clearing", "reference_conflict")] * 2
    assert len(await spent(bank, card)) == 2
    [conflict, _] = await bank.network.list_unmatched()
    assert (conflict.reference, conflict.outcome) == ("arn", None)


async def test_unknown_cards_and_transactions(bank: Bank) -> None:
    async with bank.refused(CardUnknown):
        await bank.network.force_post(bank.ctx(), 1, purchase("1"))
    async with bank.refused(CardTransactionUnknown):
        await bank.network.clear(bank.ctx(), 1, usd("1"))


# ── races ────────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_two_clearings_of_one_reference_at_once_are_one(bank: Bank, other: Bank, card: int) -> None:
    bought = await bank.spend(card, "30")
    results = await both(
        *(
            lambda house=house: house.network.clear(house.ctx(), bought, usd("10"), final=False, reference="arn")
            for house in (bank, other, bank, other)
        )
    )
    assert results[1:] == results[:-1]
    assert await bank.on_card(card) == ("70.00", "20.00")


@pytest.mark.parametrize("race", range(3))
async def test_clearing_reversal_expiry_and_cancellation_at_once(bank: Bank, other: Bank, card: int, race: int) -> None:
    bought = await bank.spend(card, "30")
    bank.clock.advance(bank.clock.now().replace(day=9) - bank.clock.now())
    results = await both(
        lambda: bank.network.clear(bank.ctx(), bought, usd("20")),
        lambda: other.network.reverse(other.ctx(), bought, usd("30")),
        lambda: other.network.expire(other.ctx(), ExpireAuthorization(bought)),
        lambda: bank.cancellations.cancel(bank.ctx(), card, None),
        lambda: other.network.clear(other.ctx(), bought, usd("5")),
    )
    assert not [result for result in results if isinstance(result, BaseException)]
    await bank.settle()
    assert (await bank.status(card), await bank.on_card(card)) == ("cancelled", ("0.00", "0.00"))
    assert await bank.money() == ("974.000000", "0.000000")  # 999 less the 25 that were cleared
    await bank.check_books()


async def test_twenty_facts_about_one_authorization_at_once_are_all_booked(bank: Bank, other: Bank, card: int) -> None:
    bought = await bank.spend(card, "30")
    results = await both(
        *(
            lambda house=house: house.network.clear(house.ctx(), bought, usd("1"), final=False)
            for _ in range(10)
            for house in (bank, other)
        )
    )
    assert not [result for result in results if isinstance(result, BaseException)]
    assert await bank.on_card(card) == ("70.00", "10.00")
