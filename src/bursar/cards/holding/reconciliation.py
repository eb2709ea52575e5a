"""Reconciliation of a card with the issuer after an answer was lost.

A request that is cut off at the issuer changes nothing here: the merchant is told that it failed, and may ask again. In
case the issuer did carry it out, due work reads the card's state there a little later, and takes it over. It reads
again after it has changed something, until nothing differs.
"""

from datetime import timedelta
from typing import Final

from bursar.cards.due import ReconcileCard
from bursar.cards.holding.moves import card_moved
from bursar.cards.issuer import Issuer, IssuerState
from bursar.cards.model import Card, CardStatus
from bursar.cards.states import CardEvent
from bursar.cards.store import CardStore
from bursar.ground import Ground
from bursar.kernel.context import Context
from bursar.kernel.due import Again
from bursar.ledger.model import Job, Operation, fingerprint

LOOK_AFTER: Final = timedelta(minutes=1)
"""Longer than any request that was cut off can still be under way."""
FROZEN_PAUSE: Final = timedelta(hours=1)
"""The pause before a frozen card is read again: its state at the issuer proves nothing until it is thawed."""
FOUND_AT_ISSUER: Final = "found so at the issuer"

_HAPPENED: Final = {
    (CardStatus.PENDING_ACTIVATION, IssuerState.ACTIVE): CardEvent.ACTIVATE,
    (CardStatus.NORMAL, IssuerState.LOCKED): CardEvent.LOCK,
    (CardStatus.LOCKED, IssuerState.ACTIVE): CardEvent.UNLOCK,
    (CardStatus.PENDING_ACTIVATION, IssuerState.CANCELLED): CardEvent.CANCEL,
    (CardStatus.NORMAL, IssuerState.CANCELLED): CardEvent.CANCEL,
    (CardStatus.LOCKED, IssuerState.CANCELLED): CardEvent.CANCEL,
}
"""The event that has happened, by the card's status here and its state there; none for other pairs."""


class Reconciliation:
    """Looks at cards where they were made."""

    def __init__(self, ground: Ground, issuer: Issuer) -> None:
        self._store = CardStore(ground.database)
        self._ledger = ground.ledger
        self._ids = ground.ids
        self._issuer = issuer

    async def look_later(self, ctx: Context, card: Card) -> None:
        """Have the card read at the issuer later: nobody knows the outcome of the request."""
        operation = Operation(
            key=f"{ctx.request_key}:look",
            fingerprint=fingerprint("look", card.id),
            kind="card_look_planned",
            subject=f"card:{card.id}",
            jobs=(Job(ReconcileCard(card.id), ctx.now() + LOOK_AFTER),),
        )
        await self._ledger.commit(ctx, operation)

    async def look(self, ctx: Context, due: ReconcileCard) -> Again | None:
        """Due work: take over the card's state at the issuer."""
        card = await self._store.get_card(ctx, due.card_id)
        if card.status == CardStatus.FROZEN:
            return Again(ctx.now() + FROZEN_PAUSE)
        said = await self._issuer.state(card.reference)
        happened = _HAPPENED.get((card.status, said))
        if happened is None:
            return None
        key = f"card_found:{card.id}:{self._ids.next()}"
        moved = card_moved(self._ids, ctx, card, happened, FOUND_AT_ISSUER)
        await self._ledger.commit(ctx, moved.operation(key, fingerprint("card", happened, card.id)))
        return Again(ctx.now() + LOOK_AFTER)
