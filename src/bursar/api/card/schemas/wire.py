"""The ground of all schemas of the dialect: names in camel case, and types for its kinds of values.

Null and blank parameters count as absent, so that a required one is missing and an optional one has its default.
A number may come as its decimal text and an id made of digits as a number; no other JSON type is converted.
"""

import re
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import Annotated, Any, Final, Generic, TypeVar

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainSerializer,
    StringConstraints,
    WithJsonSchema,
    model_validator,
)
from pydantic.alias_generators import to_camel
from pydantic_core import PydanticCustomError

from bursar.api.card.json_text import Number
from bursar.kernel.money import Money
from bursar.kernel.paging import PAGE_NUMBER_MAX, Page, PageRequest
from bursar.kernel.text import Unreadable, find_fault

NUMBER_TEXT_MAX: Final = 128
"""Characters of an id, a number or a reference."""
TEXT_MAX: Final = 255
"""Characters of a free text."""
PAGE_SIZE_MAX: Final = 50
MILLISECONDS_MAX: Final = 253_402_300_799_999
"""The last millisecond of the year 9999."""
AMOUNT_TEXT_MAX: Final = 64
"""Characters of an amount."""
_NUMBER: Final = re.compile(r"-?[0-9]+(?:\.[0-9]+)?")
"""The decimal text of a number."""
_WHOLE: Final = re.compile(r"-?[0-9]+")
_MILLISECOND: Final = timedelta(milliseconds=1)
_LAST_INSTANT: Final = datetime.max.replace(tzinfo=UTC) - _MILLISECOND

T = TypeVar("T")


class Wire(BaseModel):
    """A request or an answer. Unknown parameters are ignored."""

    model_config = ConfigDict(
        alias_generator=to_camel, populate_by_name=True, strict=True, extra="ignore", arbitrary_types_allowed=True
    )


class Asked(Wire):
    """A request; its parameters have their names on the wire and no others."""

    model_config = ConfigDict(populate_by_name=False)

    @model_validator(mode="before")
    @classmethod
    def _absent(cls, given: Any) -> Any:
        if not isinstance(given, dict):
            return given
        return {name: value for name, value in given.items() if not _is_absent(value)}


class Nothing(Asked):
    """A request without parameters."""


def _is_absent(value: object) -> bool:
    return value is None or (isinstance(value, str) and not value.strip())


def native(value: Any) -> Any:
    """A parsed request with numbers as int or Decimal instead of their text."""
    if isinstance(value, Number):
        return int(value) if len(value) < 19 and value.lstrip("-").isdigit() else _decimal(value)
    if isinstance(value, dict):
        return {name: native(member) for name, member in value.items()}
    if isinstance(value, list):
        return [native(member) for member in value]
    return value


def by_value(value: Any, *, untyped: bool = False) -> Any:
    """Parameters in one form for all that mean the same: numbers as texts, and nothing that is null.

    `untyped`: no schema has read them, so that a text may be a number too.
    """
    if isinstance(value, dict):
        return {name: by_value(member, untyped=untyped) for name, member in value.items() if member is not None}
    if isinstance(value, list):
        return [by_value(member, untyped=untyped) for member in value]
    if untyped and isinstance(value, str) and len(value) <= AMOUNT_TEXT_MAX and _NUMBER.fullmatch(value):
        return _shortest(Decimal(value))
    if isinstance(value, int | Decimal) and not isinstance(value, bool):
        return _shortest(Decimal(value))
    return value


def _shortest(number: Decimal) -> str:
    """One text for each number, exact and short whatever its exponent: 60 and 60.00 are `6E+1`."""
    if not number:
        return "0"
    mantissa, exponent, power = f"{number:E}".partition("E")
    return (mantissa.rstrip("0").rstrip(".") if "." in mantissa else mantissa) + exponent + power


def _decimal(number: str) -> Decimal:
    """Not a number, when the exponent is beyond what a Decimal can hold."""
    try:
        return Decimal(number)
    except InvalidOperation:
        return Decimal("nan")


def _read_whole(value: object) -> object:
    """A whole number, or its decimal text."""
    if isinstance(value, str) and len(value) <= NUMBER_TEXT_MAX and _WHOLE.fullmatch(value):
        return int(value)
    if isinstance(value, bool) or not isinstance(value, int):
        raise PydanticCustomError("int_type", "not a whole number")
    return value


def _read_reference(value: object) -> object:
    """A text; a number stands for its digits."""
    if isinstance(value, int | Decimal) and not isinstance(value, bool) and (digits := str(value)).isdigit():
        return digits
    return value


def _read_id(value: object) -> object:
    """Ids are digits; anything else that is a string names nothing, which the use case then says."""
    value = _read_reference(value)
    if not isinstance(value, str):
        raise PydanticCustomError("string_type", "an id is a string")
    if len(value) > NUMBER_TEXT_MAX:
        raise PydanticCustomError("too_long", "an id is short")
    return int(value) if value.isascii() and value.isdigit() and len(value) < 19 else 0


def _read_amount(value: object) -> object:
    if isinstance(value, bool) or not isinstance(value, str | int | Decimal):
        raise PydanticCustomError("amount_type", "an amount is a string or a number")
    text = str(value)
    if len(text) > AMOUNT_TEXT_MAX:
        raise PydanticCustomError("too_long", "an amount is short")
    try:
        number = Decimal("nan") if isinstance(value, str) and not _NUMBER.fullmatch(text) else Decimal(text)
    except ArithmeticError:
        raise PydanticCustomError("amount_parsing", "not a number") from None
    if not number.is_finite():
        raise PydanticCustomError("amount_parsing", "not a finite number")
    if number and not -38 <= number.adjusted() <= 38:
        raise PydanticCustomError("amount_range", "beyond any amount")
    return number


def _read_instant(value: object) -> object:
    number = _read_whole(value)
    if not isinstance(number, int) or not 0 <= number <= MILLISECONDS_MAX:
        raise PydanticCustomError("instant_range", "not an instant")
    return datetime.fromtimestamp(0, UTC) + number * _MILLISECOND


def _after_instant(at: datetime) -> datetime:
    """The first instant that is shown as a later one: an end includes the millisecond that it names."""
    return min(at, _LAST_INSTANT) + _MILLISECOND


def _read_date(value: object) -> object:
    if not isinstance(value, str):
        raise PydanticCustomError("date_type", "a date is a string")
    try:
        if len(value) != len("yyyy-MM-dd"):
            raise ValueError
        return date.fromisoformat(value)
    except ValueError:
        raise PydanticCustomError("date_parsing", "not a date") from None


def milliseconds(at: datetime) -> int:
    """An instant as the dialect writes it."""
    return (at - datetime.fromtimestamp(0, UTC)) // _MILLISECOND


def _read_line(text: str) -> str:
    return _readable(text, lines=False)


def _read_lines(text: str) -> str:
    return _readable(text, lines=True)


def _readable(text: str, *, lines: bool) -> str:
    fault = find_fault(text, lines=lines)
    if fault is Unreadable.INVISIBLE:
        raise PydanticCustomError("missing", "nothing of it can be seen")
    if fault is Unreadable.STEERING:
        raise PydanticCustomError("text_type", "not a text for people")
    return text


OR_TEXT: Final = BeforeValidator(_read_whole)
"""Beside `int`, after its bounds: the number may come as its decimal text."""
Whole = Annotated[int, OR_TEXT]
"""A whole number in a request."""
Id = Annotated[
    int,
    BeforeValidator(_read_id),
    PlainSerializer(str, return_type=str),
    WithJsonSchema({"type": "string", "pattern": "^[0-9]{1,18}$", "examples": ["101680210001"]}),
]
"""A number of ours: digits in a string."""
AreaId = Annotated[
    int,
    OR_TEXT,
    WithJsonSchema(
        {
            "anyOf": [{"type": "string", "pattern": "^[0-9]{1,18}$"}, {"type": "integer"}],
            "examples": ["840"],
        }
    ),
]
"""An area in a request, by its id in the list of areas, as a text or as a number."""
Amount = Annotated[
    Decimal,
    BeforeValidator(_read_amount),
    WithJsonSchema(
        {
            "anyOf": [
                {
                    "type": "string",
                    "format": "decimal",
                    "pattern": r"^-?[0-9]+(\.[0-9]+)?$",
                    "maxLength": AMOUNT_TEXT_MAX,
                },
                {"type": "number"},
            ],
            "examples": ["100.00"],
        }
    ),
]
"""An amount in a request, of a currency that something else names."""
Instant = Annotated[
    datetime,
    BeforeValidator(_read_instant),
    PlainSerializer(milliseconds, return_type=int),
    WithJsonSchema(
        {
            "type": "integer",
            "format": "int64",
            "minimum": 0,
            "maximum": MILLISECONDS_MAX,
            "examples": [1_774_573_955_994],
        }
    ),
]
"""An instant, in milliseconds since 1970."""
EndInstant = Annotated[Instant, AfterValidator(_after_instant)]
"""The end of a time range in a request, itself included: the first instant after it."""
Day = Annotated[
    date,
    BeforeValidator(_read_date),
    PlainSerializer(date.isoformat, return_type=str),
    WithJsonSchema({"type": "string", "format": "date", "examples": ["1990-05-17"]}),
]
"""A calendar day as yyyy-MM-dd."""
MoneyOut = Annotated[
    Money,
    PlainSerializer(str, return_type=str),
    WithJsonSchema(
        {"type": "string", "format": "decimal", "pattern": r"^-?[0-9]+(\.[0-9]+)?$", "examples": ["100.00"]}
    ),
]
"""An amount in an answer, with the decimals of its asset."""
Text = Annotated[str, StringConstraints(max_length=TEXT_MAX)]
"""A code, a password, an address on a chain: a text with a form of its own, which the use case checks."""
Name = Annotated[Text, AfterValidator(_read_line)]
"""A name or another short text that people read."""
Remark = Annotated[str, AfterValidator(_read_lines)]
"""A note that people read; it may have several lines. Each use bounds its length."""
Numbered = Annotated[Text, BeforeValidator(_read_reference)]
"""The number of something of ours that need not be digits alone."""
Reference = Annotated[str, StringConstraints(max_length=50), BeforeValidator(_read_reference)]
"""A merchant's own number for an order."""
Coin = Annotated[str, StringConstraints(max_length=10)]
"""A currency or coin by its symbol."""


class Paged(Asked):
    """A request for one page of a list."""

    page_no: Annotated[int, Field(ge=1, le=PAGE_NUMBER_MAX), OR_TEXT] = 1
    page_size: Annotated[int, Field(ge=1, le=PAGE_SIZE_MAX), OR_TEXT] = 10

    @property
    def page(self) -> PageRequest:
        """The rows of the page."""
        return PageRequest(self.page_no, self.page_size)


class PageOut(Wire, Generic[T]):
    """One page of a list."""

    page_no: int
    page_size: int
    prev_page: int
    next_page: int
    total_pages: int
    total_size: int
    list: list[T]

    @classmethod
    def of(cls, page: Page[T]) -> "PageOut[T]":
        """The page with its neighbours; there is none before the first and none behind the last."""
        number, size = page.request.number, page.request.size
        pages = -(-page.total // size)
        return cls(
            page_no=number,
            page_size=size,
            prev_page=max(number - 1, 1),
            next_page=max(min(number + 1, pages), 1),
            total_pages=pages,
            total_size=page.total,
            list=list(page.rows),
        )
