"""The codes of facts and of faulty parameters in the payout API: one function for each."""

from collections.abc import Mapping
from typing import Final

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from bursar.api.payout.codes import Code, Refusal
from bursar.api.payout.endpoint import Blames, Facts
from bursar.api.payout.facts import FACTS
from bursar.kernel.errors import BrokenInvariant, Conflict, Fact, Held, LimitReached, NotFound, Refused, Unavailable

FAMILIES: Final[Mapping[type[Fact], Code]] = {
    Held: Code.BALANCE_OPERATION_FAILED,
    Refused: Code.OPERATION_FAILED,
    NotFound: Code.DATA_UNKNOWN,
    Conflict: Code.OPERATION_FAILED,
    LimitReached: Code.OPERATION_FAILED,
    Unavailable: Code.FAILED,
    BrokenInvariant: Code.FAILED,
}
"""The codes of facts without a row, by family; a test holds that there are none."""


def refusal_of(fact: Fact, when: Facts) -> Refusal:
    """The answer to a fact; `when` holds the endpoint's own readings."""
    meaning = when.get(type(fact)) or FACTS.get(type(fact))
    if meaning is None:
        return Refusal(next(code for family, code in FAMILIES.items() if isinstance(fact, family)))
    return Refusal(meaning) if isinstance(meaning, Code) else meaning(fact)


def refusal_of_parameters(invalid: ValidationError, missing: Blames, wrong: Blames) -> Refusal:
    """The answer to parameters that do not fit their schema: for one that is missing, or else the first that is wrong.

    A validator may name the code itself (`schemas.wire.blamed`); otherwise `missing` and `wrong` may, by the name.
    """
    errors = invalid.errors(include_url=False, include_input=False)
    absent = next((error for error in errors if error["type"] == "missing"), None)
    if absent is not None:
        return Refusal.of_parameter(missing.get(_name(absent), Code.PARAMETER_MISSING), _name(absent))
    first = errors[0]
    code = Code.__members__.get(first["type"]) or wrong.get(_name(first), Code.PARAMETER_INVALID)
    return Refusal.of_parameter(code, _name(first))


def _name(error: ErrorDetails) -> str:
    """The parameter's own name, without its parents; one that stands for several is named by the validator."""
    blamed = error.get("ctx", {}).get("parameter")
    if blamed is not None:
        return str(blamed)
    names = [part for part in error["loc"] if isinstance(part, str)]
    return names[-1] if names else ""
