"""Moves of a card from one status to another, with the announcement and the redemption that go with them. Pure.

Every move is made by `card_moved`, so that the merchant is always told and a card that is being cancelled is always
redeemed. An operation that brings money to a card, or frees some on it, carries `card_seen`.
"""

from collections.abc import Mapping

from bursar.cards import events, states
from bursar.cards.due import RedeemCard
from bursar.cards.model import Card, CardStatus
from bursar.cards.states import CardEvent
from bursar.cards.store import CARDS
from bursar.kernel.context import Context
from bursar.kernel.ids import Ids
from bursar.ledger.decisions import Decided
from bursar.ledger.model import Job, Part, Transition
from bursar.webhooks.service import announce


def card_moved(
    ids: Ids, ctx: Context, card: Card, event: CardEvent, reason: str, values: Mapping[str, object] | None = None
) -> Decided[None]:
    """The move of a card by an event, from the status that was seen; raises the table's refusal."""
    after = states.CARD.after(event, card.id, card.status)
    moved = Part(
        transitions=(Transition(CARDS, card.id, frozenset({card.status}), after, values or {}),),
        jobs=(_redemption(ctx, card),) if after is CardStatus.CANCELLING else (),
    )
    told = announce(ids, ctx, events.card_status_changed(card, after, reason))
    return Decided(None, f"card_{event}", f"card:{card.id}", moved + told)


def card_frozen(ids: Ids, ctx: Context, card: Card, reason: str) -> Decided[None]:
    """The operator stops a card, as it was seen; raises the table's refusal."""
    frozen = card_moved(ids, ctx, card, CardEvent.FREEZE, reason, {"frozen_from": card.status})
    return frozen + announce(ids, ctx, events.card_frozen(card, frozen=True, reason=reason))


def card_seen(ctx: Context, card: Card) -> Part:
    """The condition that the card is in the status it was seen in, and its redemption if that is `cancelling`.

    The ledger judges the status together with the money: no amount can arrive between a cancellation and its redemption
    without anybody noticing.
    """
    seen = Transition(CARDS, card.id, frozenset({card.status}))
    return Part(transitions=(seen,), jobs=(_redemption(ctx, card),) if card.status == CardStatus.CANCELLING else ())


def _redemption(ctx: Context, card: Card) -> Job:
    return Job(RedeemCard(card.id), ctx.now())
