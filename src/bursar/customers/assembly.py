"""The room of customers put together: groups, customers, verification of identity (KYC), and binding of contacts."""

from dataclasses import dataclass

from bursar.customers.binding.service import Binding
from bursar.customers.groups.service import Groups
from bursar.customers.kyc.due import HandOverVerification
from bursar.customers.kyc.service import Kyc
from bursar.customers.kyc.verifier import KycVerifier
from bursar.customers.service import Customers
from bursar.files.service import Files
from bursar.ground import Ground
from bursar.kernel.due import Handler, Handlers
from bursar.merchants.service import Merchants
from bursar.messages.assembly import MessageRoom
from bursar.messages.velocity import Velocity


@dataclass(frozen=True, slots=True)
class CustomerRoom:
    """The services of customers."""

    groups: Groups
    customers: Customers
    kyc: Kyc
    binding: Binding

    @property
    def handlers(self) -> Handlers:
        """Handlers of the work that customers cause."""
        return (Handler(HandOverVerification, self.kyc.hand_over),)


def build_customers(
    ground: Ground,
    merchants: Merchants,
    files: Files,
    messages: MessageRoom,
    verifier: KycVerifier,
    velocity: Velocity | None = None,
) -> CustomerRoom:
    """The room on this ground; `velocity` limits the codes that are sent to bind a contact."""
    groups = Groups(ground)
    customers = Customers(ground, merchants, groups)
    return CustomerRoom(
        groups,
        customers,
        Kyc(ground, customers, files, verifier),
        Binding(ground, customers, messages.mail, messages.sms, velocity=velocity),
    )
