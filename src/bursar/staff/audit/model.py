"""Records of the audit, their seals, and the chain over them. Pure.

A record carries a seal, a keyed hash of all its fields, made by whoever writes it: SQL alone cannot make one. The chain
links the records in the order in which a worker finds them, a hash over the link before, the record and its seal:
whoever takes out or changes one must change all links that follow.
"""

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any, Final

from bursar.staff.errors import CursorUnusable

GENESIS: Final = b"\x00" * 32
"""The hash before the first link."""
SEAL: Final = "audit record"
"""The purpose under which the vault hashes records."""
PAGE_MAX: Final = 200
"""Records on one page."""
LINKED_AT_ONCE: Final = 500
"""Records that one transaction puts into the chain."""

_CURSOR: Final = re.compile(r"([0-9]{1,16})\.([0-9]{1,18})", re.ASCII)
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


class Outcome(StrEnum):
    """The end of what somebody tried."""

    DONE = "done"
    REFUSED = "refused"
    """The permission was missing, or the rules did not allow it."""
    FAILED = "failed"
    """A sign-in with the wrong secret."""


@dataclass(frozen=True, slots=True)
class Event:
    """A thing that was done, refused or tried. None of its fields holds a secret."""

    action: str
    """The permission's or use case's name: `staff.add`, `signin.password`."""
    subject: str | None = None
    """The thing it was done to: `staff:17`, `merchant:4`."""
    before: Mapping[str, object] | None = None
    after: Mapping[str, object] | None = None
    reason: str | None = None
    outcome: Outcome = Outcome.DONE


@dataclass(frozen=True, slots=True)
class Record:
    """An event with who and when, as it is stored."""

    id: int
    at: datetime
    actor: str
    person_id: int | None
    credential: str | None
    action: str
    subject: str | None
    outcome: str
    before: dict[str, Any] | None
    after: dict[str, Any] | None
    reason: str | None
    address: str | None
    device: str | None
    seal: bytes


@dataclass(frozen=True, slots=True)
class RecordFilter:
    """The records to list; what is None does not matter. From `start_at` to before `end_at`."""

    actor: str | None = None
    person_id: int | None = None
    subject: str | None = None
    action: str | None = None
    start_at: datetime | None = None
    end_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class RecordPage:
    """Records, newest first, and the cursor of those that follow, if there are any."""

    records: list[Record]
    after: str | None


def canonical(record: Record) -> str:
    """The one text of a record that its seal and link are made of."""
    fields = (
        record.id,
        microseconds(record.at),
        record.actor,
        record.person_id,
        record.credential,
        record.action,
        record.subject,
        record.outcome,
        record.before,
        record.after,
        record.reason,
        record.address,
        record.device,
    )
    return json.dumps(fields, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)


def link_hash(previous: bytes, record: Record) -> bytes:
    """SHA-256 of the hash before, the record and its seal. Needs no key, so that anybody can follow a chain."""
    return hashlib.sha256(previous + canonical(record).encode() + record.seal).digest()


def microseconds(at: datetime) -> int:
    """Since 1970."""
    since = at - _EPOCH
    return (since.days * 86_400 + since.seconds) * 1_000_000 + since.microseconds


def cursor_of(record: Record) -> str:
    """The place after a record, newest first."""
    return f"{microseconds(record.at)}.{record.id}"


def read_cursor(text: str) -> tuple[datetime, int]:
    """The instant and the id of the record before; raises CursorUnusable."""
    found = _CURSOR.fullmatch(text)
    if not found:
        raise CursorUnusable
    return _EPOCH + timedelta(microseconds=int(found[1])), int(found[2])
