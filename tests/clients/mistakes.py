"""The 20 typical mistakes of a merchant's first requests: how each spoils a request, and the sentence that names it.

One table for every face of the debugger: the control API, the command and the page. Each request is made as a client
with the mistake makes it, against the published contract alone.
"""

import base64
import hashlib
import hmac
import json
import os
import re
import time
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Self

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from tests.clients import payout
from tests.clients.card import Credentials, key_id, sign_param
from tests.clients.payout import PayoutKeys

SHA1, SHA256, MD5 = hashes.SHA1(), hashes.SHA256(), hashes.MD5()
OAEP = padding.OAEP(padding.MGF1(SHA256), SHA256, None)
OTHER_SECRET = "b3RoZXItb3RoZXItb3RoZXItb3RoZXI="
"""The secret of another key, as somebody has it who took the wrong line of a list."""
CLEAR, ENCRYPTED = "/api/v1/merchant/info", "/api/v1/customer/add"
CARD_BODY = '{"zone": 7, "amount": 100.50, "name": "Zoë", "address": {"b": 1, "a": 2}}'
PAYOUT_PATH = "/openApi/v1/payee/custom/create"
PAYOUT_BODY = '{"name_e": "Ada", "name_a": "آدا", "amount": 1.50}'


@dataclass(frozen=True)
class Spoilt:
    """A request with a mistake in it."""

    api: str
    path: str
    headers: Mapping[str, str]
    body: str
    method: str = "POST"
    secret: str | None = None
    """Other than the one that belongs to the API key, where its maker signed with it."""

    @property
    def http(self) -> bytes:
        """The request as an HTTP message."""
        lines = [f"{self.method} {self.path} HTTP/1.1", *(f"{name}: {value}" for name, value in self.headers.items())]
        return "\r\n".join(lines).encode() + b"\r\n\r\n" + self.body.encode()


@dataclass(frozen=True)
class Maker:
    """Makes requests with a merchant's keys."""

    card: Credentials
    payout: PayoutKeys
    stranger: rsa.RSAPrivateKey = field(default_factory=lambda: rsa.generate_private_key(65537, 2048))

    @classmethod
    def from_sandbox(cls, described: Mapping[str, Any]) -> Self:
        """With the keys of `sandbox.json`."""
        return cls(Credentials.from_sandbox(described), PayoutKeys.from_sandbox(described))

    @cached_property
    def secret(self) -> bytes:
        """Of the API key."""
        return self.card.secret_key.encode()

    # ── card API ─────────────────────────────────────────────────────────────────────────────────────────────────

    def line(self, stamp: str, request_id: str, params: str, path: str = CLEAR) -> str:
        """The string to sign of version 1."""
        return "|".join(("POST", path, stamp, request_id, params))

    def in_clear(
        self,
        *,
        params: str | None = None,
        stamp: str | None = None,
        path: str = CLEAR,
        signed: Callable[[bytes], str] = lambda mac: base64.b64encode(mac).decode(),
        secret: bytes | None = None,
    ) -> Spoilt:
        """A request that is not encrypted, signed in version 1."""
        stamp, request_id = stamp or milliseconds(), uuid.uuid4().hex
        line = self.line(stamp, request_id, PARAMS if params is None else params, path)
        mac = hmac.digest(secret or self.secret, line.encode(), "sha256")
        return Spoilt("card", CLEAR, self.headers(stamp, request_id, signed(mac)), CARD_BODY)

    def by_body(self, body: str, **more: str) -> Spoilt:
        """A request that is signed in version 2 over `body`; sent is CARD_BODY."""
        stamp, request_id = milliseconds(), uuid.uuid4().hex
        digest = hashlib.sha256(body.encode()).hexdigest()
        told = {"method": "POST", "uri": CLEAR, "timestamp": stamp, "requestId": request_id, "body": digest}
        mac = hmac.digest(self.secret, json.dumps(told, separators=(",", ":")).encode(), "sha256")
        headers = self.headers(stamp, request_id, base64.b64encode(mac).decode())
        return Spoilt("card", CLEAR, {**headers, **more}, CARD_BODY)

    def sealed(self, token: str, params: str | None = None) -> Spoilt:
        """An encrypted request, signed in version 1 over its parameters in clear."""
        stamp, request_id = milliseconds(), uuid.uuid4().hex
        line = self.line(stamp, request_id, params or sign_param(PERSON), ENCRYPTED)
        mac = hmac.digest(self.secret, line.encode(), "sha256")
        headers = self.headers(stamp, request_id, base64.b64encode(mac).decode())
        return Spoilt("card", ENCRYPTED, headers, json.dumps({"payload": token}))

    def headers(self, stamp: str, request_id: str, signature: str) -> dict[str, str]:
        """The headers of the card API."""
        return {
            "Content-Type": "application/json",
            "X-UPA-APIKEY": self.card.api_key,
            "X-UPA-REQUESTID": request_id,
            "X-UPA-TIMESTAMP": stamp,
            "X-UPA-SIGN": signature,
        }

    def token(self, key: rsa.RSAPublicKey | None = None, scheme: padding.AsymmetricPadding = OAEP) -> str:
        """A compact JWE with the id of the key that it is encrypted to."""
        key, content_key, iv = key or self.card.platform_key, os.urandom(16), os.urandom(12)
        header = base64url(json.dumps({"alg": "RSA-OAEP-256", "enc": "A128GCM", "kid": key_id(key)}).encode())
        sealed = AESGCM(content_key).encrypt(iv, json.dumps(PERSON).encode(), header.encode())
        return ".".join((header, *map(base64url, (key.encrypt(content_key, scheme), iv, sealed[:-16], sealed[-16:]))))

    # ── payout API ───────────────────────────────────────────────────────────────────────────────────────────────

    def paying(
        self,
        *,
        stamp: int | None = None,
        signed: Callable[[str], bytes] = lambda line: hashlib.md5(line.encode()).hexdigest().encode(),
        body: str = PAYOUT_BODY,
        body_signed: str | None = None,
    ) -> Spoilt:
        """A request to the payout API, in version 1."""
        stamp, nonce = stamp or int(time.time()), uuid.uuid4().hex
        line = payout.line_to_sign(
            self.payout.api_key, stamp, nonce, PAYOUT_PATH, "POST", body if body_signed is None else body_signed
        )
        signature = self.payout.merchant_key.sign(signed(line), padding.PKCS1v15(), MD5)
        headers = {
            "User-Agent": "test",
            "Content-Type": "application/json",
            "V-Api-Key": self.payout.api_key,
            "V-Api-Version": "1",
            "V-Timestamp": str(stamp),
            "V-Nonce-Str": nonce,
            "V-Signature": base64.b64encode(signature).decode(),
        }
        return Spoilt("payout", PAYOUT_PATH, headers, body)


PERSON = {"givenName": "Ada", "lastName": "Lovelace"}
PARAMS = 'address={"a":2,"b":1}&amount=100.50&name=Zoë&zone=7'


def milliseconds(behind_s: int = 0) -> str:
    """A clock that is so much behind."""
    return str(time.time_ns() // 1_000_000 - behind_s * 1000)


def base64url(raw: bytes) -> str:
    """Without padding."""
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def sealed_in_version_2(make: Maker) -> Spoilt:
    """A sensitive field of version 2 in a request of version 1."""
    body = json.dumps({"name_e": "Ada", "identity": payout.seal(2, "1098765432", make.payout.system_key)})
    return make.paying(body=body)


def ciphertext_signed(make: Maker) -> Spoilt:
    """The body as it is sent, signed as if it were the parameters."""
    token = make.token()
    return make.sealed(token, sign_param({"payload": token}))


def spoilt_by_another_secret(make: Maker) -> Spoilt:
    """Signed with the secret of another key."""
    made = make.in_clear(secret=OTHER_SECRET.encode())
    return Spoilt(made.api, made.path, made.headers, made.body, secret=OTHER_SECRET)


@dataclass(frozen=True)
class Mistake:
    """A way to spoil a request."""

    name: str
    spoil: Callable[[Maker], Spoilt]
    says: str
    """The first sentence of the debugger, as a regular expression of all of it."""
    is_seen_from_outside: bool = True
    """It is recognised without the platform's keys, by the merchant's files alone."""


MISTAKES = (
    Mistake(
        "clock",
        lambda make: make.in_clear(stamp=milliseconds(600)),
        r"The caller's clock is 6[0-9]{2} s behind the service's\.",
    ),
    Mistake(
        "seconds for milliseconds",
        lambda make: make.in_clear(stamp=milliseconds()[:-3]),
        r"X-UPA-TIMESTAMP is in seconds; it must be in milliseconds\.",
    ),
    Mistake(
        "keys not sorted",
        lambda make: make.in_clear(params='zone=7&amount=100.50&name=Zoë&address={"a":2,"b":1}'),
        r"The parameters were not sorted by key\.",
    ),
    Mistake(
        "number formatted anew",
        lambda make: make.in_clear(params=PARAMS.replace("100.50", "100.5")),
        r"A number was formatted anew; it is signed as it stands in the JSON text\.",
    ),
    Mistake(
        "secret decoded as Base64",
        lambda make: make.in_clear(secret=base64.urlsafe_b64decode(make.secret + b"=" * (-len(make.secret) % 4))),
        r"The secret was decoded as Base64; its characters are the key\.",
    ),
    Mistake(
        "hex for Base64",
        lambda make: make.in_clear(signed=bytes.hex),
        r"The signature was written in hex; it must be Base64\.",
    ),
    Mistake(
        "path without prefix",
        lambda make: make.in_clear(path=CLEAR.removeprefix("/api/v1")),
        r"The path was signed without its prefix /api/v1\.",
    ),
    Mistake(
        "another key's secret",
        spoilt_by_another_secret,
        r"It was signed with the secret that you gave, not with the secret of this API key\.",
        is_seen_from_outside=False,
    ),
    Mistake(
        "JSON signed in place of pairs",
        lambda make: make.in_clear(params=CARD_BODY),
        r"The JSON text of the body was signed in place of `key=value` pairs\.",
    ),
    Mistake(
        "body serialised again",
        lambda make: make.by_body(json.dumps(json.loads(CARD_BODY)), **{"X-UPA-SIGN-VERSION": "2"}),
        r"The body was serialised again after it was signed\.",
    ),
    Mistake(
        "version not said",
        lambda make: make.by_body(CARD_BODY),
        r"The string of version 2 was signed, and the header does not say version 2\.",
    ),
    Mistake(
        "OAEP with SHA-1",
        lambda make: make.sealed(make.token(scheme=padding.OAEP(padding.MGF1(SHA1), SHA1, None))),
        r"The token's key is padded by OAEP with SHA-1; it must be OAEP with SHA-256 for digest and MGF1\.",
        is_seen_from_outside=False,
    ),
    Mistake(
        "PKCS #1 for OAEP",
        lambda make: make.sealed(make.token(scheme=padding.PKCS1v15())),
        r"The token's key is padded by PKCS #1 v1\.5; it must be OAEP with SHA-256 for digest and MGF1\.",
        is_seen_from_outside=False,
    ),
    Mistake(
        "own key",
        lambda make: make.sealed(make.token(make.card.merchant_key.public_key())),
        r"The token is encrypted to your own public key; take the platform's, whose kid is [0-9a-f]{64}\.",
    ),
    Mistake(
        "foreign kid",
        lambda make: make.sealed(make.token(make.stranger.public_key())),
        r"The header's kid [0-9a-f]{64} is not the platform's: that is [0-9a-f]{64}\.",
    ),
    Mistake(
        "ciphertext signed",
        ciphertext_signed,
        r"The encrypted body was signed; the plaintext parameters are\.",
    ),
    Mistake(
        "milliseconds for seconds",
        lambda make: make.paying(stamp=time.time_ns() // 1_000_000),
        r"V-Timestamp is in milliseconds; it must be in seconds\.",
    ),
    Mistake(
        "line signed in place of its digest",
        lambda make: make.paying(signed=str.encode),
        r"The line itself was signed; its hex digest must be\.",
    ),
    Mistake(
        "payout body serialised again",
        lambda make: make.paying(body_signed=json.dumps(json.loads(PAYOUT_BODY))),
        r"The body was serialised again after it was signed\.",
    ),
    Mistake(
        "sealed in another version",
        sealed_in_version_2,
        r"identity: It was sealed with OAEP with SHA-256; version 1 has PKCS #1 v1\.5\.",
        is_seen_from_outside=False,
    ),
)


def named_by(face: Callable[[Spoilt], str], make: Maker, *, from_outside: bool = False) -> dict[str, tuple[str, str]]:
    """The mistakes whose first sentence is another than the table's, with both; none, if all is well."""
    looked_at = [each for each in MISTAKES if each.is_seen_from_outside or not from_outside]
    said = {each.name: (face(each.spoil(make)), each.says) for each in looked_at}
    return {name: both for name, both in said.items() if not re.fullmatch(both[1], both[0])}
