"""Reads a JSON request body and keeps the text of every number as the merchant wrote it.

The signature covers numbers as they stand in the body (`100.50` stays `100.50`), and money must never pass through
a float, so a number is read as a `Number`: a string that remembers it was written without quotes.

It promises that whatever it returns can be signed, stored and walked without further care: nesting, the length of a
number and the characters of a text are bounded. It knows nothing of parameters, their names or their codes.

A body can be wrong and still be signed, because the signature is checked before the format. `Parsed.malformed` says
that the body must be refused once the signature has been accepted:

* not JSON, not UTF-8, not an object, nested too deeply: there are no parameters, so nothing of it is signed;
* an object with a key twice, an over-long number or a NUL character: the parameters are those of the last writing.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, NoReturn, TypeAlias

MAX_DEPTH = 32
"""Objects and arrays inside one another, the body itself being the first."""

MAX_NUMBER_CHARS = 1024
"""Characters of one number; far above any amount, and cheap to turn into a `Decimal`."""


class Number(str):
    """A JSON number by its literal text. It equals a string of the same text: ask `isinstance` first."""

    __slots__ = ()


JsonValue: TypeAlias = "Number | str | bool | list[JsonValue] | dict[str, JsonValue] | None"


@dataclass(frozen=True, slots=True)
class Parsed:
    """The parameters of a body, and whether the body must be refused.

    `params` holds the last value of a key that stands twice. `duplicate_key` implies `malformed`.
    """

    params: dict[str, JsonValue] = field(default_factory=dict)
    malformed: bool = False
    duplicate_key: bool = False


def parse_object(raw: bytes) -> Parsed:
    """Read the body of a request; an empty body counts as `{}`. Never raises."""
    if not raw:
        return Parsed()
    try:
        return _parse(raw.decode("utf-8"))
    except (ValueError, RecursionError):
        return Parsed(malformed=True)


def _parse(text: str) -> Parsed:
    try:
        return _judged(text, _STRICT.decode(text), malformed=False)
    except _KeyTwice:
        return _judged(text, _LAST_WINS.decode(text), malformed=True, duplicate_key=True)
    except _NumberTooLong:
        return _judged(text, _LAST_WINS.decode(text), malformed=True)


def _judged(text: str, value: Any, *, malformed: bool, duplicate_key: bool = False) -> Parsed:
    if type(value) is not dict:
        return Parsed(malformed=True)
    if _may_be_deep(text) and not _is_shallow(value):
        return Parsed(malformed=True)
    if "\\u" in text:
        malformed |= _has_unstorable_text(value)
    return Parsed(value, malformed, duplicate_key)


def _may_be_deep(text: str) -> bool:
    """A cheap bound: brackets inside strings are counted too."""
    return text.count("{") + text.count("[") > MAX_DEPTH


def _is_shallow(value: JsonValue) -> bool:
    return all(depth <= MAX_DEPTH for depth, _ in _walk(value))


def _has_unstorable_text(value: JsonValue) -> bool:
    """True if a text holds NUL, which PostgreSQL cannot store.

    Raises UnicodeEncodeError, a ValueError, for half a surrogate pair: it has no UTF-8 form, so it cannot be signed.
    """
    return any(b"\0" in node.encode("utf-8") for _, node in _walk(value) if isinstance(node, str))


def _walk(root: JsonValue) -> Iterator[tuple[int, JsonValue]]:
    """Every key and value with its depth, without recursion."""
    waiting: list[tuple[int, JsonValue]] = [(1, root)]
    while waiting:
        depth, node = waiting.pop()
        yield (depth if isinstance(node, dict | list) else 0), node
        if isinstance(node, dict):
            waiting.extend((depth + 1, key) for key in node)
            waiting.extend((depth + 1, child) for child in node.values())
        elif isinstance(node, list):
            waiting.extend((depth + 1, child) for child in node)


class _KeyTwice(Exception):
    """An object names a key twice."""


class _NumberTooLong(Exception):
    """A number is written with more characters than anybody needs."""


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise _KeyTwice
    return members


def _number(text: str) -> Number:
    if len(text) > MAX_NUMBER_CHARS:
        raise _NumberTooLong
    return Number(text)


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(name)


# Built once: json.loads would build a decoder for each call that brings hooks of its own.
_STRICT = json.JSONDecoder(
    object_pairs_hook=_unique, parse_int=_number, parse_float=_number, parse_constant=_refuse_constant
)
_LAST_WINS = json.JSONDecoder(parse_int=Number, parse_float=Number, parse_constant=_refuse_constant)
