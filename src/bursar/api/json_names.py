"""JSON texts in which an object has a name twice.

Readers differ in which of the two values counts, so that a proxy, a log or a second person may have seen another body
than the one that is carried out. Such a body is refused.
"""

import json
from typing import Any, Final


class _NameTwice(Exception):
    """An object has a name twice."""


def has_name_twice(text: bytes) -> bool:
    """True if an object at any depth has a name twice, whatever escapes it is written with.

    False for a text that is no JSON or too deep to be read: whoever reads it finds that. It takes time in proportion to
    the text; the caller has bounded it.
    """
    try:
        _NAMES.decode(text.decode("utf-8"))
    except _NameTwice:
        return True
    except (ValueError, RecursionError):
        return False
    return False


def _unique(pairs: list[tuple[str, Any]]) -> None:
    if len({name for name, _ in pairs}) != len(pairs):
        raise _NameTwice


def _nothing(_: str) -> None:
    """Numbers are not looked at, however long they are."""


_NAMES: Final = json.JSONDecoder(
    object_pairs_hook=_unique, parse_int=_nothing, parse_float=_nothing, parse_constant=_nothing
)
