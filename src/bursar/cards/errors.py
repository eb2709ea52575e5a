"""Why something cannot be done with a card or its orders."""

from bursar.kernel.errors import Conflict, NotFound, Refused
from bursar.kernel.money import Money


class CardUnknown(NotFound):
    """The merchant has no such card."""

    card_id: int


class OrderUnknown(NotFound):
    """The merchant has no such order."""

    order: str


class CardTransactionUnknown(NotFound):
    """There is no such card transaction."""

    transaction_id: int


class CoinNotAccepted(Refused):
    """Cards are paid with USDT only."""

    coin: str


class CardCannotBeRecharged(Refused):
    """The card's status does not allow recharging."""

    card_id: int
    status: str


class CardNotIssuedYet(Refused):
    """The issuer has not made the card yet."""

    card_id: int


class RechargeNotOffered(Refused):
    """The card's product does not offer recharging."""

    product_id: str


class RechargeRangeUnset(Refused):
    """The card's product has no recharge range."""

    product_id: str


class RechargeOutOfRange(Refused):
    """The amount is outside what the product and the rate allow at once."""

    minimum: Money
    maximum: Money


class OrderPaid(Conflict):
    """The order is paid already."""

    order_id: int


class OrderNotPayable(Refused):
    """The order's status does not allow paying it."""

    order_id: int
    status: str


class PaymentFailed(Refused):
    """The payment could not be carried out; nothing was taken."""

    order_id: int


class CardDetailsMissing(Refused):
    """There is no number to show yet."""

    card_id: int


class TransactionNotInState(Refused):
    """What was asked of the transaction is not possible in its present state."""

    transaction_id: int
    status: str


class RefundTooLarge(Refused):
    """More would be refunded than was paid."""

    transaction_id: int
    left: Money


class BillsTooOld(Refused):
    """Bills are kept for listing for a limited time."""

    days: int
