"""A physical card's way to its holder, as the carrier reports it."""

from bursar.cards import events
from bursar.cards.errors import CardIsVirtual, ShipmentUnknown
from bursar.cards.model import Card, ShipmentStatus, ShipmentStep
from bursar.cards.states import CARD, CardEvent
from bursar.cards.store import CardStore, shipment_row
from bursar.ground import Ground
from bursar.kernel.context import Context
from bursar.ledger.model import Operation, fingerprint
from bursar.webhooks.service import announce


class Logistics:
    """Reports of carriers."""

    def __init__(self, ground: Ground) -> None:
        self._store = CardStore(ground.database)
        self._ledger = ground.ledger
        self._ids = ground.ids

    async def report(
        self, ctx: Context, card_id: int, carrier: str, tracking_no: str, status: ShipmentStatus
    ) -> ShipmentStep:
        """Record a report of the carrier, and announce it to the merchant.

        Raises CardUnknown, CardIsVirtual or CardNotIssuedYet.
        """
        card = await self._store.get_card(ctx, card_id)
        if card.kind == "virtual":
            raise CardIsVirtual(card_id)
        CARD.after(CardEvent.SHIP, card.id, card.status)
        step = ShipmentStep(ctx.merchant_id, self._ids.next(), card_id, carrier, tracking_no, status, ctx.now())
        await self._ledger.commit(ctx, self._reported(ctx, card, step))
        return step

    def _reported(self, ctx: Context, card: Card, step: ShipmentStep) -> Operation:
        operation = Operation(
            key=ctx.request_key,
            fingerprint=fingerprint("shipment", step.card_id, step.carrier, step.tracking_no, step.status),
            kind="card_shipment_moved",
            subject=f"card:{card.id}",
            writes=(shipment_row(step),),
        )
        return operation + announce(self._ids, ctx, events.card_shipped(step, card.order_id))

    async def steps(self, ctx: Context, card_id: int) -> list[ShipmentStep]:
        """All that was reported, newest first; raises CardUnknown or ShipmentUnknown."""
        await self._store.get_card(ctx, card_id)
        steps = await self._store.list_shipment_steps(ctx, card_id)
        if not steps:
            raise ShipmentUnknown(card_id)
        return steps

    async def was_delivered(self, ctx: Context, card_id: int) -> bool:
        """True if the carrier has ever said so."""
        steps = await self._store.list_shipment_steps(ctx, card_id)
        return any(step.status == ShipmentStatus.DELIVERED for step in steps)
