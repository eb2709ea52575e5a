"""The work of `bursar ledger`."""

from bursar.cli.commands import with_parts
from bursar.ledger.check import Proof, check


def check_books() -> Proof:
    """Recompute every balance from its entries."""
    return with_parts(lambda parts: check(parts.ground.database))
