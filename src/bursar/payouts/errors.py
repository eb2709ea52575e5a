"""Refusals to make or change a payout."""

from decimal import Decimal

from bursar.kernel.errors import Conflict, NotFound, ProviderRefused, Refused
from bursar.kernel.money import Money


class PayoutUnknown(NotFound):
    """The merchant has no such payment order."""

    payout: str


class PayeeUidTaken(Conflict):
    """There is a payment order with this number already."""

    payee_uid: str


class PayeeUidTwiceInRequest(Conflict):
    """The number stands in the request before."""

    payee_uid: str


class PayoutBatchExists(Conflict):
    """A batch of this number was taken already."""

    batch_id: str


class PayoutBatchUnknown(NotFound):
    """There is no batch of this number."""

    batch_id: str


class PayoutBatchTooLarge(Refused):
    """The batch has more rows than a batch may have."""

    rows: int
    most: int


class CurrencyNotPaidOut(Refused):
    """Payouts are not made in this currency."""

    currency: str


class MethodNotSupported(Refused):
    """Payouts are not made this way, or not in this currency."""

    method: str


class AmountNotPositive(Refused):
    """Nothing would be paid: the amount is zero or below, or the fee eats it up."""

    amount: Decimal


class AmountTooSmall(Refused):
    """The amount is below the smallest one of the currency."""

    smallest: Money


class AddressOrSwiftMissing(Refused):
    """A payout abroad needs the payee's address or SWIFT code; one of them is enough."""

    payee_id: int


class BalanceUnusable(Refused):
    """The merchant's account for this currency is frozen, closed, or not there."""

    currency: str


class BalanceTooLow(Refused):
    """The merchant's account holds less than the payout takes."""

    currency: str


class PayoutNotInState(Refused):
    """The order's status does not allow it."""

    payout_id: int
    status: str


class RailRefusedCancel(Refused):
    """The rail does not stop the order any more, or does not answer."""

    payout_id: int


class PaymentUnfit(ProviderRefused):
    """The rail cannot carry a payment as it stands, for a reason that the merchant is told."""

    reason: str


class RateMissing(Refused):
    """There is no rate to take the payout from another currency."""

    source: str
    target: str


class ContradictionUnknown(NotFound):
    """No contradiction with this number waits for an operator."""

    contradiction_id: int
