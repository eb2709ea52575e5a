"""Sessions, links, codes, and the limits of signing in. Pure."""

import re
import secrets
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from bursar.staff.errors import PasswordUnusable
from bursar.staff.model import Status
from bursar.vault.lockout import RollingLimit

LINK_LIVES: Final = timedelta(hours=1)
ENROLMENT_LIVES: Final = timedelta(minutes=15)
"""The time after a link was opened within which ways to sign in are set up."""
SESSION_LIVES: Final = timedelta(hours=12)
SESSION_IDLE: Final = timedelta(minutes=30)
"""The time without a request after which a session is over."""
SEEN_EVERY: Final = timedelta(minutes=1)
"""The newest request of a session, and the last use of a token, are written down at most this often."""
SESSIONS_MAX: Final = 20
"""Sessions of one person; the oldest end when there are more."""
DEVICES_MAX: Final = 50
"""Known devices of one person; those not seen for longest are forgotten."""
CHALLENGE_LIVES: Final = timedelta(minutes=5)
PASSKEYS_MAX: Final = 10
RECOVERY_CODES: Final = 10
KEPT_FOR: Final = timedelta(days=90)
"""The retention of sessions, links and challenges that are over."""
FORGOTTEN_AT_ONCE: Final = 1_000
"""Rows dropped by one statement."""
TRIES: Final = RollingLimit(wrong_max=5, window=timedelta(minutes=15))
"""Wrong tries at an e-mail address, whether somebody of the staff has it or not."""
RESETS: Final = "password reset"
"""The name under which mails with links for new passwords are counted."""
RESETS_ASKED: Final = RollingLimit(wrong_max=3, window=timedelta(hours=1))
"""Such mails to one address, whether somebody has it or not."""
PASSWORD_CHARS_MIN: Final = 12
PASSWORD_CHARS_MAX: Final = 256
CODE_CHARS_MAX: Final = 40
"""Of a second factor as it is typed."""
TOKEN_CHARS_MAX: Final = 200

_SECRET_BYTES: Final = 32
_RECOVERY_BYTES: Final = 5
_NOT_OF_A_CODE: Final = re.compile(r"[\s-]")


class Purpose(StrEnum):
    """The use that a session is for."""

    WORK = "work"
    ENROLMENT = "enrolment"
    """To set up ways to sign in, and nothing else."""


@dataclass(frozen=True, slots=True)
class Rules:
    """An install's own rules of signing in."""

    url: str
    """The address of its pages; passkeys and links lead there."""
    live: bool
    """A password alone is refused, and nobody passes a policy without a second person."""


@dataclass(frozen=True, slots=True)
class Session:
    """A session of somebody, as they see it in a list."""

    id: int
    staff_id: int
    purpose: str
    factors: str
    """The ways in which it was begun: `password+totp`, `passkey`."""
    address: str | None
    device: str | None
    created_at: datetime
    seen_at: datetime
    proved_at: datetime | None
    expires_at: datetime
    ended_at: datetime | None

    def is_open(self, now: datetime) -> bool:
        """True while requests may use it."""
        return self.ended_at is None and now < self.expires_at and now < self.seen_at + SESSION_IDLE


@dataclass(frozen=True, slots=True)
class StoredLink:
    """A one-time link with the hash of its secret."""

    staff_id: int
    proof: bytes
    expires_at: datetime
    used_at: datetime | None

    def is_open(self, now: datetime) -> bool:
        """True while it can be used."""
        return self.used_at is None and now < self.expires_at


@dataclass(frozen=True, slots=True)
class StoredSession:
    """A session with the standing of its person."""

    session: Session
    proof: bytes
    roles: tuple[str, ...]
    status: Status
    of_merchant: int
    """The merchant whose user it is; 0: none."""


@dataclass(frozen=True, slots=True)
class SignedIn:
    """A session has begun."""

    token: str = field(repr=False)
    """The secret by which its requests are known; shown once."""
    session_id: int
    person_id: int
    purpose: Purpose
    expires_at: datetime
    mark: str | None = field(default=None, repr=False)
    """The secret for the device to keep, which tells later that it is known; None where it has one."""
    new_device: bool = False


@dataclass(frozen=True, slots=True)
class Secrets:
    """The stored hashes and secrets that a person's password and authenticator are checked against."""

    password: str | None = field(repr=False)
    totp_secret: bytes | None = field(repr=False)


@dataclass(frozen=True, slots=True)
class Passkey:
    """A passkey of somebody."""

    id: int
    staff_id: int
    credential: bytes
    public_key: bytes
    """Sealed, for this person and credential."""
    sign_count: int
    name: str
    created_at: datetime
    used_at: datetime | None


@dataclass(frozen=True, slots=True)
class Challenge:
    """A challenge for a passkey, with the options that a browser is given."""

    id: int
    options: str
    """JSON, as `navigator.credentials` takes it."""


def new_secret(prefix: str = "") -> str:
    """A secret nobody can foresee, 256 bits behind a prefix."""
    return prefix + secrets.token_urlsafe(_SECRET_BYTES)


def find_id(prefix: str, secret: str) -> int | None:
    """The number in a secret that `new_secret` made with the prefix and the number; None for any other text."""
    number, _, rest = secret.removeprefix(prefix).partition("_")
    fits = secret.startswith(prefix) and rest and len(secret) <= TOKEN_CHARS_MAX
    return int(number) if fits and number.isascii() and number.isdigit() and len(number) < 19 else None


def new_recovery_code() -> str:
    """Ten hexadecimal digits in two halves, 40 bits: with five tries in a quarter of an hour nobody guesses one."""
    text = secrets.token_hex(_RECOVERY_BYTES)
    return f"{text[:5]}-{text[5:]}"


def plain_code(text: str) -> str:
    """A code as it is compared: without spaces and hyphens, in lower case."""
    return _NOT_OF_A_CODE.sub("", text[:CODE_CHARS_MAX]).lower()


def check_password(password: str) -> None:
    """Raises PasswordUnusable. Length is what makes a password strong (NIST SP 800-63B), so nothing else is asked."""
    if not PASSWORD_CHARS_MIN <= len(password) <= PASSWORD_CHARS_MAX:
        raise PasswordUnusable(PASSWORD_CHARS_MIN, PASSWORD_CHARS_MAX)
