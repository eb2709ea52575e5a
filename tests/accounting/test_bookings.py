"""Bookings: what each moves, in which books, and what it refuses."""

import asyncio
from collections.abc import Awaitable, Callable
from inspect import unwrap

import pytest

from bursar.accounting.errors import (
    AmountInvalid,
    BookAccountUnknown,
    BookingUnknown,
    ClearingUnknown,
    NotAdjustable,
    ReasonInvalid,
)
from bursar.accounting.model import BOOKINGS_LISTED, Booking, Grounds, Kind, Purse, Section, Source, section_of
from bursar.kernel.context import INSTALL
from bursar.kernel.errors import Fact
from bursar.kernel.money import Money
from bursar.ledger import chart
from bursar.ledger.check import check
from bursar.ledger.errors import InsufficientFunds, KeyReused
from bursar.ledger.model import AccountRef, Operation, fingerprint
from bursar.merchants.errors import MerchantUnknown

from .conftest import WHY, Office


def usdt(text: str) -> Money:
    return Money.parse(text, "USDT")


def sar(text: str) -> Money:
    return Money.parse(text, "SAR")


async def funded(office: Office, amount: str = "1000") -> None:
    await office.book(
        office.request("fund"), lambda ctx: office.accounting.fund(ctx, Source.HAND, Purse.CARD, usdt(amount), WHY)
    )


async def test_a_merchant_is_funded_by_hand_or_from_the_bank(office: Office) -> None:
    booking = await office.book(
        office.request("a"), lambda ctx: office.accounting.fund(ctx, Source.HAND, Purse.CARD, usdt("1000"), WHY)
    )
    assert booking == Booking(
        1,
        booking.id,
        Kind.FUNDING,
        usdt("1000"),
        "clearing:funding",
        "merchant:available",
        WHY,
        "person:ada",
        office.clock.now(),
    )
    await office.book(
        office.request("b"), lambda ctx: office.accounting.fund(ctx, Source.BANK, Purse.PAYOUT, sar("500"), WHY)
    )
    assert await office.balances() == {
        "clearing:funding USDT": "-1000.000000",
        "merchant:available USDT": "1000.000000",
        "clearing:bank SAR": "-500.00",
        "payout:available SAR": "500.00",
    }
    assert await office.accounting.get(office.request("c"), booking.id) == booking


async def test_a_merchants_own_money_is_paid_out_to_it(office: Office) -> None:
    await funded(office)
    await office.book(office.request("out"), lambda ctx: office.accounting.pay_out(ctx, Purse.CARD, usdt("400"), WHY))
    assert await office.balances() == {
        "clearing:funding USDT": "-1000.000000",
        "clearing:bank USDT": "400.000000",
        "merchant:available USDT": "600.000000",
    }


async def test_clearing_accounts_are_settled_over_the_bank_both_ways(office: Office) -> None:
    await funded(office)
    await office.moves(chart.merchant_available("USDT"), chart.issuer_clearing("USDT"), "30")
    ask = office.accounting.settle
    await office.book(office.request("paid"), lambda ctx: ask(ctx, "clearing:issuer", usdt("30"), WHY, received=False))
    await office.book(
        office.request("received"), lambda ctx: ask(ctx, "clearing:funding", usdt("1000"), WHY, received=True)
    )
    assert await office.balances() == {
        "clearing:bank USDT": "-970.000000",
        "merchant:available USDT": "970.000000",
    }
    assert [(each.kind, each.debit, each.credit) for each in await office.accounting.journal(office.request("x"))][
        :2
    ] == [
        (Kind.SETTLEMENT_RECEIVED, "clearing:bank", "clearing:funding"),
        (Kind.SETTLEMENT_PAID, "clearing:issuer", "clearing:bank"),
    ]


async def test_fees_pass_into_the_installs_own_book(office: Office) -> None:
    await funded(office)
    await office.moves(chart.merchant_available("USDT"), chart.platform_fees("USDT"), "25")
    booking = await office.book(
        office.request("fees"), lambda ctx: office.accounting.collect_fees(ctx, usdt("20"), WHY)
    )
    assert await office.balances() == {
        "clearing:funding USDT": "-1000.000000",
        "merchant:available USDT": "975.000000",
        "platform:fees USDT": "5.000000",
        "between:books USDT": "20.000000",
    }
    assert await office.balances(INSTALL) == {"platform:fees USDT": "20.000000", "between:books USDT": "-20.000000"}
    other = await office.accounting.get(office.request("x", INSTALL), booking.id)
    assert (other.debit, other.credit, other.grounds) == ("between:books", "platform:fees", WHY)
    assert (await check(office.database)).balanced


async def test_what_nobody_can_place_waits_in_suspense(office: Office) -> None:
    accounting = office.accounting
    await office.book(office.request("s"), lambda ctx: accounting.suspend(ctx, usdt("70"), WHY))
    assert await office.balances(INSTALL) == {"clearing:bank USDT": "-70.000000", "suspense USDT": "70.000000"}
    await office.book(
        office.request("p"), lambda ctx: accounting.fund(ctx, Source.SUSPENSE, Purse.CARD, usdt("50"), WHY)
    )
    await office.book(office.request("b"), lambda ctx: accounting.send_back(ctx, usdt("20"), WHY))
    assert await office.balances(INSTALL) == {"clearing:bank USDT": "-50.000000", "between:books USDT": "50.000000"}
    assert await office.balances() == {"merchant:available USDT": "50.000000", "between:books USDT": "-50.000000"}
    assert (await check(office.database)).balanced


async def test_any_two_accounts_of_a_book_are_adjusted(office: Office) -> None:
    await funded(office)
    booking = await office.book(
        office.request("adjust"),
        lambda ctx: office.accounting.adjust(ctx, "clearing:funding", "merchant:available", usdt("0.000001"), WHY),
    )
    assert booking.kind is Kind.ADJUSTMENT
    assert (await office.balances())["merchant:available USDT"] == "1000.000001"


def adjusted(debit: str, credit: str, amount: str) -> "Ask":
    """The adjustment of two accounts."""

    def ask(office: Office) -> Awaitable[Booking]:
        request = office.request("k")
        return office.book(request, lambda ctx: office.accounting.adjust(ctx, debit, credit, usdt(amount), WHY))

    return ask


Ask = Callable[[Office], Awaitable[Booking]]

REFUSED: dict[str, tuple[Ask, type[Fact]]] = {
    "unknown merchant": (
        lambda o: o.book(
            o.request("k", 9), lambda ctx: o.accounting.fund(ctx, Source.HAND, Purse.CARD, usdt("1"), WHY)
        ),
        MerchantUnknown,
    ),
    "fees of an unknown merchant": (
        lambda o: o.book(o.request("k", 9), lambda ctx: o.accounting.collect_fees(ctx, usdt("1"), WHY)),
        MerchantUnknown,
    ),
    "the install's own book is no merchant": (
        lambda o: o.book(
            o.request("k", INSTALL), lambda ctx: o.accounting.fund(ctx, Source.HAND, Purse.CARD, usdt("1"), WHY)
        ),
        MerchantUnknown,
    ),
    "nothing": (
        lambda o: o.book(o.request("k"), lambda ctx: o.accounting.fund(ctx, Source.HAND, Purse.CARD, usdt("0"), WHY)),
        AmountInvalid,
    ),
    "less than nothing": (
        lambda o: o.book(o.request("k"), lambda ctx: o.accounting.suspend(ctx, usdt("-1"), WHY)),
        AmountInvalid,
    ),
    "no account in this asset": (
        lambda o: o.book(o.request("k"), lambda ctx: o.accounting.fund(ctx, Source.HAND, Purse.CARD, sar("1"), WHY)),
        BookAccountUnknown,
    ),
    "more than the merchant has": (
        lambda o: o.book(o.request("k"), lambda ctx: o.accounting.pay_out(ctx, Purse.CARD, usdt("1001"), WHY)),
        InsufficientFunds,
    ),
    "more fees than there are": (
        lambda o: o.book(o.request("k"), lambda ctx: o.accounting.collect_fees(ctx, usdt("1"), WHY)),
        InsufficientFunds,
    ),
    "more than there is in suspense": (
        lambda o: o.book(
            o.request("k"), lambda ctx: o.accounting.fund(ctx, Source.SUSPENSE, Purse.CARD, usdt("1"), WHY)
        ),
        InsufficientFunds,
    ),
    "a clearing account that was never used": (
        lambda o: o.book(
            o.request("k"), lambda ctx: o.accounting.settle(ctx, "clearing:issuer", usdt("1"), WHY, received=True)
        ),
        ClearingUnknown,
    ),
    "the bank against itself": (
        lambda o: o.book(
            o.request("k"), lambda ctx: o.accounting.settle(ctx, "clearing:bank", usdt("1"), WHY, received=True)
        ),
        ClearingUnknown,
    ),
    "an account that is no clearing account": (
        lambda o: o.book(
            o.request("k"), lambda ctx: o.accounting.settle(ctx, "merchant:available", usdt("1"), WHY, received=True)
        ),
        ClearingUnknown,
    ),
    "an account against itself": (
        lambda o: o.book(
            o.request("k"),
            lambda ctx: o.accounting.adjust(ctx, "merchant:available", "merchant:available", usdt("1"), WHY),
        ),
        NotAdjustable,
    ),
    "what stands between books": (
        lambda o: o.book(
            o.request("k"), lambda ctx: o.accounting.adjust(ctx, "merchant:available", "between:books", usdt("1"), WHY)
        ),
        NotAdjustable,
    ),
    "an account below zero": (
        lambda o: o.book(
            o.request("k"),
            lambda ctx: o.accounting.adjust(ctx, "merchant:available", "clearing:funding", usdt("1001"), WHY),
        ),
        InsufficientFunds,
    ),
    "the same key for something else": (
        lambda o: o.book(
            o.request("fund"), lambda ctx: o.accounting.fund(ctx, Source.HAND, Purse.CARD, usdt("1"), WHY)
        ),
        KeyReused,
    ),
}


@pytest.mark.parametrize("case", REFUSED, ids=str)
async def test_what_cannot_be_booked_changes_nothing(office: Office, case: str) -> None:
    await funded(office)
    await office.book(office.request("in"), lambda ctx: office.accounting.suspend(ctx, usdt("1"), WHY))
    await office.book(office.request("out"), lambda ctx: office.accounting.send_back(ctx, usdt("1"), WHY))
    for book in (1, INSTALL):
        opened = office.request(f"open {book}", book)
        await office.ledger.commit(opened, _opening(opened.request_key))
    before = await office.everything()
    ask, fact = REFUSED[case]
    with pytest.raises(fact):
        await ask(office)
    assert await office.everything() == before


def _opening(key: str) -> Operation:
    accounts = chart.platform_fees("USDT"), chart.between_books("USDT"), chart.bank_clearing("USDT")
    opens: tuple[AccountRef, ...] = (*accounts, chart.suspense("USDT"))
    return Operation(key, fingerprint(key), "opened", "x:1", opens=opens)


@pytest.mark.parametrize("reason", ["", " ", "x" * 501])
def test_a_booking_has_a_reason(reason: str) -> None:
    with pytest.raises(ReasonInvalid):
        Grounds(reason)
    with pytest.raises(ReasonInvalid):
        Grounds("why", "d" * 201)


async def test_a_booking_happens_once_however_often_it_is_asked_for(office: Office) -> None:
    await funded(office)
    await office.moves(chart.merchant_available("USDT"), chart.platform_fees("USDT"), "25")

    async def ask() -> Booking:
        return await office.book(
            office.request("fees"), lambda ctx: office.accounting.collect_fees(ctx, usdt("20"), WHY)
        )

    first, *others = await asyncio.gather(*(ask() for _ in range(8)))
    assert others == [first] * 7
    assert await office.balances(INSTALL) == {"platform:fees USDT": "20.000000", "between:books USDT": "-20.000000"}
    assert len(await office.accounting.journal(office.request("x", INSTALL))) == 1


async def test_the_journal_is_paged_from_the_newest(office: Office) -> None:
    for number in range(BOOKINGS_LISTED + 3):
        await office.book(
            office.request(f"s{number}"),
            lambda ctx: office.accounting.suspend(ctx, usdt("1"), WHY),
        )
    own = office.request("x", INSTALL)
    newest = await office.accounting.journal(own)
    rest = await office.accounting.journal(own, newest[-1].id)
    assert (len(newest), len(rest)) == (BOOKINGS_LISTED, 3)
    assert len({each.id for each in (*newest, *rest)}) == BOOKINGS_LISTED + 3
    assert await office.accounting.journal(office.request("x")) == []
    with pytest.raises(BookingUnknown):
        await office.accounting.get(office.request("x"), newest[0].id)


async def test_the_trial_balance_explains_every_cent(office: Office) -> None:
    await funded(office)
    await office.book(
        office.request("f2", 2), lambda ctx: office.accounting.fund(ctx, Source.BANK, Purse.CARD, usdt("200"), WHY)
    )
    await office.moves(chart.merchant_available("USDT"), chart.platform_fees("USDT"), "25")
    await office.moves(chart.merchant_available("USDT"), chart.card_available(7, "USDT"), "100")
    await office.moves(chart.card_available(7, "USDT"), chart.issuer_clearing("USDT"), "40")
    await office.moves(chart.chain_clearing("tron", "USDT"), chart.merchant_available("USDT"), "12", 2)
    await office.book(office.request("fees"), lambda ctx: office.accounting.collect_fees(ctx, usdt("20"), WHY))
    await office.book(office.request("s"), lambda ctx: office.accounting.suspend(ctx, usdt("9"), WHY))
    balance = await office.accounting.trial_balance()
    sections: dict[Section, int] = {}
    for line in balance.lines:
        assert section_of(line.code) is line.section
        sections[line.section] = sections.get(line.section, 0) + line.balance.minor
    assert {section: str(Money(minor, "USDT")) for section, minor in sections.items() if minor} == {
        Section.MERCHANTS: "1147.000000",
        Section.FEES: "25.000000",
        Section.SUSPENSE: "9.000000",
        Section.BANK: "-1209.000000",
        Section.CHAINS: "-12.000000",
        Section.NETWORK: "40.000000",
    }
    [total] = [each for each in balance.totals if each.asset == "USDT"]
    assert (str(total.owed), str(total.outside), total.difference.minor) == ("1181.000000", "1181.000000", 0)
    [cards] = [line for line in balance.lines if line.code == "card:available"]
    assert (cards.accounts, str(cards.balance)) == (1, "60.000000")


def test_every_account_of_the_chart_has_a_section() -> None:
    codes = [
        make(*("tron", "USDT")[2 - unwrap(make).__code__.co_argcount :]).code
        if make.__name__ not in ("card_available", "card_held")
        else make(7, "USDT").code
        for name, make in vars(chart).items()
        if callable(make) and getattr(make, "__module__", "") == chart.__name__
    ]
    assert len(codes) > 15
    assert {section_of(code) for code in codes} == set(Section)
    with pytest.raises(LookupError):
        section_of("elsewhere")
