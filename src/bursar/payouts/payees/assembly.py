"""The room of payees put together: payees, batches of them, and the proof that an STC account is the payee's."""

from dataclasses import dataclass

from bursar.files.service import Files
from bursar.ground import Ground
from bursar.kernel.due import Handler, Handlers
from bursar.merchants.assembly import MerchantRoom
from bursar.otp.service import Otp
from bursar.payouts.payees.batches import PayeeBatches
from bursar.payouts.payees.due import ApprovePayee, SendCode
from bursar.payouts.payees.ports import OpenOrders, TestAccounts
from bursar.payouts.payees.sealed_rows import RowSealer
from bursar.payouts.payees.service import PayeeDependencies, Payees
from bursar.payouts.payees.stc_codes import StcCodes
from bursar.payouts.payees.verification import Verification


@dataclass(frozen=True, slots=True)
class PayeeRoom:
    """The services of payees."""

    payees: Payees
    batches: PayeeBatches
    verification: Verification

    @property
    def handlers(self) -> Handlers:
        """Handlers of the work that payees cause."""
        return (Handler(SendCode, self.verification.send_due), Handler(ApprovePayee, self.payees.approve_due))


def build_payees(
    ground: Ground, merchants: MerchantRoom, files: Files, otp: Otp, tests: TestAccounts, orders: OpenOrders
) -> PayeeRoom:
    """The room on this ground; the codes that STC accounts are proven by are one-time passwords."""
    parts = PayeeDependencies(ground, merchants.merchants, files, tests, orders, merchants.payout)
    verification = Verification(ground, StcCodes(otp), RowSealer(ground.vault, tests))
    payees = Payees(parts, verification)
    return PayeeRoom(payees, PayeeBatches(parts, payees), verification)
