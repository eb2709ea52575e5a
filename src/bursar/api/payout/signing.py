"""The signed text of the payout dialect, and the two versions of its signature.

Signed is one line of JSON with a request's key, time, nonce, URL, method and body; its hex digest is a text, and that
text is signed. Version 1 is MD5 throughout, as published, and kept for compatibility only; version 2 is the same with
SHA-256, and OAEP for sensitive fields. The published digest is a test.

Pure functions of text; keys, headers and clocks belong to the caller.
"""

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from json.encoder import encode_basestring as _quoted
from typing import Final

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding


@dataclass(frozen=True, slots=True)
class Version:
    """One version of the API's cryptography."""

    number: int
    hasher: Callable[[], "hashlib._Hash"]
    """Of messages, whose digests are lower-case hex."""
    hash: hashes.HashAlgorithm
    sealing: padding.AsymmetricPadding
    sealing_overhead: int
    """Bytes of a block that the padding of a sealed field takes."""


V1: Final = Version(
    1,
    lambda: hashlib.md5(usedforsecurity=False),
    hashes.MD5(),  # noqa: S303
    padding.PKCS1v15(),
    11,
)
V2: Final = Version(
    2,
    hashlib.sha256,
    hashes.SHA256(),
    padding.OAEP(padding.MGF1(hashes.SHA256()), hashes.SHA256(), None),
    66,
)
PIECE_CHARS: Final = 64 * 1024
VERSIONS: Final[Mapping[int, Version]] = {version.number: version for version in (V1, V2)}
"""The versions offered."""


def message(api_key: str, timestamp: int, nonce: str, url: str, method: str, body: str) -> bytes:
    """The line that is digested; `url` is path and query exactly as sent, `timestamp` in Unix seconds.

    Bytes of a body that are no UTF-8 come as lone surrogates and leave as they came, so that nothing is signed that
    was not sent.
    """
    return b"".join(pieces(api_key, timestamp, nonce, url, method, body))


def pieces(api_key: str, timestamp: int, nonce: str, url: str, method: str, body: str) -> Iterator[bytes]:
    """The same line piece by piece: of a large body there are no further copies, and a thread gives way in between."""
    head = (
        f'{{"api_key":{_quoted(api_key)},"timestamp":{timestamp},"nonce_str":{_quoted(nonce)},'
        f'"url":{_quoted(url)},"method":{_quoted(method)},"body":"'
    )
    yield head.encode("utf-8", "surrogateescape")
    for start in range(0, len(body), PIECE_CHARS):
        yield _quoted(body[start : start + PIECE_CHARS])[1:-1].encode("utf-8", "surrogateescape")
    yield b'"}'


def digest(version: Version, message: bytes | Iterable[bytes]) -> bytes:
    """The text whose signature is the message's, which may come in pieces."""
    hasher = version.hasher()
    for piece in (message,) if isinstance(message, bytes) else message:
        hasher.update(piece)
    return hasher.hexdigest().encode("ascii")
