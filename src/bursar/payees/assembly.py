"""The room of payees put together: payees, batches of them, and the proof that an STC account is the payee's."""

from collections.abc import Mapping
from dataclasses import dataclass

from bursar.kernel.due import Handler
from bursar.otp.service import Otp
from bursar.payees.batches import PayeeBatches
from bursar.payees.sealing import Sealing
from bursar.payees.service import PayeeParts, Payees
from bursar.payees.stc_codes import StcCodes
from bursar.payees.verification import SEND_CODE, Verification


@dataclass(frozen=True, slots=True)
class PayeeRoom:
    """The services of payees."""

    payees: Payees
    batches: PayeeBatches
    verification: Verification

    @property
    def handlers(self) -> Mapping[str, Handler]:
        """Handlers of the work that payees cause, by kind of job."""
        return {SEND_CODE: self.verification.send_due}


def build_payees(parts: PayeeParts, otp: Otp) -> PayeeRoom:
    """The room of these parts; the codes that STC accounts are proven by are one-time passwords."""
    sealing = Sealing(parts.ground.vault, parts.tests)
    verification = Verification(parts.ground, StcCodes(otp), sealing)
    payees = Payees(parts, verification)
    return PayeeRoom(payees, PayeeBatches(parts, payees), verification)
