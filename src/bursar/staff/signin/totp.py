"""Codes of an authenticator (RFC 6238: SHA-1, six digits, steps of 30 s), as common programs show them. Pure."""

import base64
import binascii
import hmac
import secrets
from datetime import datetime
from typing import Final

from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.twofactor.totp import TOTP

SECRET_BYTES: Final = 20
"""RFC 4226 recommends 160 bits."""
DIGITS: Final = 6
STEP_S: Final = 30
AROUND: Final = (0, -1, 1)
"""Steps whose codes count besides the present one's: clocks of telephones are not exact, and typing takes time."""
ISSUER: Final = "Bursar"


def new_secret() -> str:
    """A secret in Base32, as it is typed or shown as a picture."""
    return base64.b32encode(secrets.token_bytes(SECRET_BYTES)).decode()


def read_secret(text: str) -> bytes | None:
    """The bytes of a secret that `new_secret` made; None for any other text."""
    try:
        secret = base64.b32decode(text)
    except (binascii.Error, ValueError):
        return None
    return secret if len(secret) == SECRET_BYTES else None


def uri_of(secret: str, account: str) -> str:
    """The secret as authenticator programs read it from a picture."""
    return _totp(base64.b32decode(secret)).get_provisioning_uri(account, ISSUER)


def find_step(secret: bytes, code: str, now: datetime) -> int | None:
    """The step whose code it is, near `now`."""
    present = int(now.timestamp()) // STEP_S
    totp = _totp(secret)
    for step in (present + apart for apart in AROUND):
        if hmac.compare_digest(totp.generate(step * STEP_S), code.encode()):
            return step
    return None


def _totp(secret: bytes) -> TOTP:
    return TOTP(secret, DIGITS, SHA1(), STEP_S)  # noqa: S303 - what authenticators compute
