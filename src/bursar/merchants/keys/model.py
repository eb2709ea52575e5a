"""The keys of merchants as values. Pure.

A key names its merchant in a request. One of the card API has a secret, by which requests are signed; both kinds may
have a public key of the merchant's, to which answers and pushes are sealed, and by which the payout API verifies
requests. Settings that a key does not have are the merchant's.
"""

import base64
import binascii
import secrets
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from bursar.merchants.keys.errors import PublicKeyUnusable

SLOTS: Final = (1, 2)
"""The places of keys of one API that live at once."""
PUBLIC_KEY_CHARS_MAX: Final = 8_192
RSA_BITS_MIN: Final = 2_048
RSA_BITS_MAX: Final = 8_192
KEY_BYTES: Final = 16
SECRET_BYTES: Final = 32


class Api(StrEnum):
    """An API that merchants call."""

    CARD = "card"
    PAYOUT = "payout"


PREFIXES: Final = {Api.CARD: "sk", Api.PAYOUT: "pk"}


class KeyStatus(StrEnum):
    """The standing of a key."""

    LIVE = "live"
    EXPIRED = "expired"
    REVOKED = "revoked"


@dataclass(frozen=True, slots=True)
class MerchantKey:
    """A key as its merchant's engineers and the staff see it."""

    merchant_id: int
    id: int
    api: Api
    key: str
    public_key: str | None
    """Its own; None: the merchant's."""
    slot: int | None
    created_at: datetime
    created_by: str
    expires_at: datetime | None
    shown_at: datetime | None
    revoked_at: datetime | None
    first_used_at: datetime | None
    """The first request with a good signature."""
    last_used_at: datetime | None
    """The newest, to the minute."""
    last_used_from: str | None
    """The address of a request at about that time."""

    def status(self, now: datetime) -> KeyStatus:
        """The standing at an instant."""
        if self.revoked_at is not None:
            return KeyStatus.REVOKED
        return KeyStatus.EXPIRED if self.expires_at is not None and self.expires_at <= now else KeyStatus.LIVE


@dataclass(frozen=True, slots=True)
class NewKey:
    """A key before it is there."""

    api: Api
    key: str
    secret: str | None
    public_key: str | None
    expires_at: datetime | None = None


def new_key(
    api: Api,
    *,
    live: bool,
    public_key: str | None = None,
    expires_at: datetime | None = None,
    secret: str | None = None,
) -> NewKey:
    """A key of random text, for a live install or a sandbox; one of the card API has a secret."""
    name = f"{PREFIXES[api]}_{'live' if live else 'sandbox'}_{secrets.token_hex(KEY_BYTES)}"
    secret = secrets.token_urlsafe(SECRET_BYTES) if api is Api.CARD else None
    return NewKey(api, name, secret, public_key, expires_at)


def read_public_key(text: str) -> str:
    """A public key as it is stored: SubjectPublicKeyInfo in Base64, one line. Raises PublicKeyUnusable."""
    if len(text) > PUBLIC_KEY_CHARS_MAX:
        raise PublicKeyUnusable(f"longer than {PUBLIC_KEY_CHARS_MAX} characters")
    try:
        key = serialization.load_der_public_key(_der(text.strip()))
    except (ValueError, UnsupportedAlgorithm, binascii.Error):
        raise PublicKeyUnusable("no public key can be read from it") from None
    if not isinstance(key, rsa.RSAPublicKey) or not RSA_BITS_MIN <= key.key_size <= RSA_BITS_MAX:
        raise PublicKeyUnusable(f"it is not RSA of {RSA_BITS_MIN} to {RSA_BITS_MAX} bits")
    der = key.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    return base64.b64encode(der).decode("ascii")


def _der(text: str) -> bytes:
    if not text.startswith("-----BEGIN PUBLIC KEY-----"):
        return base64.b64decode("".join(text.split()), validate=True)
    lines = text.splitlines()
    if lines[-1].strip() != "-----END PUBLIC KEY-----":
        raise ValueError
    return base64.b64decode("".join("".join(lines[1:-1]).split()), validate=True)
