"""The ground of all schemas of the dialect: types for its kinds of values.

Attributes are called what they are called on the wire. Null and, but for `Change`, blank parameters count as absent, so
that a required one is missing and an optional one has its default. Numbers may come as digits in a text, because in a
query they cannot come otherwise; texts never come as numbers.
"""

import re
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Annotated, Any, ClassVar, Final, Literal

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
from pydantic_core import PydanticCustomError

from bursar.api.payout.codes import Code
from bursar.kernel.money import Money
from bursar.kernel.paging import PageRequest
from bursar.kernel.text import Unreadable, find_fault

PAGE_NUMBER_MAX: Final = 1000
PAGE_SIZE_MAX: Final = 100
SECONDS_MAX: Final = 253_402_300_799
"""The last second of the year 9999."""
DIGITS_MAX: Final = 18
COMMA_LIST_CHARS_MAX: Final = 512
IBAN_CHARS_MAX: Final = 34
AMOUNT_LENGTH_MAX: Final = 40
"""Characters of an amount."""
_NUMBER: Final = re.compile(r"-?[0-9]+(?:\.[0-9]+)?")
"""The decimal text of a number."""
_EPOCH: Final = datetime.fromtimestamp(0, UTC)
_LAST: Final = _EPOCH + timedelta(seconds=SECONDS_MAX)


class Wire(BaseModel):
    """A request or an answer. Unknown parameters are ignored."""

    model_config = ConfigDict(strict=True, extra="ignore", arbitrary_types_allowed=True)


class Asked(Wire):
    """A request."""

    blank_is_absent: ClassVar[bool] = True

    @model_validator(mode="before")
    @classmethod
    def _absent(cls, given: Any) -> Any:
        if not isinstance(given, dict):
            return given
        return {name: value for name, value in given.items() if not cls._is_absent(value)}

    @classmethod
    def _is_absent(cls, value: object) -> bool:
        return value is None or (cls.blank_is_absent and isinstance(value, str) and not value.strip())


class Change(Asked):
    """A request in which a blank text takes away what was there."""

    blank_is_absent: ClassVar[bool] = False


def blamed(code: Code, parameter: str | None = None) -> PydanticCustomError:
    """The error of a validator for a value with a code of its own; `parameter` where it has looked at several."""
    named = None if parameter is None else {"parameter": parameter}
    return PydanticCustomError(code.name, "the value has a code of its own", named)


def _read_whole(value: object) -> object:
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) <= DIGITS_MAX:
        return int(value)
    if isinstance(value, bool) or not isinstance(value, int):
        raise PydanticCustomError("int_type", "not a whole number")
    return value


def _read_id(value: object) -> object:
    text = str(value) if isinstance(value, int) and not isinstance(value, bool) else value
    if not isinstance(text, str) or not (text.isascii() and text.isdigit() and len(text) <= DIGITS_MAX):
        raise blamed(Code.ID_UNAVAILABLE)
    return int(text)


def _read_ids(value: object) -> object:
    return tuple(_read_id(part) for part in _read_list(value))


def _read_list(value: object) -> list[str]:
    text = str(value) if isinstance(value, int) and not isinstance(value, bool) else value
    if not isinstance(text, str):
        raise PydanticCustomError("list_type", "a list is a text with commas")
    if len(text) > COMMA_LIST_CHARS_MAX:
        raise PydanticCustomError("list_too_long", "the list is too long")
    return [part.strip() for part in text.split(",")]


def _read_iban(value: object) -> object:
    if not isinstance(value, str):
        return value
    return "".join(value.split())


def _read_reference(value: object) -> object:
    """A text; a number stands for its digits."""
    if isinstance(value, int | Decimal) and not isinstance(value, bool) and (digits := str(value)).isdigit():
        return digits
    return value


def _read_amount(value: object) -> object:
    if isinstance(value, bool) or not isinstance(value, str | int | Decimal):
        raise PydanticCustomError("amount_type", "an amount is a number")
    text = str(value)
    if len(text) > AMOUNT_LENGTH_MAX or (isinstance(value, str) and not _NUMBER.fullmatch(text)):
        raise PydanticCustomError("amount_parsing", "not an amount")
    try:
        number = Decimal(text)
    except ArithmeticError:
        raise PydanticCustomError("amount_parsing", "not an amount") from None
    if not number.is_finite() or (number and not -20 <= number.adjusted() <= 20):
        raise PydanticCustomError("amount_range", "beyond any amount")
    return number


def _read_instant(value: object) -> object:
    seconds = _read_whole(value)
    if not isinstance(seconds, int) or not 0 <= seconds <= SECONDS_MAX:
        raise PydanticCustomError("instant_range", "not an instant")
    return _EPOCH + timedelta(seconds=seconds)


def _readable(text: str) -> str:
    """A text for people; an empty one is left to what a blank means there."""
    fault = find_fault(text) if text else None
    if fault is Unreadable.INVISIBLE:
        raise PydanticCustomError("missing", "nothing of it can be seen")
    if fault is Unreadable.STEERING:
        raise PydanticCustomError("text_type", "not a text for people")
    return text


def unix_seconds(at: datetime) -> int:
    """An instant as the dialect writes it."""
    return (at - _EPOCH) // timedelta(seconds=1)


def unix_milliseconds(at: datetime) -> int:
    """An instant as the dialect writes it where seconds do not tell two apart."""
    return (at - _EPOCH) // timedelta(milliseconds=1)


Whole = Annotated[int, BeforeValidator(_read_whole)]
"""A whole number, or its digits."""
Flag = Annotated[Literal[0, 1], BeforeValidator(_read_whole)]
"""0 or 1."""
Id = Annotated[
    int,
    BeforeValidator(_read_id),
    WithJsonSchema({"type": "string", "pattern": "^[0-9]{1,18}$", "examples": ["101680210001"]}),
]
"""A number of ours: digits in a text. A malformed one is answered with the code for ids that are no use."""
Ids = Annotated[
    tuple[int, ...],
    BeforeValidator(_read_ids),
    WithJsonSchema({"type": "string", "maxLength": COMMA_LIST_CHARS_MAX, "examples": ["101680210001,101680210002"]}),
]
"""Numbers of ours with commas between them, and blanks around these. A malformed one is answered as for `Id`."""
References = Annotated[
    tuple[str, ...],
    BeforeValidator(lambda value: tuple(_read_list(value))),
    WithJsonSchema({"type": "string", "maxLength": COMMA_LIST_CHARS_MAX, "examples": ["employee-17,employee-18"]}),
]
"""Numbers of the merchant's own with commas between them, and blanks around these."""
Iban = Annotated[str, BeforeValidator(_read_iban), StringConstraints(max_length=IBAN_CHARS_MAX)]
"""An IBAN, also in printed groups: its blanks do not count."""
Amount = Annotated[
    Decimal,
    BeforeValidator(_read_amount),
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "number"},
                {"type": "string", "format": "decimal", "maxLength": AMOUNT_LENGTH_MAX},
            ],
            "examples": [100.25],
        }
    ),
]
"""An amount in a request, of a currency that something else names."""
Instant = Annotated[
    datetime,
    BeforeValidator(_read_instant),
    WithJsonSchema(
        {
            "type": "integer",
            "format": "int64",
            "minimum": 0,
            "maximum": SECONDS_MAX,
            "examples": [1_774_573_955],
        }
    ),
]
"""An instant in a request, in seconds since 1970."""
InstantOut = Annotated[
    datetime,
    PlainSerializer(unix_seconds, return_type=int),
    WithJsonSchema({"type": "integer", "format": "int64", "examples": [1_774_573_955]}),
]
"""An instant in an answer, in seconds since 1970."""
MillisecondsOut = Annotated[
    datetime,
    PlainSerializer(unix_milliseconds, return_type=int),
    WithJsonSchema({"type": "integer", "format": "int64", "examples": [1_774_573_955_250]}),
]
"""An instant in an answer, in milliseconds since 1970."""
IdOut = Annotated[
    int,
    PlainSerializer(str, return_type=str),
    WithJsonSchema({"type": "string", "pattern": "^[0-9]{1,18}$", "examples": ["101680210001"]}),
]
"""A number of ours in an answer."""
NumberOut = Annotated[Decimal, WithJsonSchema({"type": "number", "examples": [12.19]})]
"""A decimal in an answer; `json_text` writes its digits."""
MoneyOut = Annotated[
    Money,
    PlainSerializer(lambda money: money.decimal, return_type=Decimal),
    WithJsonSchema({"type": "number", "examples": [100.25]}),
]
"""An amount in an answer, with the decimals of its currency."""
Text64 = Annotated[str, StringConstraints(max_length=64)]
Text128 = Annotated[str, StringConstraints(max_length=128)]
Reference64 = Annotated[Text64, BeforeValidator(_read_reference)]
"""A merchant's own number for something; digits may come as a number."""
Reference128 = Annotated[Text128, BeforeValidator(_read_reference)]
Text255 = Annotated[str, StringConstraints(max_length=255)]
Name = Annotated[Text64, AfterValidator(_readable)]
"""A name that people read."""
PostalAddress = Annotated[Text255, AfterValidator(_readable)]
"""An address that people read."""


class Paged(Asked):
    """A request for one page of a list."""

    pageno: Annotated[Whole, Field(ge=1, le=PAGE_NUMBER_MAX)] = 1
    pagesize: Annotated[Whole, Field(ge=1, le=PAGE_SIZE_MAX)] = 20
    starttime: Instant | None = None
    endtime: Instant | None = None

    @property
    def until(self) -> datetime | None:
        """The first instant after the second of `endtime`; None when nothing comes after it."""
        if self.endtime is None or self.endtime == _LAST:
            return None
        return self.endtime + timedelta(seconds=1)

    @property
    def page(self) -> PageRequest:
        """The rows of the page."""
        return PageRequest(self.pageno, self.pagesize)
