"""Refusals of an operation by the ledger."""

from bursar.kernel.errors import BrokenInvariant, Conflict, NotFound, Refused
from bursar.kernel.money import Money


class InsufficientFunds(Refused):
    """The account holds less than the operation takes from it."""

    account: str
    missing: Money


class StateChanged(Refused):
    """The object is not in a state that allows the operation; `found` is None when there is no such object.

    An account that holds something else than was seen is told by its code, with the balance found in minor units.
    """

    machine: str
    object_id: int
    found: str | None


class DecisionOvertaken(Conflict):
    """Others changed the state under each of so many decisions that nothing was committed."""

    key: str


class KeyReused(Conflict):
    """The idempotency key was used before for something else."""

    key: str


class ConstraintViolated(BrokenInvariant):
    """The database refused a row that the use case should never have made."""

    constraint: str


class NeverProven(NotFound):
    """No proof has found the books in order yet: check all of them."""
