"""Filters of lists as they stand in an address, and the cursor behind a row. Pure.

A filter that is empty is none; one that cannot be read is refused, since a list without it would be another list.
"""

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Final
from urllib.parse import urlencode

from bursar.console.refusals import Turned
from bursar.kernel.paging import ID_MAX
from bursar.staff.errors import CursorUnusable

_NUMBER: Final = re.compile(r"[0-9]{1,18}", re.ASCII)
_DAY: Final = re.compile(r"[12][0-9]{3}-[0-9]{2}-[0-9]{2}", re.ASCII)
_CURSOR: Final = re.compile(r"([0-9]{1,17})\.([0-9]{1,19})", re.ASCII)
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)


def read_number(query: Mapping[str, str], name: str) -> int | None:
    """A number; turns away what is none."""
    text = query.get(name, "").strip()
    if not text:
        return None
    if not _NUMBER.fullmatch(text):
        raise Turned("filter_unusable")
    return int(text)


def read_day(query: Mapping[str, str], name: str, place: tzinfo) -> datetime | None:
    """The beginning of a day in a zone; turns away what is no day."""
    text = query.get(name, "").strip()
    if not text:
        return None
    try:
        day = datetime.fromisoformat(text) if _DAY.fullmatch(text) else None
    except ValueError:
        day = None
    if day is None:
        raise Turned("filter_unusable")
    return day.replace(tzinfo=place).astimezone(UTC)


def read_behind(query: Mapping[str, str]) -> tuple[datetime, int] | None:
    """The instant and the number of the row that `after` stands behind; raises CursorUnusable."""
    text = query.get("after", "")
    if not text:
        return None
    found = _CURSOR.fullmatch(text)
    if found is None or int(found[2]) > ID_MAX:
        raise CursorUnusable
    return _EPOCH + int(found[1]) * _MICROSECOND, int(found[2])


def write_behind(at: datetime, number: int) -> str:
    """The cursor behind a row."""
    return f"{(at - _EPOCH) // _MICROSECOND}.{number}"


def query_of(query: Mapping[str, str], *names: str, **changed: object) -> str:
    """The query of an address with the named filters that are set, and with changes; empty for none."""
    said = {name: query[name] for name in names if query.get(name)}
    said |= {name: str(value) for name, value in changed.items()}
    kept = {name: value for name, value in said.items() if value}
    return f"?{urlencode(kept)}" if kept else ""
