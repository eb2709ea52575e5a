"""Cursors of lists: the place behind a row, as an opaque text that says nothing of how rows are found.

A list reads one row more than its page has: that there is one says that another page follows. The cursor holds the
order of the list and the values of the last row that the order goes by, so that a page costs the same at any depth.
"""

import base64
import binascii
from collections.abc import Callable, Sequence
from datetime import date, datetime
from typing import TypeVar

import orjson

from bursar.api.operator.problems import CURSOR_UNUSABLE, Problem
from bursar.api.operator.schemas.wire import Listed, Wire
from bursar.kernel.paging import ID_MAX

R = TypeVar("R")
W = TypeVar("W", bound=Wire)
Place = tuple[str | int, ...]


def write_cursor(order: str, *place: str | int) -> str:
    """The cursor behind a row, in an order of a list."""
    return base64.urlsafe_b64encode(orjson.dumps([order, *place])).rstrip(b"=").decode()


def read_cursor(text: str | None, order: str, *kinds: type) -> Place | None:
    """The place that a cursor of the same order names; None without a cursor.

    Raises Problem (`cursor-unusable`) for a text that no page of this list has given.
    """
    if text is None:
        return None
    try:
        found = orjson.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
    except (binascii.Error, ValueError):
        raise Problem(CURSOR_UNUSABLE) from None
    if not isinstance(found, list) or found[:1] != [order] or not _fits(found[1:], kinds):
        raise Problem(CURSOR_UNUSABLE)
    return tuple(found[1:])


def read_number(text: str | None, order: str) -> int | None:
    """The number of the row that a cursor stands behind; raises as `read_cursor`."""
    place = read_cursor(text, order, int)
    return None if place is None else int(place[0])


def read_instant(text: str | None, order: str) -> tuple[datetime, int] | None:
    """The instant and the number of the row that a cursor stands behind; raises as `read_cursor`."""
    place = read_cursor(text, order, str, int)
    if place is None:
        return None
    return _instant(str(place[0])), int(place[1])


def read_times(text: str | None, order: str) -> tuple[datetime, datetime, int] | None:
    """The two instants and the number of the row that a cursor stands behind; raises as `read_cursor`."""
    place = read_cursor(text, order, str, str, int)
    return None if place is None else (_instant(str(place[0])), _instant(str(place[1])), int(place[2]))


def read_instant_and_digest(text: str | None, order: str) -> tuple[datetime, bytes] | None:
    """The instant and the digest of the row that a cursor stands behind; raises as `read_cursor`."""
    place = read_cursor(text, order, str, str)
    try:
        found = None if place is None else (datetime.fromisoformat(str(place[0])), bytes.fromhex(str(place[1])))
    except ValueError:
        raise Problem(CURSOR_UNUSABLE) from None
    if found is not None and found[0].tzinfo is None:
        raise Problem(CURSOR_UNUSABLE)
    return found


def read_day(text: str | None, order: str) -> date | None:
    """The day that a cursor stands behind; raises as `read_cursor`."""
    place = read_cursor(text, order, str)
    try:
        return None if place is None else date.fromisoformat(str(place[0]))
    except ValueError:
        raise Problem(CURSOR_UNUSABLE) from None


def _instant(text: str) -> datetime:
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        raise Problem(CURSOR_UNUSABLE) from None
    if at.tzinfo is None:
        raise Problem(CURSOR_UNUSABLE)
    return at


def _fits(place: Sequence[object], kinds: Sequence[type]) -> bool:
    """True for values of these types that the database can compare with."""
    if [type(value) for value in place] != list(kinds):
        return False
    return all(0 <= value <= ID_MAX if isinstance(value, int) else str(value).isprintable() for value in place)


def page(rows: Sequence[R], limit: int, render: Callable[[R], W], cursor: Callable[[R], str]) -> Listed[W]:
    """A page of `limit` rows at the most, of which one more was read if there is one."""
    shown = rows[:limit]
    after = cursor(shown[-1]) if len(rows) > limit else None
    return Listed(items=[render(row) for row in shown], after=after)
