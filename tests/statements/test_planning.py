"""Statements are made by themselves at one in the morning, also after a standstill or a leap of the clock."""

import asyncio
from datetime import UTC, date, datetime, timedelta

from bursar.payouts.statements.due import MakeStatement, PlanStatements
from bursar.payouts.statements.jobs import StatementJobs
from bursar.payouts.statements.model import Calendar
from tests.payees.treasury import Treasury

ONE_IN_THE_MORNING = datetime(2026, 3, 1, 22, 0, tzinfo=UTC)
"""In Riyadh, on the second of March."""


def at(treasury: Treasury, instant: datetime) -> None:
    treasury.clock.advance(instant - treasury.clock.now())


async def days(treasury: Treasury) -> list[str]:
    """Days with a statement."""
    rows = await treasury.table("statement")
    return sorted(row.strip("()").split(",")[2] for row in rows.splitlines() if ",published," in row)


async def planned(treasury: Treasury) -> str:
    """The one day that is planned for."""
    rows = [row for row in (await treasury.table("job")).splitlines() if "statements.plan" in row]
    assert len(rows) == 1
    return rows[0].split('""day"": ""')[1][:10]


async def test_a_day_is_made_at_one_in_the_morning_and_plans_the_next(treasury: Treasury) -> None:
    for _ in range(2):
        await treasury.statements.plan_first(treasury.ctx())
    at(treasury, ONE_IN_THE_MORNING - timedelta(microseconds=1))
    await treasury.worker().run_due()
    assert await days(treasury) == []
    for day in (1, 2, 3):
        at(treasury, ONE_IN_THE_MORNING + timedelta(days=day - 1))
        await treasury.worker().run_due()
        assert await days(treasury) == [f"2026-03-{number:02}" for number in range(1, day + 1)]
        assert await planned(treasury) == f"2026-03-{day + 1:02}"


async def test_after_a_standstill_days_with_orders_are_made_and_the_last_one(treasury: Treasury) -> None:
    await treasury.statements.plan_first(treasury.ctx())
    payee = await treasury.normal("m-1")
    for day in (3, 17):
        at(treasury, datetime(2026, 3, day, 20, 59, 59, tzinfo=UTC))
        order = await treasury.order(payee, f"u-{day}", "10")
    at(treasury, datetime(2026, 3, 20, 21, 0, tzinfo=UTC))
    await treasury.payouts.cancel(treasury.ctx(), order.id)
    at(treasury, datetime(2027, 1, 10, 12, 0, tzinfo=UTC))
    await treasury.worker().run_due()
    assert await days(treasury) == ["2026-03-03", "2026-03-17", "2026-03-21", "2027-01-09"]
    assert await planned(treasury) == "2027-01-10"


async def test_planning_twice_is_planning_once(treasury: Treasury, beside: Treasury) -> None:
    await treasury.statements.plan_first(treasury.ctx())
    at(treasury, ONE_IN_THE_MORNING)
    jobs = StatementJobs(treasury.statements), StatementJobs(beside.statements)
    await asyncio.gather(*(job.plan(treasury.ctx(), PlanStatements(date(2026, 3, 1))) for job in jobs))
    assert await treasury.count("job", "kind = 'statements.plan' AND payload->>'day' = '2026-03-02'") == 1
    assert await treasury.count("job", "kind = 'statements.make'") == 1


async def test_a_statement_that_cannot_be_made_does_not_hold_up_the_next(treasury: Treasury) -> None:
    await treasury.statements.plan_first(treasury.ctx())
    at(treasury, ONE_IN_THE_MORNING)
    await treasury.fault("files.store", "error", 1)
    await treasury.worker().run_due()
    assert (await days(treasury), await planned(treasury)) == ([], "2026-03-02")
    at(treasury, ONE_IN_THE_MORNING + timedelta(days=1))
    await treasury.worker().run_due()
    assert await days(treasury) == ["2026-03-01", "2026-03-02"]


async def test_a_clock_that_was_set_back_makes_no_day_before_it_is_over(treasury: Treasury) -> None:
    jobs, now = StatementJobs(treasury.statements), treasury.clock.now()
    again = await jobs.plan(treasury.ctx(), PlanStatements(date(2026, 3, 5)))
    assert again is not None
    assert again.at == datetime(2026, 3, 5, 22, 0, tzinfo=UTC)
    again = await jobs.make(treasury.ctx(), MakeStatement(date(2026, 3, 1)))
    assert again is not None
    assert again.at == datetime(2026, 3, 1, 21, 1, tzinfo=UTC) > now
    assert await days(treasury) == []


async def test_two_workers_make_each_day_once(treasury: Treasury, beside: Treasury) -> None:
    await treasury.statements.plan_first(treasury.ctx())
    at(treasury, ONE_IN_THE_MORNING)
    await asyncio.gather(treasury.worker().run_due(), beside.worker().run_due())
    assert await days(treasury) == ["2026-03-01"]
    assert await treasury.count("statement") == 1


def test_days_are_those_of_the_place() -> None:
    riyadh = Calendar(timedelta(hours=3))
    midnight = datetime(2026, 2, 28, 21, 0, tzinfo=UTC)
    assert riyadh.day_of(midnight) == date(2026, 3, 1)
    assert riyadh.day_of(midnight - timedelta(microseconds=1)) == date(2026, 2, 28)
    assert (riyadh.start_of(date(2026, 3, 1)), riyadh.end_of(date(2026, 2, 28))) == (midnight, midnight)
    assert riyadh.last_due(midnight + timedelta(minutes=59)) == date(2026, 2, 27)
    assert riyadh.last_due(midnight + timedelta(minutes=60)) == date(2026, 2, 28)
