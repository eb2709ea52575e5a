"""Files in a folder: whole or not there, private, and every fault named."""

import stat
from pathlib import Path

import pytest

from bursar.kernel.errors import ProviderUnavailable
from bursar.providers.storage.folder import StorageFolder


def below(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


async def test_what_is_stored_is_there_until_it_is_removed(tmp_path: Path) -> None:
    storage = StorageFolder(tmp_path / "files")
    await storage.store(1, 17, b"first")
    await storage.store(2, 17, b"another merchant's")
    assert await storage.load(1, 17) == b"first"
    assert below(tmp_path) == ["files/1/17", "files/2/17"]
    await storage.remove(1, 17)
    await storage.remove(1, 17)
    assert below(tmp_path) == ["files/2/17"]


async def test_storing_again_replaces(tmp_path: Path) -> None:
    storage = StorageFolder(tmp_path)
    await storage.store(1, 17, b"first")
    await storage.store(1, 17, b"second")
    assert await storage.load(1, 17) == b"second"
    assert below(tmp_path) == ["1/17"]


async def test_nobody_else_can_read_it(tmp_path: Path) -> None:
    await StorageFolder(tmp_path).store(1, 17, b"secret")
    assert stat.S_IMODE((tmp_path / "1" / "17").stat().st_mode) == 0o600
    assert stat.S_IMODE((tmp_path / "1").stat().st_mode) == 0o700


async def test_a_write_that_fails_leaves_what_was_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    storage = StorageFolder(tmp_path)
    await storage.store(1, 17, b"first")

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr("bursar.providers.storage.folder.os.fsync", full)
        with pytest.raises(ProviderUnavailable) as fault:
            await storage.store(1, 17, b"second")
    assert fault.value.operation == "files.store"
    assert await storage.load(1, 17) == b"first"
    assert below(tmp_path) == ["1/17"]


async def test_what_is_not_there_cannot_be_loaded(tmp_path: Path) -> None:
    with pytest.raises(ProviderUnavailable) as fault:
        await StorageFolder(tmp_path).load(1, 17)
    assert fault.value.operation == "files.load"
