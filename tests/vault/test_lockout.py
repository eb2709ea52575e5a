"""Limits on guessing: five wrong tries, fifteen minutes, exact however many try at once."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bursar.db.database import Database
from bursar.kernel.clock import ManualClock
from bursar.kernel.context import Context
from bursar.vault.lockout import (
    LOCKED_FOR,
    USUAL_LIMIT,
    WRONG_MAX,
    Lockout,
    LockoutKey,
    LockoutLimit,
    RollingLimit,
    Verdict,
    judged,
)

DOOR = LockoutKey("door", "17")
HOUR = RollingLimit(wrong_max=5, window=timedelta(hours=1))
START = datetime(2026, 3, 1, tzinfo=UTC)
R, W, L = Verdict.RIGHT, Verdict.WRONG, Verdict.LOCKED_OUT


async def right() -> bool:
    return True


async def wrong() -> bool:
    return False


async def never() -> bool:
    raise AssertionError("a try that is locked out is not looked at")


@pytest.fixture
def lockout(database: Database) -> Lockout:
    return Lockout(database)


async def fail(lockout: Lockout, ctx: Context, times: int, limit: LockoutLimit = USUAL_LIMIT) -> list[Verdict]:
    return [await lockout.attempt(ctx, DOOR, limit, wrong) for _ in range(times)]


async def test_fifth_wrong_try_is_wrong_and_the_sixth_is_locked_out(lockout: Lockout, ctx: Context) -> None:
    assert await fail(lockout, ctx, 6) == [W, W, W, W, W, L]
    assert await lockout.attempt(ctx, DOOR, USUAL_LIMIT, never) is L
    assert await lockout.is_locked(ctx, DOOR, USUAL_LIMIT)


async def test_lock_ends_after_fifteen_minutes_with_five_new_tries(
    lockout: Lockout, ctx: Context, clock: ManualClock
) -> None:
    await fail(lockout, ctx, 5)
    clock.advance(LOCKED_FOR - timedelta(microseconds=1))
    assert await lockout.attempt(ctx, DOOR, USUAL_LIMIT, never) is L
    clock.advance(timedelta(microseconds=1))
    assert await fail(lockout, ctx, 6) == [W, W, W, W, W, L]


async def test_right_try_breaks_the_row(lockout: Lockout, ctx: Context) -> None:
    await fail(lockout, ctx, 4)
    assert await lockout.attempt(ctx, DOOR, USUAL_LIMIT, right) is R
    assert await fail(lockout, ctx, 6) == [W, W, W, W, W, L]


async def test_tries_in_a_row_count_however_far_apart(lockout: Lockout, ctx: Context, clock: ManualClock) -> None:
    await fail(lockout, ctx, 4)
    clock.advance(timedelta(days=300))
    assert await fail(lockout, ctx, 2) == [W, L]


async def test_objects_purposes_and_merchants_are_counted_apart(
    lockout: Lockout, ctx: Context, clock: ManualClock
) -> None:
    await fail(lockout, ctx, 5)
    other = Context(2, clock, "request-1", "test")
    assert await lockout.attempt(ctx, LockoutKey("door", "18"), USUAL_LIMIT, right) is R
    assert await lockout.attempt(ctx, LockoutKey("window", "17"), USUAL_LIMIT, right) is R
    assert await lockout.attempt(other, DOOR, USUAL_LIMIT, right) is R


async def test_rolling_window_gives_back_one_try_at_a_time(lockout: Lockout, ctx: Context, clock: ManualClock) -> None:
    for _ in range(5):
        assert await lockout.attempt(ctx, DOOR, HOUR, wrong) is W
        clock.advance(timedelta(minutes=10))
    assert await lockout.attempt(ctx, DOOR, HOUR, never) is L
    clock.advance(timedelta(minutes=10))
    assert await fail(lockout, ctx, 2, HOUR) == [W, L]


async def test_right_try_gives_back_nothing_in_a_rolling_window(lockout: Lockout, ctx: Context) -> None:
    await fail(lockout, ctx, 4, HOUR)
    assert await lockout.attempt(ctx, DOOR, HOUR, right) is R
    assert await fail(lockout, ctx, 2, HOUR) == [W, L]


async def test_two_at_once_never_share_the_last_try(lockout: Lockout, ctx: Context, dsn: str) -> None:
    elsewhere = Database(dsn)
    await elsewhere.open()
    await fail(lockout, ctx, 4)
    both = (lockout.attempt(ctx, DOOR, USUAL_LIMIT, wrong), Lockout(elsewhere).attempt(ctx, DOOR, USUAL_LIMIT, wrong))
    assert sorted(await asyncio.gather(*both)) == [L, W]
    await elsewhere.close()


async def test_many_wrong_tries_at_once_are_five_wrong_ones(lockout: Lockout, ctx: Context) -> None:
    verdicts = await asyncio.gather(*(lockout.attempt(ctx, DOOR, USUAL_LIMIT, wrong) for _ in range(30)))
    assert (verdicts.count(W), verdicts.count(L)) == (5, 25)


async def test_many_right_tries_at_once_are_all_right(lockout: Lockout, ctx: Context) -> None:
    await fail(lockout, ctx, 4)
    verdicts = await asyncio.gather(*(lockout.attempt(ctx, DOOR, USUAL_LIMIT, right) for _ in range(20)))
    assert set(verdicts) == {R}


async def test_forgetting_starts_anew(lockout: Lockout, ctx: Context) -> None:
    await fail(lockout, ctx, 5)
    await lockout.forget(ctx, DOOR)
    assert await lockout.attempt(ctx, DOOR, USUAL_LIMIT, right) is R


steps = st.lists(st.tuples(st.booleans(), st.integers(0, 40)), max_size=60)


@given(steps)
def test_in_a_row_never_more_than_five_wrong_without_a_right_one_or_a_quarter_of_an_hour(
    tries: list[tuple[bool, int]],
) -> None:
    wrong_at: tuple[datetime, ...] = ()
    now, run, last_wrong = START, 0, START
    for is_right, minutes in tries:
        now += timedelta(minutes=minutes)
        if run == WRONG_MAX and now >= last_wrong + LOCKED_FOR:
            run = 0
        verdict, wrong_at = judged(USUAL_LIMIT, wrong_at, is_right, now)
        assert verdict is (L if run == WRONG_MAX else R if is_right else W)
        if verdict is W:
            run, last_wrong = run + 1, now
        elif verdict is R:
            run = 0


@given(steps)
def test_no_hour_holds_more_than_five_wrong_tries(tries: list[tuple[bool, int]]) -> None:
    wrong_at: tuple[datetime, ...] = ()
    now, made = START, []
    for is_right, minutes in tries:
        now += timedelta(minutes=minutes)
        recent = [at for at in made if at > now - timedelta(hours=1)]
        verdict, wrong_at = judged(HOUR, wrong_at, is_right, now)
        assert verdict is (L if len(recent) == 5 else R if is_right else W)
        if verdict is W:
            made.append(now)
