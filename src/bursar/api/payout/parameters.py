"""Reads parameters from a query or a body, as plain values without NUL and without half of a surrogate pair.

Numbers with a fraction come as Decimal. Raises Refusal for text in another form; the meaning of parameters is the
schemas' business.
"""

import json
from collections.abc import Iterator
from decimal import Decimal, InvalidOperation
from typing import Any, Final, NoReturn
from urllib.parse import parse_qsl

from bursar.api.limits import USUAL, has_more_nodes
from bursar.api.payout.codes import Code, Refusal

QUERY_FIELDS_MAX: Final = 64
DEPTH_MAX: Final = 16
"""Objects and arrays inside one another."""
NUMBER_LENGTH_MAX: Final = 64
"""Characters of one number."""


def of_query(raw: bytes) -> dict[str, Any]:
    """Parameters of a GET; of one that stands twice the last counts."""
    try:
        pairs = parse_qsl(
            raw.decode("ascii"),
            keep_blank_values=True,
            encoding="utf-8",
            errors="strict",
            max_num_fields=QUERY_FIELDS_MAX,
        )
    except ValueError:
        raise Refusal(Code.PARAMETER_INVALID) from None
    return _storable(dict(pairs))


def of_json(raw: bytes, nodes: int = USUAL.nodes) -> dict[str, Any]:
    """Parameters of a POST with at most so many nodes; an empty body has none."""
    if not raw.strip():
        return {}
    if has_more_nodes(raw, nodes):
        raise Refusal(Code.PARAMETER_INVALID)
    try:
        value = _DECODER.decode(raw.decode("utf-8"))
    except (ValueError, RecursionError):
        raise Refusal(Code.PARAMETER_INVALID) from None
    if not isinstance(value, dict):
        raise Refusal(Code.PARAMETER_INVALID)
    return _storable(value)


def of_form(fields: dict[str, str | bytes]) -> dict[str, Any]:
    """Parameters of an upload, with the file as bytes."""
    return _storable(dict(fields))


def _storable(parameters: dict[str, Any]) -> dict[str, Any]:
    for depth, node in _walk(parameters):
        if depth > DEPTH_MAX or (isinstance(node, str) and not _is_storable(node)):
            raise Refusal(Code.PARAMETER_INVALID)
    return parameters


def _is_storable(text: str) -> bool:
    """PostgreSQL's text holds no NUL, and half of a surrogate pair has no UTF-8 form."""
    return "\x00" not in text and (text.isascii() or not any("\ud800" <= character <= "\udfff" for character in text))


def _walk(root: Any) -> Iterator[tuple[int, Any]]:
    """Every key and value with its depth, without recursion."""
    waiting = [(1, root)]
    while waiting:
        depth, node = waiting.pop()
        yield depth, node
        if isinstance(node, dict):
            waiting.extend((depth + 1, child) for pair in node.items() for child in pair)
        elif isinstance(node, list):
            waiting.extend((depth + 1, child) for child in node)


def _whole(text: str) -> int:
    if len(text) > NUMBER_LENGTH_MAX:
        raise ValueError("a number is too long")
    return int(text)


def _fraction(text: str) -> Decimal:
    if len(text) > NUMBER_LENGTH_MAX:
        raise ValueError("a number is too long")
    try:
        return Decimal(text)
    except InvalidOperation:  # an exponent beyond what a Decimal can hold
        raise ValueError("a number is out of range") from None


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise ValueError("a name stands twice")
    return members


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(name)


_DECODER: Final = json.JSONDecoder(
    object_pairs_hook=_unique, parse_int=_whole, parse_float=_fraction, parse_constant=_refuse_constant
)
