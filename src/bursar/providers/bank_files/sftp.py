"""The bank's SFTP server.

Promises to talk to nobody but the server whose key is pinned, to use no key, agent or configuration of the account that
we run as, and to wait no longer than the settings say. A connection is made for each round and closed after it.
"""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from pathlib import Path
from typing import Any, Final

import asyncssh
import structlog
from asyncssh import FXF_CREAT, FXF_EXCL, FXF_WRITE

from bursar.kernel.errors import ProviderRefused, ProviderUnavailable
from bursar.providers.bank_files.mailbox import (
    CHUNK_BYTES,
    FILES_MAX,
    KEPT_MAX,
    FileVanished,
    FoundFile,
    is_whole,
    temporary,
)
from bursar.providers.bank_files.settings import BankSettingWrong, SftpSettings

TRANSFER_S: Final = 40.0
"""For a whole file there or back; inside the time that a job may take."""

log = structlog.get_logger(__name__)


class SftpMailbox:
    """The server, and who we are there."""

    def __init__(self, settings: SftpSettings) -> None:
        """Raises BankSettingWrong for a key or password that cannot be read."""
        self._settings = settings
        self._options = _options(settings)

    @asynccontextmanager
    async def connected(self) -> AsyncIterator["SftpConnection"]:
        """Connected and let in; raises ProviderUnavailable."""
        settings = self._settings
        with _faults_named("bank.connect"):
            async with asyncio.timeout(settings.timeout_s):
                connection = await asyncssh.connect(settings.host, settings.port, **self._options)
        async with connection:
            with _faults_named("bank.connect"):
                async with asyncio.timeout(settings.timeout_s):
                    client = await connection.start_sftp_client()
            async with client:
                yield SftpConnection(client, settings)


class SftpConnection:
    """Files in folders of the server's."""

    def __init__(self, client: asyncssh.SFTPClient, settings: SftpSettings) -> None:
        self._client = client
        self._settings = settings
        self._out, self._in = (f"{settings.path}/{folder}" for folder in (settings.out, settings.inbound))

    async def deliver(self, name: str, content: bytes) -> None:
        """Written under another name, flushed where the server can, and renamed over a file of the same name."""
        await self._put(f"{self._out}/", name, content)

    async def look(self) -> list[FoundFile]:
        """Regular files with names of whole ones."""
        with _faults_named("bank.look"):
            async with asyncio.timeout(self._settings.timeout_s):
                return [found async for found in self._listed(self._in, FILES_MAX)]

    async def list_kept(self, folder: str) -> list[FoundFile]:
        """Regular files with names of whole ones; none where the folder is not there."""
        path = f"{self._settings.path}/{folder}"
        with _faults_named("bank.look"):
            async with asyncio.timeout(TRANSFER_S):
                if not await self._client.exists(path):
                    return []
                return [found async for found in self._listed(path, KEPT_MAX)]

    async def fetch_kept(self, folder: str, found: FoundFile, into: Path) -> None:
        """Copy a file; raises FileVanished."""
        await self._fetch(f"{self._settings.path}/{folder}/{found.name}", found, into)

    async def bring_back(self, kept_as: str) -> None:
        """Move a file; nothing happens if it is gone."""
        with _faults_named("bank.keep"):
            async with asyncio.timeout(self._settings.timeout_s):
                try:
                    await self._rename(f"{self._settings.path}/{kept_as}", f"{self._in}/{kept_as.rpartition('/')[2]}")
                except asyncssh.SFTPNoSuchFile:
                    return

    async def _listed(self, folder: str, most: int) -> AsyncIterator[FoundFile]:
        left = most
        async for entry in self._client.scandir(folder):
            name, attrs = str(entry.filename), entry.attrs
            if attrs.type == asyncssh.FILEXFER_TYPE_REGULAR and is_whole(name) and left > 0:
                left -= 1
                yield FoundFile(name, attrs.size or 0, int(attrs.mtime or 0))

    async def fetch(self, found: FoundFile, into: Path) -> None:
        """Copy a file; raises FileVanished."""
        await self._fetch(f"{self._in}/{found.name}", found, into)

    async def _fetch(self, path: str, found: FoundFile, into: Path) -> None:
        with _faults_named("bank.fetch"):
            async with asyncio.timeout(TRANSFER_S):
                try:
                    async with self._client.open(path, "rb") as source:
                        await _copy(source, found, into)
                except asyncssh.SFTPNoSuchFile:
                    raise FileVanished from None

    async def keep(self, name: str, kept_as: str) -> None:
        """Move a file, into a folder that is made if it is missing."""
        with _faults_named("bank.keep"):
            async with asyncio.timeout(self._settings.timeout_s):
                await self._folder_for(kept_as)
                try:
                    await self._rename(f"{self._in}/{name}", f"{self._settings.path}/{kept_as}")
                except asyncssh.SFTPNoSuchFile:
                    return

    async def note(self, kept_as: str, text: str) -> None:
        """A text file of the same name and `.reason.txt`."""
        folder, _, name = f"{self._settings.path}/{kept_as}".rpartition("/")
        with _faults_named("bank.note"):
            await self._folder_for(kept_as)
        await self._put(f"{folder}/", f"{name}.reason.txt", text.encode())

    async def _put(self, folder: str, name: str, content: bytes) -> None:
        with _faults_named("bank.deliver"):
            async with asyncio.timeout(TRANSFER_S):
                beside = folder + temporary(name)
                try:
                    await self._write(beside, content)
                    await self._rename(beside, folder + name)
                except asyncssh.SFTPError:
                    with suppress(asyncssh.SFTPError):
                        await self._client.remove(beside)
                    raise

    async def _write(self, path: str, content: bytes) -> None:
        async with self._client.open(path, FXF_WRITE | FXF_CREAT | FXF_EXCL, encoding=None) as file:
            for start in range(0, len(content), CHUNK_BYTES):
                await file.write(content[start : start + CHUNK_BYTES])
            with suppress(asyncssh.SFTPOpUnsupported):  # then the server flushes when it likes
                await file.fsync()

    async def _rename(self, path: str, to: str) -> None:
        """Rename over an existing file, as OpenSSH does it; a server that cannot is asked to remove that first."""
        try:
            await self._client.posix_rename(path, to)
        except asyncssh.SFTPOpUnsupported:
            if await self._client.exists(to):
                await self._client.remove(to)
            await self._client.rename(path, to)

    async def _folder_for(self, kept_as: str) -> None:
        await self._client.makedirs(f"{self._settings.path}/{kept_as}".rpartition("/")[0], exist_ok=True)


async def _copy(source: Any, found: FoundFile, into: Path) -> None:
    """Copy exactly the bytes that were found; raises FileVanished when there are fewer by now."""
    left = found.size
    with into.open("wb") as copy:
        while left and (chunk := await source.read(min(CHUNK_BYTES, left))):
            left -= copy.write(chunk)
    if left:
        raise FileVanished


def _options(settings: SftpSettings) -> dict[str, Any]:
    """Our identity there, and nothing of the account that we run as."""
    host_key = asyncssh.import_public_key(settings.host_key)
    return {
        "config": None,
        "known_hosts": ([host_key], [], []),
        "username": settings.user,
        "client_keys": [_own_key(settings)] if settings.key_file else None,
        "password": _secret(settings.password_file, "sftp.password_file"),
        "agent_path": None,
        "preferred_auth": "publickey" if settings.key_file else "password,keyboard-interactive",
        "connect_timeout": settings.timeout_s,
        "login_timeout": settings.timeout_s,
        "keepalive_interval": 10,
        "agent_forwarding": False,
        "x11_forwarding": False,
    }


def _own_key(settings: SftpSettings) -> asyncssh.SSHKey:
    passphrase = _secret(settings.passphrase_file, "sftp.passphrase_file")
    try:
        return asyncssh.read_private_key(str(settings.key_file), passphrase)
    except OSError as fault:
        raise BankSettingWrong("sftp.key_file", f"cannot be read ({fault.strerror})") from None
    except (asyncssh.KeyImportError, asyncssh.KeyEncryptionError):
        raise BankSettingWrong("sftp.key_file", "is no private key that the passphrase opens") from None


def _secret(path: Path | None, name: str) -> str | None:
    """The first line of a file."""
    if path is None:
        return None
    try:
        lines = path.read_text("utf-8").splitlines()
    except OSError as fault:
        raise BankSettingWrong(name, f"cannot be read ({fault.strerror})") from None
    except ValueError:
        raise BankSettingWrong(name, "is no text") from None
    if not lines or not lines[0]:
        raise BankSettingWrong(name, "is empty")
    return lines[0]


@contextmanager
def _faults_named(operation: str) -> Iterator[None]:
    """Turns the server's and the network's refusals into a provider's; texts may quote anything and are dropped."""
    try:
        yield
    except (asyncssh.SFTPPermissionDenied, asyncssh.SFTPWriteProtect):
        raise ProviderRefused(operation) from None
    except (asyncssh.Error, asyncssh.SFTPError, OSError, TimeoutError) as fault:
        log.warning("bank.unreachable", operation=operation, error=type(fault).__name__)
        raise ProviderUnavailable(operation) from None
