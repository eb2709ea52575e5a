"""The transfers by which a merchant brings in money to pay out."""

from bursar.kernel.money import Money
from bursar.ledger import chart
from bursar.ledger.model import AccountRef, Transfer


def opened(currency: str) -> tuple[AccountRef, AccountRef]:
    """The two accounts of a currency."""
    return chart.payout_available(currency), chart.payout_frozen(currency)


def funded(amount: Money) -> Transfer:
    """A merchant brought money in."""
    outside, inside = chart.funding_clearing(amount.asset), chart.payout_available(amount.asset)
    return Transfer("payout_funding", outside, inside, amount)
