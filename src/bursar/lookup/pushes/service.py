"""The message of a push in clear, for those who may see it: each look is a record of the audit, written before."""

from collections.abc import Mapping
from typing import Any

from bursar.kernel.context import Context
from bursar.staff.assembly import StaffRoom
from bursar.staff.audit.model import Event
from bursar.staff.model import Principal
from bursar.staff.roles import Permission
from bursar.webhooks.service import Webhooks


class PlainPushes:
    """Opens messages, one at a time."""

    def __init__(self, webhooks: Webhooks, staff: StaffRoom) -> None:
        self._webhooks = webhooks
        self._staff = staff

    async def show(self, ctx: Context, by: Principal, merchant_id: int, delivery_id: int) -> Mapping[str, Any]:
        """The message as its API writes it; raises PermissionMissing, which is on record too, or NoSuchDelivery."""
        subject = f"webhook:{merchant_id}/{delivery_id}"
        await self._staff.permissions.check(ctx, by, Permission.WEBHOOKS_READ_PLAIN, subject)
        own = ctx.of(merchant_id)
        logged = await self._webhooks.get_delivery(own, delivery_id)
        about = {"event": logged.delivery.event, "object": logged.delivery.object}
        await self._staff.recorder.record(ctx, by, Event(Permission.WEBHOOKS_READ_PLAIN, subject, after=about))
        return await self._webhooks.plaintext(own, logged.delivery)
