"""Cards in their holders' hands: activating, locking, cancelling them, their password, and their way by mail."""

from functools import partial

from bursar.api.card.call import Call
from bursar.api.card.codes import Code
from bursar.api.card.endpoint import Route
from bursar.api.card.schemas.cards import CardQuery
from bursar.api.card.schemas.lifecycle import (
    Activation,
    ActivationCodeOut,
    Cancellation,
    CardChange,
    LogisticsOut,
    PinSet,
)
from bursar.cards.errors import CardIsCancelled, CardOperationNotNow, CardOperationNotOffered
from bursar.merchants.model import Permission

route = Route(Permission.CARD)


@route.post(
    "/card/operate/activate",
    encrypted=True,
    mutating=True,
    codes=[
        Code.CARD_UNKNOWN,
        Code.VIRTUAL_NOT_ACTIVATED,
        Code.ACTIVATION_NOT_OFFERED,
        Code.CARD_NOT_ISSUED,
        Code.ACTIVATION_CODE_WRONG,
        Code.ACTIVATION_FAILED,
        Code.OPERATION_NOT_OFFERED,
    ],
    when={CardOperationNotOffered: Code.ACTIVATION_NOT_OFFERED},
)
async def activate(call: Call, body: Activation) -> None:
    """Activate a physical card with the code that came with it."""
    await call.services.lifecycle.activate(call.ctx, body.card_id, body.activation_code)


@route.post(
    "/card/activation/code",
    encrypted=True,
    codes=[Code.CARD_UNKNOWN, Code.VIRTUAL_NOT_ACTIVATED, Code.CARD_NOT_ISSUED, Code.ACTIVATION_NOT_OFFERED],
    when={CardOperationNotOffered: Code.ACTIVATION_NOT_OFFERED},
)
async def activation_code(call: Call, body: CardQuery) -> ActivationCodeOut:
    """The code that came with a physical card, once it is delivered; who saw it is on record."""
    return ActivationCodeOut(activation_code=await call.services.lifecycle.activation_code(call.ctx, body.card_id))


@route.post(
    "/card/operate/lock",
    encrypted=True,
    mutating=True,
    codes=[
        Code.CARD_UNKNOWN,
        Code.CARD_LOCKED,
        Code.CANCELLED_NOT_LOCKABLE,
        Code.CARD_NOT_ISSUED,
        Code.LOCKING_FAILED,
        Code.OPERATION_NOT_OFFERED,
    ],
    when={CardIsCancelled: Code.CANCELLED_NOT_LOCKABLE},
)
async def lock(call: Call, body: CardChange) -> None:
    """Lock a card: nothing can be spent until it is unlocked."""
    await call.services.lifecycle.lock(call.ctx, body.card_id, body.reason)


@route.post(
    "/card/operate/unlock",
    encrypted=True,
    mutating=True,
    codes=[
        Code.CARD_UNKNOWN,
        Code.CARD_NOT_LOCKED,
        Code.CANCELLED_NOT_UNLOCKABLE,
        Code.CARD_NOT_ISSUED,
        Code.UNLOCKING_FAILED,
        Code.ISSUER_LEFT_LOCKED,
        Code.OPERATION_NOT_OFFERED,
    ],
    when={CardIsCancelled: Code.CANCELLED_NOT_UNLOCKABLE},
)
async def unlock(call: Call, body: CardChange) -> None:
    """Unlock a card."""
    await call.services.lifecycle.unlock(call.ctx, body.card_id, body.reason)


@route.post(
    "/card/operate/cancel",
    encrypted=True,
    mutating=True,
    codes=[
        Code.CARD_UNKNOWN,
        Code.CARD_CANCELLED,
        Code.CARD_NOT_ISSUED,
        Code.OPERATION_NOT_OFFERED,
        Code.VERIFY_PASSWORD_WRONG,
        Code.VERIFY_PASSWORD_REQUIRED,
        Code.VERIFY_PASSWORD_LOCKED,
        Code.CANCELLATION_FAILED,
    ],
)
async def cancel(call: Call, body: Cancellation) -> None:
    """Cancel a card for good; what is on it is yours again as soon as nothing is held on it."""
    allow = partial(call.services.verification.check, call.ctx, body.verify_password)
    await call.services.cancellations.cancel(call.ctx, body.card_id, body.reason, allow=allow)


@route.post(
    "/card/password/set",
    encrypted=True,
    mutating=True,
    codes=[
        Code.CARD_UNKNOWN,
        Code.PASSWORDS_DIFFER,
        Code.PIN_NOT_OFFERED,
        Code.CARD_NOT_ISSUED,
        Code.PIN_NOT_NOW,
        Code.PIN_CHANGE_FAILED,
    ],
    when={CardOperationNotOffered: Code.PIN_NOT_OFFERED, CardOperationNotNow: Code.PIN_NOT_NOW},
)
async def set_password(call: Call, body: PinSet) -> None:
    """Set or change a card's transaction password."""
    await call.services.lifecycle.set_pin(call.ctx, body.card_id, body.password, body.confirm_password)


@route.post("/card/logistics/info", encrypted=True, codes=[Code.CARD_UNKNOWN, Code.LOGISTICS_UNKNOWN])
async def logistics(call: Call, body: CardQuery) -> LogisticsOut:
    """Where a physical card is."""
    return LogisticsOut.of(await call.services.logistics.steps(call.ctx, body.card_id))
