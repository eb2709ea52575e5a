"""What is signed, and that either version's signature holds for exactly that."""

import base64
import json

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from hypothesis import given, settings
from hypothesis import strategies as st

from bursar.api.payout.keys import MerchantKey, SystemKey
from bursar.api.payout.signing import V1, V2, Version, digest, message
from tests.clients import payout as payout_client

PUBLISHED = (
    '{"api_key":"xxxxxxxxxxxxxx","timestamp":1686647706,"nonce_str":"TIj5tZ3gM6FbprYlKNR2",'
    '"url":"/openApi/v1/payee/custom/list","method":"GET","body":""}'
)
KEY = rsa.generate_private_key(65537, 2048)
SYSTEM, MERCHANT = SystemKey(KEY), MerchantKey(KEY.public_key())
VERSIONS = pytest.mark.parametrize("version", [V1, V2], ids=["v1", "v2"])


def test_the_published_line_has_the_published_digest() -> None:
    line = message("xxxxxxxxxxxxxx", 1686647706, "TIj5tZ3gM6FbprYlKNR2", "/openApi/v1/payee/custom/list", "GET", "")
    assert line.decode() == PUBLISHED
    assert digest(V1, line) == b"8a5908e27626d79d73dc14bd9ba00e72"


def test_version_2_digests_with_sha_256() -> None:
    assert digest(V2, b"abc") == b"ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"


@pytest.mark.parametrize(
    ("body", "escaped"),
    [
        ('{"a":"b/c"}', r'"{\"a\":\"b/c\"}"'),
        ("ابن خلدون", '"ابن خلدون"'),
        ("back\\slash\ttab\nline\u2028\x01", '"back\\\\slash\\ttab\\nline\u2028\\u0001"'),
    ],
)
def test_only_what_json_needs_is_escaped(body: str, escaped: str) -> None:
    assert message("k", 1, "n", "/u", "POST", body).decode().endswith(f'"body":{escaped}}}')


@VERSIONS
@settings(max_examples=25, deadline=None)
@given(body=st.text(), url=st.text(), nonce=st.text(), timestamp=st.integers(0, 10**10))
def test_ours_and_the_clients_signatures_agree(
    version: Version, body: str, url: str, nonce: str, timestamp: int
) -> None:
    try:
        theirs = payout_client.line_to_sign("key", timestamp, nonce, url, "POST", body)
        line = theirs.encode()
    except UnicodeEncodeError:
        return
    assert message("key", timestamp, nonce, url, "POST", body) == line
    assert json.loads(theirs)["body"] == body
    assert MERCHANT.verifies(version, line, payout_client.sign(version.number, theirs, KEY))
    assert payout_client.is_signed(version.number, theirs, SYSTEM.sign(version, line), KEY.public_key())


@VERSIONS
def test_a_signature_holds_for_its_own_message_and_version_alone(version: Version) -> None:
    signature = SYSTEM.sign(version, b"this")
    assert MERCHANT.verifies(version, b"this", signature)
    assert not MERCHANT.verifies(version, b"that", signature)
    assert not MERCHANT.verifies(V2 if version is V1 else V1, b"this", signature)


@VERSIONS
@pytest.mark.parametrize("signature", ["", "AAAA", "not base64!", "ä", base64.b64encode(b"\xff" * 256).decode()])
def test_what_is_no_signature_is_a_wrong_one(version: Version, signature: str) -> None:
    assert not MERCHANT.verifies(version, b"this", signature)


def test_bytes_that_are_no_text_are_signed_as_they_came() -> None:
    body = b'{"a":"\xff\xfe"}'
    line = message("k", 1, "n", "/u", "POST", body.decode("utf-8", "surrogateescape"))
    assert b"\xff\xfe" in line
