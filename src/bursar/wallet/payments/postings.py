"""The transfers that book the costs of transactions. Pure."""

from bursar.kernel.money import Money
from bursar.ledger import chart
from bursar.ledger.model import Transfer


def gas_paid(chain_id: str, cost: Money) -> tuple[Transfer, ...]:
    """The fee of a transaction of ours that was executed: it left one of our addresses, at the install's expense."""
    clearing = chart.chain_clearing(chain_id, cost.asset)
    return (Transfer("chain_gas", chart.treasury_gas(cost.asset), clearing, cost),)


def token_fee_kept(chain_id: str, fee: Money) -> tuple[Transfer, ...]:
    """The part of a movement between two addresses of ours that a token kept: it has left them, at the install's
    expense.
    """
    clearing = chart.chain_clearing(chain_id, fee.asset)
    return (Transfer("token_fee", chart.treasury_gas(fee.asset), clearing, fee),)
