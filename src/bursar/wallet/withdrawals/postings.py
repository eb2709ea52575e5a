"""The transfers of each business event of a withdrawal. Pure; an amount of zero makes no transfer."""

from collections.abc import Iterable

from bursar.kernel.money import Money
from bursar.ledger import chart
from bursar.ledger.model import AccountRef, Transfer
from bursar.wallet.withdrawals.model import Withdrawal

Transfers = tuple[Transfer, ...]


def set_aside(order: Withdrawal) -> Transfers:
    """A merchant asks for it: amount and fee are frozen."""
    available, frozen = chart.merchant_available(order.coin), chart.merchant_frozen(order.coin)
    return _moves(
        [("withdrawal", available, frozen, order.amount), ("withdrawal_fee_held", available, frozen, order.fee)]
    )


def given_back(order: Withdrawal) -> Transfers:
    """It is rejected, or the chain did not execute it: amount and fee go back."""
    available, frozen = chart.merchant_available(order.coin), chart.merchant_frozen(order.coin)
    return _moves([("withdrawal_returned", frozen, available, order.amount + order.fee)])


def paid(order: Withdrawal) -> Transfers:
    """The coins have left on the chain, and the fee is earned."""
    frozen = chart.merchant_frozen(order.coin)
    return _moves(
        [
            ("withdrawal_paid", frozen, chart.chain_clearing(order.chain_id, order.coin), order.amount),
            ("withdrawal_fee", frozen, chart.platform_fees(order.coin), order.fee),
        ]
    )


def returned(order: Withdrawal) -> Transfers:
    """The coins came back after they had left: amount and fee go back to the merchant."""
    available = chart.merchant_available(order.coin)
    return _moves(
        [
            ("withdrawal_returned", chart.chain_clearing(order.chain_id, order.coin), available, order.amount),
            ("withdrawal_fee_returned", chart.platform_fees(order.coin), available, order.fee),
        ]
    )


def float_given_up(order: Withdrawal) -> Transfers:
    """Coins that came back counted as the operator's float when they arrived at the hot address, and are taken out of
    it.
    """
    clearing = chart.chain_clearing(order.chain_id, order.coin)
    return _moves([("float_given_up", chart.treasury_float(order.coin), clearing, order.amount)])


def _moves(moves: Iterable[tuple[str, AccountRef, AccountRef, Money]]) -> Transfers:
    return tuple(Transfer(kind, debit, credit, amount) for kind, debit, credit, amount in moves if amount)
