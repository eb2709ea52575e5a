"""Customers and orders as answers and callbacks show them: with secrets in clear, sealed on the way out, and links."""

from collections.abc import Sequence

from bursar.api.payout.photos import Photos
from bursar.api.payout.schemas.orders import TicketOut
from bursar.api.payout.schemas.payees import CustomerOut
from bursar.kernel.context import Context
from bursar.payees.model import DocumentKind, Payee, PayeeRef
from bursar.payees.service import Payees
from bursar.payouts.model import Payout
from bursar.payouts.service import Payouts
from bursar.webhooks.model import Delivery


class Showing:
    """Renders what has secrets in it."""

    def __init__(self, payees: Payees, payouts: Payouts, photos: Photos) -> None:
        self._payees = payees
        self._payouts = payouts
        self._photos = photos

    async def customer(self, ctx: Context, payee: Payee) -> CustomerOut:
        """A customer; raises ProviderRefused or ProviderUnavailable when its secrets cannot be had."""
        identity = self._photos.link(payee, DocumentKind.IDENTITY)
        signature = self._photos.link(payee, DocumentKind.SIGNATURE)
        return CustomerOut.of(payee, await self._payees.secrets(ctx, payee), identity, signature)

    async def customers(self, ctx: Context, payees: Sequence[Payee]) -> list[CustomerOut]:
        """Several; raises as `customer` does."""
        return [await self.customer(ctx, payee) for payee in payees]

    async def orders(self, ctx: Context, orders: Sequence[Payout]) -> list[TicketOut]:
        """Orders with their customers as they were; raises as `customer` does."""
        payees = await self._payouts.payees_of(ctx, orders)
        return [TicketOut.of(order, await self.customer(ctx, payees[order.id])) for order in orders]

    async def order(self, ctx: Context, order: Payout) -> TicketOut:
        """One order; raises as `customer` does."""
        return (await self.orders(ctx, [order]))[0]

    async def customer_event(self, ctx: Context, delivery: Delivery) -> CustomerOut:
        """The customer that a callback is about, as it is now."""
        return await self.customer(ctx, await self._payees.get(ctx, PayeeRef(int(delivery.detail["payee_id"]))))

    async def order_event(self, ctx: Context, delivery: Delivery) -> TicketOut:
        """The order that a callback is about, as it is now."""
        return await self.order(ctx, await self._payouts.get(ctx, int(delivery.detail["payout_id"])))
