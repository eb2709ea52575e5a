"""One-time passwords, the numbers they go to, and how many may go. Pure."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from bursar.messages.model import ReceiptStatus
from bursar.otp.errors import KindUnknown, MobileMalformed
from bursar.vault.lockout import RollingLimit

CODE_LIVES: Final = timedelta(minutes=5)
"""The life of a one-time password."""
PAUSE: Final = timedelta(seconds=60)
"""The pause of a number between two one-time passwords, unless sending the last one failed."""
TRIES: Final = RollingLimit(wrong_max=5, window=timedelta(hours=1))
"""Wrong ones that a number bears; sending another one gives back none of them."""
SENDING_MAX: Final = timedelta(seconds=60)
"""One still being sent by then was lost with its process; nobody knows whether it went out."""
KEPT_FOR: Final = timedelta(days=30)
"""The retention of one-time passwords; every budget is over by then."""
FORGOTTEN_AT_ONCE: Final = 1_000
"""Rows dropped by one statement."""
SESSION_BYTES: Final = 16
"""A session is this many random bytes in hexadecimal."""
KINDS: Final = frozenset({"stcpay"})
"""The purposes of one-time passwords; all go to a Saudi mobile number."""

_MOBILE: Final = re.compile(r"(?:\+?966|0)?(5[0-9]{8})", re.ASCII)


class OtpStatus(StrEnum):
    """The progress of sending. It happens while the caller waits, so that nobody sees CREATED or PENDING of ours."""

    CREATED = "create"
    PENDING = "pending"
    SENDING = "sending"
    SUCCEEDED = "success"
    FAILED = "fail"
    UNKNOWN = "unknown"


class ReportStatus(StrEnum):
    """The arrival, as far as the network has reported it."""

    PENDING = "pending"
    SUCCEEDED = "success"
    FAILED = "fail"
    UNKNOWN = "unknown"


_REPORTED: Final[Mapping[ReceiptStatus, ReportStatus]] = {
    ReceiptStatus.PENDING: ReportStatus.PENDING,
    ReceiptStatus.DELIVERED: ReportStatus.SUCCEEDED,
    ReceiptStatus.FAILED: ReportStatus.FAILED,
    ReceiptStatus.UNKNOWN: ReportStatus.UNKNOWN,
}


@dataclass(frozen=True, slots=True)
class SentOtp:
    """A one-time password on its way: the session to check it with, and until when."""

    session: str
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class OtpDetail:
    """The standing of a one-time password: its sending and its arrival."""

    session: str
    status: OtpStatus
    report: ReportStatus
    created_at: datetime


@dataclass(frozen=True, slots=True)
class StoredOtp:
    """A one-time password as it is stored; `proof` is a keyed hash of it."""

    id: int
    session: str
    mobile_hash: bytes
    proof: bytes
    status: OtpStatus
    message_id: str | None
    used: bool
    created_at: datetime
    expires_at: datetime

    def is_open(self, now: datetime) -> bool:
        """True while it can be used."""
        return not self.used and now < self.expires_at

    def status_at(self, now: datetime) -> OtpStatus:
        """The progress of sending."""
        lost = self.status is OtpStatus.SENDING and now >= self.created_at + SENDING_MAX
        return OtpStatus.UNKNOWN if lost else self.status


@dataclass(frozen=True, slots=True)
class TestNumbers:
    """Numbers that are sent nothing: their session never changes, and their code is never used up."""

    __test__ = False

    code: str = ""
    sessions: Mapping[str, str] = field(default_factory=dict)
    """By number in E.164."""

    def mobile_of(self, session: str) -> str | None:
        """The mobile number of a session."""
        return next((mobile for mobile, known in self.sessions.items() if known == session), None)


def read_mobile(text: str) -> str:
    """A Saudi mobile number in E.164, from 5xxxxxxxx, 05xxxxxxxx, 9665xxxxxxxx or +9665xxxxxxxx; raises
    MobileMalformed."""
    found = _MOBILE.fullmatch(text)
    if not found:
        raise MobileMalformed
    return f"+966{found[1]}"


def check_kind(kind: str) -> None:
    """Raises KindUnknown."""
    if kind not in KINDS:
        raise KindUnknown(kind)


def report_of(status: OtpStatus, receipt: ReceiptStatus | None) -> ReportStatus:
    """The report of an arrival; nothing arrives that was not sent."""
    if status is OtpStatus.FAILED:
        return ReportStatus.FAILED
    if status is OtpStatus.UNKNOWN:
        return ReportStatus.UNKNOWN
    return _REPORTED[receipt] if receipt is not None else ReportStatus.PENDING
