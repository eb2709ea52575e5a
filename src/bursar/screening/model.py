"""Lists, those of ours who are compared with them, and hits, as values. Pure."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Final

SCORE_MIN: Final = 0.88
"""The likeness from which on a name is a hit; measured in `benches/screening.py`."""
EXCEPTION_MAX: Final = timedelta(days=731)
PAGE_MAX: Final = 200
SUBJECT_ROWS_MAX: Final = 100
"""Hits and exceptions that are shown of one of ours."""
STALE_AFTER: Final = timedelta(hours=36)
"""The age of a list's last reading from which on `bursar screening status` calls it old: publishers add names daily."""


class EntryKind(StrEnum):
    """The kind of a listed entry."""

    PERSON = "person"
    ORGANISATION = "organisation"
    VESSEL = "vessel"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class ListedEntry:
    """One entry of a list, as its publisher has it."""

    reference: str
    """The publisher's number, unique in its list."""
    kind: EntryKind
    names: tuple[str, ...]
    """The main name first, then all others, in any script."""
    addresses: tuple[str, ...] = ()
    """Chain addresses."""
    details: Mapping[str, Any] = field(default_factory=dict)
    """Programme, birth, countries and remarks, for whoever decides on a hit."""

    @property
    def digest(self) -> bytes:
        """SHA-256 of what is compared: an entry with the same digest need not be compared again."""
        said = "\x1f".join((self.reference, self.kind, *self.names, "\x1e", *self.addresses))
        return hashlib.sha256(said.encode()).digest()


class SubjectKind(StrEnum):
    """The kinds of ours that are screened."""

    CUSTOMER = "customer"
    PAYEE = "payee"
    CARD_ORDER = "card order"
    """The name that is embossed on the card."""
    MERCHANT = "merchant"
    WITHDRAWAL = "withdrawal"
    """The address that coins shall go to."""
    DEPOSIT = "deposit"
    """The address that coins came from."""


@dataclass(frozen=True, slots=True)
class Subject:
    """One of ours who is screened: a name or several, or a chain address."""

    kind: SubjectKind
    merchant_id: int
    id: int
    names: tuple[str, ...] = ()
    organisations: tuple[str, ...] = ()
    """Names of companies, which are compared without their legal form."""
    address: str | None = None

    @property
    def name(self) -> str:
        """As in logs, the audit and facts: `customer:17`."""
        return f"{self.kind}:{self.id}"


class HitStatus(StrEnum):
    """The status of a hit."""

    OPEN = "open"
    """Blocks until somebody decides."""
    CONFIRMED = "confirmed"
    """It is the listed one: blocks for good."""
    DISMISSED = "dismissed"
    """Somebody else than the listed one; another name, or another entry, is another hit."""
    EXCEPTED = "excepted"
    """Two people have said that this is not the listed one, whatever names come."""
    DELISTED = "delisted"
    """The entry has left its list before anybody decided."""


BLOCKING: Final = (HitStatus.OPEN, HitStatus.CONFIRMED)


@dataclass(frozen=True, slots=True)
class NewHit:
    """A likeness that was found."""

    subject: Subject
    text: str
    """The name or address of ours that is like a listed one."""
    entry_id: int
    listed: str
    score: float
    explanation: str


@dataclass(frozen=True, slots=True)
class Hit:
    """A hit as it is stored."""

    merchant_id: int
    id: int
    subject_kind: SubjectKind
    subject_id: int
    text: str
    source: str
    reference: str
    listed: str
    details: dict[str, Any]
    score: float
    explanation: str
    status: HitStatus
    found_at: datetime
    decided_at: datetime | None
    decided_by: str | None
    reason: str | None

    @property
    def subject(self) -> str:
        """`customer:17`."""
        return f"{self.subject_kind}:{self.subject_id}"


@dataclass(frozen=True, slots=True)
class ScreeningException:
    """Two people's word that one of ours is not an entry, until an instant."""

    merchant_id: int
    id: int
    subject_kind: SubjectKind
    subject_id: int
    source: str
    reference: str
    reason: str
    made_at: datetime
    expires_at: datetime

    @property
    def subject(self) -> str:
        """`customer:17`."""
        return f"{self.subject_kind}:{self.subject_id}"


@dataclass(frozen=True, slots=True)
class Comparison:
    """The comparison of all of ours of a kind with a list that holds."""

    source: str
    subject_kind: SubjectKind
    compared: int
    hits: int
    begun_at: datetime
    ended_at: datetime | None


@dataclass(frozen=True, slots=True)
class SubjectStanding:
    """One of ours as screening sees it."""

    subject: Subject
    waits: bool
    """True until it is compared as it is now."""
    hits: tuple[Hit, ...]
    """The newest first, SUBJECT_ROWS_MAX at the most."""
    exceptions: tuple[ScreeningException, ...]

    @property
    def blocked(self) -> bool:
        """True if it may not go on."""
        return self.waits or any(hit.status in BLOCKING for hit in self.hits)


@dataclass(frozen=True, slots=True)
class ListStanding:
    """A list that is loaded, for people and for `bursar doctor`."""

    source: str
    files: tuple[str, ...]
    published: str | None
    entries: int
    names: int
    addresses: int
    loaded_at: datetime
    """The instant at which this content came."""
    read_at: datetime
    """The instant of the last reading of the files, also with the same content."""
    compared: bool
    """True if all of ours were compared with it."""

    def is_old(self, now: datetime) -> bool:
        """True if nobody has read the files for STALE_AFTER."""
        return now - self.read_at > STALE_AFTER


def address_key(address: str) -> str:
    """The form by which addresses are compared: hexadecimal ones in small letters, others as they are."""
    text = address.strip()
    return text.lower() if text[:2].lower() == "0x" else text
