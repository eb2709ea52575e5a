"""Records of requests: written beside the requests, a day or so many of them, and never waited for."""

import asyncio
import itertools
from dataclasses import replace
from datetime import timedelta

import pytest
from tests.ground import ground_of

from bursar.db.database import Database, DatabaseUnavailable
from bursar.ground import Ground
from bursar.kernel.clock import ManualClock
from bursar.kernel.ids import Ids
from bursar.requests.records import service as module
from bursar.requests.records.model import LIVE, SANDBOX, Record, RecordFilter, StaffFilter
from bursar.requests.records.service import RequestRecords

ONE_MERCHANT = """
INSERT INTO merchant (
    merchant_id, name, status, permissions, ip_allow_list, quotas, rate_limits, card_secret, card_public_key,
    created_at, recorded_until
)
VALUES (1, 'One', 'active', '{}', '{}', '{}', '{}', '', '', now(), %s)
ON CONFLICT (merchant_id) DO UPDATE SET recorded_until = excluded.recorded_until
"""


class Seconds:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def seconds() -> Seconds:
    return Seconds()


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "TOGETHER_AFTER_S", 0.0)


@pytest.fixture
def ground(database: Database, ids: Ids, clock: ManualClock) -> Ground:
    return ground_of(database, ids, clock)


@pytest.fixture
def records(ground: Ground, seconds: Seconds) -> RequestRecords:
    return RequestRecords(ground, seconds)


def record(records: RequestRecords, clock: ManualClock, **changed: object) -> Record:
    usual = Record(
        records.next_id(),
        clock.now(),
        "card",
        1,
        1,
        "r-1",
        "127.0.0.1",
        "POST",
        "/api/v1/merchant/info",
        "/api/v1/merchant/info?x=1",
        "",
        b"{}",
        2,
        200,
        0,
        1500,
    )
    return replace(usual, **changed)


async def test_what_was_taken_is_found_as_it_was(records: RequestRecords, clock: ManualClock) -> None:
    one = record(records, clock, body=bytes(range(256)), body_bytes=256, headers="x: é\nx: second\ny: a: b\\")
    nobodys = record(records, clock, merchant_id=None, key_of=None, code=None, body=None, body_bytes=100_000)
    others = record(records, clock, merchant_id=2, key_of=2)
    forged = record(records, clock, merchant_id=None, key_of=2)
    for each in (one, nobodys, others, forged):
        records.take(each)
    assert await records.find(one.id) == one
    assert one.fields == {"x": "é", "y": "a: b\\"}
    assert await records.find(nobodys.id) == nobodys
    of_one = await records.list_page(RecordFilter(merchant_id=1))
    assert [(each.id, each.target, each.body) for each in of_one] == [(nobodys.id, "", None), (one.id, "", None)]
    assert [each.id for each in await records.list_page(RecordFilter(merchant_id=2))] == [
        forged.id,
        others.id,
        nobodys.id,
    ]
    assert [each.is_seen_by(2) for each in (one, nobodys, others, forged)] == [False, True, True, True]
    assert not forged.is_seen_by(1)
    assert len(await records.list_page(RecordFilter())) == 4


async def test_a_reader_does_not_wait_for_those_that_come_after(records: RequestRecords, clock: ManualClock) -> None:
    records.take(first := record(records, clock))

    async def traffic() -> None:
        for number in itertools.count(first.id + 1):
            records.take(replace(first, id=number))
            await asyncio.sleep(0)

    busy = asyncio.create_task(traffic())
    async with asyncio.timeout(10):
        found = await records.find(first.id)
    assert not busy.done()
    busy.cancel()
    await records.settled()
    assert found == first


async def test_filters(records: RequestRecords, clock: ManualClock) -> None:
    made = [record(records, clock, request_id=f"r-{code}", code=code) for code in (0, 401, 900)]
    for each in made:
        records.take(each)
    assert [each.code for each in await records.list_page(RecordFilter(code=401))] == [401]
    assert [each.code for each in await records.list_page(RecordFilter(request_id="r-900"))] == [900]
    assert [each.code for each in await records.list_page(RecordFilter(path="/api/v1/mer"))] == [900, 401, 0]
    assert await records.list_page(RecordFilter(path="/api/v1/card")) == []
    assert [each.code for each in await records.list_page(RecordFilter(before=made[2].id), 1)] == [401]


async def test_an_unknown_one_is_not_found(records: RequestRecords) -> None:
    assert await records.find(7) is None


async def test_headers_and_body_rest_sealed(records: RequestRecords, clock: ManualClock, database: Database) -> None:
    secret = {"target": "/hunter2", "headers": "x-secret: hunter2", "body": b'{"password":"hunter2"}'}
    records.take(record(records, clock, **secret))
    await records.settled()
    async with database.connection() as connection:
        cursor = await connection.execute("SELECT t::text, content FROM request_record AS t")
        [(row, content)] = await cursor.fetchall()
    assert "hunter2" not in row
    assert b"hunter2" not in content


async def test_the_old_and_all_but_the_newest_go_once_a_minute(
    records: RequestRecords, clock: ManualClock, seconds: Seconds, monkeypatch: pytest.MonkeyPatch
) -> None:
    records.keeping = replace(SANDBOX, in_all=2)
    made = []
    for hours in (0, 25, 1, 1):
        clock.advance(timedelta(hours=hours))
        made.append(record(records, clock))
        records.take(made[-1])
        await records.settled()
    assert len(await records.list_page(RecordFilter())) == 4
    seconds.now += module.CLEARED_EVERY_S
    made.append(record(records, clock))
    records.take(made[-1])
    assert [each.id for each in await records.list_page(RecordFilter())] == [made[4].id, made[3].id]


async def test_no_more_wait_than_have_room(
    records: RequestRecords, clock: ManualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "WAITING_MAX", 3)
    forgotten = module.FORGOTTEN._value.get()
    made = [record(records, clock) for _ in range(5)]
    for each in made:
        records.take(each)
    assert {each.id for each in await records.list_page(RecordFilter())} == {each.id for each in made[2:]}
    assert module.FORGOTTEN._value.get() == forgotten + 2


async def test_a_live_install_keeps_the_newest_of_each_class(
    ground: Ground, clock: ManualClock, seconds: Seconds
) -> None:
    """Of one key's owner, of what names a key without a proof, of nobody, of all; swept by any process."""
    keeping = replace(LIVE, in_all=11, of_one_max=4, unproved_max=2)
    records, beside = RequestRecords(ground, seconds, keeping), RequestRecords(ground, seconds, keeping)
    records._cleared_at = seconds.now
    made = []
    for key_of, merchant_id in ((1, 1), (1, None), (2, 2), (3, None)) * 5:
        clock.advance(timedelta(seconds=1))
        made.append(record(records, clock, key_of=key_of, merchant_id=merchant_id))
        records.take(made[-1])
    await records.settled()
    assert await beside.forget_old(clock.now()) > 0
    assert await beside.forget_old(clock.now()) == 0
    kept = [(each.key_of, each.merchant_id) for each in await beside.list_newest(StaffFilter(), None, 100)]
    assert kept == [(3, None), (2, 2), (1, None), (1, 1), (3, None), (2, 2), (1, None), (1, 1), (2, 2)]
    assert await records.list_newest(StaffFilter(), None, 100) == await beside.list_newest(StaffFilter(), None, 100)
    clock.advance(LIVE.kept_for)
    assert await beside.forget_old(clock.now()) == 8
    assert await beside.forget_old(clock.now() + timedelta(seconds=1)) == 1


async def test_nobodys_are_kept_while_a_merchant_is_recorded(
    ground: Ground, clock: ManualClock, database: Database
) -> None:
    records = RequestRecords(ground, keeping=LIVE)
    for minutes in (None, 1, 0, -1):
        async with database.connection() as connection:
            until = None if minutes is None else clock.now() + timedelta(minutes=minutes)
            await connection.execute(ONE_MERCHANT, (until,))
            await connection.commit()
        records.take(record(records, clock, key_of=None, merchant_id=None, request_id=f"{minutes}"))
        await records.settled()
    assert [each.request_id for each in await records.list_newest(StaffFilter(nobodys=True), None, 10)] == ["1"]


class Away(Database):
    """A database that does not answer."""

    async def execute(self, *_: object) -> int:
        raise DatabaseUnavailable


async def test_a_database_that_is_away_costs_records_and_nothing_else(
    dsn: str, ground: Ground, clock: ManualClock, records: RequestRecords
) -> None:
    away, forgotten = RequestRecords(replace(ground, database=Away(dsn))), module.FORGOTTEN._value.get()
    lost = record(away, clock)
    away.take(lost)
    await away.settled()
    assert module.FORGOTTEN._value.get() == forgotten + 1
    assert await records.find(lost.id) is None


MANY_OF_ONE = """
INSERT INTO request_record (
    id, at, api, merchant_id, key_of, request_id, address, method, path, body_bytes, http_status, code, took_us, content
)
SELECT
    number, now() - number * interval '1 second', 'card', 1, 1, number::text, '127.0.0.1', 'POST',
    CASE number WHEN 1900 THEN '/api/v1/card/balance' ELSE '/api/v1/merchant/info' END, 2, 200, 0, 1,
    repeat('x', 900)::bytea
FROM generate_series(1, 2000) AS number
"""


@pytest.mark.parametrize(("path", "found"), [("/api/v1/wallet", []), ("/api/v1/card/", [1900]), (None, [1, 2])])
async def test_a_path_is_looked_for_in_the_index_alone(database: Database, path: str | None, found: list[int]) -> None:
    """The rows of a merchant are not read, however few of them have the path: two thousand of them fill 250 blocks."""
    named = {"key_of": 1, "before_at": "infinity", "before_id": 0, "request_id": None, "code": None, "path": path}
    async with database.connection() as connection:
        await connection.execute("SET LOCAL plan_cache_mode = force_generic_plan")
        await connection.execute(MANY_OF_ONE)
        await connection.execute("ANALYZE request_record")
        listed = await connection.execute(module.queries.list_newest_of_owner.sql, {**named, "limit": 2})
        assert [row[0] for row in await listed.fetchall()] == found
        asked = f"EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) {module.queries.list_newest_of_owner.sql}"
        cursor = await connection.execute(asked, {**named, "limit": 2}, prepare=True)  # type: ignore[arg-type]
        plan = (await cursor.fetchone())[0][0]["Plan"]  # type: ignore[index]
        await connection.rollback()
    assert plan["Shared Hit Blocks"] + plan["Shared Read Blocks"] < 80, plan
