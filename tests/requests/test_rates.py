"""Calls of keys, counted once for all processes: by a manual clock, and through the database."""

import asyncio
import random
from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bursar.db.arrays import array_literal
from bursar.db.database import Database, DatabaseUnavailable
from bursar.db.queries import Query
from bursar.requests.rates.model import SLOT_S, WINDOW_SLOTS, LeaseRequest, Share
from bursar.requests.rates.service import AWAY_S, RateLimitLeases, queries, slot_of

NAME = (1, "card", "key")


class Grants:
    """What the database does, in a few lines: tokens granted by slot."""

    def __init__(self) -> None:
        self.by_slot: dict[int, int] = {}
        self.slot = 0

    def grant(self, wish: LeaseRequest, slot: int) -> tuple[int, int]:
        """The slot that counts, and the tokens."""
        self.slot = slot if slot < self.slot - WINDOW_SLOTS else max(slot, self.slot)
        first = self.slot - WINDOW_SLOTS + 1
        if first <= wish.returned_slot <= self.slot:
            self.by_slot[wish.returned_slot] = max(0, self.by_slot.get(wish.returned_slot, 0) - wish.returned)
        self.by_slot = {one: count for one, count in self.by_slot.items() if first <= one <= self.slot}
        granted = max(0, min(wish.tokens, wish.capacity - sum(self.by_slot.values())))
        self.by_slot[self.slot] = self.by_slot.get(self.slot, 0) + granted
        return self.slot, granted


def play(limit: int, processes: int, calls: Sequence[tuple[float, int]]) -> list[tuple[float, bool]]:
    """When each call came and whether it passed; a call is a time and the process that it reaches."""
    grants, shares = Grants(), [Share(limit, processes) for _ in range(processes)]
    outcomes = []
    for now, process in calls:
        share = shares[process % processes]
        verdict = share.decide(now)
        if verdict is None:
            slot, tokens = grants.grant(share.wish(1, now), int(now / SLOT_S))
            verdict = share.grant(tokens, slot, 1, now, now) == 1
        outcomes.append((now, verdict))
    return outcomes


def most_in_a_second(times: Sequence[float]) -> int:
    """The most that lie within any second."""
    most = first = 0
    for last, time in enumerate(times):
        while times[first] <= time - 1.0:
            first += 1
        most = max(most, last - first + 1)
    return most


PAUSES = st.one_of(st.just(0.0), st.floats(0, 0.004), st.floats(0, 0.06), st.floats(0, 1.2))
CALLS = st.lists(st.tuples(PAUSES, st.integers(1, 60), st.integers(0, 3)), min_size=1, max_size=40)


def timed(bursts: Sequence[tuple[float, int, int]]) -> list[tuple[float, int]]:
    """Bursts of calls after pauses, each at one process, with one call in four at the next."""
    now, calls = 100.0, []
    for pause, count, process in bursts:
        now += pause
        calls += [(now, process + (number % 4 == 0)) for number in range(count)]
    return calls


@settings(max_examples=300, deadline=None)
@given(CALLS, st.integers(0, 150), st.integers(1, 4))
def test_no_second_sees_more_than_the_limit_and_a_tenth(bursts, limit: int, processes: int) -> None:
    passed = [now for now, passes in play(limit, processes, timed(bursts)) if passes]
    assert most_in_a_second(passed) <= limit * 110 // 100


@settings(max_examples=300, deadline=None)
@given(CALLS, st.integers(0, 150), st.integers(1, 4))
def test_a_caller_below_half_of_its_limit_is_never_refused(bursts, more: int, processes: int) -> None:
    calls = timed(bursts)
    limit = 2 * most_in_a_second([now for now, _ in calls]) + 1 + more
    assert all(passes for _, passes in play(limit, processes, calls))


@pytest.mark.parametrize("processes", [1, 2, 3])
def test_a_caller_above_its_limit_gets_all_of_it(processes: int) -> None:
    calls = [(100 + number / 4_000, number) for number in range(40_000)]
    passed = [now for now, passes in play(1_000, processes, calls) if passes]
    assert 9_500 <= len(passed) <= 10_500


def test_most_calls_ask_nobody() -> None:
    share, grants, asked = Share(1_000, 2), Grants(), 0
    for number in range(9_000):
        now = 100 + number / 900
        if share.decide(now) is None:
            asked += 1
            slot, tokens = grants.grant(share.wish(1, now), int(now / SLOT_S))
            share.grant(tokens, slot, 1, now, now)
    assert asked <= 400
    share = Share(1_000, 2)
    assert all(share.decide(100 + number / 5) for number in range(100))  # five a second are free


# ── in the database ──────────────────────────────────────────────────────────────────────────────────────────────────


async def granted(database: Database, wish: LeaseRequest, slot: int) -> tuple[int, int]:
    columns = {
        "merchant_ids": "{1}",
        "apis": "{card}",
        "keys": "{key}",
        "tokens": array_literal([wish.tokens]),
        "capacities": array_literal([wish.capacity]),
        "returned": array_literal([wish.returned]),
        "returned_slots": array_literal([wish.returned_slot]),
        "slot": slot,
    }
    (row,) = await database.fetch_rows(queries.grant_tokens, columns)
    return row[3], row[4]


@pytest.mark.parametrize("seed", range(4))
async def test_the_statement_grants_what_the_rule_says(database: Database, seed: int) -> None:
    chance, grants, slot, last = random.Random(seed), Grants(), 1_000, 0
    for _ in range(60):
        slot += chance.choice([0, 0, 1, 1, 2, 5, 21, 22, 30, -1, -5, -50])
        wish = LeaseRequest(chance.randrange(40), 100, chance.randrange(15) if chance.random() < 0.5 else 0, last)
        expected = grants.grant(wish, slot)
        assert await granted(database, wish, slot) == expected
        last = expected[0]


@pytest.fixture
async def beside(dsn: str) -> AsyncIterator[Database]:
    """Another process's connections."""
    other = Database(dsn)
    await other.open()
    yield other
    await other.close()


async def passing(leases: Sequence[RateLimitLeases], calls: int, limit: int) -> int:
    """How many of so many calls at once pass."""
    asked = (leases[number % len(leases)].allows(*NAME, limit) for number in range(calls))
    return sum(await asyncio.gather(*asked))


async def test_processes_that_are_called_at_once_share_one_limit(database: Database, beside: Database) -> None:
    now = [50.0]
    leases = [
        RateLimitLeases(one, tick=lambda: now[0], slot=lambda: slot_of(lambda: now[0])) for one in (database, beside)
    ]
    assert await passing(leases, 1_000, 100) in range(100, 111)
    now[0] += 0.9
    assert await passing(leases, 100, 100) == 0
    now[0] += 0.3
    assert await passing(leases, 1_000, 100) in range(100, 111)


async def test_keys_have_nothing_to_do_with_each_other(database: Database) -> None:
    leases = RateLimitLeases(database, tick=lambda: 50.0, slot=lambda: 1_000)
    names = [(1, "card", "a"), (1, "payout", "a"), (1, "card", "b"), (2, "card", "a")]
    verdicts = await asyncio.gather(*(leases.allows(*name, 3) for name in names for _ in range(5)))
    assert verdicts == [True, True, True, False, False] * 4


async def test_a_new_limit_counts_at_once(database: Database) -> None:
    leases = RateLimitLeases(database, tick=lambda: 50.0, slot=lambda: 1_000)
    assert await leases.allows(*NAME, 0) is False
    assert [await leases.allows(*NAME, 2) for _ in range(3)] == [True, True, False]


class Away(Database):
    """A database that can be away, and counts what it is asked."""

    away = False
    asked = 0

    async def fetch_rows(self, query: Query, params: Mapping[str, Any]) -> list[tuple[Any, ...]]:
        self.asked += 1
        if self.away:
            raise DatabaseUnavailable
        return await super().fetch_rows(query, params)

    async def fetch_value(self, query: Query, params: Mapping[str, Any]) -> Any:
        if self.away:
            raise DatabaseUnavailable
        return await super().fetch_value(query, params)


async def test_with_the_database_away_each_process_has_its_part(dsn: str, database: Database) -> None:
    now, away = [50.0], Away(dsn)
    await away.open()
    try:
        leases = [
            RateLimitLeases(one, tick=lambda: now[0], slot=lambda: slot_of(lambda: now[0])) for one in (away, database)
        ]
        for one in (*leases, *leases):
            now[0] += 2.0
            assert await one.allows(*NAME, 0) is False
            assert await one.allows(*NAME, 5)
        now[0] += 2.0
        away.away, away.asked = True, 0
        assert await passing(leases[:1], 500, 100) == 50
        assert await passing(leases[:1], 500, 100) == 0
        now[0] += AWAY_S / 2
        assert await passing(leases[:1], 500, 100) == 0
        assert away.asked <= 1
        away.away = False
        now[0] += 2.0
        assert await passing(leases[:1], 500, 100) in range(100, 111)
    finally:
        await away.close()
