"""Exchange rates on the wire."""

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import Field

from bursar.api.operator.schemas.wire import Amount, At, Change, ListQuery, Wire
from bursar.exchange.service import ExchangeRate, RateChange
from bursar.kernel.money import SCALES

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

    @classmethod
    def of(cls, rate: ExchangeRate) -> "RateOut":
        """A rate rendered."""
        return cls(source=rate.source, target=rate.target, rate=f"{rate.rate:f}", holds_from=rate.updated_at)


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
