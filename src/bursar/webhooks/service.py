"""The webhooks of merchants: their URLs, their announcements, and the pushes.

An announcement is part of the operation that causes it (`announce`), so that every event is told, and no other.
Delivery is at least once: a push that was cut off before it was recorded goes out again, with the same id and the same
bytes.

Pushes about one object are made one after another, in the order in which things happened: each announcement stands in
the queue of its object, and one job at a time works through a queue from its head. Before a job takes a head, all that
is committed gets its number, under a lock that only jobs hold: commits do not wait for each other. Two changes of one
object exclude each other until they are committed, so a reader of the later announcement sees the earlier one.

A job that finds its queue taken ends: the job that has it looks into the queue once more after each push, and a job
that is lost comes back with its lease and has its queue still.

URLs and replays are business events and go through the ledger. Pushes and their answers are the sender's own
bookkeeping, made of plain statements: no money, no order and no promise hangs on it, and a crash between a push and its
record leaves only one push more.

Refuses to know the form of a webhook; that is a dialect's business.
"""

import asyncio
import secrets
import time
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, Final

from bursar.ground import Ground
from bursar.kernel import spans
from bursar.kernel.clock import Clock, SystemClock
from bursar.kernel.context import Context
from bursar.kernel.due import Again
from bursar.kernel.errors import Fact
from bursar.kernel.ids import Ids
from bursar.kernel.paging import Page, PageRequest
from bursar.ledger.errors import StateChanged
from bursar.ledger.model import Job, Operation, Part, fingerprint
from bursar.webhooks import store
from bursar.webhooks.due import PushQueue
from bursar.webhooks.errors import (
    NoSuchApi,
    NoSuchDelivery,
    NothingToReplay,
    PushFailed,
    ReplayTooLarge,
    UrlNotVerified,
)
from bursar.webhooks.metrics import observe_push
from bursar.webhooks.model import (
    ANSWER_LENGTH_MAX,
    FORGOTTEN_AT_ONCE,
    KEPT_FOR,
    REPLAYED_MAX,
    URL_CHALLENGED,
    WORKED_S,
    Announcement,
    Answer,
    Attempt,
    Delivery,
    DeliveryFilter,
    DeliveryStatus,
    EventFilter,
    HttpPost,
    LoggedDelivery,
    QueueCount,
)
from bursar.webhooks.ports import Dialect, Prober, PushDelays, Sender
from bursar.webhooks.retries import retry_at, status_after
from bursar.webhooks.store import HeadClaim, RenderedBody, WebhookStore

NOT_ACCEPTED: Final = "not_accepted"
"""The error of an attempt that was answered, but not with success."""
LOGGED_MAX: Final = 200
"""Deliveries of the log that are shown at once."""
_CHALLENGE_BYTES: Final = 16
_NUMBER_MAX: Final = 2**63 - 1
_FIRST: Final = datetime.min.replace(tzinfo=UTC)
_LAST: Final = datetime.max.replace(tzinfo=UTC)


def announce(ids: Ids, ctx: Context, *announcements: Announcement) -> Part:
    """The part of an operation by which the merchant learns of it: a delivery and a push for each announcement.

    Written whether the merchant has a URL or not: the push finds out.
    """
    return Part(
        writes=tuple(store.delivery_announced(ids.next(), ctx, announcement) for announcement in announcements),
        jobs=tuple(_push_job(ctx, one.api, store.queue_of(one)) for one in announcements),
    )


def _push_job(ctx: Context, api: str, queue: str) -> Job:
    return Job(PushQueue(api, queue), ctx.now())


class Webhooks:
    """URLs, deliveries and their log, for all APIs that have webhooks."""

    def __init__(
        self,
        ground: Ground,
        dialects: Iterable[Dialect],
        sender: Sender,
        prober: Prober,
        *,
        real_clock: Clock | None = None,
        pace: PushDelays | None = None,
    ) -> None:
        """`prober` checks and challenges URLs; `real_clock` dates the headers, independently of the business clock."""
        self._store = WebhookStore(ground.database)
        self._pace = pace
        self._ledger = ground.ledger
        self._ids = ground.ids
        self._dialects = {dialect.api: dialect for dialect in dialects}
        self._sender = sender
        self._prober = prober
        self._real_clock = real_clock or SystemClock()

    @property
    def apis(self) -> tuple[str, ...]:
        """The APIs that have webhooks."""
        return tuple(self._dialects)

    # ── URLs ─────────────────────────────────────────────────────────────────────────────────────────────────────

    async def list_urls(self, ctx: Context) -> dict[str, str]:
        """The merchant's URLs by API; an API without one is left out."""
        return await self._store.list_urls(ctx.merchant_id)

    async def find_url(self, ctx: Context, api: str) -> str | None:
        """The merchant's URL for an API."""
        return await self._store.find_url(ctx.merchant_id, api)

    async def set_url(self, ctx: Context, api: str, url: str | None, *, challenged: bool = False) -> None:
        """Tell the merchant at `url` from now on; None: nowhere.

        The URL is checked and, where the API or the caller says so, challenged before anything changes. Raises
        UrlRefused, UrlNotVerified or NoSuchApi.
        """
        dialect = self._dialect(api)
        if url is not None:
            await self._prober.check(url)
            if challenged or dialect.verifies_urls:
                await self._challenge(ctx, dialect, url)
        await self._ledger.commit(ctx, _url_changed(ctx, api, url))

    def _dialect(self, api: str) -> Dialect:
        dialect = self._dialects.get(api)
        if dialect is None:
            raise NoSuchApi(api)
        return dialect

    async def _challenge(self, ctx: Context, dialect: Dialect, url: str) -> None:
        now = self._real_clock.now()
        delivery = self._challenge_of(ctx, dialect)
        try:
            body = await dialect.body(ctx, delivery, now)
            headers = await dialect.headers(ctx, delivery, now, url, body)
            answer = await self._prober.post(HttpPost(ctx.merchant_id, url, headers, body, dialect.timeout_s))
        except PushFailed as fault:
            raise UrlNotVerified(fault.reason, None) from None
        if not dialect.accepted(answer):
            raise UrlNotVerified(NOT_ACCEPTED, answer.http_status)

    def _challenge_of(self, ctx: Context, dialect: Dialect) -> Delivery:
        delivery_id = self._ids.next()
        number, detail = str(delivery_id), {"challenge": secrets.token_hex(_CHALLENGE_BYTES)}
        return Delivery(
            delivery_id,
            dialect.api,
            URL_CHALLENGED,
            number,
            number,
            number,
            detail,
            DeliveryStatus.PENDING,
            ctx.now(),
            ctx.now(),
        )

    # ── the log ──────────────────────────────────────────────────────────────────────────────────────────────────

    async def list_deliveries(
        self, ctx: Context, which: DeliveryFilter | None = None, *, most: int = LOGGED_MAX
    ) -> list[LoggedDelivery]:
        """The merchant's deliveries with their attempts, newest first."""
        return await self._store.list_deliveries(ctx.merchant_id, which or DeliveryFilter(), most)

    async def list_events(
        self, ctx: Context, api: str, which: EventFilter, page: PageRequest
    ) -> Page[tuple[LoggedDelivery, Mapping[str, Any]]]:
        """One page of what has a number, oldest first, with what each message says; 90 days back."""
        within = replace(which, start_at=which.start_at or _FIRST, end_at=which.end_at or _LAST)
        found = await self._store.list_events(
            ctx.merchant_id,
            api,
            within,
            page,
            kept_from=ctx.now() - KEPT_FOR,
            by_push=self._dialect(api).dates_by_push,
        )
        logged = [
            replace(each, previous=await self._store.find_previous(ctx.merchant_id, each.delivery))
            for each in await self._store.with_attempts(ctx.merchant_id, found.rows)
        ]
        return Page([(each, await self.plaintext(ctx, each.delivery)) for each in logged], found.total, page)

    async def plaintext(self, ctx: Context, delivery: Delivery) -> Mapping[str, Any]:
        """A delivery's message in clear, as its API writes it; raises the facts of whatever has to be read for it."""
        dialect = self._dialect(delivery.api)
        kept = await self._kept(ctx, delivery, await dialect.form(ctx))
        return await dialect.plaintext(ctx, delivery, None if kept is None else kept.body)

    def name_of(self, api: str, event: str) -> str:
        """The published name of a domain event."""
        return self._dialect(api).name_of(event)

    def event_named(self, api: str, name: str) -> str | None:
        """The domain event that an API has published under this name; None if it has none."""
        return self._dialect(api).event_named(name)

    async def count_waiting(self, ctx: Context, api: str) -> QueueCount:
        """The numbers of the merchant's deliveries that wait for a push, and that have failed."""
        return await self._store.count_waiting(ctx.merchant_id, api)

    async def clear(self, ctx: Context) -> int:
        """Drop the merchant's whole log, and the deliveries still to be pushed; how many deliveries."""
        return await self._store.clear(ctx.merchant_id)

    async def get_delivery(self, ctx: Context, delivery_id: int) -> LoggedDelivery:
        """One delivery with its attempts; raises NoSuchDelivery."""
        delivery = await self._get(ctx, delivery_id)
        return (await self._store.with_attempts(ctx.merchant_id, [delivery]))[0]

    async def last_number(self, ctx: Context, api: str) -> int:
        """The newest number of the merchant's deliveries of an API; 0 before there is one."""
        return await self._store.find_last(ctx.merchant_id, api)

    async def list_after(self, ctx: Context, api: str, number: int, *, most: int) -> list[Delivery]:
        """The merchant's deliveries of an API with numbers above one, in their order, whatever has become of them."""
        found = await self._store.list_numbered(ctx.merchant_id, api, (number + 1, _NUMBER_MAX), most)
        deliveries = await asyncio.gather(*(self._store.find_delivery(ctx.merchant_id, each.id) for each in found))
        return [delivery for delivery in deliveries if delivery is not None]

    async def message(self, ctx: Context, delivery: Delivery, url: str) -> HttpPost:
        """The push of a delivery as it would go to `url` now; nothing is sent and nothing is kept.

        The body is the one that went out, if any did. Raises the facts of whatever has to be read for it.
        """
        dialect = self._dialect(delivery.api)
        kept = await self._kept(ctx, delivery, await dialect.form(ctx))
        at = delivery.first_pushed_at or self._real_clock.now()
        body = await dialect.body(ctx, delivery, at) if kept is None else kept.body
        headers = await dialect.headers(ctx, delivery, at, url, body)
        return HttpPost(ctx.merchant_id, url, headers, body, dialect.timeout_s)

    async def replay(self, ctx: Context, delivery_id: int, api: str | None = None) -> LoggedDelivery:
        """Push a delivery that has come to an end again, with all its retries; raises NoSuchDelivery, also for one of
        another API than `api`.

        One that is still pending goes out anyway and is left as it is.
        """
        delivery = await self._get(ctx, delivery_id)
        if api not in (None, delivery.api):
            raise NoSuchDelivery(delivery_id)
        if delivery.status is not DeliveryStatus.PENDING:
            with suppress(StateChanged):  # somebody else was quicker
                await self._ledger.commit(ctx, _replayed(ctx, delivery))
        return await self.get_delivery(ctx, delivery_id)

    async def replay_range(self, ctx: Context, api: str, first: int, last: int | None) -> int:
        """Push the deliveries with such numbers again, with all retries; how many. A push on its way goes out anyway.

        Raises NothingToReplay or ReplayTooLarge.
        """
        ended = await self._store.list_ended(ctx.merchant_id, api, first, last)
        if not ended:
            raise NothingToReplay
        if len(ended) > REPLAYED_MAX:
            raise ReplayTooLarge(REPLAYED_MAX)
        await self._ledger.commit(ctx, _range_replayed(ctx, api, ended))
        return len(ended)

    async def _get(self, ctx: Context, delivery_id: int) -> Delivery:
        delivery = await self._store.find_delivery(ctx.merchant_id, delivery_id)
        if delivery is None:
            raise NoSuchDelivery(delivery_id)
        return delivery

    async def forget_old(self, now: datetime) -> int:
        """Drop some deliveries that ended long ago, of all merchants; how many. What is still to be pushed stays."""
        return await self._store.forget_before(now - KEPT_FOR, FORGOTTEN_AT_ONCE)

    # ── pushing ──────────────────────────────────────────────────────────────────────────────────────────────────

    async def push(self, ctx: Context, due: PushQueue) -> Again | None:
        """Due work: work through a queue until it is empty or its head is not due."""
        if due.delivery_id is not None:
            delivery = await self._store.find_delivery(ctx.merchant_id, due.delivery_id)
            return None if delivery is None else await self._work_through(ctx, delivery.api, delivery.queue)
        return await self._work_through(ctx, due.api, due.queue)

    async def _work_through(self, ctx: Context, api: str, queue: str) -> Again | None:
        until_s = time.monotonic() + WORKED_S
        overtaken = 0
        held: Again | None = None
        while time.monotonic() < until_s:
            taking = HeadClaim(queue, ctx.request_key, overtaken)
            head = await self._store.take(ctx.merchant_id, api, taking)
            if head is None:
                return held
            if head.due_at > ctx.now():
                return _sooner(held, Again(head.due_at))
            hold = await self._pace.hold(ctx, head.id) if self._pace else None
            if hold is None:
                await self._push_or_end(ctx, head)
            elif hold.may_be_overtaken:
                await self._store.let_go(ctx.merchant_id, head.id)
                overtaken, held = head.sequence or 0, _sooner(held, Again(hold.until))
            else:
                return _sooner(held, Again(hold.until))
        return Again(ctx.now())

    async def _push_or_end(self, ctx: Context, head: Delivery) -> None:
        url = await self._store.find_url(ctx.merchant_id, head.api)
        if url is None:
            await self._store.end_unsent(ctx.merchant_id, head.api, head.queue)
        else:
            await self._push_to(ctx, head, url)

    async def _push_to(self, ctx: Context, delivery: Delivery, url: str) -> None:
        dialect = self._dialects[delivery.api]
        attempt = await self._attempt(ctx, dialect, delivery, url)
        due_at = retry_at(delivery, attempt, dialect.retry_delays_s)
        status = status_after(attempt, due_at)
        outcome = "retried" if status is DeliveryStatus.PENDING else status.value
        observe_push(delivery.api, ctx.merchant_id, outcome, attempt.duration_ms / 1000)
        await self._store.record_attempt(ctx.merchant_id, delivery.id, url, attempt, status, due_at or attempt.at)

    async def _attempt(self, ctx: Context, dialect: Dialect, delivery: Delivery, url: str) -> Attempt:
        """Push once; the attempt is dated when it ended, for that is when the pause before the next begins."""
        began_at, began_s = ctx.now(), time.monotonic()
        answer, error = await self._try(ctx, dialect, delivery, url)
        took_ms = round((time.monotonic() - began_s) * 1000)
        at = max(began_at, ctx.now())
        said = (None, None) if answer is None else (answer.http_status, _said(answer))
        return Attempt(delivery.next_number, at, said[0], error, took_ms, said[1])

    async def _try(
        self, ctx: Context, dialect: Dialect, delivery: Delivery, url: str
    ) -> tuple[Answer | None, str | None]:
        """Answer and error of one push."""
        try:
            answer = await self._send(ctx, dialect, delivery, url)
        except PushFailed as fault:
            return None, fault.reason
        except Fact as fault:  # the dialect could not render it: no key of the merchant's, or a store that is down
            return None, type(fault).__name__
        return answer, None if dialect.accepted(answer) else NOT_ACCEPTED

    async def _send(self, ctx: Context, dialect: Dialect, delivery: Delivery, url: str) -> Answer:
        rendered = await self._rendered(ctx, dialect, delivery)
        headers = await dialect.headers(ctx, delivery, rendered.first_pushed_at, url, rendered.body)
        about = {"bursar.api": delivery.api, "bursar.event": delivery.event, "bursar.delivery": str(delivery.id)}
        with spans.span("push", "producer", None, about):
            sent = {**headers, spans.TRACEPARENT: trace} if (trace := spans.carried()) else headers
            return await self._sender.post(HttpPost(ctx.merchant_id, url, sent, rendered.body, dialect.timeout_s))

    async def _rendered(self, ctx: Context, dialect: Dialect, delivery: Delivery) -> RenderedBody:
        """The body to push; kept before it goes out, so that it is the same after a crash."""
        form = await dialect.form(ctx)
        kept = await self._kept(ctx, delivery, form)
        if kept is not None:
            return kept
        at = delivery.first_pushed_at or self._real_clock.now()
        rendered = RenderedBody(await dialect.body(ctx, delivery, at), at, form)
        return await self._store.keep_rendered(ctx.merchant_id, delivery.id, rendered)

    async def _kept(self, ctx: Context, delivery: Delivery, form: str) -> RenderedBody | None:
        """The body that went out, unless the merchant wants another form by now.

        One without a form is from before forms were kept, and goes out as it is.
        """
        if delivery.first_pushed_at is None:
            return None
        kept = await self._store.find_rendered(ctx.merchant_id, delivery.id)
        return kept if kept is not None and kept.form in (None, form) else None


def _said(answer: Answer) -> str:
    """The beginning of an answer, as far as it is text."""
    return answer.body.decode("utf-8", "replace").replace("\x00", "\ufffd")[:ANSWER_LENGTH_MAX]


def _sooner(one: Again | None, other: Again) -> Again:
    return other if one is None or other.at < one.at else one


def _url_changed(ctx: Context, api: str, url: str | None) -> Operation:
    return Operation(
        key=f"webhooks.url:{api}:{ctx.request_key}",
        fingerprint=fingerprint("webhooks.url", api, url),
        kind="webhooks.url",
        subject=f"webhook_url:{api}",
        writes=(store.url_removed(api) if url is None else store.url_set(ctx, api, url),),
    )


def _replayed(ctx: Context, delivery: Delivery) -> Operation:
    """The round stands in the key: two who replay the same end of it replay it once."""
    return Operation(
        key=f"webhooks.replay:{delivery.id}:{delivery.round}",
        fingerprint=fingerprint("webhooks.replay", delivery.id, delivery.round),
        kind="webhooks.replay",
        subject=f"webhook_delivery:{delivery.id}",
        transitions=(store.replayed(ctx, delivery.id),),
        jobs=(_push_job(ctx, delivery.api, delivery.queue),),
    )


def _range_replayed(ctx: Context, api: str, ended: Sequence[tuple[int, str]]) -> Operation:
    ids = [delivery_id for delivery_id, _ in ended]
    return Operation(
        key=f"webhooks.replay_range:{ctx.request_key}",
        fingerprint=fingerprint("webhooks.replay_range", api, ids),
        kind="webhooks.replay",
        subject=f"webhook_stream:{api}",
        writes=(store.replayed_together(ctx, ids),),
        jobs=tuple(_push_job(ctx, api, queue) for queue in dict.fromkeys(queue for _, queue in ended)),
    )
