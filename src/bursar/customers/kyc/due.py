"""The work that verification of customers causes, by kind of job. Pure."""

from dataclasses import dataclass
from typing import ClassVar

from bursar.kernel.due import Payload


@dataclass(frozen=True, slots=True)
class HandOverVerification(Payload):
    """Hand a verification to the verifier if that was not done."""

    kind: ClassVar[str] = "kyc.hand_over"
    kyc_id: int
