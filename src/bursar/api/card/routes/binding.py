"""Binding a customer's email address and phone number by codes."""

from bursar.api.card.call import Call
from bursar.api.card.codes import Code
from bursar.api.card.endpoint import Route
from bursar.api.card.schemas.binding import EMAIL, CodeOut, CodeRequest, EmailBinding, PhoneBinding
from bursar.merchants.model import Permission

route = Route(Permission.CARD)

_EMAIL_CODES = [Code.EMAIL_MALFORMED, Code.EMAIL_DISPOSABLE, Code.EMAIL_TAKEN]
_PHONE_CODES = [
    Code.AREA_CODE_MISSING,
    Code.AREA_CODE_MALFORMED,
    Code.AREA_CODE_REFUSED,
    Code.PHONE_MALFORMED,
    Code.PHONE_TAKEN,
]


@route.post(
    "/customer/code/send",
    encrypted=True,
    mutating=True,
    codes=[
        Code.CUSTOMER_UNKNOWN,
        Code.NOTHING_TO_SEND_TO,
        *_EMAIL_CODES,
        *_PHONE_CODES,
        Code.TOO_FREQUENT,
        Code.OPERATION_FAILED,
    ],
)
async def send_code(call: Call, body: CodeRequest) -> CodeOut:
    """Send a customer a code, to the address or number that is given or else the one that is known."""
    binding = call.services.binding
    if body.channel == EMAIL:
        return CodeOut.of(await binding.send_email_code(call.ctx, body.customer_no, body.email))
    return CodeOut.of(await binding.send_phone_code(call.ctx, body.customer_no, body.global_code, body.phone))


@route.post(
    "/customer/email/bind",
    encrypted=True,
    mutating=True,
    codes=[
        Code.CUSTOMER_UNKNOWN,
        Code.EMAIL_BOUND_ALREADY,
        *_EMAIL_CODES,
        Code.CODE_WRONG,
        Code.EMAIL_BINDING_FAILED,
    ],
)
async def bind_email(call: Call, body: EmailBinding) -> None:
    """Bind an email address with the code that was sent there."""
    await call.services.binding.bind_email(call.ctx, body.customer_no, body.email, body.code)


@route.post(
    "/customer/phone/bind",
    encrypted=True,
    mutating=True,
    codes=[
        Code.CUSTOMER_UNKNOWN,
        Code.PHONE_BOUND_ALREADY,
        *_PHONE_CODES,
        Code.CODE_WRONG,
        Code.PHONE_BINDING_FAILED,
    ],
)
async def bind_phone(call: Call, body: PhoneBinding) -> None:
    """Bind a phone number with the code that was sent there."""
    await call.services.binding.bind_phone(call.ctx, body.customer_no, body.global_code, body.phone, body.code)
