"""Freezes of cards and customers as actions of the staff. The arguments are `merchant`, `object` and `reason`."""

from collections.abc import Awaitable, Callable, Iterator
from typing import Any

from bursar.cards.holding.freezes import CustomerFreezes
from bursar.cards.holding.service import Lifecycle
from bursar.decisions.actions import merchant_of
from bursar.kernel.context import Context
from bursar.ledger.decisions import Decided
from bursar.staff.approvals.model import Action, Arguments
from bursar.staff.errors import ArgumentsUnusable
from bursar.staff.roles import Permission

Stop = Callable[[Context, int, str | None], Awaitable[Decided[Any]]]


def freeze_actions(lifecycle: Lifecycle, freezes: CustomerFreezes) -> Iterator[Action]:
    """`cards.freeze`, independently of the holder's lock, `cards.unfreeze`, `customers.freeze` with all of their cards,
    and `customers.unfreeze`; the merchant is told the reason of each card's.
    """

    async def go_on(ctx: Context, customer_id: int, _: str | None) -> Decided[Any]:
        return await freezes.unfrozen(ctx, customer_id)

    yield _action("cards.freeze", Permission.CARDS_FREEZE, lifecycle.frozen)
    yield _action("cards.unfreeze", Permission.CARDS_FREEZE, lifecycle.unfrozen)
    yield _action("customers.freeze", Permission.CUSTOMERS_FREEZE, freezes.frozen)
    yield _action("customers.unfreeze", Permission.CUSTOMERS_FREEZE, go_on)


def _action(name: str, permission: Permission, stop: Stop) -> Action:
    async def decide(ctx: Context, said: Arguments) -> Decided[Any]:
        return await stop(ctx, *_said(said))

    return Action(name, permission, decide, merchant_of)


def _said(said: Arguments) -> tuple[int, str | None]:
    object_id, reason = said.get("object"), said.get("reason")
    if type(object_id) is not int or not (reason is None or isinstance(reason, str)):
        raise ArgumentsUnusable("object is the number of what is stopped, reason a text or none")
    return object_id, reason
