"""The codes of facts in the card API: one function that renders by the table of `facts.py`."""

from collections.abc import Callable, Mapping
from typing import Final

from pydantic_core import ErrorDetails

from bursar.api.card.codes import Code, Refusal
from bursar.api.card.facts import FACTS
from bursar.kernel.errors import BrokenInvariant, Conflict, Fact, Held, LimitReached, NotFound, Refused, Unavailable

Meaning = Code | Callable[[Fact], Refusal]

FAMILIES: Final[Mapping[type[Fact], Code]] = {
    Held: Code.FORBIDDEN,
    Refused: Code.OPERATION_FAILED,
    NotFound: Code.DATA_UNKNOWN,
    Conflict: Code.OPERATION_FAILED,
    LimitReached: Code.OPERATION_FAILED,
    Unavailable: Code.SERVICE_FAULT,
    BrokenInvariant: Code.SERVICE_FAULT,
}
"""The codes of facts without a row, by family; a test holds that there are none."""


def refusal_of(fact: Fact, when: Mapping[type[Fact], Code]) -> Refusal:
    """The answer to a fact; `when` holds the endpoint's own readings."""
    meaning = when.get(type(fact)) or FACTS.get(type(fact))
    if meaning is None:
        return Refusal(next(code for family, code in FAMILIES.items() if isinstance(fact, family)))
    return Refusal(meaning) if isinstance(meaning, Code) else meaning(fact)


def refusal_of_parameter(error: ErrorDetails) -> Refusal:
    """The answer to a parameter that does not fit its schema, with the parameter's JSON name."""
    kind = error["type"]
    if kind == "missing":
        code = Code.PARAMETER_EMPTY
    elif kind.endswith(("_type", "_parsing", "_attributes_type", "pattern_mismatch")):
        code = Code.PARAMETER_FORMAT
    else:
        code = Code.PARAMETER_VALUE
    return Refusal(code, _json_name(error["loc"]))


def _json_name(location: tuple[int | str, ...]) -> str:
    name = ""
    for part in location:
        name += f"[{part}]" if isinstance(part, int) else f".{part}" if name else part
    return name
