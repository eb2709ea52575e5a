"""The effect of each event on a card, an order, an authorization and a 3-D Secure challenge: one table for each. Pure.

Every operation asks its table and nothing else: an event leads from the present status to the next one, or there is a
refusal. Each pair of event and status has exactly one answer. The page of state machines is drawn from these tables.

The tables refuse to know the caller, the price, and the operations that the card's product offers.
"""

from enum import StrEnum
from typing import Final

from bursar.cards.errors import (
    CardCannotBeRecharged,
    CardIsCancelled,
    CardLockedAlready,
    CardNotIssuedYet,
    CardNotLocked,
    CardOperationNotNow,
    ChallengeAnswered,
    OrderNotPayable,
    OrderNotUnderWay,
    OrderPaid,
    TransactionNotInState,
)
from bursar.cards.model import AuthorizationStatus, CardStatus, ChallengeStatus, OrderStatus
from bursar.kernel.errors import Fact
from bursar.kernel.states import Refusal, StateTable, Step, stays

# ── cards ────────────────────────────────────────────────────────────────────────────────────────────────────────


class CardEvent(StrEnum):
    """The events of a card: reports, and requests for it."""

    ISSUED = "issued"
    ISSUED_INACTIVE = "issued_inactive"
    """Made, but it must be activated by its holder: a physical card."""
    REFUSED = "refused"
    ACTIVATE = "activate"
    LOCK = "lock"
    UNLOCK = "unlock"
    CANCEL = "cancel"
    REDEEM = "redeem"
    """The balance goes back to the merchant, once nothing is under way any more."""
    FREEZE = "freeze"
    UNFREEZE = "unfreeze"
    UNFREEZE_LOCKED = "unfreeze_locked"
    """It was locked when it was frozen, and is again."""
    UNFREEZE_INACTIVE = "unfreeze_inactive"
    """It was not activated yet when it was frozen."""
    RECHARGE = "recharge"
    SPEND = "spend"
    CHALLENGE = "challenge"
    """A shop asks for 3-D Secure."""
    SET_PIN = "set_pin"
    TAKE_FEE = "take_fee"
    SHIP = "ship"


_C = CardStatus
_NOT_ISSUED: Final[dict[CardStatus, Refusal]] = {_C.PROCESSING: CardNotIssuedYet, _C.FAILED: CardNotIssuedYet}
_CANCELLED: Final[dict[CardStatus, Refusal]] = {_C.CANCELLING: CardIsCancelled, _C.CANCELLED: CardIsCancelled}
_ISSUED: Final = tuple(status for status in _C if status not in _NOT_ISSUED)

CARD: Final[StateTable[CardStatus, CardEvent]] = StateTable(
    "card",
    tuple(_C),
    {_C.PROCESSING: "its opening is paid"},
    {
        CardEvent.ISSUED: Step({_C.PROCESSING: _C.NORMAL}, CardOperationNotNow),
        CardEvent.ISSUED_INACTIVE: Step({_C.PROCESSING: _C.PENDING_ACTIVATION}, CardOperationNotNow),
        CardEvent.REFUSED: Step({_C.PROCESSING: _C.FAILED}, CardOperationNotNow),
        CardEvent.ACTIVATE: Step({_C.PENDING_ACTIVATION: _C.NORMAL}, CardOperationNotNow, _NOT_ISSUED),
        CardEvent.LOCK: Step(
            {_C.NORMAL: _C.LOCKED},
            CardOperationNotNow,
            {_C.LOCKED: CardLockedAlready, **_CANCELLED, **_NOT_ISSUED},
        ),
        CardEvent.UNLOCK: Step({_C.LOCKED: _C.NORMAL}, CardNotLocked, {**_CANCELLED, **_NOT_ISSUED}),
        CardEvent.CANCEL: Step(
            {_C.PENDING_ACTIVATION: _C.CANCELLING, _C.NORMAL: _C.CANCELLING, _C.LOCKED: _C.CANCELLING},
            CardOperationNotNow,
            {**_CANCELLED, **_NOT_ISSUED},
        ),
        CardEvent.REDEEM: Step({_C.CANCELLING: _C.CANCELLED, **stays(_C.CANCELLED)}, CardOperationNotNow, _NOT_ISSUED),
        CardEvent.FREEZE: Step(
            {_C.PENDING_ACTIVATION: _C.FROZEN, _C.NORMAL: _C.FROZEN, _C.LOCKED: _C.FROZEN},
            CardOperationNotNow,
            _NOT_ISSUED,
        ),
        CardEvent.UNFREEZE: Step({_C.FROZEN: _C.NORMAL}, CardOperationNotNow, _NOT_ISSUED),
        CardEvent.UNFREEZE_LOCKED: Step({_C.FROZEN: _C.LOCKED}, CardOperationNotNow, _NOT_ISSUED),
        CardEvent.UNFREEZE_INACTIVE: Step({_C.FROZEN: _C.PENDING_ACTIVATION}, CardOperationNotNow, _NOT_ISSUED),
        CardEvent.RECHARGE: Step(stays(_C.NORMAL), CardCannotBeRecharged, _NOT_ISSUED),
        CardEvent.SPEND: Step(stays(_C.NORMAL), CardOperationNotNow, _NOT_ISSUED),
        CardEvent.CHALLENGE: Step(stays(_C.NORMAL), CardOperationNotNow, _NOT_ISSUED),
        CardEvent.SET_PIN: Step(stays(_C.NORMAL), CardOperationNotNow, _NOT_ISSUED),
        CardEvent.TAKE_FEE: Step(stays(_C.NORMAL, _C.LOCKED, _C.FROZEN), CardOperationNotNow, _NOT_ISSUED),
        CardEvent.SHIP: Step(stays(*_ISSUED), CardOperationNotNow, _NOT_ISSUED),
    },
)

_UNFREEZING: Final = {
    _C.PENDING_ACTIVATION: CardEvent.UNFREEZE_INACTIVE,
    _C.NORMAL: CardEvent.UNFREEZE,
    _C.LOCKED: CardEvent.UNFREEZE_LOCKED,
}


def unfreezing(frozen_from: CardStatus | None) -> CardEvent:
    """The event by which a card that was frozen in that status returns to it."""
    return _UNFREEZING[frozen_from] if frozen_from else CardEvent.UNFREEZE


# ── orders ───────────────────────────────────────────────────────────────────────────────────────────────────────


class OrderEvent(StrEnum):
    """The events of an order."""

    PAY = "pay"
    SUCCEED = "succeed"
    FAIL = "fail"


_O = OrderStatus


def _paid(order_id: int, _: str) -> Fact:
    return OrderPaid(order_id)


def _order_table(name: str, of: str) -> StateTable[OrderStatus, OrderEvent]:
    return StateTable(
        name,
        tuple(_O),
        {_O.AWAITING_PAYMENT: f"{of} is ordered without paying", _O.PROCESSING: f"{of} is ordered and paid"},
        {
            OrderEvent.PAY: Step(
                {_O.AWAITING_PAYMENT: _O.PROCESSING}, OrderNotPayable, {_O.PROCESSING: _paid, _O.SUCCEEDED: _paid}
            ),
            OrderEvent.SUCCEED: Step({_O.PROCESSING: _O.SUCCEEDED}, OrderNotUnderWay),
            OrderEvent.FAIL: Step({_O.PROCESSING: _O.FAILED}, OrderNotUnderWay),
        },
    )


OPENING: Final = _order_table("opening order", "a card")
RECHARGE: Final = _order_table("recharge order", "a recharge")


# ── authorizations ────────────────────────────────────────────────────────────────────────────────────────────────────


class AuthorizationEvent(StrEnum):
    """The events of an authorization after it was asked for."""

    INCREMENT = "increment"
    CLEAR = "clear"
    """Others will follow, or nothing is held any more."""
    CLEAR_LAST = "clear_last"
    REVERSE = "reverse"
    REVERSE_PART = "reverse_part"
    EXPIRE = "expire"
    REFUND = "refund"


_A = AuthorizationStatus
# What the network reports it has done: accepted in every status, whatever we think of it.
_REPORTED: Final = stays(*_A)

AUTHORIZATION: Final[StateTable[AuthorizationStatus, AuthorizationEvent]] = StateTable(
    "authorization",
    tuple(_A),
    {
        _A.AUTHORISED: "the money is there and the card in use",
        _A.DECLINED: "it is not",
        _A.PAID: "cash is given out",
        _A.CHECKED: "no amount is asked for",
        _A.CLEARED: "the network moves money without asking",
    },
    {
        AuthorizationEvent.INCREMENT: Step(stays(_A.AUTHORISED), TransactionNotInState),
        AuthorizationEvent.CLEAR: Step(_REPORTED, TransactionNotInState),
        AuthorizationEvent.CLEAR_LAST: Step({_A.AUTHORISED: _A.CLEARED}, TransactionNotInState),
        AuthorizationEvent.REVERSE: Step({_A.AUTHORISED: _A.REVERSED, _A.PAID: _A.REVERSED}, TransactionNotInState),
        AuthorizationEvent.REVERSE_PART: Step(_REPORTED, TransactionNotInState),
        AuthorizationEvent.EXPIRE: Step({_A.AUTHORISED: _A.EXPIRED}, TransactionNotInState),
        AuthorizationEvent.REFUND: Step(_REPORTED, TransactionNotInState),
    },
)


# ── 3-D Secure ───────────────────────────────────────────────────────────────────────────────────────────────────


class ChallengeEvent(StrEnum):
    """The answers to a challenge."""

    APPROVE = "approve"
    REJECT = "reject"


_H = ChallengeStatus

CHALLENGE: Final[StateTable[ChallengeStatus, ChallengeEvent]] = StateTable(
    "3-D Secure challenge",
    tuple(_H),
    {_H.OPEN: "a shop asks for it"},
    {
        ChallengeEvent.APPROVE: Step({_H.OPEN: _H.CONFIRMED}, ChallengeAnswered),
        ChallengeEvent.REJECT: Step({_H.OPEN: _H.REJECTED}, ChallengeAnswered),
    },
)

TABLES: Final = (CARD, OPENING, RECHARGE, AUTHORIZATION, CHALLENGE)
