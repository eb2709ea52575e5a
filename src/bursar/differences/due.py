"""The work that a restore causes, by kind of job. Pure."""

from dataclasses import dataclass
from typing import ClassVar

from bursar.kernel.due import Payload


@dataclass(frozen=True, slots=True)
class CompareOutside(Payload):
    """Compare the restored database with one place outside: `bank`, or `chain:` and the chain's id."""

    kind: ClassVar[str] = "differences.compare"
    place: str
