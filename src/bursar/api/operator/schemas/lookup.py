"""Searches and timelines on the wire."""

from datetime import datetime
from typing import Annotated, Any

from pydantic import Field

from bursar.api.operator.schemas.wire import Query, Wire
from bursar.lookup.model import SEARCH_CHARS_MAX, Found, Moment


class SearchQuery(Query):
    """A search."""

    text: Annotated[str, Field(min_length=1, max_length=SEARCH_CHARS_MAX, examples=["4242"])]
    """Our number, a number or reference of the merchant's, a transaction's hash, an address, an e-mail address, a phone
    number as +966…, or the last four digits of a card; all of it, and not a part.
    """


class FoundOut(Wire):
    """An object that was found."""

    id: Annotated[str, Field(examples=["payout-4-17"])]
    """Its kind, merchant and number."""
    kind: Annotated[str, Field(examples=["payout"])]
    """The kind."""
    merchant_id: int
    """The merchant."""
    object_id: int
    """The number."""
    status: str | None
    """The status, if it has one."""
    at: datetime
    """The instant at which it was made."""
    found_by: Annotated[str, Field(examples=["number"])]
    """The thing that the text is of it."""

    @classmethod
    def of(cls, found: Found) -> "FoundOut":
        """An object rendered."""
        ref = found.ref
        return cls(
            id=str(ref),
            kind=ref.kind,
            merchant_id=ref.merchant_id,
            object_id=ref.object_id,
            status=found.status,
            at=found.at,
            found_by=found.by,
        )


class FoundList(Wire):
    """All objects that a search has found."""

    items: list[FoundOut]
    """The newest first."""


class MomentOut(Wire):
    """Something that happened to an object."""

    at: datetime
    """The instant."""
    source: Annotated[str, Field(examples=["operation"])]
    """`request` of the merchant, `operation` of the ledger, `decision`, `job` that is not done, `audit`, `push`,
    `chain` or `bank`.
    """
    what: Annotated[str, Field(examples=["payout_approved"])]
    """The event."""
    actor: str | None
    """The person, token, key or process; null where nobody of ours did it."""
    detail: dict[str, Any]
    """Entries of an operation, attempts of a push, and what else is known."""

    @classmethod
    def of(cls, moment: Moment) -> "MomentOut":
        """A moment rendered."""
        return cls(at=moment.at, source=moment.source, what=moment.what, actor=moment.by, detail=dict(moment.detail))


class TimelineOut(Wire):
    """The timeline of an object."""

    moments: list[MomentOut]
    """The first one first."""
