"""Typical mistakes of clients, made by a client of the test's own, and the sentence that names each."""

import base64
import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from bursar.api.inspection import Inspection, Presented
from bursar.api.payout.inspection import Known, inspect
from bursar.api.payout.keys import SystemKey
from bursar.api.payout.mistakes import Keys

MERCHANT, SYSTEM, STRANGER = (rsa.generate_private_key(65537, 2048) for _ in range(3))
NOW_S = 1_686_647_706
PATH = "/openApi/v1/payee/custom/create"
BODY = '{"name_e":"Ada","name_a":"آدا","amount":1.50,"remark":"a/b"}'
MD5, SHA256 = hashes.MD5(), hashes.SHA256()


def line(**changed: Any) -> str:
    told = {
        "api_key": "key",
        "timestamp": NOW_S,
        "nonce_str": "n-1",
        "url": PATH,
        "method": "POST",
        "body": BODY,
        **changed,
    }
    return json.dumps(told, separators=(",", ":"), ensure_ascii=False)


def md5(text: str) -> str:
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()


def signed(
    text: str | bytes,
    key: rsa.RSAPrivateKey = MERCHANT,
    algorithm: hashes.HashAlgorithm = MD5,
    scheme: padding.AsymmetricPadding | None = None,
) -> str:
    raw = text.encode() if isinstance(text, str) else text
    return base64.b64encode(key.sign(raw, scheme or padding.PKCS1v15(), algorithm)).decode()


@dataclass
class Sent:
    """A request that a client sends."""

    signature: str = ""
    body: str = BODY
    target: str = PATH
    method: str = "POST"
    headers: Mapping[str, str] = field(default_factory=dict)

    def presented(self, at_s: float = NOW_S) -> Presented:
        headers = {
            "user-agent": "test",
            "host": "pay.example.com",
            "content-type": "application/json",
            "v-api-key": "key",
            "v-api-version": "1",
            "v-timestamp": str(NOW_S),
            "v-nonce-str": "n-1",
            "v-signature": self.signature or "AA==",
            **self.headers,
        }
        return Presented(self.method, self.target, headers, self.body.encode(), at_s)


def inspected(sent: Sent, **given: Any) -> Inspection:
    others = {"another merchant's key": STRANGER.public_key()}
    usual = Known(Keys(MERCHANT.public_key(), others), (SystemKey(SYSTEM),), is_key=True, is_path=True)
    return inspect(sent.presented(), replace(usual, **given))


def test_a_right_request_fits_and_shows_line_and_digest() -> None:
    found = inspected(Sent(signed(md5(line()))))
    assert (found.fits, found.mistakes, found.string_to_sign) == (True, (), line())
    assert found.details["digest"] == md5(line())


@pytest.mark.parametrize(
    ("made", "says"),
    [
        (lambda: signed(line()), "The line itself was signed"),
        (lambda: signed(md5(line()).upper()), "in upper case"),
        (lambda: signed(bytes.fromhex(md5(line()))), "The bytes of the digest were signed"),
        (lambda: signed(base64.b64encode(bytes.fromhex(md5(line()))).decode()), "written in Base64"),
        (lambda: signed(md5(line()), algorithm=SHA256), "made over sha256; it must be md5"),
        (lambda: signed(hashlib.sha256(line().encode()).hexdigest()), "digested by sha256"),
        (lambda: signed(md5(line(timestamp=str(NOW_S)))), "timestamp was signed as a text"),
        (lambda: signed(md5(line(timestamp=NOW_S * 1000))), "timestamp was signed in milliseconds"),
        (lambda: signed(md5(line(url="/payee/custom/create"))), "without its prefix /openApi/v1"),
        (lambda: signed(md5(line(url=f"https://pay.example.com{PATH}"))), "Scheme and host were signed"),
        (lambda: signed(md5(line(method="post"))), "in lower case"),
        (lambda: signed(md5(line(body=json.dumps(json.loads(BODY))))), "serialised again"),
        (lambda: signed(md5(line(body=""))), "An empty body was signed"),
        (lambda: signed(md5(line().replace("/", "\\/"))), "Slashes were escaped"),
        (lambda: signed(md5(json.dumps(json.loads(line()), ensure_ascii=False))), "with spaces"),
        (lambda: signed(md5(line()), key=STRANGER), "another merchant's key"),
        (lambda: signed(md5(line()), key=SYSTEM), "It was not made with the private key"),
        (
            lambda: signed(md5(line()), algorithm=SHA256, scheme=padding.PSS(padding.MGF1(SHA256), 32)),
            "The padding was PSS",
        ),
    ],
)
def test_a_mistake_is_named_in_the_first_sentence(made: Callable[[], str], says: str) -> None:
    found = inspected(Sent(made()))
    assert not found.fits
    assert says in found.first
    assert [check.name for check in found.checks if not check.passed] == ["signature"]


def test_several_mistakes_at_once_are_all_named() -> None:
    text = hashlib.sha256(line(url="/payee/custom/create", method="post").encode()).hexdigest()
    assert len(inspected(Sent(signed(text, algorithm=SHA256))).mistakes) == 4


def test_base64url_is_named() -> None:
    right = next(each for _ in range(50) if set("+/") & set(each := signed(md5(line(nonce_str="n-1")))))
    assert "base64url" in inspected(Sent(right.replace("+", "-").replace("/", "_"))).first


def test_query_and_body_of_a_get() -> None:
    get = Sent(method="GET", target="/openApi/v1/payee/banks?country=SAU", body="")
    right = line(method="GET", url=get.target, body="")
    assert inspected(replace(get, signature=signed(md5(right)))).fits
    without = line(method="GET", url="/openApi/v1/payee/banks", body="")
    assert "The query was left out" in inspected(replace(get, signature=signed(md5(without)))).first
    with_body = line(method="GET", url=get.target, body="{}")
    assert "The body was signed" in inspected(replace(get, signature=signed(md5(with_body)))).first


@pytest.mark.parametrize(
    ("sent", "given", "says"),
    [
        (Sent(headers={"user-agent": ""}), {}, "User-Agent is missing"),
        (Sent(headers={"v-nonce-str": ""}), {}, "V-Nonce-Str is missing or malformed"),
        (Sent(headers={"v-api-key": ""}), {}, "V-Api-Key is missing"),
        (Sent(target="/payee/banks"), {"is_path": False}, "Every path begins with /openApi/v1/"),
        (Sent(headers={"v-api-version": "2"}), {}, "The path is of version 1, V-Api-Version says 2"),
        (Sent(), {"is_key": False}, "No API key of this install"),
        (Sent(), {"keys": None}, "no public key of use"),
        (Sent(headers={"v-timestamp": str(NOW_S * 1000)}), {}, "is in milliseconds"),
        (Sent(headers={"v-timestamp": str(NOW_S - 301)}), {}, "301 s behind"),
    ],
)
def test_what_is_wrong_before_the_signature_is_named(sent: Sent, given: dict[str, Any], says: str) -> None:
    assert says in inspected(sent, **given).first


# ── sealed fields ────────────────────────────────────────────────────────────────────────────────────────────────

OAEP = padding.OAEP(padding.MGF1(SHA256), SHA256, None)


def sealed(key: rsa.RSAPrivateKey = SYSTEM, scheme: padding.AsymmetricPadding | None = None) -> str:
    return base64.b64encode(key.public_key().encrypt(b"1234567890", scheme or padding.PKCS1v15())).decode()


@pytest.mark.parametrize(
    ("value", "says"),
    [
        (sealed(), "Signature and encryption fit."),
        (sealed(scheme=OAEP), "identity: It was sealed with OAEP with SHA-256; version 1 has PKCS #1 v1.5."),
        (sealed(STRANGER), "identity: It was not sealed to the public key that the system has"),
        ("1234567890", "identity: It stands in clear"),
        ("", "Signature and encryption fit."),
    ],
)
def test_a_sealed_field_that_does_not_open_is_explained(value: str, says: str) -> None:
    body = json.dumps({"identity": value})
    assert says in inspected(Sent(signed(md5(line(body=body))), body)).first


@pytest.mark.parametrize(
    ("body", "headers"),
    [
        ('{"a":' + "[" * 50_000 + "]" * 50_000 + "}", {}),
        ('{"a":' + "[" * 400 + "]" * 400 + "}", {}),
        ('{"a":"\\ud800"}', {}),
        (BODY, {"user-agent": "\u0661"}),
    ],
    ids=["too-deep", "deep", "surrogate", "not-latin"],
)
def test_odd_requests_are_inspected(body: str, headers: Mapping[str, str]) -> None:
    assert not inspected(Sent(signed(md5(line(body="{}"))), body, headers=headers)).fits


def test_parameters_beyond_a_depth_are_not_shown() -> None:
    body = '{"a":' + "[" * 400 + "]" * 400 + "}"
    found = inspected(Sent(signed(md5(line(body=body))), body))
    assert found.fits
    assert json.dumps(found.parameters).endswith('["***"]' + "]" * 62 + "}")
