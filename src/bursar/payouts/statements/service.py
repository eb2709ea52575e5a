"""Use cases of daily statements: planning, making, and reading them.

A statement is made once, from the orders as they stood at the end of its day, and never changes. It is written whole,
proven against the ledger, stored whole, and only then published, in one commit that the database lets happen once for a
day. Whoever is cut off before that, or comes second, leaves nothing that is ever shown, and what was stored is removed.
"""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Final

import structlog

from bursar.files.storage import Storage
from bursar.ground import Ground
from bursar.kernel.context import Context
from bursar.ledger.engine import Ledger
from bursar.ledger.errors import StateChanged
from bursar.ledger.model import Job, Operation, Part, fingerprint
from bursar.ledger.store import Books
from bursar.merchants.model import Merchant
from bursar.merchants.service import Merchants
from bursar.payouts import postings
from bursar.payouts.days import PayoutDays
from bursar.payouts.statements.contents import StatementContents
from bursar.payouts.statements.due import DiscardStatement, MakeStatement, PlanStatements
from bursar.payouts.statements.errors import DayNotOver, StatementDisagrees, StatementPending
from bursar.payouts.statements.model import SETTLED_AFTER, Calendar, Statement, StatementStatus, parts_of
from bursar.payouts.statements.ports import Layout
from bursar.payouts.statements.proof import Proof, Tally
from bursar.payouts.statements.proof_sheet import Heading, write_proof
from bursar.payouts.statements.scratch_folders import ScratchFolders
from bursar.payouts.statements.store import StatementStore, attempt_row, settled
from bursar.payouts.statements.workbook import StatementBook

DISCARDED_AFTER: Final = timedelta(hours=2)
"""The longest time that storing may take."""

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class StatementDependencies:
    """The parts that the service of statements needs."""

    ground: Ground
    merchants: Merchants
    days: PayoutDays
    storage: Storage
    layout: Layout
    folder: Path
    """The folder in which they are written."""


class Statements:
    """The daily statements of a merchant."""

    def __init__(self, parts: StatementDependencies) -> None:
        self._parts = parts
        self._store = StatementStore(parts.ground.database)
        self._contents = StatementContents(parts.ground.vault, parts.storage)
        self._books = Books(parts.ground.database)
        self._workshop = ScratchFolders(parts.folder)

    @property
    def calendar(self) -> Calendar:
        """The calendar of its days."""
        return self._parts.layout.calendar

    @property
    def _ledger(self) -> Ledger:
        return self._parts.ground.ledger

    # ── reading ──────────────────────────────────────────────────────────────────────────────────────────────────

    def yesterday(self, ctx: Context) -> date:
        """The newest day that is over."""
        return self.calendar.day_of(ctx.now()) - timedelta(days=1)

    async def get(self, ctx: Context, day: date) -> Statement:
        """The statement of a day; if it was not made yet, it is from now on.

        Raises DayImpossible, DayNotOver, or StatementPending.
        """
        self.calendar.check(day, ctx.now())
        found = await self._store.find(ctx, day)
        if found is None:
            await self.begin(ctx, day)
            raise StatementPending(day)
        return found

    async def content(self, ctx: Context, statement: Statement) -> AsyncGenerator[bytes, None]:
        """The file, in parts; raises ProviderRefused, ProviderUnavailable or SecretUnreadable."""
        return await self._contents.read(ctx, statement)

    # ── planning ─────────────────────────────────────────────────────────────────────────────────────────────────

    def part_of_first(self, ctx: Context) -> Part:
        """Statements from this day on, for the operation that makes the context's merchant."""
        return Part(jobs=(self._plan(self.calendar.day_of(ctx.now())),))

    async def plan_first(self, ctx: Context) -> None:
        """Have a merchant's statements made from this day on; however often it is asked for, it is done once."""
        today = self.calendar.day_of(ctx.now())
        await self._ledger.commit(
            ctx,
            Operation(
                key="statements_planned",
                fingerprint=fingerprint("statements planned"),
                kind="statements_planned",
                subject=f"merchant:{ctx.merchant_id}",
                jobs=(self._plan(today),),
            ),
        )

    async def plan_on(self, ctx: Context, first: date) -> datetime | None:
        """Have the statements made that are due since `first`, and plan for the day after the last of them.

        After a long while there may be many: of the days before the last one, only those with orders are made by
        themselves. Answers when to come again if the clock was set back and nothing is due.
        """
        last = self.calendar.last_due(ctx.now())
        if last < first:
            return self.calendar.due_at(first)
        start_of = self.calendar.start_of
        busy = await self._parts.days.busy_days(ctx, start_of(first), start_of(last))
        for day in sorted({*(self.calendar.day_of(at) for at in busy), last}):
            await self.begin(ctx, day)
        await self._ledger.commit(
            ctx,
            Operation(
                key=f"statements_planned:{first.isoformat()}",
                fingerprint=fingerprint("statements planned", first.isoformat()),
                kind="statements_planned",
                subject=f"merchant:{ctx.merchant_id}",
                jobs=(self._plan(last + timedelta(days=1)),),
            ),
        )
        return None

    def _plan(self, day: date) -> Job:
        return Job(PlanStatements(day), self.calendar.due_at(day))

    async def begin(self, ctx: Context, day: date) -> None:
        """Have the statement of a day that is over made; there is one job for a day, for all callers."""
        due_at = max(ctx.now(), self.calendar.end_of(day) + SETTLED_AFTER)
        await self._ledger.commit(
            ctx,
            Operation(
                key=f"statement_begun:{day.isoformat()}",
                fingerprint=fingerprint("statement begun", day.isoformat()),
                kind="statement_begun",
                subject=_subject(day),
                jobs=(Job(MakeStatement(day), due_at),),
            ),
        )

    # ── making ───────────────────────────────────────────────────────────────────────────────────────────────────

    async def make(self, ctx: Context, day: date) -> Statement:
        """Make the statement of a day, unless there is one; the one there is.

        Raises DayNotOver, StatementDisagrees, ProviderRefused or ProviderUnavailable; then nothing is published.
        """
        if self.calendar.end_of(day) > ctx.now():
            raise DayNotOver(day)
        found = await self._store.find(ctx, day)
        if found is not None:
            return found
        with self._workshop.bench() as folder:
            path = folder / "statement.xlsx"
            orders = await self._write(ctx, day, path, folder)
            return await self._publish(ctx, self._attempt(ctx, day, orders, path.stat().st_size), path)

    async def _write(self, ctx: Context, day: date, path: Path, folder: Path) -> int:
        """Write the file if the ledger agrees with it; how many orders are in it."""
        layout, merchant = self._parts.layout, await self._parts.merchants.get(ctx)
        start_at, end_at = self.calendar.start_of(day), self.calendar.end_of(day)
        book = StatementBook(path, folder, self.calendar, layout.columns)
        tally = Tally(start_at, end_at)
        async with aclosing(self._parts.days.orders(ctx, start_at, end_at)) as portions:
            async for portion in portions:
                await asyncio.to_thread(tally.add, [listed.order for listed in portion])
                await asyncio.to_thread(book.add, (layout.cells(merchant, listed) for listed in portion))
        booked = await self._books.moves(ctx.merchant_id, postings.KINDS, postings.ARRIVALS, start_at, end_at)
        proof = tally.proof(booked)
        _check(day, proof)
        write_proof(book.proof, self._heading(ctx, merchant, day), proof)
        await asyncio.to_thread(book.finish)
        return proof.orders

    def _heading(self, ctx: Context, merchant: Merchant, day: date) -> Heading:
        layout = self._parts.layout
        said = f"{merchant.name} ({merchant.merchant_id})"
        return Heading(layout.title(merchant, day), said, day.isoformat(), ctx.now(), layout.status)

    def _attempt(self, ctx: Context, day: date, orders: int, size_bytes: int) -> Statement:
        file_ids = [self._parts.ground.ids.next() for _ in range(parts_of(size_bytes))]
        status = StatementStatus.STORING
        return Statement(self._parts.ground.ids.next(), day, status, orders, size_bytes, file_ids, ctx.now())

    # ── publishing ───────────────────────────────────────────────────────────────────────────────────────────────

    async def _publish(self, ctx: Context, attempt: Statement, path: Path) -> Statement:
        await self._ledger.commit(ctx, _begun(ctx, attempt))
        await self._contents.store(ctx, attempt, path)
        try:
            receipt = await self._ledger.commit(ctx, _published(attempt))
        except StateChanged:  # discarded, because storing took too long: the rest of it goes too
            await self._contents.remove(ctx, attempt)
            raise
        if receipt.subject_id != attempt.id:
            await self.discard(ctx, attempt.id)
        published = await self._store.find(ctx, attempt.day)
        assert published is not None, "the receipt says so"
        return published

    async def discard(self, ctx: Context, statement_id: int) -> None:
        """Remove the stored parts of a statement that was not published; a published one stays."""
        attempt = await self._store.find_attempt(ctx, statement_id)
        if attempt is None:
            return
        try:
            await self._ledger.commit(ctx, _discarded(attempt))
        except StateChanged:
            return
        await self._contents.remove(ctx, attempt)


def _check(day: date, proof: Proof) -> None:
    """Raises StatementDisagrees; somebody has to look."""
    differences = tuple(str(row) for row in proof.differences)
    if differences:
        log.error("statement.disagrees", day=day.isoformat(), differences=list(differences))
        raise StatementDisagrees(day, differences)


def _begun(ctx: Context, attempt: Statement) -> Operation:
    return Operation(
        key=f"statement_stored:{attempt.id}",
        fingerprint=fingerprint("statement stored", attempt.id),
        kind="statement_stored",
        subject=f"statement:{attempt.id}",
        writes=(attempt_row(attempt),),
        jobs=(Job(DiscardStatement(attempt.id), ctx.now() + DISCARDED_AFTER),),
    )


def _published(attempt: Statement) -> Operation:
    """The second for a day is answered with the first one's receipt."""
    return Operation(
        key=f"statement_published:{attempt.day.isoformat()}",
        fingerprint=fingerprint("statement published", attempt.day.isoformat()),
        kind="statement_published",
        subject=f"statement:{attempt.id}",
        transitions=(settled(attempt.id, StatementStatus.PUBLISHED),),
    )


def _discarded(attempt: Statement) -> Operation:
    return Operation(
        key=f"statement_discarded:{attempt.id}",
        fingerprint=fingerprint("statement discarded", attempt.id),
        kind="statement_discarded",
        subject=f"statement:{attempt.id}",
        transitions=(settled(attempt.id, StatementStatus.DISCARDED),),
    )


def _subject(day: date) -> str:
    return f"statement_of:{day:%Y%m%d}"
