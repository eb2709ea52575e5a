"""The two keys between the system and a merchant: the operations of each, in either version.

Sealed fields are RSA blocks, concatenated and in Base64. Opening promises that nobody learns from an answer or its time
why a field cannot be opened. All blocks of all fields are decrypted, with any content; a block whose padding is wrong
comes back as other bytes (implicit rejection, in OpenSSL itself, or a substitute here), and those fail the same check
of their content as anything else that is no text. The checks before that, of the form of the Base64 and the number of
blocks, tell the sender nothing new.

Private operations take a third of a millisecond each and belong in threads; which ones is the caller's business.
"""

import base64
import binascii
import secrets
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Final, Self

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from bursar.api.payout.signing import Version, digest

KEY_BITS_MIN: Final = 2048
KEY_BITS_MAX: Final = 4096
BLOCKS_MAX: Final = 64
"""Of one sealed field."""
DIGITS_BELOW: Final = 3
WORDS_BELOW: Final = 6
"""Plaintexts of fewer characters must be digits, and letters or digits, or they count as undecryptable: all the fields
are numbers of something, while the other bytes that a wrong padding gives would pass for a few characters of any kind
once in 400 times; so it is once in 2,000."""

PADDING_BYTES_MIN: Final = 8
_PKCS1: Final = padding.PKCS1v15()
_UNTEXT: Final = b"\xff" * 64
"""Stands in for a block that cannot be decrypted: no UTF-8 text, and nothing next to it makes it one."""


class KeyUnusable(Exception):
    """The text is no RSA public key of an accepted size."""


class Undecryptable(Exception):
    """At least one of the fields cannot be opened; nothing says which or why."""


@dataclass(frozen=True, slots=True)
class SystemKey:
    """The private key that the system has for one merchant."""

    private_key: rsa.RSAPrivateKey = field(repr=False)

    @classmethod
    def from_pem(cls, pem: bytes) -> Self:
        """The key of a PKCS#8 text in PEM, as the vault keeps it."""
        key = serialization.load_pem_private_key(pem, None)
        if not isinstance(key, rsa.RSAPrivateKey):
            raise KeyUnusable
        return cls(key)

    @property
    def public_der(self) -> str:
        """The public half as it is given to the merchant: SubjectPublicKeyInfo in Base64, one line."""
        formats = serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
        return base64.b64encode(self.private_key.public_key().public_bytes(*formats)).decode("ascii")

    def sign(self, version: Version, message: bytes) -> str:
        """The message's signature in Base64."""
        return self.sign_digest(version, digest(version, message))

    def sign_digest(self, version: Version, digested: bytes) -> str:
        """The signature of the message that has this digest."""
        signature = self.private_key.sign(digested, _PKCS1, version.hash)
        return base64.b64encode(signature).decode("ascii")

    def open(self, version: Version, sealed: Sequence[object]) -> list[str]:
        """The fields in clear; raises Undecryptable after all of them were tried."""
        found = [self._text(version, _blocks(field, self.private_key.key_size // 8)) for field in sealed]
        texts = [text for text in found if text is not None]
        if len(texts) != len(found):
            raise Undecryptable
        return texts

    def has_sealed(self, sealed: Sequence[object]) -> bool:
        """True if all blocks of the fields have the padding of PKCS #1 v1.5 (RFC 8017, 7.2.2) under this key.

        `open` cannot tell, by intention. This costs some 50 ms a block, and is for the one question which of two keys
        a merchant has sealed to where both give a plausible text; its answer reaches nobody.
        """
        blocks = [block for field in sealed for block in _blocks(field, self.private_key.key_size // 8)]
        return all(self._is_padded(block) for block in blocks)

    def _is_padded(self, block: bytes) -> bool:
        numbers, size = self.private_key.private_numbers(), self.private_key.key_size // 8
        modulus, exponent = numbers.public_numbers.n, numbers.public_numbers.e
        blind = secrets.randbelow(modulus - 2) + 2
        hidden = pow(int.from_bytes(block) * pow(blind, exponent, modulus) % modulus, numbers.d, modulus)
        plain = (hidden * pow(blind, -1, modulus) % modulus).to_bytes(size)
        end = plain.find(b"\0", 2)
        return plain.startswith(b"\0\2") and end >= PADDING_BYTES_MIN + 2

    def _text(self, version: Version, blocks: Sequence[bytes]) -> str | None:
        plain = b"".join([self._decrypt(version, block) for block in blocks])
        try:
            text = plain.decode("utf-8")
        except UnicodeDecodeError:
            return None
        return text if _is_plausible(text) else None

    def _decrypt(self, version: Version, block: bytes) -> bytes:
        try:
            return self.private_key.decrypt(block, version.sealing)
        except ValueError:
            return _UNTEXT


def open_with(keys: Sequence[SystemKey], version: Version, sealed: Sequence[object]) -> list[str]:
    """The fields in clear, sealed to one of the keys; raises Undecryptable after all of them were tried.

    With short fields a key to which they are not sealed may give a plausible text in place of none, once in 2,000
    times. Where two keys give one, the padding decides.
    """
    found = [(key, texts) for key in keys if (texts := _tried(key, version, sealed)) is not None]
    if len(found) > 1:
        found = [(key, texts) for key, texts in found if key.has_sealed(sealed)] or found[:1]
    if not found:
        raise Undecryptable
    return found[0][1]


def _tried(key: SystemKey, version: Version, sealed: Sequence[object]) -> list[str] | None:
    try:
        return key.open(version, sealed)
    except Undecryptable:
        return None


@dataclass(frozen=True, slots=True)
class MerchantKey:
    """The public key that a merchant has given."""

    public_key: rsa.RSAPublicKey

    @classmethod
    def from_text(cls, text: str) -> Self:
        """From PEM, or SubjectPublicKeyInfo in Base64; raises KeyUnusable."""
        try:
            stripped = text.strip()
            if stripped.startswith("-----"):
                key = serialization.load_pem_public_key(stripped.encode("ascii"))
            else:
                key = serialization.load_der_public_key(base64.b64decode("".join(stripped.split()), validate=True))
        except (ValueError, UnsupportedAlgorithm):
            raise KeyUnusable from None
        if not isinstance(key, rsa.RSAPublicKey) or not KEY_BITS_MIN <= key.key_size <= KEY_BITS_MAX:
            raise KeyUnusable
        return cls(key)

    def verifies(self, version: Version, message: bytes | Iterable[bytes], signature: str) -> bool:
        """True if `signature` is the merchant's under the message, which may come in pieces."""
        try:
            raw = base64.b64decode(signature, validate=True)
            self.public_key.verify(raw, digest(version, message), _PKCS1, version.hash)
        except (binascii.Error, InvalidSignature, ValueError):
            return False
        return True

    def seal(self, version: Version, text: str) -> str:
        """The text so that only the merchant can read it; an empty one stays empty."""
        plain, size = text.encode("utf-8"), self.public_key.key_size // 8 - version.sealing_overhead
        blocks = [plain[start : start + size] for start in range(0, len(plain), size)]
        return base64.b64encode(b"".join([self.public_key.encrypt(block, version.sealing) for block in blocks])).decode(
            "ascii"
        )


def _is_plausible(text: str) -> bool:
    """True if a sender may have sealed this text, whether it is right or wrong."""
    if len(text) < DIGITS_BELOW:
        return text.isascii() and text.isdigit()
    return text.isalnum() if len(text) < WORDS_BELOW else text.isprintable()


def _blocks(sealed: object, size: int) -> Sequence[bytes]:
    """The ciphertext's blocks; none for a text without the form of one, which then opens to nothing."""
    try:
        raw = base64.b64decode(sealed, validate=True) if isinstance(sealed, str) else b""
    except ValueError:
        return []
    if not raw or len(raw) % size or len(raw) > BLOCKS_MAX * size:
        return []
    return [raw[start : start + size] for start in range(0, len(raw), size)]


@lru_cache(maxsize=1024)
def system_key(pem: bytes) -> SystemKey:
    """A system key, parsed once."""
    return SystemKey.from_pem(pem)


@lru_cache(maxsize=1024)
def merchant_key(text: str) -> MerchantKey | None:
    """A merchant's public key, parsed once; None for one that is of no use."""
    try:
        return MerchantKey.from_text(text)
    except KeyUnusable:
        return None
