"""Which accounts move for what transactions cost. Pure."""

from bursar.kernel.money import Money
from bursar.ledger import chart
from bursar.ledger.model import Transfer


def gas_paid(chain_id: str, cost: Money) -> tuple[Transfer, ...]:
    """A transaction of ours was executed: what it cost left one of our addresses, at the install's expense."""
    clearing = chart.chain_clearing(chain_id, cost.asset)
    return (Transfer("chain_gas", chart.treasury_gas(cost.asset), clearing, cost),)


def token_fee_kept(chain_id: str, fee: Money) -> tuple[Transfer, ...]:
    """A token kept a part of what moved between two addresses of ours: it has left them, at the install's expense."""
    clearing = chart.chain_clearing(chain_id, fee.asset)
    return (Transfer("token_fee", chart.treasury_gas(fee.asset), clearing, fee),)
