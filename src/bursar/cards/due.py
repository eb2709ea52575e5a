"""The work that cards cause, by kind of job. Pure."""

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from bursar.kernel.due import Payload


@dataclass(frozen=True, slots=True)
class RegisterCard(Payload):
    """Have the issuer make the card of a paid order."""

    kind: ClassVar[str] = "cards.register"
    order_id: int


@dataclass(frozen=True, slots=True)
class RechargeCard(Payload):
    """Have the issuer put a paid recharge onto its card."""

    kind: ClassVar[str] = "cards.recharge"
    order_id: int


@dataclass(frozen=True, slots=True)
class RedeemCard(Payload):
    """Return the balance of a card that is cancelled, or take its debt, once nothing is under way on it."""

    kind: ClassVar[str] = "cards.redeem"
    card_id: int


@dataclass(frozen=True, slots=True)
class ReconcileCard(Payload):
    """Compare a card with the issuer's state of it."""

    kind: ClassVar[str] = "cards.look_at_issuer"
    card_id: int


@dataclass(frozen=True, slots=True)
class TakeMonthlyFee(Payload):
    """Take the fee of the month that is the `month`th since the card was made at `since`."""

    kind: ClassVar[str] = "cards.take_monthly_fee"
    card_id: int
    since: datetime
    month: int


@dataclass(frozen=True, slots=True)
class ExpireAuthorization(Payload):
    """Give back the rest of a hold that nobody has claimed."""

    kind: ClassVar[str] = "cards.expire_authorization"
    transaction_id: int
