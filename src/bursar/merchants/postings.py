"""The transfers by which money comes in from outside."""

from bursar.kernel.money import Money
from bursar.ledger import chart
from bursar.ledger.model import Transfer


def funded(amount: Money) -> tuple[Transfer, ...]:
    """A merchant brought money in."""
    return (Transfer("funding", chart.funding_clearing(amount.asset), chart.merchant_available(amount.asset), amount),)
