"""The bureau with lists, for tests of screening."""

import gc
from datetime import timedelta
from pathlib import Path
from typing import Any

from bursar.cards.subjects import emboss_subjects
from bursar.customers.subjects import customer_subjects
from bursar.db.database import Database
from bursar.decisions.sources.screening import hit_source
from bursar.kernel.clock import ManualClock
from bursar.kernel.ids import Ids
from bursar.main.work import SCREENING
from bursar.payouts.payees.subjects import payee_subjects
from bursar.screening.assembly import build_screening
from bursar.screening.due import ScreenAll, ScreenSubject
from bursar.screening.loader import COMPARED_AFTER, Loaded
from bursar.screening.merchants import MerchantSubjects
from bursar.screening.model import Hit
from bursar.screening.service import Gate
from bursar.staff.model import Principal
from bursar.wallet.subjects import deposit_subjects
from bursar.wallet.withdrawals.subjects import withdrawal_subjects
from bursar.worker.loop import Worker
from tests.decisions.bureau import Bureau
from tests.screening.formats import own_csv
from tests.screening.local_matcher import LocalMatcher

PATIENT = dict.fromkeys((ScreenSubject, ScreenAll), SCREENING)


class Desk(Bureau):
    """One process of ours that screens."""

    def __init__(self, database: Database, ids: Ids, clock: ManualClock, folder: Path, *, name: str = "a") -> None:
        super().__init__(database, ids, clock, folder, name=name)
        self.screening = build_screening(self.ground, self.room, LocalMatcher)
        self.decisions.sources.add(hit_source(self.screening.hits))
        self.lists = folder / "lists"
        self.lists.mkdir(exist_ok=True)
        for source in (
            MerchantSubjects(self.bank.merchants),
            customer_subjects(database),
            payee_subjects(database),
            emboss_subjects(database),
            withdrawal_subjects(database),
            deposit_subjects(database),
        ):
            self.screening.sources.add(source)
        self.hits = self.screening.hits

    async def load(self, *rows: str, by: Principal | None = None, **how: Any) -> list[Loaded]:
        """Load a list of our own with these rows, and have all of ours compared."""
        who = by or self.console
        own_csv(self.lists, *rows)
        loaded = await self.screening.loader.load(self.ctx(who), who, self.lists, **how)
        await self.noticed()
        self.clock.advance(COMPARED_AFTER + timedelta(seconds=1))
        await self.compare()
        return loaded

    async def noticed(self) -> None:
        """All rooms have noticed that there are lists."""
        for one in gc.get_objects():
            if isinstance(one, Gate):
                one._active.clear()

    async def compare(self) -> None:
        """Do the comparisons that are due."""
        await Worker(self.database, self.clock, self.screening.handlers, PATIENT).run_due()

    async def open_hits(self) -> list[Hit]:
        return await self.hits.list_open(self.ctx(), self.console)

    async def found(self) -> list[tuple[str, str, str]]:
        """Subject, name and status of all hits, oldest first."""
        newest = await self.hits.list_newest(self.ctx(), self.console)
        return [(hit.subject.partition(":")[0], hit.text, hit.status.value) for hit in reversed(newest)]
