"""One-time passwords that merchants have sent to their customers' phones."""

from bursar.api.payout.call import Call
from bursar.api.payout.codes import Code
from bursar.api.payout.endpoint import Route
from bursar.api.payout.schemas.otp import OtpCheck, OtpDetailOut, OtpQuery, OtpRequest, OtpSentOut
from bursar.merchants.model import Permission

route = Route(Permission.OTP)


@route.post(
    "/otp/sendOtp",
    invalid={"mobile": Code.OTP_NUMBER_MALFORMED, "type": Code.OTP_TYPE_INVALID},
    codes=[
        Code.OTP_SEND_FAILED,
        Code.OTP_GATEWAY_UNREACHABLE,
        Code.OTP_PUSH_FAILED,
        Code.PRODUCT_NAMES_MISSING,
        Code.PRODUCT_NAME_UNKNOWN,
        Code.OTP_TYPE_INVALID,
        Code.OTP_BEING_SENT,
        Code.OTP_NUMBER_MALFORMED,
    ],
)
async def send_otp(call: Call, body: OtpRequest) -> OtpSentOut:
    """Send a one-time password to a mobile number under one of the merchant's product names."""
    sent = await call.services.otp.send(call.ctx, body.mobile, body.appname, body.type)
    return OtpSentOut(mobile=body.mobile, appname=body.appname, sessionid=sent.session)


@route.post(
    "/otp/checkOtp",
    codes=[
        Code.OTP_VERIFICATION_FAILED,
        Code.OTP_EXPIRED,
        Code.OTP_NUMBER_MISMATCH,
        Code.OTP_WRONG,
        Code.OTP_SESSION_UNKNOWN,
    ],
)
async def check_otp(call: Call, body: OtpCheck) -> None:
    """Take the one-time password that was sent, once."""
    await call.services.otp.check(call.ctx, body.mobile, body.code, body.sessionid)


@route.get("/otp/otpDetail", codes=[Code.OTP_NUMBER_MISMATCH, Code.OTP_SESSION_UNKNOWN])
async def otp_detail(call: Call, body: OtpQuery) -> OtpDetailOut:
    """How far sending a one-time password has got."""
    return OtpDetailOut.of(body.mobile, await call.services.otp.detail(call.ctx, body.mobile, body.sessionid))
