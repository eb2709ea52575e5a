"""Two merchants with a day's business, the staff, and the room of reports."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path

import pytest

from bursar.db.database import Database
from bursar.decisions.model import Sources
from bursar.kernel.clock import ManualClock
from bursar.kernel.context import Context
from bursar.kernel.ids import Ids
from bursar.ledger import chart
from bursar.ledger.proofs import NightlyProofs
from bursar.merchants.assembly import build_merchants
from bursar.reports.assembly import ReportRoom, build_reports
from bursar.reports.jobs import ReportJobs
from bursar.reports.model import Content, Period, Report
from bursar.reports.service import Reports
from bursar.staff.approvals.service import Request
from bursar.staff.model import Principal
from tests.accounting.conftest import Office as Books
from tests.accounting.conftest import office as books  # noqa: F401 - the fixture
from tests.staff.office import Office as Staff


@dataclass
class Bureau:
    """The reports of an install, and who reads them."""

    books: Books
    staff: Staff
    room: ReportRoom
    clock: ManualClock
    outside: list[str] = field(default_factory=list)
    """Sentences on differences outside."""

    @property
    def reports(self) -> Reports:
        return self.room.reports

    @property
    def jobs(self) -> ReportJobs:
        return ReportJobs(self.reports)

    @property
    def today(self) -> date:
        return self.clock.now().date()

    def work(self) -> Context:
        """The context of a worker."""
        return Context(0, self.clock, "work", "worker")

    async def business(self) -> None:
        """A day's movements of two merchants."""
        usdt = chart.merchant_available("USDT")
        await self.books.moves(chart.funding_clearing("USDT"), usdt, "1000")
        await self.books.moves(usdt, chart.platform_fees("USDT"), "2.5")
        await self.books.moves(chart.funding_clearing("USDT"), usdt, "40", 2)
        await self.books.moves(usdt, chart.platform_fees("USDT"), "1", 2)

    async def next_day(self) -> date:
        """The day that is over now."""
        day = self.today
        self.clock.advance(timedelta(days=1))
        return day

    async def proven(self) -> None:
        await NightlyProofs(self.books.database).prove(self.clock.now() + timedelta(hours=3))

    async def made(self, by: Principal, kind: str, day: date, last: date | None = None) -> Report:
        """A report, made by a worker."""
        report = await self.reports.ask(self.staff.ctx(by), by, kind, Period(day, last or day))
        await self.reports.make(self.work(), report.id)
        return await self.reports.get(self.staff.ctx(by), by, report.id)

    async def content(self, by: Principal, report: Report) -> Content:
        return await self.reports.content(self.staff.ctx(by), by, report.id)

    async def close(self, by: Principal, day: date, report: Report, reason: str = "looked at") -> None:
        said = {"day": day.isoformat(), "report": report.id, "reason": reason}
        await self.staff.room.approvals.perform(self.staff.ctx(by), by, Request("reports.close", said, reason))


@pytest.fixture
def bureau(database: Database, ids: Ids, clock: ManualClock, books: Books, tmp_path: Path) -> Bureau:  # noqa: F811
    staff = Staff(database, ids, clock)
    outside: list[str] = []

    async def compare() -> Sequence[str]:
        return outside

    merchants = build_merchants(staff.ground).merchants
    room = build_reports(staff.ground, staff.room, Sources(), compare, merchants, tmp_path / "made")
    return Bureau(books, staff, room, clock, outside)


@pytest.fixture
async def fay(bureau: Bureau) -> Principal:
    """Somebody of finance."""
    return await (await bureau.staff.somebody("fay", "finance")).sign_in()
