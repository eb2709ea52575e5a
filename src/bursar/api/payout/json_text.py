"""The JSON that the payout API writes: decimals are numbers with exactly their digits, never through binary floating
point.
"""

from decimal import Decimal
from typing import Any

import orjson

from bursar.api.payout.schemas.wire import Wire


def content_of(answer: Wire) -> dict[str, Any]:
    """A schema by its names on the wire, with decimals in it as Decimal."""
    return answer.model_dump(by_alias=True)


def written(content: Any) -> bytes:
    """`content` as JSON in UTF-8; raises TypeError for a value without a form in JSON."""
    return orjson.dumps(content, default=_number)


def _number(value: Any) -> orjson.Fragment:
    if isinstance(value, Decimal) and value.is_finite():
        return orjson.Fragment(f"{value:f}")
    raise TypeError(f"{type(value).__name__} has no form in JSON")
