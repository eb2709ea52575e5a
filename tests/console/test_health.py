"""The page of the install's health, and dead jobs: retried one by one, several together, and all of a kind."""

from collections import Counter
from datetime import timedelta

import pytest

from bursar.console.traffic import quantile
from bursar.main.decisions import add_sources
from tests.api.operator.desk import Desk
from tests.console.world import Browser, staff_console_of
from tests.staff.conftest import office
from tests.staff.office import Office
from tests.worker.test_administration import dead, standing

__all__ = ["office"]

HEALTH, QUEUE, JOBS = "/console/health", "/console/queue", "/console/queue?kind=job"
SCRIPT = "<script>alert('x')</script>"
CHOSEN = {"each-job-7-1": "on", "each-job-7-2": "on"}


@pytest.fixture
async def desk(office: Office) -> Desk:
    desk = Desk(office)
    add_sources(office.ground, desk.rooms, None)
    return desk


async def browser_of(desk: Desk, name: str, *roles: str) -> Browser:
    browser = Browser(staff_console_of(desk.services, desk.office))
    somebody = await desk.office.somebody(name, *roles) if roles else await desk.office.owner(name)
    assert (await browser.sign_in(somebody)).status == 303
    return browser


async def test_health_tells_of_the_install_and_examines_ports_when_asked(desk: Desk) -> None:
    oscar = await browser_of(desk, "oscar", "operations")
    page = await oscar.get(HEALTH)
    assert page.status == 200
    for said in ("payouts.send dead 3", "No nightly proof has ended yet.", "Only of the process", "0.2.0"):
        assert said in page.words
    assert "no answer within 5 s" not in page.words
    examined = await oscar.post(HEALTH, "examine")
    assert "mail at fault SMTP no answer within 5 s" in examined.words


async def test_who_may_only_read_is_offered_no_change(desk: Desk) -> None:
    oscar, ada = await browser_of(desk, "oscar", "operations"), await browser_of(desk, "ada", "auditor")
    assert "Retry all of this kind" in (await oscar.get(HEALTH)).words
    assert "Retry all of this kind" not in (await ada.get(HEALTH)).words
    assert (await Browser(ada.app).get(HEALTH)).status == 303


async def test_a_dead_job_is_retried_with_a_reason(desk: Desk) -> None:
    oscar = await browser_of(desk, "oscar", "operations")
    await dead(desk, 1)
    assert "/console/decisions/job-7-1" in (await oscar.get(JOBS)).text
    path = "/console/decisions/job-7-1"
    assert (await oscar.post(path, "decide", result="retry", reason=" ")).status == 422
    assert await standing(desk) == [(1, True, 9)]
    assert (await oscar.post(path, "decide", result="retry", reason="the bank is back")).to == path
    assert await standing(desk) == [(1, False, 0)]


async def test_each_of_several_jobs_has_its_own_outcome(desk: Desk) -> None:
    oscar, other = await browser_of(desk, "oscar", "operations"), await browser_of(desk, "otto", "operations")
    for number in (1, 2, 3):
        await dead(desk, number)
    await other.post("/console/decisions/job-7-2", "decide", result="cancel", reason="never mind")
    done = await oscar.post(JOBS, "decide", **CHOSEN, result="retry", reason=f"back {SCRIPT}")
    assert (done.status, SCRIPT in done.text) == (200, False)
    assert "Dead job 1 Decided." in done.words
    assert "was faster: the result is cancel" in done.words
    assert await standing(desk) == [(1, False, 0), (3, True, 9)]


async def test_a_batch_sent_twice_is_one(desk: Desk) -> None:
    oscar = await browser_of(desk, "oscar", "operations")
    await dead(desk, 1)
    await dead(desk, 2)
    form = {**(await oscar.get(JOBS)).hidden, **CHOSEN, "result": "cancel", "reason": "twice"}
    for _ in range(2):
        sent = await oscar.post(JOBS, "decide", **form)
        assert sent.words.count("Decided.") == 2
    [(made,)] = await desk.office.sql("SELECT count(*) FROM decision")
    assert made == 2


async def test_a_batch_of_nothing_of_other_kinds_or_without_permission_changes_nothing(desk: Desk) -> None:
    oscar, sue = await browser_of(desk, "oscar", "operations"), await browser_of(desk, "ada", "auditor")
    await dead(desk, 1)
    many = {f"each-job-7-{number}": "on" for number in range(26)}
    for chosen in ({}, {"each-payout-7-1": "on"}, {"each-job-7-1": "on", "each-kyc-7-1": "on"}, many):
        refused = await oscar.post(JOBS, "decide", **chosen, result="retry", reason="all of them")
        assert (refused.status, "Choose 1 to 25" in refused.words) == (422, True), chosen
    assert (await oscar.post(JOBS, "decide", **CHOSEN, result="approve", reason="x")).status == 422
    assert (await oscar.post(JOBS, "decide", **CHOSEN, result="retry", reason="")).status == 422
    assert "jobs.manage" in (await sue.post(JOBS, "decide", **CHOSEN, result="retry", reason="x")).words
    desk.office.later(minutes=6)
    assert (await oscar.post(JOBS, "decide", **CHOSEN, result="retry", reason="later")).status == 403
    assert await standing(desk) == [(1, True, 9)]


async def test_all_dead_jobs_of_a_kind_are_retried(desk: Desk) -> None:
    oscar = await browser_of(desk, "oscar", "operations")
    await dead(desk, 1)
    await dead(desk, 2, "cards.register")
    assert (await oscar.post(HEALTH, "retry-all", kind="payouts.send", reason="")).status == 422
    done = await oscar.post(HEALTH, "retry-all", kind="payouts.send", reason="the bank is back")
    assert (done.status, done.to) == (303, HEALTH)
    assert await standing(desk) == [(1, False, 0), (2, True, 9)]
    ada = await browser_of(desk, "ada", "auditor")
    assert (await ada.post(HEALTH, "retry-all", kind="cards.register", reason="x")).status == 403


async def test_the_queue_is_filtered_by_merchant_and_age(desk: Desk) -> None:
    await dead(desk, 1)
    desk.office.clock.advance(timedelta(hours=30))
    await dead(desk, 2)
    await desk.office.sql("UPDATE job SET merchant_id = 8 WHERE id = 2")
    oscar = await browser_of(desk, "oscar", "operations")

    async def found(query: str) -> list[int]:
        text = (await oscar.get(f"{QUEUE}?{query}")).text
        return [number for number in (1, 2) if f"job-{6 + number}-{number}" in text]

    assert await found("") == [1, 2]
    assert await found("merchant=8") == [2]
    assert await found("older=day") == [1]
    assert await found("older=hour&merchant=8") == []
    for query in ("older=eon", "merchant=x"):
        assert (await oscar.get(f"{QUEUE}?{query}")).status == 422


def test_a_quantile_is_the_bound_that_it_falls_in() -> None:
    assert quantile(Counter({0.1: 98, 0.5: 99, float("inf"): 100}), 0.99) == 0.5
    assert quantile(Counter({0.1: 1, float("inf"): 100}), 0.99) is None
    assert quantile(Counter(), 0.99) is None
