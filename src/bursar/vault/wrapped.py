"""Master keys that stand in the settings wrapped: only a key inside a hardware module opens one. Pure.

The text is `wrapped:LABEL:BASE64`. The label names the module's key, so that another one may take its place, and is
bound to the wrap; what is wrapped are the 32 bytes of a master key.
"""

import base64
import binascii
import re
from dataclasses import dataclass
from typing import Final
from urllib.parse import parse_qs, unquote

from bursar.vault.errors import KeyModuleMalformed, WrappedKeyMalformed
from bursar.vault.master import KEY_BYTES, NONCE_BYTES, read_master_key

PREFIX: Final = "wrapped:"
TAG_BYTES: Final = 16
SEALED_BYTES: Final = NONCE_BYTES + KEY_BYTES + TAG_BYTES
_LABEL: Final = re.compile(r"[A-Za-z0-9._-]{1,64}", re.ASCII)
_SCHEME: Final = "pkcs11:"


@dataclass(frozen=True, slots=True)
class WrappedKey:
    """A master key under a key of a hardware module."""

    label: str
    """Names the module's key."""
    sealed: bytes
    """Nonce, ciphertext and tag of AES-256-GCM."""

    @classmethod
    def read(cls, text: str) -> "WrappedKey":
        """From `wrapped:LABEL:BASE64`; raises WrappedKeyMalformed."""
        label, _, encoded = text.strip().removeprefix(PREFIX).partition(":")
        try:
            sealed = base64.b64decode(encoded, validate=True)
        except (binascii.Error, ValueError):
            raise WrappedKeyMalformed from None
        if not is_label(label) or len(sealed) != SEALED_BYTES:
            raise WrappedKeyMalformed
        return cls(label, sealed)

    def __str__(self) -> str:
        return f"{PREFIX}{self.label}:{base64.b64encode(self.sealed).decode()}"


GivenKey = bytes | WrappedKey
"""A master key as a setting has it."""


@dataclass(frozen=True, slots=True)
class GivenKeys:
    """The master keys of the settings: the present one, and the one before while the install moves."""

    current: GivenKey
    previous: GivenKey | None = None

    def __repr__(self) -> str:
        return "GivenKeys()"

    @property
    def is_wrapped(self) -> bool:
        """True where a hardware module has to open one of them."""
        return isinstance(self.current, WrappedKey) or isinstance(self.previous, WrappedKey)


@dataclass(frozen=True, slots=True)
class ModulePlace:
    """A token in a hardware module: a PKCS#11 URI (RFC 7512) of its label and the path of the vendor's library."""

    module: str
    token: str

    @classmethod
    def read(cls, uri: str) -> "ModulePlace":
        """From `pkcs11:token=LABEL?module-path=PATH`; raises KeyModuleMalformed, also for attributes beyond these."""
        if not uri.startswith(_SCHEME):
            raise KeyModuleMalformed
        path, _, query = uri.removeprefix(_SCHEME).partition("?")
        name, _, token = path.partition("=")
        asked = parse_qs(query)
        if name != "token" or not token or ";" in path or asked.keys() != {"module-path"}:
            raise KeyModuleMalformed
        return cls(asked["module-path"][-1], unquote(token))


def is_label(text: str) -> bool:
    """True for a label that a module's key may have here."""
    return _LABEL.fullmatch(text) is not None


def read_given_key(text: str) -> GivenKey:
    """A master key from a setting, in Base64 or wrapped; raises MasterKeyInvalid or WrappedKeyMalformed."""
    return WrappedKey.read(text) if text.strip().startswith(PREFIX) else read_master_key(text)
