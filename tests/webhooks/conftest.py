"""A merchant who wants to be told, and things to tell."""

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest

from bursar.db.database import Database
from bursar.kernel.clock import ManualClock
from bursar.kernel.context import Context
from bursar.kernel.due import Again, Handler
from bursar.kernel.ids import Ids
from bursar.ledger.engine import Ledger
from bursar.ledger.model import Operation
from bursar.webhooks.due import PushQueue
from bursar.webhooks.model import Announcement, DeliveryFilter, DeliveryStatus, LoggedDelivery
from bursar.webhooks.ports import Sender
from bursar.webhooks.sender import HttpSender
from bursar.webhooks.service import Webhooks, announce
from bursar.worker.loop import Worker
from tests.ground import ground_of

from .receivers import PlainDialect, Receiver

REAL_TIME = datetime(2030, 1, 1, tzinfo=UTC)


@dataclass
class Office:
    """Announces, pushes and looks into the log, as merchant 1 unless told otherwise."""

    database: Database
    ledger: Ledger
    ids: Ids
    clock: ManualClock
    http: HttpSender
    dialect: PlainDialect = field(default_factory=PlainDialect)
    real_clock: ManualClock = field(default_factory=lambda: ManualClock(REAL_TIME))
    requests: int = 0

    def context(self, merchant_id: int = 1) -> Context:
        self.requests += 1
        return Context(merchant_id, self.clock, f"request-{self.requests}", "test")

    def webhooks(self, sender: Sender | None = None) -> Webhooks:
        return Webhooks(
            ground_of(self.database, self.ids, self.clock),
            [self.dialect],
            sender or self.http,
            self.http,
            real_clock=self.real_clock,
        )

    def worker(self, push: Callable[[Context, PushQueue], Awaitable[Again | None]] | None = None) -> Worker:
        return Worker(self.database, self.clock, [Handler(PushQueue, push or self.webhooks().push)])

    async def listen_at(self, receiver: Receiver, merchant_id: int = 1) -> None:
        """The receiver's URL is the merchant's; what it got for that is forgotten."""
        replies, receiver.replies = receiver.replies, [b"HTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\nSUCCESS"]
        await self.webhooks().set_url(self.context(merchant_id), "card", receiver.url)
        receiver.replies = replies
        receiver.received.clear()
        await receiver.arrived.acquire()

    async def announce(self, about: str = "order-1", *, merchant_id: int = 1, event: str = "card_recharged") -> None:
        ctx = self.context(merchant_id)
        told = announce(self.ids, ctx, Announcement("card", event, about, f"trace-{about}", {"amount": "12.50"}))
        await self.ledger.commit(ctx, Operation(ctx.request_key, b"f", "test", f"test:{about}") + told)

    async def log(self, which: DeliveryFilter | None = None, merchant_id: int = 1) -> list[LoggedDelivery]:
        return await self.webhooks().list_deliveries(self.context(merchant_id), which, most=50)

    async def only(self) -> LoggedDelivery:
        [logged] = await self.log()
        return logged

    async def outcome(self) -> tuple[DeliveryStatus, list[tuple[int | None, str | None]]]:
        logged = await self.only()
        return logged.delivery.status, [(attempt.http_status, attempt.error) for attempt in logged.attempts]

    def wait(self, seconds: float) -> None:
        self.clock.advance(timedelta(seconds=seconds))


@pytest.fixture
async def http() -> AsyncIterator[HttpSender]:
    """A sender that may reach receivers on this machine."""
    sender = HttpSender(allow_private=True)
    yield sender
    await sender.close()


@pytest.fixture
def office(database: Database, ledger: Ledger, ids: Ids, clock: ManualClock, http: HttpSender) -> Office:
    return Office(database, ledger, ids, clock, http)
