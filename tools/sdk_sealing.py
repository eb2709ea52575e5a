"""Encryption as both APIs have it, written a second time and without chance, for the vectors of the SDKs.

Padding and content keys come from the name of what is sealed, so that the same file is made every time. It is of no
use for anything but test data. Signing and opening are plain uses of `cryptography`; nothing of the service is used.
"""

import base64
import hashlib
import json
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

KEY_BYTES: Final = {"A128GCM": 16, "A192GCM": 24, "A256GCM": 32}
DIGESTS: Final[Mapping[int, str]] = {1: "md5", 2: "sha256"}
"""The hash of each version of the payout API."""
_HASHES: Final[Mapping[int, hashes.HashAlgorithm]] = {1: hashes.MD5(), 2: hashes.SHA256()}
PADDING_BYTES: Final[Mapping[int, int]] = {1: 11, 2: 66}
"""Bytes of each sealed block that its padding takes."""

Pad = Callable[[bytes, int, "Stream"], bytes]
"""A padded message of a length in bytes."""


class Stream:
    """Bytes that look like chance and are always the same for a name."""

    def __init__(self, name: str) -> None:
        self._name, self._count = name, 0

    def take(self, count: int) -> bytes:
        """The next bytes."""
        taken = b""
        while len(taken) < count:
            taken += hashlib.sha256(f"{self._name}/{self._count}".encode()).digest()
            self._count += 1
        return taken[:count]


@dataclass(frozen=True)
class TestKey:
    """A key pair of the vectors."""

    pem: str

    @cached_property
    def private(self) -> rsa.RSAPrivateKey:
        """The private half."""
        key = serialization.load_pem_private_key(self.pem.encode(), None)
        assert isinstance(key, rsa.RSAPrivateKey)
        return key

    @cached_property
    def public_der(self) -> str:
        """SubjectPublicKeyInfo in Base64, one line."""
        return base64.b64encode(self._public(serialization.Encoding.DER)).decode()

    @cached_property
    def kid(self) -> str:
        """Hex SHA-256 of the public key's PEM text."""
        return hashlib.sha256(self._public(serialization.Encoding.PEM)).hexdigest()

    def _public(self, encoding: serialization.Encoding) -> bytes:
        return self.private.public_key().public_bytes(encoding, serialization.PublicFormat.SubjectPublicKeyInfo)

    def sign(self, version: int, line: str) -> str:
        """Base64 of the signature over the hex digest of a line."""
        digested = hashlib.new(DIGESTS[version], line.encode(), usedforsecurity=False).hexdigest().encode()
        return base64.b64encode(self.private.sign(digested, padding.PKCS1v15(), _HASHES[version])).decode()

    def seal(self, version: int, text: str, name: str) -> str:
        """A sealed field: padded blocks under the public key, concatenated, in Base64."""
        plain, size = text.encode(), 256 - PADDING_BYTES[version]
        pad = pkcs1 if version == 1 else oaep("sha256")
        stream = Stream(name)
        blocks = [self.raise_to_public(pad(plain[at : at + size], 256, stream)) for at in range(0, len(plain), size)]
        return base64.b64encode(b"".join(blocks)).decode()

    def raise_to_public(self, padded: bytes) -> bytes:
        """The bare RSA operation."""
        numbers = self.private.public_key().public_numbers()
        return pow(int.from_bytes(padded, "big"), numbers.e, numbers.n).to_bytes(256, "big")

    def token(
        self, plaintext: bytes, name: str, *, header: Mapping[str, Any] | None = None, pad: Pad | None = None
    ) -> str:
        """A compact JWE; `header` replaces or (by None) takes away fields of the proper one."""
        proper = {"alg": "RSA-OAEP-256", "enc": "A128GCM", "kid": self.kid}
        told = {field: value for field, value in {**proper, **(header or {})}.items() if value is not None}
        protected = part(json.dumps(told, separators=(",", ":")).encode())
        stream = Stream(name)
        content_key, iv = stream.take(KEY_BYTES.get(str(told.get("enc")), 16)), stream.take(12)
        content = deflated(plaintext) if told.get("zip") == "DEF" else plaintext
        sealed = AESGCM(content_key).encrypt(iv, content, protected.encode())
        encrypted_key = self.raise_to_public((pad or oaep("sha256"))(content_key, 256, stream))
        return ".".join([protected, *map(part, (encrypted_key, iv, sealed[:-16], sealed[-16:]))])


def oaep(digest: str) -> Pad:
    """RFC 8017, 7.1.1: one hash for label and mask, an empty label."""

    def pad(message: bytes, size: int, stream: Stream) -> bytes:
        label = hashlib.new(digest).digest()
        width = len(label)
        block = label + bytes(size - len(message) - 2 * width - 2) + b"\1" + message
        seed = stream.take(width)
        masked = _xor(block, _mask(digest, seed, len(block)))
        return b"\0" + _xor(seed, _mask(digest, masked, width)) + masked

    return pad


def pkcs1(message: bytes, size: int, stream: Stream) -> bytes:
    """RFC 8017, 7.2.1; no byte of the padding is zero."""
    filler = bytes(byte % 255 + 1 for byte in stream.take(size - len(message) - 3))
    return b"\0\2" + filler + b"\0" + message


def deflated(plaintext: bytes) -> bytes:
    """A raw stream of stored blocks: the same bytes from every version of zlib."""
    deflater = zlib.compressobj(0, wbits=-15)
    return deflater.compress(plaintext) + deflater.flush()


def part(raw: bytes) -> str:
    """Base64url without padding."""
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def _mask(digest: str, seed: bytes, length: int) -> bytes:
    width = hashlib.new(digest).digest_size
    rounds = range(-(-length // width))
    return b"".join(hashlib.new(digest, seed + count.to_bytes(4, "big")).digest() for count in rounds)[:length]


def _xor(left: bytes, right: bytes) -> bytes:
    return bytes(a ^ b for a, b in zip(left, right, strict=True))
