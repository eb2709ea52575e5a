"""The ground of all schemas of the dialect: strict requests, pages, amounts, and texts within limits.

A name that a request does not have is refused, so that a misspelt limit is not taken for none. Amounts are decimal
texts beside the name of their asset, never numbers. Instants are ISO 8601 with a zone.
"""

from typing import Annotated, Any, Final, Generic, TypeVar

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field

from bursar.kernel.money import SCALES, Money
from bursar.kernel.paging import ID_MAX
from bursar.kernel.text import find_fault
from bursar.staff.model import REASON_CHARS_MAX

LIMIT_MAX: Final = 100
"""Rows on one page of any list."""
LIMIT: Final = 50
CURSOR_CHARS_MAX: Final = 400
TEXT_CHARS_MAX: Final = 500
AMOUNT_CHARS_MAX: Final = 60

T = TypeVar("T")


def _shown(text: str) -> str:
    if find_fault(text, lines=True):
        raise ValueError("a text has characters that can be seen, and none that only steer")
    return text


Id = Annotated[int, Field(ge=1, le=ID_MAX, examples=[17])]
Book = Annotated[int, Field(ge=0, le=ID_MAX, examples=[17])]
"""A merchant's number; 0 is the install's own book."""
Text = Annotated[str, Field(min_length=1, max_length=TEXT_CHARS_MAX), AfterValidator(_shown)]
Reason = Annotated[
    str,
    Field(
        min_length=1,
        max_length=REASON_CHARS_MAX,
        description="The reason, for whoever reads the audit.",
        examples=["Asked for in ticket 4711"],
    ),
    AfterValidator(_shown),
]
Amount = Annotated[str, Field(min_length=1, max_length=AMOUNT_CHARS_MAX, pattern=r"^[0-9]+(\.[0-9]+)?$")]
"""A decimal text above or equal to zero."""
At = Annotated[AwareDatetime, Field(examples=["2026-03-01T12:00:00Z"])]
"""An instant of a request."""


class Wire(BaseModel):
    """A request or an answer."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True, ser_json_bytes="base64")


class Asked(Wire):
    """A body. Values are of the JSON type that is declared, never of another that could be read as it."""

    model_config = ConfigDict(strict=True)


class Change(Asked):
    """A body of a change, with its reason."""

    reason: Reason


class Query(Wire):
    """A query, whose values come as texts."""


class ListQuery(Query):
    """The page of a list: at most `limit` rows, those behind the cursor `after`."""

    limit: Annotated[int, Field(ge=1, le=LIMIT_MAX, examples=[LIMIT])] = LIMIT
    """The most rows of the answer."""
    after: Annotated[str, Field(min_length=1, max_length=CURSOR_CHARS_MAX)] | None = None
    """The cursor of the page before, as its answer had it in `after`; filters and `sort` stay as they were."""


class Listed(Wire, Generic[T]):
    """One page of a list.

    The fields carry their sentences: docstrings would be looked for in the source again for each kind of list, which
    took half of the time in which a process loads.
    """

    model_config = ConfigDict(use_attribute_docstrings=False)

    items: Annotated[list[T], Field(description="The rows, in the order of the list.")]
    after: Annotated[str | None, Field(description="The cursor of the next page; null on the last one.")]


class MoneyOut(Wire):
    """An amount."""

    amount: Annotated[str, Field(examples=["1250.00"])]
    """A decimal text, with as many decimals as the asset has; below zero with a minus."""
    asset: Annotated[str, Field(examples=["USD"])]
    """The currency or coin."""

    @classmethod
    def of(cls, money: Money) -> "MoneyOut":
        """An amount rendered."""
        return cls(amount=str(money), asset=money.asset)


class MoneyIn(Asked):
    """An amount of a request."""

    amount: Annotated[Amount, Field(examples=["1250.00"])]
    """A decimal text with no more decimals than the asset has."""
    asset: Annotated[str, Field(min_length=1, max_length=10, examples=["USD"], json_schema_extra={"enum": [*SCALES]})]
    """The currency or coin."""

    @property
    def said(self) -> dict[str, Any]:
        """As the arguments of actions have it."""
        return {"amount": self.amount, "asset": self.asset}
