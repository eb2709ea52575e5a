"""Work that checks cause. Pure."""

from dataclasses import dataclass
from typing import ClassVar

from bursar.kernel.due import Payload


@dataclass(frozen=True, slots=True)
class CheckBooks(Payload):
    """Recompute all books for a check that somebody has asked for."""

    kind: ClassVar[str] = "accounting.check_books"
    check_id: int
