"""Values of forms and addresses, read within their limits. Pure."""

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Final

from bursar.console.refusals import Turned
from bursar.staff.errors import CursorUnusable

DIGITS_MAX: Final = 18


def number_of(text: str | None) -> int:
    """A number that somebody has sent; 0, which nothing has, for what is none."""
    return int(text) if text and text.isascii() and text.isdigit() and len(text) <= DIGITS_MAX else 0


def read_number(text: str | None) -> int | None:
    """A number, or nothing; raises Turned for what is none."""
    if not text or not text.strip():
        return None
    if not number_of(text.strip()):
        raise Turned("form_unusable")
    return number_of(text.strip())


def read_choice(text: str, choices: Iterable[str]) -> str:
    """One of some words; raises Turned."""
    if text not in [str(each) for each in choices]:
        raise Turned("form_unusable")
    return text


def write_place(at: datetime, object_id: int) -> str:
    """The place in a list by time, as it stands in an address."""
    return f"{round(at.timestamp() * 1_000_000)}-{object_id}"


def read_place(text: str | None) -> tuple[datetime, int] | None:
    """That of an address, or nothing; raises CursorUnusable."""
    if not text:
        return None
    at, _, object_id = text.partition("-")
    if not (number_of(at) and number_of(object_id)):
        raise CursorUnusable
    try:
        return datetime.fromtimestamp(number_of(at) / 1_000_000, UTC), number_of(object_id)
    except (OverflowError, ValueError, OSError):
        raise CursorUnusable from None
