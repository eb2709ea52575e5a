"""One-time passwords on the wire."""

from typing import Annotated

from pydantic import BeforeValidator, StringConstraints, WithJsonSchema

from bursar.api.payout.schemas.wire import Asked, InstantOut, Wire
from bursar.otp.model import OtpDetail

MOBILE_CHARS_MAX = 20
"""Of a mobile number, with what may stand before it."""


def _as_text(value: object) -> object:
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


Mobile = Annotated[
    str,
    BeforeValidator(_as_text),
    StringConstraints(max_length=MOBILE_CHARS_MAX),
    WithJsonSchema({"anyOf": [{"type": "string"}, {"type": "integer"}], "examples": ["512345678"]}),
]
"""A mobile number, as text or as a number."""
SessionId = Annotated[str, StringConstraints(max_length=64)]


class OtpRequest(Asked):
    mobile: Mobile
    appname: Annotated[str, StringConstraints(max_length=32)]
    type: Annotated[str, StringConstraints(max_length=32)] = "stcpay"


class OtpCheck(Asked):
    mobile: Mobile
    code: Annotated[str, StringConstraints(pattern="^[0-9]{6}$")]
    sessionid: SessionId


class OtpQuery(Asked):
    mobile: Mobile
    sessionid: SessionId


class OtpSentOut(Wire):
    mobile: str
    appname: str
    sessionid: str


class OtpDetailOut(Wire):
    mobile: str
    sessionid: str
    status: str
    reportstatus: str
    created_at: InstantOut

    @classmethod
    def of(cls, mobile: str, detail: OtpDetail) -> "OtpDetailOut":
        return cls(
            mobile=mobile,
            sessionid=detail.session,
            status=detail.status.value,
            reportstatus=detail.report.value,
            created_at=detail.created_at,
        )
