"""The work that the desk causes, by kind of job. Pure."""

from dataclasses import dataclass
from typing import ClassVar

from bursar.kernel.due import Payload


@dataclass(frozen=True, slots=True)
class ReadDocument(Payload):
    """Read the photos of a verification, for the person who decides on it."""

    kind: ClassVar[str] = "kyc.read_document"
    kyc_id: int
