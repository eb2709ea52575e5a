"""The operator's stop of a customer: a condition of operations, and the change itself. Pure."""

from typing import Final

from bursar.customers.errors import CustomerFrozen
from bursar.customers.model import Standing
from bursar.customers.store import queries
from bursar.ledger.model import Machine, Transition

STANDING: Final = Machine("customer's standing", queries.lock_standings, queries.move_standings)
"""Of operations that change it: one that meets another standing is decided again."""
RELIED_ON: Final = Machine(STANDING.name, queries.lock_standings, refusal=CustomerFrozen)
"""Of operations that rely on it."""


def not_frozen(customer_id: int) -> Transition:
    """The condition that nobody has stopped the customer; the commit raises CustomerFrozen."""
    return Transition(RELIED_ON, customer_id, frozenset({Standing.ACTIVE}))


def frozen(customer_id: int) -> Transition:
    """The customer is stopped from now on."""
    return Transition(STANDING, customer_id, frozenset({Standing.ACTIVE}), Standing.FROZEN)


def unfrozen(customer_id: int) -> Transition:
    """The customer goes on."""
    return Transition(STANDING, customer_id, frozenset({Standing.FROZEN}), Standing.ACTIVE)
