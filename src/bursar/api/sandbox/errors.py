"""Why a control call is not carried out."""

import re

from bursar.kernel.errors import BrokenInvariant, Conflict, Fact, LimitReached, NotFound, Refused, Unavailable

STATUS = {
    Refused: 409, NotFound: 404, Conflict: 409, LimitReached: 429, Unavailable: 503, BrokenInvariant: 500,
}  # fmt: skip


class ControlRefusal(Exception):
    """A call that makes no sense as it stands."""

    def __init__(self, status: int, error: str, detail: str) -> None:
        super().__init__(error)
        self.status = status
        self.error = error
        self.detail = detail


def refusal_of(fact: Fact) -> ControlRefusal:
    """A fact of the domain as an answer: its name in snake case, and its sentence with its fields."""
    name = re.sub(r"(?<!^)(?=[A-Z])", "_", type(fact).__name__).lower()
    status = next(status for family, status in STATUS.items() if isinstance(fact, family))
    return ControlRefusal(status, name, f"{fact} {fact!r}")
