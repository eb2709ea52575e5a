"""The conditions by which a suspension stops operations: carried by them, and judged in their own commit.

An operation that moves money out or takes on an order carries the condition. The merchant's row is shared by those that
rely on it and changed by a suspension alone, so each commit stands wholly before the suspension or is refused: in any
process, also in one whose copy of the merchant is older.
"""

from typing import Final

from bursar.kernel.context import Context
from bursar.ledger.model import Machine, Transition
from bursar.merchants.errors import MerchantSuspended
from bursar.merchants.model import MerchantStatus, SuspensionLevel
from bursar.merchants.store import queries

STANDINGS: Final = Machine("merchant", queries.lock_standing, refusal=MerchantSuspended)

CHANGES: Final = Machine("merchant's standing", queries.lock_for_change)
"""For operations that change the merchant: one that meets another standing is decided again."""

_ACTIVE, _CLOSED = MerchantStatus.ACTIVE.value, MerchantStatus.CLOSED.value
_ANY: Final = frozenset({_ACTIVE, _CLOSED, *map(str, SuspensionLevel)})


def asked_money_out(ctx: Context) -> Transition:
    """The merchant asks for something that takes money out: it must not be suspended at all."""
    return _standing(ctx, _ACTIVE)


def asked_anything(ctx: Context) -> Transition:
    """The merchant asks for something else that must not come to be while its calls are refused."""
    return _standing(ctx, _ACTIVE, SuspensionLevel.MONEY_OUT)


def money_goes_out(ctx: Context) -> Transition:
    """The condition that money leaves for an order taken on before; a closed merchant and one without calls still meet
    it.
    """
    return _standing(ctx, _ACTIVE, _CLOSED, SuspensionLevel.API)


def any_standing(ctx: Context) -> Transition:
    """No condition: the merchant is shared with others that rely on it, and waits for whoever has it alone."""
    return _standing(ctx, *_ANY)


def alone(ctx: Context) -> Transition:
    """No condition: nobody else relies on the merchant from the judgement of this operation to its commit."""
    return Transition(CHANGES, ctx.merchant_id, _ANY)


def not_closed(ctx: Context) -> Transition:
    """The condition of a change of the merchant: it is not closed."""
    return Transition(CHANGES, ctx.merchant_id, frozenset({_ACTIVE, *map(str, SuspensionLevel)}))


def nothing_new(ctx: Context) -> Transition:
    """The condition that the merchant is suspended so that nothing new comes to be."""
    return Transition(CHANGES, ctx.merchant_id, frozenset({SuspensionLevel.ALL.value}))


def _standing(ctx: Context, *expected: str) -> Transition:
    return Transition(STANDINGS, ctx.merchant_id, frozenset(map(str, expected)))
