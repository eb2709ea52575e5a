"""The log of pushes to a merchant, their messages, and replays."""

from bursar.api.operator.call import Call, present
from bursar.api.operator.endpoint import Route
from bursar.api.operator.lists import page, read_number, write_cursor
from bursar.api.operator.schemas.approvals import DoneOut, Waits
from bursar.api.operator.schemas.webhooks import MessageOut, ReplayIn, WebhookOut, WebhookQuery
from bursar.api.operator.schemas.wire import Change, Id, Listed
from bursar.decisions.pushes import REPLAY_MANY, REPLAY_ONE
from bursar.lookup.pushes.service import PlainPushes
from bursar.staff.roles import Permission
from bursar.webhooks.errors import NoSuchDelivery, NothingToReplay

route = Route("Webhooks", "The log of pushes to a merchant, their messages, and replays.")


@route.get("/merchants/{merchant_id}/webhooks", Permission.WEBHOOKS_READ)
async def list_webhooks(call: Call, merchant_id: Id, query: WebhookQuery) -> Listed[WebhookOut]:
    """List what a merchant was told, newest first, with each push."""
    which = query.filter(read_number(query.after, query.sort))
    ctx = call.ctx.of(merchant_id)
    found = await call.services.webhooks.list_deliveries(ctx, which, most=query.limit + 1)
    return page(found, query.limit, WebhookOut.of, lambda logged: write_cursor(query.sort, logged.delivery.id))


@route.get("/merchants/{merchant_id}/webhooks/{delivery_id}", Permission.WEBHOOKS_READ, refuses=(NoSuchDelivery,))
async def get_webhook(call: Call, merchant_id: Id, delivery_id: Id) -> WebhookOut:
    """Show one announcement with each push."""
    return WebhookOut.of(await call.services.webhooks.get_delivery(call.ctx.of(merchant_id), delivery_id))


@route.get(
    "/merchants/{merchant_id}/webhooks/{delivery_id}/message",
    Permission.WEBHOOKS_READ_PLAIN,
    refuses=(NoSuchDelivery,),
)
async def get_webhook_message(call: Call, merchant_id: Id, delivery_id: Id) -> MessageOut:
    """Show the message of a push in clear; that it was shown is on record."""
    pushes = PlainPushes(call.services.webhooks, call.services.staff)
    return MessageOut(message=dict(await pushes.show(call.ctx, call.by, merchant_id, delivery_id)))


@route.post(
    "/merchants/{merchant_id}/webhooks/{delivery_id}/replay",
    Permission.WEBHOOKS_REPLAY,
    refuses=(NoSuchDelivery,),
)
async def replay_webhook(call: Call, merchant_id: Id, delivery_id: Id, body: Change) -> DoneOut | Waits:
    """Push one again with all its retries; one that is on its way stays as it is."""
    return await call.perform(REPLAY_ONE, {"merchant": merchant_id, "object": delivery_id}, body.reason)


@route.post("/merchants/{merchant_id}/replayed-webhooks", Permission.WEBHOOKS_REPLAY, refuses=(NothingToReplay,))
async def replay_webhooks(call: Call, merchant_id: Id, body: ReplayIn) -> DoneOut | Waits:
    """Push again what has a number of a span, with all retries.

    A worker does it, a thousand numbers at a time, and goes on where it was when it is cut off. Numbers that are given
    later are not among them.
    """
    said = present(merchant=merchant_id, api=body.api, first=body.first, last=body.last, status=body.status)
    return await call.perform(REPLAY_MANY, said, body.reason)
