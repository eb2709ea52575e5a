"""The transfers of each business event of a card. Pure; an amount of zero makes no transfer."""

from collections.abc import Iterable

from bursar.cards.model import CardOrder
from bursar.kernel.money import Money
from bursar.ledger import chart
from bursar.ledger.model import AccountRef, Transfer

Transfers = tuple[Transfer, ...]


def _moves(*moves: tuple[str, AccountRef, AccountRef, Money] | Transfer) -> Transfers:
    return tuple(
        move if isinstance(move, Transfer) else Transfer(*move)
        for move in moves
        if isinstance(move, Transfer) or move[3]
    )


def _forcible(kind: str, debit: AccountRef, credit: AccountRef, amount: Money, *, forced: bool) -> Transfers:
    return (Transfer(kind, debit, credit, amount, forced),) if amount else ()


def opening_paid(order: CardOrder) -> Transfers:
    """The opening fee is set aside."""
    coin = order.coin
    return _moves(("opening_fee", chart.merchant_available(coin), chart.merchant_frozen(coin), order.fee))


def opening_succeeded(order: CardOrder) -> Transfers:
    """The card was made: the fee is earned."""
    return _moves(("opening_fee", chart.merchant_frozen(order.coin), chart.platform_fees(order.coin), order.fee))


def opening_failed(order: CardOrder) -> Transfers:
    """The issuer refused: the fee goes back."""
    coin = order.coin
    return _moves(("opening_returned", chart.merchant_frozen(coin), chart.merchant_available(coin), order.fee))


def recharge_paid(order: CardOrder) -> Transfers:
    """Price and fee are set aside."""
    available, frozen = chart.merchant_available(order.coin), chart.merchant_frozen(order.coin)
    return _moves(
        ("recharge", available, frozen, order.cost),
        ("recharge_fee", available, frozen, order.fee),
    )


def recharge_succeeded(order: CardOrder, card_id: int) -> Transfers:
    """The price is exchanged into the card's currency and arrives on the card; the fee is earned."""
    frozen = chart.merchant_frozen(order.coin)
    return _moves(
        ("recharge", frozen, chart.conversion(order.coin), order.cost),
        (
            "recharge",
            chart.conversion(order.currency),
            chart.card_available(card_id, order.currency),
            order.amount,
        ),
        ("recharge_fee", frozen, chart.platform_fees(order.coin), order.fee),
    )


def recharge_failed(order: CardOrder) -> Transfers:
    """The issuer refused: price and fee go back."""
    available, frozen = chart.merchant_available(order.coin), chart.merchant_frozen(order.coin)
    return _moves(("recharge_returned", frozen, available, order.cost + order.fee))


def purchase_authorised(card_id: int, amount: Money, *, forced: bool = False) -> Transfers:
    """The amount is held; below zero when the network has approved it in our place."""
    available, held = chart.card_available(card_id, amount.asset), chart.card_held(card_id, amount.asset)
    return _forcible("authorization", available, held, amount, forced=forced)


def purchase_cleared(card_id: int, from_hold: Money, beyond: Money, released: Money) -> Transfers:
    """The amount on hold pays the network; the rest is released, and an excess is taken even below zero."""
    currency = from_hold.asset
    available, held = chart.card_available(card_id, currency), chart.card_held(card_id, currency)
    clearing = chart.issuer_clearing(currency)
    return _moves(
        ("clearing", held, clearing, from_hold),
        ("release", held, available, released),
        *_forcible("clearing", available, clearing, beyond, forced=True),
    )


def purchase_released(card_id: int, amount: Money) -> Transfers:
    """Reversed or expired: the amount on hold, or a part of it, is free again."""
    currency = amount.asset
    return _moves(("release", chart.card_held(card_id, currency), chart.card_available(card_id, currency), amount))


def purchase_refunded(card_id: int, amount: Money) -> Transfers:
    """The network brings money back."""
    currency = amount.asset
    return _moves(("refund", chart.issuer_clearing(currency), chart.card_available(card_id, currency), amount))


def cash_withdrawn(card_id: int, amount: Money, *, forced: bool = False) -> Transfers:
    """A cash machine paid the cardholder; the network is owed."""
    currency = amount.asset
    clearing = chart.issuer_clearing(currency)
    return _forcible("cash", chart.card_available(card_id, currency), clearing, amount, forced=forced)


def cash_returned(card_id: int, amount: Money) -> Transfers:
    """The machine did not give it out after all."""
    currency = amount.asset
    return _moves(("cash_returned", chart.issuer_clearing(currency), chart.card_available(card_id, currency), amount))


def redeemed(card_id: int, left: Money, back: Money) -> Transfers:
    """The card is cancelled: its balance is exchanged back and the merchant's again."""
    return _moves(
        ("redemption", chart.card_available(card_id, left.asset), chart.conversion(left.asset), left),
        ("redemption", chart.conversion(back.asset), chart.merchant_available(back.asset), back),
    )


def debt_paid(card_id: int, debt: Money, cost: Money) -> Transfers:
    """A card that is over owes nothing: its merchant pays the debt, below zero if need be."""
    available, currency = chart.merchant_available(cost.asset), debt.asset
    return _moves(
        Transfer("card_debt", available, chart.conversion(cost.asset), cost, forced=True),
        ("card_debt", chart.conversion(currency), chart.card_available(card_id, currency), debt),
    )


def fee_taken(card_id: int, fee: Money) -> Transfers:
    """A month's fee, from the card."""
    currency = fee.asset
    return _moves(("monthly_fee", chart.card_available(card_id, currency), chart.platform_fees(currency), fee))


def accounts_of_card(card_id: int, currency: str) -> Iterable[AccountRef]:
    """The accounts that a card has from the start."""
    return (chart.card_available(card_id, currency), chart.card_held(card_id, currency))
