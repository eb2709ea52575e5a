"""Codes for binding, on the wire."""

from datetime import datetime
from typing import Annotated

from pydantic import Field

from bursar.api.card.schemas.wire import OR_TEXT, Asked, Id, Text, Wire, milliseconds

EMAIL, PHONE = 1, 2


class CodeRequest(Asked):
    customer_no: Id
    channel: Annotated[int, Field(ge=EMAIL, le=PHONE), OR_TEXT]
    email: Text | None = None
    global_code: Text | None = None
    phone: Text | None = None


class EmailBinding(Asked):
    customer_no: Id
    email: Text
    code: Text = Field(repr=False)


class PhoneBinding(Asked):
    customer_no: Id
    global_code: Text | None = None
    phone: Text
    code: Text = Field(repr=False)


class CodeOut(Wire):
    expired_at: int

    @classmethod
    def of(cls, expires_at: datetime) -> "CodeOut":
        return cls(expired_at=milliseconds(expires_at))
