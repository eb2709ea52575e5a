"""The only SQL on the tables of webhooks."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, Final

from bursar.db.arrays import array_literal
from bursar.db.database import Database
from bursar.db.queries import load_queries
from bursar.kernel.batching import KeyedBatcher, SharedReads
from bursar.kernel.context import Context
from bursar.kernel.paging import Page, PageRequest
from bursar.ledger.model import Machine, Transition, Write
from bursar.webhooks.model import (
    EPOCH,
    NUMBERED_AT_ONCE,
    REPLAYED_MAX,
    TAKEN_S,
    Announcement,
    Attempt,
    Delivery,
    DeliveryFilter,
    DeliveryStatus,
    EventFilter,
    LoggedDelivery,
    Numbered,
    QueueCount,
)

queries = load_queries(__package__)

DELIVERY: Final = Machine("webhook_delivery", lock=queries.lock_deliveries, move=queries.replay_deliveries)

_ENDED: Final[frozenset[str]] = frozenset(DeliveryStatus) - {DeliveryStatus.PENDING}


@dataclass(frozen=True, slots=True)
class RenderedBody:
    """The body of a delivery, and the instant of its first push."""

    body: bytes
    first_pushed_at: datetime
    """Real time; stays when a body is rendered anew in another form."""
    form: str | None
    """As the dialect named it; None for what was rendered before forms were kept."""


def queue_of(announcement: Announcement) -> str:
    """The queue in which an announcement is pushed."""
    return announcement.queue or announcement.object


def delivery_announced(delivery_id: int, ctx: Context, announcement: Announcement) -> Write:
    """The row of a new delivery."""
    values = {
        "ids": delivery_id,
        "apis": announcement.api,
        "events": announcement.event,
        "objects": announcement.object,
        "queues": queue_of(announcement),
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


def replayed_together(ctx: Context, ids: Sequence[int]) -> Write:
    """Deliveries that have ended are pending again; those that are so already stay as they are."""
    return Write(queries.replay_ended, {"ids": list(ids), "due_at": ctx.now()})


def replayed(ctx: Context, delivery_id: int) -> Transition:
    """A delivery that had come to an end is pending again."""
    return Transition(DELIVERY, delivery_id, _ENDED, DeliveryStatus.PENDING, {"due_at": ctx.now()})


BLOCK: Final = 1_000
"""Numbers in one block, for which the deliveries of each kind and of all are counted; migration 0037 knows it too."""
TOGETHER_MAX: Final = 256
"""Deliveries that share a statement."""
_RECORDED: Final = (
    "ids",
    "statuses",
    "due_at",
    "urls",
    "numbers",
    "at",
    "http_statuses",
    "errors",
    "durations_ms",
    "answers",
)
"""The columns of `record_attempts`."""


@dataclass(frozen=True, slots=True, eq=False)
class HeadClaim:
    """A job that asks for the head of a queue, behind the number `after`."""

    queue: str
    job: str
    after: int = 0


class WebhookStore:
    """Reads everything, and writes the sender's own bookkeeping."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._urls = SharedReads(self._read_url)
        self._deliveries: KeyedBatcher[int, int, Delivery | None] = KeyedBatcher(self._read_deliveries, TOGETHER_MAX)
        self._heads: KeyedBatcher[tuple[int, str], HeadClaim, Delivery | None] = KeyedBatcher(self._take, TOGETHER_MAX)
        self._bodies: KeyedBatcher[int, tuple[int, RenderedBody], RenderedBody | None] = KeyedBatcher(
            self._keep, TOGETHER_MAX
        )
        self._attempts: KeyedBatcher[int, tuple[Any, ...], None] = KeyedBatcher(self._record, TOGETHER_MAX)

    async def find_url(self, merchant_id: int, api: str) -> str | None:
        """The URL to push to."""
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

    async def find_rendered(self, merchant_id: int, delivery_id: int) -> RenderedBody | None:
        """The body, if it was ever rendered."""
        return await self._database.fetch_one(queries.get_body, _key(merchant_id, delivery_id), RenderedBody)

    async def keep_rendered(self, merchant_id: int, delivery_id: int, rendered: RenderedBody) -> RenderedBody:
        """Keep the body to push; the answer is the kept one, which another job may have kept before."""
        kept = await self._bodies.call(merchant_id, (delivery_id, rendered))
        return kept or await self.find_rendered(merchant_id, delivery_id) or rendered

    async def _keep(self, merchant_id: int, asked: Sequence[tuple[int, RenderedBody]]) -> Sequence[RenderedBody | None]:
        columns = {
            "merchant_id": merchant_id,
            "ids": array_literal(delivery_id for delivery_id, _ in asked),
            "bodies": array_literal(rendered.body for _, rendered in asked),
            "first_pushed_at": array_literal(rendered.first_pushed_at for _, rendered in asked),
            "forms": array_literal(rendered.form for _, rendered in asked),
            "block": BLOCK,
        }
        rows = await self._database.fetch_rows(queries.keep_bodies, columns)
        kept = {delivery_id: RenderedBody(*rendered) for delivery_id, *rendered in rows}
        return [kept.get(delivery_id) for delivery_id, _ in asked]

    async def take(self, merchant_id: int, api: str, taking: HeadClaim) -> Delivery | None:
        """The head of a queue, for a job; None if there is none, or if another job has the queue.

        Gives all that is committed its numbers first. Those that ask together share a transaction.
        """
        return await self._heads.call((merchant_id, api), taking)

    async def _take(self, whose: tuple[int, str], asked: Sequence[HeadClaim]) -> Sequence[Delivery | None]:
        queues = {taking.queue for taking in asked}
        heads: dict[tuple[str, str], Delivery] = {}
        numbered = NUMBERED_AT_ONCE
        while numbered == NUMBERED_AT_ONCE and queues:
            numbered, found = await self._number_and_take(whose, [each for each in asked if each.queue in queues])
            heads.update(found)
            queues -= {queue for queue, _ in found}
        return [heads.get((taking.queue, taking.job)) for taking in asked]

    async def _number_and_take(
        self, whose: tuple[int, str], asked: Sequence[HeadClaim]
    ) -> tuple[int, dict[tuple[str, str], Delivery]]:
        """The number of deliveries numbered, and heads by queue and job; one transaction, one round trip."""
        stream = dict(zip(("merchant_id", "api"), whose, strict=True))
        numbers = {"most": NUMBERED_AT_ONCE, "epoch": EPOCH, "block": BLOCK}
        columns = {
            "queues": array_literal(taking.queue for taking in asked),
            "jobs": array_literal(taking.job for taking in asked),
            "after": array_literal(taking.after for taking in asked),
            "taken_s": TAKEN_S,
        }
        async with self._database.connection() as connection, connection.pipeline():
            await connection.execute("BEGIN")
            await connection.execute(queries.open_stream.sql, stream)
            await connection.execute(queries.lock_stream.sql, stream)
            numbered = await connection.execute(queries.number_deliveries.sql, {**stream, **numbers})
            heads = await connection.execute(queries.take_heads.sql, {**stream, **columns})
            await connection.execute("COMMIT")
            [(count,)] = await numbered.fetchall()
            taken = [(row[-1], Delivery(*row[:-1])) for row in await heads.fetchall()]
            return count, {(head.queue, job): head for job, head in taken}

    async def let_go(self, merchant_id: int, delivery_id: int) -> None:
        """Leave a delivery that was taken where it is; another job may take its queue."""
        await self._database.execute(queries.let_go, _key(merchant_id, delivery_id))

    async def end_unsent(self, merchant_id: int, api: str, queue: str) -> None:
        """There is nobody to tell."""
        await self._database.execute(queries.end_unsent, {"merchant_id": merchant_id, "api": api, "queue": queue})

    async def record_attempt(
        self, merchant_id: int, delivery_id: int, url: str, attempt: Attempt, status: DeliveryStatus, due_at: datetime
    ) -> None:
        """One push and where it leaves the delivery."""
        await self._attempts.call(
            merchant_id,
            (
                delivery_id,
                status,
                due_at,
                url,
                attempt.number,
                attempt.at,
                attempt.http_status,
                attempt.error,
                attempt.duration_ms,
                attempt.answer,
            ),
        )

    async def _record(self, merchant_id: int, attempts: Sequence[tuple[Any, ...]]) -> Sequence[None]:
        columns = dict(zip(_RECORDED, map(array_literal, zip(*attempts, strict=True)), strict=True))
        await self._database.execute(queries.record_attempts, {"merchant_id": merchant_id, **columns})
        return [None] * len(attempts)

    async def forget_before(self, before: datetime, most: int) -> int:
        """Drop at most so many deliveries that ended before, with their attempts; how many."""
        span = {"before": before, "most": most, "block": BLOCK}
        gone = int(await self._database.fetch_value(queries.forget_deliveries, span) or 0)
        if gone < most:
            await self._database.execute(queries.forget_blocks, {"before": before})
        return gone

    async def list_deliveries(self, merchant_id: int, which: DeliveryFilter, most: int) -> list[LoggedDelivery]:
        """The log, newest first."""
        query = queries.list_newest if which.object is None else queries.list_newest_of_object
        params = {"merchant_id": merchant_id, "limit": most, **asdict(which)}
        return await self.with_attempts(merchant_id, await self._database.fetch_all(query, params, Delivery))

    async def list_events(
        self, merchant_id: int, api: str, which: EventFilter, page: PageRequest, *, kept_from: datetime, by_push: bool
    ) -> Page[Delivery]:
        """One page of what was announced since `kept_from` and has a number, oldest first; `by_push`: within the span
        by the instant of the first push."""
        span = {"kept_from": kept_from, "by_push": by_push}
        params = {"merchant_id": merchant_id, "api": api, "block": BLOCK, **asdict(which), **span}
        params["from_sequence"] = which.from_sequence or 0
        if which.object is not None:
            listing, counting = queries.list_events_of_object, queries.count_events_of_object
        elif which.event is not None:
            listing, counting = queries.list_events_of_kind, queries.count_events_of_kind
        else:
            listing, counting = queries.list_events, queries.count_events
        return await self._database.fetch_page(listing, counting, params, Delivery, page)

    async def count_waiting(self, merchant_id: int, api: str) -> QueueCount:
        """The numbers of deliveries that wait for a push, and that have failed."""
        params = {"merchant_id": merchant_id, "api": api}
        found = await self._database.fetch_one(queries.count_waiting, params, QueueCount)
        return found or QueueCount(0, 0)

    async def list_ended(self, merchant_id: int, api: str, first: int, last: int | None) -> list[tuple[int, str]]:
        """Ids and queues of deliveries with such numbers that are not on their way; one more than may be replayed."""
        span = {"first": first, "last": last, "limit": REPLAYED_MAX + 1}
        return [
            (row[0], row[1])
            for row in await self._database.fetch_rows(
                queries.list_ended, {"merchant_id": merchant_id, "api": api, **span}
            )
        ]

    async def list_numbered(self, merchant_id: int, api: str, span: tuple[int, int], limit: int) -> list[Numbered]:
        """Deliveries with numbers of a span, in their order."""
        named = {"merchant_id": merchant_id, "api": api, "first": span[0], "last": span[1], "limit": limit}
        return await self._database.fetch_all(queries.list_numbered, named, Numbered)

    async def find_last(self, merchant_id: int, api: str) -> int:
        """The newest number of a merchant's API; 0 before there is one."""
        return await self._database.fetch_value(queries.find_last, {"merchant_id": merchant_id, "api": api}) or 0

    async def clear(self, merchant_id: int) -> int:
        """Drop the whole log of a merchant, and the deliveries still to be pushed; how many deliveries."""
        params = {"merchant_id": merchant_id}
        async with self._database.connection() as connection, connection.pipeline():
            await connection.execute("BEGIN")
            await connection.execute(queries.lock_streams.sql, params)
            cleared = await connection.execute(queries.clear_deliveries.sql, params)
            await connection.execute("COMMIT")
        return cleared.rowcount

    async def with_attempts(self, merchant_id: int, deliveries: Sequence[Delivery]) -> list[LoggedDelivery]:
        """The deliveries with their attempts, in the same order."""
        params = {"merchant_id": merchant_id, "delivery_ids": [delivery.id for delivery in deliveries]}
        attempts: defaultdict[int, list[Attempt]] = defaultdict(list)
        for delivery_id, *row in await self._database.fetch_rows(queries.list_attempts, params):
            attempts[delivery_id].append(Attempt(*row))
        return [LoggedDelivery(delivery, tuple(attempts[delivery.id])) for delivery in deliveries]

    async def find_previous(self, merchant_id: int, delivery: Delivery) -> int | None:
        """The number of the event before one of a merchant's stream; None if none is kept, or it has no number."""
        sequence = delivery.sequence
        if sequence is None or not _begins_range(sequence):
            return None if sequence is None else (sequence - 1 or None)
        params = {"merchant_id": merchant_id, "api": delivery.api, "sequence": sequence}
        found: int | None = await self._database.fetch_value(queries.find_number_before, params)
        return found


def _begins_range(sequence: int) -> bool:
    return sequence > EPOCH and sequence % EPOCH == 1


def _key(merchant_id: int, delivery_id: int) -> dict[str, Any]:
    return {"merchant_id": merchant_id, "id": delivery_id}
