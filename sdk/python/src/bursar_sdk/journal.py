"""The journal of a client: what it was about to send, written down before it is sent.

After a crash `client.unfinished()` lists the calls whose end nobody has written down, and `client.resolve()` settles
each. An entry holds the request id and the parameters; these are sealed under a key derived from the client's own
secret, so a copy of the journal gives away no password and no card number. They are removed when the call ends.

    journal = SqliteJournal("bursar.sqlite")        or FileJournal("bursar.journal")
    client = BursarCard.from_env(journal=journal)
"""

from __future__ import annotations

import base64
import json
import os
import sqlite3
import threading
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import IO, Any, Protocol

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from bursar_sdk.errors import JournalError

try:
    import fcntl
except ImportError:  # a system without it: one process at a time may have a FileJournal open
    fcntl = None  # type: ignore[assignment]

_FLAGS = os.O_RDWR | os.O_CREAT


@dataclass(frozen=True)
class Entry:
    """A call that was about to be sent."""

    request_id: str
    """Unique in a journal; of the card API it is the id that every try has."""
    api: str
    """`card` or `payout`."""
    api_key: str
    """Whose call it is: several merchants may share a journal."""
    method: str
    """For example `cards.recharge`."""
    reference: str | None
    """The merchant's own number of the order, if the call has one."""
    begun_at: float
    """Seconds since 1970."""
    until: float
    """Seconds since 1970: no try was sent after it."""
    sealed: str = field(repr=False)
    """The parameters, encrypted."""


class Journal(Protocol):
    """A place for entries. Each method returns only when it is on disk; all raise JournalError."""

    def begin(self, entry: Entry) -> None:
        """Write down a call that is about to be sent. Of an id that stands there already, the first stays."""

    def end(self, request_id: str, outcome: str) -> None:
        """Write down that it ended: `done` or `refused`. An unknown id is nothing."""

    def unfinished(self, api: str, api_key: str) -> list[Entry]:
        """Those of a merchant that have not ended, oldest first."""


class FileJournal:
    """Lines of JSON at the end of a file, each on disk before the call goes on. Processes may share it.

    A line that a crash has cut off was never sent, and is left out. `compact()` makes the file small again.
    """

    def __init__(self, path: str | Path) -> None:
        self._path = Path(path)
        self._lock = threading.Lock()
        self._append("")
        with self._opened():
            _sync_folder(self._path.parent)

    def begin(self, entry: Entry) -> None:
        """Append the entry."""
        self._append(json.dumps({"begin": asdict(entry)}))

    def end(self, request_id: str, outcome: str) -> None:
        """Append that it ended."""
        self._append(json.dumps({"end": request_id, "outcome": outcome, "at": time.time()}))

    def unfinished(self, api: str, api_key: str) -> list[Entry]:
        """Read the whole file."""
        with self._opened() as file:
            return [entry for entry in _open_entries(file) if (entry.api, entry.api_key) == (api, api_key)]

    def compact(self) -> None:
        """Keep the unfinished entries alone, in a new file that takes the place of the old one when it is on disk."""
        with self._opened() as file:
            kept = "".join(json.dumps({"begin": asdict(entry)}) + "\n" for entry in _open_entries(file))
            new = self._path.with_name(self._path.name + ".new")
            with os.fdopen(os.open(new, _FLAGS | os.O_TRUNC, 0o600), "r+b") as made:
                self._write(made, kept)
            new.replace(self._path)
            _sync_folder(self._path.parent)

    def _append(self, line: str) -> None:
        with self._opened() as file:
            size = file.seek(0, os.SEEK_END)
            cut_off = size and _last_byte(file, size) != b"\n"
            self._write(file, ("\n" if cut_off else "") + (line + "\n" if line else ""))

    def _write(self, file: IO[bytes], text: str) -> None:
        file.seek(0, os.SEEK_END)
        file.write(text.encode())
        file.flush()
        os.fsync(file.fileno())

    @contextmanager
    def _opened(self) -> Iterator[IO[bytes]]:
        try:
            with self._lock, self._locked() as file:
                yield file
        except OSError as fault:
            raise JournalError(f"the journal {self._path}: {fault}") from fault

    def _locked(self) -> IO[bytes]:
        """The file, once nobody else has it; another process may have put a compacted one in its place meanwhile."""
        while True:
            file = os.fdopen(os.open(self._path, _FLAGS, 0o600), "r+b")
            if fcntl is not None:
                fcntl.flock(file, fcntl.LOCK_EX)
            if self._path.exists() and os.path.samestat(os.fstat(file.fileno()), self._path.stat()):
                return file
            file.close()


def _sync_folder(folder: Path) -> None:
    """Put the names in a folder on disk, where a system can."""
    if fcntl is None:
        return
    opened = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)


def _last_byte(file: IO[bytes], size: int) -> bytes:
    file.seek(size - 1)
    return file.read(1)


def _open_entries(file: IO[bytes]) -> list[Entry]:
    file.seek(0)
    entries: dict[str, Entry] = {}
    for raw in file:
        try:
            line: dict[str, Any] = json.loads(raw)
        except ValueError:
            continue  # cut off by a crash before it was sent
        if "begin" in line:
            entries.setdefault(line["begin"]["request_id"], Entry(**line["begin"]))
        else:
            entries.pop(line.get("end", ""), None)
    return list(entries.values())


class SqliteJournal:
    """A table in a SQLite database. Processes and threads may share it."""

    def __init__(self, path: str | Path) -> None:
        self._lock = threading.Lock()
        try:
            os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
            self._db = sqlite3.connect(path, timeout=30, isolation_level=None, check_same_thread=False)
            self._db.execute("PRAGMA synchronous = FULL")
            self._db.execute(
                "CREATE TABLE IF NOT EXISTS bursar_calls (request_id TEXT PRIMARY KEY, api TEXT NOT NULL,"
                " api_key TEXT NOT NULL, method TEXT NOT NULL, reference TEXT, begun_at REAL NOT NULL,"
                " until REAL NOT NULL, sealed TEXT NOT NULL, outcome TEXT, ended_at REAL)"
            )
        except (OSError, sqlite3.Error) as fault:
            raise JournalError(f"the journal {path}: {fault}") from fault

    def begin(self, entry: Entry) -> None:
        """Insert the entry."""
        row = asdict(entry)
        names = ", ".join(row)
        places = ", ".join("?" * len(row))
        self._run(f"INSERT OR IGNORE INTO bursar_calls ({names}) VALUES ({places})", tuple(row.values()))  # noqa: S608

    def end(self, request_id: str, outcome: str) -> None:
        """Note the outcome and remove the parameters."""
        self._run(
            "UPDATE bursar_calls SET outcome = ?, ended_at = ?, sealed = '' WHERE request_id = ?",
            (outcome, time.time(), request_id),
        )

    def unfinished(self, api: str, api_key: str) -> list[Entry]:
        """Those without an outcome."""
        rows = self._run(
            "SELECT request_id, api, api_key, method, reference, begun_at, until, sealed FROM bursar_calls"
            " WHERE outcome IS NULL AND api = ? AND api_key = ? ORDER BY begun_at, request_id",
            (api, api_key),
        )
        return [Entry(*row) for row in rows]

    def forget(self, older_than_days: float = 90) -> None:
        """Delete calls that ended that long ago."""
        self._run("DELETE FROM bursar_calls WHERE ended_at < ?", (time.time() - older_than_days * 86_400,))

    def close(self) -> None:
        """Close the database."""
        self._db.close()

    def _run(self, statement: str, values: tuple[Any, ...]) -> list[Any]:
        try:
            with self._lock:
                return self._db.execute(statement, values).fetchall()
        except sqlite3.Error as fault:
            raise JournalError(f"the journal: {fault}") from fault


# ── parameters ───────────────────────────────────────────────────────────────────────────────────────────────────────


def seal(key: bytes, request_id: str, params: dict[str, Any]) -> str:
    """The parameters under a key of 32 bytes, bound to the id."""
    nonce = os.urandom(12)
    plain = json.dumps(params, ensure_ascii=False).encode()
    return base64.b64encode(nonce + AESGCM(key).encrypt(nonce, plain, request_id.encode())).decode()


def unseal(keys: Iterable[bytes], entry: Entry) -> dict[str, Any]:
    """The parameters of an entry, by the one of several keys that opens it. Raises JournalError where none does."""
    for key in keys:
        with suppress(ValueError, InvalidTag):
            raw = base64.b64decode(entry.sealed, validate=True)
            opened: dict[str, Any] = json.loads(AESGCM(key).decrypt(raw[:12], raw[12:], entry.request_id.encode()))
            return opened
    raise JournalError(
        f"the entry {entry.request_id} was written under another secret, with the key {entry.api_key}: give the client "
        "the configuration of that time, client(config, journal=journal, earlier=[config_before])"
    )
