"""The epoch kept outside the database: in the homes of machines, and in the bucket that they share."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import psycopg
import pytest

from bursar.db.access import Addresses
from bursar.install.errors import DatabaseRestored
from bursar.install.model import Standing
from bursar.install.record import Kept, Record, StandingFile
from bursar.install.service import begin_epoch, check_standing
from bursar.install.settings import Mode, Settings
from bursar.kernel.errors import ProviderUnavailable
from bursar.main.checks import check_database
from bursar.main.standings import StandingUnknown
from bursar.providers.storage.s3 import Bucket
from bursar.providers.storage.standing import StandingObject
from tests.ground import GIVEN_KEYS

STANDING = Standing("an-install", 1, "7000", "00000001", 16_400, 20_000, 5_000_000)


def bucket(endpoint: str, prefix: str) -> StandingObject:
    return StandingObject(Bucket.from_url(f"s3://key:secret@files/{prefix}?endpoint={endpoint}"))


@dataclass
class Machine:
    """One of an install's machines: a home of its own, and the bucket of all."""

    records: tuple[Record, ...]
    connection: psycopg.AsyncConnection[Any]

    async def check(self) -> None:
        await check_standing(self.connection, self.records)

    async def kept(self) -> list[Standing | None]:
        row = await (await self.connection.execute("SELECT id::text FROM install")).fetchone()
        assert row is not None
        found = [await record.find(row[0]) for record in self.records]
        return [each and each.standing for each in found]


@pytest.fixture
async def machines(dsn: str, endpoint: str, tmp_path: Path) -> AsyncIterator[list[Machine]]:
    connections = [await psycopg.AsyncConnection.connect(dsn, autocommit=True) for _ in range(3)]
    shared = bucket(endpoint, tmp_path.name)
    yield [Machine((StandingFile(tmp_path / str(n)), shared), each) for n, each in enumerate(connections)]
    for connection in connections:
        await connection.close()


async def test_an_object_is_written_over_the_version_that_was_read_alone(endpoint: str) -> None:
    record = bucket(endpoint, "alone")
    assert await record.find("an-install") is None
    assert await record.keep(STANDING, None)
    assert not await record.keep(replace(STANDING, epoch=7), None)
    first = await record.find("an-install")
    assert first is not None
    assert first.standing == STANDING
    later = replace(STANDING, position=6_000_000)
    assert await record.keep(later, first)
    assert not await record.keep(replace(STANDING, epoch=7), first)
    assert (await record.find("an-install")) == Kept(later, (await record.find("an-install")).mark)  # type: ignore[union-attr]
    assert await record.find("another-install") is None


async def test_a_new_machine_knows_by_the_bucket_that_the_database_is_behind(
    machines: list[Machine], endpoint: str
) -> None:
    one, other, _ = machines
    await one.check()
    [_, kept] = await one.kept()
    assert kept is not None
    for changed, reason in (
        (replace(kept, position=kept.position + 10_000_000), "an earlier position in its log"),
        (replace(kept, timeline="0000000F"), "timeline"),
        (replace(kept, epoch=kept.epoch + 1), "epoch 0 instead of 1"),
        (replace(kept, server="1"), "another server"),
    ):
        shared = other.records[1]
        assert await shared.keep(changed, await shared.find(kept.install))
        with pytest.raises(DatabaseRestored, match=reason):
            await other.check()
        assert await other.kept() == [None, changed]  # nothing was kept over what contradicts it


async def test_machines_that_check_at_once_never_take_each_other_for_a_restore(machines: list[Machine]) -> None:
    """The log grows while each of them reads a record that another one has just kept."""

    async def goes_on(machine: Machine) -> None:
        for _ in range(8):
            await machine.connection.execute("SELECT pg_logical_emit_message(false, 'bursar', repeat('x', 500))")
            await machine.check()

    await asyncio.gather(*map(goes_on, machines))
    for machine in machines:
        assert None not in await machine.kept()


async def test_what_others_keep_between_reading_and_looking_is_no_restore(machines: list[Machine]) -> None:
    """A record that is kept anew between the two reads is compared by the second try."""
    one, other, _ = machines
    await one.check()

    @dataclass
    class Overtaken:
        """Another machine checks behind every first look into this record."""

        record: Record
        looks: int = 0

        async def find(self, install: str) -> Kept | None:
            found = await self.record.find(install)
            self.looks += 1
            if self.looks == 1:
                await other.connection.execute("CHECKPOINT")
                await other.check()
            return found

        async def keep(self, standing: Standing, over: Kept | None) -> bool:
            return await self.record.keep(standing, over)

    overtaken = Overtaken(one.records[1])
    await check_standing(one.connection, [overtaken])
    assert overtaken.looks == 2


async def test_a_machine_on_the_database_before_a_restore_stops_and_keeps_nothing(
    machines: list[Machine], dsn: str, tmp_path: Path
) -> None:
    """`restored` was run elsewhere, on a copy; whoever still runs on the old database hears of it by the bucket."""
    one, other, _ = machines
    await one.check()
    before = await one.kept()
    assert await begin_epoch(Addresses(dsn, None, None), other.records, ()) == 1
    await one.connection.execute("UPDATE install SET epoch = 0")
    with pytest.raises(DatabaseRestored, match="epoch 0 instead of 1"):
        await one.check()
    [home, shared] = await one.kept()
    assert home == before[0]
    assert shared is not None
    assert shared.epoch == 1


async def test_the_next_epoch_is_above_that_of_every_record(machines: list[Machine], dsn: str) -> None:
    one, other, third = machines
    await one.check()
    [_, kept] = await one.kept()
    assert kept is not None
    shared = one.records[1]
    assert await shared.keep(replace(kept, epoch=4), await shared.find(kept.install))
    assert await begin_epoch(Addresses(dsn, None, None), other.records, ()) == 5
    for machine in (one, other, third):
        await machine.check()
        assert [each and each.epoch for each in await machine.kept()] == [5, 5]


async def test_without_an_answer_of_the_bucket_nothing_starts_and_nothing_is_kept(
    machines: list[Machine], dsn: str, tmp_path: Path
) -> None:
    gone = "http://127.0.0.1:9"
    silent = StandingFile(tmp_path / "0"), bucket(gone, "x")
    with pytest.raises(ProviderUnavailable):
        await check_standing(machines[0].connection, silent)
    with pytest.raises(ProviderUnavailable):
        await begin_epoch(Addresses(dsn, None, None), silent, ())
    assert list((tmp_path).glob("0/epoch-*")) == []
    row = await (await machines[0].connection.execute("SELECT epoch FROM install")).fetchone()
    assert row == (0,)
    url = f"s3://key:secret@files?endpoint={gone}"
    settings = Settings(Mode.SANDBOX, frozenset(), tmp_path, "127.0.0.1", 1, dsn, GIVEN_KEYS, storage_url=url)
    with pytest.raises(StandingUnknown, match="The bucket of BURSAR_STORAGE does not answer"):
        await check_database(settings)
