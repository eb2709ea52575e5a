"""Refusals of operations on cards and their orders."""

from bursar.kernel.errors import Conflict, LimitReached, NotFound, Refused
from bursar.kernel.money import Money


class CustomerHasManyCards(LimitReached):
    """More cards than one operation freezes: freeze some of them by themselves first."""

    most: int


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


class CardExpired(Refused):
    """The card's printed month is over."""

    card_id: int


class CardNotIssuedYet(Refused):
    """The issuer has not made the card yet."""

    card_id: int
    status: str


class CardLockedAlready(Refused):
    """The card is locked already."""

    card_id: int
    status: str


class CardNotLocked(Refused):
    """The card is not locked."""

    card_id: int
    status: str


class CardIsCancelled(Refused):
    """The card is cancelled, or about to be."""

    card_id: int
    status: str


class CardOperationNotNow(Refused):
    """The card's status does not allow it."""

    card_id: int
    status: str


class CardOperationNotOffered(Refused):
    """The card's product does not offer it."""

    product_id: str
    operation: str


class LockingFailed(Refused):
    """The issuer did not lock the card."""

    card_id: int


class UnlockingFailed(Refused):
    """The issuer did not say whether it unlocked the card."""

    card_id: int


class IssuerLeftItLocked(Refused):
    """The issuer refused to unlock the card."""

    card_id: int


class CancellationFailed(Refused):
    """The issuer did not cancel the card."""

    card_id: int


class CardIsVirtual(Refused):
    """There is no piece of plastic: nothing to activate or to send."""

    card_id: int


class ActivationCodeWrong(Refused):
    """The activation code is another one."""

    card_id: int


class ActivationLockedOut(LimitReached):
    """Too many wrong activation codes in a row; later it can be tried again."""

    card_id: int


class ActivationFailed(Refused):
    """The issuer did not activate the card."""

    card_id: int


class PinsDiffer(Refused):
    """The transaction password and its repetition are not the same."""


class PinMalformed(Refused):
    """A transaction password is six digits."""


class PinNotChanged(Refused):
    """The issuer did not take the transaction password."""

    card_id: int


class ShipmentUnknown(NotFound):
    """Nothing is known of the card's way to its holder."""

    card_id: int


class ChallengeOfAnotherCard(Refused):
    """The 3-D Secure challenge belongs to another card."""

    card_id: int


class ChallengeCodeMissing(Refused):
    """This challenge is confirmed with a code."""


class ChallengeAnswerMissing(Refused):
    """This challenge is confirmed or rejected in so many words."""


class ChallengeCodeWrong(Refused):
    """The code is wrong, has expired, was tried too often, or there never was one."""

    challenge_id: int


class ChallengeAnswered(Refused):
    """The challenge has been answered already."""

    challenge_id: int
    status: str


class ChallengeFailed(Refused):
    """The issuer did not take the answer to the challenge."""

    challenge_id: int


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


class OrderNotUnderWay(Refused):
    """The order has not been paid, or has ended."""

    order_id: int
    status: str


class PaymentFailed(Refused):
    """The payment could not be carried out; nothing was taken."""

    order_id: int


class CardDetailsMissing(Refused):
    """There is no number to show yet."""

    card_id: int


class TransactionNotInState(Refused):
    """The transaction does not allow this in its present state."""

    transaction_id: int
    status: str


class NothingLeft(Conflict):
    """Nothing is left of the transaction that a fact without an amount could be about."""

    transaction_id: int


class ReferenceConflict(Conflict):
    """The network has used the reference for something else; nothing is booked, and an operator looks at it."""

    card_id: int
    reference: str


class NetworkFactUnknown(NotFound):
    """Nothing that an operator has to look at has this number."""

    fact_id: int


class BillsTooOld(Refused):
    """Bills are kept for listing for a limited time."""

    days: int
