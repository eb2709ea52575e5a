"""Cursors of lists: the place behind a row, as an opaque text that says nothing of how rows are found.

A list reads one row more than its page has: that there is one says that another page follows. The cursor holds the
order of the list and the values of the last row that the order goes by, so that a page costs the same at any depth.
"""

import base64
import binascii
from collections.abc import Callable, Sequence
from typing import TypeVar

import orjson

from bursar.api.operator.problems import CURSOR_UNUSABLE, Problem
from bursar.api.operator.schemas.wire import Listed, Wire

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
    if not isinstance(found, list) or [order, *kinds] != [found[:1] == [order] and order, *map(type, found[1:])]:
        raise Problem(CURSOR_UNUSABLE)
    return tuple(found[1:])


def page(rows: Sequence[R], limit: int, render: Callable[[R], W], cursor: Callable[[R], str]) -> Listed[W]:
    """A page of `limit` rows at the most, of which one more was read if there is one."""
    shown = rows[:limit]
    after = cursor(shown[-1]) if len(rows) > limit else None
    return Listed(items=[render(row) for row in shown], after=after)
