"""The work that statements cause, by kind of job. Pure."""

from dataclasses import dataclass
from datetime import date
from typing import ClassVar

from bursar.kernel.due import Payload


@dataclass(frozen=True, slots=True)
class PlanStatements(Payload):
    """Have the statements made that are due on a day, and plan the next day."""

    kind: ClassVar[str] = "statements.plan"
    day: date


@dataclass(frozen=True, slots=True)
class MakeStatement(Payload):
    """Make the statement of a day."""

    kind: ClassVar[str] = "statements.make"
    day: date


@dataclass(frozen=True, slots=True)
class DiscardStatement(Payload):
    """Remove the stored parts of an attempt that was not published."""

    kind: ClassVar[str] = "statements.discard"
    statement_id: int
