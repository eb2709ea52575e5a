"""The work of `bursar ledger`."""

from bursar.cli.commands import with_parts
from bursar.ledger.check import LastProof, Proof, check, check_since_proof


def check_books() -> Proof:
    """Recompute every balance from its entries."""
    return with_parts(lambda parts: check(parts.ground.database))


def check_books_since_proof() -> tuple[Proof, LastProof]:
    """Recompute what was written since the last proof; raises NeverProven."""
    return with_parts(lambda parts: check_since_proof(parts.ground.database))
