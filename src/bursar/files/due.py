"""The work that files cause, by kind of job. Pure."""

from dataclasses import dataclass
from typing import ClassVar

from bursar.kernel.due import Payload


@dataclass(frozen=True, slots=True)
class ExpireFile(Payload):
    """Remove a file that nothing uses."""

    kind: ClassVar[str] = "files.expire"
    file_id: int
