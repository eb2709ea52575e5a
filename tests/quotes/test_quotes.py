"""Rates of a file: taken by one worker, put before a person where they jump, and refused when they are too old."""

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from bursar.db.database import Database
from bursar.exchange.service import RateNotKept, RateTooOld
from bursar.install.rates import RateSettings
from bursar.kernel.clock import ManualClock
from bursar.kernel.ids import Ids
from bursar.kernel.money import Money
from bursar.ledger.engine import queries as ledger
from bursar.quotes.model import Judgement
from bursar.quotes.service import Outcome
from bursar.staff.approvals.worth import Worth
from tests.api.operator.desk import Client, Desk
from tests.staff.office import Office

from .server import Server, answer, hangs

SAR = ("USD", "SAR")
AED = ("USD", "AED")
TABLES = ("exchange_rate", "exchange_rate_change", "exchange_quote", "audit_record", "ledger_operation")
WHY = {"reason": "Seen at the central bank"}


@dataclass
class Install:
    """A process that reads a file of rates, and Fay of finance."""

    desk: Desk
    fay: Client
    server: Server

    async def says(self, at: datetime | None = None, **rates: str) -> Outcome | None:
        """The file says this from now on, and it is time to fetch it."""
        dated = {} if at is None else {"as_of": at.isoformat()}
        document = {"base": "USD", "rates": {target: float(rate) for target, rate in rates.items()}, **dated}
        body = json.dumps(document)
        self.server.answer = answer(body.encode())
        return await self.fetched()

    async def fetched(self) -> Outcome | None:
        self.desk.office.later(hours=1)
        return await self.desk.rooms.quotes.fetch_due()

    async def rate(self, target: str = "SAR") -> dict[str, Any]:
        return dict((await self.fay.get(f"/rates/USD/{target}")).body)

    async def by_hand(self, rate: str, target: str = "SAR") -> None:
        said = {**WHY, "source": "USD", "target": target, "rate": rate}
        assert (await self.fay.post("/rates", said)).status == 200

    async def waiting(self) -> list[dict[str, Any]]:
        return list((await self.fay.get("/decisions", kind="rate")).body["items"])

    async def everything(self) -> str:
        return await self.desk.office.table(*TABLES)


def settings_of(server: Server) -> RateSettings:
    return RateSettings(server.url, (SAR, AED), every_s=3_600, age_max_s=86_400, jump_percent=10)


@pytest.fixture
async def install(database: Database, ids: Ids, clock: ManualClock) -> AsyncIterator[Install]:
    async with Server().running() as server:
        desk = Desk(Office(database, ids, clock), rates=settings_of(server))
        fay = await desk.token_of(await desk.office.somebody("fay", "finance"))
        yield Install(desk, fay, server)


@pytest.fixture
async def beside(dsn: str, clock: ManualClock, install: Install) -> AsyncIterator[Desk]:
    database = Database(dsn)
    await database.open()
    ids = Ids(lambda: database.fetch_value(ledger.lease_ids, {}))
    await ids.top_up()
    yield Desk(Office(database, ids, clock, name="b"), rates=settings_of(install.server))
    await database.close()


async def test_small_moves_are_taken_and_on_record(install: Install) -> None:
    await install.by_hand("3.75")
    await install.by_hand("3.67", "AED")
    outcome = await install.says(SAR="3.76", AED="3.67", XAU="0.0004")
    assert outcome is not None
    assert (dict(outcome.judged), outcome.fault) == ({SAR: Judgement.TAKE, AED: Judgement.TAKE}, None)
    found = await install.rate()
    assert (found["rate"], found["is_old"]) == ("3.76", False)
    assert datetime.fromisoformat(found["as_of"]) == install.desk.office.clock.now()
    history = (await install.fay.get("/rates/USD/SAR/history")).body["items"]
    assert [(each["rate"], each["made_by"].partition(":")[0]) for each in history] == [
        ("3.76", "rates"),
        ("3.75", "token"),
    ]
    office = install.desk.office
    records = await office.sql("SELECT actor, before, after FROM audit_record WHERE action = 'rates.take' ORDER BY id")
    assert [(actor, before) for actor, before, _ in records] == [
        ("rates", {"USD/SAR": "3.75"}),
        ("rates", {"USD/AED": "3.67"}),
    ]
    there = await install.everything()
    assert await install.desk.rooms.quotes.fetch_due() is None, "it is not time yet"
    assert (await install.everything(), install.server.asked) == (there, 1)
    again = await install.says(SAR="3.76", AED="3.67")
    assert again is not None
    assert set(again.judged.values()) == {Judgement.CONFIRM}
    assert (await install.rate())["as_of"] > found["as_of"]
    assert len((await install.fay.get("/rates/USD/SAR/history")).body["items"]) == 2


async def test_a_rate_that_jumps_waits_for_a_person_and_ages_meanwhile(install: Install) -> None:
    await install.by_hand("3.75")
    await install.says(SAR="3.75")
    exchange = install.desk.rooms.exchange
    outcome = await install.says(SAR="37.5")
    assert outcome is not None
    assert outcome.judged == {SAR: Judgement.HOLD}
    assert (await install.rate())["rate"] == "3.75"
    [held] = await install.waiting()
    assert held["about"] == {"pair": "USD/SAR", "rate": "37.5", "present": "3.75", "as_of": held["about"]["as_of"]}
    for _ in range(24):
        await install.says(SAR="37.5")
    assert [each["id"] for each in await install.waiting()] == [held["id"]], "the same one waits once"
    with pytest.raises(RateTooOld):
        await exchange.get_rate(*SAR)
    assert await exchange.list_rates() == ()
    assert (await install.rate())["is_old"] is True
    assert await Worth(exchange).find(Money.parse("1", "SAR"), "USD") is None

    sam = await install.desk.token_of(await install.desk.office.somebody("sam", "support"))
    there = await install.everything()
    path = f"/decisions/{held['id']}/decide"
    said = {**WHY, "result": "accept", "stage": held["stage"]}
    assert (await sam.post(path, said)).problem == "permission-missing"
    assert (await install.fay.post(path, {**said, "stage": "1"})).problem == "moved-on"
    refused = await install.desk.office.table("exchange_rate_change", "exchange_quote")
    assert refused in there or (await install.rate())["rate"] == "3.75"
    done = await install.fay.post(path, said, key="d")
    assert done.status == 200, done.body
    assert (await install.fay.post(path, said, key="d")).body == done.body
    assert (await exchange.get_rate(*SAR)).rate == Decimal("37.5")
    assert await install.waiting() == []
    after = await install.says(SAR="37.6")
    assert after is not None
    assert after.judged == {SAR: Judgement.TAKE}, "a person has said where it stands"


async def test_a_rate_that_was_refused_does_not_wait_again_but_another_does(install: Install) -> None:
    await install.by_hand("3.75")
    await install.says(SAR="5")
    [held] = await install.waiting()
    said = {**WHY, "result": "refuse", "stage": held["stage"]}
    done = await asyncio.gather(*(install.fay.post(f"/decisions/{held['id']}/decide", said) for _ in range(2)))
    assert sorted(each.problem for each in done)[0] == "200"
    assert sum(each.status == 200 for each in done) == 1
    await install.says(SAR="5")
    assert await install.waiting() == []
    await install.says(SAR="5.1")
    [other] = await install.waiting()
    assert other["stage"] != held["stage"]
    assert (await install.rate())["rate"] == "3.75"


async def test_small_steps_do_not_add_up_to_a_jump_within_a_day(install: Install) -> None:
    await install.by_hand("1")
    taken = []
    for rate in ("1.04", "1.08", "1.12"):
        outcome = await install.says(SAR=rate)
        assert outcome is not None
        taken.append(outcome.judged[SAR])
    assert taken == [Judgement.TAKE, Judgement.TAKE, Judgement.HOLD]
    assert (await install.rate())["rate"] == "1.08"


async def test_a_pair_without_a_rate_waits_for_a_person_first(install: Install) -> None:
    await install.says(SAR="3.75")
    assert (await install.fay.get("/rates/USD/SAR")).problem == "rate-not-kept"
    [held] = await install.waiting()
    assert held["about"]["present"] is None
    await install.fay.post(f"/decisions/{held['id']}/decide", {**WHY, "result": "accept"})
    found = await install.rate()
    assert (found["rate"], found["is_old"]) == ("3.75", False)
    assert found["as_of"] is not None
    with pytest.raises(RateNotKept):
        await install.desk.rooms.exchange.get_rate(*AED)


async def test_what_a_person_decides_grows_no_older(install: Install) -> None:
    await install.by_hand("3.75")
    await install.says(SAR="3.75")
    install.desk.office.later(days=2)
    assert (await install.rate())["is_old"] is True
    await install.by_hand("3.75")
    found = await install.rate()
    assert (found["as_of"], found["is_old"]) == (None, False)
    assert (await install.desk.rooms.exchange.get_rate(*SAR)).rate == Decimal("3.75")


async def test_an_older_file_is_not_taken_for_a_newer_one(install: Install) -> None:
    now = install.desk.office.clock.now()
    await install.by_hand("3.75")
    await install.says(now, SAR="3.80")
    outcome = await install.says(now - timedelta(seconds=1), SAR="3.70")
    assert outcome is not None
    assert outcome.judged == {SAR: Judgement.STALE}
    assert outcome.fault == "USD/AED is missing; USD/SAR is older than what was read before"
    assert (await install.rate())["rate"] == "3.8"
    old = await install.says(now, SAR="3.80")
    assert old is not None
    install.desk.office.later(hours=23)
    assert (await install.rate())["is_old"] is True, "a file that says an old instant again and again is old"


async def test_a_file_that_cannot_be_had_or_read_changes_nothing(install: Install) -> None:
    await install.by_hand("3.75")
    await install.says(SAR="3.75")
    there = await install.everything()
    for bad, told in (
        (answer(b"<html>"), "no CSV"),
        (answer(b"", "500 Oh"), "the answer was 500"),
        (answer(b"", "302 Found", Location="file:///etc/passwd"), "another address"),
        (answer(b'{"base": "USD", "rates": {"SAR": 3.8, "AED": -1}}'), "USD/AED has no number"),
    ):
        install.server.answer = bad
        assert await install.fetched() is None
        feed = await install.desk.rooms.quotes.find_feed()
        assert feed is not None
        assert told in (feed.fault or "")
        assert "hush" not in (feed.fault or "")
    assert await install.everything() == there


async def test_of_two_workers_one_fetches(install: Install, beside: Desk) -> None:
    await install.by_hand("3.75")
    install.server.answer = answer(b'{"base": "USD", "rates": {"SAR": 3.76}}')
    install.desk.office.later(hours=1)
    both = await asyncio.gather(install.desk.rooms.quotes.fetch_due(), beside.rooms.quotes.fetch_due())
    assert sum(each is not None for each in both) == 1
    assert install.server.asked == 1
    assert len((await install.fay.get("/rates/USD/SAR/history")).body["items"]) == 2


async def test_a_server_that_hangs_keeps_nobody_else_waiting(install: Install) -> None:
    await install.by_hand("3.75")
    install.server.answer = hangs
    install.desk.office.later(hours=1)
    fetching = asyncio.create_task(install.desk.rooms.quotes.fetch_due())
    while not install.server.asked:
        await asyncio.sleep(0.01)
    assert (await install.rate())["rate"] == "3.75"
    fetching.cancel()
    with pytest.raises(asyncio.CancelledError):
        await fetching
