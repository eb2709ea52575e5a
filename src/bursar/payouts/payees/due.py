"""The work that payees cause, by kind of job. Pure."""

from dataclasses import dataclass
from typing import ClassVar

from bursar.kernel.due import Payload


@dataclass(frozen=True, slots=True)
class SendCode(Payload):
    """Send the code by which a payee is verified who came in a batch."""

    kind: ClassVar[str] = "payees.send_code"
    payee_id: int


@dataclass(frozen=True, slots=True)
class ApprovePayee(Payload):
    """Approve a payee without an operator, once its screening is done."""

    kind: ClassVar[str] = "payees.approve"
    payee_id: int
