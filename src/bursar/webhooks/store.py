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
_RECORDED: Final = ("ids", "statuses", "due_at", "numbers", "at", "http_statuses", "errors", "durations_ms")
"""The columns of `record_attempts`."""


class WebhookStore:
    """Reads everything, and writes what is the sender's own bookkeeping."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._urls = Shared(self._read_url)
        self._deliveries: Lanes[int, int, Delivery | None] = Lanes(self._read_deliveries, TOGETHER_MAX)
        self._skips: Lanes[int, int, None] = Lanes(self._skip, TOGETHER_MAX)
        self._bodies: Lanes[int, tuple[int, Rendered], Rendered | None] = Lanes(self._keep, TOGETHER_MAX)
        self._attempts: Lanes[int, tuple[Any, ...], None] = Lanes(self._record, TOGETHER_MAX)

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
        kept = await self._bodies.call(merchant_id, (delivery_id, rendered))
        return kept or await self.find_rendered(merchant_id, delivery_id) or rendered

    async def _keep(self, merchant_id: int, asked: Sequence[tuple[int, Rendered]]) -> Sequence[Rendered | None]:
        columns = {
            "merchant_id": merchant_id,
            "ids": array_literal(delivery_id for delivery_id, _ in asked),
            "bodies": array_literal(rendered.body for _, rendered in asked),
            "first_pushed_at": array_literal(rendered.first_pushed_at for _, rendered in asked),
        }
        rows = await self._database.fetch_rows(queries.keep_bodies, columns)
        kept = {delivery_id: Rendered(body, first_pushed_at) for delivery_id, body, first_pushed_at in rows}
        return [kept.get(delivery_id) for delivery_id, _ in asked]

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
        await self._attempts.call(merchant_id, (
            delivery_id, status, due_at,
            attempt.number, attempt.at, attempt.http_status, attempt.error, attempt.duration_ms,
        ))  # fmt: skip

    async def _record(self, merchant_id: int, attempts: Sequence[tuple[Any, ...]]) -> Sequence[None]:
        columns = dict(zip(_RECORDED, map(array_literal, zip(*attempts, strict=True)), strict=True))
        await self._database.execute(queries.record_attempts, {"merchant_id": merchant_id, **columns})
        return [None] * len(attempts)

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
