"""The transfers of the operator's bookings.

Money that comes in or goes out is booked against the bank, in the book that it belongs to. What passes between a
merchant's book and the install's own goes through `between:books`, a transfer in each.
"""

from bursar.accounting.model import Kind, Purse
from bursar.kernel.money import Money
from bursar.ledger import chart
from bursar.ledger.model import AccountRef, Transfer


def purse_account(purse: Purse, asset: str) -> AccountRef:
    """The account that a merchant spends from."""
    return chart.merchant_available(asset) if purse is Purse.CARD else chart.payout_available(asset)


def funded(purse: Purse, amount: Money) -> Transfer:
    """A merchant brought money in."""
    return Transfer(Kind.FUNDING, chart.funding_clearing(amount.asset), purse_account(purse, amount.asset), amount)


def funded_by_bank(purse: Purse, amount: Money) -> Transfer:
    """Money of a merchant arrived on the install's bank account."""
    return Transfer(Kind.BANK_FUNDING, chart.bank_clearing(amount.asset), purse_account(purse, amount.asset), amount)


def paid_to_merchant(purse: Purse, amount: Money) -> Transfer:
    """The bank has paid a merchant its own money."""
    return Transfer(Kind.PAY_OUT, purse_account(purse, amount.asset), chart.bank_clearing(amount.asset), amount)


def settlement_paid(clearing: AccountRef, amount: Money) -> Transfer:
    """The bank has paid whoever the clearing account stands for."""
    return Transfer(Kind.SETTLEMENT_PAID, clearing, chart.bank_clearing(amount.asset), amount)


def settlement_received(clearing: AccountRef, amount: Money) -> Transfer:
    """Whoever the clearing account stands for has paid into the bank account."""
    return Transfer(Kind.SETTLEMENT_RECEIVED, chart.bank_clearing(amount.asset), clearing, amount)


def fees_given(amount: Money) -> Transfer:
    """In the merchant's book: fees that it was charged are taken over by the install."""
    return Transfer(Kind.FEES_COLLECTED, chart.platform_fees(amount.asset), chart.between_books(amount.asset), amount)


def fees_taken(amount: Money) -> Transfer:
    """In the install's own book: the fees of a merchant."""
    return Transfer(Kind.FEES_COLLECTED, chart.between_books(amount.asset), chart.platform_fees(amount.asset), amount)


def suspended(amount: Money) -> Transfer:
    """In the install's own book: money arrived that nobody can place yet."""
    return Transfer(Kind.SUSPENDED, chart.bank_clearing(amount.asset), chart.suspense(amount.asset), amount)


def taken_from_suspense(amount: Money) -> Transfer:
    """In the install's own book: it is a merchant's."""
    return Transfer(Kind.PLACED, chart.suspense(amount.asset), chart.between_books(amount.asset), amount)


def placed(purse: Purse, amount: Money) -> Transfer:
    """In the merchant's book: money that was in suspense."""
    return Transfer(Kind.PLACED, chart.between_books(amount.asset), purse_account(purse, amount.asset), amount)


def suspense_sent_back(amount: Money) -> Transfer:
    """In the install's own book: the bank has sent it back."""
    return Transfer(Kind.SENT_BACK, chart.suspense(amount.asset), chart.bank_clearing(amount.asset), amount)


def left(purse: Purse, outside: AccountRef, amount: Money) -> Transfer:
    """Money of a merchant has left by an account of the outside, and the order was lost by a restore."""
    return Transfer(Kind.ADJUSTMENT, purse_account(purse, amount.asset), outside, amount, forced=True)


def adjusted(debit: AccountRef, credit: AccountRef, amount: Money) -> Transfer:
    """A correction within one book."""
    return Transfer(Kind.ADJUSTMENT, debit, credit, amount)
