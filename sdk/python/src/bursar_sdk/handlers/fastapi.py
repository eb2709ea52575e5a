"""Pushes in FastAPI or Starlette.

from bursar_sdk.handlers.fastapi import card_pushes

app.add_api_route("/webhooks/card", card_pushes(bursar, on_event), methods=["POST"])
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any

from starlette.requests import Request
from starlette.responses import Response

from bursar_sdk.card_events import CardEvent
from bursar_sdk.errors import WebhookInvalid
from bursar_sdk.payout_events import PayoutEvent
from bursar_sdk.webhooks import PushAnswer

if TYPE_CHECKING:
    from bursar_sdk.client import AsyncBursarCard, AsyncBursarPayout, BursarCard, BursarPayout

log = logging.getLogger("bursar_sdk")

Route = Callable[[Request], Awaitable[Response]]


def card_pushes(client: BursarCard | AsyncBursarCard, handle: Callable[[CardEvent], Awaitable[Any]]) -> Route:
    """The endpoint of the card API's pushes; `handle` is awaited with each that passed every check."""

    async def route(request: Request) -> Response:
        raw = await request.body()
        try:
            event = client.webhooks.parse(raw, request.headers)
        except WebhookInvalid as fault:
            return _refused(fault)
        await handle(event)
        return _sent(client.webhooks.respond())

    return route


def payout_pushes(
    client: BursarPayout | AsyncBursarPayout, handle: Callable[[PayoutEvent], Awaitable[Any]], url: str | None = None
) -> Route:
    """The endpoint of the payout API's callbacks. `url` is the callback URL that the platform was told, where a proxy
    changes the path before it comes here."""

    async def route(request: Request) -> Response:
        raw = await request.body()
        try:
            event = client.webhooks.parse(raw, request.headers, url or str(request.url))
        except WebhookInvalid as fault:
            return _refused(fault)
        await handle(event)
        return _sent(client.webhooks.respond())

    return route


def _refused(fault: WebhookInvalid) -> Response:
    log.warning("a push was refused: %s", fault)
    return Response(fault.check, 400, media_type="text/plain")


def _sent(answer: PushAnswer) -> Response:
    return Response(answer.body, answer.status, dict(answer.headers))
