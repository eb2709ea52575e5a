"""Files go to and come from OpenSSH's own server, and to no other one than the one that is pinned."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import asyncssh
import pytest

from bursar.kernel.errors import ProviderRefused, ProviderUnavailable
from bursar.payouts.payees.model import Payee
from bursar.providers.bank_files.mailbox import FileVanished, FoundFile
from bursar.providers.bank_files.settings import BankSettingWrong
from bursar.providers.bank_files.sftp import SftpConnection, SftpMailbox
from tests.providers.bank_files import sftp_server
from tests.providers.bank_files.rail import RailTreasury, booked, camt054, reference, references
from tests.providers.bank_files.sftp_server import Server


@pytest.fixture(scope="module")
def sshd(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """One server for all of these tests."""
    with sftp_server.running(tmp_path_factory.mktemp("sftp") / "sshd") as server:
        yield server


@pytest.fixture
def sftp(sshd: Server) -> Server:
    """The server with empty folders."""
    for folder in ("out", "in", "done", "error"):
        for path in (sshd.root / folder).glob("*") if (sshd.root / folder).is_dir() else ():
            path.unlink()
        for path in (sshd.root / folder).glob(".*") if (sshd.root / folder).is_dir() else ():
            path.unlink()
    return sshd


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir()) if folder.is_dir() else []


async def test_a_file_is_delivered_whole_and_again_over_itself(sftp: Server) -> None:
    content = os.urandom(3_000_000)
    for _ in range(2):
        async with SftpMailbox(sftp.settings()).connected() as box:
            await box.deliver("a.xml", content)
        assert names(sftp.root / "out") == ["a.xml"]
        assert (sftp.root / "out" / "a.xml").read_bytes() == content


async def test_what_is_under_way_is_under_another_name(sftp: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[list[str]] = []
    rename = SftpConnection._rename

    async def looking(self: SftpConnection, path: str, to: str) -> None:
        seen.append(names(sftp.root / "out"))
        await rename(self, path, to)

    monkeypatch.setattr(SftpConnection, "_rename", looking)
    async with SftpMailbox(sftp.settings()).connected() as box:
        await box.deliver("a.xml", b"<a/>")
    [[before]] = seen
    assert before.startswith(".a.xml.")
    assert before.endswith(".part")


async def test_a_delivery_that_fails_leaves_nothing(sftp: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    async def fail(*_: object) -> None:
        raise asyncssh.SFTPFailure("no")

    monkeypatch.setattr(SftpConnection, "_rename", fail)
    async with SftpMailbox(sftp.settings()).connected() as box:
        with pytest.raises(ProviderUnavailable):
            await box.deliver("a.xml", b"<a/>")
    assert names(sftp.root / "out") == []


async def test_a_server_that_cannot_rename_over_a_file_is_helped(sftp: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    async def unsupported(*_: object) -> None:
        raise asyncssh.SFTPOpUnsupported("no")

    monkeypatch.setattr(asyncssh.SFTPClient, "posix_rename", unsupported)
    for content in (b"<a/>", b"<b/>"):
        async with SftpMailbox(sftp.settings()).connected() as box:
            await box.deliver("a.xml", content)
    assert (sftp.root / "out" / "a.xml").read_bytes() == b"<b/>"


async def test_files_are_found_fetched_and_moved_away(sftp: Server, tmp_path: Path) -> None:
    content = os.urandom(1_000_000)
    (sftp.root / "in" / "a.xml").write_bytes(content)
    (sftp.root / "in" / "b.xml.part").write_bytes(content)
    (sftp.root / "in" / "link.xml").symlink_to("/etc/passwd")
    async with SftpMailbox(sftp.settings()).connected() as box:
        [found] = await box.look()
        assert (found.name, found.size) == ("a.xml", len(content))
        await box.fetch(found, tmp_path / "copy")
        assert (tmp_path / "copy").read_bytes() == content
        for wrong in (FoundFile("a.xml", found.size + 1, 0), FoundFile("gone.xml", 1, 0)):
            with pytest.raises(FileVanished):
                await box.fetch(wrong, tmp_path / "other")
        for _ in range(2):
            await box.keep("a.xml", "done/1-a.xml")
        await box.note("error/1-a.xml", "why")
    assert names(sftp.root / "in") == ["b.xml.part", "link.xml"]
    assert (names(sftp.root / "done"), names(sftp.root / "error")) == (["1-a.xml"], ["1-a.xml.reason.txt"])


async def test_another_host_key_is_not_talked_to(sftp: Server) -> None:
    other = asyncssh.generate_private_key("ssh-ed25519").export_public_key().decode()
    with pytest.raises(ProviderUnavailable):
        async with SftpMailbox(sftp.settings(host_key=other)).connected():
            pytest.fail("it was let in")


async def test_another_key_of_ours_is_not_let_in(sftp: Server, tmp_path: Path) -> None:
    asyncssh.generate_private_key("ssh-ed25519").write_private_key(str(tmp_path / "key"))
    with pytest.raises(ProviderUnavailable):
        async with SftpMailbox(sftp.settings(key_file=tmp_path / "key")).connected():
            pytest.fail("it was let in")


async def test_a_server_that_is_not_there_is_unavailable(sftp: Server) -> None:
    with pytest.raises(ProviderUnavailable):
        async with SftpMailbox(sftp.settings(port=1)).connected():
            pytest.fail("nobody is there")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may do anything")
async def test_what_is_not_allowed_is_refused(sftp: Server) -> None:
    (sftp.root / "out").chmod(0o500)
    try:
        async with SftpMailbox(sftp.settings()).connected() as box:
            with pytest.raises(ProviderRefused):
                await box.deliver("a.xml", b"<a/>")
    finally:
        (sftp.root / "out").chmod(0o700)


def test_keys_and_passwords_that_cannot_be_read_stop_the_start(sftp: Server, tmp_path: Path) -> None:
    (tmp_path / "empty").write_text("")
    for said in (
        {"key_file": tmp_path / "none"},
        {"key_file": sftp.folder / "host.pub"},
        {"key_file": None, "password_file": tmp_path / "none"},
        {"key_file": None, "password_file": tmp_path / "empty"},
    ):
        with pytest.raises(BankSettingWrong):
            SftpMailbox(sftp.settings(**said))


async def test_payouts_leave_and_are_answered_through_the_server(
    sftp: Server, rail: RailTreasury, another: Any, payee: Payee, to_cut_off: Callable[[], None]
) -> None:
    far = await another(mailbox=SftpMailbox(sftp.settings()))
    order = await far.sent(payee, "u-1")
    to_cut_off()
    await far.cut_off()
    [file] = (sftp.root / "out").iterdir()
    assert references(file) == [reference(order)]
    (sftp.root / "in" / "a.xml").write_text(camt054(booked(reference(order), number="7")))
    (sftp.root / "in" / "b.xml").write_text("no xml")
    await far.collect()
    assert await far.status(order) == "transferred"
    assert names(sftp.root / "in") == []
    assert [name.partition("-")[2] for name in names(sftp.root / "done")] == ["a.xml"]
    assert len(names(sftp.root / "error")) == 2
    await far.check_books()
