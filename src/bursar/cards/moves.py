"""A card goes from one status to another: the operation for it, and what else must happen with it. Pure.

Whoever moves a card does it with `card_moved`, so that the merchant is always told and a card that is being cancelled
is always redeemed. Whoever brings money to a card, or frees some on it, passes the operation through `sweeping`.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from bursar.cards import events, states
from bursar.cards.model import Card, CardStatus
from bursar.cards.service import announcing
from bursar.cards.states import CardEvent
from bursar.cards.store import CARDS
from bursar.kernel.context import Context
from bursar.kernel.ids import Ids
from bursar.ledger.model import Job, Operation, Transition, fingerprint

REDEEM_JOB: Final = "cards.redeem"


def card_moved(
    ids: Ids, ctx: Context, card: Card, event: CardEvent, key: str, reason: str,
    values: Mapping[str, object] | None = None,
) -> Operation:  # fmt: skip
    """From the status that was seen, by the event; raises the table's refusal."""
    after = states.CARD.after(event, card.id, card.status)
    operation = Operation(
        key=key,
        fingerprint=fingerprint("card", event, card.id),
        kind=f"card_{event}",
        subject=f"card:{card.id}",
        transitions=(Transition(CARDS, card.id, frozenset({card.status}), after, values or {}),),
        jobs=(_redemption(ctx, card),) if after is CardStatus.CANCELLING else (),
    )
    return announcing(ids, ctx, operation, events.card_status_changed(card, after, reason))


def sweeping(ctx: Context, operation: Operation, card: Card) -> Operation:
    """The same operation, which finds the card as it was seen and has what it frees redeemed if the card is cancelled.

    The ledger judges the status together with the money: no amount can arrive between a cancellation and its redemption
    without anybody noticing.
    """
    seen = Transition(CARDS, card.id, frozenset({card.status}))
    leaving = card.status == CardStatus.CANCELLING
    return replace(
        operation,
        transitions=(*operation.transitions, seen),
        jobs=(*operation.jobs, _redemption(ctx, card)) if leaving else operation.jobs,
    )


def _redemption(ctx: Context, card: Card) -> Job:
    return Job(REDEEM_JOB, {"card_id": card.id}, ctx.now())
