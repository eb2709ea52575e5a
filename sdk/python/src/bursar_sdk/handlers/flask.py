"""Pushes in Flask.

from bursar_sdk.handlers.flask import card_pushes

app.add_url_rule("/webhooks/card", view_func=card_pushes(bursar, on_event), methods=["POST"])
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from flask import Response, request

from bursar_sdk.card_events import CardEvent
from bursar_sdk.errors import WebhookInvalid
from bursar_sdk.payout_events import PayoutEvent
from bursar_sdk.webhooks import PushAnswer

if TYPE_CHECKING:
    from bursar_sdk.client import BursarCard, BursarPayout

log = logging.getLogger("bursar_sdk")

View = Callable[[], Response]


def card_pushes(client: BursarCard, handle: Callable[[CardEvent], Any], name: str = "bursar_card_pushes") -> View:
    """The view of the card API's pushes; `handle` is called with each that passed every check."""

    def view() -> Response:
        try:
            event = client.webhooks.parse(request.get_data(), dict(request.headers))
        except WebhookInvalid as fault:
            return _refused(fault)
        handle(event)
        return _sent(client.webhooks.respond())

    view.__name__ = name
    return view


def payout_pushes(
    client: BursarPayout,
    handle: Callable[[PayoutEvent], Any],
    url: str | None = None,
    name: str = "bursar_payout_pushes",
) -> View:
    """The view of the payout API's callbacks. `url` is the callback URL that the platform was told, where a proxy
    changes the path before it comes here."""

    def view() -> Response:
        try:
            event = client.webhooks.parse(request.get_data(), dict(request.headers), url or request.url)
        except WebhookInvalid as fault:
            return _refused(fault)
        handle(event)
        return _sent(client.webhooks.respond())

    view.__name__ = name
    return view


def _refused(fault: WebhookInvalid) -> Response:
    log.warning("a push was refused: %s", fault)
    return Response(fault.check, 400, mimetype="text/plain")


def _sent(answer: PushAnswer) -> Response:
    return Response(answer.body, answer.status, dict(answer.headers))
