"""The work that account statements cause. Pure."""

from dataclasses import dataclass
from typing import ClassVar

from bursar.kernel.due import Payload


@dataclass(frozen=True, slots=True)
class MakeAccountStatement(Payload):
    """Make a statement that was asked for."""

    kind: ClassVar[str] = "reports.make_account_statement"
    statement_id: int
