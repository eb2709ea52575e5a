"""Freezes of cards as actions of the staff. The arguments are `merchant`, `object` (the card) and `reason`."""

from collections.abc import Iterator
from typing import Any

from bursar.cards.holding.service import Lifecycle
from bursar.decisions.actions import merchant_of
from bursar.kernel.context import Context
from bursar.ledger.decisions import Decided
from bursar.staff.approvals.model import Action, Arguments
from bursar.staff.errors import ArgumentsUnusable
from bursar.staff.roles import Permission


def freeze_actions(lifecycle: Lifecycle) -> Iterator[Action]:
    """`cards.freeze`, independently of the holder's lock, and `cards.unfreeze`; the merchant is told the reason."""

    async def freeze(ctx: Context, said: Arguments) -> Decided[Any]:
        return await lifecycle.frozen(ctx, *_said(said))

    async def unfreeze(ctx: Context, said: Arguments) -> Decided[Any]:
        return await lifecycle.unfrozen(ctx, *_said(said))

    yield Action("cards.freeze", Permission.CARDS_FREEZE, freeze, merchant_of)
    yield Action("cards.unfreeze", Permission.CARDS_FREEZE, unfreeze, merchant_of)


def _said(said: Arguments) -> tuple[int, str | None]:
    card_id, reason = said.get("object"), said.get("reason")
    if type(card_id) is not int or not (reason is None or isinstance(reason, str)):
        raise ArgumentsUnusable("object is the number of a card, reason a text or none")
    return card_id, reason
