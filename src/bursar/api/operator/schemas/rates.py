"""Exchange rates on the wire."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import Field

from bursar.api.operator.schemas.wire import Amount, At, Change, ListQuery, Wire
from bursar.exchange.service import Exchange, ExchangeRate, RateChange
from bursar.kernel.money import SCALES
from bursar.quotes.store import FeedRow

Asset = Annotated[
    str,
    Field(min_length=1, max_length=10, pattern=r"^[A-Z]+$", examples=["USD"], json_schema_extra={"enum": [*SCALES]}),
]
Rate = Annotated[str, Field(examples=["3.75"])]


class RateQuery(ListQuery):
    """A page of rates."""

    sort: Literal["pair"] = "pair"
    """The order: by target, then source."""


class RateOut(Wire):
    """A rate that holds now."""

    source: Asset
    """One unit of it."""
    target: Asset
    """Is worth so many of this."""
    rate: Rate
    """The number, as a decimal text."""
    holds_from: datetime
    """The instant from which it holds."""

    as_of: datetime | None
    """The instant for which the file of rates says so; null: a person has decided it, and it grows no older."""
    is_old: bool
    """Nothing is converted by it, because the file has not said so for too long."""

    @classmethod
    def of(cls, exchange: Exchange, rate: ExchangeRate) -> "RateOut":
        """A rate rendered."""
        return cls(
            source=rate.source,
            target=rate.target,
            rate=f"{rate.rate:f}",
            holds_from=rate.updated_at,
            as_of=rate.as_of,
            is_old=exchange.is_old(rate),
        )


class RateFileOut(Wire):
    """The file of rates, as far as it was had."""

    pairs: Annotated[list[str], Field(examples=[["USD/SAR"]])]
    """The pairs that are taken from it; none where this install reads no file."""
    tried_at: datetime | None
    """The instant of the last try to fetch it."""
    read_at: datetime | None
    """The instant of the last one that could be read."""
    fault: str | None
    """The fault of the last try."""

    @classmethod
    def of(cls, pairs: Sequence[tuple[str, str]], feed: FeedRow | None) -> "RateFileOut":
        """The tries rendered."""
        names = ["/".join(pair) for pair in pairs]
        if feed is None:
            return cls(pairs=names, tried_at=None, read_at=None, fault=None)
        return cls(pairs=names, tried_at=feed.tried_at, read_at=feed.read_at, fault=feed.fault)


class RateHistoryQuery(ListQuery):
    """A page of a pair's history."""

    sort: Literal["-holds_from"] = "-holds_from"
    """The order: the latest first; of two for one instant the last decided."""


class RateChangeOut(Wire):
    """A rate of a pair's history."""

    id: int
    """The number of the change."""
    rate: Rate
    """The number, as a decimal text."""
    holds_from: datetime
    """The instant from which it holds, until a later one does; of two for one instant the last decided holds."""
    made_at: datetime
    """The instant when it was decided."""
    made_by: Annotated[str, Field(examples=["staff:17"])]
    """The actor who decided it."""

    @classmethod
    def of(cls, change: RateChange) -> "RateChangeOut":
        """A rate rendered."""
        return cls(
            id=change.id,
            rate=f"{change.rate:f}",
            holds_from=change.holds_from,
            made_at=change.made_at,
            made_by=change.made_by,
        )


class RateIn(Change):
    """A rate to be kept."""

    source: Asset
    """One unit of it."""
    target: Asset
    """Is worth so many of this."""
    rate: Annotated[Amount, Field(examples=["3.75"])]
    """The number, as a decimal text above zero."""
    holds_from: At | None = None
    """The instant from which it holds; at once unless it is given."""

    @property
    def said(self) -> dict[str, Any]:
        """As the arguments of the action have it."""
        since = None if self.holds_from is None else self.holds_from.isoformat()
        return {"source": self.source, "target": self.target, "rate": self.rate, "holds_from": since}
