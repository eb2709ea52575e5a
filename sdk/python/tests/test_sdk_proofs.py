"""Messages taken apart by the command: what fits, and the mistake of what does not, from the merchant's files alone."""

from __future__ import annotations

import base64
import gzip
import json
import time
from dataclasses import replace
from typing import Any

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from bursar_sdk import CardConfig, PayoutConfig, crypto
from bursar_sdk.cli.explanation import (
    Explanation,
    Keys,
    explain_card_push,
    explain_card_request,
    explain_fields,
    explain_payout,
    explain_sealed,
    explain_token,
)
from bursar_sdk.cli.messages import Message, MessageUnread, read
from conftest import SECRET, pem
from conftest import Keys as Pairs

EVENT = '{"event":"KS_KYC","orderNo":"1","detail":{"name":"Zoë"},"sequence":1}'.encode()
STAMP = "1774573955994"
SHA1, SHA256 = hashes.SHA1(), hashes.SHA256()


def known(card: CardConfig | None = None, payout: PayoutConfig | None = None) -> Keys:
    return Keys(card, payout)


def pushed(config: CardConfig, token: str | None = None, body: bytes | None = None) -> Message:
    """A push of the card API as it came; `body` is what became of it."""
    token = token or crypto.encrypt(EVENT, config.merchant_key.public_key())
    signature = crypto.card_signature(config.secret_key, f"KS_KYC|{STAMP}|{token}")
    headers = {"X-UPA-REQUESTID": "1", "X-UPA-TIMESTAMP": STAMP, "X-UPA-SIGN": signature}
    return Message("POST", "/hook", headers, token.encode() if body is None else body)


def card_push(message: Message, config: CardConfig) -> Explanation:
    found = Explanation()
    explain_card_push(found, message, known(config), config)
    return found


def token_with(key: rsa.RSAPublicKey, scheme: padding.AsymmetricPadding) -> str:
    def part(raw: bytes) -> str:
        return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()

    head = part(json.dumps({"alg": "RSA-OAEP-256", "enc": "A128GCM", "kid": crypto.key_id(key)}).encode())
    sealed = AESGCM(bytes(16)).encrypt(bytes(12), EVENT, head.encode())
    return ".".join(
        (head, part(key.encrypt(bytes(16), scheme)), part(bytes(12)), part(sealed[:-16]), part(sealed[-16:]))
    )


# ── pushes of the card API ───────────────────────────────────────────────────────────────────────────────────────────


def test_a_push_is_shown_step_by_step_and_no_secret_is(card_config: CardConfig) -> None:
    found = card_push(pushed(card_config), card_config)
    assert (found.fits, found.plaintext, found.says) == (True, EVENT, "Signature and encryption fit.")
    titles = [title for title, _ in found.steps]
    assert titles[:2] == ["Header of the token", "Key id"]
    assert "String to sign" in titles
    assert titles[-1] == "Signature in the message"
    text = str(found.steps)
    assert card_config.key_ids["merchant"] in text
    assert "PRIVATE" not in text
    assert SECRET not in text


def test_each_way_to_spoil_a_push_is_named_first(card_config: CardConfig, keys: Pairs) -> None:
    ours = card_config.merchant_key.public_key()
    token = crypto.encrypt(EVENT, ours)
    flipped = token[:-3] + ("AAA" if token[-3:] != "AAA" else "BBB")
    stranger = rsa.generate_private_key(65_537, 2048).public_key()
    other = replace(card_config, secret_key="another")
    said = {
        name: card_push(message, card_config).says
        for name, message in {
            "changed": pushed(card_config, token, flipped.encode()),
            "cut": pushed(card_config, token, token.rpartition(".")[0].encode()),
            "not ours": pushed(card_config, crypto.encrypt(EVENT, stranger)),
            "to the platform": pushed(card_config, crypto.encrypt(EVENT, keys.platform.public_key())),
            "SHA-1": pushed(card_config, token_with(ours, padding.OAEP(padding.MGF1(SHA1), SHA1, None))),
            "PKCS #1": pushed(card_config, token_with(ours, padding.PKCS1v15())),
            "a line break": pushed(card_config, token, token.encode() + b"\n"),
            "secret": pushed(other),
            "no event": pushed(card_config, crypto.encrypt(b'"x"', ours)),
            "not UTF-8": pushed(card_config, crypto.encrypt(b"\xff\xfe", ours)),
            "bytes": pushed(card_config, token, b"\xff\xfe.a.b.c.d"),
        }.items()
    }
    assert said == {
        "changed": "Header, IV, ciphertext or tag of the token was changed after it was encrypted.",
        "cut": "A compact JWE has five parts between dots; this has 4.",
        "not ours": "The token is encrypted to a key that is not yours: its kid is "
        f"{crypto.key_id(stranger)}, yours is {card_config.key_ids['merchant']}.",
        "to the platform": "The token is encrypted to the platform's key, card API, as requests are: only the platform "
        "opens it.",
        "SHA-1": "The token's key is padded by OAEP with SHA-1; it must be OAEP with SHA-256 for digest and MGF1.",
        "PKCS #1": "The token's key is padded by PKCS #1 v1.5; it must be OAEP with SHA-256 for digest and MGF1.",
        "a line break": "The body has blanks or line breaks around it that were not sent: keep its raw bytes.",
        "secret": "X-UPA-SIGN is not the signature of event, timestamp and body under your secret key.",
        "no event": "The plaintext is no event.",
        "not UTF-8": "The plaintext is no event.",
        "bytes": "The first part of the token is no JSON object in base64url.",
    }


def test_a_token_by_itself_is_opened_with_any_key(card_config: CardConfig, keys: Pairs) -> None:
    found = Explanation()
    assert explain_token(found, crypto.encrypt(b"\xff", keys.platform.public_key()), known(), keys.platform)
    assert found.plaintext == b"\xff"
    assert "(no UTF-8; in Base64) /w==" in found.steps[-1][1]


# ── requests ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_request_of_ours_fits_and_an_old_one_is_late(card_config: CardConfig) -> None:
    now = time.time()
    stamp = str(int(now * 1000))
    line = crypto.card_line_v1("POST", "/api/v1/merchant/info", stamp, "r", "a=1.50")
    signature = crypto.card_signature(card_config.secret_key, line)
    headers = {"X-UPA-APIKEY": "key-1", "X-UPA-REQUESTID": "r", "X-UPA-TIMESTAMP": stamp, "X-UPA-SIGN": signature}
    request = Message("POST", "/api/v1/merchant/info", headers, b'{"a":1.50}')
    for at_s, says in ((now, "Signature and encryption fit."), (now + 90, "The caller's clock is 90 s behind")):
        found = Explanation()
        assert explain_card_request(found, request, card_config, None, at_s) is found.fits
        assert found.says.startswith(says)
    for body in (b"\xff\xfe", b"[", b"[]"):
        found = Explanation()
        assert not explain_card_request(found, replace(request, body=body), card_config, None, now)
        assert found.says in (
            "The body is no JSON object.",
            "X-UPA-SIGN is not the signature of the string that we built.",
        )


# ── payout API ───────────────────────────────────────────────────────────────────────────────────────────────────────


def called_back(keys: Pairs, config: PayoutConfig, *, url: str = "/hook?a=1", version: int = 2) -> Message:
    """A callback with a sealed field; its numbers have digits that a parser would lose."""
    sealed = crypto.seal(version, "1098765432", config.merchant_key.public_key())
    body = f'{{"event":"X","data":{{"amount":12.50,"identity":"{sealed}"}},"sequence":3}}'
    line = crypto.payout_line(config.api_key, 1_774_573_955, "n", url, "POST", body)
    headers = {"V-Api-Key": config.api_key, "V-Api-Version": str(version), "V-Timestamp": "1774573955"}
    headers |= {"V-Nonce-Str": "n", "V-Signature": crypto.payout_signature(version, line, keys.platform)}
    return Message("POST", "/hook?a=1", headers, body.encode())


def callback(message: Message, config: PayoutConfig) -> Explanation:
    found = Explanation()
    explain_payout(found, message, config, message.target, None)
    return found


@pytest.mark.parametrize("version", [1, 2])
def test_a_callback_is_opened_digit_by_digit(keys: Pairs, payout_config: PayoutConfig, version: int) -> None:
    found = callback(called_back(keys, payout_config, version=version), payout_config)
    assert found.says == "Signature and encryption fit."
    assert found.plaintext == b'{"event":"X","data":{"amount":12.50,"identity":"1098765432"},"sequence":3}'


def test_each_way_to_spoil_a_callback_is_named_first(keys: Pairs, payout_config: PayoutConfig) -> None:
    right = called_back(keys, payout_config)
    again = json.dumps(json.loads(right.body)).encode()
    own = crypto.payout_signature(2, "x", payout_config.merchant_key)
    said = [
        callback(message, payout_config).says
        for message in (
            called_back(keys, payout_config, url="/hook"),
            called_back(keys, payout_config, url="/elsewhere"),
            replace(right, body=right.body.replace(b"12.50", b"12.5")),
            replace(right, headers={**right.headers, "V-Signature": own}),
            replace(right, headers={**right.headers, "V-Signature": "AAAA"}),
            replace(right, headers={**right.headers, "V-Api-Key": "other"}),
            replace(right, headers={**right.headers, "V-Timestamp": "now"}),
            replace(right, body=b"\xff\xfe"),
        )
    ]
    other = "The platform has signed another URL or body than /hook?a=1 and this one: give the URL that it was told."
    assert again != right.body
    assert said == [
        "The query was left out of the signed url.",
        other,
        other,
        "V-Signature was made with your own key: it is a request of yours, and no callback.",
        "V-Signature was not made with the platform's key that your files have.",
        "V-Api-Key is not the API key of your files.",
        "V-Timestamp must be Unix time in seconds, and V-Api-Version 1 or 2.",
        other,
    ]


def test_a_sealed_field_is_opened_or_explained(keys: Pairs, payout_config: PayoutConfig) -> None:
    ours = payout_config.merchant_key.public_key()
    for sealed, says in (
        (crypto.seal(2, "109", ours), "Signature and encryption fit."),
        (crypto.seal(1, "109", ours), "The field: It was sealed with PKCS #1 v1.5; version 2 has OAEP with SHA-256."),
        (crypto.seal(2, "109", keys.platform.public_key()), "The field: It was not sealed to your public key."),
        ("1098765432", "The field: It stands in clear, or in hex; it must be sealed."),
    ):
        found = Explanation()
        assert explain_sealed(found, sealed.encode(), payout_config.merchant_key, 2) is found.fits
        assert found.says == says


def test_fields_at_any_depth_are_found(payout_config: PayoutConfig) -> None:
    sealed = crypto.seal(2, 'a"b', payout_config.merchant_key.public_key())
    body = json.dumps({"data": [{"x": {"cardno": sealed}}, {"cardno": None}, 1.10]}).encode()
    found = Explanation()
    assert explain_fields(found, Message("", "", {}, body), payout_config, 2, is_request=False)
    assert found.plaintext is not None
    assert json.loads(found.plaintext)["data"][0]["x"]["cardno"] == 'a"b'


# ── files ────────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("end", ["\n", "\r\n"], ids=["LF", "CRLF"])
def test_a_message_is_read_to_the_byte(end: str) -> None:
    head = end.join(["POST /a?b=1 HTTP/1.1", "X-One:  1 ", "x-one: 2", "Content-Length: 4", "", ""]).encode()
    message = read(head + b"\xff\x00\r\n and more")
    assert (message.method, message.target, message.path) == ("POST", "/a?b=1", "/a")
    assert (message.header("X-ONE"), message.body) == ("1", b"\xff\x00\r\n")


def test_json_that_tells_of_a_message_is_read_and_json_that_is_one_is_kept() -> None:
    told = {"url": "http://h:1/a?b", "headers": {"A": "1"}, "body": "é"}
    assert read(json.dumps(told).encode()) == Message("POST", "/a?b", {"A": "1"}, "é".encode())
    logged: dict[str, Any] = {"method": "get", "target": "/a", "headers": {}, "body": "base64:/w=="}
    assert read(json.dumps(logged).encode()) == Message("GET", "/a", {}, b"\xff")
    assert read(b' {"payload": "a.b.c.d.e"}\n').body == b'{"payload": "a.b.c.d.e"}'


def test_a_file_of_another_kind_is_refused_in_words(card_config: CardConfig, keys: Pairs) -> None:
    for raw, says in (
        (b"", "nothing in it"),
        (b" \n\n", "nothing in it"),
        (pem(keys.merchant).encode(), "a key or a certificate"),
        (gzip.compress(b"x") + b"\x00", "neither an HTTP message nor JSON"),
        (b"POST /a\nno header\n\nbody", "line 2 is no header"),
        (b'{"headers": {}, "body": {}}', "the text as it was sent"),
        (b'{"headers": {}, "body_base64": "?"}', "no Base64"),
        (b"x" * (4 * 1024 * 1024 + 1), "more than"),
    ):
        with pytest.raises(MessageUnread, match=says):
            read(raw)
    assert card_config.secret_key == SECRET
