"""The room of merchants put together: who may call, their payout side, and their verification password."""

from dataclasses import dataclass

from bursar.ground import Ground
from bursar.merchants.payout.service import PayoutMerchants
from bursar.merchants.ports import Senders
from bursar.merchants.service import Merchants
from bursar.merchants.verification.service import VerificationPassword


@dataclass(frozen=True, slots=True)
class MerchantRoom:
    """The services of merchants."""

    merchants: Merchants
    payout: PayoutMerchants
    verification: VerificationPassword


def build_merchants(ground: Ground, senders: Senders | None = None) -> MerchantRoom:
    """The room on this ground; `senders` are woken and waited for when a merchant is suspended."""
    merchants = Merchants(ground, senders)
    return MerchantRoom(merchants, PayoutMerchants(ground, merchants), VerificationPassword(ground))
