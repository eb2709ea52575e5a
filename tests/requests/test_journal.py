"""A request is worked on once, by one process, and everybody else is told what became of it."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

import psycopg
import pytest

from bursar.db.database import Database, DatabaseUnavailable
from bursar.db.presence import Presence
from bursar.db.queries import Query
from bursar.kernel.clock import ManualClock
from bursar.requests.idempotency import service
from bursar.requests.idempotency.errors import RequestIdReused, RequestRunning
from bursar.requests.idempotency.service import KEPT_FOR, IdempotentRequests, RequestRef

ANSWER = {"code": 0, "text": "Success", "data": {"orderNo": "17", "note": 'quo"te\\ {,} NULL'}}


def ref(request_id: str = "r-1", asked: bytes = b"this", merchant_id: int = 1) -> RequestRef:
    return RequestRef(merchant_id, request_id, asked)


@pytest.fixture
def journal(database: Database, clock: ManualClock) -> IdempotentRequests:
    return IdempotentRequests(database, clock)


@pytest.fixture
async def beside(dsn: str, clock: ManualClock) -> AsyncIterator[IdempotentRequests]:
    """Another process."""
    database = Database(dsn)
    await database.open()
    yield IdempotentRequests(database, clock)
    await database.close()


async def outcome_of(journal: IdempotentRequests, request: RequestRef) -> str:
    try:
        answer = await journal.begin(request)
    except (RequestRunning, RequestIdReused) as fact:
        return type(fact).__name__
    return "to work on" if answer is None else "answered"


async def test_the_first_works_and_a_repeat_gets_its_answer(journal: IdempotentRequests, beside: IdempotentRequests):
    assert await journal.begin(ref()) is None
    with pytest.raises(RequestRunning):
        await journal.begin(ref())
    with pytest.raises(RequestRunning):
        await beside.begin(ref())
    await journal.finish(ref(), ANSWER)
    assert await journal.begin(ref()) == ANSWER
    assert await beside.begin(ref()) == ANSWER


async def test_an_id_stands_for_one_request_running_or_answered(
    journal: IdempotentRequests, beside: IdempotentRequests
):
    await journal.begin(ref())
    for other in (journal, beside):
        with pytest.raises(RequestIdReused):
            await other.begin(ref(asked=b"that"))
    await journal.finish(ref(), ANSWER)
    for other in (journal, beside):
        with pytest.raises(RequestIdReused):
            await other.begin(ref(asked=b"that"))


async def test_a_repeat_of_a_request_that_an_older_release_kept_is_the_same_request(journal: IdempotentRequests):
    old = b"as it was"
    await journal.begin(ref(asked=old))
    await journal.finish(ref(asked=old), ANSWER)
    assert await journal.begin(replace(ref(asked=b"by value"), formerly=lambda: old)) == ANSWER
    with pytest.raises(RequestIdReused):
        await journal.begin(replace(ref(asked=b"by value"), formerly=lambda: b"something else"))


async def test_ids_of_merchants_have_nothing_to_do_with_each_other(journal: IdempotentRequests):
    assert await journal.begin(ref(merchant_id=1)) is None
    assert await journal.begin(ref(merchant_id=2, asked=b"that")) is None


async def test_a_hundred_at_once_in_two_processes_are_worked_on_once(
    journal: IdempotentRequests, beside: IdempotentRequests
):
    outcomes = await asyncio.gather(*(outcome_of((journal, beside)[n % 2], ref()) for n in range(100)))
    assert Counter(outcomes) == {"to work on": 1, "RequestRunning": 99}


async def test_different_requests_with_one_id_at_once(journal: IdempotentRequests, beside: IdempotentRequests):
    requests = [ref(asked=str(n % 4).encode()) for n in range(40)]
    outcomes = await asyncio.gather(*(outcome_of((journal, beside)[n % 2], r) for n, r in enumerate(requests)))
    assert Counter(outcomes) == {"to work on": 1, "RequestRunning": 9, "RequestIdReused": 30}


async def test_many_requests_at_once_do_not_wait_for_each_other_in_a_circle(
    journal: IdempotentRequests, beside: IdempotentRequests
):
    forwards = [ref(f"r-{n}") for n in range(200)]
    outcomes = await asyncio.gather(
        *(outcome_of(journal, request) for request in forwards),
        *(outcome_of(beside, request) for request in reversed(forwards)),
    )
    assert Counter(outcomes) == {"to work on": 200, "RequestRunning": 200}
    await asyncio.gather(*(journal.finish(request, {**ANSWER, "data": request.request_id}) for request in forwards))
    answers = await asyncio.gather(*(beside.begin(request) for request in forwards))
    assert [answer and answer["data"] for answer in answers] == [request.request_id for request in forwards]


async def test_what_was_abandoned_can_be_tried_again_at_once_even_with_other_parameters(journal: IdempotentRequests):
    await journal.begin(ref())
    await journal.abandon(ref())
    assert await journal.begin(ref(asked=b"that")) is None


async def test_an_answer_is_not_abandoned(journal: IdempotentRequests):
    await journal.begin(ref())
    await journal.finish(ref(), ANSWER)
    await journal.abandon(ref())
    assert await journal.begin(ref()) == ANSWER


async def test_what_a_dead_process_left_is_taken_up_by_one(
    journal: IdempotentRequests, beside: IdempotentRequests, monkeypatch, dsn: str
):
    monkeypatch.setattr(service, "RUNNING_MAX", timedelta(0))
    await journal.begin(ref())
    monkeypatch.undo()
    with pytest.raises(RequestIdReused):
        await beside.begin(ref(asked=b"that"))
    outcomes = await asyncio.gather(*(outcome_of((journal, beside)[n % 2], ref()) for n in range(20)))
    assert Counter(outcomes) == {"to work on": 1, "RequestRunning": 19}


async def test_a_process_that_is_gone_need_not_be_waited_for(database: Database, clock: ManualClock, dsn: str):
    living, mortal = Presence(dsn), Presence(dsn)
    journal, other = (IdempotentRequests(database, clock, owner=presence.number) for presence in (living, mortal))
    async with living:
        async with mortal:
            assert await other.begin(ref()) is None
            assert await outcome_of(journal, ref()) == "RequestRunning"
        assert await outcome_of(journal, ref(asked=b"that")) == "RequestIdReused"
        outcomes = await asyncio.gather(*(outcome_of(journal, ref()) for _ in range(10)))
        assert Counter(outcomes) == {"to work on": 1, "RequestRunning": 9}
        assert await outcome_of(IdempotentRequests(database, clock), ref()) == "RequestRunning"
        await journal.finish(ref(), ANSWER)
        assert await journal.begin(ref()) == ANSWER


async def test_an_owner_that_nobody_knows_is_waited_for(
    database: Database, clock: ManualClock, journal: IdempotentRequests
):
    await journal.begin(ref())
    assert await outcome_of(IdempotentRequests(database, clock, owner=17), ref()) == "RequestRunning"


async def test_answers_are_kept_for_thirty_days_and_more(journal: IdempotentRequests, clock: ManualClock):
    await journal.begin(ref())
    await journal.finish(ref(), ANSWER)
    clock.advance(timedelta(days=30))
    assert await journal.forget_old() == 0
    assert await journal.begin(ref()) == ANSWER
    clock.advance(KEPT_FOR - timedelta(days=30) + timedelta(seconds=1))
    assert await journal.forget_old() == 1
    assert await journal.begin(ref()) is None


@pytest.mark.parametrize(
    "data", [None, [], {}, "ü😀", 'a"b\\c{}', "x" * 100_000, {"a": [1, 2.5, None, True]}, "\u2028", "null", 10**15]
)
async def test_answers_of_every_kind_come_back_as_they_were(journal: IdempotentRequests, data: Any):
    await journal.begin(ref())
    await journal.finish(ref(), {"code": 0, "text": "Success", "data": data})
    assert await journal.begin(ref()) == {"code": 0, "text": "Success", "data": data}


async def test_a_request_is_in_the_journal_before_anything_is_done_for_it(journal: IdempotentRequests, dsn: str):
    await journal.begin(ref())
    with psycopg.connect(dsn) as other:
        assert other.execute("SELECT merchant_id, request_id, answer FROM api_request").fetchall() == [(1, "r-1", None)]


# ── connections that are lost on the way ─────────────────────────────────────────────────────────────────────────────


class Lossy(Database):
    """A database that may carry a statement out, or not, and lose the connection before it has answered."""

    loses: str = ""
    """`before` or `after` statements are carried out."""

    async def _lost(self, when: str) -> None:
        if self.loses == when:
            raise DatabaseUnavailable

    async def fetch_rows(self, query: Query, params: Mapping[str, Any]) -> list[tuple[Any, ...]]:
        await self._lost("before")
        rows = await super().fetch_rows(query, params)
        await self._lost("after")
        return rows

    async def execute(self, query: Query, params: Mapping[str, Any]) -> int:
        await self._lost("before")
        touched = await super().execute(query, params)
        await self._lost("after")
        return touched


@pytest.fixture
async def lossy(dsn: str) -> AsyncIterator[Lossy]:
    database = Lossy(dsn)
    await database.open()
    yield database
    await database.close()


@pytest.fixture
async def present(lossy: Lossy, clock: ManualClock, dsn: str) -> AsyncIterator[IdempotentRequests]:
    """The journal of a process that lives, over the lossy database."""
    async with Presence(dsn) as presence:
        yield IdempotentRequests(lossy, clock, owner=presence.number)


async def settled(journal: IdempotentRequests) -> None:
    async with asyncio.timeout(10):
        while journal._unsettled:
            await asyncio.sleep(0.01)


@pytest.mark.parametrize("loses", ["before", "after"])
async def test_a_request_of_which_nobody_knows_whether_it_was_taken_up_can_be_repeated_at_once(
    present: IdempotentRequests, beside: IdempotentRequests, lossy: Lossy, loses: str
):
    lossy.loses = loses
    with pytest.raises(DatabaseUnavailable):
        await present.begin(ref())
    lossy.loses = ""
    assert await present.begin(ref()) is None
    await present.finish(ref(), ANSWER)
    assert await beside.begin(ref()) == ANSWER


@pytest.mark.parametrize("loses", ["before", "after"])
async def test_another_process_can_take_it_up_as_soon_as_the_first_has_settled(
    present: IdempotentRequests, beside: IdempotentRequests, lossy: Lossy, loses: str
):
    lossy.loses = loses
    with pytest.raises(DatabaseUnavailable):
        await present.begin(ref())
    lossy.loses = ""
    await settled(present)
    assert await beside.begin(ref()) is None


@pytest.mark.parametrize("loses", ["before", "after"])
async def test_an_answer_that_could_not_be_kept_is_kept_as_soon_as_it_can_be(
    present: IdempotentRequests, beside: IdempotentRequests, lossy: Lossy, loses: str
):
    await present.begin(ref())
    lossy.loses = loses
    await present.finish(ref(), ANSWER)
    with pytest.raises(DatabaseUnavailable):
        await present.begin(ref())
    lossy.loses = ""
    assert await present.begin(ref()) == ANSWER
    assert await beside.begin(ref()) == ANSWER


@pytest.mark.parametrize("loses", ["before", "after"])
async def test_a_request_that_could_not_be_abandoned_is_as_soon_as_it_can_be(
    present: IdempotentRequests, beside: IdempotentRequests, lossy: Lossy, loses: str
):
    await present.begin(ref())
    lossy.loses = loses
    await present.abandon(ref())
    lossy.loses = ""
    await settled(present)
    assert await beside.begin(ref()) is None


async def test_what_is_being_worked_on_is_not_abandoned_for_a_repeat_that_was_lost(
    present: IdempotentRequests, beside: IdempotentRequests, lossy: Lossy
):
    assert await present.begin(ref()) is None
    lossy.loses = "after"
    with pytest.raises(DatabaseUnavailable):
        await present.begin(ref())
    lossy.loses = ""
    await settled(present)
    assert {await outcome_of(present, ref()), await outcome_of(beside, ref())} == {"RequestRunning"}
    await present.finish(ref(), ANSWER)
    assert await beside.begin(ref()) == ANSWER


async def test_what_another_process_has_taken_up_meanwhile_is_left_to_it(
    present: IdempotentRequests, clock: ManualClock, dsn: str, database: Database, lossy: Lossy
):
    await present.begin(ref())
    lossy.loses = "before"
    await present.abandon(ref())
    await database.pool.wait()
    async with database.connection() as connection:
        await connection.execute("UPDATE api_request SET owner = 0")
    lossy.loses = ""
    await settled(present)
    assert await outcome_of(IdempotentRequests(database, clock), ref()) == "RequestRunning"
