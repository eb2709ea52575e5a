"""The room of merchants put together: their keys, their payout side, and their verification password."""

from dataclasses import dataclass

from bursar.ground import Ground
from bursar.merchants.keys.service import MerchantKeys
from bursar.merchants.payout.service import PayoutMerchants
from bursar.merchants.ports import Senders
from bursar.merchants.service import Merchants
from bursar.merchants.verification.service import VerificationPassword


@dataclass(frozen=True, slots=True)
class MerchantRoom:
    """The services of merchants."""

    merchants: Merchants
    payout: PayoutMerchants
    keys: MerchantKeys
    verification: VerificationPassword


def build_merchants(ground: Ground, senders: Senders | None = None) -> MerchantRoom:
    """The room on this ground; `senders` are woken and waited for when a merchant is suspended."""
    merchants = Merchants(ground, senders)
    payout = PayoutMerchants(ground, merchants)
    return MerchantRoom(merchants, payout, MerchantKeys(ground), VerificationPassword(ground))
