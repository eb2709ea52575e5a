"""The only SQL on the tables of webhooks."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from bursar.db.arrays import array_literal
from bursar.db.database import Database
from bursar.db.queries import load_queries
from bursar.kernel.context import Context
from bursar.kernel.gather import Lanes, Shared
from bursar.kernel.paging import Page, PageRequest
from bursar.ledger.model import Machine, Transition, Write
from bursar.webhooks.model import Announcement, Attempt, Delivery, DeliveryFilter, DeliveryStatus, LoggedDelivery

queries = load_queries(__package__)

DELIVERY: Final = Machine("webhook_delivery", lock=queries.lock_deliveries, move=queries.replay_deliveries)

_ENDED: Final[frozenset[str]] = frozenset(DeliveryStatus) - {DeliveryStatus.PENDING}


@dataclass(frozen=True, slots=True)
class Rendered:
    """What goes out for a delivery, and when it first did."""

    body: bytes
    first_pushed_at: datetime


def delivery_announced(delivery_id: int, ctx: Context, announcement: Announcement) -> Write:
    """The row of a new delivery."""
    values = {
        "ids": delivery_id,
        "apis": announcement.api,
        "events": announcement.event,
        "objects": announcement.object,
        "traces": announcement.trace,
        "details": dict(announcement.detail),
        "at": ctx.now(),
    }
    return Write(queries.add_deliveries, values)


def url_set(ctx: Context, api: str, url: str) -> Write:
    """The row of a verified URL."""
    return Write(queries.put_url, {"api": api, "url": url, "verified_at": ctx.now()})


def url_removed(api: str) -> Write:
    """No URL any more."""
    return Write(queries.remove_url, {"api": api})


def replayed(ctx: Context, delivery_id: int) -> Transition:
    """A delivery that had come to an end is pending again."""
    return Transition(DELIVERY, delivery_id, _ENDED, DeliveryStatus.PENDING, {"due_at": ctx.now()})


TOGETHER_MAX: Final = 256
"""Deliveries that share a statement."""


class WebhookStore:
    """Reads everything, and writes what is the sender's own bookkeeping."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._urls = Shared(self._read_url)
        self._deliveries: Lanes[int, int, Delivery | None] = Lanes(self._read_deliveries, TOGETHER_MAX)
        self._skips: Lanes[int, int, None] = Lanes(self._skip, TOGETHER_MAX)

    async def find_url(self, merchant_id: int, api: str) -> str | None:
        """Where to push."""
        return await self._urls.get((merchant_id, api))

    async def _read_url(self, whose: tuple[int, str]) -> str | None:
        merchant_id, api = whose
        url: str | None = await self._database.fetch_value(queries.find_url, {"merchant_id": merchant_id, "api": api})
        return url

    async def list_urls(self, merchant_id: int) -> dict[str, str]:
        """URLs by API."""
        return dict(await self._database.fetch_rows(queries.list_urls, {"merchant_id": merchant_id}))

    async def find_delivery(self, merchant_id: int, delivery_id: int) -> Delivery | None:
        """One delivery. Those that are looked for together share a statement."""
        return await self._deliveries.call(merchant_id, delivery_id)

    async def _read_deliveries(self, merchant_id: int, ids: Sequence[int]) -> Sequence[Delivery | None]:
        named = {"merchant_id": merchant_id, "ids": array_literal(ids)}
        found = {each.id: each for each in await self._database.fetch_all(queries.find_deliveries, named, Delivery)}
        return [found.get(delivery_id) for delivery_id in ids]

    async def find_rendered(self, merchant_id: int, delivery_id: int) -> Rendered | None:
        """What goes out, if it was ever rendered."""
        return await self._database.fetch_one(queries.get_body, _key(merchant_id, delivery_id), Rendered)

    async def keep_rendered(self, merchant_id: int, delivery_id: int, rendered: Rendered) -> Rendered:
        """Keep what goes out; the answer is what was kept, which another may have done before."""
        row = {"body": rendered.body, "first_pushed_at": rendered.first_pushed_at}
        kept = await self._database.execute(queries.keep_body, {**_key(merchant_id, delivery_id), **row})
        return rendered if kept else (await self.find_rendered(merchant_id, delivery_id) or rendered)

    async def skip(self, merchant_id: int, delivery_id: int) -> None:
        """There is nobody to tell."""
        await self._skips.call(merchant_id, delivery_id)

    async def _skip(self, merchant_id: int, ids: Sequence[int]) -> Sequence[None]:
        await self._database.execute(queries.skip_deliveries, {"merchant_id": merchant_id, "ids": array_literal(ids)})
        return [None] * len(ids)

    async def record_attempt(
        self, merchant_id: int, delivery_id: int, attempt: Attempt, status: DeliveryStatus, due_at: datetime
    ) -> None:
        """One push and where it leaves the delivery."""
        row = {
            "number": attempt.number,
            "at": attempt.at,
            "http_status": attempt.http_status,
            "error": attempt.error,
            "duration_ms": attempt.duration_ms,
        }
        where = {"merchant_id": merchant_id, "delivery_id": delivery_id, "status": status, "due_at": due_at}
        await self._database.execute(queries.record_attempt, {**where, **row})

    async def forget_before(self, before: datetime, most: int) -> int:
        """Drop at most so many deliveries that ended before, with their attempts; how many."""
        return await self._database.execute(queries.forget_deliveries, {"before": before, "most": most})

    async def list_deliveries(self, merchant_id: int, which: DeliveryFilter, page: PageRequest) -> Page[LoggedDelivery]:
        """One page of the log, newest first."""
        params = {"merchant_id": merchant_id, "api": which.api, "object": which.object, "status": which.status}
        limits = {"limit": page.size, "offset": page.offset}
        rows = await self._database.fetch_all(queries.list_deliveries, {**params, **limits}, Delivery)
        total = await self._database.fetch_value(queries.count_deliveries, params)
        return Page(await self.with_attempts(merchant_id, rows), total, page)

    async def with_attempts(self, merchant_id: int, deliveries: Sequence[Delivery]) -> list[LoggedDelivery]:
        """The deliveries with their attempts, in the same order."""
        params = {"merchant_id": merchant_id, "delivery_ids": [delivery.id for delivery in deliveries]}
        attempts: defaultdict[int, list[Attempt]] = defaultdict(list)
        for delivery_id, *row in await self._database.fetch_rows(queries.list_attempts, params):
            attempts[delivery_id].append(Attempt(*row))
        return [LoggedDelivery(delivery, tuple(attempts[delivery.id])) for delivery in deliveries]


def _key(merchant_id: int, delivery_id: int) -> dict[str, Any]:
    return {"merchant_id": merchant_id, "id": delivery_id}
