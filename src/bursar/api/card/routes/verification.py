"""The verification password: set, changed, enabled."""

from bursar.api.card.call import Call
from bursar.api.card.codes import Code
from bursar.api.card.endpoint import Route
from bursar.api.card.schemas.verification import PasswordSet, PasswordStatus, PasswordUpdate
from bursar.merchants.model import Permission

route = Route(Permission.CARD, Permission.WALLET)


@route.post(
    "/merchant/verify/password/set",
    encrypted=True,
    mutating=True,
    codes=[
        Code.PASSWORDS_DIFFER,
        Code.VERIFY_PASSWORD_FORMAT,
        Code.VERIFY_PASSWORD_SET_ALREADY,
        Code.VERIFY_PASSWORD_NOT_STORED,
    ],
)
async def set_password(call: Call, body: PasswordSet) -> None:
    """Set the verification password for the first time. It is asked for once it is enabled."""
    await call.services.verification.set(call.ctx, body.password, body.confirm_password)


@route.post(
    "/merchant/verify/password/update",
    encrypted=True,
    mutating=True,
    codes=[
        Code.VERIFY_PASSWORD_NOT_SET,
        Code.PASSWORDS_DIFFER,
        Code.VERIFY_PASSWORD_FORMAT,
        Code.OLD_VERIFY_PASSWORD_WRONG,
        Code.VERIFY_PASSWORD_LOCKED,
        Code.VERIFY_PASSWORD_UNCHANGED,
        Code.VERIFY_PASSWORD_NOT_STORED,
    ],
)
async def update_password(call: Call, body: PasswordUpdate) -> None:
    """Change the verification password."""
    verification = call.services.verification
    await verification.update(call.ctx, body.old_password, body.new_password, body.confirm_password)


@route.post(
    "/merchant/verify/password/status",
    encrypted=True,
    mutating=True,
    codes=[
        Code.VERIFY_PASSWORD_NOT_SET,
        Code.VERIFY_PASSWORD_WRONG,
        Code.VERIFY_PASSWORD_LOCKED,
        Code.VERIFY_PASSWORD_STATUS_SAME,
        Code.VERIFY_PASSWORD_STATUS_NOT_STORED,
    ],
)
async def enable_password(call: Call, body: PasswordStatus) -> None:
    """Have the verification password asked for from now on, or no longer."""
    await call.services.verification.enable(call.ctx, body.enabled, body.password)
