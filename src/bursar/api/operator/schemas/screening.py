"""Lists, hits and exceptions of the screening on the wire."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any, Literal, Self

from pydantic import Field

from bursar.api.operator.schemas.wire import At, Change, ListQuery, Wire
from bursar.screening.loader import Loaded
from bursar.screening.model import Comparison, Hit, HitStatus, ListStanding, ScreeningException, SubjectKind
from bursar.screening.model import SubjectStanding as Standing


class SubjectName(StrEnum):
    """The kinds of those who are screened."""

    CUSTOMER = "customer"
    PAYEE = "payee"
    CARD_ORDER = "card_order"
    MERCHANT = "merchant"
    WITHDRAWAL = "withdrawal"
    DEPOSIT = "deposit"

    @property
    def kind(self) -> SubjectKind:
        """The kind that it names."""
        return SubjectKind(self.value.replace("_", " "))

    @classmethod
    def of(cls, kind: SubjectKind) -> "SubjectName":
        """A kind rendered."""
        return cls(kind.value.replace(" ", "_"))


class ListOut(Wire):
    """A list that holds."""

    source: Annotated[str, Field(examples=["ofac-sdn"])]
    """The name of the list."""
    files: list[str]
    """The names of the files that it was read from."""
    published: str | None
    """The day that the files say of themselves, in their words."""
    entries: int
    """The number of entries."""
    names: int
    """The number of names."""
    addresses: int
    """The number of chain addresses."""
    loaded_at: datetime
    """The instant at which this content came."""
    read_at: datetime
    """The instant at which the files were last read, also with the same content."""
    old: bool
    """True if nobody has read the files for 36 hours."""
    compared: bool
    """True if all of ours were compared with it."""

    @classmethod
    def of(cls, standing: ListStanding, now: datetime) -> Self:
        """A list rendered."""
        return cls(
            source=standing.source,
            files=list(standing.files),
            published=standing.published,
            entries=standing.entries,
            names=standing.names,
            addresses=standing.addresses,
            loaded_at=standing.loaded_at,
            read_at=standing.read_at,
            old=standing.is_old(now),
            compared=standing.compared,
        )


class LoadIn(Change):
    """The reading of all lists in the install's folder."""

    again: bool = False
    """Have all of ours compared with all entries anew."""
    shrunk: bool = False
    """Take a list that has lost more than half of its entries."""


class LoadedOut(Wire):
    """The result for one list."""

    source: Annotated[str, Field(examples=["ofac-sdn"])]
    """The name of the list."""
    entries: int
    """The number of entries."""
    changed: bool
    """False if the files are those that were read before."""

    @classmethod
    def of(cls, loaded: Loaded) -> Self:
        """A result rendered."""
        return cls(source=loaded.source, entries=loaded.entries, changed=loaded.changed)


class LoadOut(Wire):
    """The results of a load."""

    lists: list[LoadedOut]
    """Each list of the folder."""


class ComparisonOut(Wire):
    """The comparison of all of ours of a kind with a list."""

    source: Annotated[str, Field(examples=["ofac-sdn"])]
    """The name of the list."""
    subject_kind: SubjectName
    """The kind of ours."""
    compared: int
    """The number of ours that were compared so far."""
    hits: int
    """The likenesses that were found so far, also those that were known."""
    begun_at: datetime
    """The instant at which the list came."""
    ended_at: datetime | None
    """The instant at which all were compared; null while it is under way."""

    @classmethod
    def of(cls, comparison: Comparison) -> Self:
        """A comparison rendered."""
        return cls(
            source=comparison.source,
            subject_kind=SubjectName.of(comparison.subject_kind),
            compared=comparison.compared,
            hits=comparison.hits,
            begun_at=comparison.begun_at,
            ended_at=comparison.ended_at,
        )


class HitQuery(ListQuery):
    """A page of hits."""

    status: Literal["open", "all"] = "open"
    """Those that wait for a decision, the longest waiting first; or all, the newest first."""


class HitOut(Wire):
    """A likeness of one of ours with an entry of a list."""

    merchant_id: int
    """The merchant whose it is."""
    id: int
    """The number of the hit."""
    subject_kind: SubjectName
    """The kind of the one of ours."""
    subject_id: int
    """Its number."""
    name: Annotated[str, Field(examples=["Владимир Путин"])]
    """The name or address of ours that is like a listed one."""
    source: Annotated[str, Field(examples=["ofac-sdn"])]
    """The name of the list."""
    entry: Annotated[str, Field(examples=["35096"])]
    """The publisher's number of the entry."""
    listed: Annotated[str, Field(examples=["PUTIN, Vladimir Vladimirovich"])]
    """The listed name or address."""
    score: Annotated[str, Field(examples=["0.97"])]
    """The likeness, from 0 to 1."""
    explanation: str
    """The words that were taken for each other."""
    status: HitStatus
    """The status: open and confirmed ones block."""
    found_at: datetime
    """The instant at which it was found."""
    decided_at: datetime | None
    """The instant of the decision."""
    decided_by: str | None
    """The person who decided, or their token."""
    reason: str | None
    """The reason of the decision."""

    @classmethod
    def of(cls, hit: Hit) -> Self:
        """A hit rendered."""
        return cls(**_shown(hit))


class HitWithEntry(HitOut):
    """A hit with what the list says of the entry."""

    details: dict[str, Any]
    """Kind, names, programme, births, countries and remarks, as far as the list has them."""

    @classmethod
    def of(cls, hit: Hit) -> Self:
        """A hit rendered."""
        return cls(**_shown(hit), details=hit.details)


def _shown(hit: Hit) -> dict[str, Any]:
    return {
        "merchant_id": hit.merchant_id,
        "id": hit.id,
        "subject_kind": SubjectName.of(hit.subject_kind),
        "subject_id": hit.subject_id,
        "name": hit.text,
        "source": hit.source,
        "entry": hit.reference,
        "listed": hit.listed,
        "score": f"{hit.score:.2f}",
        "explanation": hit.explanation,
        "status": hit.status,
        "found_at": hit.found_at,
        "decided_at": hit.decided_at,
        "decided_by": hit.decided_by,
        "reason": hit.reason,
    }


class DecideHitIn(Change):
    """A decision on a hit."""

    result: Literal["dismissed", "confirmed"]
    """Somebody else than the listed one; or the listed one, who is blocked for good."""


class ExceptIn(Change):
    """An exception that somebody asks for."""

    until: At
    """The instant at which it ends, within two years."""


class ExceptionOut(Wire):
    """An exception: one of ours is not that entry, whatever names either gets."""

    merchant_id: int
    """The merchant whose it is."""
    id: int
    """The number of the exception."""
    subject_kind: SubjectName
    """The kind of the one of ours."""
    subject_id: int
    """Its number."""
    source: Annotated[str, Field(examples=["ofac-sdn"])]
    """The name of the list."""
    entry: Annotated[str, Field(examples=["35096"])]
    """The publisher's number of the entry."""
    reason: str
    """The reason."""
    made_at: datetime
    """The instant from which it holds."""
    expires_at: datetime
    """The instant at which it ends."""

    @classmethod
    def of(cls, exception: ScreeningException) -> Self:
        """An exception rendered."""
        return cls(
            merchant_id=exception.merchant_id,
            id=exception.id,
            subject_kind=SubjectName.of(exception.subject_kind),
            subject_id=exception.subject_id,
            source=exception.source,
            entry=exception.reference,
            reason=exception.reason,
            made_at=exception.made_at,
            expires_at=exception.expires_at,
        )


class SubjectOut(Wire):
    """One of ours as screening sees it."""

    merchant_id: int
    """The merchant whose it is."""
    kind: SubjectName
    """Its kind."""
    id: int
    """Its number."""
    names: list[str]
    """The names of people that are compared."""
    organisations: list[str]
    """The names of companies that are compared."""
    address: str | None
    """The chain address that is compared."""
    waits: bool
    """True until it is compared as it is now."""
    blocked: bool
    """True if it may not go on: it waits, or has a hit that nobody has lifted."""
    hits: list[HitOut]
    """Its hits, the newest first, up to 100."""
    exceptions: list[ExceptionOut]
    """Its exceptions, also those that have ended."""

    @classmethod
    def of(cls, standing: Standing) -> Self:
        """A standing rendered."""
        subject = standing.subject
        return cls(
            merchant_id=subject.merchant_id,
            kind=SubjectName.of(subject.kind),
            id=subject.id,
            names=list(subject.names),
            organisations=list(subject.organisations),
            address=subject.address,
            waits=standing.waits,
            blocked=standing.blocked,
            hits=[HitOut.of(hit) for hit in standing.hits],
            exceptions=[ExceptionOut.of(exception) for exception in standing.exceptions],
        )
