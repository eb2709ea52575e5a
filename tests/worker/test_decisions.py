"""Dead jobs are retried or cancelled by people, once; one that dies again waits anew."""

from datetime import timedelta

import pytest

from bursar.db.database import Database
from bursar.decisions.assembly import DecisionRoom, build_queue
from bursar.decisions.errors import DecidedAlready
from bursar.decisions.model import Ref, Verdict
from bursar.kernel.clock import ManualClock
from bursar.kernel.ids import Ids
from bursar.staff.model import Principal
from bursar.worker.dead_letters import DeadLetters
from bursar.worker.decisions import JOB, job_actions, job_source
from tests.staff.office import Office, outcomes

REF = Ref(JOB, 7, 1)


@pytest.fixture
def office(database: Database, ids: Ids, clock: ManualClock) -> Office:
    return Office(database, ids, clock)


@pytest.fixture
def room(office: Office) -> DecisionRoom:
    room, dead = build_queue(office.ground, office.room), DeadLetters(office.database, office.clock)
    for action in job_actions(dead, room.actions):
        office.room.actions.add(action)
    room.sources.add(job_source(dead, office.room.approvals))
    return room


@pytest.fixture
async def otto(office: Office) -> Principal:
    return await (await office.somebody("otto", "operations")).sign_in()


async def bury(office: Office) -> None:
    """The job is dead, due now."""
    await office.sql(
        "INSERT INTO job (id, merchant_id, kind, payload, due_at, attempts, dead, last_error)"
        " VALUES (1, 7, 'a.kind', '{}', %(at)s, 20, true, 'away')"
        " ON CONFLICT (id) DO UPDATE SET dead = true, due_at = excluded.due_at",
        at=office.clock.now(),
    )


async def test_a_dead_job_is_retried_once_and_again_when_it_has_died_again(
    office: Office, room: DecisionRoom, otto: Principal
) -> None:
    for _ in range(2):
        await bury(office)
        page = await room.queue.list_waiting(office.ctx(otto), otto)
        assert [(each.ref, each.about["last_error"]) for each in page.waiting] == [(REF, "away")]
        ended = await outcomes(
            *(room.queue.decide(office.ctx(otto), otto, REF, Verdict("retry", "bank is back")) for _ in range(2))
        )
        assert ended == ["DecidedAlready", "done"]
        assert await office.sql("SELECT dead, attempts FROM job WHERE id = 1") == [(False, 0)]
        office.clock.advance(timedelta(hours=1))
    assert len(await room.queue.history(office.ctx(otto), otto, REF)) == 2


async def test_a_cancelled_job_is_gone_and_the_record_stays(
    office: Office, room: DecisionRoom, otto: Principal
) -> None:
    await bury(office)
    await room.queue.decide(office.ctx(otto), otto, REF, Verdict("cancel", "paid by hand"))
    assert await office.sql("SELECT count(*) FROM job WHERE id = 1") == [(0,)]
    with pytest.raises(DecidedAlready) as told:
        await room.queue.decide(office.ctx(otto), otto, REF, Verdict("retry", "bank is back"))
    assert (told.value.by, told.value.result) == (otto.actor, "cancel")
    assert await office.records(subject="job:1") == [("jobs.cancel", "done")]
