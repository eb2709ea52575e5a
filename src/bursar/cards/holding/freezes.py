"""The operator stops a customer, or lets them go on.

A customer who is stopped gets no card and no money onto one: what was ordered waits, as it does for a hit of screening.
All cards that they have are frozen by the same operation, and stay so until somebody unfreezes each. A card that is
made at the same time is either frozen with the others, or is not made before they go on.
"""

from typing import Final

from bursar.cards.errors import CustomerHasManyCards
from bursar.cards.holding.moves import card_frozen, card_seen
from bursar.cards.holding.service import BY_OPERATOR
from bursar.cards.model import CardStatus
from bursar.cards.store import CardStore
from bursar.customers import standing
from bursar.customers.errors import CustomerFrozen, CustomerNotFrozen
from bursar.customers.service import Customers
from bursar.ground import Ground
from bursar.kernel.context import Context
from bursar.ledger.decisions import Decided
from bursar.ledger.model import Part

CARDS_MAX: Final = 500
"""Cards that one operation freezes."""


class CustomerFreezes:
    """Stops customers."""

    def __init__(self, ground: Ground, customers: Customers) -> None:
        self._store = CardStore(ground.database)
        self._ids = ground.ids
        self._customers = customers

    async def frozen(self, ctx: Context, customer_id: int, reason: str | None) -> Decided[None]:
        """The decision to stop a customer with all cards as they stand now; the merchant is told the reason for each.

        Raises CustomerUnknown, CustomerFrozen, or CustomerHasManyCards from CARDS_MAX on.
        """
        if await self._customers.is_frozen(ctx, customer_id):
            raise CustomerFrozen
        cards = await self._store.list_living_cards(ctx, customer_id, CARDS_MAX + 1)
        if len(cards) > CARDS_MAX:
            raise CustomerHasManyCards(CARDS_MAX)
        stopped = Part(transitions=(standing.frozen(customer_id),))
        for card in cards:
            unmade = card.status is CardStatus.PROCESSING
            stopped += card_seen(ctx, card) if unmade else card_frozen(self._ids, ctx, card, reason or BY_OPERATOR).part
        return Decided(None, "customer_frozen", f"customer:{customer_id}", stopped)

    async def unfrozen(self, ctx: Context, customer_id: int) -> Decided[None]:
        """The decision to let a customer go on; raises CustomerUnknown or CustomerNotFrozen."""
        if not await self._customers.is_frozen(ctx, customer_id):
            raise CustomerNotFrozen(customer_id)
        going_on = Part(transitions=(standing.unfrozen(customer_id),))
        return Decided(None, "customer_unfrozen", f"customer:{customer_id}", going_on)
