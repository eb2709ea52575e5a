"""Requests that are decided: repeated, overtaken, raced and refused."""

import asyncio
from collections.abc import AsyncIterator, Callable

import pytest

from bursar.db.database import Database
from bursar.kernel.context import Context
from bursar.kernel.errors import Refused
from bursar.ledger.check import check
from bursar.ledger.decisions import DECISIONS_MAX, Decided, Unchanged
from bursar.ledger.engine import Ledger
from bursar.ledger.errors import DecisionOvertaken, InsufficientFunds, KeyReused, StateChanged
from bursar.ledger.model import Part, Seen

from .scene import (
    CARD,
    PURSE,
    add_thing,
    balances,
    everything,
    fund,
    goes,
    keys,
    ledger_on,
    move,
    opened,
    operation,
    rows,
    things,
    usdt,
)


class NameTaken(Refused):
    """The name is taken."""


@pytest.fixture
async def other_ledger(dsn: str) -> AsyncIterator[Ledger]:
    """The ledger of another process."""
    async with opened(dsn, size=2) as database:
        yield ledger_on(database)


async def name_of(_: Context, thing_id: int) -> str:
    """The outcome of a first decision, by its number."""
    return f"thing {thing_id}, read"


def adding(thing_id: int, *parts: Part) -> Decided[str]:
    named = Part(writes=(add_thing(thing_id, f"n{thing_id}"),), refusals={"thing_name_key": NameTaken})
    return sum(parts, start=Decided(f"thing {thing_id}", "thing_added", f"thing:{thing_id}", named))


async def status_of(database: Database, thing_id: int) -> str:
    return (await things(database))[thing_id]


async def test_the_outcome_of_the_decision_is_answered(ledger, database, ctx):
    async def decide() -> Decided[str]:
        return adding(7)

    assert await ledger.decide(ctx, "r-1", b"asked", decide, first=name_of) == "thing 7"
    assert await things(database) == {7: "new"}
    assert await rows(database, "SELECT key, fingerprint, kind, subject FROM ledger_operation") == [
        ("r-1", b"asked", "thing_added", "thing:7")
    ]


async def test_a_repeat_gets_the_first_outcome_and_changes_nothing(ledger, database, ctx):
    numbers = iter((7, 8))

    async def decide() -> Decided[str]:
        return adding(next(numbers))

    await ledger.decide(ctx, "r-1", b"asked", decide, first=name_of)
    before = await everything(database)
    assert await ledger.decide(ctx, "r-1", b"asked", decide, first=name_of) == "thing 7, read"
    assert await everything(database) == before


async def test_a_repeat_that_would_be_refused_by_now_gets_the_first_outcome(ledger, database, ctx):
    async def decide() -> Decided[str]:
        return adding(7)

    async def too_late() -> Decided[str]:
        raise NameTaken

    with pytest.raises(NameTaken):
        await ledger.decide(ctx, "r-1", b"asked", too_late, first=name_of)
    assert await keys(database) == []
    await ledger.decide(ctx, "r-1", b"asked", decide, first=name_of)
    assert await ledger.decide(ctx, "r-1", b"asked", too_late, first=name_of) == "thing 7, read"
    with pytest.raises(KeyReused):
        await ledger.decide(ctx, "r-1", b"something else", too_late, first=name_of)
    with pytest.raises(KeyReused):
        await ledger.decide(ctx, "r-1", b"something else", decide, first=name_of)


async def test_a_decision_without_an_outcome_is_repeated_without_one(ledger, database, ctx):
    async def decide() -> Decided[None]:
        return Decided(None, "thing_added", "thing:7", Part(writes=(add_thing(7, "a"),)))

    for _ in range(2):
        assert await ledger.decide(ctx, "r-1", b"asked", decide) is None
    assert await keys(database) == ["r-1"]


async def test_a_decision_to_leave_things_as_they_are_commits_nothing(ledger, database, ctx):
    async def decide() -> Unchanged[str]:
        return Unchanged("as it was")

    before = await everything(database)
    assert await ledger.decide(ctx, "r-1", b"asked", decide, first=name_of) == "as it was"
    assert await everything(database) == before


async def test_a_refused_decision_leaves_no_trace_and_may_be_asked_again(ledger, database, ctx):
    async def decide() -> Decided[str]:
        return adding(7, Part(transfers=(move(PURSE, CARD, "60"),)))

    before = await everything(database)
    with pytest.raises(InsufficientFunds):
        await ledger.decide(ctx, "r-1", b"asked", decide, first=name_of)
    assert await things(database) == {}
    assert await keys(database) == []
    assert {**await everything(database), "ledger_account": []} == {**before, "ledger_account": []}
    await fund(ledger, ctx, "60")
    assert await ledger.decide(ctx, "r-1", b"asked", decide, first=name_of) == "thing 7"


async def test_a_decision_that_was_overtaken_is_made_again_on_what_is_so_now(ledger, other_ledger, database, ctx):
    await ledger.commit(ctx, operation("thing", writes=(add_thing(7, "a"),)))
    read: list[str] = []

    async def decide() -> Decided[str]:
        read.append(await status_of(database, 7))
        if len(read) == 1:
            await other_ledger.commit(ctx, operation("faster", transitions=(goes(7, "new", "locked"),)))
        after = Part(transitions=(goes(7, read[-1], "over"),))
        return Decided(f"over from {read[-1]}", "thing_over", "thing:7", after)

    assert await ledger.decide(ctx, "r-1", b"asked", decide, first=name_of) == "over from locked"
    assert read == ["new", "locked"]
    assert sorted(await keys(database)) == ["faster", "r-1", "thing"]


async def test_a_decision_that_is_overtaken_every_time_is_given_up(ledger, database, ctx):
    await ledger.commit(ctx, operation("thing", writes=(add_thing(7, "a"),)))
    before = await everything(database)
    made = 0

    async def decide() -> Decided[str]:
        nonlocal made
        made += 1
        return Decided("never", "thing_over", "thing:7", Part(transitions=(goes(7, "gone", "over"),)))

    with pytest.raises(DecisionOvertaken) as given_up:
        await ledger.decide(ctx, "r-1", b"asked", decide, first=name_of)
    assert (given_up.value.key, made) == ("r-1", DECISIONS_MAX)
    assert await everything(database) == before


async def test_a_repeat_that_is_overtaken_by_the_first_gets_its_outcome(ledger, other_ledger, database, ctx):
    """The first request's answer was lost, and it is committed while the repeat is decided."""
    await ledger.commit(ctx, operation("thing", writes=(add_thing(7, "a"),)))

    def over(status: str) -> Decided[str]:
        return Decided("over", "thing_over", "thing:7", Part(transitions=(goes(7, status, "over"),)))

    async def first() -> Decided[str]:
        return over("new")

    async def again() -> Decided[str]:
        status = await status_of(database, 7)
        if status == "over":
            raise StateChanged("thing", 7, status)
        await other_ledger.decide(ctx, "r-1", b"asked", first, first=name_of)
        return over(status)

    assert await ledger.decide(ctx, "r-1", b"asked", again, first=name_of) == "thing 7, read"
    assert sorted(await keys(database)) == ["r-1", "thing"]


@pytest.mark.parametrize("same", [True, False], ids=["one request twice", "two requests"])
async def test_two_processes_decide_at_once(ledger, other_ledger, database, ctx, same):
    """Both have read the balance before either commits; what is there is spent once."""
    await fund(ledger, ctx, "100")
    both_have_read = asyncio.Barrier(2)
    decisions = 0

    def spending(thing_id: int) -> Callable[[], object]:
        async def decide() -> Decided[str]:
            nonlocal decisions
            decisions += 1
            found = (await balances(database)).get("purse USDT", "0.000000")
            if decisions <= 2:
                await both_have_read.wait()
            left = usdt(found)
            if not left:
                raise NameTaken
            spent = Part(seen=(Seen(PURSE, left.minor),), transfers=(move(PURSE, CARD, "100"),))
            return adding(thing_id, spent)

        return decide

    key = "r-1" if same else "r-2"
    outcomes = await asyncio.gather(
        ledger.decide(ctx, "r-1", b"asked", spending(7), first=name_of),
        other_ledger.decide(ctx, key, b"asked", spending(8), first=name_of),
        return_exceptions=True,
    )
    (spent,) = await things(database)
    told = sorted(map(repr, outcomes))
    assert told == sorted([repr(f"thing {spent}"), repr(f"thing {spent}, read") if same else "NameTaken()"])
    assert await balances(database) == {"world USDT": "-100.000000", "card USDT": "100.000000"}
    assert (await check(database)).balanced


async def test_another_decision_is_made_where_the_ledger_refuses_the_first(ledger, database, ctx):
    async def spend() -> Decided[str]:
        return Decided("spent", "spent", "thing:7", Part(transfers=(move(PURSE, CARD, "60"),)))

    async def decline() -> Decided[str]:
        return Decided("declined", "declined", "thing:7", Part(writes=(add_thing(7, "declined"),)))

    instead = {InsufficientFunds: decline}
    assert await ledger.decide(ctx, "r-1", b"asked", spend, first=name_of, otherwise=instead) == "declined"
    await fund(ledger, ctx, "60")
    assert await ledger.decide(ctx, "r-1", b"asked", spend, first=name_of, otherwise=instead) == "thing 7, read"
    assert await ledger.decide(ctx, "r-2", b"asked", spend, first=name_of, otherwise=instead) == "spent"
    assert await keys(database) == ["r-1", "fund purse USDT", "r-2"]


async def test_a_first_decision_that_is_possible_again_is_made_when_the_other_one_is_overtaken(ledger, database, ctx):
    await ledger.commit(ctx, operation("thing", writes=(add_thing(7, "a"),)))

    async def spend() -> Decided[str]:
        return Decided("spent", "spent", "thing:7", Part(transfers=(move(PURSE, CARD, "60"),)))

    async def decline() -> Decided[str]:
        await fund(ledger, ctx, "60")
        await ledger.commit(ctx, operation("locked", transitions=(goes(7, "new", "locked"),)))
        return Decided("declined", "declined", "thing:7", Part(transitions=(goes(7, "new", "declined"),)))

    instead = {InsufficientFunds: decline}
    assert await ledger.decide(ctx, "r-1", b"asked", spend, first=name_of, otherwise=instead) == "spent"
    assert await things(database) == {7: "locked"}
