"""The merchant's webhooks: events, and settings."""

from typing import Final

from bursar.api.card.call import Call
from bursar.api.card.codes import Code, Refusal
from bursar.api.card.endpoint import Route
from bursar.api.card.schemas.webhooks import (
    EventOut,
    EventQuery,
    ReplayOut,
    ReplayQuery,
    WebhookChange,
    WebhookOut,
)
from bursar.api.card.schemas.wire import Nothing, PageOut
from bursar.merchants.model import MerchantChange, Permission
from bursar.webhooks.model import EventFilter

route = Route(Permission.CARD, Permission.WALLET)

API: Final = "card"


@route.post("/events/list", encrypted=True)
async def list_events(call: Call, body: EventQuery) -> PageOut[EventOut]:
    """What you were told or were to be told, oldest first, 90 days back."""
    webhooks = call.services.webhooks
    event = None if body.event is None else webhooks.event_named(API, body.event)
    if body.event is not None and event is None:
        raise Refusal(Code.PARAMETER_VALUE, "event")
    which = EventFilter(body.from_sequence, event, body.object_no, body.start_at, body.end_at)
    return PageOut.of((await webhooks.list_events(call.ctx, API, which, body.page)).of(EventOut.of))


@route.post("/webhook/info")
async def webhook_info(call: Call, body: Nothing) -> WebhookOut:
    """Where you are told, in which form, and what is still to be pushed."""
    webhooks, merchant = call.services.webhooks, await call.services.merchants.get(call.ctx)
    url = await webhooks.find_url(call.ctx, API)
    return WebhookOut.of(url, merchant.webhook_detail.value, await webhooks.count_waiting(call.ctx, API))


@route.post("/webhook/update", mutating=True, codes=[Code.OPERATION_FAILED])
async def webhook_update(call: Call, body: WebhookChange) -> WebhookOut:
    """Be told elsewhere, or in another form; a new URL must answer `NE_VERIFY` before it counts."""
    if body.url is not None:
        await call.services.webhooks.set_url(call.ctx, API, body.url)
    if body.detail is not None:
        await call.services.merchants.change(call.ctx, MerchantChange(webhook_detail=body.detail))
    return await webhook_info(call, Nothing())


@route.post("/webhook/replay", mutating=True, codes=[Code.DATA_UNKNOWN])
async def webhook_replay(call: Call, body: ReplayQuery) -> ReplayOut:
    """Have one push, or those with a span of numbers, made again; numbers and bytes stay what they were."""
    webhooks = call.services.webhooks
    if body.order_no is not None and body.from_sequence is None and body.to_sequence is None:
        await webhooks.replay(call.ctx, body.order_no, API)
        return ReplayOut(count=1)
    if body.order_no is not None or (body.to_sequence or SEQUENCES) < (body.from_sequence or 1):
        raise Refusal(Code.PARAMETERS_CONTRADICT)
    if body.from_sequence is None:
        raise Refusal(Code.PARAMETER_EMPTY, "fromSequence" if body.to_sequence else "orderNo")
    return ReplayOut(count=await webhooks.replay_range(call.ctx, API, body.from_sequence, body.to_sequence))


SEQUENCES: Final = 2**53
"""Above every number."""
