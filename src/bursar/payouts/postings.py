"""The transfers of each business event of a payment order. Pure; an amount of zero makes no transfer."""

from collections.abc import Iterable
from typing import Final

from bursar.kernel.money import Money
from bursar.ledger import chart
from bursar.ledger.model import AccountRef, Transfer
from bursar.payouts.model import Payout

Transfers = tuple[Transfer, ...]
KINDS: Final = ("payout", "payout_returned", "payout_exchanged", "payout_paid", "payout_fee")
"""Every kind of transfer that payment orders cause, in the order of an order's life."""
ARRIVALS: Final = (
    chart.PAYOUT_AVAILABLE,
    chart.PAYOUT_FROZEN,
    chart.CONVERSION,
    chart.BANK_CLEARING,
    chart.PLATFORM_FEES,
)
"""Codes of the accounts at which they arrive."""


def set_aside(orders: Iterable[Payout]) -> Transfers:
    """The orders' amounts are set aside, in one transfer for each currency."""
    sums: dict[str, Money] = {}
    for order in orders:
        sums[order.funds_currency] = sums.get(order.funds_currency, Money.zero(order.funds_currency)) + order.set_aside
    return _moves(
        ("payout", chart.payout_available(currency), chart.payout_frozen(currency), amount)
        for currency, amount in sorted(sums.items())
    )


def given_back(order: Payout) -> Transfers:
    """Nothing was paid: all that was set aside goes back."""
    currency = order.funds_currency
    available, frozen = chart.payout_available(currency), chart.payout_frozen(currency)
    return _moves([("payout_returned", frozen, available, order.set_aside)])


def paid_out(order: Payout) -> Transfers:
    """The bank has paid, and the fee is earned; an amount set aside in another currency is exchanged for that."""
    frozen = chart.payout_frozen(order.funds_currency)
    exchanged: list[tuple[str, AccountRef, AccountRef, Money]] = []
    if order.funds_currency != order.currency:
        exchanged.append(("payout_exchanged", frozen, chart.conversion(order.funds_currency), order.set_aside))
        frozen = chart.conversion(order.currency)
    return _moves(
        [
            *exchanged,
            ("payout_paid", frozen, chart.bank_clearing(order.currency), order.real_amount),
            ("payout_fee", frozen, chart.platform_fees(order.currency), order.fee),
        ]
    )


def _moves(moves: Iterable[tuple[str, AccountRef, AccountRef, Money]]) -> Transfers:
    return tuple(Transfer(kind, debit, credit, amount) for kind, debit, credit, amount in moves if amount)
