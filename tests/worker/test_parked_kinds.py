"""Kinds of due work that are parked: nobody takes them up, others go on, and a person lets each go once."""

from dataclasses import dataclass
from typing import Any

import pytest

from bursar.db.database import Database
from bursar.kernel.clock import ManualClock
from bursar.kernel.context import INSTALL, Context
from bursar.kernel.ids import Ids
from bursar.staff.approvals.service import Request
from bursar.staff.errors import PermissionMissing
from bursar.worker.errors import KindNotParked
from bursar.worker.parked_kinds import RELEASE, Parking, parking_actions
from bursar.worker.store import JobStore
from tests.staff.office import CONSOLE, Office

KINDS = ("payouts.send", "webhooks.push_queue")
ROOMS = dict.fromkeys(KINDS, 10)


@dataclass
class Yard:
    """Due jobs of two kinds, one of them parked."""

    staff: Office
    dsn: str
    jobs: JobStore
    parking: Parking

    def owner(self, statement: str) -> list[tuple[Any, ...]]:
        import psycopg

        with psycopg.connect(self.dsn, autocommit=True) as connection:
            cursor = connection.execute(statement)  # type: ignore[arg-type]
            return cursor.fetchall() if cursor.description else []

    async def claimed(self) -> list[str]:
        return sorted(job.kind for job in await self.jobs.claim(self.staff.clock.now(), ROOMS, []))

    async def release(self, kind: str, by: Any = CONSOLE) -> None:
        await self.staff.room.approvals.perform(self.staff.ctx(by), by, Request(RELEASE, {"kind": kind}, "compared"))


@pytest.fixture
def yard(dsn: str, database: Database, ids: Ids, clock: ManualClock) -> Yard:
    staff, parking = Office(database, ids, clock), Parking(database)
    for action in parking_actions(parking):
        staff.room.actions.add(action)
    yard = Yard(staff, dsn, JobStore(database), parking)
    for number, kind in enumerate(KINDS, 1):
        due = clock.now().isoformat()
        yard.owner(
            "INSERT INTO job (id, merchant_id, kind, payload, due_at, attempts)"
            f" VALUES ({number}, 1, '{kind}', '{{}}', '{due}', 0)"
        )
    yard.owner("INSERT INTO job_parked VALUES ('payouts.send', now())")
    return yard


async def test_parked_work_waits_and_wakes_nobody(yard: Yard, clock: ManualClock) -> None:
    assert await yard.claimed() == ["webhooks.push_queue"]
    assert await yard.claimed() == []
    assert await yard.jobs.next_due(["payouts.send"]) is None
    [waits] = await yard.parking.list_kinds(Context(INSTALL, clock, "list", "test"))
    assert (waits.kind, waits.jobs, waits.oldest_due_at) == ("payouts.send", 1, clock.now())


async def test_a_person_lets_a_kind_go_once_and_is_on_record(yard: Yard) -> None:
    await yard.release("payouts.send")
    assert await yard.claimed() == list(KINDS)
    assert ("jobs.release", "done") in await yard.staff.records(action="jobs.release")
    with pytest.raises(KindNotParked):
        await yard.release("payouts.send")
    assert yard.owner("SELECT * FROM job_parked") == []


async def test_who_may_not_manage_jobs_lets_nothing_go(yard: Yard) -> None:
    auditor = await (await yard.staff.somebody("ann", "auditor")).sign_in()
    with pytest.raises(PermissionMissing):
        await yard.release("payouts.send", auditor)
    with pytest.raises(KindNotParked):
        await yard.release("webhooks.push_queue")
    assert await yard.claimed() == ["webhooks.push_queue"]
    assert ("jobs.manage", "refused") in await yard.staff.records(action="jobs.manage")
