"""Which statement is asked for."""

import re
from datetime import date
from typing import Annotated, Final

from pydantic import BeforeValidator, WithJsonSchema
from pydantic_core import PydanticCustomError

from bursar.api.payout.schemas.wire import Asked

_DAY: Final = re.compile(r"([0-9]{4})(-?)([0-9]{2})\2([0-9]{2})", re.ASCII)


def read_day(value: object) -> date:
    """A day as YYYY-MM-DD or YYYYMMDD, in a text or a number; raises PydanticCustomError."""
    text = str(value) if isinstance(value, int) and not isinstance(value, bool) else value
    found = _DAY.fullmatch(text) if isinstance(text, str) else None
    if found is None:
        raise PydanticCustomError("day_parsing", "not a day")
    try:
        return date(int(found[1]), int(found[3]), int(found[4]))
    except ValueError:
        raise PydanticCustomError("day_range", "there is no such day") from None


Day = Annotated[
    date,
    BeforeValidator(read_day),
    WithJsonSchema(
        {"type": "string", "pattern": "^([0-9]{4}-[0-9]{2}-[0-9]{2}|[0-9]{8})$", "examples": ["2026-03-01"]}
    ),
]
"""A day in Riyadh."""


class StatementQuery(Asked):
    day: Day | None = None
