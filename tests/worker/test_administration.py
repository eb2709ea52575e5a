"""Dead and parked jobs over HTTP: listed, retried, cancelled and released, once and by whoever may."""

from datetime import timedelta
from typing import Any

import pytest

from bursar.main.decisions import add_sources
from tests.api.operator.desk import Client, Desk
from tests.staff.conftest import office
from tests.staff.office import Office

__all__ = ["office"]

WHY = {"reason": "the bank is back"}


@pytest.fixture
async def desk(office: Office) -> Desk:
    desk = Desk(office)
    add_sources(office.ground, desk.rooms, None)
    return desk


async def run(desk: Desk, statement: str, **named: Any) -> list[tuple[Any, ...]]:
    async with desk.office.database.connection() as connection:
        cursor = await connection.execute(statement, named)  # type: ignore[call-overload]
        return await cursor.fetchall() if cursor.description else []


async def dead(desk: Desk, number: int, kind: str = "payouts.send") -> int:
    """A job of merchant 7 that failed for good."""
    row = {"id": number, "kind": kind, "at": desk.office.clock.now() + timedelta(seconds=number)}
    await run(
        desk,
        "INSERT INTO job (id, merchant_id, kind, payload, due_at, attempts, dead, last_error)"
        " VALUES (%(id)s, 7, %(kind)s, '{\"payout_id\": 4}', %(at)s, 9, true, 'ProviderRefused')",
        **row,
    )
    return number


async def standing(desk: Desk) -> list[tuple[Any, ...]]:
    return await run(desk, "SELECT id, dead, attempts FROM job WHERE merchant_id = 7 ORDER BY id")


async def client_of(desk: Desk, name: str, *roles: str) -> Client:
    return await desk.token_of(await desk.office.somebody(name, *roles))


async def test_dead_jobs_are_listed_by_kind_and_page(desk: Desk) -> None:
    for number in (1, 2, 3):
        await dead(desk, number)
    await dead(desk, 4, "cards.register")
    oscar = await client_of(desk, "oscar", "operations")
    first = (await oscar.get("/jobs", limit=2)).body
    assert [job["id"] for job in first["items"]] == [1, 2]
    assert "payload" not in first["items"][0]
    assert [job["id"] for job in (await oscar.get("/jobs", limit=2, after=first["after"])).body["items"]] == [3, 4]
    [one] = (await oscar.get("/jobs", kind="cards.register")).body["items"]
    assert (one["id"], one["last_error"], one["decision_id"]) == (4, "ProviderRefused", "job-7-4")
    assert (await oscar.get("/jobs/4")).body == one
    backlog = (await oscar.get("/job-backlogs")).body["items"]
    assert {(each["kind"], each["dead"], each["jobs"]) for each in backlog} >= {("payouts.send", True, 3)}


async def test_a_dead_job_is_retried_or_cancelled_once(desk: Desk) -> None:
    await dead(desk, 1)
    await dead(desk, 2)
    oscar = await client_of(desk, "oscar", "operations")
    for _ in range(2):
        assert (await oscar.post("/jobs/1/retry", WHY, key="once")).body == {"done": 1}
    assert (await oscar.post("/jobs/1/retry", WHY)).problem == "no-such-dead-job"
    assert (await oscar.post("/jobs/2/cancel", WHY)).status == 200
    assert await standing(desk) == [(1, False, 0)]
    assert await desk.office.records(subject="job:1") == [("jobs.retry", "done")]
    await dead(desk, 3)
    assert (await oscar.post("/retried-jobs", {**WHY, "kind": "cards.register"})).status == 200
    assert await standing(desk) == [(1, False, 0), (3, True, 9)]
    assert (await oscar.post("/retried-jobs", WHY)).status == 200
    assert await standing(desk) == [(1, False, 0), (3, False, 0)]


async def test_a_parked_kind_is_released_once(desk: Desk) -> None:
    oscar, path = await client_of(desk, "oscar", "operations"), "/parked-jobs/payouts.send/release"
    assert (await oscar.post(path, WHY)).problem == "kind-not-parked"
    async with desk.office.database.connection() as connection:
        await connection.execute("RESET ROLE")
        await connection.execute("INSERT INTO job_parked VALUES ('payouts.send', now())")
        await connection.execute("SET ROLE bursar_app")
    [parked] = (await oscar.get("/parked-jobs")).body["items"]
    assert (parked["kind"], parked["jobs"]) == ("payouts.send", 0)
    assert (await oscar.post(path, WHY)).status == 200
    assert (await oscar.post(path, WHY)).problem == "kind-not-parked"
    assert (await oscar.get("/parked-jobs")).body["items"] == []


async def test_who_only_reads_changes_nothing(desk: Desk) -> None:
    await dead(desk, 1)
    sue, before = await client_of(desk, "sue", "support"), await standing(desk)
    for path in ("/jobs/1/retry", "/jobs/1/cancel", "/retried-jobs", "/parked-jobs/payouts.send/release"):
        assert (await sue.post(path, WHY)).problem == "permission-missing", path
    assert await standing(desk) == before
