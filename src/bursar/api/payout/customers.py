"""Customers and orders as answers and callbacks show them: with secrets in clear, sealed on the way out, and links."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from bursar.api.payout import samples
from bursar.api.payout.photos import Photos
from bursar.api.payout.schemas.orders import TicketOut
from bursar.api.payout.schemas.payees import CustomerOut
from bursar.kernel.context import Context
from bursar.payouts.model import ENDED, OrderStatus, Payout
from bursar.payouts.payees.model import DocumentKind, Payee, SealedDetails
from bursar.payouts.payees.service import Payees
from bursar.payouts.service import Payouts
from bursar.webhooks.model import Delivery


class CustomerPresenter:
    """Renders payees with their secrets. A query needs the keeper of keys; a change does not."""

    def __init__(self, payees: Payees, payouts: Payouts, photos: Photos) -> None:
        self._payees = payees
        self._payouts = payouts
        self._photos = photos

    # ── asked for ────────────────────────────────────────────────────────────────────────────────────────────────

    async def customer(self, ctx: Context, payee: Payee) -> CustomerOut:
        """A customer; raises ProviderRefused or ProviderUnavailable when its secrets cannot be had."""
        return self._of(payee, await self._payees.secrets(ctx, payee))

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

    # ── told ─────────────────────────────────────────────────────────────────────────────────────────────────────

    async def changed_customer(self, ctx: Context, payee: Payee) -> CustomerOut:
        """A customer as a change has left it."""
        return self._of(payee, await self._payees.secrets_within(ctx, payee))

    async def changed_order(self, ctx: Context, order: Payout) -> TicketOut:
        """An order as a change has left it."""
        payee = (await self._payouts.payees_of(ctx, [order]))[order.id]
        return TicketOut.of(order, await self.changed_customer(ctx, payee))

    async def customer_event(self, ctx: Context, delivery: Delivery) -> CustomerOut:
        """The customer that a callback is about, with the status that it tells."""
        detail = delivery.detail
        if samples.is_sample(delivery):
            return self._of(samples.payee(ctx, delivery), samples.SECRETS)
        payee = (await self._payees.find_all(ctx, [int(detail["payee_id"])], []))[0]
        told = replace(payee, status=detail["status"], status_reason=detail["reason"], updated_at=_at(delivery))
        return await self.changed_customer(ctx, told)

    async def order_event(self, ctx: Context, delivery: Delivery) -> TicketOut:
        """The order that a callback is about, with the status that it tells."""
        detail, at = delivery.detail, _at(delivery)
        if samples.is_sample(delivery):
            customer = self._of(samples.payee(ctx, delivery), samples.SECRETS)
            return TicketOut.of(samples.payout(ctx, delivery), customer)
        order = await self._payouts.get(ctx, int(detail["payout_id"]))
        ended_at = order.ended_at if OrderStatus(detail["status"]) in ENDED else None
        told = replace(order, status=detail["status"], reason=detail["reason"], updated_at=at, ended_at=ended_at)
        return await self.changed_order(ctx, told)

    def _of(self, payee: Payee, secrets: SealedDetails) -> CustomerOut:
        identity = self._photos.link(payee, DocumentKind.IDENTITY)
        return CustomerOut.of(payee, secrets, identity, self._photos.link(payee, DocumentKind.SIGNATURE))


def _at(delivery: Delivery) -> datetime:
    return datetime.fromisoformat(delivery.detail["at"])
