"""Server-sent events of the control API: what happens to a merchant, as it happens.

An event is `request`, `push` or `operation`, with the content that the lists of the control API have, or `gap` for
those that are lost. A comment every 2 s shows that the stream stands; it ends after an hour, when its reader has gone,
with its merchant, or with the process, and a reader that comes back with `Last-Event-ID` goes on where it was.
"""

import asyncio
import time
from collections.abc import AsyncIterator
from typing import Annotated, Final

import orjson
from fastapi import Header
from fastapi.responses import StreamingResponse
from starlette.requests import Request

from bursar.kernel.context import Context
from bursar.kernel.errors import Fact
from bursar.merchants.errors import MerchantUnknown
from bursar.requests.records.model import RecordFilter
from bursar.sandbox.control.requests import listed
from bursar.sandbox.control.route import Calls
from bursar.sandbox.control.services import Sandbox
from bursar.sandbox.feed import FeedEvent, Feeds, Happened
from bursar.webhooks.model import DeliveryFilter, DeliveryStatus, LoggedDelivery

LASTS_S: Final = 3_600.0
HEARTBEAT_S: Final = 2.0
"""A reader that closes its side is still answered (`api/connections.py`), so that only a write shows that it has gone.
"""
RETRY_MS: Final = 1_000
"""The pause before a browser comes back."""
EVENT_ID_MAX: Final = 64
PUSHES_LOOKED_AT: Final = 100
"""Deliveries, newest first, whose pushes are told; one that is retried long after is in the list of webhooks alone."""


class StreamCalls:
    """The call, bound to one sandbox."""

    def __init__(self, sandbox: Sandbox) -> None:
        self._sandbox = sandbox
        self._feeds: Feeds | None = None

    def calls(self) -> Calls:
        """All of them under their methods and paths."""
        return {("GET", "/events/stream"): self.stream}

    async def stream(
        self,
        request: Request,
        last_event_id: Annotated[str | None, Header(alias="Last-Event-ID", max_length=EVENT_ID_MAX)] = None,
    ) -> StreamingResponse:
        """Requests, pushes and ledger operations of the merchant, as server-sent events."""
        if self._feeds is None:
            self._feeds = Feeds(self._sandbox.database, (self._requests, self._pushes))
        merchant_id = self._sandbox.merchant_id
        events = await self._feeds.listen(merchant_id, last_event_id)
        headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
        written = self._written(request, merchant_id, events)
        return StreamingResponse(written, media_type="text/event-stream", headers=headers)

    async def _written(
        self, request: Request, merchant_id: int, events: AsyncIterator[FeedEvent | None]
    ) -> AsyncIterator[bytes]:
        said_s = looked_s = time.monotonic()
        until_s = said_s + LASTS_S
        gone = asyncio.create_task(_disconnected(request))
        try:
            yield f"retry: {RETRY_MS}\n\n".encode()
            async for event in events:
                now_s = time.monotonic()
                if now_s >= until_s or self._sandbox.ending.is_set() or gone.done():
                    return
                if now_s >= looked_s + HEARTBEAT_S:
                    looked_s = now_s
                    if await self._is_removed(merchant_id):
                        return
                if event is not None or now_s >= said_s + HEARTBEAT_S:
                    said_s = now_s
                    yield b": here\n\n" if event is None else _event(event)
        finally:
            gone.cancel()
            await events.aclose()  # type: ignore[attr-defined]

    async def _is_removed(self, merchant_id: int) -> bool:
        try:
            await self._sandbox.merchants.check(merchant_id)
        except MerchantUnknown:
            return True
        except Fact:  # nobody knows now
            return False
        return False

    # ── what there is ────────────────────────────────────────────────────────────────────────────────────────────

    async def _requests(self, merchant_id: int) -> list[Happened]:
        page = await self._sandbox.records.list_page(RecordFilter(merchant_id))
        return [Happened("request", str(record.id), listed(record)) for record in reversed(page)]

    async def _pushes(self, merchant_id: int) -> list[Happened]:
        ctx = Context(merchant_id, self._sandbox.clock, "stream", "sandbox")
        rows = await self._sandbox.services.webhooks.list_deliveries(ctx, DeliveryFilter(), most=PUSHES_LOOKED_AT)
        return [
            self._push(row)
            for row in reversed(rows)
            if row.attempts or row.delivery.status is not DeliveryStatus.PENDING
        ]

    def _push(self, row: LoggedDelivery) -> Happened:
        delivery, last = row.delivery, row.attempts[-1] if row.attempts else None
        content = {
            "id": str(delivery.id),
            "api": delivery.api,
            "event": self._sandbox.services.webhooks.name_of(delivery.api, delivery.event),
            "object": delivery.object,
            "sequence": delivery.sequence,
            "round": delivery.round,
            "status": delivery.status.value,
            "url": delivery.url,
            "attempts": len(row.attempts),
            "http_status": None if last is None else last.http_status,
            "error": None if last is None else last.error,
        }
        return Happened("push", f"{delivery.id}:{len(row.attempts)}:{delivery.status}:{delivery.round}", content)


_PENDING: Final = DeliveryStatus.PENDING


async def _disconnected(request: Request) -> None:
    """Returns when the reader has gone: nothing is sent while nothing happens, and so nothing fails."""
    while (await request.receive())["type"] != "http.disconnect":
        pass


def _event(event: FeedEvent) -> bytes:
    return b"id: %s\nevent: %s\ndata: %s\n\n" % (event.id.encode(), event.kind.encode(), orjson.dumps(event.content))
