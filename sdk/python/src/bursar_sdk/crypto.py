"""Signatures and encryption of both APIs. Pure functions over bytes and keys; no clock, no network.

Sources: RFC 7515 and 7516 (compact JWE with RSA-OAEP-256 and AES-GCM), the contracts of the two merchant APIs.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import os
import zlib
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any, Final

from cryptography.exceptions import InvalidSignature, InvalidTag
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from bursar_sdk.errors import ConfigurationError

SEALED_FIELDS: Final = frozenset({"identity", "identitypic", "signpic", "cardno", "stcaccount"})
"""The sensitive fields of the payout API, each encrypted by itself."""
INFLATED_MAX_BYTES: Final = 4 * 1024 * 1024
"""A compressed JWE that grows beyond this is refused."""

_OAEP: Final = padding.OAEP(padding.MGF1(hashes.SHA256()), hashes.SHA256(), None)
_KEY_BYTES: Final = {"A128GCM": 16, "A256GCM": 32}


class Undecryptable(ValueError):
    """A message that is not for the key, or is not one at all."""


# ── keys ─────────────────────────────────────────────────────────────────────────────────────────────────────────────


def public_key(text: str) -> rsa.RSAPublicKey:
    """An RSA key from base64 DER (SubjectPublicKeyInfo) or PEM; raises ConfigurationError."""
    try:
        if "-----BEGIN" in text:
            key = serialization.load_pem_public_key(text.encode())
        else:
            key = serialization.load_der_public_key(base64.b64decode("".join(text.split()), validate=True))
    except ValueError as fault:
        raise ConfigurationError("a public key is neither base64 DER nor PEM") from fault
    if not isinstance(key, rsa.RSAPublicKey):
        raise ConfigurationError("a public key is not an RSA key")
    return key


def private_key(text: str) -> rsa.RSAPrivateKey:
    """An RSA key from PEM (PKCS#8) or its base64 DER; raises ConfigurationError."""
    try:
        if "-----BEGIN" in text:
            key = serialization.load_pem_private_key(text.encode(), None)
        else:
            key = serialization.load_der_private_key(base64.b64decode("".join(text.split()), validate=True), None)
    except (ValueError, TypeError) as fault:
        raise ConfigurationError("the private key is neither PEM without a password nor base64 DER") from fault
    if not isinstance(key, rsa.RSAPrivateKey):
        raise ConfigurationError("the private key is not an RSA key")
    return key


def key_id(key: rsa.RSAPublicKey) -> str:
    """`kid`: hex SHA-256 of the key's PEM text (64 columns, line feed at the end)."""
    pem = key.public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    return hashlib.sha256(pem).hexdigest()


# ── JSON ─────────────────────────────────────────────────────────────────────────────────────────────────────────────


def dumps(value: Any) -> str:
    """Compact JSON, non-ASCII unescaped, a Decimal as its text; a float that is no number is refused."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False, default=_plain)


def loads(text: str | bytes) -> Any:
    """JSON with fractions as Decimal: the digits that stand there."""
    return json.loads(text, parse_float=Decimal)


def _plain(value: Any) -> str:
    if isinstance(value, Decimal):
        return format(value, "f")
    raise TypeError(f"{type(value).__name__} is no JSON")


# ── card API: signatures ─────────────────────────────────────────────────────────────────────────────────────────────


class _Written(str):
    """A number as it stands in a JSON text."""


def sign_param(body: str | bytes) -> str:
    """SIGN_PARAM of version 1, of the JSON text that is sent: top-level parameters by key, nulls left out, texts
    verbatim, numbers as they stand in the text, the rest compact JSON with sorted keys."""
    return "&".join(f"{name}={text}" for name, text in signed_texts(body).items())


def signed_texts(body: str | bytes) -> dict[str, str]:
    """The text of each parameter in SIGN_PARAM, in its order."""
    params = json.loads(body or "{}", parse_int=_Written, parse_float=_Written)
    return {name: _signed(params[name]) for name in sorted(params) if params[name] is not None}


def _signed(value: Any) -> str:
    return value if isinstance(value, str) else _compact(value)


def _compact(value: Any) -> str:
    if isinstance(value, _Written):
        return value
    if isinstance(value, dict):
        return "{" + ",".join(f"{dumps(key)}:{_compact(value[key])}" for key in sorted(value)) + "}"
    if isinstance(value, list):
        return "[" + ",".join(map(_compact, value)) + "]"
    return dumps(value)


def card_line_v1(method: str, uri: str, timestamp: str, request_id: str, params: str) -> str:
    """The string to sign of version 1; `params` as `sign_param` makes it, empty for uploads."""
    return "|".join((method, uri, timestamp, request_id, params))


def card_line_v2(method: str, uri: str, timestamp: str, request_id: str, body: bytes) -> str:
    """The string to sign of version 2; `uri` with its query and `body` as they are sent."""
    return dumps(
        {
            "method": method,
            "uri": uri,
            "timestamp": timestamp,
            "requestId": request_id,
            "body": hashlib.sha256(body).hexdigest(),
        }
    )


def card_signature(secret: str, line: str) -> str:
    """Base64 of HMAC-SHA256; the secret is used as the text that it is."""
    return base64.b64encode(hmac.digest(secret.encode(), line.encode(), "sha256")).decode()


# ── card API: encryption ─────────────────────────────────────────────────────────────────────────────────────────────


def encrypt(plaintext: bytes, key: rsa.RSAPublicKey, *, enc: str = "A128GCM", deflate: bool = False) -> str:
    """A compact JWE to `key`, with its key id."""
    header = {"alg": "RSA-OAEP-256", "enc": enc, "kid": key_id(key), **({"zip": "DEF"} if deflate else {})}
    protected = _to_base64url(dumps(header).encode())
    content_key, iv = os.urandom(_KEY_BYTES[enc]), os.urandom(12)
    content = _deflated(plaintext) if deflate else plaintext
    sealed = AESGCM(content_key).encrypt(iv, content, protected.encode())
    parts = (key.encrypt(content_key, _OAEP), iv, sealed[:-16], sealed[-16:])
    return ".".join((protected, *map(_to_base64url, parts)))


def decrypt(token: str, key: rsa.RSAPrivateKey) -> bytes:
    """The plaintext of a compact JWE to our key. Raises Undecryptable, which says when it is for another key."""
    try:
        protected, *encoded = token.split(".")
        encrypted_key, iv, ciphertext, tag = map(_from_base64url, encoded)
        header = json.loads(_from_base64url(protected))
        alg, enc, kid, zipped = header["alg"], header["enc"], header.get("kid"), header.get("zip")
    except (ValueError, KeyError, TypeError) as fault:
        raise Undecryptable("not a compact JWE") from fault
    if alg != "RSA-OAEP-256" or enc not in _KEY_BYTES or len(iv) != 12 or len(tag) != 16:
        raise Undecryptable(f"alg {alg!r} with enc {enc!r}, where RSA-OAEP-256 with A128GCM or A256GCM is offered")
    if zipped not in (None, "DEF") or "crit" in header:
        raise Undecryptable("a header that is not understood: zip or crit")
    if kid is not None and kid != key_id(key.public_key()):
        raise Undecryptable(f"it is for the key {kid}, ours is {key_id(key.public_key())}")
    try:
        content_key = key.decrypt(encrypted_key, _OAEP)
        if len(content_key) != _KEY_BYTES[enc]:
            raise ValueError(enc)
        plaintext = AESGCM(content_key).decrypt(iv, ciphertext + tag, protected.encode())
    except (ValueError, InvalidTag):
        raise Undecryptable("it is for another key, or was changed") from None
    return _inflated(plaintext) if zipped else plaintext


def _deflated(plaintext: bytes) -> bytes:
    deflater = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return deflater.compress(plaintext) + deflater.flush()


def _inflated(compressed: bytes) -> bytes:
    inflater = zlib.decompressobj(wbits=-zlib.MAX_WBITS)
    try:
        plaintext = inflater.decompress(compressed, INFLATED_MAX_BYTES)
    except zlib.error as fault:
        raise Undecryptable("the compressed content is damaged") from fault
    if inflater.unconsumed_tail or not inflater.eof:
        raise Undecryptable(f"more than {INFLATED_MAX_BYTES} bytes when inflated, or cut off")
    return plaintext


def _to_base64url(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def _from_base64url(text: str) -> bytes:
    if "=" in text or "+" in text or "/" in text:
        raise ValueError("not base64url")
    return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)


# ── payout API ───────────────────────────────────────────────────────────────────────────────────────────────────────


def payout_line(api_key: str, timestamp: int, nonce: str, url: str, method: str, body: str) -> str:
    """The string to sign of both versions; `url` is path and query as sent, `body` empty for GET and uploads."""
    return dumps(
        {
            "api_key": api_key,
            "timestamp": timestamp,
            "nonce_str": nonce,
            "url": url,
            "method": method,
            "body": body,
        }
    )


def payout_digest(version: int, line: str) -> str:
    """Lower-case hex of MD5 (version 1) or SHA-256 (version 2)."""
    return hashlib.new("md5" if version == 1 else "sha256", line.encode(), usedforsecurity=version != 1).hexdigest()


def payout_signature(version: int, line: str, key: rsa.RSAPrivateKey) -> str:
    """Base64 of the RSA PKCS#1 v1.5 signature of the digest's text."""
    raw = key.sign(payout_digest(version, line).encode(), padding.PKCS1v15(), _hash(version))
    return base64.b64encode(raw).decode()


def payout_is_signed(version: int, line: str, signature: str, key: rsa.RSAPublicKey) -> bool:
    """True if the owner of the key has signed the line."""
    try:
        raw = base64.b64decode(signature, validate=True)
        key.verify(raw, payout_digest(version, line).encode(), padding.PKCS1v15(), _hash(version))
    except (InvalidSignature, ValueError):
        return False
    return True


def seal(version: int, text: str, key: rsa.RSAPublicKey) -> str:
    """A sensitive field for the owner of the key: RSA blocks, joined, in Base64; an empty text stays empty."""
    plain, size = text.encode(), key.key_size // 8 - (11 if version == 1 else 66)
    blocks = [plain[start : start + size] for start in range(0, len(plain), size)]
    return base64.b64encode(b"".join(key.encrypt(block, _padding(version)) for block in blocks)).decode()


def unseal(version: int, sealed: str, key: rsa.RSAPrivateKey) -> str:
    """A sensitive field that was sealed to us. Raises Undecryptable."""
    size = key.key_size // 8
    try:
        raw = base64.b64decode(sealed, validate=True)
        blocks = [raw[start : start + size] for start in range(0, len(raw), size)]
        return b"".join(key.decrypt(block, _padding(version)) for block in blocks).decode()
    except ValueError as fault:
        raise Undecryptable("a sensitive field is not sealed to our key, or in another version") from fault


def with_sealed_fields(value: Any, turned: Callable[[str], str]) -> Any:
    """The value with every sensitive field in it turned, sealed or opened; nulls stay."""
    if isinstance(value, list):
        return [with_sealed_fields(item, turned) for item in value]
    if isinstance(value, Mapping):
        return {
            name: turned(item) if name in SEALED_FIELDS and isinstance(item, str) else with_sealed_fields(item, turned)
            for name, item in value.items()
        }
    return value


def _hash(version: int) -> hashes.HashAlgorithm:
    return hashes.MD5() if version == 1 else hashes.SHA256()  # noqa: S303 - version 1 is as published


def _padding(version: int) -> padding.AsymmetricPadding:
    return padding.PKCS1v15() if version == 1 else _OAEP
