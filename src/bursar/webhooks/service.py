"""Where merchants want to be told, what they were told, and telling them.

What is announced goes into the operation that causes it (`announce`), so that nothing that happened goes untold and
nothing is told that did not happen. Delivery is at least once: a push that was cut off before it was recorded goes out
again, with the same id and the same bytes.

URLs and replays are business events and go through the ledger. What was pushed and what came back is the sender's own
bookkeeping, made of plain statements: no money, no order and no promise hangs on it, and a crash between a push and its
record leaves only one push more.

Refuses to know what a webhook looks like; that is a dialect's business.
"""

import secrets
import time
from collections.abc import Iterable, Mapping
from contextlib import suppress
from datetime import datetime
from typing import Any, Final

from bursar.db.database import Database
from bursar.kernel.clock import Clock, SystemClock
from bursar.kernel.context import Context
from bursar.kernel.due import Again
from bursar.kernel.errors import Fact
from bursar.kernel.ids import Ids
from bursar.kernel.paging import Page, PageRequest
from bursar.ledger.engine import Ledger
from bursar.ledger.errors import StateChanged
from bursar.ledger.model import Job, Operation, Write, fingerprint
from bursar.webhooks import store
from bursar.webhooks.errors import NoSuchApi, NoSuchDelivery, PushFailed, UrlNotVerified
from bursar.webhooks.model import (
    FORGOTTEN_AT_ONCE,
    KEPT_FOR,
    PUSH,
    URL_CHALLENGED,
    Announcement,
    Answer,
    Attempt,
    Delivery,
    DeliveryFilter,
    DeliveryStatus,
    LoggedDelivery,
    Outgoing,
)
from bursar.webhooks.ports import Dialect, Prober, Sender
from bursar.webhooks.store import Rendered, WebhookStore

NOT_ACCEPTED: Final = "not_accepted"
"""The error of an attempt that was answered, but not with success."""
_CHALLENGE_BYTES: Final = 16


def announce(ids: Ids, ctx: Context, announcement: Announcement) -> tuple[Write, Job]:
    """The row and the job that an operation carries, so that the merchant learns of it.

    Written whether the merchant has a URL or not: whether there is anybody to tell is seen when it is pushed.
    """
    delivery_id = ids.next()
    job = Job(PUSH, {"delivery_id": delivery_id}, ctx.now())
    return store.delivery_announced(delivery_id, ctx, announcement), job


class Webhooks:
    """URLs, deliveries and their log, for all APIs that have webhooks."""

    def __init__(
        self,
        database: Database,
        ledger: Ledger,
        ids: Ids,
        dialects: Iterable[Dialect],
        sender: Sender,
        prober: Prober,
        *,
        real_clock: Clock | None = None,
    ) -> None:
        """`prober` checks and challenges URLs; `real_clock` dates the headers, whatever the business clock says."""
        self._store = WebhookStore(database)
        self._ledger = ledger
        self._ids = ids
        self._dialects = {dialect.api: dialect for dialect in dialects}
        self._sender = sender
        self._prober = prober
        self._real_clock = real_clock or SystemClock()

    # ── URLs ─────────────────────────────────────────────────────────────────────────────────────────────────────

    async def list_urls(self, ctx: Context) -> dict[str, str]:
        """The merchant's URLs by API; an API without one is left out."""
        return await self._store.list_urls(ctx.merchant_id)

    async def set_url(self, ctx: Context, api: str, url: str | None) -> None:
        """Tell the merchant at `url` from now on; None: nowhere.

        The URL is checked and, where the API says so, challenged before anything changes. Raises UrlRefused,
        UrlNotVerified or NoSuchApi.
        """
        dialect = self._dialects.get(api)
        if dialect is None:
            raise NoSuchApi(api)
        if url is not None:
            await self._prober.check(url)
            if dialect.verifies_urls:
                await self._challenge(ctx, dialect, url)
        await self._ledger.commit(ctx, _url_changed(ctx, api, url))

    async def _challenge(self, ctx: Context, dialect: Dialect, url: str) -> None:
        now = self._real_clock.now()
        delivery = self._challenge_of(ctx, dialect)
        try:
            body = await dialect.body(ctx, delivery, now)
            headers = await dialect.headers(ctx, delivery, now, url, body)
            answer = await self._prober.post(Outgoing(ctx.merchant_id, url, headers, body, dialect.timeout_s))
        except PushFailed as fault:
            raise UrlNotVerified(fault.reason, None) from None
        if not dialect.accepted(answer):
            raise UrlNotVerified(NOT_ACCEPTED, answer.http_status)

    def _challenge_of(self, ctx: Context, dialect: Dialect) -> Delivery:
        delivery_id = self._ids.next()
        detail = {"challenge": secrets.token_hex(_CHALLENGE_BYTES)}
        return Delivery(
            delivery_id, dialect.api, URL_CHALLENGED, str(delivery_id), str(delivery_id), detail,
            DeliveryStatus.PENDING, ctx.now(), ctx.now(),
        )  # fmt: skip

    # ── the log ──────────────────────────────────────────────────────────────────────────────────────────────────

    async def list_deliveries(
        self, ctx: Context, page: PageRequest, which: DeliveryFilter | None = None
    ) -> Page[LoggedDelivery]:
        """One page of the merchant's deliveries with their attempts, newest first."""
        return await self._store.list_deliveries(ctx.merchant_id, which or DeliveryFilter(), page)

    async def get_delivery(self, ctx: Context, delivery_id: int) -> LoggedDelivery:
        """One delivery with its attempts; raises NoSuchDelivery."""
        delivery = await self._get(ctx, delivery_id)
        return (await self._store.with_attempts(ctx.merchant_id, [delivery]))[0]

    async def replay(self, ctx: Context, delivery_id: int) -> LoggedDelivery:
        """Push a delivery that has come to an end again, with all its retries; raises NoSuchDelivery.

        One that is still pending goes out anyway and is left as it is.
        """
        delivery = await self._get(ctx, delivery_id)
        if delivery.status is not DeliveryStatus.PENDING:
            with suppress(StateChanged):  # somebody else was quicker
                await self._ledger.commit(ctx, _replayed(ctx, delivery))
        return await self.get_delivery(ctx, delivery_id)

    async def _get(self, ctx: Context, delivery_id: int) -> Delivery:
        delivery = await self._store.find_delivery(ctx.merchant_id, delivery_id)
        if delivery is None:
            raise NoSuchDelivery(delivery_id)
        return delivery

    async def forget_old(self, now: datetime) -> int:
        """Drop some deliveries that ended long ago, of all merchants; how many. What is still to be pushed stays."""
        return await self._store.forget_before(now - KEPT_FOR, FORGOTTEN_AT_ONCE)

    # ── pushing ──────────────────────────────────────────────────────────────────────────────────────────────────

    async def push(self, ctx: Context, payload: Mapping[str, Any]) -> Again | None:
        """The handler of jobs of the kind PUSH: one push of one delivery, and when the next is due."""
        delivery = await self._store.find_delivery(ctx.merchant_id, payload["delivery_id"])
        if delivery is None or delivery.status is not DeliveryStatus.PENDING:
            return None  # the worker that recorded the end of it died before it could say so
        if delivery.due_at > ctx.now():
            return Again(delivery.due_at)
        url = await self._store.find_url(ctx.merchant_id, delivery.api)
        if url is None:
            await self._store.skip(ctx.merchant_id, delivery.id)
            return None
        return await self._push_to(ctx, delivery, url)

    async def _push_to(self, ctx: Context, delivery: Delivery, url: str) -> Again | None:
        dialect = self._dialects[delivery.api]
        attempt = await self._attempt(ctx, dialect, delivery, url)
        due_at = delivery.after_failure(attempt.at, dialect.retry_delays_s) if attempt.error else None
        status = _status_after(attempt, may_retry=due_at is not None)
        await self._store.record_attempt(ctx.merchant_id, delivery.id, attempt, status, due_at or attempt.at)
        return Again(due_at) if due_at else None

    async def _attempt(self, ctx: Context, dialect: Dialect, delivery: Delivery, url: str) -> Attempt:
        """Push once; the attempt is dated when it ended, for that is when the pause before the next begins."""
        began_at, began_s = ctx.now(), time.monotonic()
        http_status, error = await self._try(ctx, dialect, delivery, url)
        took_ms = round((time.monotonic() - began_s) * 1000)
        at = max(began_at, ctx.now())
        return Attempt(delivery.next_number, at, http_status, error, took_ms)

    async def _try(self, ctx: Context, dialect: Dialect, delivery: Delivery, url: str) -> tuple[int | None, str | None]:
        """HTTP status and error of one push."""
        try:
            answer = await self._send(ctx, dialect, delivery, url)
        except PushFailed as fault:
            return None, fault.reason
        except Fact as fault:  # the dialect could not render it: no key of the merchant's, or a store that is down
            return None, type(fault).__name__
        return answer.http_status, None if dialect.accepted(answer) else NOT_ACCEPTED

    async def _send(self, ctx: Context, dialect: Dialect, delivery: Delivery, url: str) -> Answer:
        rendered = await self._rendered(ctx, dialect, delivery)
        headers = await dialect.headers(ctx, delivery, rendered.first_pushed_at, url, rendered.body)
        return await self._sender.post(Outgoing(ctx.merchant_id, url, headers, rendered.body, dialect.timeout_s))

    async def _rendered(self, ctx: Context, dialect: Dialect, delivery: Delivery) -> Rendered:
        """What goes out; kept before it does, so that it is the same after a crash."""
        if delivery.first_pushed_at is not None:
            kept = await self._store.find_rendered(ctx.merchant_id, delivery.id)
            if kept is not None:
                return kept
        now = self._real_clock.now()
        rendered = Rendered(await dialect.body(ctx, delivery, now), now)
        return await self._store.keep_rendered(ctx.merchant_id, delivery.id, rendered)


def _status_after(attempt: Attempt, *, may_retry: bool) -> DeliveryStatus:
    if attempt.error is None:
        return DeliveryStatus.DELIVERED
    return DeliveryStatus.PENDING if may_retry else DeliveryStatus.FAILED


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
        jobs=(Job(PUSH, {"delivery_id": delivery.id}, ctx.now()),),
    )
