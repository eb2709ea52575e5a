"""The merchant's callbacks: events, and settings."""

from typing import Final

from bursar.api.payout.call import Call
from bursar.api.payout.codes import Code, Refusal
from bursar.api.payout.endpoint import Facts, Route
from bursar.api.payout.schemas.webhooks import (
    EventOut,
    EventQuery,
    ReplayOut,
    ReplayQuery,
    WebhookChange,
    WebhookOut,
)
from bursar.kernel.errors import ProviderRefused, ProviderUnavailable
from bursar.kernel.paging import Page
from bursar.merchants.model import Permission
from bursar.merchants.payout.model import PayoutChange
from bursar.merchants.payout.service import API

route = Route(Permission.PAYOUT)

_UNSEALED: Final[Facts] = {
    ProviderRefused: Code.ENCRYPTION_FAILED,
    ProviderUnavailable: Code.ENCRYPTION_FAILED,
}
"""An event that was not called back yet is sealed for the list, and nothing else of it can fail."""


@route.get("/events", when=_UNSEALED, codes=[Code.ENCRYPTION_FAILED])
async def list_events(call: Call, body: EventQuery) -> Page[EventOut]:
    """What you were called back with or were to be, oldest first, 90 days back.

    Sensitive fields are sealed as in the callback, in the version of your callbacks.
    """
    webhooks = call.services.webhooks
    event = None if body.event is None else webhooks.event_named(API, body.event)
    if body.event is not None and event is None:
        raise Refusal.of_parameter(Code.PARAMETER_INVALID, "event")
    return (await webhooks.list_events(call.ctx, API, body.filter(event), body.page)).of(EventOut.of)


@route.get("/webhook")
async def webhook(call: Call) -> WebhookOut:
    """Where you are called back, in which version, and what is still to be called back."""
    settings = await call.services.merchants.get(call.ctx)
    webhooks = call.services.webhooks
    url = await webhooks.find_url(call.ctx, API)
    return WebhookOut.of(url, settings.callback_version, await webhooks.count_waiting(call.ctx, API))


@route.post("/webhook", codes=[Code.OPERATION_FAILED])
async def set_webhook(call: Call, body: WebhookChange) -> WebhookOut:
    """Be called back elsewhere, or in another version; a new URL must answer `NE_VERIFY` with 200 before it counts."""
    if body.url is not None:
        await call.services.webhooks.set_url(call.ctx, API, body.url, challenged=True)
    if body.callback_version is not None:
        await call.services.merchants.change(call.ctx, PayoutChange(callback_version=body.callback_version))
    return await webhook(call)


@route.post("/webhook/replay", codes=[Code.DATA_UNKNOWN])
async def replay(call: Call, body: ReplayQuery) -> ReplayOut:
    """Be called back again with one event, or with those of a span of numbers; `sequence` stays what it was."""
    webhooks = call.services.webhooks
    if body.orderno is not None:
        await webhooks.replay(call.ctx, body.orderno, API)
        return ReplayOut(count=1)
    return ReplayOut(count=await webhooks.replay_range(call.ctx, API, body.first, body.tosequence))
