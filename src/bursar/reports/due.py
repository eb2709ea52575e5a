"""The work that reports cause, by kind of job. Pure."""

from dataclasses import dataclass
from typing import ClassVar

from bursar.kernel.due import Payload


@dataclass(frozen=True, slots=True)
class MakeReport(Payload):
    """Make a report that was asked for."""

    kind: ClassVar[str] = "reports.make"
    report_id: int


@dataclass(frozen=True, slots=True)
class PlanCloses(Payload):
    """Have the close of the day made that is over, and plan for the next day."""

    kind: ClassVar[str] = "reports.plan_closes"
