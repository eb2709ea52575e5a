"""How statements are kept: sealed, whole, and never half, whatever fails or dies on the way."""

import asyncio
import fcntl
import os
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from bursar.kernel.errors import ProviderRefused, ProviderUnavailable
from bursar.ledger.errors import StateChanged
from bursar.payouts.statements import contents, model
from bursar.payouts.statements.errors import StatementPending
from bursar.payouts.statements.scratch_folders import ScratchFolders
from bursar.payouts.statements.service import Statements
from bursar.vault.errors import SecretUnreadable
from tests.payees.treasury import Treasury

from .sheets import Read, content_of

TODAY = date(2026, 3, 1)
NEXT_MORNING = datetime(2026, 3, 1, 22, 0, tzinfo=UTC)
PHOTO = 1
"""Files that are no statement's."""


class Killed(BaseException):
    """The process is gone: nothing is caught, nothing is tidied."""


@pytest.fixture
async def in_parts(treasury: Treasury, monkeypatch: pytest.MonkeyPatch) -> Treasury:
    """A day with one order whose statement has several parts, on the next morning."""
    monkeypatch.setattr(model, "PART_BYTES", 2_000)
    monkeypatch.setattr(contents, "PART_BYTES", 2_000)
    await treasury.order(await treasury.normal("m-1"), "u-1")
    treasury.clock.advance(NEXT_MORNING - treasury.clock.now())
    return treasury


def kept(treasury: Treasury) -> set[int]:
    """Numbers of what the storage keeps."""
    return {int(path.name) for path in (treasury.folder / "1").iterdir() if not path.name.startswith(".")}


class Failing:
    """A storage that fails at the n-th store, as it is told to."""

    def __init__(self, treasury: Treasury, at: int, fault: BaseException) -> None:
        self._storage, self._left, self._fault = treasury.storage, at, fault

    async def store(self, merchant_id: int, file_id: int, content: bytes) -> None:
        if self._left == 0:
            raise self._fault
        self._left -= 1
        await self._storage.store(merchant_id, file_id, content)

    async def load(self, merchant_id: int, file_id: int) -> bytes:
        return await self._storage.load(merchant_id, file_id)

    async def remove(self, merchant_id: int, file_id: int) -> None:
        await self._storage.remove(merchant_id, file_id)


def failing(treasury: Treasury, at: int, fault: BaseException) -> Statements:
    return Statements(replace(treasury.statements._parts, storage=Failing(treasury, at, fault)))


async def test_it_rests_sealed_in_parts_and_comes_back_whole(in_parts: Treasury) -> None:
    statement = await in_parts.statements.make(in_parts.ctx(), TODAY)
    assert len(statement.file_ids) == -(-statement.size_bytes // 2_000) > 3
    assert kept(in_parts) >= set(statement.file_ids)
    for file_id in statement.file_ids:
        assert b"[Content_Types]" not in (in_parts.folder / "1" / str(file_id)).read_bytes()
    content = await content_of(in_parts, statement)
    assert len(content) == statement.size_bytes
    assert Read.of(content).uids == ["u-1"]
    assert list((in_parts.folder / "under-way").iterdir()) == []


async def test_parts_cannot_be_exchanged(in_parts: Treasury) -> None:
    statement = await in_parts.statements.make(in_parts.ctx(), TODAY)
    first, second = (in_parts.folder / "1" / str(file_id) for file_id in statement.file_ids[:2])
    exchanged = second.read_bytes()
    second.write_bytes(first.read_bytes())
    first.write_bytes(exchanged)
    with pytest.raises(SecretUnreadable):
        await content_of(in_parts, statement)


@pytest.mark.parametrize("stored", [0, 1, 3])
async def test_a_storage_that_fails_leaves_nothing_to_be_read(in_parts: Treasury, stored: int) -> None:
    with pytest.raises(ProviderUnavailable):
        await failing(in_parts, stored, ProviderUnavailable("files.store")).make(in_parts.ctx(), TODAY)
    with pytest.raises(StatementPending):
        await in_parts.statements.get(in_parts.ctx(), TODAY)
    await in_parts.worker().run_due()
    assert (await in_parts.statements.get(in_parts.ctx(), TODAY)).orders == 1


@pytest.mark.parametrize("stored", [0, 2])
async def test_what_a_killed_process_stored_is_removed(in_parts: Treasury, stored: int) -> None:
    with pytest.raises(Killed):
        await failing(in_parts, stored, Killed()).make(in_parts.ctx(), TODAY)
    assert len(kept(in_parts)) == PHOTO + stored
    made = await in_parts.statements.make(in_parts.ctx(), TODAY)
    in_parts.clock.advance(timedelta(hours=2))
    await in_parts.worker().run_due()
    assert len(kept(in_parts)) == PHOTO + len(made.file_ids)
    assert await in_parts.count("statement", "status = 'discarded'") == 1
    assert Read.of(await content_of(in_parts, made)).uids == ["u-1"]


async def test_one_that_takes_too_long_to_store_is_discarded_not_published(in_parts: Treasury) -> None:
    class Slow(Failing):
        """The time for storing is over before the last part is stored."""

        async def store(self, merchant_id: int, file_id: int, content: bytes) -> None:
            await super().store(merchant_id, file_id, content)
            in_parts.clock.advance(timedelta(hours=1))
            await in_parts.worker().run_due()

    slow = Statements(replace(in_parts.statements._parts, storage=Slow(in_parts, 1_000, Killed())))
    with pytest.raises(StateChanged):
        await slow.make(in_parts.ctx(), TODAY)
    assert len(kept(in_parts)) == PHOTO
    assert (await in_parts.statements.make(in_parts.ctx(), TODAY)).orders == 1


@pytest.mark.parametrize(("outcome", "fact"), [("refuse", ProviderRefused), ("error", ProviderUnavailable)])
async def test_a_storage_that_cannot_be_read_says_so_before_anything_is_sent(
    in_parts: Treasury, outcome: str, fact: type[Exception]
) -> None:
    statement = await in_parts.statements.make(in_parts.ctx(), TODAY)
    await in_parts.fault("files.store", outcome)
    with pytest.raises(fact):
        await in_parts.statements.content(in_parts.ctx(), statement)
    assert Read.of(await content_of(in_parts, statement)).uids == ["u-1"]


async def test_a_fault_planted_in_the_store_is_outlived(in_parts: Treasury) -> None:
    await in_parts.fault("files.store", "error", 2)
    with pytest.raises(StatementPending):
        await in_parts.statements.get(in_parts.ctx(), TODAY)
    worker = in_parts.worker()
    for _ in range(3):
        await worker.run_due()
        in_parts.clock.advance(timedelta(minutes=1))
    assert (await in_parts.statements.get(in_parts.ctx(), TODAY)).orders == 1


# ── where it is written ──────────────────────────────────────────────────────────────────────────────────────────


def test_a_bench_is_private_and_goes_with_the_work(tmp_path: Path) -> None:
    workshop = ScratchFolders(tmp_path / "under-way")

    def work() -> None:
        with workshop.bench() as bench:
            (bench / "sheet").write_text("clear")
            assert [bench.stat().st_mode & 0o777, bench.parent.stat().st_mode & 0o777] == [0o700, 0o700]
            raise Killed

    with pytest.raises(Killed):
        work()
    assert list((tmp_path / "under-way").iterdir()) == []


def test_what_the_killed_left_is_swept_and_what_is_in_use_stays(tmp_path: Path) -> None:
    workshop, left, used = ScratchFolders(tmp_path), tmp_path / "left", tmp_path / "used"
    for folder in (left, used):
        folder.mkdir()
        (folder / "sheet").write_text("clear")
    handle = os.open(used / ".in-use", os.O_CREAT | os.O_RDWR)
    fcntl.flock(handle, fcntl.LOCK_EX)
    with workshop.bench() as bench:
        assert {path.name for path in tmp_path.iterdir()} == {"used", bench.name}
        assert (used / "sheet").exists()
    os.close(handle)
    with workshop.bench():
        assert not used.exists()


async def test_benches_of_two_at_once_do_not_meet(tmp_path: Path) -> None:
    async def work(number: int) -> str:
        with ScratchFolders(tmp_path).bench() as bench:
            (bench / "sheet").write_text(str(number))
            await asyncio.sleep(0)
            return (bench / "sheet").read_text()

    assert await asyncio.gather(*(work(number) for number in range(5))) == [str(number) for number in range(5)]
